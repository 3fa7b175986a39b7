"""What is allowed and what is left of it, and how an answer says so (IETF draft-ietf-httpapi-ratelimit-headers-10).

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from typing import Final

from api.problems import Problem

POLICY_HEADER: Final = "RateLimit-Policy"
LIMIT_HEADER: Final = "RateLimit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """So much in so many seconds."""

    name: str
    amount: int
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a quota is used."""

    quota: Quota
    remaining: int
    wait_seconds: float
    """Until something is let in; 0 where it would be now."""
    reset_seconds: float
    """Until the window moves on, or for events until nothing is owed."""

    @property
    def moves_seconds(self) -> int:
        """When it pays to ask again: whole seconds, up."""
        return ceil(self.wait_seconds if self.remaining == 0 and self.wait_seconds else self.reset_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a request is let in, and how every quota stands that it counts in; none for a caller without limits."""

    admitted: bool
    standings: Sequence[Standing] = ()


UNLIMITED: Final = Verdict(admitted=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What a caller did on one day (UTC)."""

    requests: int = 0
    refused: int = 0
    events: int = 0


def headers(standings: Sequence[Standing]) -> Mapping[str, str]:
    """`RateLimit-Policy: "minute";q=60;w=60` and `RateLimit: "minute";r=59;t=60`, a list member a quota."""
    if not standings:
        return {}
    policies = (f'"{s.quota.name}";q={s.quota.amount};w={s.quota.seconds}' for s in standings)
    left = (f'"{s.quota.name}";r={max(0, s.remaining)};t={s.moves_seconds}' for s in standings)
    return {POLICY_HEADER: ", ".join(policies), LIMIT_HEADER: ", ".join(left)}


def exhausted(standings: Sequence[Standing]) -> Standing:
    """The quota that keeps the request out longest."""
    return max(standings, key=lambda standing: standing.wait_seconds)


def too_many(quota: Quota, wait_seconds: float) -> Problem:
    return Problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too-many-requests",
        "The rate limit is reached",
        detail=f"{quota.amount} a {quota.name} are allowed.",
        headers={"Retry-After": str(max(1, ceil(wait_seconds)))},
    )
