"""Topics on the real broker: made, verified, refused; and the health server over a real socket."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import replace
from uuid import uuid4

import pytest
from click.testing import CliRunner
from confluent_kafka.admin import AdminClient

from support.infrastructure import Infrastructure
from topology import __main__ as commands
from topology.apply import await_broker, await_topics, found, steps, take
from topology.cluster import Action, TopicSpec, wanted
from topology.errors import Misconfigured, Retryable
from topology.health import HealthServer, Readiness
from topology.kafka import admin
from topology.metrics import RUNS, build
from topology.settings import Settings
from topology.topics import TopicName

pytestmark = pytest.mark.integration

WANTED = (TopicName.EVENTS, TopicName.ITEMS, TopicName.EXTRACT_CHANGELOG)


@pytest.fixture
def client(infrastructure: Infrastructure) -> AdminClient:
    return admin(Settings(kafka_bootstrap_servers=infrastructure.kafka))


@pytest.fixture
def specs(client: AdminClient) -> Iterator[list[TopicSpec]]:
    """Three topics of the topology under names of this test's own."""
    prefix = f"test-{uuid4().hex[:12]}."
    named = [replace(spec, name=prefix + spec.name) for spec in wanted(Settings()) if spec.name in WANTED]
    yield named
    there = list(found(client, [spec.name for spec in named]))
    for future in client.delete_topics(there).values() if there else ():
        future.exception(30)


def apply(client: AdminClient, specs: Sequence[TopicSpec]) -> list[Action]:
    todo = steps(client, specs)
    for step in todo:
        take(client, step)
    await_topics(client, specs, wait_seconds=30)
    return [step.action for step in todo]


def test_missing_topics_are_made_as_wanted(client: AdminClient, specs: list[TopicSpec]) -> None:
    assert apply(client, specs) == [Action.CREATE] * 3

    there = found(client, [spec.name for spec in specs])
    for spec in specs:
        assert there[spec.name].partitions == spec.partitions
        assert spec.config.items() <= there[spec.name].config.items()


def test_applying_again_changes_nothing(client: AdminClient, specs: list[TopicSpec]) -> None:
    apply(client, specs)

    assert apply(client, specs) == [Action.KEEP] * 3


def test_looking_makes_nothing(client: AdminClient, specs: list[TopicSpec]) -> None:
    assert {step.action for step in steps(client, specs)} == {Action.CREATE}
    assert not found(client, [spec.name for spec in specs])


def test_only_what_is_missing_is_made(client: AdminClient, specs: list[TopicSpec]) -> None:
    apply(client, specs[:1])

    assert apply(client, specs) == [Action.KEEP, Action.CREATE, Action.CREATE]


def test_another_partition_count_is_refused(client: AdminClient, specs: list[TopicSpec]) -> None:
    apply(client, specs)

    todo = steps(client, [replace(spec, partitions=8) for spec in specs])
    for step in todo:
        take(client, step)

    assert {step.action for step in todo} == {Action.REFUSE}
    assert {spec.partitions for spec in found(client, [spec.name for spec in specs]).values()} == {4}


def test_another_cleanup_is_noticed_and_can_be_set(client: AdminClient, specs: list[TopicSpec]) -> None:
    apply(client, [replace(spec, config={**spec.config, "cleanup.policy": "delete"}) for spec in specs])

    drifted = [step for step in steps(client, specs) if step.action is Action.ALTER]
    assert [step.spec.name.partition(".")[2] for step in drifted] == [TopicName.ITEMS, TopicName.EXTRACT_CHANGELOG]
    assert drifted[0].differences == ("cleanup.policy is delete, wanted compact",)

    apply(client, specs)
    assert {step.action for step in steps(client, specs)} == {Action.KEEP}


def test_what_the_broker_does_not_accept_is_said(client: AdminClient, specs: list[TopicSpec]) -> None:
    with pytest.raises(Misconfigured, match="cannot be created"):
        apply(client, [replace(specs[0], replication=3)])


def test_a_race_for_the_same_topic_is_no_failure(client: AdminClient, specs: list[TopicSpec]) -> None:
    todo = steps(client, specs)
    apply(client, specs)

    for step in todo:
        take(client, step)


def test_a_broker_that_is_away_is_waited_for_and_then_told() -> None:
    with pytest.raises(Retryable, match="does not answer"):
        await_broker(admin(Settings(kafka_bootstrap_servers="127.0.0.1:1")), wait_seconds=1)


def test_the_command_creates_verifies_alters_and_refuses(
    infrastructure: Infrastructure,
    client: AdminClient,
    specs: list[TopicSpec],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", infrastructure.kafka)

    def run(wanted_now: list[TopicSpec], *arguments: str) -> tuple[int, list[str]]:
        monkeypatch.setattr(commands, "wanted", lambda settings, generation: wanted_now)
        result = CliRunner().invoke(commands.main, ["apply", *arguments])
        return result.exit_code, [line.split()[0] for line in result.output.splitlines() if specs[0].name[:12] in line]

    other = [replace(spec, config={**spec.config, "max.message.bytes": "2000000"}) for spec in specs]
    assert run(specs, "--dry-run") == (0, ["create"] * 3)
    assert not found(client, [spec.name for spec in specs])
    assert run(specs) == (0, ["create"] * 3)
    assert run(specs) == (0, ["keep"] * 3)
    assert run(other) == (1, ["alter"] * 3)
    assert run(specs) == (0, ["keep"] * 3)
    assert run(other, "--alter") == (0, ["alter"] * 3)
    assert run(other) == (0, ["keep"] * 3)
    assert run([replace(spec, partitions=8) for spec in other], "--alter") == (1, ["refuse"] * 3)


def test_health_is_served_over_http() -> None:
    meters = build("extract")
    meters.add(RUNS)
    server = HealthServer(0, lambda: Readiness(ready=False, checks={"kafka": "away"}), registry=meters.registry)
    server.start()
    try:
        base = f"http://127.0.0.1:{server.port}"
        with urllib.request.urlopen(f"{base}/health/live", timeout=5) as live:
            assert live.status == 200
        with urllib.request.urlopen(f"{base}/metrics?name=x", timeout=5) as metrics:
            assert b"alluvium_extract_runs_total 1.0" in metrics.read()
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{base}/health/ready", timeout=5)
        with caught.value as answer:
            assert (answer.code, b"away" in answer.read()) == (503, True)
    finally:
        server.stop()
