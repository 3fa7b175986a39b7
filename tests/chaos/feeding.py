"""Sends the input to Kafka at a steady rate, and keeps a log of what the broker acknowledged, in that order.

Runs in a thread of its own until it is told to stop. Whatever is not acknowledged in the end is an error of the run.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

from confluent_kafka import KafkaError, Message, Producer

from chaos.found import Acknowledged
from chaos.stream import Planned
from chaos.words import kept

PATIENCE_SECONDS = 600.0
"""How long a record may wait for its acknowledgement: longer than any broker stays away here."""


class Feeder(threading.Thread):
    """Sends until `finish`. `sent` grows as acknowledgements come; `failed` holds what the client gave up."""

    def __init__(self, kafka: str, topic: str, planned: Iterable[Planned], rate: float, log: Path) -> None:
        super().__init__(name="feeder", daemon=True)
        self.sent: list[Acknowledged] = []
        self.failed: list[str] = []
        self._topic = topic
        self._planned = planned
        self._rate = rate
        self._log = log.open("w", encoding="utf-8")
        self._done = threading.Event()
        self._producer = Producer(
            {
                "bootstrap.servers": kafka,
                "enable.idempotence": True,
                "linger.ms": 5,
                "message.timeout.ms": int(PATIENCE_SECONDS * 1_000),
                "reconnect.backoff.max.ms": 1_000,
                "log_level": 0,
            }
        )

    def run(self) -> None:
        begun = time.monotonic()
        for count, planned in enumerate(self._planned):
            if self._done.is_set():
                break
            self._send(planned)
            ahead = begun + count / self._rate - time.monotonic()
            if ahead > 0:
                self._producer.poll(ahead)
        left = self._producer.flush(PATIENCE_SECONDS)
        if left:
            self.failed.append(f"{left} records were never acknowledged")
        self._log.close()

    def finish(self) -> None:
        """Send no more, and wait until everything sent is acknowledged. Raises RuntimeError where something was not."""
        self._done.set()
        self.join()
        if self.failed:
            raise RuntimeError(f"the input could not be sent: {self.failed[0]} ({len(self.failed)} in all)")

    def _send(self, planned: Planned) -> None:
        while True:
            try:
                self._producer.produce(
                    self._topic,
                    planned.value,
                    planned.key,
                    partition=planned.partition,
                    on_delivery=self._noting(planned),
                )
            except BufferError:
                self._producer.poll(0.5)
            else:
                break
        self._producer.poll(0)

    def _noting(self, planned: Planned) -> Callable[[KafkaError | None, Message], None]:
        def note(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                self.failed.append(f"{planned.number}: {error}")
                return
            partition, offset = message.partition(), message.offset()
            assert partition is not None
            assert offset is not None
            told = acknowledged(planned, partition, offset)
            self.sent.append(told)
            self._log.write(json.dumps(asdict(told)) + "\n")

        return note


def acknowledged(planned: Planned, partition: int, offset: int) -> Acknowledged:
    """What the second judge is told of a record, in plain words."""
    event = planned.event
    return Acknowledged(
        number=planned.number,
        place=(partition, offset),
        poison=planned.poison,
        misplaced=planned.misplaced,
        type=event.type.value if event else "",
        event_id=event.event_id if event else "",
        tenant=event.tenant_id if event else "",
        conversation=event.conversation_id if event else "",
        message=(event.message_id or "") if event else "",
        text=kept(event.text) if event and event.text is not None else None,
        occurred_at=event.occurred_at.isoformat(timespec="microseconds") if event else "",
    )


def read_log(file: Path) -> list[Acknowledged]:
    """The acknowledged input as a run kept it."""
    lines = (json.loads(line) for line in file.read_text("utf-8").splitlines())
    return [Acknowledged(**(line | {"place": tuple(line["place"])})) for line in lines]
