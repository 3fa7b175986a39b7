"""The loop's own lanes, writers and restores over a broker in memory, one step at a time, so that each can be hurt.

Faust's part (assignment, hand-over) is played by `work`; blocking calls run in the event loop, so that a run with the
same hurts takes the same steps.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn, TypeVar, cast

from rocksdict import Options, Rdict

from schemas.codec import Codec, ShippedSchemaIds
from schemas.state import Positions
from streams.engine.broker import Broker
from streams.engine.lane import LaneContext, Run, RunLimits
from streams.engine.lanes import Lanes
from streams.engine.meter import RunMeter
from streams.engine.table import POSITIONS_KEY, PartitionTable
from streams.ports import Processor
from support.memory_clients import PROCESS, Crash, Hurt, Process, StepDatabase
from support.memory_log import MemoryLog, Where
from topology import metrics
from topology.kafka import ClientConfig

T = TypeVar("T")

CODEC: Final = Codec(ShippedSchemaIds())
METERS: Final = metrics.build("extract")
_MOST_TURNS: Final = 100_000
"""Of the event loop in one life of a process: far more than the input here takes."""


class StepLanes(Lanes):
    """Lanes whose threads are steps of the event loop, and whose process dies without ending the test."""

    process: Process
    last_words: str = ""

    async def _in_thread(self, call: Callable[..., T], *arguments: object) -> T:
        self.process.step("await")
        await asyncio.sleep(0)
        result = call(*arguments)
        await asyncio.sleep(0)
        self.process.step("awaited")
        return result

    def die(self, what: str, error: BaseException, partition: int | None = None) -> NoReturn:
        self.last_words = self.last_words or f"{what}: {error!r} ({partition})"
        self.process.kill()
        raise Crash from error


class Disk:
    """The databases of one worker's partitions; they outlive its processes."""

    def __init__(self, folder: Path, partitions: Iterable[int]) -> None:
        self.databases = {
            number: Rdict(str(folder / str(number)), Options(raw_mode=True)) for number in sorted(partitions)
        }

    def lose(self) -> None:
        for database in self.databases.values():
            database.delete_range(b"", b"\xff")

    def rows(self) -> Mapping[tuple[int, bytes], bytes]:
        """What a processor would see, by partition and key."""
        return {
            (number, cast("bytes", key)): value
            for number, database in self.databases.items()
            for key, value in database.items()
            if not cast("bytes", key).startswith(b"\x00")
        }

    def close(self) -> None:
        for database in self.databases.values():
            database.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What a run leaves behind for others: outputs in order, state and positions as a new owner would restore them."""

    outputs: Mapping[Where, list[tuple[bytes | None, bytes | None]]]
    state: Mapping[tuple[int, bytes], bytes]
    positions: Mapping[int, Mapping[str, int]]


def left(log: MemoryLog, processor: Processor) -> Left:
    """Read `log` as read_committed readers do."""
    changelog = str(processor.stage.changelog)
    own = {*map(str, processor.stage.inputs), changelog}
    state: dict[tuple[int, bytes], bytes] = {}
    for (topic, number), partition in log.partitions.items():
        for _, entry in partition.committed() if topic == changelog else ():
            if entry.value is None:
                state.pop((number, entry.key or b""), None)
            else:
                state[number, entry.key or b""] = entry.value
    return Left(
        outputs={
            where: [(entry.key, entry.value) for _, entry in partition.committed()]
            for where, partition in sorted(log.partitions.items())
            if where[0] not in own
        },
        state={where: row for where, row in state.items() if not where[1].startswith(b"\x00")},
        positions={
            number: dict(CODEC.decode(row, Positions).next_offsets)
            for (number, key), row in state.items()
            if key == POSITIONS_KEY
        },
    )


def live(log: MemoryLog, disk: Disk, processor: Processor, hurt: Hurt) -> tuple[Process, str]:
    """One life of a worker: until everything is checkpointed, or until it dies; the process and its last words."""
    process = Process(log, hurt)
    return process, asyncio.run(_live(process, disk, processor))


async def _live(process: Process, disk: Disk, processor: Processor) -> str:
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)  # the dead leave tasks behind
    lanes = _lanes(process, processor, len(disk.databases))
    try:
        await _work(process, lanes, disk, processor)
    except Crash:
        process.kill()
    return lanes.last_words


def _lanes(process: Process, processor: Processor, partitions: int) -> StepLanes:
    clients = cast("ClientConfig", {PROCESS: process, "bootstrap.servers": "memory"})
    context = LaneContext(
        processor=processor,
        codec=CODEC,
        broker=Broker(clients, processor.stage.group),
        partitions=partitions,
        limits=RunLimits(max_records=2, max_wait_seconds=0),
        meter=RunMeter(METERS),
    )

    async def offer(run: Run) -> None:
        process.step("offer")
        working.add(asyncio.ensure_future(lanes.work(run)))

    working: set[asyncio.Task[None]] = set()
    lanes = StepLanes(context, clients, offer)
    lanes.process = process
    return lanes


async def _work(process: Process, lanes: StepLanes, disk: Disk, processor: Processor) -> None:
    await lanes.take_over(tables(disk, process))
    lanes.begin()
    for _ in range(_MOST_TURNS):
        if process.dead or _is_done(process.log, lanes, processor, disk):
            break
        await asyncio.sleep(0)
    else:
        raise AssertionError(f"no end after {_MOST_TURNS} turns: {process.steps[-20:]}")
    if not process.dead:
        await lanes.revoke()


def tables(disk: Disk, process: Process) -> dict[int, PartitionTable]:
    """The tables of a worker, as Faust opens them at an assignment."""
    return {
        number: PartitionTable(cast("Rdict", StepDatabase(database, process)), CODEC)
        for number, database in disk.databases.items()
    }


def _is_done(log: MemoryLog, lanes: Lanes, processor: Processor, disk: Disk) -> bool:
    """Whether everything that is there is checkpointed, positions behind it too."""
    progress = lanes.progress()
    ends = {
        (topic, number): log.partitions[topic, number].end
        for topic in map(str, processor.stage.inputs)
        for number in disk.databases
    }
    if progress != ends:
        return False
    stored = left(log, processor).positions
    return all(stored[number][topic] == end for (topic, number), end in ends.items())
