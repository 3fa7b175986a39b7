"""Every name of Faust, aiokafka and rocksdict that the engine uses is pinned: by a row that says what breaks, and here.

The names are found in the engine's source, so that a new one cannot go unpinned.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import faust
import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import Fetcher
from faust.app.base import App
from faust.channels import Channel
from faust.stores.rocksdb import RocksDBOptions, Store
from faust.tables.base import Collection
from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from faust.tables.table import Table
from faust.transport.conductor import Conductor
from faust.transport.consumer import Consumer as AnyConsumer
from faust.transport.consumer import ThreadDelegateConsumer
from faust.transport.drivers.aiokafka import (
    AIOKafkaConsumerThread,
    Consumer,
    ConsumerRebalanceListener,
    Transport,
)
from faust.types.settings import Settings
from faust.worker import Worker
from mode.worker import Worker as AnyWorker
from rocksdict import Rdict, WriteBatch

from streams.engine.loop import TABLE_OPTIONS
from support.engine_contracts import CONTRACTS
from support.foreign_names import attributes_of, exists, used_names

OWNERS: dict[str, type] = {
    each.__name__: each
    for each in (
        AIOKafkaConsumer, AIOKafkaConsumerThread, App, Channel, Consumer, Rdict, Recovery, Settings, Store, Table,
        TableManager, Transport, Worker, WriteBatch,
    )
}  # fmt: skip

TAKES: dict[str, Callable[..., Any]] = {
    "Agent": App.agent,
    "Table": Collection.__init__,
    "Topic": App.topic,
    "Worker": AnyWorker.__init__,
}


def test_every_name_has_a_row_and_every_row_its_name() -> None:
    used = used_names()
    assert used - CONTRACTS.keys() == set(), "say in support/engine_contracts.py what is relied on and what breaks"
    assert CONTRACTS.keys() - used == set(), "no longer used"


def test_a_new_name_is_found() -> None:
    found = attributes_of(ast.parse("app.secret; thing._hidden; store._x; self._own; KafkaError._ALL_BROKERS_DOWN"))
    assert set(found) == {"App.secret", "._hidden", "Store._x"}


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_the_name_is_there(name: str) -> None:
    if name.startswith("import "):
        module, _, imported = name.removeprefix("import ").rpartition(".")
        assert hasattr(import_module(module), imported) if module else import_module(imported)
    elif name.endswith("=)"):
        owner, _, keyword = name.removesuffix("=)").partition("(")
        assert keyword in (Settings.SETTINGS if owner == "App" else inspect.signature(TAKES[owner]).parameters)
    else:
        owner, _, attribute = name.partition(".")
        assert exists(OWNERS[owner], attribute)


@pytest.mark.parametrize(
    ("where", "text", "otherwise"),
    [
        (Transport.create_consumer, "self.Consumer(", "Transport.Consumer is not what Faust makes"),
        (ThreadDelegateConsumer.__init__, "self._thread = self._new_consumer_thread()", "our thread is not used"),
        (
            ConsumerRebalanceListener.on_partitions_assigned,
            "self._thread.app.consumer_generation_id = generation",
            "a takeover cannot tell that it is of an older generation",
        ),
        (
            ConsumerRebalanceListener.on_partitions_revoked,
            "thread.app.on_rebalance_start()",
            "app.rebalancing is not set in time",
        ),
        (App.on_rebalance_start, "self.rebalancing = True", "progress is committed during a rebalance"),
        (App.on_rebalance_end, "self.rebalancing = False", "progress is never committed again"),
        (App._on_partitions_revoked, "self.on_partitions_revoked.send)(revoked)", "lanes are not let go of"),
        (App._stop_consumer, "self.tables.on_partitions_revoked(assignment)", "the order of a stop is another"),
        (App.on_stop, "self.on_before_shutdown.send()", "lanes are not let go of at a graceful stop"),
        (Recovery.need_recovery, "any(v > 0 for v in self.active_remaining().values())", "equal means: nothing to do"),
        (
            Recovery.on_recovery_completed,
            "self.app.consumer_generation_id != generation_id",
            "lanes of an old one open",
        ),
        (Recovery._wait, "raise RebalanceAgain()", "a takeover is not cut short by the next assignment"),
        (Recovery.on_rebalance, "self._generation_id = generation_id", "the generation is not the assignment's"),
        (TableManager.on_stop, "self._recovery.stop()", "our recovery is not stopped"),
        (Conductor.add, "self._topics.add(topic)", "a topic without an agent is not subscribed"),
        (Store._db_for_partition, "self._dbs[partition]", "two handles on one RocksDB"),
        (AnyWorker.execute_from_commandline, "raise SystemExit(EX_OK)", "no exit code"),
        (Fetcher._get_actions_per_node, "elif tp_state.paused:", "pausing does not keep aiokafka from fetching"),
    ],
)
def test_it_works_as_it_was_read(where: Any, text: str, otherwise: str) -> None:
    source = inspect.getsource(getattr(where, "fun", where))
    assert text in source, otherwise


def test_resuming_in_faust_does_not_resume_the_client() -> None:
    """Recovery resumes the inputs in Faust's books when it is done; if it reached aiokafka, Faust would fetch them."""
    for method in (AnyConsumer.resume_partitions, AnyConsumer.resume_flow):
        assert "call_thread" not in inspect.getsource(method)
    assert ".resume(" not in inspect.getsource(import_module("faust.transport.drivers.aiokafka"))


async def test_a_channel_gives_its_agent_what_was_put_in_order(tmp_path: Path) -> None:
    """Runs are objects of ours: nothing copies or encodes them on the way."""
    app = faust.App("channels", datadir=str(tmp_path), store="memory://")
    channel: Any = app.channel()
    app.flow_control.resume()  # as recovery does when it is over; until then nothing gets through
    reader = aiter(channel)
    runs = [object(), object()]
    for run in runs:
        await channel.put(value=run)
    async with asyncio.timeout(10):
        assert [await anext(reader) for _ in runs] == runs


def test_the_options_of_a_table_are_rocksdb_s(tmp_path: Path) -> None:
    """An unknown one would be passed over, and Faust's cache of 2 GiB a partition be back."""
    options = RocksDBOptions(**{name: value for name, value in TABLE_OPTIONS.items() if name != "driver"})
    assert options.block_cache_size == TABLE_OPTIONS["block_cache_size"]
    app = faust.App("options", datadir=str(tmp_path), store="rocksdb://")
    store = app.Table("state", key_type=bytes, value_type=bytes, options=dict(TABLE_OPTIONS)).data
    assert isinstance(store, Store)
    assert store.rocksdb_options.write_buffer_size == TABLE_OPTIONS["write_buffer_size"]


def test_one_handle_a_database(tmp_path: Path) -> None:
    app = faust.App("handles", datadir=str(tmp_path), store="rocksdb://")
    store = app.Table("state", key_type=bytes, value_type=bytes, options=dict(TABLE_OPTIONS)).data
    assert isinstance(store, Store)
    store.path.mkdir(parents=True, exist_ok=True)
    assert store._db_for_partition(0) is store._db_for_partition(0)
    store._db_for_partition(0).close()
