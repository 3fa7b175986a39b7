"""What a caller may ask for, what it has used, and what it did today."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from api.models.values import Shape


class QuotaShape(Shape):
    """One limit as it stands."""

    name: str = Field(description="`minute`, `hour`, or for events `second`.", examples=["minute"])
    limit: int = Field(examples=[60])
    window_seconds: int = Field(examples=[60])
    used: int = Field(description="Of the window that ends now.", examples=[3])
    remaining: int = Field(examples=[57])
    reset_seconds: int = Field(
        description="Until the window moves on; where nothing remains, until something is let in.", examples=[41]
    )


class Usage(Shape):
    """The caller's own key, and nobody else's."""

    tenant_id: str = Field(examples=["acme"])
    key_id: str = Field(examples=["0f8b1a52-6d0e-5b7a-9c41-2f1d7e0b9a10"])
    scopes: list[str] = Field(examples=[["ingest", "read"]])
    rate_limited: bool = Field(description="False: no limit holds for this key.")
    requests: list[QuotaShape] = Field(description="Limits of requests that are not ingest; empty without limits.")
    events: list[QuotaShape] = Field(description="Limits of ingested events; empty without limits.")
    day: date = Field(description="Today, UTC.")
    requests_today: int = Field(description="Requests of today that were let in, those to this path apart.")
    refused_today: int = Field(description="Requests of today that a limit has refused.")
    events_today: int = Field(description="Events of today that were handed to the broker.")
