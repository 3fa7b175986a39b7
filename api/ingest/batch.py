"""A posted batch: every event read and checked, and every fault of every event named.

Pure; the events come out in the order they were posted, or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus

from api.models.problems import ProblemError
from api.problems import Problem, invalid
from schemas import limits
from schemas.ids import TenantId
from schemas.json_events import InvalidEvent, read_event
from schemas.records import ConversationEvent

MOST_EVENTS = 1_000
MOST_BYTES = 5 * 1024 * 1024
MOST_ERRORS = 1_000
"""Named in one answer; beyond, of each bad event its first one alone, so that none goes unnamed."""
_ID_SHOWN = 128


def parse(body: bytes) -> list[object]:
    """The elements of a JSON array. Raises Problem: 400 where it is no JSON, 422 where it is no array of 1 to 1,000."""
    try:
        elements = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "not-json", "The body is not JSON") from error
    if not isinstance(elements, list):
        raise invalid("The body must be an array of events", [_whole("wrong_type", "not an array")])
    if not 1 <= len(elements) <= MOST_EVENTS:
        detail = f"{len(elements)} events, 1 to {MOST_EVENTS} are allowed"
        raise invalid("The batch has a wrong size", [_whole("batch_size", detail)])
    return elements


def read(
    elements: Iterable[object], tenant_id: TenantId, *, now: datetime, tolerance_seconds: int
) -> list[ConversationEvent]:
    """The events. Raises Problem (422) that names every bad one, by index, event id and field."""
    events: list[ConversationEvent] = []
    errors: list[ProblemError] = []
    for index, element in enumerate(elements):
        try:
            event = read_event(element, tenant_id)
            if late := limits.time_in_future(event, now=now, tolerance_seconds=tolerance_seconds):
                raise InvalidEvent((late,))
            events.append(event)
        except InvalidEvent as invalid_event:
            errors.extend(_named(index, element, problem) for problem in invalid_event.problems)
    if errors:
        raise invalid("Some events cannot be accepted, and none was", _within(errors), most=MOST_ERRORS)
    return events


def _within(errors: list[ProblemError]) -> list[ProblemError]:
    """The errors, or where there are too many the first of each event followed by the others."""
    if len(errors) <= MOST_ERRORS:
        return errors
    first = {error.index: error for error in reversed(errors)}
    return [
        *sorted(first.values(), key=lambda error: error.index or 0),
        *(e for e in errors if first[e.index] is not e),
    ]


def _named(index: int, element: object, problem: limits.Problem) -> ProblemError:
    given = element.get("event_id") if isinstance(element, dict) else None
    event_id = given[:_ID_SHOWN].encode(errors="replace").decode() if isinstance(given, str) else None
    return ProblemError(
        index=index, event_id=event_id, field=problem.field or None, reason=problem.reason, detail=problem.detail
    )


def _whole(reason: str, detail: str) -> ProblemError:
    return ProblemError(reason=reason, detail=detail)
