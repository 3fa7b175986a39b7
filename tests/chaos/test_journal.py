"""An interrupted run must go on where it stopped, and know what was sent although nobody heard of it."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from chaos import journal
from chaos.faults import Fault
from chaos.feeding import unheard
from chaos.planning import Plan
from chaos.report import Round
from chaos.stream import EventStream
from support.broker import PARTITIONS
from support.chaos_found import CODEC, flawless

PLAN = Plan(rounds=3, seed=4, rate=10.0, faults=(Fault("kill", "extract"), Fault("flush", "valkey")))
ROUND = Round(number=1, fault=Fault("kill", "extract"), seconds=2.5)


def test_a_run_is_found_again_with_its_rounds_until_it_has_a_verdict(tmp_path: Path) -> None:
    begun = journal.begin(tmp_path, PLAN, None)
    begun.note(ROUND)
    found = journal.unfinished(tmp_path, PLAN, None)
    assert found == begun
    assert found.rounds() == [ROUND]
    assert found.plan.chosen == PLAN.chosen
    (begun.folder / journal.VERDICT).touch()
    assert journal.unfinished(tmp_path, PLAN, None) is None


def test_another_plan_or_another_stack_is_another_run(tmp_path: Path) -> None:
    journal.begin(tmp_path, PLAN, None)
    assert journal.unfinished(tmp_path, Plan(rounds=3, seed=5, rate=10.0), None) is None
    assert journal.unfinished(tmp_path, PLAN, Path("/some/stack")) is None


def test_a_run_that_another_driver_holds_is_left_alone(tmp_path: Path) -> None:
    with journal.begin(tmp_path, PLAN, None).held() as free:
        assert free
        assert journal.unfinished(tmp_path, PLAN, None) is None


def test_a_line_that_was_cut_short_is_passed_over(tmp_path: Path) -> None:
    begun = journal.begin(tmp_path, PLAN, None)
    begun.note(ROUND)
    with (begun.folder / "rounds.jsonl").open("a") as file:
        file.write('{"number": 2, "fau')
    assert begun.rounds() == [ROUND]


def test_what_stands_there_unheard_is_known_by_its_number_and_never_taken_for_a_copy() -> None:
    made = flawless(3, 400)
    assert any(told.misplaced for told in made.sent[200:])
    heard = [told for told in made.sent if told.number % 3]
    stream = islice(EventStream(3, "unit", CODEC, PARTITIONS), 10_000)
    found = list(unheard(stream, heard, made.found.events))
    assert sorted([*heard, *found], key=lambda told: told.number) == made.sent


def test_what_never_reached_the_broker_is_not_taken_for_sent() -> None:
    made = flawless(3, 100)
    gone = made.sent[-1]
    stream = islice(EventStream(3, "unit", CODEC, PARTITIONS), 10_000)
    standing = [event for event in made.found.events if event.place != gone.place]
    assert list(unheard(stream, made.sent[:-1], standing)) == []
