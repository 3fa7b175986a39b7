"""What is wanted of a cluster, and what is done where it differs."""

from __future__ import annotations

from dataclasses import replace

from topology.cluster import Action, TopicSpec, plan, spec_of, wanted
from topology.settings import Settings
from topology.topics import TOPIC_BY_NAME, TOPICS, Cleanup, TopicName

PRODUCTION = Settings(partitions=24, replication_factor=3)
SPEC = spec_of(TOPIC_BY_NAME[TopicName.MESSAGES], PRODUCTION)


def config_of(name: TopicName, settings: Settings = PRODUCTION) -> dict[str, str]:
    return dict(spec_of(TOPIC_BY_NAME[name], settings).config)


def step_for(there: TopicSpec | None) -> tuple[Action, tuple[str, ...]]:
    (step,) = plan([SPEC], {there.name: there} if there else {})
    return step.action, step.differences


def test_every_topic_has_the_partitions_of_the_deployment() -> None:
    assert {(spec.partitions, spec.replication) for spec in wanted(PRODUCTION)} == {(24, 3)}
    assert [spec.name for spec in wanted(PRODUCTION)] == [topic.name for topic in TOPICS]


def test_names_are_plain_strings_as_the_admin_client_needs_them() -> None:
    assert {type(spec.name) for spec in wanted(PRODUCTION)} == {str}


def test_two_copies_must_agree_where_there_are_three() -> None:
    assert config_of(TopicName.EVENTS)["min.insync.replicas"] == "2"
    assert config_of(TopicName.EVENTS, Settings())["min.insync.replicas"] == "1"


def test_events_carry_the_brokers_time_and_expire() -> None:
    config = config_of(TopicName.EVENTS)

    assert config["message.timestamp.type"] == "LogAppendTime"
    assert config["cleanup.policy"] == "delete"
    assert config["retention.ms"] == str(30 * 24 * 3600 * 1000)


def test_a_changelog_is_compacted_and_never_deleted() -> None:
    for name in (TopicName.EXTRACT_CHANGELOG, TopicName.CONSOLIDATE_CHANGELOG):
        config = config_of(name)
        assert config["cleanup.policy"] == "compact"
        assert "retention.ms" not in config


def test_what_derives_from_an_event_may_be_larger_than_one() -> None:
    largest = {spec.name: int(spec.config["max.message.bytes"]) for spec in wanted(PRODUCTION)}
    events = largest.pop(TopicName.EVENTS)

    assert min(largest.values()) > 2 * events


def test_a_cluster_keeps_tombstones_until_a_sink_came_back() -> None:
    for topic in TOPICS:
        config = config_of(topic.name)
        assert (config.get("delete.retention.ms") == str(7 * 24 * 3600 * 1000)) == (topic.cleanup is Cleanup.COMPACT)


def test_what_is_missing_is_created() -> None:
    assert step_for(None) == (Action.CREATE, ())


def test_what_is_as_wanted_is_kept() -> None:
    more = replace(SPEC, config={**SPEC.config, "segment.bytes": "1073741824"})

    assert step_for(more) == (Action.KEEP, ())


def test_another_configuration_may_be_altered() -> None:
    action, differences = step_for(replace(SPEC, config={**SPEC.config, "cleanup.policy": "delete"}))

    assert action is Action.ALTER
    assert differences == ("cleanup.policy is delete, wanted compact",)


def test_another_number_of_partitions_is_refused() -> None:
    action, differences = step_for(replace(SPEC, partitions=12))

    assert action is Action.REFUSE
    assert differences[0].startswith("12 partitions, wanted 24")


def test_another_replication_is_refused() -> None:
    action, differences = step_for(replace(SPEC, replication=1, config={**SPEC.config, "min.insync.replicas": "1"}))

    assert action is Action.REFUSE
    assert [difference.partition(",")[0] for difference in differences] == ["1 replicas", "min.insync.replicas is 1"]
