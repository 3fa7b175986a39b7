"""Problem details (RFC 9457), the form of every error.

Shapes only; api.problems makes them.
"""

from __future__ import annotations

from pydantic import Field

from api.models.values import Shape

MEDIA_TYPE = "application/problem+json"


class ProblemError(Shape):
    """One thing that is wrong with a request."""

    index: int | None = Field(default=None, description="Which element of a batch, from 0.", examples=[3])
    event_id: str | None = Field(
        default=None, description="That element's event id, where it has one.", examples=["evt-17"]
    )
    field: str | None = Field(default=None, description="The field, as a dotted path.", examples=["occurred_at"])
    reason: str = Field(description="A snake_case word from a closed set.", examples=["missing_field"])
    detail: str = Field(description="The same for people.", examples=["required by MESSAGE_RECORDED, not empty"])


class ProblemDetails(Shape):
    """What went wrong."""

    type: str = Field(examples=["urn:alluvium:problem:invalid-request"])
    title: str = Field(examples=["The request cannot be understood"])
    status: int = Field(examples=[422])
    detail: str | None = None
    instance: str | None = Field(default=None, description="The id of the request, which the logs name too.")
    errors: list[ProblemError] | None = None
