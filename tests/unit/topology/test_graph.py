"""The shipped graph is sound, and each kind of unsoundness is noticed once it is planted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from schemas.catalogue import shipped as schemas
from topology.graph import Graph, graph_faults, shipped
from topology.stages import ALL_STAGES, CONSOLIDATE, CONVERSATIONS, EXTRACT, POSTGRES_SINK, REDIS_SINK, Stage
from topology.topics import TOPIC_BY_NAME, TOPICS, Cleanup, Routing, Topic, TopicName

MESSAGES = TOPIC_BY_NAME[TopicName.MESSAGES]
COMMANDS = TOPIC_BY_NAME[TopicName.COMMANDS]
EVENTS = TOPIC_BY_NAME[TopicName.EVENTS]
CHANGELOG = TOPIC_BY_NAME[TopicName.EXTRACT_CHANGELOG]


def faults(*, topics: Sequence[Topic] = TOPICS, stages: Sequence[Stage] = ALL_STAGES) -> list[str]:
    return graph_faults(Graph(topics=topics, stages=stages))


def with_topic(changed: Topic) -> list[str]:
    return faults(topics=[changed if topic.name is changed.name else topic for topic in TOPICS])


def with_stage(changed: Stage) -> list[str]:
    return faults(stages=[changed if stage.name == changed.name else stage for stage in ALL_STAGES])


def test_the_shipped_graph_is_sound() -> None:
    assert not graph_faults(shipped())


def test_every_name_is_declared() -> None:
    assert {topic.name for topic in TOPICS} == set(TopicName)


def test_every_record_has_a_schema() -> None:
    kept = [store.record for stage in ALL_STAGES for store in stage.stores]
    sent = [topic.record for topic in TOPICS if topic.record is not None]

    assert {record.SUBJECT for record in [*kept, *sent]} <= set(schemas().subjects)


def test_a_topic_nobody_writes() -> None:
    found = with_topic(replace(COMMANDS, written_by=()))

    assert found == ["topic memory.commands.v1: nobody writes it"]


def test_a_topic_nobody_reads() -> None:
    silent = replace(POSTGRES_SINK, inputs=tuple(i for i in POSTGRES_SINK.inputs if i is not TopicName.ITEMS))

    assert with_stage(silent) == ["topic memory.items.v1: nobody reads it"]


def test_a_second_writer() -> None:
    assert with_topic(replace(COMMANDS, written_by=("api", "chat systems"))) == [
        "topic memory.commands.v1: more than one writer (api, chat systems)"
    ]


def test_a_stage_that_writes_in_secret() -> None:
    found = with_stage(replace(CONSOLIDATE, outputs=(*CONSOLIDATE.outputs, TopicName.MESSAGES)))

    assert found == ["topic memory.messages.v1: consolidate writes it and is not among its writers"]


def test_a_stage_that_does_not_write_what_it_should() -> None:
    found = with_stage(replace(EXTRACT, outputs=tuple(o for o in EXTRACT.outputs if o is not TopicName.MESSAGES)))

    assert found == ["topic memory.messages.v1: extract is among its writers and does not write it"]


def test_a_topic_that_is_counted_is_read() -> None:
    mute = replace(EXTRACT, inputs=(TopicName.COMMANDS,))

    assert "topic conversation.events.v1: nobody reads it" not in with_stage(mute)
    assert "topic conversation.events.v1: nobody reads it" in faults(stages=[mute, replace(POSTGRES_SINK, counts=())])


def test_an_input_that_is_not_declared() -> None:
    found = faults(topics=[topic for topic in TOPICS if topic is not COMMANDS])

    assert found == ["stage consolidate: memory.commands.v1 is not declared"]


def test_inputs_that_are_not_co_partitioned() -> None:
    found = with_topic(replace(COMMANDS, routing=Routing.CONVERSATION))

    assert len(found) == 1
    assert found[0].startswith("stage consolidate: its topics are not co-partitioned")


def test_a_changelog_partitioned_otherwise_than_the_inputs() -> None:
    found = with_topic(replace(CHANGELOG, routing=Routing.USER))

    assert [fault.partition(" (")[0] for fault in found] == ["stage extract: its topics are not co-partitioned"]


def test_a_changelog_under_another_name() -> None:
    assert "stage extract: its changelog must be named extract-v2-state-changelog" in with_stage(
        replace(EXTRACT, group="extract-v2")
    )


def test_a_changelog_that_forgets() -> None:
    found = with_topic(replace(CHANGELOG, cleanup=Cleanup.DELETE, retention_days=7))

    assert found == [
        "topic extract-v1-state-changelog: a changelog is compacted and nothing else, or recovery loses rows"
    ]


@pytest.mark.parametrize("topic", [replace(EVENTS, retention_days=None), replace(MESSAGES, retention_days=7)])
def test_retention_that_does_not_go_with_the_cleanup(topic: Topic) -> None:
    assert with_topic(topic) == [f"topic {topic.name}: retention_days belongs to cleanup delete, and only to it"]


def test_dead_letters_of_a_topic_that_does_not_exist() -> None:
    found = faults(topics=[topic for topic in TOPICS if topic is not EVENTS])

    assert "topic conversation.events.v1.dlq: there is no conversation.events.v1" in found


def test_names_used_twice() -> None:
    twin = replace(REDIS_SINK, inputs=(TopicName.PROFILES,))

    assert {"stage redis: declared 2 times", "group sink-redis-v1: declared 2 times"} <= set(
        faults(stages=[*ALL_STAGES, twin])
    )
    assert faults(topics=[*TOPICS, MESSAGES]) == ["topic memory.messages.v1: declared 2 times"]


def test_stores_that_share_a_prefix() -> None:
    twin = replace(CONVERSATIONS, name="twin")

    assert with_stage(replace(EXTRACT, stores=(*EXTRACT.stores, twin))) == [
        "stage extract: store prefix c: declared 2 times"
    ]


def test_a_store_prefix_that_holds_a_slash() -> None:
    odd = replace(CONVERSATIONS, prefix="c/d")

    assert with_stage(replace(EXTRACT, stores=(odd,))) == ["stage extract: store prefix c/d holds a slash"]


def test_stores_without_a_changelog() -> None:
    found = with_stage(replace(EXTRACT, changelog=None))

    assert "stage extract: stores and changelog come together or not at all" in found


def test_a_stage_that_reads_nothing() -> None:
    assert "stage redis: reads nothing" in with_stage(replace(REDIS_SINK, inputs=()))
