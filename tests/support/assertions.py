"""Evidence made for tests: assertions about one user, by day."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from schemas.enums import Kind, Tense
from schemas.ids import ConversationId, item_id
from schemas.records import Evidence, Interval, Position
from streams.processors.timeline import Standing
from support.speech import ANNA, START, TENANT


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def asserted(value: str, on: float, tense: Tense = Tense.PRESENT, **fields: Any) -> Evidence:
    """An assertion about the home city (or another slot, by `kind` and `slot`), made `on` that day."""
    kind, slot = fields.pop("kind", Kind.FACT), fields.pop("slot", "home_city")
    evidence = Evidence(
        tenant_id=TENANT,
        user_id=ANNA,
        item_id=item_id(TENANT, ANNA, kind, slot, value.lower()),
        kind=kind,
        slot=slot,
        qualifier=None,
        value=value,
        canonical=value.lower(),
        conversation_id=ConversationId("c1"),
        message_id=f"m{on}",
        tense=tense,
        confidence=0.8,
        start=0,
        end=1,
        quote="x",
        rule="word@1",
        extractor="words@1",
        occurred_at=day(on),
        recorded_at=day(on),
        known_from=None,
        known_to=None,
        granularity=None,
        due_from=None,
        due_to=None,
        revision=0,
        source=Position(topic="t", partition=0, offset=0),
    )
    return replace(evidence, **fields)


def days_of(standing: Standing) -> list[tuple[float | None, float | None]]:
    """Its validity as days since START."""
    return [(_day_of(each.valid_from), _day_of(each.valid_to)) for each in standing.validity]


def stretch(start: float | None, stop: float | None) -> Interval:
    return Interval(
        valid_from=None if start is None else day(start),
        valid_to=None if stop is None else day(stop),
    )


def _day_of(at: datetime | None) -> float | None:
    return None if at is None else (at - START) / timedelta(days=1)
