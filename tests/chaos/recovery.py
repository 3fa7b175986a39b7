"""How long the system takes to be itself again, as its API tells: ready, and what came after the fault is queryable.

Asks over HTTP only.
"""

from __future__ import annotations

import time

import httpx

from support.stack import Stack

DEADLINE_SECONDS = 180.0
DRAIN_SECONDS = 600.0
POLL_SECONDS = 0.2
SINCE_SECONDS = 0.5
"""What was accepted so long after the fault began must be queryable: what was before may have been underway."""


class Watch:
    """Asks one stack's API, with little patience for each answer."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def recovered(self, struck_at: float, deadline_seconds: float = DEADLINE_SECONDS) -> float | None:
        """Seconds from `struck_at` (monotonic) until recovery; None where the deadline passed before."""
        while time.monotonic() - struck_at < deadline_seconds:
            now = time.monotonic()
            lag = self.lag() if self._ready() else None
            if lag is not None and now - lag[1] > struck_at + SINCE_SECONDS:
                return time.monotonic() - struck_at
            time.sleep(POLL_SECONDS)
        return None

    def drained(self, deadline_seconds: float = DRAIN_SECONDS) -> bool:
        """Wait until nothing is pending, twice in a row; whether that came to be."""
        begun, idle = time.monotonic(), 0
        while time.monotonic() - begun < deadline_seconds:
            lag = self.lag()
            idle = idle + 1 if lag is not None and lag[0] == 0 else 0
            if idle > 1:
                return True
            time.sleep(POLL_SECONDS)
        return False

    def lag(self) -> tuple[int, float] | None:
        """Records pending, and seconds behind; None where the API does not say."""
        answer = self._get("/v1/lag")
        if answer is None:
            return None
        told = answer.json()
        return int(told["pending"]), float(told["seconds"])

    def _ready(self) -> bool:
        return self._get("/health/ready") is not None

    def _get(self, path: str) -> httpx.Response | None:
        environment = self._stack.environment
        headers = {"Authorization": f"Bearer {environment['API_KEY']}"}
        try:
            answer = httpx.get(environment["API_URL"] + path, headers=headers, timeout=5)
        except httpx.TransportError:
            return None
        return answer if answer.is_success else None
