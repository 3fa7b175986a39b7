"""The limit: the same transactions and the same rows without Faust, lanes, ports or typed records.

A thread a partition: consume a run, count, one transaction of changed rows and position, one RocksDB write. It takes
nothing over, restores nothing and survives nothing.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from threading import Thread
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from fastavro import parse_schema, schemaless_reader, schemaless_writer
from rocksdict import Options, Rdict, WriteBatch

from benchmarks.stopwatch import Stopwatch, from_environment
from benchmarks.tally import CATALOGUE, Said, Tally
from topology.topics import TopicName

HEADER: Final = struct.pack(">bI", 0, 1)
POSITION_KEY: Final = b"\x00position"
APPLIED_KEY: Final = b"\x00applied"


class BareLane:
    """One partition."""

    def __init__(self, environ: Mapping[str, str], partition: int, watch: Stopwatch) -> None:
        brokers = environ["KAFKA_BOOTSTRAP_SERVERS"]
        self._partition = partition
        self._run_records = int(environ["RUN_MAX_RECORDS"])
        self._watch = watch
        self._reached = -1
        self._event = parse_schema(CATALOGUE.latest(Said.SUBJECT).definition)
        self._row = parse_schema(CATALOGUE.latest(Tally.SUBJECT).definition)
        self._table = Rdict(str(Path(environ["STATE_DIR"]) / str(partition)), Options(raw_mode=True))
        self._producer = _producer(brokers, f"{environ['BENCH_GROUP']}-{partition}")
        self._consumer = _consumer(brokers, self._run_records)

    def work(self) -> None:
        self._producer.init_transactions(30)
        self._consumer.assign([TopicPartition(str(TopicName.EVENTS), self._partition, 0)])
        while True:
            messages = self._consumer.consume(self._run_records, timeout=0.05)
            if messages:
                self._checkpoint(self._fold(messages), (messages[-1].offset() or 0) + 1)
                self._watch.count(len(messages))

    def _fold(self, messages: list[Message]) -> dict[bytes, int]:
        counts: dict[bytes, int] = {}
        for message in messages:
            if message.error() is not None:
                raise RuntimeError(message.error())
            key = message.key() or b""
            schemaless_reader(io.BytesIO((message.value() or b"")[len(HEADER) :]), self._event, None)
            counts[key] = (counts[key] if key in counts else self._stored(key)) + 1
        return counts

    def _stored(self, key: bytes) -> int:
        stored = self._table.get(key)
        if stored is None:
            return 0
        row: Any = schemaless_reader(io.BytesIO(stored[len(HEADER) :]), self._row, None)
        return int(row["count"])

    def _checkpoint(self, counts: dict[bytes, int], position: int) -> None:
        rows = {key: self._encoded(count) for key, count in counts.items()}
        rows[POSITION_KEY] = str(position).encode()
        batch = WriteBatch(raw_mode=True)
        self._producer.begin_transaction()
        for key, value in rows.items():
            noted = self._note if key == POSITION_KEY else None
            self._producer.produce(str(TopicName.EXTRACT_CHANGELOG), value, key, self._partition, on_delivery=noted)
            batch.put(key, value)
        self._producer.commit_transaction(30)
        batch.put(APPLIED_KEY, str(self._reached).encode())
        self._table.write(batch)

    def _note(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            raise RuntimeError(error)
        self._reached = message.offset() or 0

    def _encoded(self, count: int) -> bytes:
        out = io.BytesIO()
        out.write(HEADER)
        schemaless_writer(out, self._row, {"count": count})
        return out.getvalue()


def _producer(brokers: str, transactional_id: str) -> Producer:
    return Producer(
        {
            "bootstrap.servers": brokers,
            "transactional.id": transactional_id,
            "linger.ms": 1,
            "compression.type": "lz4",
            "queue.buffering.max.messages": 500_000,
        }
    )


def _consumer(brokers: str, run_records: int) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": "bare",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "fetch.wait.max.ms": 100,
            "fetch.queue.backoff.ms": 5,
            "queued.max.messages.kbytes": 4096,
            "queued.min.messages": 4 * run_records,
        }
    )


def main() -> None:
    watch = from_environment()
    lanes = [BareLane(os.environ, number, watch) for number in range(int(os.environ["PARTITIONS"]))]
    for thread in [Thread(target=lane.work) for lane in lanes]:
        thread.start()


if __name__ == "__main__":
    main()
