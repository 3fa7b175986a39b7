"""The window of recent turns of a conversation: what stands before a message, and whom a change concerns.

Pure. Order is event time, then message id. What is older than a window that has lost turns is outside it for ever.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from schemas.ids import MessageId
from schemas.state import Turn

_TEXT = attrgetter("text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhood:
    """A turn among others: what stood before it, oldest first."""

    turn: Turn
    before: tuple[Turn, ...]

    @property
    def previous_message_id(self) -> MessageId | None:
        return self.before[-1].message_id if self.before else None


def order_of(turn: Turn) -> tuple[datetime, MessageId]:
    return turn.occurred_at, turn.message_id


def with_turn(turns: Sequence[Turn], turn: Turn, *, truncated: bool) -> tuple[Turn, ...]:
    """The turns and `turn` among them, in order; the same turns where it lies outside a truncated window."""
    if not turns or order_of(turns[-1]) < order_of(turn):
        return (*turns, turn)
    at = bisect_left(turns, order_of(turn), key=order_of)
    if at == 0 and truncated:
        return tuple(turns)
    return (*turns[:at], turn, *turns[at:])


def with_changed(turns: Sequence[Turn], turn: Turn) -> tuple[Turn, ...]:
    """The turns, with `turn` in place of the one of the same message where that is among them."""
    return tuple(turn if stood.message_id == turn.message_id else stood for stood in turns)


def without_message(turns: Sequence[Turn], message_id: MessageId) -> tuple[Turn, ...]:
    return tuple(turn for turn in turns if turn.message_id != message_id)


def without_up_to(turns: Sequence[Turn], occurred_at: datetime) -> tuple[Turn, ...]:
    """The turns that were said after `occurred_at`."""
    return tuple(turn for turn in turns if turn.occurred_at > occurred_at)


def trimmed(turns: tuple[Turn, ...], most_turns: int, most_characters: int) -> tuple[Turn, ...]:
    """The latest turns within both limits, and the latest one in any case."""
    first = max(0, len(turns) - most_turns)
    characters = sum(map(len, map(_TEXT, turns[first:])))
    while characters > most_characters and first < len(turns) - 1:
        characters -= len(turns[first].text)
        first += 1
    return turns[first:] if first else turns


def neighbourhood(turns: Sequence[Turn], message_id: MessageId, depth: int) -> Neighbourhood | None:
    """The turn of that message and up to `depth` turns before it; None where it is not in the window."""
    for at in range(len(turns) - 1, -1, -1):
        if turns[at].message_id == message_id:
            return _at(turns, at, depth)
    return None


def disturbed(before: Sequence[Turn], after: Sequence[Turn], depth: int) -> Iterator[tuple[Neighbourhood, bool]]:
    """Turns in both windows that now have others before them, oldest first; and whether the one just before is another.

    A turn whose own text changed is not disturbed by that.
    """
    if _only_appended(before, after):
        return
    stood = {turn.message_id: at for at, turn in enumerate(before)}
    for at, turn in enumerate(after):
        if turn.message_id not in stood:
            continue
        was, now = _at(before, stood[turn.message_id], depth), _at(after, at, depth)
        if was.before != now.before:
            yield now, was.previous_message_id != now.previous_message_id


def _only_appended(before: Sequence[Turn], after: Sequence[Turn]) -> bool:
    return len(after) > len(before) and (not before or after[len(before) - 1] is before[-1])


def _at(turns: Sequence[Turn], at: int, depth: int) -> Neighbourhood:
    return Neighbourhood(turn=turns[at], before=tuple(turns[max(0, at - depth) : at]))
