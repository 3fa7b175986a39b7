"""Stores of a run: what it wrote hides what the table holds, and a scan costs what lies below its prefix."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from schemas.codec import Codec, ShippedSchemaIds
from schemas.ids import ItemId
from schemas.state import EvidenceRef, MessageItems
from streams.stores import MemoryTable, RecentRows, RunStores
from topology.stages import EVIDENCE_ROWS, MESSAGE_ITEMS

CODEC = Codec(ShippedSchemaIds())


def row(revision: int) -> MessageItems:
    return MessageItems(revision=revision, refs=(EvidenceRef(track="fact.name", item_id=ItemId("i")),))


class CountingTable(MemoryTable):
    """Tells how often it was read and scanned."""

    def __init__(self) -> None:
        super().__init__()
        self.gets = self.scans = 0

    def get(self, key: bytes) -> bytes | None:
        self.gets += 1
        return super().get(key)

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        self.scans += 1
        return super().scan(prefix)


@pytest.fixture
def table() -> CountingTable:
    table = CountingTable()
    first = RunStores(table, CODEC)
    for key, revision in (("t/u/a", 1), ("t/u/b", 2), ("t/v/a", 3), ("t/u/ä", 4)):
        first.put(MESSAGE_ITEMS, key, row(revision))
    table.write(first.changes())
    return table


def test_a_scan_gives_the_rows_below_its_prefix_in_order_of_key(table: MemoryTable) -> None:
    found = list(RunStores(table, CODEC).scan(MESSAGE_ITEMS, "t/u/"))

    assert [(key, value.revision) for key, value in found] == [("t/u/a", 1), ("t/u/b", 2), ("t/u/ä", 4)]


def test_a_scan_sees_what_the_run_put_changed_and_deleted(table: MemoryTable) -> None:
    stores = RunStores(table, CODEC)
    list(stores.scan(MESSAGE_ITEMS, "t/u/"))
    stores.put(MESSAGE_ITEMS, "t/u/aa", row(5))
    stores.put(MESSAGE_ITEMS, "t/u/b", row(6))
    stores.delete(MESSAGE_ITEMS, "t/u/a")

    found = list(stores.scan(MESSAGE_ITEMS, "t/u/"))

    assert [(key, value.revision) for key, value in found] == [("t/u/aa", 5), ("t/u/b", 6), ("t/u/ä", 4)]


def test_the_table_is_scanned_once_a_run_for_a_prefix(table: CountingTable) -> None:
    stores = RunStores(table, CODEC)
    for _ in range(3):
        list(stores.scan(MESSAGE_ITEMS, "t/u/"))

    assert table.scans == 1


def test_a_row_may_be_put_while_a_scan_goes_on(table: MemoryTable) -> None:
    stores = RunStores(table, CODEC)
    for key, value in stores.scan(MESSAGE_ITEMS, "t/u/"):
        stores.put(MESSAGE_ITEMS, f"{key}-copy", value)

    assert len(list(stores.scan(MESSAGE_ITEMS, "t/u/"))) == 6


def test_written_rows_are_those_put_or_deleted_in_this_run(table: MemoryTable) -> None:
    stores = RunStores(table, CODEC)
    stores.get(MESSAGE_ITEMS, "t/v/a")
    stores.put(MESSAGE_ITEMS, "t/u/c", row(7))
    stores.delete(MESSAGE_ITEMS, "t/u/a")
    stores.delete(MESSAGE_ITEMS, "never/was")

    assert list(stores.written(MESSAGE_ITEMS)) == [("t/u/a", None), ("t/u/c", row(7))]
    assert list(stores.written(EVIDENCE_ROWS)) == []


def test_stores_do_not_mix_though_they_share_a_table(table: MemoryTable) -> None:
    assert list(RunStores(table, CODEC).scan(EVIDENCE_ROWS, "")) == []
    assert RunStores(table, CODEC).get(EVIDENCE_ROWS, "t/u/a") is None


def test_what_a_run_deletes_is_gone_from_the_table_after_it(table: MemoryTable) -> None:
    stores = RunStores(table, CODEC)
    stores.delete(MESSAGE_ITEMS, "t/u/a")
    table.write(stores.changes())

    assert RunStores(table, CODEC).get(MESSAGE_ITEMS, "t/u/a") is None
    assert len(list(RunStores(table, CODEC).scan(MESSAGE_ITEMS, "t/"))) == 3


def test_what_a_checkpoint_left_is_not_read_again(table: CountingTable) -> None:
    recent = RecentRows()
    first = RunStores(table, CODEC, recent)
    first.put(MESSAGE_ITEMS, "t/u/a", row(8))
    first.delete(MESSAGE_ITEMS, "t/u/b")
    assert first.get(MESSAGE_ITEMS, "t/u/new") is None
    table.write(first.changes())
    recent.keep(first)
    table.gets = 0

    second = RunStores(table, CODEC, recent)

    assert second.get(MESSAGE_ITEMS, "t/u/a") == row(8)
    assert second.get(MESSAGE_ITEMS, "t/u/b") is None
    assert second.get(MESSAGE_ITEMS, "t/u/new") is None
    assert table.gets == 0
    assert [key for key, _ in second.scan(MESSAGE_ITEMS, "t/u/")] == ["t/u/a", "t/u/ä"]


def test_what_no_checkpoint_took_is_not_remembered(table: CountingTable) -> None:
    recent = RecentRows()
    RunStores(table, CODEC, recent).put(MESSAGE_ITEMS, "t/u/a", row(8))

    assert RunStores(table, CODEC, recent).get(MESSAGE_ITEMS, "t/u/a") == row(1)


def test_only_so_many_rows_are_remembered(table: CountingTable) -> None:
    recent = RecentRows(most=2)
    for key in ("t/u/a", "t/u/b", "t/v/a", "t/u/ä", "x", "y", "z"):
        stores = RunStores(table, CODEC, recent)
        stores.get(MESSAGE_ITEMS, key)
        recent.keep(stores)
    table.gets = 0

    stores = RunStores(table, CODEC, recent)
    assert stores.get(MESSAGE_ITEMS, "t/u/a") == row(1)
    assert stores.get(MESSAGE_ITEMS, "z") is None
    assert table.gets == 1
