"""What the dead-letter topic holds: letters, and the record of what was done about each.

Free of I/O. An action stands in its letter's partition under the letter's position: it is read together with it,
outlives it, and shares one transaction with the event that it sends. Its value is empty; its headers say everything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from schemas.keys import join_key, split_key
from schemas.records import Position
from streams.ports import Output, RawRecord
from topology import dead_letters
from topology.dead_letters import Failure
from topology.topics import TopicName

PREFIX: Final = "alluvium."
ACTION: Final = f"{PREFIX}action"
BY: Final = f"{PREFIX}by"
AT: Final = f"{PREFIX}at"
BECAUSE: Final = f"{PREFIX}because"
CAME_FROM: Final = f"{PREFIX}dead_letter"
"""On an event that was sent again: the position of its letter. A letter it leaves in turn keeps it."""


class ActionKind(StrEnum):
    REQUEUED = "requeued"
    FIXED = "fixed"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What somebody did about a letter. `because` is empty where none was given."""

    letter: Position
    kind: ActionKind
    by: str
    at: datetime
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A record of the topic that is no action. `failure` is None where its headers do not tell one."""

    raw: RawRecord
    failure: Failure | None

    @property
    def position(self) -> Position:
        return self.raw.position

    @property
    def reason(self) -> str:
        return self.failure.reason if self.failure else "unknown"

    @property
    def came_from(self) -> str | None:
        """The position of the letter that this event was sent again from, as `position_key` writes it."""
        return next((v.decode("utf-8", "replace") for n, v in self.raw.headers if n == CAME_FROM and v), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A letter and what was done about it, oldest first. Open until something was."""

    letter: Letter
    actions: tuple[Action, ...] = ()

    @property
    def is_open(self) -> bool:
        return not self.actions


def position_key(position: Position) -> str:
    """`topic/partition/offset`."""
    return join_key(position.topic, str(position.partition), str(position.offset))


def read(raw: RawRecord) -> Letter | Action:
    """What a record of the dead-letter topic is.

    An event may carry any header into its letter, so whatever has a failure's headers is a letter.
    """
    if not any(name.startswith(dead_letters.PREFIX) for name, _ in raw.headers):
        action = _action(raw)
        if action is not None:
            return action
    return Letter(raw=raw, failure=dead_letters.parse(raw.headers))


def record_of(action: Action) -> Output:
    """The record by which an action is kept."""
    said = {ACTION: action.kind.value, BY: action.by, AT: action.at.astimezone(UTC).isoformat()}
    if action.because:
        said[BECAUSE] = action.because
    return Output(
        topic=TopicName.EVENTS_DEAD_LETTERS,
        key=position_key(action.letter),
        value=None,
        partition=action.letter.partition,
        headers=tuple((name, value.encode()) for name, value in said.items()),
    )


def gather(records: Iterable[Letter | Action]) -> tuple[Entry, ...]:
    """Each letter with its actions, in the order of the letters; actions of letters that are not there are left out."""
    letters: dict[Position, Letter] = {}
    actions: dict[Position, list[Action]] = {}
    for each in records:
        if isinstance(each, Letter):
            letters[each.position] = each
        else:
            actions.setdefault(each.letter, []).append(each)
    return tuple(Entry(letter=letter, actions=tuple(actions.get(at, ()))) for at, letter in letters.items())


def _action(raw: RawRecord) -> Action | None:
    values = {name: value.decode("utf-8", "replace") for name, value in raw.headers if value is not None}
    try:
        topic, partition, offset = split_key((raw.key or b"").decode())
        return Action(
            letter=Position(topic=topic, partition=int(partition), offset=int(offset)),
            kind=ActionKind(values[ACTION]),
            by=values[BY],
            at=datetime.fromisoformat(values[AT]),
            because=values.get(BECAUSE, ""),
        )
    except (KeyError, ValueError):
        return None
