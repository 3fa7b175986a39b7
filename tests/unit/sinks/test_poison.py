"""A record that cannot be landed stops the loop exactly before it, unless an operator gave it up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from schemas.records import Position
from sinks.log import Fetched, RawRecord
from sinks.memory import MemorySink, MemoryStore
from sinks.ports import Batch, PoisonRecord, Received
from support.derived import NOON, TENANT
from support.sink_bench import (
    ASSIGNED,
    ELSEWHERE,
    HERE,
    INPUT,
    RECORDS,
    Bench,
    told,
)
from topology.metrics import SINK_SKIPPED
from topology.topics import TopicName


def junk(offset: int) -> RawRecord:
    return RawRecord(partition=HERE, offset=offset, timestamp=RECORDS[0].timestamp, key=b"k", value=b"\x00junk")


def test_a_record_that_cannot_be_read_stops_the_process_behind_what_comes_before_it() -> None:
    beyond = [replace(one, offset=one.offset + 4) for one in RECORDS]
    bench = Bench(ASSIGNED, Fetched(records=[*RECORDS, junk(3), *beyond], ends={ELSEWHERE: 9}))
    with pytest.raises(PoisonRecord, match=rf"{HERE} at offset 3 .*: cannot be read"):
        bench.run()
    assert bench.rows == 3
    assert bench.log.group == {HERE: 3, ELSEWHERE: 9}
    assert bench.store.positions[HERE].next_offset == 3


class Decided:
    """Operators who have given up these offsets."""

    def __init__(self, *offsets: int) -> None:
        self.offsets = offsets

    def reason_for(self, position: Position, /) -> str | None:
        return "given up" if position.offset in self.offsets else None


def test_one_that_an_operator_gave_up_is_passed_over_and_counted() -> None:
    bench = Bench(ASSIGNED, Fetched(records=[*RECORDS, junk(3), junk(4)]))
    bench.skips = Decided(3)
    with pytest.raises(PoisonRecord, match="at offset 4 "):
        bench.run()
    assert bench.log.group[HERE] == 4
    assert told(bench)[SINK_SKIPPED.named("postgres"), (TopicName.MESSAGES.value,)] == 1


class Choosy(MemorySink):
    """Refuses records by offset, as a database would: what comes before is landed."""

    def __init__(self, store: MemoryStore, *offsets: int) -> None:
        super().__init__(store)
        self.offsets = offsets

    def write(self, batch: Batch) -> Mapping[str, int]:
        for at, record in enumerate(batch.records):
            if record.position.offset in self.offsets:
                super().write(batch.before(at))
                raise PoisonRecord(record.position, "refused")
        return super().write(batch)


def test_a_refused_record_stops_the_process_behind_what_comes_before_it() -> None:
    bench = Bench(ASSIGNED, Fetched(records=RECORDS))
    bench.sink = Choosy(bench.store, 1)
    with pytest.raises(PoisonRecord, match="at offset 1: refused"):
        bench.run()
    assert (bench.rows, bench.log.group[HERE], bench.store.positions[HERE].next_offset) == (1, 1, 1)


def test_refused_records_that_operators_gave_up_are_passed_over_and_no_other() -> None:
    bench = Bench(ASSIGNED, Fetched(records=RECORDS, ends={HERE: 4}))
    bench.sink, bench.skips = Choosy(bench.store, 0, 2), Decided(0, 2, 77)
    bench.run()
    assert (bench.rows, bench.log.group[HERE]) == (1, 4)
    assert told(bench)[SINK_SKIPPED.named("postgres"), (TopicName.MESSAGES.value,)] == 2


def test_input_records_are_counted_and_never_read() -> None:
    def event(offset: int, key: bytes | None, value: bytes | None = b"foreign") -> RawRecord:
        at = NOON.replace(hour=offset)
        return RawRecord(partition=INPUT, offset=offset, timestamp=at, key=key, value=value)

    found = [
        event(0, b"acme/c1"),
        event(0, b"acme/c2", None),
        event(1, b"acme/c1"),
        event(1, b"no tenant"),
        event(1, None),
    ]
    bench = Bench(Fetched(assigned=[HERE, INPUT]), Fetched(records=[*found[:3], *RECORDS, *found[3:]])).run()
    early, late = (NOON.replace(hour=hour, minute=0, second=0, microsecond=0) for hour in (0, 1))
    assert bench.store.received == {
        Received(tenant_id=TENANT, partition=INPUT.number, hour=early): 2,
        Received(tenant_id=TENANT, partition=INPUT.number, hour=late): 1,
        Received(tenant_id=None, partition=INPUT.number, hour=late): 2,
    }
    assert (bench.rows, bench.log.group[INPUT]) == (3, 2)
