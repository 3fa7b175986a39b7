"""Every private name of Faust, aiokafka and rocksdict that `streams.engine` leans on, and what breaks without it.

A new version of one of them has to pass here before it may be pinned.
"""

from __future__ import annotations

import inspect
from importlib.metadata import version
from pathlib import Path

import faust
import pytest
from aiokafka.consumer.group_coordinator import GroupCoordinator
from faust.stores.rocksdb import Store
from faust.tables.manager import TableManager
from faust.tables.recovery import RebalanceAgain, Recovery
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport
from rocksdict import Options, Rdict, WriteBatch

from streams.engine.loop import NEVER_SECONDS, _faust_app
from topology.settings import Settings


@pytest.mark.parametrize(
    ("package", "pinned"), [("faust-streaming", "0.15.3"), ("aiokafka", "0.14.0"), ("rocksdict", "0.3.29")]
)
def test_versions_are_the_ones_these_contracts_were_read_from(package: str, pinned: str) -> None:
    assert version(package) == pinned


@pytest.mark.parametrize(
    ("owner", "name", "parameters"),
    [
        (Recovery, "_build_highwaters", ["self", "consumer", "tps", "destination", "title"]),
        (Recovery, "_build_offsets", ["self", "consumer", "tps", "destination", "title"]),
        (Recovery, "_seek_offsets", ["self", "consumer", "tps", "offsets", "title"]),
        (Recovery, "_wait", ["self", "coro", "timeout"]),
        (Recovery, "on_recovery_completed", ["self", "generation_id"]),
        (AIOKafkaConsumerThread, "on_partitions_assigned", ["self", "assigned", "generation_id"]),
        (AIOKafkaConsumerThread, "verify_event_path", ["self", "now", "tp"]),
        (AIOKafkaConsumerThread, "_ensure_consumer", ["self"]),
        (Consumer, "_new_consumer_thread", ["self"]),
        (Store, "_db_for_partition", ["self", "partition"]),
    ],
)
def test_overridden_methods_keep_their_shape(owner: type, name: str, parameters: list[str]) -> None:
    """A renamed or reshaped method would never be called, and Faust's own recovery or fetching would come back."""
    assert list(inspect.signature(getattr(owner, name)).parameters) == parameters


def test_aiokafka_shields_the_request_of_a_commit_from_a_cancellation() -> None:
    """Hence a commit is waited for and not cut off: what was shielded would fail with nobody to hear of it."""
    assert "asyncio.shield(self._do_commit_offsets(" in inspect.getsource(GroupCoordinator.commit_offsets)


def test_fausts_member_commits_nothing_by_itself() -> None:
    """The guard at start takes this for given (`streams.engine.worker.demands`): Faust has no setting for it."""
    assert "enable_auto_commit=False," in inspect.getsource(AIOKafkaConsumerThread._create_worker_consumer)


def test_recovery_asks_our_methods_by_position() -> None:
    """Our overrides rename parameters; a call by keyword would fail."""
    source = inspect.getsource(Recovery._restart_recovery.fun)
    assert 'consumer, assigned_active_tps, active_highwaters, "active"' in source
    assert 'consumer, assigned_active_tps, active_offsets, "active"' in source


def test_recovery_restarts_on_rebalance_again() -> None:
    """A takeover that was overtaken by a newer assignment is reported with this error."""
    assert "except RebalanceAgain" in inspect.getsource(Recovery._restart_recovery.fun)
    assert issubclass(RebalanceAgain, Exception)


def test_the_table_manager_makes_its_recovery_lazily() -> None:
    """`LaneTableManager.recovery` fills `_recovery`, which Faust's own code reads."""
    assert "self._recovery" in inspect.getsource(TableManager)


def test_the_transport_takes_its_consumer_from_a_class_attribute() -> None:
    assert Transport.Consumer is Consumer


def test_the_changelog_is_named_after_group_and_table(tmp_path: Path) -> None:
    """The topology declares the changelogs; Faust derives the name by itself."""
    app = faust.App("extract-v1", datadir=str(tmp_path), store="rocksdb://")
    table = app.Table("state", key_type=bytes, value_type=bytes)
    assert table._changelog_topic_name() == "extract-v1-state-changelog"


def test_a_raw_database_reads_from_a_key_on_in_order_of_bytes(tmp_path: Path) -> None:
    """`PartitionTable.scan` stops at the first key without the prefix."""
    database = Rdict(str(tmp_path / "db"), Options(raw_mode=True))
    batch = WriteBatch(raw_mode=True)
    for key in (b"b/2", b"a/1", b"b/1", "b/é".encode(), b"c"):
        batch.put(key, b"")
    database.write(batch)
    assert [key for key, _ in database.items(from_key=b"b/")] == [b"b/1", b"b/2", "b/é".encode(), b"c"]
    database.delete_range(b"b/", b"b0")
    assert list(database.keys()) == [b"a/1", b"c"]
    database.close()


def test_a_member_that_polls_nothing_stays_in_its_group(tmp_path: Path) -> None:
    """aiokafka leaves a group after `max_poll_interval_ms` without a poll, for good; a spare worker polls nothing."""
    app = _faust_app(Settings(state_dir=tmp_path), "extract-v1", "extract.g1", TableManager)
    assert app.conf.broker_max_poll_interval >= NEVER_SECONDS
    assert "self._max_poll_interval" in inspect.getsource(GroupCoordinator)
