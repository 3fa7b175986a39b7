"""How far consumer groups have come, and where topics end: for commands that wait for the stream.

Blocking. Asks through a consumer that joins no group and commits nothing. Raises Retryable where the broker is away.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, TypeAlias

from confluent_kafka import OFFSET_END, Consumer, KafkaException, TopicPartition
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from topology.errors import Retryable
from topology.generations import group_of, topic_of
from topology.kafka import consumer_config
from topology.settings import Settings
from topology.stages import Stage

ANSWER_SECONDS: Final = 10.0
PATIENCE_SECONDS: Final = 60.0
"""A broker that is started again is back by then."""
LOOK_SECONDS: Final = 0.5
"""Between two looks at a group that is awaited."""

Offsets: TypeAlias = Mapping[tuple[str, int], int]
"""By topic, as the brokers call it, and partition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How far a stage has come with its inputs, in offsets; markers of transactions count as work that is done."""

    stage: Stage
    done: int
    end: int

    @property
    def behind(self) -> int:
        return max(0, self.end - self.done)


class Look:
    """Looks at the stages of one generation. Use it as a context."""

    def __init__(self, settings: Settings, generation: int) -> None:
        self._settings = settings
        self._generation = generation
        self._consumers: dict[str, Consumer] = {}

    def __enter__(self) -> Look:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        for consumer in self._consumers.values():
            consumer.close()

    def reached(self, stage: Stage) -> Reached:
        """How far it is, and what lies ahead of it now."""
        return self._towards(stage, self.ends(stage))

    def ends(self, stage: Stage) -> Offsets:
        """Where its inputs end, of what is committed."""
        asked = self._partitions(stage, OFFSET_END)
        return self._told("", lambda consumer: consumer.offsets_for_times(asked, timeout=ANSWER_SECONDS))

    def passes(self, stages: Sequence[Stage]) -> Iterator[Reached]:
        """Follow down the stages what lies before the first of them now; ends once the last has passed it.

        A stage's own ends are looked at when the one before it has passed, so that what follows from it is in them.
        Yields after each look. `stages` are in order, upstream first.
        """
        for stage in stages:
            ends = self.ends(stage)
            while True:
                found = self._towards(stage, ends)
                yield found
                if not found.behind:
                    break
                self.pause()

    @staticmethod
    def pause() -> None:
        """Between two looks."""
        time.sleep(LOOK_SECONDS)

    def _towards(self, stage: Stage, ends: Offsets) -> Reached:
        committed = self._committed(stage)
        done = sum(min(committed[at], end) for at, end in ends.items())
        return Reached(stage=stage, done=done, end=sum(ends.values()))

    def _committed(self, stage: Stage) -> Offsets:
        asked = self._partitions(stage, 0)
        group = group_of(stage, self._generation)
        return self._told(group, lambda consumer: consumer.committed(asked, timeout=ANSWER_SECONDS))

    def _partitions(self, stage: Stage, offset: int) -> list[TopicPartition]:
        topics = (topic_of(name, self._generation) for name in stage.inputs)
        return [TopicPartition(topic, n, offset) for topic in topics for n in range(self._settings.partitions)]

    def _told(self, group: str, ask: Callable[[Consumer], list[TopicPartition]]) -> Offsets:
        retrying = Retrying(
            retry=retry_if_exception_type(KafkaException),
            wait=wait_random_exponential(multiplier=0.2, max=2.0),
            stop=stop_after_delay(PATIENCE_SECONDS),
            reraise=True,
        )
        try:
            found = retrying(lambda: _sound(ask(self._consumer(group))))
        except KafkaException as error:
            raise Retryable(f"Kafka does not tell its offsets: {error}", retry_after_seconds=5) from error
        return {(at.topic, at.partition): max(0, at.offset) for at in found}

    def _consumer(self, group: str) -> Consumer:
        if group not in self._consumers:
            config = consumer_config(self._settings, group=group or "generations")
            self._consumers[group] = Consumer(dict(config))
        return self._consumers[group]


def _sound(found: list[TopicPartition]) -> list[TopicPartition]:
    """Raises KafkaException where there is an error in it."""
    for at in found:
        if at.error is not None:
            raise KafkaException(at.error)
    return found
