"""What each generation of memory has of its own, and what it is called."""

from __future__ import annotations

import pytest

from topology.generations import FIRST, Serving, group_of, name_of, serving_stages, shadow_stages, topic_of, topics_of
from topology.stages import CONSOLIDATE, EXTRACT, POSTGRES_SINK, REDIS_SINK, REEXTRACT, STAGES
from topology.topics import TOPICS, TopicName


@pytest.mark.parametrize("generation", [FIRST, 2, 17])
@pytest.mark.parametrize("name", TopicName)
def test_a_topic_is_known_by_what_the_brokers_call_it(name: TopicName, generation: int) -> None:
    assert name_of(topic_of(name, generation)) is name


def test_only_memory_is_numbered_and_the_first_never() -> None:
    assert topic_of(TopicName.ITEMS, FIRST) == "memory.items.v1"
    assert topic_of(TopicName.ITEMS, 2) == "memory.items.v1.g2"
    assert topic_of(TopicName.MESSAGES, 2) == "memory.messages.v1"
    assert topic_of(TopicName.COMMANDS, 2) == "memory.commands.v1"


def test_a_changelog_bears_the_name_of_its_group() -> None:
    assert topic_of(TopicName.CONSOLIDATE_CHANGELOG, 3) == f"{group_of(CONSOLIDATE, 3)}-state-changelog"


def test_a_foreign_topic_is_refused() -> None:
    with pytest.raises(ValueError, match="orders"):
        name_of("orders.g2")


def test_the_first_has_every_topic_and_another_its_own_alone() -> None:
    assert topics_of(FIRST) == TOPICS
    assert {topic.name for topic in topics_of(2)} == {
        TopicName.EXTRACTIONS,
        TopicName.EVIDENCE,
        TopicName.ITEMS,
        TopicName.PROFILES,
        TopicName.REEXTRACT_CHANGELOG,
        TopicName.CONSOLIDATE_CHANGELOG,
    }


def test_a_shadow_reads_messages_and_commands_and_lands_memory_alone() -> None:
    reextract, consolidate, postgres, redis = shadow_stages()

    assert (reextract, consolidate) == (REEXTRACT, CONSOLIDATE)
    assert postgres.inputs == (TopicName.EVIDENCE, TopicName.ITEMS, TopicName.PROFILES)
    assert redis.inputs == (TopicName.PROFILES,)
    assert not postgres.counts
    assert group_of(postgres, 2) == "sink-postgres-v1-g2" != group_of(POSTGRES_SINK, 2)


def test_what_everything_rests_on_is_shared() -> None:
    assert {group_of(stage, 2) for stage in (EXTRACT, POSTGRES_SINK, REDIS_SINK)} == {
        "extract-v1",
        "sink-postgres-v1",
        "sink-redis-v1",
    }


def test_where_extract_finds_the_candidates_nothing_else_stands_in_the_way() -> None:
    assert serving_stages(Serving(number=2, direct=True)) == STAGES


def test_else_every_input_is_landed_by_exactly_one() -> None:
    stages = serving_stages(Serving(number=2, direct=False))

    for sink in (POSTGRES_SINK, REDIS_SINK):
        landed = [topic for stage in stages if stage.writes_to == sink.writes_to for topic in stage.inputs]
        assert sorted(landed) == sorted(sink.inputs)
    assert len({stage.name for stage in stages}) == len(stages)
