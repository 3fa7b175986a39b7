import stat
from dataclasses import replace

import pytest

from deploy.local import environment, kafka
from deploy.local.become import environment as of_launch
from deploy.local.components import COMPONENTS, SERVICES, Own, Service
from deploy.local.launch import Launch
from deploy.local.stack import COMPONENT_VARIABLE, MARKER_VARIABLE, Stack

PROMISED = {
    "KAFKA_BOOTSTRAP_SERVERS",
    "SCHEMA_REGISTRY_URL",
    "DATABASE_URL",
    "API_DATABASE_URL",
    "REDIS_URL",
    "API_URL",
    "API_KEY",
    "API_HOST",
    "API_PORT",
    "SECRET_KEY",
}
OWN = [part.launch for part in SERVICES.values() if isinstance(part.launch, Own)]


def test_stack_env_holds_what_clients_were_promised(paper: Stack) -> None:
    paper.directory.mkdir()
    environment.write(paper)
    lines = paper.env_file.read_text().splitlines()
    assert {line.split("=", 1)[0] for line in lines} == PROMISED
    assert f"DATABASE_URL=postgresql://alluvium:owner-secret@127.0.0.1:{paper.ports['postgres']}/alluvium" in lines
    assert f"SCHEMA_REGISTRY_URL=http://127.0.0.1:{paper.ports['registry']}/apis/ccompat/v7" in lines


def test_stack_env_is_its_owners_alone(paper: Stack) -> None:
    paper.directory.mkdir()
    environment.write(paper)
    assert stat.S_IMODE(paper.env_file.stat().st_mode) == 0o600


@pytest.mark.parametrize("own", OWN, ids=lambda own: own.name)
def test_each_process_has_a_folder_of_its_own(paper: Stack, own: Own) -> None:
    assert own(paper).environment["STATE_DIR"] == str(paper.data(own.name))


def test_agents_and_sinks_serve_health_on_ports_of_their_own(paper: Stack) -> None:
    metrics = [own(paper).environment.get("METRICS_PORT") for own in OWN if own.name != "api"]
    assert len(set(metrics)) == 6
    assert None not in metrics


def test_each_process_keeps_its_name_in_its_group_over_restarts(paper: Stack) -> None:
    assert [own(paper).environment["INSTANCE_ID"] for own in OWN] == [own.name for own in OWN]


def test_with_three_brokers_everyone_knows_all_of_them_and_asks_for_three_copies(paper: Stack) -> None:
    told = OWN[0](replace(paper, brokers=3)).environment
    assert told["KAFKA_BOOTSTRAP_SERVERS"].split(",") == [f"127.0.0.1:{paper.ports[name]}" for name in kafka.NAMES]
    assert told["REPLICATION_FACTOR"] == "3"
    assert OWN[0](paper).environment["REPLICATION_FACTOR"] == "1"


def test_the_callers_log_level_wins_and_its_addresses_do_not(paper: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("DATABASE_URL", "API_DATABASE_URL", "postgresql://production")
    told = of_launch(OWN[0](paper), paper, OWN[0].name)
    assert told["LOG_LEVEL"] == "DEBUG"
    assert "production" not in told["DATABASE_URL"]


def test_a_foreign_server_sees_nothing_of_the_callers_shell(paper: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-javaagent:/tmp/agent.jar")
    told = of_launch(Launch(argv=("/bin/true",), folder=paper.directory), paper, "kafka")
    assert "JAVA_TOOL_OPTIONS" not in told
    assert "PATH" in told


def test_every_process_carries_the_marker_of_its_stack(paper: Stack) -> None:
    told = of_launch(Launch(argv=("/bin/true",), folder=paper.directory), paper, "kafka")
    assert (told[MARKER_VARIABLE], told[COMPONENT_VARIABLE]) == (str(paper.directory), "kafka")


def test_services_and_tasks_have_names_of_their_own() -> None:
    assert len({part.name for part in COMPONENTS}) == len(COMPONENTS)
    assert all(isinstance(SERVICES[name], Service) for name in SERVICES)
