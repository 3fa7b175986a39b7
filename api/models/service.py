"""The service about itself."""

from __future__ import annotations

from pydantic import Field

from api.models.values import Shape


class Version(Shape):
    name: str = Field(examples=["alluvium"])
    version: str = Field(examples=["0.1.0"])
    api: str = Field(examples=["v1"])


class Health(Shape):
    """`status` ok, unavailable, or draining once it was told to stop; `checks`: what the service leans on."""

    status: str = Field(examples=["ok"])
    checks: dict[str, str] = Field(default_factory=dict, examples=[{"postgresql": "ok", "kafka": "ok", "redis": "ok"}])
