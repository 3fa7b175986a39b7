"""Messages sent over HTTP now and then, each followed until it is queryable: what a user of a busy system would see.

One thread a canary at a time; the load itself goes past them, to Kafka.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Lock, Thread
from uuid import uuid4

import httpx

THREADS = 4
PAUSE_SECONDS = 0.25
WAIT_SECONDS = 30


@dataclass(slots=True)
class Canaries:
    """Sends while it is entered. `seconds` grows by one entry a canary; one that never arrived counts as infinite."""

    environment: Mapping[str, str]
    seconds: list[float] = field(default_factory=list)
    _stop: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)
    _threads: Sequence[Thread] = ()

    def __enter__(self) -> Canaries:
        self._threads = [Thread(target=self._fly, args=(number,)) for number in range(THREADS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _fly(self, number: int) -> None:
        headers = {"Authorization": f"Bearer {self.environment['API_KEY']}"}
        with httpx.Client(base_url=self.environment["API_URL"], headers=headers, timeout=2 * WAIT_SECONDS) as client:
            time.sleep(PAUSE_SECONDS * number / THREADS)
            while not self._stop.wait(PAUSE_SECONDS):
                taken = _seconds_until_queryable(client)
                with self._lock:
                    self.seconds.append(taken)


def _seconds_until_queryable(client: httpx.Client) -> float:
    """From before the event is posted until the API says that it is queryable."""
    name, began = f"canary-{uuid4().hex}", time.perf_counter()
    client.post("/v1/events", json=[_event(name)]).raise_for_status()
    while time.perf_counter() - began < WAIT_SECONDS:
        answer = client.get(f"/v1/events/{name}", params={"wait_seconds": WAIT_SECONDS})
        if answer.is_success and answer.json()["queryable"]:
            return time.perf_counter() - began
    return float("inf")


def _event(name: str) -> dict[str, str]:
    return {
        "event_id": name,
        "type": "message.recorded",
        "conversation_id": name,
        "message_id": name,
        "user_id": name,
        "role": "user",
        "text": "I live in Lisbon, and I really like chess.",
        "occurred_at": datetime.now(UTC).isoformat(),
    }
