"""Which events may enter: their limits, their key, their clock, and the partition they belong to.

Pure. Judges an event by itself and its position; whether it was seen before is for the join.
"""

from __future__ import annotations

from schemas.keys import conversation_routing, partition_of
from schemas.limits import Problem, time_in_future, validate
from schemas.records import ConversationEvent
from streams.ports import PoisonRecord, RawRecord, SourceRecord

_KEY_MISMATCH = Problem(field="key", reason="key_mismatch", detail="must be tenant_id/conversation_id of the value")


class InvalidEvent(PoisonRecord):
    """An event that could be read and must not enter. `event` tells whose outcome it is."""

    def __init__(self, event: ConversationEvent, problem: Problem) -> None:
        super().__init__(problem.reason, f"{problem.field}: {problem.detail}")
        self.event = event


MOST_BYTES = 1_000_000
"""Of a record's key, value and headers. An event within its limits is below 200 kB; a larger record can be in the topic
only because it was compressed, and might not fit there again when it is sent on."""


def size_of(raw: RawRecord) -> int:
    """Bytes of the record's key, value and headers, uncompressed."""
    headers = sum(len(name) + len(value or b"") for name, value in raw.headers)
    return len(raw.key or b"") + len(raw.value or b"") + headers


def check_size(raw: RawRecord) -> None:
    """Raises PoisonRecord (`too_large`)."""
    if (size := size_of(raw)) > MOST_BYTES:
        raise PoisonRecord("too_large", f"{size} bytes, {MOST_BYTES} at the most")


def readable(record: SourceRecord) -> ConversationEvent:
    """The event of a record. Raises PoisonRecord (`missing_value`) for a record without one."""
    if not isinstance(record.value, ConversationEvent):
        raise PoisonRecord("missing_value", "a record of this topic needs a value")
    return record.value


def routing_of(event: ConversationEvent) -> str:
    """The key an event must have, which decides its partition."""
    return conversation_routing(event.tenant_id, event.conversation_id)


def is_misplaced(event: ConversationEvent, raw: RawRecord, partitions: int) -> bool:
    """Whether a foreign partitioner put the record on another partition than that of its conversation."""
    return raw.position.partition != partition_of(routing_of(event), partitions)


def admit(event: ConversationEvent, raw: RawRecord, future_tolerance_seconds: int) -> None:
    """Raises InvalidEvent with the first reason why the event must not enter.

    Reasons: those of `schemas.limits.validate`, then `key_mismatch`, then `time_in_future`.
    """
    for problem in validate(event):
        raise InvalidEvent(event, problem)
    if raw.key != routing_of(event).encode():
        raise InvalidEvent(event, _KEY_MISMATCH)
    ahead = time_in_future(event, now=raw.timestamp, tolerance_seconds=future_tolerance_seconds)
    if ahead:
        raise InvalidEvent(event, ahead)
