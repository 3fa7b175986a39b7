"""What a broker may answer to a new topic, and what the command makes of it."""

from __future__ import annotations

from concurrent.futures import Future
from typing import cast

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from topology.apply import take
from topology.cluster import Action, Step, wanted
from topology.errors import Misconfigured, Retryable
from topology.settings import Settings

FENCED = "Unable to replicate the partition 1 time(s): All brokers are currently fenced."
TOO_FEW = "Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot be reached."
STEP = Step(action=Action.CREATE, spec=wanted(Settings())[0])


class Scripted:
    """An admin client that answers as it is told, then with success."""

    def __init__(self, *refusals: str) -> None:
        self.answers = list(refusals)
        self.made: list[str] = []

    def create_topics(self, topics: list[NewTopic], operation_timeout: float) -> dict[str, Future[None]]:
        answer: Future[None] = Future()
        if self.answers:
            error = KafkaError(KafkaError.INVALID_REPLICATION_FACTOR, self.answers.pop(0))
            answer.set_exception(KafkaException(error))
        else:
            self.made.append(topics[0].topic)
            answer.set_result(None)
        return {topics[0].topic: answer}


def client(scripted: Scripted) -> AdminClient:
    return cast("AdminClient", scripted)


def test_a_broker_that_is_fenced_is_waited_for() -> None:
    scripted = Scripted(FENCED, FENCED)
    take(client(scripted), STEP, wait_seconds=10)
    assert scripted.made == [STEP.spec.name]


def test_one_that_stays_fenced_is_tried_again_later() -> None:
    with pytest.raises(Retryable, match="fenced"):
        take(client(Scripted(FENCED)), STEP, wait_seconds=0)


def test_too_few_brokers_are_refused_at_once() -> None:
    with pytest.raises(Misconfigured, match="cannot be reached"):
        take(client(Scripted(TOO_FEW)), STEP, wait_seconds=10)
