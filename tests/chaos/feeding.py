"""Sends the input to Kafka at a steady rate, and keeps a log of what the broker acknowledged, in that order.

Runs in a thread of its own until it is told to stop. Whatever is not acknowledged in the end is an error of the run.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import count, takewhile
from pathlib import Path

from confluent_kafka import KafkaError, Message, Producer

from chaos.found import Acknowledged, Stored
from chaos.stream import Planned
from chaos.words import kept

PATIENCE_SECONDS = 600.0
"""How long a record may wait for its acknowledgement: longer than any broker stays away here."""
NUMBER = "number"
"""The header that names a record, so that one whose acknowledgement was not heard is known again."""


class Feeder(threading.Thread):
    """Sends until `finish`. `sent` grows as acknowledgements come; `failed` holds what the client gave up.

    What `sent` holds at the start was sent by an earlier run of the same input, and is passed over.
    """

    def __init__(
        self,
        kafka: str,
        topic: str,
        planned: Iterable[Planned],
        rate: float,
        log: Path,
        sent: Sequence[Acknowledged] = (),
    ) -> None:
        super().__init__(name="feeder", daemon=True)
        self.sent = list(sent)
        self.failed: list[str] = []
        self._topic = topic
        self._planned = planned
        self._rate = rate
        self._log = log.open("a", encoding="utf-8", buffering=1)
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
        known = {told.number for told in self.sent}
        fresh = (planned for planned in self._planned if planned.number not in known)
        begun, sending = 0.0, count(1)
        for planned in fresh:
            begun = begun or time.monotonic()
            if self._done.is_set():
                break
            self._send(planned)
            self._wait_until(begun + next(sending) / self._rate)
        left = self._producer.flush(PATIENCE_SECONDS)
        if left:
            self.failed.append(f"{left} records were never acknowledged")
        self._log.close()

    def stop(self) -> None:
        """Send no more, and wait until everything sent is acknowledged or given up."""
        self._done.set()
        self.join()

    def finish(self) -> None:
        """As `stop`. Raises RuntimeError where something was given up."""
        self.stop()
        if self.failed:
            raise RuntimeError(f"the input could not be sent: {self.failed[0]} ({len(self.failed)} in all)")

    def _wait_until(self, due: float) -> None:
        """Acknowledgements are heard meanwhile; each of them ends a poll, and none of them the waiting."""
        while (left := due - time.monotonic()) > 0:
            self._producer.poll(left)

    def _send(self, planned: Planned) -> None:
        while True:
            try:
                self._producer.produce(
                    self._topic,
                    planned.value,
                    planned.key,
                    partition=planned.partition,
                    headers=[(NUMBER, str(planned.number).encode())],
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


def unheard(
    planned: Iterable[Planned], sent: Sequence[Acknowledged], standing: Iterable[Stored]
) -> Iterator[Acknowledged]:
    """What stands in Kafka although its sender was killed before it heard so; copies that were sent on are not it."""
    known = {told.number for told in sent}
    places = {(number_of(event), event.partition): event for event in standing}
    last = max((number for number, _ in places), default=-1)
    for each in takewhile(lambda one: one.number <= last, planned):
        found = places.get((each.number, each.partition))
        if found is not None and each.number not in known:
            yield acknowledged(each, *found.place)


def number_of(event: Stored) -> int:
    return int(dict(event.headers).get(NUMBER) or b"-1")
