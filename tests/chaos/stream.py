"""The verifier's input: numbered events of many tenants, a pure function of a seed, without an end.

Knows of every record what must become of it. Free of I/O; sends nothing.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

from chaos import words
from schemas.codec import Codec
from schemas.enums import EventType, Role
from schemas.ids import ConversationId, EventId, MessageId, TenantId, UserId
from schemas.keys import conversation_routing, partition_of
from schemas.records import ConversationEvent

START = datetime(2025, 3, 1, 8, 0, tzinfo=UTC)
"""Far enough back that no run's events reach the broker's own time."""
TENANTS, USERS, CONVERSATIONS = 5, 12, 24
CONVERSATION_EVENTS = 3_000
"""After so many events every tenant begins new conversations, so that some rest while others grow."""
HOT_SHARE = 0.15
LATEST = 40
"""How many events late one may come: with as many conversations, well within a window of 32 turns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One record to send, and what is known about it beforehand. `event` is None where no bytes of one are left."""

    number: int
    partition: int
    key: bytes
    value: bytes | None
    event: ConversationEvent | None
    poison: str | None = None
    """The reason with which it must be a dead letter; None where it must be taken."""
    misplaced: bool = False
    """Whether it stands on a foreign partition, from which it must be sent on."""


class EventStream:
    """Iterate to get the records in the order of sending; the same arguments give the same records."""

    def __init__(self, seed: int, run: str, codec: Codec, partitions: int) -> None:
        self.prefix = tenant_prefix(run)
        self._random = Random(seed)
        self._codec = codec
        self._partitions = partitions
        self._number = 0
        self._waiting: list[tuple[int, int, ConversationEvent, str | None, bool]] = []
        self._queued = 0

    def __iter__(self) -> Iterator[Planned]:
        number = 0
        for turn in range(10**12):
            self._happen(turn)
            while self._waiting and self._waiting[0][0] <= turn:
                _, _, event, poison, misplaced = heapq.heappop(self._waiting)
                yield self._record(number, event, poison, misplaced)
                number += 1

    def _happen(self, turn: int) -> None:
        """A message is said; some are sent again, edited, deleted, or go wrong."""
        said = self._message(turn)
        misplaced = self._chance(0.02)
        due = turn + (self._random.randrange(LATEST) if self._chance(0.2) else 0)
        self._queue(due, said, misplaced=misplaced)
        if self._chance(0.08):
            self._queue(due + self._random.randrange(LATEST), said)
        if self._chance(0.06):
            self._queue(turn + self._random.randrange(LATEST), self._edit(said, turn))
        if self._chance(0.04):
            gone = self._change(said, "deleted", EventType.MESSAGE_DELETED, self._random.randrange(1, 600))
            self._queue(turn + self._random.randrange(LATEST), gone)
        self._seldom(turn, due, said, misplaced)

    def _seldom(self, turn: int, due: int, said: ConversationEvent, misplaced: bool) -> None:
        if self._chance(0.003):
            gone = self._change(said, "conversation-deleted", EventType.CONVERSATION_DELETED, 0)
            self._queue(turn + self._random.randrange(LATEST), replace(gone, message_id=None))
        if self._chance(0.005):
            ended = self._change(said, "ended", EventType.CONVERSATION_ENDED, 30)
            self._queue(turn + self._random.randrange(LATEST), replace(ended, message_id=None))
        if self._chance(0.01):
            self._queue(turn, self._change(said, "poison", EventType.MESSAGE_RECORDED, 1), self._random.choice(POISONS))
        if not misplaced and self._chance(0.004):
            other = replace(said, event_id=EventId(f"conflict-{turn}"), text=f"{said.text} And more.")
            self._queue(due + 1, other, "message_id_conflict")

    def _message(self, turn: int) -> ConversationEvent:
        hot = self._chance(HOT_SHARE)
        tenant = TenantId(f"{self.prefix}{0 if hot else self._random.randrange(TENANTS)}")
        age = turn // CONVERSATION_EVENTS
        name = f"hot.{age}" if hot else f"c{self._random.randrange(CONVERSATIONS)}.{age}"
        user = self._random.randrange(USERS)
        return ConversationEvent(
            event_id=EventId(f"e{turn}"),
            type=EventType.MESSAGE_RECORDED,
            tenant_id=tenant,
            conversation_id=ConversationId(name),
            message_id=MessageId(f"m{turn}"),
            user_id=UserId(f"u{user}"),
            speaker_name=words.NAMES[user % len(words.NAMES)],
            role=Role.ASSISTANT if self._chance(0.1) else Role.USER,
            text=words.say(self._random),
            occurred_at=START + timedelta(seconds=7 * turn, microseconds=turn),
            remember=not self._chance(0.03),
            attributes={"number": str(turn)},
        )

    def _edit(self, said: ConversationEvent, turn: int) -> ConversationEvent:
        edited = self._change(said, "edited", EventType.MESSAGE_EDITED, self._random.randrange(1, 900))
        return replace(edited, text=words.say(self._random))

    def _change(self, said: ConversationEvent, what: str, kind: EventType, seconds: int) -> ConversationEvent:
        return ConversationEvent(
            event_id=EventId(f"{what}-{said.event_id}"),
            type=kind,
            tenant_id=said.tenant_id,
            conversation_id=said.conversation_id,
            message_id=said.message_id,
            occurred_at=said.occurred_at + timedelta(seconds=seconds),
        )

    def _queue(self, due: int, event: ConversationEvent, poison: str | None = None, misplaced: bool = False) -> None:
        self._queued += 1
        heapq.heappush(self._waiting, (due, self._queued, event, poison, misplaced))

    def _record(self, number: int, event: ConversationEvent, poison: str | None, misplaced: bool) -> Planned:
        routing = conversation_routing(event.tenant_id, event.conversation_id)
        partition = (partition_of(routing, self._partitions) + misplaced) % self._partitions
        key, value = routing.encode(), self._codec.encode(event)
        made = Planned(number=number, partition=partition, key=key, value=value, event=event, misplaced=misplaced)
        return made if poison is None else _poisoned(replace(made, poison=poison), self._codec)

    def _chance(self, share: float) -> bool:
        return self._random.random() < share


POISONS = (
    "bad_wire_format",
    "bad_avro",
    "unknown_schema",
    "missing_value",
    "missing_field",
    "nul_in_text",
    "time_in_future",
    "key_mismatch",
)


def tenant_prefix(run: str) -> str:
    """How the names of all tenants of a run begin, and with them every key."""
    return f"chaos-{run}-"


def _poisoned(planned: Planned, codec: Codec) -> Planned:
    """The record made unfit for the reason it names."""
    assert planned.event is not None
    assert planned.value is not None
    unreadable: dict[str | None, bytes | None] = {
        "bad_wire_format": b"\xff%d is no Avro" % planned.number,
        "bad_avro": planned.value[:9],
        "unknown_schema": b"\x00\x7f\xff\xff\xff" + planned.value[5:],
        "missing_value": None,
    }
    if planned.poison in unreadable:
        return replace(planned, value=unreadable[planned.poison], event=None)
    if planned.poison == "message_id_conflict":
        return planned
    event = replace(planned.event, user_id=UserId("poison"), text="I live in Poison.")
    if planned.poison == "missing_field":
        event = replace(event, text=None)
    elif planned.poison == "nul_in_text":
        event = replace(event, text="a\x00b")
    elif planned.poison == "time_in_future":
        event = replace(event, occurred_at=datetime(2190, 1, 1, tzinfo=UTC))
    key = planned.key + b"-other" if planned.poison == "key_mismatch" else planned.key
    return replace(planned, key=key, value=codec.encode(event), event=event)
