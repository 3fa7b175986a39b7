"""`python -m streams dead-letters`, as far as it goes without a broker."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from streams import __main__ as commands
from streams.dead_letters.commands import moment

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(commands.cli, ["dead-letters", *arguments])


@pytest.mark.parametrize("command", ["", "list", "show", "requeue", "fix", "discard"])
def test_every_command_explains_itself(command: str) -> None:
    result = run(*command.split(), "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "0"],
        ["show", "0", "-1"],
        ["requeue"],
        ["requeue", "1"],
        ["requeue", "1", "2", "--all-of-reason", "bad_avro"],
        ["discard", "1", "2"],
        ["discard", "1", "2", "--because", "  "],
        ["fix", "1", "2"],
        ["list", "--limit", "0"],
        ["list", "--since", "yesterday"],
    ],
)
def test_misuse_is_said_before_anything_is_asked(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert "Usage:" in result.output


def test_a_file_that_is_not_json_is_misuse(tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text("{", "utf-8")
    result = run("fix", "1", "2", "--file", str(file))
    assert result.exit_code == 2
    assert "not JSON" in result.output


def test_a_setting_that_makes_no_sense_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTITIONS", "none")
    result = run("list")
    assert result.exit_code == 2
    assert "partitions" in result.output


def test_since_is_a_stretch_or_a_moment() -> None:
    assert moment("90m", NOW) == NOW - timedelta(minutes=90)
    assert moment("2d", NOW) == NOW - timedelta(days=2)
    assert moment("2024-05-17T09:30:00Z", NOW) == datetime(2024, 5, 17, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["yesterday", "2024-05-17T09:30:00", "2w", "999999d"])
def test_a_moment_without_an_offset_or_a_meaning_is_misuse(text: str) -> None:
    with pytest.raises(click.BadParameter):
        moment(text, NOW)


def test_the_agents_do_not_pay_for_these_commands() -> None:
    asked = "import sys, streams.__main__; sys.exit('streams.dead_letters.commands' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False, timeout=60).returncode == 0
