"""How far behind the answers are."""

from __future__ import annotations

from pydantic import Field

from api.models.values import Shape


class LagAnswer(Shape):
    """`pending` 0: every event accepted before the question can be queried."""

    pending: int = Field(description="Records that a stage has yet to take, over all stages.", examples=[0])
    seconds: float = Field(
        description="Everything accepted longer ago than this can be queried; 0 while nothing is pending.",
        examples=[0.0],
    )
    stages: dict[str, int] = Field(
        description="Records that each stage has yet to take.",
        examples=[{"extract": 0, "consolidate": 0, "postgres": 0, "redis": 0}],
    )
    semantic_pending: int | None = Field(
        default=None,
        description="Records that the model which serves has yet to make vectors of; `pending` does not wait for them. "
        "Null where the service recalls by words alone.",
    )
