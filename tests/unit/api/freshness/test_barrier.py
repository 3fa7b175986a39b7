"""The walk of a wave down the stages, on offsets written by hand."""

from __future__ import annotations

from api.freshness.barrier import Reading, Snapshot, Wave, advance, covers, entry_topics, levels, pending
from schemas.records import Position
from topology.stages import CONSOLIDATE, EXTRACT, POSTGRES_SINK, REDIS_SINK, STAGES
from topology.topics import TopicName

EVENTS = (str(TopicName.EVENTS), 0)


def snapshot(ends: list[int], committed: list[int], started_at: float = 1.0) -> Snapshot:
    """One partition a topic; `ends` and `committed` a level, the same for all its topics and stages."""
    readings = tuple(
        Reading(
            ends={(str(topic), 0): end for topic in level.topics},
            committed={stage.name: {(str(topic), 0): done for topic in stage.inputs} for stage in level.stages},
        )
        for level, end, done in zip(levels(STAGES), ends, committed, strict=True)
    )
    return Snapshot(started_at=started_at, entry={EVENTS: ends[0]}, readings=readings)


def wave() -> Wave:
    return Wave(started_at=1.0, entry={EVENTS: 5})


def test_levels_go_from_source_to_sinks_and_repeat_the_stage_that_feeds_itself() -> None:
    assert [level.stages for level in levels(STAGES)] == [
        (EXTRACT,),
        (EXTRACT,),
        (CONSOLIDATE,),
        (POSTGRES_SINK, REDIS_SINK),
    ]


def test_the_api_enters_at_events_and_commands() -> None:
    assert entry_topics(STAGES) == (TopicName.EVENTS, TopicName.COMMANDS)


def test_a_quiet_stream_lets_a_wave_through_in_one_look() -> None:
    assert advance(wave(), snapshot([5, 5, 7, 9], [5, 5, 7, 9])) is None


def test_a_wave_waits_at_the_first_level_that_is_behind() -> None:
    waiting = advance(wave(), snapshot([5, 5, 7, 9], [5, 5, 6, 9]))
    assert waiting is not None
    assert waiting.level == 2
    assert waiting.targets == {(str(TopicName.EXTRACTIONS), 0): 7, (str(TopicName.COMMANDS), 0): 7}


def test_records_that_come_later_do_not_hold_a_wave_back() -> None:
    waiting = advance(wave(), snapshot([5, 5, 7, 9], [5, 5, 6, 9]))
    assert waiting is not None
    assert advance(waiting, snapshot([50, 50, 70, 90], [50, 50, 7, 90])) is None


def test_the_ends_of_a_level_count_only_once_the_level_before_has_passed() -> None:
    held_at_extract = advance(wave(), snapshot([5, 5, 0, 0], [4, 4, 0, 0]))
    assert held_at_extract is not None
    after_extract = advance(held_at_extract, snapshot([5, 5, 3, 0], [5, 5, 0, 0]))
    assert after_extract is not None
    assert after_extract.level == 2
    assert after_extract.targets == {(str(TopicName.EXTRACTIONS), 0): 3, (str(TopicName.COMMANDS), 0): 3}


def test_a_rerouted_record_is_waited_for() -> None:
    sent_on = advance(wave(), snapshot([5, 6, 7, 9], [5, 5, 7, 9]))
    assert sent_on is not None
    assert sent_on.level == 1


def test_one_slow_sink_holds_a_wave() -> None:
    look = snapshot([5, 5, 7, 9], [5, 5, 7, 9])
    slow = {**look.readings[3].committed, REDIS_SINK.name: {(str(TopicName.PROFILES), 0): 8}}
    last = Reading(ends=look.readings[3].ends, committed=slow)
    held = advance(wave(), Snapshot(started_at=1.0, entry=look.entry, readings=(*look.readings[:3], last)))
    assert held is not None
    assert held.level == 3


def test_pending_counts_each_stage_s_inputs_and_extract_once() -> None:
    assert pending(levels(STAGES), snapshot([5, 6, 7, 9], [4, 4, 7, 8])) == {
        "extract": 2,
        "consolidate": 0,
        "postgres": 5,
        "redis": 2,
    }


def test_a_position_is_covered_below_the_end_of_its_partition() -> None:
    def at(offset: int, partition: int = 0) -> Position:
        return Position(topic=str(TopicName.EVENTS), partition=partition, offset=offset)

    assert covers({EVENTS: 5}, at(4))
    assert not covers({EVENTS: 5}, at(5))
    assert not covers({EVENTS: 5}, at(0, partition=1))
