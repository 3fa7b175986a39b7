"""The closed sets of names that records use. `unknown` is for what a later release writes and this one does not know.

Free of I/O. Their symbols are those of the Avro schemas; a test compares the two.
"""

from __future__ import annotations

from enum import StrEnum


class EventType(StrEnum):
    UNKNOWN = "UNKNOWN"
    MESSAGE_RECORDED = "MESSAGE_RECORDED"
    MESSAGE_EDITED = "MESSAGE_EDITED"
    MESSAGE_DELETED = "MESSAGE_DELETED"
    CONVERSATION_ENDED = "CONVERSATION_ENDED"
    CONVERSATION_DELETED = "CONVERSATION_DELETED"


class Role(StrEnum):
    USER = "USER"
    ASSISTANT = "ASSISTANT"
    SYSTEM = "SYSTEM"
    TOOL = "TOOL"


class Kind(StrEnum):
    UNKNOWN = "unknown"
    FACT = "fact"
    PREFERENCE = "preference"
    RELATION = "relation"
    EVENT = "event"
    TASK = "task"
    DECISION = "decision"
    CONTACT = "contact"


class Tense(StrEnum):
    """What an assertion says of its value, seen from the time it was made."""

    UNKNOWN = "unknown"
    PRESENT = "present"
    PAST = "past"
    PLANNED = "planned"
    ENDED = "ended"


class Granularity(StrEnum):
    UNKNOWN = "unknown"
    DAY = "day"
    WEEKEND = "weekend"
    WEEK = "week"
    MONTH = "month"
    SEASON = "season"
    YEAR = "year"


class ItemStatus(StrEnum):
    UNKNOWN = "unknown"
    ACTIVE = "active"
    SUPERSEDED = "superseded"
    ENDED = "ended"
    RETRACTED = "retracted"
    DONE = "done"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class RetentionLevel(StrEnum):
    UNKNOWN = "unknown"
    WORKING = "working"
    SHORT = "short"
    LONG = "long"
    PERMANENT = "permanent"


class CommandType(StrEnum):
    UNKNOWN = "unknown"
    REMEMBER = "remember"
    CORRECT = "correct"
    CONFIRM = "confirm"
    FORGET = "forget"
    ERASE = "erase"
    EXPIRE = "expire"


class OutcomeStatus(StrEnum):
    UNKNOWN = "unknown"
    STORED = "stored"
    DUPLICATE = "duplicate"
    REROUTED = "rerouted"
    DEAD_LETTERED = "dead_lettered"
