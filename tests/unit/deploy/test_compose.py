"""docker-compose.yml says the same as the table of components."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local import artifacts
from deploy.local.components import COMPONENTS, SERVICES, Own, Task
from deploy.local.stack import PROJECT

COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
ONLY_LOCAL = {"api-key"}  # a key is made by hand there: nothing may be printed into a container's standard input
INFRASTRUCTURE = {"postgres", "valkey", "kafka", "registry"}


def test_compose_has_the_same_parts() -> None:
    assert set(COMPOSE["services"]) == {part.name for part in COMPONENTS} - ONLY_LOCAL


@pytest.mark.parametrize("part", COMPONENTS, ids=lambda part: part.name)
def test_a_process_of_ours_runs_the_same_command(part: object) -> None:
    if isinstance(part, Task) and part.name not in ONLY_LOCAL:
        assert COMPOSE["services"][part.name]["command"] == list(part.argv)
    elif not isinstance(part, Task) and isinstance(part.launch, Own):  # type: ignore[attr-defined]
        assert COMPOSE["services"][part.launch.name]["command"] == list(part.launch.argv)  # type: ignore[attr-defined]


def test_services_come_back_and_tasks_end() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["restart"] == ("unless-stopped" if name in SERVICES else "no")


def test_every_container_has_a_memory_limit_and_time_to_stop() -> None:
    for service in COMPOSE["services"].values():
        assert service["deploy"]["resources"]["limits"]["memory"]
        assert service["stop_grace_period"]


def test_every_image_is_pinned() -> None:
    foreign = {name: COMPOSE["services"][name]["image"] for name in INFRASTRUCTURE}
    assert not [image for image in foreign.values() if not re.search(r":\d+(\.\d+)+", image)]
    (kafka,) = {entry.version for entry in artifacts.locked("kafka") if entry.name == "kafka-clients"}
    (registry,) = {entry.version for entry in artifacts.locked("registry")}
    assert foreign["kafka"].endswith(f":{kafka}")
    assert foreign["registry"].endswith(f":{registry}")


def test_no_password_has_a_default() -> None:
    text = (PROJECT / "docker-compose.yml").read_text()
    required = set(re.findall(r"\$\{([A-Z_]+):\?", text))
    example = dict(line.split("=", 1) for line in _lines(PROJECT / "deploy" / "compose" / "env.example"))
    assert required == {name for name, value in example.items() if not value}
    assert not re.findall(r"\$\{[A-Z_]*(?:PASSWORD|SECRET)[A-Z_]*:-", text)


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
