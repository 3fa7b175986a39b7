"""Values as they are kept, and the form in which they are compared.

Free of I/O. Folding is deliberately shallow (case, accents, spacing, articles, plural and -ing): what merges here can
never be told apart again, so anything fuzzier belongs to reading.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from schemas.enums import Kind
from streams.extraction.slots import Slot


class InvalidValue(ValueError):
    """The value cannot be one of its slot: an age of `blue`, a birthday without a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanonicalValue:
    """A value ready to be kept: as shown, as compared, and the thing it qualifies."""

    value: str
    canonical: str
    qualifier: str | None


_SPACE = re.compile(r"\s+")
_PREFIX = re.compile(r"\A(?:(?:the|an?|some|my|our)\s+)+")
_SHOWN_ARTICLE = re.compile(r"(?:the|an?|some)\s+")
_EDGES = " \t\n\r.,;:!?\u2026\"'\u201c\u201d\u2018\u2019()[]{}*_~-"
_QUOTES = '"\u201c\u201d'
_OUTER = "".join(mark for mark in _EDGES if mark not in _QUOTES)
_MARKS = re.compile("[\u0300-\u036f]")
_NO_QUOTES = str.maketrans("", "", _QUOTES)
_APOSTROPHES = str.maketrans("\u2018\u2019`", "'''")
_BIRTHDAY = re.compile(r"(?:(\d{4})-|--)(\d{2})-(\d{2})")
_LEAP_YEAR = 2000
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+")
_PHONE_DIGITS = range(6, 16)
"""ITU-T E.164 allows 15 digits; fewer than six are a short code, not a person's number."""
_MAX_AGE = 130

_INFLECTED_SLOTS = frozenset(
    {
        (Kind.FACT, name)
        for name in ("hobby", "skill", "owns", "habit", "goal", "allergy", "health_condition", "medication", "diet")
    }
    | {(Kind.PREFERENCE, name) for name in ("likes", "dislikes", "prefers", "avoids", "favourite")}
    | {(Kind.FACT, "quantity")}
)
"""Slots of common nouns and activities. Names of people and places keep their last letter: `Paris` is no plural."""


def canonicalise(slot: Slot, value: str) -> CanonicalValue:
    """The kept and the compared form of `value`, the only way values enter memory. Raises InvalidValue.

    A qualified slot takes `thing: choice`. The canonical form is a fixed point: canonicalising it changes nothing.
    """
    typed = _TYPED.get((slot.kind, slot.name))
    shown = value.strip() if typed else clean(value)
    if not shown:
        raise InvalidValue(f"{slot.name} needs a value")
    if typed:
        kept = typed(shown)
        return CanonicalValue(value=kept, canonical=kept, qualifier=None)
    if slot.qualified:
        return _qualified(slot, shown)
    return CanonicalValue(value=shown, canonical=_some(compared(slot, shown)), qualifier=None)


def clean(value: str) -> str:
    """As said, but for outer punctuation, runs of white space and a leading article."""
    text = _unquoted(_SPACE.sub(" ", value).strip(_OUTER))
    return _SHOWN_ARTICLE.sub("", text, count=1) if _SHOWN_ARTICLE.match(text) else text


def _unquoted(text: str) -> str:
    """Without the quotation marks around all of it; a title inside keeps its own."""
    bare = text.strip(_EDGES)
    return text if any(mark in bare for mark in _QUOTES) else bare


def compared(slot: Slot, value: str) -> str:
    """The form in which two values of `slot` are the same or are not."""
    bare = _PREFIX.sub("", fold(value), count=1)
    if (slot.kind, slot.name) not in _INFLECTED_SLOTS:
        return bare
    return " ".join(map(uninflected, bare.removeprefix("to ").split(" ")))


