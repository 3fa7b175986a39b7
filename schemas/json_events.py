"""Events as JSON, the form of `POST /v1/events` and of every place that writes events for people.

Free of I/O. Names are those of the Avro schema; `type` reads `message.recorded`, `role` is in lower case, times are
ISO 8601 with their offset, and there is no `tenant_id`: the caller's key decides it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from datetime import UTC, datetime
from typing import Any, TypeAlias, cast

from schemas.enums import EventType, Role
from schemas.ids import TenantId
from schemas.limits import Problem, validate
from schemas.records import ConversationEvent

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


class InvalidEvent(Exception):
    """An event that breaks the contract, with everything that is wrong with it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(f"{p.field}: {p.reason} ({p.detail})" for p in problems))
        self.problems = problems


class _WrongForm(Exception):
    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def read_event(body: object, tenant_id: TenantId) -> ConversationEvent:
    """The event that one element of the JSON array says. Raises InvalidEvent with every problem of every field.

    Beside the reasons of `schemas.limits`: wrong_type, unknown_field, unknown_type, unknown_role, bad_time.
    A field that is null counts as absent.
    """
    if not isinstance(body, Mapping):
        raise InvalidEvent((Problem(field="", reason="wrong_type", detail="an event is an object"),))
    given = {str(name): value for name, value in body.items() if value is not None}
    problems = [_unknown(name) for name in given if name not in _FORMS]
    values = _values(given, problems)
    if problems:
        raise InvalidEvent(tuple(problems))
    event = ConversationEvent(tenant_id=tenant_id, **values)
    if broken := validate(event):
        raise InvalidEvent(tuple(broken))
    return event


def write_event(event: ConversationEvent) -> dict[str, Json]:
    """The event as JSON; fields that hold their default are left out."""
    shown = {name: getattr(event, name) for name in _FORMS}
    shown = {name: value for name, value in shown.items() if name in _REQUIRED or value != _default(name)}
    return {name: _plain(value) for name, value in shown.items()}


def type_name(event_type: EventType) -> str:
    """`MESSAGE_RECORDED` as `message.recorded`."""
    return event_type.value.lower().replace("_", ".")


def time_text(moment: datetime) -> str:
    """ISO 8601 in UTC with a Z, as everywhere in JSON."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _values(given: Mapping[str, object], problems: list[Problem]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, form in _FORMS.items():
        if name in given:
            try:
                values[name] = form(given[name])
            except _WrongForm as wrong:
                problems.append(Problem(field=name, reason=wrong.reason, detail=str(wrong)))
        elif name in _REQUIRED:
            problems.append(Problem(field=name, reason="missing_field", detail="required by every event"))
    return values


def _unknown(name: str) -> Problem:
    return Problem(field=name[:128], reason="unknown_field", detail="no event has such a field")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _WrongForm("wrong_type", "must be a string")
    return value


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise _WrongForm("wrong_type", "must be true or false")
    return value


def _words(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(word, str) for word in value.values()):
        raise _WrongForm("wrong_type", "must be an object of strings")
    return {str(name): word for name, word in value.items()}


def _event_type(value: object) -> EventType:
    if (known := _TYPES.get(_text(value))) is None:
        raise _WrongForm("unknown_type", f"must be one of {', '.join(_TYPES)}")
    return known


def _role(value: object) -> Role:
    if (known := _ROLES.get(_text(value))) is None:
        raise _WrongForm("unknown_role", f"must be one of {', '.join(_ROLES)}")
    return known


def _time(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(value))
        if moment.tzinfo is None:
            raise _WrongForm("bad_time", "must name its offset from UTC, as in 2024-05-17T09:30:00Z")
        return moment.astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise _WrongForm("bad_time", "must be ISO 8601, as in 2024-05-17T09:30:00Z") from error


def _plain(value: object) -> Json:
    if isinstance(value, EventType):
        return type_name(value)
    if isinstance(value, Role):
        return value.value.lower()
    if isinstance(value, datetime):
        return time_text(value)
    return dict(value) if isinstance(value, Mapping) else cast("Json", value)


def _default(name: str) -> object:
    declared = _DECLARED[name]
    return declared.default if declared.default_factory is MISSING else declared.default_factory()


_TYPES = {type_name(event_type): event_type for event_type in EventType if event_type is not EventType.UNKNOWN}
_ROLES = {role.value.lower(): role for role in Role}
_DECLARED: dict[str, Field[Any]] = {declared.name: declared for declared in fields(ConversationEvent)}
_SPECIAL: dict[str, Callable[[object], object]] = {
    "type": _event_type,
    "role": _role,
    "occurred_at": _time,
    "remember": _truth,
    "recalled": _truth,
    "attributes": _words,
}
_FORMS = {name: _SPECIAL.get(name, _text) for name in _DECLARED if name != "tenant_id"}
_REQUIRED = {n for n, d in _DECLARED.items() if d.default is MISSING and d.default_factory is MISSING} - {"tenant_id"}
