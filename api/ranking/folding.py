"""Values of one slot that are nearly the same, shown once.

Pure, and at reading, where it cannot change what is remembered. Which value stands for the others depends on the values
alone: they are taken best first, and each goes to the first that it is near to. A missed pair shows a thing twice, a
wrong one hides it: what is doubtful is left apart.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from rapidfuzz import fuzz

from schemas.construction import quickly_made

LEAST_LIKENESS = 94.0
"""Of two words, in rapidfuzz's ratio: one letter more or less in a word of eight. From 93 `deserts` and `desserts`
would be one, from 88 `baseball` and `basketball`; tests/unit/api/ranking/test_folding.py has the table."""
_LEAST_STEM = 4
"""Letters that two forms of a word must share: `playing` is a form of `play`, `string` none of `str`."""

APART = frozenset({"relation", "contact"})
"""Kinds whose values are names and addresses: two that differ by a letter are two."""
APART_SLOTS = frozenset({"medication", "allergy", "health_condition", "name", "email", "phone", "url", "handle"})
"""Slots where a letter decides: prednisone and prednisolone are two medicines."""

_FILLERS = frozenset({"a", "an", "the", "my", "our", "some"})
_ENDINGS = frozenset({"s", "es", "ed", "ing"})
_WORD = re.compile(r"[\w']+")
_NEVER = datetime.min.replace(tzinfo=UTC)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Foldable:
    """A value, and what decides whether and by which other it is represented."""

    item_id: str
    kind: str
    slot: str
    beside: tuple[Hashable, ...]
    """What else two values must share: the user, the status, the dates of what happens once."""
    value: str
    evidence_count: int
    last_occurred_at: datetime | None


def fold(things: Iterable[Foldable]) -> dict[str, tuple[str, ...]]:
    """By id of each value that is shown, the ids that it stands for beside its own, in order. No two ids are equal."""
    groups: dict[Hashable, list[Foldable]] = {}
    for thing in things:
        groups.setdefault((thing.kind, thing.slot, thing.beside), []).append(thing)
    stands_for: dict[str, tuple[str, ...]] = {}
    for group in groups.values():
        compete = len(group) > 1 and _may_fold(group[0])
        stands_for |= _fold(group) if compete else {thing.item_id: () for thing in group}
    return stands_for


def _fold(group: Iterable[Foldable]) -> dict[str, tuple[str, ...]]:
    """The same, of values that compete."""
    rivals = _Rivals()
    stands_for: dict[str, list[str]] = {}
    for thing in sorted(group, key=_best_first):
        near = rivals.find_or_add(thing)
        if near is None:
            stands_for[thing.item_id] = []
        else:
            stands_for[near.item_id].append(thing.item_id)
    return {item_id: tuple(sorted(others)) for item_id, others in stands_for.items()}


class _Rivals:
    """The values of a slot that are shown, best first, found by what two near values must share.

    Either all their letters are the same, or their words begin with the same two letters each, in some order.
    """

    def __init__(self) -> None:
        self._shown: list[tuple[Foldable, list[str]]] = []
        self._alike: dict[Hashable, list[int]] = {}

    def find_or_add(self, thing: Foldable) -> Foldable | None:
        """The best that it is near to; None where there is none, and it is shown itself."""
        words = _words(thing.value)
        likenesses: tuple[Hashable, ...] = ("".join(words), tuple(sorted([word[:2] for word in words])))
        alike = [at for likeness in likenesses for at in self._alike.get(likeness, ())]
        for at in sorted(alike):
            rival, theirs = self._shown[at]
            if _are_near(theirs, words):
                return rival
        for likeness in likenesses:
            self._alike.setdefault(likeness, []).append(len(self._shown))
        self._shown.append((thing, words))
        return None


def is_near(one: str, other: str) -> bool:
    """Whether two values say the same: but for fillers, order, spaces, hyphens, endings, a letter of a long word."""
    return _are_near(_words(one), _words(other))


def _are_near(mine: list[str], theirs: list[str]) -> bool:
    if "".join(mine) == "".join(theirs):
        return bool(mine)
    if len(mine) != len(theirs):
        return False
    return all(map(_is_near_word, mine, theirs)) or all(map(_is_near_word, sorted(mine), sorted(theirs)))


def _best_first(thing: Foldable) -> tuple[int, float, str]:
    return -thing.evidence_count, -(thing.last_occurred_at or _NEVER).timestamp(), thing.item_id


def _may_fold(thing: Foldable) -> bool:
    return thing.kind not in APART and thing.slot not in APART_SLOTS


def _words(value: str) -> list[str]:
    found = _WORD.findall(value.casefold().replace("-", ""))
    return [word for word in found if word not in _FILLERS]


def _is_near_word(one: str, other: str) -> bool:
    if one == other or not (one.isalpha() and other.isalpha()):
        return one == other
    if one[:2] != other[:2]:
        return False
    return _is_form(one, other) or fuzz.ratio(one, other) >= LEAST_LIKENESS


def _is_form(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) >= _LEAST_STEM and long.startswith(short) and long[len(short) :] in _ENDINGS
