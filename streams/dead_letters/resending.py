"""What is sent when a letter is requeued, fixed or discarded: the event, if any, and the record of the action.

Free of I/O but for what the codec does. An event keeps its `event_id` and `occurred_at`, so it lands once and at its
own time, and goes to the partition of its conversation, where one agent puts the conversation in order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from schemas import json_events
from schemas.codec import Codec
from schemas.ids import TenantId
from schemas.records import ConversationEvent
from streams.dead_letters.judging import Judgement, judge
from streams.dead_letters.letters import CAME_FROM, PREFIX, Action, ActionKind, Entry, Letter, position_key, record_of
from streams.ports import Headers, Output, RawRecord
from streams.processors.admission import routing_of
from topology.dead_letters import without_failure
from topology.topics import TopicName

_KEPT: Final = ("event_id", "occurred_at")
"""What makes a corrected event the same event: changed only where it is itself what was wrong."""


class Refused(Exception):
    """It would do no good, or it was done before; says what to do instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clerk:
    """Who acts, when and why, and by which rules events are judged."""

    codec: Codec
    future_tolerance_seconds: int
    by: str
    now: datetime
    because: str = ""

    def judge(self, raw: RawRecord) -> Judgement:
        """What extract would say of the record if it came now."""
        return judge(replace(raw, timestamp=self.now), self.codec, self.future_tolerance_seconds)


def refuse_if_done(entry: Entry) -> None:
    """Raises Refused where something was done about the letter already."""
    if entry.actions:
        last = entry.actions[-1]
        because = f" because {last.because}" if last.because else ""
        raise Refused(f"was {last.kind} by {last.by} at {last.at.isoformat()}{because}; --again does it once more")


def requeue(letter: Letter, clerk: Clerk, *, anyway: bool = False) -> tuple[Output, ...]:
    """The record as it first came, and the action. Raises Refused where it would only fail again, unless `anyway`."""
    verdict = clerk.judge(letter.raw)
    if verdict.problems and not anyway:
        raise Refused(f"would be refused again: {verdict}; mend it with `fix`, or send it --anyway")
    raw = letter.raw
    routing = _routing(letter, verdict.event)
    again = Output(
        topic=TopicName.EVENTS,
        key=raw.key,
        value=raw.value,
        routing=routing,
        partition=_source_partition(letter) if routing is None else None,
        headers=_headers(letter),
    )
    return again, _action(letter, ActionKind.REQUEUED, clerk)


def fix(letter: Letter, body: object, tenant: TenantId | None, clerk: Clerk) -> tuple[Output, ...]:
    """The event that `body` says (see `schemas.json_events`) in place of the letter's, and the action.

    `event_id` and `occurred_at` may be left out where the letter can be read. Raises Refused where they differ without
    need or the event would be refused, `json_events.InvalidEvent` for a body that breaks the contract.
    """
    was = clerk.judge(letter.raw)
    event = json_events.read_event(_completed(body, was.event), tenant or _tenant(letter, was.event))
    _refuse_another_event(was, event)
    routing = routing_of(event)
    value = clerk.codec.encode(event)
    fresh = replace(letter.raw, key=routing.encode(), value=value)
    if (verdict := clerk.judge(fresh)).problems:
        raise Refused(f"would be refused again: {verdict}")
    sent = Output(topic=TopicName.EVENTS, key=fresh.key, value=value, routing=routing, headers=_headers(letter))
    return sent, _action(letter, ActionKind.FIXED, clerk)


def discard(letter: Letter, clerk: Clerk) -> tuple[Output, ...]:
    """The action alone: nothing is sent, and the letter stays where it is until its topic lets it go."""
    return (_action(letter, ActionKind.DISCARDED, clerk),)


def _completed(body: object, was: ConversationEvent | None) -> object:
    if was is None or not isinstance(body, Mapping):
        return body
    known = json_events.write_event(was)
    return {**{name: known[name] for name in _KEPT}, **body}


def _refuse_another_event(was: Judgement, event: ConversationEvent) -> None:
    if was.event is None:
        return
    wrong = {problem.field for problem in was.problems}
    for name in _KEPT:
        if getattr(event, name) != getattr(was.event, name) and name not in wrong:
            raise Refused(f"{name} must stay {getattr(was.event, name)}: it is by this that the event counts once")


def _tenant(letter: Letter, event: ConversationEvent | None) -> TenantId:
    """Whose the letter is, by its value and its key. Raises Refused where these do not tell, or tell two."""
    key = _text(letter.raw.key)
    named = {key.partition("/")[0]} if key and "/" in key else set()
    if event is not None and event.tenant_id:
        named.add(event.tenant_id)
    if len(named) != 1:
        raise Refused("value and key do not agree on one tenant: name it with --tenant")
    return TenantId(named.pop())


def _routing(letter: Letter, event: ConversationEvent | None) -> str | None:
    return routing_of(event) if event else _text(letter.raw.key)


def _source_partition(letter: Letter) -> int:
    return letter.failure.position.partition if letter.failure else letter.position.partition


def _headers(letter: Letter) -> Headers:
    own = tuple((n, v) for n, v in without_failure(letter.raw.headers) if not n.startswith(PREFIX))
    return (*own, (CAME_FROM, position_key(letter.position).encode()))


def _action(letter: Letter, kind: ActionKind, clerk: Clerk) -> Output:
    return record_of(Action(letter=letter.position, kind=kind, by=clerk.by, at=clerk.now, because=clerk.because))


def _text(key: bytes | None) -> str | None:
    try:
        return None if key is None else key.decode()
    except UnicodeDecodeError:
        return None
