"""Whether an event would enter if it came now: what extract asks of a record by itself, asked ahead.

Free of I/O but for what the codec does. What only the state knows (`message_id_conflict`) shows when it is sent.
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas.codec import Codec, Undecodable
from schemas.limits import Problem, time_in_future, validate
from schemas.records import ConversationEvent
from streams.ports import RawRecord
from streams.processors.admission import InvalidEvent, admit


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The event where it can be read, and everything that keeps it out; no problem: it may enter."""

    event: ConversationEvent | None
    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        return "; ".join(f"{each.field}: {each.reason} ({each.detail})" for each in self.problems)


def judge(raw: RawRecord, codec: Codec, future_tolerance_seconds: int) -> Judgement:
    """What extract would say of `raw`, whose timestamp is the moment it is to be judged at."""
    if raw.value is None:
        return _unreadable("missing_value", "a record of this topic needs a value")
    try:
        event = codec.decode(raw.value, ConversationEvent)
    except Undecodable as error:
        return _unreadable(error.reason, str(error))
    problems = validate(event) or _at_the_door(event, raw, future_tolerance_seconds)
    ahead = time_in_future(event, now=raw.timestamp, tolerance_seconds=future_tolerance_seconds)
    if ahead and ahead not in problems:
        problems.append(ahead)
    return Judgement(event=event, problems=tuple(problems))


def _at_the_door(event: ConversationEvent, raw: RawRecord, future_tolerance_seconds: int) -> list[Problem]:
    try:
        admit(event, raw, future_tolerance_seconds)
    except InvalidEvent as error:
        field, _, detail = error.detail.partition(": ")
        return [Problem(field=field, reason=error.reason, detail=detail)]
    return []


def _unreadable(reason: str, detail: str) -> Judgement:
    return Judgement(event=None, problems=(Problem(field="value", reason=reason, detail=detail),))
