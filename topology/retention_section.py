"""A tenant's retention as people write it: the section `retention` of a file of tenants, checked and made a policy.

Pure: reads no file. What a section does not say is as in the policy it is laid upon.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, PlainValidator
from pydantic_core import PydanticCustomError

from schemas.enums import Kind, RetentionLevel
from topology.retention import LevelRule, RetentionPolicy

LevelName: TypeAlias = Literal["working", "short", "long", "permanent"]
KindName: TypeAlias = Literal["fact", "preference", "relation", "event", "task", "decision", "contact"]

MOST_DAYS = 36_500
"""A century: who means longer means `never`."""


def _days(given: object) -> float | Literal["never"]:
    if given == "never":
        return "never"
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given <= MOST_DAYS:
        raise PydanticCustomError("days", "must be `never`, or more than 0 and up to {most}", {"most": MOST_DAYS})
    return float(given)


Days: TypeAlias = Annotated[float | Literal["never"], PlainValidator(_days)]
"""One check for both forms, so that a fault has one name."""


class _Strict(BaseModel):
    """A key that is not known is an error, so that a misspelt one is noticed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LevelRuleSection(_Strict):
    """One rule; what it leaves out fits every item."""

    level: LevelName
    kind: KindName | None = None
    slot: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    least_confidence: float = Field(default=0.0, ge=0, le=1)
    explicit: bool | None = None

    @property
    def rule(self) -> LevelRule:
        return LevelRule(
            level=RetentionLevel(self.level),
            kind=Kind(self.kind) if self.kind else None,
            slot=self.slot,
            least_confidence=self.least_confidence,
            explicit=self.explicit,
        )


class RetentionSection(_Strict):
    """How long a tenant keeps what it remembers."""

    days: dict[LevelName, Days] = Field(
        default_factory=dict, description="The lifetime of each level that differs; `never`: it is never over."
    )
    rules: tuple[LevelRuleSection, ...] = Field(
        default=(), description="Tried in this order, before those of the policy of all."
    )
    otherwise: LevelName | None = Field(default=None, description="The level of what no rule fits.")

    def policy(self, base: RetentionPolicy) -> RetentionPolicy:
        """The policy of the tenant, laid upon that of all."""
        lifetimes = {RetentionLevel(level): _lifetime(days) for level, days in self.days.items()}
        return replace(
            base,
            rules=(*(section.rule for section in self.rules), *base.rules),
            otherwise=RetentionLevel(self.otherwise) if self.otherwise else base.otherwise,
            lifetimes={**base.lifetimes, **lifetimes},
        )


def _lifetime(days: float | Literal["never"]) -> timedelta | None:
    return None if days == "never" else timedelta(days=days)
