"""Fills a slot with a name: of a place, a person, an employer, or a word of a closed class.

Free of I/O. A name is recognised by its capitals, or by a list; in lower case or in shouting only the list counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeAlias

from streams.extraction.lexicon import (
    CITIES,
    COUNTRIES,
    LANGUAGES,
    NATIONALITIES,
    NOT_NAMES,
    REGIONS,
    words,
)


@dataclass(frozen=True, slots=True)
class Filled:
    """A value found at `text[start:end]`."""

    start: int
    end: int


Filler: TypeAlias = Callable[[str, int, int], "list[Filled]"]
"""Finds the values that begin right at a place, before a limit; finds none rather than a doubtful one."""

_TOKEN = re.compile(r"[^\W\d_][\w'-]{0,39}|\d{1,6}(?![\w.,:])")
_GAP = re.compile(r"[ \t]{1,3}|\.[ \t]{1,2}(?=[^\W\d_])")
_PARTICLES = words("de da do dos das del della di van von der den la le el al bin ibn of the and for & du des")
_ABBREVIATED = words("st mt ft dr mc u.s")
_SHOUT_REACH = 40
_GENERIC_EMPLOYER = re.compile(
    r"(?:an?|the|our)\s+(?:[\w'-]{1,20}\s+){0,3}(?:company|startup|start-up|hospital|school|university|college|bank"
    r"|firm|agency"
    r"|restaurant|cafe|caf\u00e9|store|shop|bakery|clinic|museum|library|hotel|bar|factory|studio|lab|nonprofit|charity"
    r"|newspaper|gym|salon|supermarket|pharmacy|bookstore|bookshop|brewery|farm|airline|airport|consultancy|shelter)\b",
    re.IGNORECASE,
)
_MOST_LISTED = 8
_LIST_JOINT = re.compile(
    r"\s*,\s*(?:and\s+)?(?:a (?:bit|little) (?:of )?)?|\s+(?:and|&)\s+(?:also |some |the |a (?:bit|little) (?:of )?)?",
    re.IGNORECASE,
)
_SAID_NAME = re.compile(r"[^\W\d_][\w'-]{1,20}(?=\s*(?:[.,!;)\n]|$|and\b|but\b|btw\b))")
_NEVER_PLACES = words("ubuntu windows linux gnome kde english peace fear hope love god spain's")


def listed(names: Collection[str], longest: int = 3) -> Filler:
    """A filler of words of a closed class, one or several in a row; of each the longest that fits."""

    def fill(text: str, at: int, stop: int) -> list[Filled]:
        found: list[Filled] = []
        while len(found) < _MOST_LISTED:
            end = next(
                (end for end in reversed(_word_ends(text, at, stop, longest)) if text[at:end].lower() in names), None
            )
            if end is None:
                break
            found.append(Filled(at, end))
            joint = _LIST_JOINT.match(text, end, stop)
            if joint is None:
                break
            at = joint.end()
        return found

    return fill


def _word_ends(text: str, at: int, stop: int, count: int) -> list[int]:
    ends: list[int] = []
    while len(ends) < count:
        match = _TOKEN.match(text, at, stop)
        if match is None:
            break
        ends.append(_without_genitive(match))
        gap = _GAP.match(text, match.end(), stop)
        if gap is None or gap.group()[0] == "." or ends[-1] != match.end():
            break
        at = gap.end()
    return ends


def _without_genitive(match: re.Match[str]) -> int:
    said = match.group()
    return match.end() - (2 if said.lower().endswith("'s") else 1 if said.endswith(("'", "-")) else 0)


def proper(text: str, at: int, stop: int, most_words: int = 4) -> int:
    """Where the capitalised name that begins at `at` ends; `at` itself where none does."""
    if _shouted(text, at, stop):
        return at
    end = cursor = at
    for place in range(2 * most_words):
        match = _TOKEN.match(text, cursor, stop)
        if match is None or not _goes_on(match.group(), first=place == 0):
            break
        if _is_capital(match.group()):
            end = _without_genitive(match)
        gap = _GAP.match(text, match.end(), stop)
        if gap is None or _breaks(gap.group(), match, end):
            break
        cursor = gap.end()
    return end


def _goes_on(said: str, *, first: bool) -> bool:
    return _is_capital(said) or said == "The" or (not first and said.lower() in _PARTICLES)


def _is_capital(said: str) -> bool:
    return said[0].isupper() and said.lower() not in NOT_NAMES


def _breaks(gap: str, match: re.Match[str], end: int) -> bool:
    """Whether the name stops at a gap: after `Anna's`, or at a full stop that no abbreviation explains."""
    word = match.group().lower()
    return (gap[0] == "." and word not in _ABBREVIATED) or (match.start() < end < match.end())


def _shouted(text: str, at: int, stop: int) -> bool:
    return stop - at > 8 and text[at : min(stop, at + _SHOUT_REACH)].isupper()


_known_place = listed(COUNTRIES | CITIES | REGIONS, longest=4)
_country = listed(COUNTRIES, longest=4)


def place(text: str, at: int, stop: int) -> list[Filled]:
    """Any place: a city, a region, a country."""
    known = _known_place(text, at, stop)
    end = max(proper(text, at, stop), known[0].end if known else at)
    if end == at or text[at:end].lower() in _NEVER_PLACES:
        return []
    return [Filled(at, end)]


def city(text: str, at: int, stop: int) -> list[Filled]:
    """A place that is neither a country nor a region."""
    return [
        found for found in place(text, at, stop) if text[found.start : found.end].lower() not in COUNTRIES | REGIONS
    ]


def country(text: str, at: int, stop: int) -> list[Filled]:
    return [found for found in _country(text, at, stop) if proper(text, at, stop) <= found.end]


def person(text: str, at: int, stop: int) -> list[Filled]:
    """The name of a person or an animal, three words at the most."""
    end = proper(text, at, stop, most_words=3)
    name = text[at:end].lower()
    if end == at or name in COUNTRIES | LANGUAGES | NATIONALITIES or name.split()[0] in _PARTICLES:
        return []
    return [Filled(at, end)]


def people(text: str, at: int, stop: int) -> list[Filled]:
    """Names in a row: `Olive, Fig and Rex`."""
    found: list[Filled] = []
    while len(found) < 8:
        name = _first_name(text, at, stop)
        if name is None:
            break
        found.append(name)
        joint = _JOINT.match(text, name.end, stop)
        if joint is None:
            break
        at = joint.end()
    return found


def _first_name(text: str, at: int, stop: int) -> Filled | None:
    """One name; a conjunction ends it, where `proper` would go on (`Olive and Fig`)."""
    found = person(text, at, stop)
    if not found:
        return None
    cut = _CONJUNCTION.search(text, at, found[0].end)
    return Filled(at, cut.start() if cut else found[0].end)


def said_name(text: str, at: int, stop: int) -> list[Filled]:
    """A name as people give their own: capitalised, or a single word in lower case that ends the clause."""
    match = _SAID_NAME.match(text, at, stop)
    if match is not None and match.group().lower() not in NOT_NAMES | _NOT_A_NAME:
        return [Filled(at, match.end())]
    return person(text, at, stop)


def employer(text: str, at: int, stop: int) -> list[Filled]:
    """A capitalised organisation, or a kind of one: `a bank`, `the local hospital`."""
    generic = _GENERIC_EMPLOYER.match(text, at, stop)
    article = _ARTICLE.match(text, at, stop)
    start = article.end() if article else at
    end = proper(text, start, stop, most_words=5)
    if end > start and text[start:end].lower() not in COUNTRIES | NATIONALITIES | LANGUAGES:
        return [Filled(start, end)]
    return [Filled(at, generic.end())] if generic else []


_ARTICLE = re.compile(r"(?:the|an?)\s+", re.IGNORECASE)
_JOINT = re.compile(r"\s*(?:,\s*(?:and\s+)?|&\s*|\band\s+)", re.IGNORECASE)
_CONJUNCTION = re.compile(r"\s+(?:and|&)\s")
_NOT_A_NAME = words(
    "here there fine good great sure back home not very so going trying looking having getting doing working done "
    "tired sorry happy new old ready okay busy sick single married what it this that who in on at from a an the"
)
