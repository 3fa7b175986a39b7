"""Values that mean the same compare equal, those that do not stay apart, and typed slots refuse what is no value."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streams.extraction.canonical import InvalidValue, canonicalise, uninflected
from streams.extraction.slots import BUILT_IN, SLOTS, Slot


@pytest.mark.parametrize(
    ("kind", "slot", "left", "right"),
    [
        ("fact", "home_city", "Lisbon", "  lisbon. "),
        ("fact", "home_city", "São Paulo", "Sao  Paulo"),
        ("fact", "home_city", "The Hague", "the hague"),
        ("fact", "employer", "Acme  Corp", "acme corp"),
        ("fact", "hobby", "hiking", "hike"),
        ("fact", "hobby", "running", "to run"),
        ("fact", "hobby", "playing the piano", "play the piano"),
        ("fact", "owns", "a cat", "Cats"),
        ("preference", "likes", "the smell of berries", "smell of berry"),
        ("preference", "likes", "don\u2019t starve", "don't starve"),
        ("preference", "favourite", "colour: Blue", "Colours: the blue"),
        ("relation", "sibling", "sister Anna", "my sister anna"),
        ("contact", "email", "Ana@Example.ORG", "ana@example.org"),
        ("contact", "phone", "+351 912-345-678", "00351912345678"),
        ("contact", "url", "https://Example.org/A", "https://example.org/A/"),
        ("contact", "handle", "@Ana_M", "@ana_m"),
        ("fact", "age", "31", "031"),
    ],
)
def test_the_same_value_said_differently_is_one(kind: str, slot: str, left: str, right: str) -> None:
    assert (
        canonicalise(BUILT_IN.slot_of(kind, slot), left).canonical
        == canonicalise(BUILT_IN.slot_of(kind, slot), right).canonical
    )


@pytest.mark.parametrize(
    ("kind", "slot", "left", "right"),
    [
        ("fact", "home_city", "Paris", "Pari"),
        ("fact", "employer", "Banks", "Bank"),
        ("preference", "likes", "wine", "winning"),
        ("preference", "likes", "Texas", "taxes"),
        ("preference", "favourite", "colour: blue", "film: blue"),
        ("contact", "url", "https://example.org/A", "https://example.org/a"),
        ("fact", "name", "Ana Duarte", "Anduarte"),
        ("preference", "likes", "pizza the hut", "pizzthe hut"),
    ],
)
def test_different_values_stay_apart(kind: str, slot: str, left: str, right: str) -> None:
    assert (
        canonicalise(BUILT_IN.slot_of(kind, slot), left).canonical
        != canonicalise(BUILT_IN.slot_of(kind, slot), right).canonical
    )


@pytest.mark.parametrize(
    ("kind", "slot", "said", "kept"),
    [
        ("preference", "likes", "  the old  harbour. ", "old harbour"),
        ("fact", "home_city", "The Hague", "The Hague"),
        ("preference", "favourite", "colour : the green", "colour: green"),
        ("fact", "birthday", "--03-14", "--03-14"),
        ("fact", "birthday", "1990-02-28", "1990-02-28"),
        ("contact", "phone", "912 345 678", "912345678"),
    ],
)
def test_values_are_kept_as_said_but_tidy(kind: str, slot: str, said: str, kept: str) -> None:
    assert canonicalise(BUILT_IN.slot_of(kind, slot), said).value == kept


def test_articles_go_from_the_beginning_of_a_compared_value_alone() -> None:
    slot = BUILT_IN.slot_of("fact", "name")
    assert canonicalise(slot, "Maria da Silva").canonical == "maria da silva"
    assert canonicalise(slot, "the an Other").canonical == "other"


def test_a_favourite_is_qualified_by_its_canonical_thing() -> None:
    assert canonicalise(BUILT_IN.slot_of("preference", "favourite"), "Films: Alien").qualifier == "film"


@pytest.mark.parametrize(
    ("kind", "slot", "value"),
    [
        ("fact", "age", "blue"),
        ("fact", "age", "0"),
        ("fact", "age", "131"),
        ("fact", "age", "٣١"),
        ("fact", "birthday", "14 March"),
        ("fact", "birthday", "2023-02-29"),
        ("contact", "email", "ana at example"),
        ("contact", "phone", "911"),
        ("contact", "url", "not a url"),
        ("preference", "favourite", "blue"),
        ("preference", "favourite", "colour: "),
        ("fact", "home_city", " ... "),
    ],
)
def test_what_is_no_value_is_refused(kind: str, slot: str, value: str) -> None:
    with pytest.raises(InvalidValue):
        canonicalise(BUILT_IN.slot_of(kind, slot), value)


@pytest.mark.parametrize(
    ("word", "bare"),
    [
        ("cats", "cat"),
        ("berries", "berry"),
        ("ties", "tie"),
        ("boxes", "box"),
        ("glass", "glass"),
        ("bus", "bus"),
        ("hiking", "hike"),
        ("running", "run"),
        ("dancing", "dance"),
        ("cycling", "cycle"),
        ("driving", "drive"),
        ("reading", "read"),
        ("playing", "play"),
        ("ring", "ring"),
        ("spring", "spring"),
    ],
)
def test_simple_inflection_is_folded(word: str, bare: str) -> None:
    assert uninflected(word) == bare


@example(BUILT_IN.slot_of("fact", "name"), "`")
@given(st.sampled_from(SLOTS), st.text(max_size=40) | st.text("s ingthea:-m.", max_size=20))
def test_the_canonical_form_is_a_fixed_point(slot: Slot, value: str) -> None:
    once = None
    with suppress(InvalidValue):
        once = canonicalise(slot, value).canonical
    assert once is None or canonicalise(slot, once).canonical == once
