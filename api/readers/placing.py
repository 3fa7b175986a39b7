"""Turns from the rows of `recall_statements`, with places by which neighbours are found.

Pure. Where only some turns of a conversation were read, places keep the distances between those that follow each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Final, TypeAlias

from api.ranking.asked import Asked
from api.ranking.bm25 import Document
from api.ranking.candidates import MessageKey, Turn
from api.ranking.neighbours import REACH, Place
from api.readers import vectors

TurnRow: TypeAlias = tuple[str, str, str | None, str, str, datetime, bool, int, str, int]
"""Conversation, message, user, speaker's name, role, when it was said, whether it tells a time, how many lexemes it
has, its vector, its place."""
Window: TypeAlias = tuple[str, str, str | None, str, str, datetime, bool, int, str, int, int]
"""The same, where the place counts from a candidate, whose number comes last."""
Offsets: TypeAlias = Mapping[int, int]
"""By the number of a candidate, how far after it a turn stands."""

_NOWHERE: Final[vectors.Places] = {}
"""Of a turn that holds no word of the question."""
_BY_TIME: Final = itemgetter(0, 5, 1)
"""Conversation, when it was said, message."""
_APART: Final = 1 << 32
"""Between turns of which nothing tells that they are near: further than any two that something does."""


def whole(rows: Iterable[TurnRow], asked: Asked) -> list[Turn]:
    """Turns of conversations that were read with every turn that matters, in their order."""
    read = vectors.reader(asked.terms)
    return [_turn(row, row[-1], read) for row in rows]


def around(rows: Sequence[Window], asked: Asked, places: Mapping[MessageKey, int]) -> list[Turn]:
    """Turns around candidates, each once, in the order of conversation and time. A row may go on behind the number.

    `places`: where turns stand of which that is known already.
    """
    read = vectors.reader(asked.terms)
    once: dict[MessageKey, Window] = {}
    for row in rows:
        once.setdefault((row[0], row[1]), row)
    ordered = sorted(once.values(), key=_BY_TIME)
    numbers = _numbers([(row[0], row[1]) for row in ordered], rows, places)
    return [_turn(row, number, read) for row, number in zip(ordered, numbers, strict=True)]


def _numbers(keys: Sequence[MessageKey], rows: Sequence[Window], places: Mapping[MessageKey, int]) -> list[int]:
    """Of turns by conversation and time."""
    offsets = _offsets(rows, {key[0] for key in keys if key not in places})
    numbers: list[int] = []
    for conversation_id, group in groupby(keys, key=itemgetter(0)):
        turns, begin = list(group), len(numbers) + 1
        if conversation_id in offsets:
            of_turn = offsets[conversation_id]
            _anchor([key for key in turns if key in places], of_turn, places)
            numbers += _in_conversation([of_turn[key] for key in turns], begin)
        else:
            numbers += [begin * _APART + places[key] for key in turns]
    return numbers


def _offsets(rows: Sequence[Window], conversations: Set[str]) -> dict[str, dict[MessageKey, dict[int, int]]]:
    """By conversation and turn: of those conversations where a place is not known."""
    found: dict[str, dict[MessageKey, dict[int, int]]] = {one: {} for one in conversations}
    for row in rows if conversations else ():
        if row[0] in found:
            found[row[0]].setdefault((row[0], row[1]), {})[row[10]] = row[9]
    return found


def _anchor(
    placed: Sequence[MessageKey], offsets: Mapping[MessageKey, dict[int, int]], places: Mapping[MessageKey, int]
) -> None:
    """Note the places of turns as offsets from something that those have in common which are near each other: between
    others there may be more, or less, than places tell."""
    last, anchor = 0, 0
    for key in sorted(placed, key=places.__getitem__):
        if places[key] - last > REACH or not anchor:
            anchor -= 1  # candidates count from one
        last = offsets[key][anchor] = places[key]


def _in_conversation(turns: Sequence[Offsets], begin: int) -> list[int]:
    """Two turns are as far apart as a candidate that both stand around tells, or known places, or others between them;
    those of which nothing tells are too far apart to lend."""
    beside: defaultdict[int, list[int]] = defaultdict(list)
    for at, offsets in enumerate(turns):
        for anchor in offsets:
            beside[anchor].append(at)
    numbers: dict[int, int] = {}
    for at in range(len(turns)):
        if at not in numbers:
            numbers[at] = (begin + at) * _APART
            reached = [at]
            while reached:
                one = reached.pop()
                for anchor, offset in turns[one].items():
                    for other in beside.pop(anchor, ()):
                        if other not in numbers:
                            numbers[other] = numbers[one] + turns[other][anchor] - offset
                            reached.append(other)
    return [numbers[at] for at in range(len(turns))]


def _turn(row: TurnRow | Window, number: int, read: vectors.Reader) -> Turn:
    """By index, and of a turn that does not match nothing is read: there are hundreds a question."""
    vector = row[8]
    return Turn(
        key=(row[0], row[1]),
        document=Document(places=read(vector) if vector else _NOWHERE, length=row[7]),
        place=Place(conversation_id=row[0], number=number, occurred_at=row[5]),
        user_id=row[2],
        name_words=len(row[3].split()),
        is_person=row[4] == "USER",
        tells_time=row[6],
    )
