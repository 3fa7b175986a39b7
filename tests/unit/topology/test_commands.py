"""`python -m topology`, without a broker."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from topology import __main__ as commands
from topology.environment import example
from topology.graph import Graph, shipped
from topology.picture import BEGIN, END, mermaid


def run(*arguments: str) -> Result:
    return CliRunner().invoke(commands.main, list(arguments))


def test_check_passes_what_is_shipped(tmp_path: Path) -> None:
    file = tmp_path / ".env.example"
    file.write_text(example(), "utf-8")

    result = run("check", "--env-example", str(file))

    assert result.exit_code == 0, result.output
    assert "13 topics and 6 stages are sound" in result.output


def test_check_fails_for_a_planted_orphan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "shipped", lambda: Graph(topics=shipped().topics, stages=shipped().stages[:2]))

    result = run("check")

    assert result.exit_code == 1
    assert "topic memory.items.v1: nobody reads it" in result.output


def test_check_fails_for_an_old_env_example(tmp_path: Path) -> None:
    result = run("check", "--env-example", str(tmp_path / "missing"))

    assert result.exit_code == 1
    assert "is not what `python -m topology env` prints" in result.output


def test_show_prints_a_table_or_a_picture() -> None:
    assert "Topics" in run("show").output
    assert run("show", "--format", "mermaid").output == mermaid(shipped()) + "\n"


def test_show_updates_a_file(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text(f"# Page\n{BEGIN}\n{END}\n", "utf-8")

    assert run("show", "--update", str(file)).exit_code == 0
    assert mermaid(shipped()) in file.read_text("utf-8")


def test_show_leaves_a_file_without_markers_alone(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("# Page\n", "utf-8")

    assert run("show", "--update", str(file)).exit_code == 1
    assert file.read_text("utf-8") == "# Page\n"


def test_env_prints_the_example() -> None:
    assert run("env").output == example()


def test_apply_refuses_wrong_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTITIONS", "none")

    result = run("apply")

    assert result.exit_code == 2
    assert "partitions" in result.output


@pytest.mark.parametrize("command", ["", "show", "check", "env", "apply"])
def test_every_command_explains_itself(command: str) -> None:
    result = run(*command.split(), "--help")

    assert result.exit_code == 0
    assert "Usage:" in result.output
