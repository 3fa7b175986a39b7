"""A sink process, killed, frozen and stopped in the middle of its work, lands what one that is left alone lands."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest

from deploy.local.ports import choose
from sinks.ports import Partition
from sinks.postgres.migrate import migrate
from support import broker
from support.derived import batch_of, partition_for
from support.derived_topics import Spoken, speak
from support.infrastructure import Infrastructure
from support.mortal_sink import POSTGRES_STEPS, REDIS_STEPS
from support.sink_sites import PostgresSite, RedisSite, Site
from topology.errors import MISCONFIGURED, TAKEN_OVER
from topology.stages import POSTGRES_SINK, REDIS_SINK, Stage
from topology.topics import TopicName

pytestmark = pytest.mark.integration

SCRIPT: Final = Path(__file__).parents[2] / "support" / "mortal_sink.py"
SESSION_SECONDS: Final = 6  # the least that the broker allows
BATCH: Final = 20
STOP_SECONDS: Final = 10
WAIT_SECONDS: Final = 90.0


@pytest.fixture(scope="module")
def spoken(infrastructure: Infrastructure) -> Spoken:
    return speak(infrastructure.kafka, infrastructure.registry_url)


@pytest.fixture
def site(infrastructure: Infrastructure) -> Iterator[PostgresSite]:
    with infrastructure.fresh_database() as url:
        migrate(url)
        yield PostgresSite(url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A sink and its surroundings, to run processes of."""

    stage: Stage
    group: str
    environment: Mapping[str, str]

    @contextmanager
    def process(self, *fate: object, member: str = "a", **settings: object) -> Iterator[subprocess.Popen[bytes]]:
        """A process; killed at the end, where it still runs."""
        command = [sys.executable, str(SCRIPT), self.stage.name, self.group, *map(str, fate)]
        own = {name: str(value) for name, value in {"INSTANCE_ID": member, **settings}.items()}
        with subprocess.Popen(
            command, env={**os.environ, **self.environment, **own}, stderr=subprocess.PIPE
        ) as started:
            try:
                yield started
            finally:
                started.kill()


@pytest.fixture
def postgres(infrastructure: Infrastructure, site: PostgresSite) -> Deployment:
    return deployment(infrastructure, POSTGRES_SINK, f"test-{uuid4().hex[:8]}", DATABASE_URL=site.url)


def deployment(infrastructure: Infrastructure, stage: Stage, group: str, **settings: str) -> Deployment:
    sizes = {"SINK_BATCH_RECORDS": str(BATCH), "SESSION_TIMEOUT_SECONDS": str(SESSION_SECONDS)}
    return Deployment(stage=stage, group=group, environment={**infrastructure.environment, **sizes, **settings})


