"""The input flows steadily: a fault that meets none of it proves nothing."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from chaos import feeding
from chaos.feeding import Feeder
from chaos.stream import EventStream
from schemas.codec import Codec, ShippedSchemaIds

RATE = 50.0


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


class Busy:
    """A producer that hears an acknowledgement in every millisecond, which ends each poll."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.sent_at: list[float] = []

    def produce(self, *_: Any, **__: Any) -> None:
        self.sent_at.append(self._clock.now)

    def poll(self, seconds: float) -> int:
        self._clock.now += min(seconds, 0.001)
        return 1

    def flush(self, _seconds: float) -> int:
        return 0


def test_acknowledgements_do_not_hurry_the_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    producer = Busy(clock)
    monkeypatch.setattr(feeding, "time", clock)
    monkeypatch.setattr(feeding, "Producer", lambda _config: producer)
    stream = islice(EventStream(1, "run", Codec(ShippedSchemaIds()), 4), 100)
    Feeder("nowhere", "events", stream, RATE, tmp_path / "input.jsonl").run()
    assert producer.sent_at == pytest.approx([100.0 + number / RATE for number in range(100)], abs=0.001)