def fold(text: str) -> str:
    """Case, Latin accents, compatibility forms, apostrophes and spacing removed as differences."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES)).casefold()
    bare = unicodedata.normalize("NFKC", _MARKS.sub("", decomposed)).translate(_NO_QUOTES)
    return _SPACE.sub(" ", bare).strip(_EDGES) or bare.strip()


def uninflected(word: str) -> str:
    """An English word without plural or -ing, after Porter's steps 1a and 1b (1980), kept to whole words.

    A fixed point: what it returns, it leaves alone.
    """
    previous = ""
    while previous != word:
        previous, word = word, _gerund(_plural(word))
    return word


def _plural(word: str) -> str:
    if len(word) < 4 or not word.endswith("s") or not word[-2].isalpha() or word.endswith(("ss", "us", "is", "'s")):
        return word
    if word.endswith("ies"):
        return word[:-3] + ("y" if len(word) > 4 else "ie")
    if word.endswith(("sses", "shes", "ches", "xes", "zes", "oes")):
        return word[:-2]
    return word[:-1]


def _gerund(word: str) -> str:
    stem = word.removesuffix("ing")
    if stem == word or len(stem) < 3 or not stem[-1].isalpha() or not any(letter in "aeiouy" for letter in stem):
        return word
    if stem[-1] == stem[-2] and stem[-1] not in "aeioulsz":
        return stem[:-1]
    return stem + "e" if _lost_its_e(stem) else stem


def _lost_its_e(stem: str) -> bool:
    if stem[-1] in "cv" or (stem[-1] == "l" and stem[-2] in "bcdgptz"):
        return True
    vowels = [letter in "aeiou" for letter in stem]
    groups = sum(1 for at, vowel in enumerate(vowels) if vowel and not (at and vowels[at - 1]))
    return groups == 1 and vowels[-3:] == [False, True, False] and stem[-1] not in "wxy"


def _qualified(slot: Slot, value: str) -> CanonicalValue:
    thing, colon, choice = value.partition(":")
    thing, choice = clean(thing), clean(choice)
    if not (colon and thing and choice):
        raise InvalidValue(f"{slot.name} needs `thing: choice`")
    qualifier, chosen = _some(compared(slot, thing)), _some(compared(slot, choice))
    return CanonicalValue(value=f"{thing}: {choice}", canonical=f"{qualifier}: {chosen}", qualifier=qualifier)


def _some(folded: str) -> str:
    if not folded.strip(_EDGES):
        raise InvalidValue("nothing is left of the value without marks and articles")
    return folded


def _age(value: str) -> str:
    if not value.isascii() or not value.isdigit() or not 0 < int(value[:4]) <= _MAX_AGE:
        raise InvalidValue("age must be a number of years from 1 to 130")
    return str(int(value))


def _birthday(value: str) -> str:
    match = _BIRTHDAY.fullmatch(value)
    if match is None:
        raise InvalidValue("birthday must be YYYY-MM-DD or --MM-DD")
    year, month, day = match.groups()
    try:
        date(int(year or _LEAP_YEAR), int(month), int(day))
    except ValueError as error:
        raise InvalidValue(f"birthday: {error}") from error
    return match.group()


def _url(value: str) -> str:
    scheme, mark, rest = value.rpartition("://")
    host, slash, path = rest.partition("/")
    if "." not in host or " " in value:
        raise InvalidValue("url must name a host")
    return f"{scheme.lower()}{mark}{host.lower()}{slash}{path}".removesuffix("/")


def _handle(value: str) -> str:
    return "".join(value.split()).lower()


def _email(value: str) -> str:
    if _EMAIL.fullmatch(value) is None:
        raise InvalidValue("email must look like name@host.tld")
    return value.lower()


def _phone(value: str) -> str:
    digits = re.sub(r"\D", "", value, flags=re.ASCII)
    international = value.startswith("+") or digits.startswith("00")
    digits = digits.removeprefix("00") if international else digits
    if len(digits) not in _PHONE_DIGITS:
        raise InvalidValue("phone must have 6 to 15 digits")
    return f"+{digits}" if international else digits


_TYPED: dict[tuple[Kind, str], Callable[[str], str]] = {
    (Kind.FACT, "age"): _age,
    (Kind.FACT, "birthday"): _birthday,
    (Kind.CONTACT, "email"): _email,
    (Kind.CONTACT, "phone"): _phone,
    (Kind.CONTACT, "url"): _url,
    (Kind.CONTACT, "handle"): _handle,
}