def until(condition: Callable[[], bool], seconds: float = WAIT_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not come about in time"
        time.sleep(0.1)


def caught_up(spoken: Spoken, deployed: Deployment) -> Callable[[], bool]:
    """Whether the group has been told that everything is landed, up to the very end: a lag of 0."""
    ends = {partition: end for partition, end in spoken.ends(deployed.stage.inputs).items() if end}
    return lambda: spoken.told(deployed.group).items() >= ends.items()


def end_well(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    _, logs = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 0, logs.decode()


def landed_in_one_go(
    site: Site, spoken: Spoken, topics: Collection[TopicName], upto: Mapping[Partition, int]
) -> object:
    """What the records before these offsets leave when nothing happens in between; what was there is wiped."""
    site.wipe()
    records = [
        one
        for one in spoken.records
        if one.position.topic in topics and one.position.offset < upto.get(partition_for(one), 0)
    ]
    sink = site.sink()
    batch = batch_of(records)
    sink.start(batch.progress)
    if records:
        sink.write(batch)
    sink.stop()
    return site.contents()


def test_rows_and_positions_agree_after_a_kill_at_any_step(
    infrastructure: Infrastructure, spoken: Spoken, site: PostgresSite, postgres: Deployment
) -> None:
    with infrastructure.fresh_database() as url:
        migrate(url)
        reference = PostgresSite(url)
        for step in POSTGRES_STEPS:
            with postgres.process(step, "SIGKILL", 3) as process:
                assert process.wait(WAIT_SECONDS) == -signal.SIGKILL
            upto = {Partition(topic=TopicName(t), number=n): at for (t, n), at in site.positions().items()}
            assert site.contents() == landed_in_one_go(reference, spoken, POSTGRES_SINK.inputs, upto), step
        with postgres.process() as process:
            until(caught_up(spoken, postgres))
            end_well(process)
        ends = spoken.ends(POSTGRES_SINK.inputs)
        assert site.contents() == landed_in_one_go(reference, spoken, POSTGRES_SINK.inputs, ends)


def test_redis_holds_the_newest_after_kills_at_every_step(infrastructure: Infrastructure, spoken: Spoken) -> None:
    generation = random.randrange(3_000_000, 4_000_000)
    redis = deployment(infrastructure, REDIS_SINK, str(generation))
    site, reference = (RedisSite(infrastructure.redis_url, number) for number in (generation, generation + 1_000_000))
    for step in REDIS_STEPS:
        with redis.process(step, "SIGKILL", 3) as process:
            assert process.wait(WAIT_SECONDS) == -signal.SIGKILL
    with redis.process() as process:
        until(caught_up(spoken, redis))
        end_well(process)
    expected = landed_in_one_go(reference, spoken, REDIS_SINK.inputs, spoken.ends(REDIS_SINK.inputs))
    assert json.dumps(site.contents()).replace(str(generation), "") == json.dumps(expected).replace(
        str(generation + 1_000_000), ""
    )
    for one in (site, reference):
        one.wipe()
        one.client.close()


def test_a_process_frozen_before_its_write_is_fenced_when_it_wakes(
    infrastructure: Infrastructure, spoken: Spoken, site: PostgresSite, postgres: Deployment
) -> None:
    """Its batch is not full, so it waits for it: one that reads ahead may hear first that its partitions are gone."""
    with postgres.process("fetched", "SIGSTOP", 1, member="a", SINK_BATCH_RECORDS=50_000) as frozen:
        os.waitid(os.P_PID, frozen.pid, os.WSTOPPED)
        with postgres.process(member="b") as successor:
            until(caught_up(spoken, postgres))
            frozen.send_signal(signal.SIGCONT)
            _, logs = frozen.communicate(timeout=WAIT_SECONDS)
            assert frozen.returncode == TAKEN_OVER
            assert "another process owns its partitions now" in logs.decode()
            end_well(successor)
    assert_all_landed(infrastructure, spoken, site)


def test_a_process_frozen_inside_its_transaction_keeps_nobody_waiting(
    infrastructure: Infrastructure, spoken: Spoken, site: PostgresSite, postgres: Deployment
) -> None:
    with postgres.process("landed", "SIGSTOP", 2, member="a") as frozen:
        os.waitid(os.P_PID, frozen.pid, os.WSTOPPED)
        with postgres.process(member="b") as successor:
            until(caught_up(spoken, postgres))
            frozen.send_signal(signal.SIGCONT)
            end_well(frozen)
            end_well(successor)
    assert_all_landed(infrastructure, spoken, site)


def assert_all_landed(infrastructure: Infrastructure, spoken: Spoken, site: PostgresSite) -> None:
    with infrastructure.fresh_database() as url:
        migrate(url)
        ends = spoken.ends(POSTGRES_SINK.inputs)
        assert site.contents() == landed_in_one_go(PostgresSite(url), spoken, POSTGRES_SINK.inputs, ends)


def test_a_process_tells_probes_and_prometheus_how_it_is(spoken: Spoken, postgres: Deployment) -> None:
    port = choose(["metrics"], {})["metrics"]
    with postgres.process(METRICS_PORT=port) as process:
        until(lambda: get(port, "/health/ready")[0] == 200)
        until(caught_up(spoken, postgres))
        assert get(port, "/health/live")[0] == 200
        told = get(port, "/metrics")[1]
        assert 'alluvium_sink_postgres_rows_upserted_total{table="messages"}' in told
        until(lambda: not lagging(get(port, "/metrics")[1]))
        end_well(process)


def lagging(metrics: str) -> list[str]:
    lags = [line for line in metrics.splitlines() if line.startswith("alluvium_sink_postgres_lag_records{")]
    assert lags
    return [line for line in lags if not line.endswith(" 0.0")]


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except urllib.error.URLError:
        return 0, ""


def test_a_process_refuses_topics_that_could_forget(
    infrastructure: Infrastructure, spoken: Spoken, postgres: Deployment
) -> None:
    broker.alter(infrastructure.kafka, TopicName.ITEMS, "unclean.leader.election.enable", "true")
    try:
        with postgres.process() as process:
            _, logs = process.communicate(timeout=WAIT_SECONDS)
    finally:
        broker.alter(infrastructure.kafka, TopicName.ITEMS, "unclean.leader.election.enable", "false")
    assert process.returncode == MISCONFIGURED
    assert f"{TopicName.ITEMS}: unclean.leader.election.enable is true, wanted false" in logs.decode()


@pytest.mark.usefixtures("spoken")
def test_a_record_that_is_not_ours_stops_the_process_and_is_named(
    infrastructure: Infrastructure, site: PostgresSite, postgres: Deployment
) -> None:
    """The last of this page: it spoils the topics."""
    broker.send(infrastructure.kafka, TopicName.OUTCOMES, [(3, b"key", b"not Avro")])
    with postgres.process() as process:
        _, logs = process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == 1
    ours = [line for line in logs.decode().splitlines() if line.startswith("{")]  # a C library may add its own
    (last,) = [line for line in map(json.loads, ours) if line["level"] == "CRITICAL"]
    assert "conversation.outcomes.v1/3 at offset 0 (key key): cannot be read: no Confluent header" in last["message"]
    assert 'python -m sinks skip --sink postgres conversation.outcomes.v1 3 0 --reason "..."' in last["message"]
    assert site.positions().get((TopicName.OUTCOMES, 3)) == 0
