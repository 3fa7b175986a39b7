"""Offsets after a partition has got another leader: the one who asks finds it, once; whatever else fails is told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import cast

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from api.freshness.kafka import KafkaOffsets
from topology.errors import Retryable
from topology.topics import TopicName


class Observer:
    """A consumer that asks whom its metadata name: a former leader, until it is made to look again."""

    def __init__(self, refusal: int, looks_needed: int) -> None:
        self._refusal, self._looks_needed = refusal, looks_needed

    def offsets_for_times(self, partitions: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        assert timeout > 0
        for at in partitions:
            at.offset = 7
        if self._looks_needed:
            raise KafkaException(KafkaError(self._refusal))
        return partitions

    def list_topics(self, timeout: float) -> None:
        assert timeout > 0
        self._looks_needed -= 1

    def poll(self, _seconds: float) -> None:
        """There are no records to come."""

    def close(self) -> None:
        """It holds nothing."""


@contextmanager
def offsets(refusal: int, looks_needed: int) -> Iterator[KafkaOffsets]:
    with closing(KafkaOffsets(lambda _: cast("Consumer", Observer(refusal, looks_needed)), partitions=1)) as made:
        yield made


@pytest.mark.parametrize("refusal", [KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.FENCED_LEADER_EPOCH])
def test_a_new_leader_is_looked_for(refusal: int) -> None:
    with offsets(refusal, looks_needed=1) as asked:
        assert asyncio.run(asked.ends([TopicName.EVENTS])) == {(TopicName.EVENTS, 0): 7}


@pytest.mark.parametrize(
    ("refusal", "looks_needed"), [(KafkaError.NOT_LEADER_FOR_PARTITION, 2), (KafkaError._TIMED_OUT, 1)]
)
def test_what_another_look_does_not_mend_is_told(refusal: int, looks_needed: int) -> None:
    with offsets(refusal, looks_needed) as asked, pytest.raises(Retryable, match="does not tell its offsets"):
        asyncio.run(asked.ends([TopicName.EVENTS]))
