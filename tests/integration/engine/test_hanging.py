"""A transaction that hangs in an agent's changelog: found, explained, ended with Kafka's own tool, and nothing lost."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from confluent_kafka import Producer

from schemas.codec import Codec, ShippedSchemaIds
from schemas.records import Outcome
from streams.engine.lanes import EXIT_STATE_UNKNOWN
from support.broker import fresh_topics, read_all, send
from support.infrastructure import PROJECT, Infrastructure
from topology.topics import TopicName

pytestmark = pytest.mark.integration

CODEC = Codec(ShippedSchemaIds())
RECORDS = 200
START_SECONDS = 120.0


def start(kafka: str, folder: Path) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "PYTHONPATH": f"{PROJECT}{os.pathsep}{PROJECT / 'tests'}",
        "KAFKA_BOOTSTRAP_SERVERS": kafka,
        "SECRET_KEY": "test",
        "STATE_DIR": str(folder / "state"),
        "PARTITIONS": "4",
        "SESSION_TIMEOUT_SECONDS": "6",
    }
    with (folder / "worker.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "support.counting_worker"], env=environment, stdout=log, stderr=log
        )


def outcomes(kafka: str) -> Counter[tuple[int, int]]:
    found = (CODEC.decode(message.value() or b"", Outcome) for message in read_all(kafka, TopicName.OUTCOMES))
    return Counter((outcome.source.partition, outcome.source.offset) for outcome in found)


def test_a_hanging_transaction_is_named_and_ended(infrastructure: Infrastructure, tmp_path: Path) -> None:
    kafka = infrastructure.kafka
    fresh_topics(kafka)
    stranger = Producer(
        {"bootstrap.servers": kafka, "transactional.id": "a stranger", "transaction.timeout.ms": 900_000}
    )
    stranger.init_transactions(30)
    stranger.begin_transaction()
    stranger.produce(TopicName.EXTRACT_CHANGELOG, value=b"never", key=b"c/never", partition=2)
    assert stranger.flush(30) == 0
    send(kafka, TopicName.EVENTS, ((number % 4, b"k", b"\xff") for number in range(RECORDS)))
    worker = start(kafka, tmp_path)
    assert worker.wait(START_SECONDS) == EXIT_STATE_UNKNOWN
    told = re.search(
        r"kafka-transactions\.sh --bootstrap-server \S+ (abort[^`]*)`", (tmp_path / "worker.log").read_text()
    )
    assert told is not None
    assert told[1] == f"abort --topic {TopicName.EXTRACT_CHANGELOG} --partition 2 --start-offset 0"
    subprocess.run(
        [sys.executable, "-m", "deploy.local", "transactions", *told[1].split()],
        cwd=PROJECT,
        env={**os.environ, "ALLUVIUM_STATE_DIR": str(infrastructure.state_dir)},
        check=True,
        timeout=START_SECONDS,
    )
    worker = start(kafka, tmp_path)
    try:
        while len(found := outcomes(kafka)) < RECORDS:
            assert worker.poll() is None, (tmp_path / "worker.log").read_text()
    finally:
        worker.terminate()
        assert worker.wait(START_SECONDS) == 0
    assert set(found.values()) == {1}
