"""Patterns of strangers: what they mean, which are refused, and that no text makes them slow."""

from __future__ import annotations

from time import process_time

import pytest

from streams.extraction.rules.linear import AnyOf, InvalidPattern, LinearPattern

LONGEST = 64 * 1024


def fit(pattern: str, text: str, pos: int = 0, endpos: int | None = None) -> dict[str, str] | None:
    """The groups of the fit at `pos`, by the places they have in the text."""
    compiled = LinearPattern(pattern)
    found = compiled.match(text, pos, len(text) if endpos is None else endpos)
    if found is None:
        return None
    assert text[found.start() : found.end()] == found.group() or not text.isprintable()
    return {name: text[slice(*found.span(name))] for name, said in found.groupdict().items() if said is not None}


def test_a_pattern_is_read_at_one_place_and_not_beyond_the_end() -> None:
    assert fit(r"size (?P<value>\d+)", "my size 43", 3) == {"value": "43"}
    assert fit(r"size (?P<value>\d+)", "my size 43") is None
    assert fit(r"size (?P<value>\d+)", "my size 43", 3, 9) == {"value": "4"}


def test_places_count_code_points_whatever_stands_before_and_inside() -> None:
    text = "\U0001f600 caf\u00e9 gr\u00f6\u00dfe (\u00e9l\u00e8ve)"
    assert fit(r"größe \((?P<value>\pL+)\)", text, 7) == {"value": "\u00e9l\u00e8ve"}


def test_half_a_surrogate_pair_takes_its_place_and_breaks_nothing() -> None:
    assert fit(r"size (?P<value>\d+)", "\ud83d size 43", 2) == {"value": "43"}
    assert fit(r"size (?P<value>.)", "size \ud83d") == {"value": "\ud83d"}
    assert list(AnyOf([LinearPattern("size (?P<value>.)")]).found_in("\ud83d size 43")) == [0]


def test_case_and_the_amount_of_white_space_do_not_matter() -> None:
    assert fit("Shoe Size is (?P<value>[a-z ]+)", "shoe  size\nIS Forty two") == {"value": "Forty two"}
    assert fit(r"a\ b(?P<value>[ ])", "a b ") == {"value": " "}


def test_a_fit_without_a_value_is_none() -> None:
    assert fit(r"size(?: (?P<value>\d+))?(?P<other>\b)", "size") is None
    assert fit(r"size (?P<value>\d+)(?P<other>cm)?", "size 43") == {"value": "43"}


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("size (?P<value>[0-9]+", "missing"),
        (r"(?P<value>a)(?=b)", "perl operator"),
        (r"(?P<value>a)(?<!b)", "perl operator|named capture"),
        (r"(?P<value>a)\1", "escape"),
        ("(?P<value>a{1001})", "repetition"),
        ("(?P<value>((a{30}){30}){30})", "repetition"),
        (r"size (\d+)", "needs a group"),
        (r"size (?P<number>\d+)", "needs a group"),
        (r"^size (?P<value>\d+)", r"`\^`"),
        (r"size (?P<value>\d+)$", r"`\$`"),
        (r"\Asize (?P<value>\d+)", "`.A`"),
        (r"size (?P<value>\d+)\z", "`.z`"),
    ],
)
def test_what_is_no_pattern_of_a_rule_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(InvalidPattern, match=why):
        LinearPattern(pattern)


def test_marks_of_an_edge_are_characters_where_they_are_meant_as_such() -> None:
    assert fit(r"costs (?P<value>\$\d+[$^]\^)", "costs $12$^") == {"value": "$12$^"}


def test_many_patterns_are_looked_for_at_once() -> None:
    patterns = AnyOf([LinearPattern(f"{word} (?P<value>.)") for word in ("size", "seat", "shoe")])
    assert sorted(patterns.found_in("A SEAT x, a  shoe y")) == [1, 2]
    assert list(patterns.found_in("nothing")) == []


@pytest.mark.parametrize(
    "pattern",
    [
        "(?P<value>(a+)+)x",
        "(?P<value>(a|a)*)x",
        "(?P<value>(a|aa)+)x",
        "(?P<value>a*a*a*a*a*a*)x",
        "(?P<value>(.*a){20})x",
    ],
)
def test_text_made_to_be_slow_costs_no_more_than_its_length(pattern: str) -> None:
    compiled, text = LinearPattern(pattern), "a" * LONGEST
    together = AnyOf([compiled])
    began = process_time()
    assert compiled.match(text, 0, len(text)) is None
    assert not together.found_in(text)
    assert process_time() - began < 1, "Python's own expressions take years"
