"""Up, down and what may go wrong between; with the two quickest servers, since the rules are the same for all."""

import socket
from pathlib import Path

import psutil
import psycopg
import pytest

from deploy.local import environment
from integration.local.bench import Bench

pytestmark = pytest.mark.integration

QUICK = "postgres,valkey"


@pytest.fixture
def up(bench: Bench) -> Bench:
    bench.do("up", "--only", QUICK)
    return bench


def pids(bench: Bench) -> dict[str, int]:
    return {name: bench.pid(name) for name in QUICK.split(",")}


def remember(bench: Bench) -> None:
    with psycopg.connect(environment.addresses(bench.stack)["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 'kept' AS value")


def remembers(bench: Bench) -> bool:
    with psycopg.connect(environment.addresses(bench.stack)["DATABASE_URL"]) as connection:
        return connection.execute("SELECT value FROM kept").fetchone() == ("kept",)


def test_up_again_changes_nothing(up: Bench) -> None:
    before = pids(up)
    up.do("up", "--only", QUICK)
    assert pids(up) == before


def test_up_runs_a_one_shot_that_has_not_come_to_a_good_end(bench: Bench) -> None:
    bench.do("up", "--only", f"{QUICK},migrate")
    (bench.stack.run / "migrate.done").unlink()
    assert "migrate" in bench.do("up", "--only", f"{QUICK},migrate")
    assert "migrate" not in bench.do("up", "--only", f"{QUICK},migrate")


def test_stack_env_is_there_while_the_stack_is_up(up: Bench) -> None:
    assert up.stack.env_file.read_text() == up.do("env")
    up.do("down")
    assert not up.stack.env_file.exists()


def test_down_leaves_no_process_and_up_finds_the_data(up: Bench) -> None:
    remember(up)
    ports = up.stack.ports
    up.do("down")
    assert not up.alive()
    up.do("up", "--only", QUICK)
    assert up.stack.ports == ports
    assert remembers(up)


def test_up_recovers_from_a_killed_supervisor(up: Bench) -> None:
    remember(up)
    before = pids(up)
    up.kill_supervisor()
    up.do("up", "--only", QUICK)
    assert not set(before.values()) & {process.pid for found in up.alive().values() for process in found}
    assert remembers(up)


def test_down_ends_what_a_killed_supervisor_left(up: Bench) -> None:
    up.kill_supervisor()
    assert up.alive()
    up.do("down")
    assert not up.alive()


def test_a_process_that_only_looks_like_ours_is_left_alone(up: Bench) -> None:
    with psutil.Popen(["sleep", "60"], cwd=up.stack.directory) as bystander:
        up.kill_supervisor()
        up.do("down")
        assert bystander.is_running()
        bystander.kill()


def test_a_port_that_someone_took_is_replaced(up: Bench) -> None:
    up.do("down")
    taken = up.stack.ports["valkey"]
    with socket.create_server(("127.0.0.1", taken)):
        up.do("up", "--only", QUICK)
        assert up.stack.ports["valkey"] != taken
        assert f":{up.stack.ports['valkey']}/" in up.do("env")


def test_restart_begins_one_component_anew(up: Bench) -> None:
    before = pids(up)
    up.do("restart", "valkey")
    after = pids(up)
    assert after["valkey"] != before["valkey"]
    assert after["postgres"] == before["postgres"]


def test_logs_show_one_component(up: Bench) -> None:
    assert "Ready to accept connections" in up.do("logs", "valkey")


def test_wipe_leaves_nothing(up: Bench) -> None:
    home: Path = up.stack.postgres_home
    up.do("down", "--wipe")
    assert not up.directory.exists()
    assert not home.exists()


def test_down_without_a_stack_is_harmless(bench: Bench) -> None:
    bench.do("down", "--wipe")
    assert not bench.directory.exists()
