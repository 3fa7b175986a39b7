"""The judges must find nothing where nothing is wrong, and every flaw that is planted: else zeros mean nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from chaos import checker, oracle
from chaos.control import compare as compare_counts
from chaos.control import on_one_partition
from chaos.faults import plan
from chaos.found import VIEWS, Difference, Found, Rows
from chaos.planning import Plan
from chaos.report import Round, Verdict, coverage
from chaos.rows import STORES
from chaos.running import verdicts
from support.broker import PARTITIONS
from support.chaos_found import CODEC, Flawless, flawless
from topology.stages import WAITING_COMMANDS

PLAN = Plan(rounds=1, seed=1, rate=1.0)
Flaw = Callable[[Found], Found]


@pytest.fixture(scope="module")
def clean() -> Flawless:
    return flawless(1, 600)


def by_oracle(clean: Flawless, found: Found) -> list[Difference]:
    return list(oracle.judge(clean.expected, found))


def by_checker(clean: Flawless, found: Found) -> list[Difference]:
    return list(checker.judge(clean.sent, found))


def in_table(view: str, change: Callable[[dict[str, Any]], object]) -> Flaw:
    """The rows of one view, in PostgreSQL alone, after a change."""

    def flaw(found: Found) -> Found:
        rows = dict(found.tables[view])
        change(rows)
        return replace(found, tables={**found.tables, view: rows})

    return flaw


def first(rows: Mapping[str, Any], holds: Callable[[Any], bool] = lambda _: True) -> str:
    return next(key for key in sorted(rows) if holds(rows[key]))


def drop(rows: dict[str, Any]) -> None:
    rows.pop(first(rows))


def copy(rows: dict[str, Any]) -> None:
    rows[first(rows) + "-again"] = rows[first(rows)]


def alter(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(rows: dict[str, Any]) -> None:
        key = first(rows, lambda row: row[name] is not None)
        rows[key] = rows[key] | {name: value}

    return change


def revive(rows: dict[str, Any]) -> None:
    key = first(rows, lambda row: row["text"] is None)
    rows[key] = rows[key] | {"text": "I am back."}


@pytest.mark.parametrize("seed", range(3))
def test_a_flawless_system_is_found_so_by_both(seed: int) -> None:
    made = flawless(seed, 300)
    assert verdicts(made.found, made.sent, CODEC) == []  # folds it again


def test_the_input_has_everything_that_hurts(clean: Flawless) -> None:
    statuses = Counter(row["status"] for row in clean.found.outcomes.values())
    assert min(statuses[status] for status in ("stored", "duplicate", "rerouted", "dead_lettered")) > 2
    assert len({told.poison for told in clean.sent}) > 3
    assert len({told.tenant for told in clean.sent if told.tenant}) == 5
    assert any(row["text"] is None for row in clean.found.tables["messages"].values())
    assert any(row["redactions"] for row in clean.found.tables["messages"].values())
    assert all(clean.found.tables[view] for view in VIEWS)


def test_the_same_seed_gives_the_same_input_and_the_same_faults() -> None:
    assert flawless(5, 100) == flawless(5, 100)
    assert plan(50, 5, 1) == plan(50, 5, 1) != plan(50, 6, 1)


def test_what_could_not_be_done_is_not_met() -> None:
    rounds = [Round(number=n, fault=fault, seconds=1.0) for n, fault in enumerate(plan(60, 1, 1))]
    assert coverage(rounds, 1).startswith("each of the 30 pairs")
    undone = replace(rounds[0], undone="not permitted")
    pair = undone.fault.pair
    assert coverage([undone, *rounds[1:]], 1) == (
        f"1 of 30 pairs were met less than 2 times: {pair.kind} of {pair.process} 1"
    )


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(("change", "verdict"), [(drop, "lost"), (copy, "duplicated")])
def test_the_oracle_finds_a_row_too_few_or_too_many(
    clean: Flawless, view: str, change: Callable[[dict[str, Any]], object], verdict: str
) -> None:
    told = by_oracle(clean, in_table(view, change)(clean.found))
    assert [(each.verdict, each.where) for each in told] == [(verdict, f"table {view}")]


@pytest.mark.parametrize(
    ("view", "name", "value"),
    [
        ("messages", "text", "something else"),
        ("messages", "previous_message_id", "m0-other"),
        ("items", "status", "ended-somehow"),
        ("items", "validity", [["never", "ever"]]),
        ("evidence", "quote", "never said"),
        ("profiles", "active_items", 1_000),
    ],
)
def test_the_oracle_finds_a_value_that_differs(clean: Flawless, view: str, name: str, value: object) -> None:
    told = by_oracle(clean, in_table(view, alter(name, value))(clean.found))
    assert [(each.verdict, list(each.found)) for each in told] == [("diverged", [name])]


def in_changelog(store: str, change: Callable[[dict[str, Any]], object]) -> Flaw:
    """What a worker that lost its table would remember, after a change."""

    def flaw(found: Found) -> Found:
        rows = dict(found.changelogs[store])
        change(rows)
        return replace(found, changelogs={**found.changelogs, store: rows})

    return flaw


WRITTEN = [store.name for store in STORES if store is not WAITING_COMMANDS]
"""The input has no commands, so none ever waits."""


@pytest.mark.parametrize("store", WRITTEN)
@pytest.mark.parametrize(("change", "verdict"), [(drop, "lost"), (copy, "duplicated")])
def test_the_oracle_finds_a_row_too_few_or_too_many_in_a_changelog(
    clean: Flawless, store: str, change: Callable[[dict[str, Any]], object], verdict: str
) -> None:
    told = by_oracle(clean, in_changelog(store, change)(clean.found))
    assert [(each.verdict, each.where) for each in told] == [(verdict, f"changelog {store}")]


@pytest.mark.parametrize(
    ("store", "name", "value"),
    [
        ("conversations", "turns", []),
        ("message_index", "deleted_at", "never"),
        ("evidence", "quote", "never said"),
        ("items", "status", "ended-somehow"),
        ("message_items", "refs", []),
        ("profiles", "active_items", 1_000),
    ],
)
def test_the_oracle_finds_what_a_recovering_worker_would_remember_wrongly(
    clean: Flawless, store: str, name: str, value: object
) -> None:
    told = by_oracle(clean, in_changelog(store, alter(name, value))(clean.found))
    assert [(each.verdict, each.where, list(each.found)) for each in told] == [
        ("diverged", f"changelog {store}", [name])
    ]


def test_both_find_a_lost_message(clean: Flawless) -> None:
    found = in_table("messages", drop)(clean.found)
    assert "lost" in {each.verdict for each in by_oracle(clean, found)}
    assert "lost" in {each.verdict for each in by_checker(clean, found)}


def test_a_deleted_text_that_is_there_again_is_resurrected(clean: Flawless) -> None:
    told = by_checker(clean, in_table("messages", revive)(clean.found))
    assert [each.verdict for each in told] == ["resurrected"]


def test_evidence_of_a_deleted_message_is_resurrected(clean: Flawless) -> None:
    tenant, conversation, message = first(clean.found.tables["messages"], lambda row: row["text"] is None).split("/")

    def cite(rows: dict[str, Any]) -> None:
        rows[f"{tenant}/u0/item/{conversation}/{message}"] = {}

    told = by_checker(clean, in_table("evidence", cite)(clean.found))
    assert [each.verdict for each in told] == ["resurrected"]


def test_an_item_without_the_evidence_it_counts_diverges(clean: Flawless) -> None:
    told = by_checker(clean, in_table("items", alter("evidence_count", 99))(clean.found))
    assert [each.verdict for each in told] == ["diverged"]


def test_a_deleted_turn_in_redis_is_resurrected(clean: Flawless) -> None:
    key = first(clean.found.redis_turns, lambda text: text is None)
    found = replace(clean.found, redis_turns={**clean.found.redis_turns, key: "I am back."})
    assert [each.verdict for each in by_checker(clean, found)] == ["resurrected"]


def test_redis_may_lack_only_what_was_taken_from_it(clean: Flawless) -> None:
    rest: Rows = dict(list(clean.found.redis_profiles.items())[1:])
    missing = replace(clean.found, redis_profiles=rest)
    assert [each.verdict for each in by_oracle(clean, missing)] == ["lost"]
    assert by_oracle(clean, replace(missing, redis_forgot=True)) == []


def test_a_missing_outcome_is_found_by_both(clean: Flawless) -> None:
    gone = next(iter(clean.found.outcomes))
    rest = {place: row for place, row in clean.found.outcomes.items() if place != gone}
    found = replace(clean.found, outcomes=rest)
    assert [each.verdict for each in by_oracle(clean, found)] == ["outcomes_missing"]
    assert [each.verdict for each in by_checker(clean, found)] == ["outcomes_missing"]


def test_an_outcome_told_twice_is_a_duplicate(clean: Flawless) -> None:
    records = [*clean.found.outcome_records, clean.found.outcome_records[0]]
    told = by_checker(clean, replace(clean.found, outcome_records=records))
    assert [each.verdict for each in told] == ["duplicated"]


def test_an_acknowledged_record_that_kafka_no_longer_has_is_lost(clean: Flawless) -> None:
    gone = clean.sent[0].place
    events = [event for event in clean.found.events if event.place != gone]
    assert "lost" in {each.verdict for each in by_checker(clean, replace(clean.found, events=events))}


def test_a_record_sent_on_twice_is_a_duplicate(clean: Flawless) -> None:
    astray = next(told.place for told in clean.sent if told.misplaced)
    record = next(event for event in clean.found.events if event.place == astray)
    events = [*clean.found.events, replace(record, partition=(record.partition + 1) % PARTITIONS, offset=10**6)]
    told = by_checker(clean, replace(clean.found, events=events))
    assert ("duplicated", "topic events") in {(each.verdict, each.where) for each in told}


@pytest.mark.parametrize(
    ("flaw", "verdict"),
    [
        (lambda letters: letters[1:], "lost"),
        (lambda letters: [*letters, letters[0]], "duplicated"),
        (lambda letters: [(letters[0][0], letters[0][1], b"other"), *letters[1:]], "diverged"),
        (lambda letters: [*letters, ((0, 10**6), b"", b"")], "duplicated"),
    ],
)
def test_dead_letters_are_the_poison_records_once_with_their_bytes(
    clean: Flawless, flaw: Callable[[list[Any]], list[Any]], verdict: str
) -> None:
    found = replace(clean.found, dead_letters=flaw(list(clean.found.dead_letters)))
    assert [each.verdict for each in by_checker(clean, found)] == [verdict]


def test_a_version_without_a_row_is_lost_and_one_told_twice_a_duplicate(clean: Flawless) -> None:
    key, offset, value = clean.found.item_records[0]
    found = replace(clean.found, item_records=[*clean.found.item_records, (key, offset + 1, value)])
    assert [each.verdict for each in by_checker(clean, found)] == ["lost", "duplicated"]


@pytest.mark.parametrize(("outcomes", "verdict"), [(6, "outcomes_missing"), (8, "duplicated")])
def test_an_account_that_does_not_balance_is_found(clean: Flawless, outcomes: int, verdict: str) -> None:
    told = by_checker(clean, replace(clean.found, unaccounted=[("tenant", 0, 7, outcomes)]))
    assert [each.verdict for each in told] == [verdict]


def test_a_verdict_holds_only_where_all_is_zero_and_worked_off() -> None:
    flaw = Difference(verdict="lost", judge="checker", where="table messages", key="k")
    verdict = Verdict(plan=PLAN, rounds=(), events=3, differences=(), drained=True)
    assert verdict.holds
    assert not replace(verdict, drained=False).holds
    assert not replace(verdict, differences=(flaw,)).holds
    assert str(replace(verdict, differences=(flaw,))) == (
        "rounds=0 events=3 lost=1 duplicated=0 diverged=0 outcomes_missing=0 resurrected=0"
    )


def test_the_control_counts_what_a_key_lacks_and_what_it_has_too_much() -> None:
    counted = compare_counts({"a": 3, "b": 2, "c": 1}, {"a": 1, "b": 3}, rounds=0)
    assert (counted.events, counted.lost, counted.duplicated) == (6, 3, 1)


def test_the_control_leaves_out_a_key_that_stands_on_two_partitions() -> None:
    assert on_one_partition([("a", 0), ("b", 0), ("a", 1), ("b", 0)]) == {"b": 2}
