"""Crashes, aborts, freezes and lost markers at each step of the loop in turn change nothing of the result.

The steps are counted in an undisturbed run: every await, every read and write of the log and of the table, before and
after its effect. A flaw planted in the loop is seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from threading import Thread

import pytest
from confluent_kafka import KafkaError, KafkaException
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.enums import EventType
from schemas.ids import ConversationId, EventId, TenantId, UserId
from schemas.records import ConversationEvent
from streams.engine import broker, lane, lanes, restore, transaction
from streams.engine.restore import Restorer
from streams.engine.table import POSITIONS_KEY, PartitionTable
from streams.engine.transaction import Sendable, TransactionalWriter
from support.counting import CountingProcessor
from support.memory_clients import MemoryConsumer, MemoryProducer, Process
from support.memory_log import MemoryLog
from support.stepping import CODEC, Disk, Left, left, live
from topology.topics import TopicName

ONE_INPUT = ((TopicName.EVENTS,), (0, 1))
TWO_INPUTS = ((TopicName.EVENTS, TopicName.COMMANDS), (0,))
LIVES = 6
"""More than any scenario needs: two hurts and a life to end in, on each of two workers."""

Hurts = Mapping[int, Callable[[Process], None]]


@pytest.fixture(scope="module", params=[ONE_INPUT, TWO_INPUTS], ids=["one input", "two inputs"])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    topics, partitions = request.param
    folder = tmp_path_factory.mktemp("steps")
    found = Shop(CountingProcessor(topics), Disk(folder / "a", partitions), Disk(folder / "b", partitions))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(broker, "Consumer", MemoryConsumer)
        patch.setattr(transaction, "Producer", MemoryProducer)
        patch.setattr(lanes, "ABORT_PAUSE_SECONDS", 0.0)
        patch.setattr(lane, "MARK_SECONDS", -1.0)
        patch.setattr(restore, "SETTLE_SECONDS", -1.0)
        found.expected = found.run({})
        yield found
    found.disk.close()
    found.other.close()


class Shop:
    """An input, two workers' disks, and what an undisturbed run makes of them."""

    expected: Left

    def __init__(self, processor: CountingProcessor, disk: Disk, other: Disk) -> None:
        self.processor = processor
        self.disk = disk
        self.other = other
        self.steps: list[str] = []
        self.last_words: list[str] = []
        self.log = MemoryLog()

    def run(self, hurts: Hurts) -> Left:
        """Work on a fresh input until a process lives to see its end; the hurts strike at steps of all lives together.

        What is left is compared with the table of who worked last, so that a row lost in one of them is seen.
        """
        self.disk.lose()
        self.other.lose()
        self.log = fed(self.processor)
        self.steps, self.last_words = [], []
        for _ in range(LIVES):
            process, words = live(self.log, self.disk, self.processor, self._hurt(hurts, len(self.steps)))
            self.steps += process.steps
            if not process.dead:
                break
            self.last_words.append(words)
            self._end_hanging(words)
        else:
            raise AssertionError(f"{LIVES} processes died: {self.last_words}")
        found = left(self.log, self.processor)
        assert dict(self.disk.rows()) == dict(found.state)
        return found

    @staticmethod
    def _hurt(hurts: Hurts, before: int) -> Callable[[Process, int, str], None]:
        def hurt(process: Process, number: int, _step: str) -> None:
            if strike := hurts.get(before + number):
                strike(process)

        return hurt

    def _end_hanging(self, words: str) -> None:
        """What the operator does who is told of a hanging transaction."""
        if "HangingTransaction" in words:
            for partition in self.log.partitions.values():
                for producer in {entry.producer for entry in partition.entries if entry.status == "open"}:
                    partition.mark(producer, "aborted")

    def freeze(self, process: Process) -> None:
        """While the process stands still, another worker takes all of its partitions over and ends the work."""
        second = Thread(target=live, args=(process.log, self.other, self.processor, _unhurt))
        second.start()
        second.join()

    def lose_disk(self, process: Process) -> None:
        process.kill()
        self.disk.lose()


def _unhurt(_process: Process, _number: int, _step: str) -> None:
    """Let it be."""


def fed(processor: CountingProcessor) -> MemoryLog:
    """A few conversations a partition: poison, a deletion, an aborted transaction, a marker after every record."""
    log = MemoryLog()
    number = 0
    for partition in (0, 1):
        for topic in processor.inputs:
            where = (str(topic), partition)
            for step in range(3):
                number += 1
                log.feed(where, b"k", _event(number, f"c{partition}-{step % 2}", EventType.MESSAGE_RECORDED))
            log.feed(where, b"k", b"\xff not a record")
            log.feed(where, b"k", _event(900, "c-never", EventType.MESSAGE_RECORDED), status="aborted")
            log.feed(where, b"k", _event(number + 100, f"c{partition}-0", EventType.CONVERSATION_DELETED))
    return log


def _event(number: int, conversation: str, kind: EventType) -> bytes:
    is_message = kind is EventType.MESSAGE_RECORDED
    event = ConversationEvent(
        event_id=EventId(f"e{number}"),
        type=kind,
        tenant_id=TenantId("t"),
        conversation_id=ConversationId(conversation),
        user_id=UserId("u") if is_message else None,
        text="hello" if is_message else None,
        occurred_at=datetime(2026, 5, 3, tzinfo=UTC),
    )
    return CODEC.encode(event)


def abort(process: Process) -> None:
    """An error after which a transaction can only be rolled back, where this is a step that can have one."""
    if may_abort(process.steps[-1]):
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "not delivered", txn_requires_abort=True))


def lose_markers(process: Process) -> None:
    process.loses_markers = True


def kill(process: Process) -> None:
    process.kill()


