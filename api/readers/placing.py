"""Turns from the rows of `recall_statements`, with places by which neighbours are found.

Pure. Where only some turns of a conversation were read, places keep the distances between those that follow each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
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

_PLACED: Final = 0
"""In place of the number of a candidate, which counts from one: turns whose places are known."""
_BY_TIME: Final = itemgetter(0, 5, 1)
"""Conversation, when it was said, message."""
_APART: Final = REACH + 1
"""Places between two turns of which nothing tells that they are near: too far to lend."""


def whole(rows: Iterable[TurnRow], asked: Asked) -> list[Turn]:
    """Turns of conversations that were read with every turn that matters, in their order."""
    read = vectors.reader(asked.terms)
    return [_turn(row, row[-1], read) for row in rows]


def around(rows: Iterable[Window], asked: Asked, places: Mapping[MessageKey, int]) -> list[Turn]:
    """Turns around candidates, each once, in the order of conversation and time.

    `places`: where turns stand of which that is known already.
    """
    read = vectors.reader(asked.terms)
    once: dict[MessageKey, Window] = {}
    offsets: dict[MessageKey, dict[int, int]] = {}
    for row in rows:
        key = row[:2]
        if key in once:
            offsets[key][row[-1]] = row[-2]
        else:
            once[key], offsets[key] = row, {row[-1]: row[-2]}
    for key in once.keys() & places.keys():
        offsets[key][_PLACED] = places[key]
    ordered = sorted(once.values(), key=_BY_TIME)
    numbers = _numbers([offsets[row[:2]] for row in ordered])
    return [_turn(row, number, read) for row, number in zip(ordered, numbers, strict=True)]


def _numbers(offsets: Sequence[Offsets]) -> list[int]:
    """From one turn to the next one that was read it is as far as a candidate that both stand around tells, or known
    places."""
    numbers, last = [], 0
    before: Offsets = {}
    for after in offsets:
        for number in after:
            if number in before:
                last += abs(after[number] - before[number])
                break
        else:
            last += _APART
        numbers.append(last)
        before = after
    return numbers


def _turn(row: TurnRow | Window, number: int, read: vectors.Reader) -> Turn:
    conversation_id, message_id, user_id, speaker_name, role, occurred_at, tells_time, length, vector, *_ = row
    return Turn(
        key=(conversation_id, message_id),
        document=Document(places=read(vector), length=length),
        place=Place(conversation_id=conversation_id, number=number, occurred_at=occurred_at),
        user_id=user_id,
        name_words=len(speaker_name.split()),
        is_person=role == "USER",
        tells_time=tells_time,
    )
