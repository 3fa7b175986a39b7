"""A tenant's own rules: behind the same guards as the built-in ones, with exact words, for that tenant alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.enums import Kind, Role, Tense
from schemas.ids import MessageId, TenantId, UserId
from schemas.records import Candidate
from schemas.state import Turn
from streams.extraction.clauses import Subject
from streams.extraction.port import HEARD
from streams.extraction.rules.model import TASTE, tenses
from streams.extraction.slots import SLOTS, Slot
from streams.extraction.tenants import TenantRules, extractor_of, rulebook
from support.tenants import SHOE_SIZE, SHOES

ACME = TenantId("acme")
SEAT = Slot(kind=Kind.PREFERENCE, name="seat", single_valued=True, qualified=True)
TURN = Turn(
    message_id=MessageId("m"),
    user_id=UserId("ana"),
    speaker_name=None,
    role=Role.USER,
    text="",
    occurred_at=datetime(2024, 6, 12, 15, 30, tzinfo=UTC),
    recalled=False,
)
WEAR = replace(
    SHOE_SIZE,
    name="wear",
    version=2,
    subjects=frozenset({Subject.I, Subject.WE}),
    pattern=r"(?:wear|wore) size (?P<value>\d+)",
    tenses=tenses(TASTE, past=Tense.PAST),
    be=None,
)
SITS = replace(
    WEAR,
    name="sits",
    kind=Kind.PREFERENCE,
    slot="seat",
    pattern=r"take the (?P<value>window|aisle) on (?P<thing>\w+)",
    value="{thing}: {value}",
)
OWN = TenantRules(roles=HEARD, off=frozenset({"likes.i_like"}), slots=(SHOES, SEAT), rules=(SHOE_SIZE, WEAR, SITS))
BOOK = rulebook("acme-memory@1", {ACME: OWN})


def found(text: str, tenant: TenantId = ACME, language: str | None = None) -> list[Candidate]:
    return list(BOOK.extractor.extract(replace(TURN, text=text), (), tenant, None, language))


def values(text: str) -> list[str]:
    return [each.value for each in found(text) if each.slot in ("shoe_size", "seat")]


@pytest.mark.parametrize(
    ("text", "value", "tense"),
    [
        ("My shoe size is 43.", "43", Tense.PRESENT),
        ("hi! my  shoe   size is 43, thanks", "43", Tense.PRESENT),
        ("I wear size 43", "43", Tense.PRESENT),
        ("I really just wear size 43", "43", Tense.PRESENT),
        ("I no longer wear size 43.", "43", Tense.ENDED),
        ("I don't wear size 43 any more.", "43", Tense.ENDED),
        ("I used to wear size 43.", "43", Tense.PAST),
        ("Back then I wore size 43.", "43", Tense.PAST),
        ("We\u2019ve always worn size 43, and we wear size 44.", "44", Tense.PRESENT),
        ("I take the aisle on planes.", "planes: aisle", Tense.PRESENT),
    ],
)
def test_a_rule_finds_what_is_asserted_in_its_tense(text: str, value: str, tense: Tense) -> None:
    (candidate,) = found(text)
    assert (candidate.value, candidate.tense) == (value, tense)


@pytest.mark.parametrize(
    "text",
    [
        "What if my shoe size is 43?",
        "Is my shoe size 43?",
        "Do I wear size 43?",
        "If I wear size 43 it hurts.",
        "I wish my shoe size is 43.",
        "I would wear size 43.",
        "I don't wear size 43.",
        "I never wear size 43.",
        "She thinks I wear size 43.",
        "She thinks my shoe size is 43.",
        "Rui said: I wear size 43.",
        'The label reads "I wear size 43".',
        "> My shoe size is 43.",
        "`my shoe size is 43`",
        "Ana: my shoe size is 43\nRui: I wear size 44",
        "I wear size 43, just kidding",
        "Her shoe size is 43.",
        "You wear size 43.",
        "my shoe size is not 43",
    ],
)
def test_no_rule_gets_past_the_guards(text: str) -> None:
    assert values(text) == []


def test_a_candidate_shows_its_exact_words_its_rule_and_its_thing() -> None:
    text = "\U0001f45f Caf\u00e9? Well, I really wear size 43 now."
    (candidate,) = found(text)
    assert candidate.quote == text[candidate.start : candidate.end] == "I really wear size 43"
    assert (candidate.rule, candidate.confidence, candidate.kind, candidate.slot) == (
        "wear@2",
        0.9,
        Kind.FACT,
        "shoe_size",
    )
    assert found("I take the window on trains")[0].qualifier == "trains"


def test_the_last_value_of_a_single_valued_slot_counts() -> None:
    assert values("My shoe size is 43. Sorry, my shoe size is 44.") == ["44"]


def test_built_in_rules_go_on_but_for_those_switched_off() -> None:
    assert [each.value for each in found("I live in Porto. I love jazz. I hate rain.")] == ["Porto", "rain"]


@pytest.mark.parametrize(
    ("rule", "text", "asked"),
    [
        ("home_city.live_in", "I live in Porto.", None),
        ("email.my_email_is", "My email is ana@example.org.", None),
        ("home_city.answer", "In Porto.", "Where do you live?"),
    ],
)
def test_a_built_in_rule_of_any_sort_can_be_switched_off(rule: str, text: str, asked: str | None) -> None:
    context = [replace(TURN, text=asked, user_id=UserId("rui"))] if asked else []
    without = extractor_of(TenantRules(roles=HEARD, off=frozenset({rule})))
    (candidate,) = rulebook().extractor.extract(replace(TURN, text=text), context, ACME, None, None)
    assert candidate.rule == f"{rule}@1"
    assert without.extract(replace(TURN, text=text), context, ACME, None, None) == ()


def test_other_tenants_have_the_built_in_rules_and_no_others() -> None:
    text = "I love jazz. My shoe size is 43."
    assert [each.value for each in found(text, TenantId("other"))] == ["jazz"]
    assert BOOK.extractor.name == BOOK.name == "acme-memory@1"


def test_own_rules_are_read_as_english_like_the_built_in_ones() -> None:
    assert found("My shoe size is 43.", language="de") == []
    assert len(found("My shoe size is 43.", language="en-GB")) == 1


def test_the_slots_of_a_tenant_stand_behind_the_built_in_ones() -> None:
    assert BOOK.catalogues.of(ACME).slots == (*SLOTS, SHOES, SEAT)
    assert BOOK.catalogues.of(TenantId("other")).slots == SLOTS


PIECES = ["I ", "my ", "We've ", "wear ", "size 43", "shoe size is ", "no longer ", "\u2019", "?", ". ", "if "]


@given(st.lists(st.sampled_from(PIECES) | st.characters(), max_size=30))
@example(["\ud83d", "My shoe size is 43"])
def test_whatever_is_said_nothing_breaks_and_the_words_are_exact(said: list[str]) -> None:
    text = "".join(said)
    for each in found(text):
        assert each.quote == text[each.start : each.end]
        assert each.slot != "shoe_size" or each.value in each.quote


@pytest.mark.parametrize(
    "text", ["I wear " * 9_000, "my shoe size is " * 4_000, "i " * 32_000, "my shoe " * 8_000 + "size is 43"]
)
def test_long_text_that_nearly_fits_is_read_in_time(text: str) -> None:
    began = process_time()
    found(text)
    assert process_time() - began < 5