def may_abort(step: str) -> bool:
    return step in ("begin", "before commit") or "produce" in step


def test_the_undisturbed_run_counts_everything_and_meets_every_kind_of_step(shop: Shop) -> None:
    left_behind = shop.run({})
    assert left_behind == shop.expected
    outcomes = sum(len(records) for (topic, _), records in left_behind.outputs.items() if topic == TopicName.OUTCOMES)
    assert outcomes == 5 * len(shop.processor.inputs) * len(shop.disk.databases)
    assert left_behind.state
    kinds = {"await", "awaited", "offer", "before fence", "after fence", "before consume", "begin", "before commit",
             "decided commit", "after marker", "before table write", "after table write", "get row"}  # fmt: skip
    assert kinds <= set(shop.steps)


@pytest.mark.parametrize("how", ["kept", "lost"])
def test_a_crash_at_any_step_changes_nothing(shop: Shop, how: str) -> None:
    """The disk is kept, or lost with the machine."""
    strike = kill if how == "kept" else shop.lose_disk
    for step in range(len(_undisturbed(shop))):
        assert shop.run({step: strike}) == shop.expected, step


def test_an_abort_at_any_step_of_a_transaction_changes_nothing(shop: Shop) -> None:
    steps = [number for number, step in enumerate(_undisturbed(shop)) if may_abort(step)]
    for step in steps:
        assert shop.run({step: abort}) == shop.expected, step
        assert not shop.last_words
    assert steps


def test_a_freeze_at_any_step_while_another_takes_over_changes_nothing(shop: Shop) -> None:
    """It wakes up when all is done: fenced, it ends; what it left on its own disk is brought up to date."""
    for step in range(len(_undisturbed(shop))):
        assert shop.run({step: shop.freeze}) == shop.expected, step


def test_lost_markers_are_found_at_the_next_takeover(shop: Shop) -> None:
    """An acknowledged commit of which the broker lost the markers, then a crash: the takeover names it and stops."""
    commits = [number for number, step in enumerate(_undisturbed(shop)) if step == "before commit"]
    for step in commits[:-1]:
        assert shop.run({step: lose_markers, step + 3: kill}) == shop.expected, step
        assert any("HangingTransaction" in words for words in shop.last_words), (step, shop.last_words)


def test_lost_markers_are_found_at_the_next_abort(shop: Shop) -> None:
    """The next transaction of the same producer decides what becomes of the lost one: if it aborts, both are gone."""
    steps = _undisturbed(shop)
    lost = steps.index("before commit")
    for step in [number for number, name in enumerate(steps) if number > lost + 4 and may_abort(name)][:20]:
        assert shop.run({lost: lose_markers, step: abort}) == shop.expected, step


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_two_hurts_change_nothing(shop: Shop, data: st.DataObject) -> None:
    steps = _undisturbed(shop)
    numbers = st.integers(0, 2 * len(steps))
    strikes = st.sampled_from([kill, shop.lose_disk, shop.freeze])
    hurts = data.draw(st.dictionaries(numbers, strikes, min_size=2, max_size=2))
    assert shop.run(hurts) == shop.expected


def _undisturbed(shop: Shop) -> list[str]:
    shop.run({})
    return shop.steps


Commit = Callable[[TransactionalWriter, Iterable[Sendable], str], int]


def _position_apart(commit: Commit) -> Commit:
    """The position in a transaction of its own, as with a consumer group's offset that is committed afterwards."""

    def apart(self: TransactionalWriter, records: Iterable[Sendable], changelog: str) -> int:
        kept = list(records)
        commit(self, [record for record in kept if record.key != POSITIONS_KEY], changelog)
        return commit(self, [record for record in kept if record.key == POSITIONS_KEY], changelog)

    return apart


def test_a_position_outside_the_transaction_is_seen(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TransactionalWriter, "commit", _position_apart(TransactionalWriter.commit))
    assert _is_seen(shop, kill)


def test_a_table_that_is_not_caught_up_is_seen(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Restorer, "_catch_up", lambda *_: 0)
    assert _is_seen(shop, kill)


def test_a_takeover_that_does_not_fence_is_seen(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemoryLog, "is_current", lambda *_: True)
    assert _is_seen(shop, shop.freeze)


def test_a_table_that_is_trusted_blindly_is_seen(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Restorer, "_rebuild_reason", lambda *_: None)
    assert any(
        not _holds(shop, {step: lose_markers, step + 3: kill})
        for step, name in enumerate(_undisturbed(shop))
        if name == "before commit"
    )


def test_a_table_written_before_the_commit_is_seen(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows and position survive a crash, outputs do not; the check of the last checkpoint would see it, and is off."""
    commit = TransactionalWriter.commit

    def early(self: TransactionalWriter, records: Iterable[Sendable], changelog: str) -> int:
        kept = list(records)
        changes = {record.key or b"": record.value for record in kept if record.topic == changelog}
        number = next(record.partition for record in kept if record.topic == changelog)
        PartitionTable(shop.disk.databases[number], CODEC).apply(changes, 0)
        return commit(self, kept, changelog)

    monkeypatch.setattr(TransactionalWriter, "commit", early)
    monkeypatch.setattr(Restorer, "_rebuild_reason", lambda *_: None)
    assert _is_seen(shop, kill)


def _is_seen(shop: Shop, strike: Callable[[Process], None]) -> bool:
    """Whether some step at which it strikes shows the flaw."""
    return any(not _holds(shop, {step: strike}) for step in range(len(_undisturbed(shop))))


def _holds(shop: Shop, hurts: Hurts) -> bool:
    try:
        return shop.run(hurts) == shop.expected
    except AssertionError:
        return False
