"""Each rule finds what its examples say, exactly there, and nothing in its counter-examples."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from schemas.enums import Role
from schemas.ids import MessageId, TenantId, UserId
from schemas.records import Candidate
from schemas.state import Turn
from streams.extraction.canonical import canonicalise
from streams.extraction.rules import RuleExtractor, rules_table
from streams.extraction.rules.model import AnswerRule, Example
from streams.extraction.rules.table import RULES, AnyRule
from streams.extraction.slots import BUILT_IN

EXTRACTOR = RuleExtractor()
NOW = datetime(2024, 6, 12, 15, 30, tzinfo=UTC)  # a Wednesday


def turn(text: str, user: str = "ana") -> Turn:
    return Turn(
        message_id=MessageId("m"),
        user_id=UserId(user),
        speaker_name=None,
        role=Role.USER,
        text=text,
        occurred_at=NOW,
        recalled=False,
    )


def extracted(text: str, asked: str | None = None) -> tuple[Candidate, ...]:
    context = [] if asked is None else [turn(asked, user="rui")]
    return EXTRACTOR.extract(turn(text), context, TenantId("t"), None, None)


def examples() -> list[tuple[AnyRule, Example]]:
    return [(rule, example) for rule in RULES for example in rule.examples]


def counter_examples() -> Iterator[tuple[AnyRule, str, str | None]]:
    for rule in RULES:
        for counter in rule.counter_examples:
            if isinstance(counter, Example):
                yield rule, counter.said, counter.asked
            else:
                yield rule, counter, None


@pytest.mark.parametrize(("rule", "example"), examples(), ids=lambda value: getattr(value, "name", None) or value.said)
def test_a_rule_finds_what_its_example_says(rule: AnyRule, example: Example) -> None:
    found = [each for each in extracted(example.said, example.asked) if each.rule == rule.identifier]
    assert [each.value for each in found] == list(example.values)
    assert {each.tense for each in found} == {example.tense}


@pytest.mark.parametrize(("rule", "example"), examples(), ids=lambda value: getattr(value, "name", None) or value.said)
def test_a_candidate_shows_its_words_and_its_canonical_value(rule: AnyRule, example: Example) -> None:
    for each in extracted(example.said, example.asked):
        assert each.quote == example.said[each.start : each.end] != ""
        assert each.quote == each.quote.strip()
        value = canonicalise(BUILT_IN.slot_of(each.kind, each.slot), each.value)
        assert (each.value, each.canonical, each.qualifier) == (value.value, value.canonical, value.qualifier)
        assert 0 < each.confidence <= 1


@pytest.mark.parametrize(("rule", "text", "asked"), list(counter_examples()))
def test_a_rule_finds_nothing_in_its_counter_example(rule: AnyRule, text: str, asked: str | None) -> None:
    assert [each for each in extracted(text, asked) if each.rule == rule.identifier] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_has_examples_counter_examples_and_a_slot(rule: AnyRule) -> None:
    assert rule.examples
    assert rule.counter_examples
    assert BUILT_IN.slot_of(rule.kind, rule.slot).name == rule.slot == rule.name.split(".")[0]
    assert all(isinstance(example, Example) == isinstance(rule, AnswerRule) for example in rule.counter_examples)


def test_rules_are_named_once_and_cover_every_kind() -> None:
    assert len({rule.identifier for rule in RULES}) == len(RULES)
    assert len({rule.kind for rule in RULES}) == 7


def test_the_listing_counts_what_each_rule_found() -> None:
    rows = {row.rule: row for row in rules_table(extracted("I live in Porto. My name is Ana."))}
    assert len(rows) == len(RULES)
    assert {name for name, row in rows.items() if row.found} == {"home_city.live_in@1", "name.my_name_is@1"}
