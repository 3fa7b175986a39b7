"""Tables and their changelogs on a real broker: tombstones under compaction, and a changelog trimmed behind a table."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from rocksdict import Options, Rdict

from schemas.codec import Codec, ShippedSchemaIds
from streams.engine.broker import Broker
from streams.engine.restore import Restorer, RestoreReport
from streams.engine.table import PartitionTable
from streams.engine.transaction import Sendable, TransactionalWriter
from support.infrastructure import Infrastructure

pytestmark = pytest.mark.integration

CODEC = Codec(ShippedSchemaIds())
QUICK_COMPACTION = {
    "cleanup.policy": "compact,delete",  # a topic that is compacted only refuses to be trimmed
    "segment.ms": "100",
    "min.cleanable.dirty.ratio": "0.001",
    "delete.retention.ms": "0",
    "max.compaction.lag.ms": "100",
}
WAIT_SECONDS = 90.0


class Changelog:
    """A changelog of its own, one partition, with the fenced writer of its owner."""

    def __init__(self, kafka: str) -> None:
        self.name = f"restore-{uuid4().hex[:8]}"
        self.admin = AdminClient({"bootstrap.servers": kafka})
        topic = NewTopic(self.name, num_partitions=1, replication_factor=1, config=QUICK_COMPACTION)
        self.admin.create_topics([topic])[self.name].result(30)
        self.broker = Broker({"bootstrap.servers": kafka}, self.name)
        self._writer = TransactionalWriter({"bootstrap.servers": kafka}, self.name)
        self._writer.take_over(lambda: True)

    def commit(self, changes: Mapping[bytes, bytes | None]) -> int:
        records = [Sendable(topic=self.name, partition=0, key=key, value=value) for key, value in changes.items()]
        return self._writer.commit(records, self.name)

    def restore(self, table: PartitionTable) -> RestoreReport:
        return Restorer(self.broker, self.name, 0, lambda: True).restore(table)

    def trim(self, offset: int) -> None:
        where = TopicPartition(self.name, 0, offset)
        self.admin.delete_records([where])[where].result(30)

    def close(self) -> None:
        self._writer.close()
        self.admin.delete_topics([self.name])[self.name].result(30)


@pytest.fixture
def changelog(infrastructure: Infrastructure) -> Iterator[Changelog]:
    found = Changelog(infrastructure.kafka)
    yield found
    found.close()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Rdict]:
    found = Rdict(str(tmp_path / "table"), Options(raw_mode=True))
    yield found
    found.close()


def rows(database: Rdict) -> dict[bytes, bytes]:
    return {bytes(key): value for key, value in database.items() if not bytes(key).startswith(b"\x00")}  # type: ignore[arg-type]


def test_a_table_older_than_a_trimmed_changelog_is_rebuilt(changelog: Changelog, database: Rdict) -> None:
    """What was deleted and trimmed away meanwhile would stay in it for ever."""
    table = PartitionTable(database, CODEC)
    table.apply({b"c/gone": b"1", b"c/kept": b"1"}, changelog.commit({b"c/gone": b"1", b"c/kept": b"1"}))
    changelog.commit({b"c/gone": None})
    changelog.trim(changelog.commit({b"c/kept": b"2"}))
    report = changelog.restore(table)
    assert report.rebuilt is not None
    assert "the changelog begins at" in report.rebuilt
    assert rows(database) == {b"c/kept": b"2"}


def test_deleted_rows_do_not_come_back_after_compaction(changelog: Changelog, database: Rdict) -> None:
    """An empty table, one that saw the rows, and the log before and after its tombstones were compacted away."""
    wanted = {f"c/{number}".encode(): b"2" for number in range(0, 100, 2)}
    seen = changelog.commit({f"c/{number}".encode(): b"1" for number in range(100)})
    table = PartitionTable(database, CODEC)
    table.apply({f"c/{number}".encode(): b"1" for number in range(100)}, seen)
    changelog.commit({f"c/{number}".encode(): None for number in range(1, 100, 2)})
    changelog.commit(dict(wanted))
    changelog.restore(table)
    assert rows(database) == wanted
    deadline = time.monotonic() + WAIT_SECONDS
    restored = 1_000
    while restored > 100:  # 250 records at first; the tombstones' turn comes with a later pass of the cleaner
        assert time.monotonic() < deadline, f"{restored} records are left"
        time.sleep(1)
        changelog.commit({b"c/0": b"2"})  # rolls the segment
        table.wipe()
        restored = changelog.restore(table).records
        assert rows(database) == wanted


def test_an_old_table_finds_its_checkpoint_compacted_away_and_is_rebuilt(changelog: Changelog, database: Rdict) -> None:
    table = PartitionTable(database, CODEC)
    table.apply({b"c/a": b"1", b"c/b": b"1"}, changelog.commit({b"c/a": b"1", b"c/b": b"1"}))
    kept = table.applied_offset
    assert kept is not None
    deadline = time.monotonic() + WAIT_SECONDS
    rebuilt = None
    while rebuilt is None:
        assert time.monotonic() < deadline, "never compacted"
        changelog.commit({b"c/a": None, b"c/b": b"2"})
        table.apply({b"c/a": b"1", b"c/b": b"1"}, kept)
        rebuilt = changelog.restore(table).rebuilt
        assert rows(database) == {b"c/b": b"2"}
        time.sleep(1)
    assert f"the checkpoint at offset {kept}" in rebuilt
