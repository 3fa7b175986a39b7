"""The command line: what it refuses before it touches anything, and with which exit code."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from api import __main__ as cli
from api.auth import generate_key
from api.cli.keys import Duration
from schemas.ids import TenantId
from streams.extraction.slots import Catalogues
from topology.rules_file import BUILT_IN_RULES

GOOD = ("--tenant", "acme", "--name", "test", "--scopes", "all")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "s" * 32)
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none?connect_timeout=1")


def exit_code(monkeypatch: pytest.MonkeyPatch, *command: str, told: str = "") -> object:
    monkeypatch.setattr("sys.argv", ["api", *command])
    monkeypatch.setattr("sys.stdin", io.StringIO(told))
    with pytest.raises(SystemExit) as ended:
        cli.run()
    return ended.value.code


@pytest.mark.parametrize(
    "command",
    [
        ["--help"],
        ["keys", "--help"],
        ["keys", "create", "--help"],
        ["keys", "rotate", "--help"],
        ["serve", "--help"],
        ["audit", "--help"],
        ["audit", "prune", "--help"],
    ],
)
def test_help(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    assert exit_code(monkeypatch, *command) == 0
    assert "Usage: python -m api" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["serve"], [], ["keys", "create", *GOOD]])
def test_without_a_secret_nothing_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    monkeypatch.setenv("SECRET_KEY", "short")
    assert exit_code(monkeypatch, *command) == 2
    assert "SECRET_KEY" in capsys.readouterr().err


def test_a_bad_rules_file_is_refused_before_anything_is_served(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("name: acme\nversion: none\n", "utf-8")
    monkeypatch.setenv("RULES_FILE", str(file))
    assert exit_code(monkeypatch, "serve") == 2
    assert f"{file}:2: version: must be a valid integer" in capsys.readouterr().err


def test_a_worker_is_given_the_slots_of_the_rules_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    slots = "slots: [{kind: fact, name: shoe_size, single_valued: true}]"
    text = f"name: shoes\nversion: 1\nextends: {BUILT_IN_RULES}\ntenants:\n  acme:\n    {slots}\n"
    (tmp_path / "rules.yaml").write_text(text, "utf-8")
    monkeypatch.setenv("RULES_FILE", str(tmp_path / "rules.yaml"))
    given: list[Catalogues] = []
    monkeypatch.setattr("api.app.create_app", lambda _settings, catalogues, **_: given.append(catalogues))
    cli.application()
    assert given[0].of(TenantId("acme")).slot_of("fact", "shoe_size").single_valued


@pytest.mark.parametrize(
    "command",
    [
        ["keys", "create", "--tenant", "a/b", "--name", "n"],
        ["keys", "create", "--tenant", "acme", "--name", "n", "--scopes", "read,raed"],
        ["keys", "ensure", *GOOD],
        ["audit", "prune", "--yes", "--before", "2999-01"],
        ["audit", "export", "--tenant", "a/b"],
    ],
)
def test_what_is_wrong_is_said_before_the_database_is_asked(
    monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    assert exit_code(monkeypatch, *command, told="not a key") == 1


@pytest.mark.parametrize("grace", ["soon", "1w", "-1d", ""])
def test_a_grace_that_is_no_duration_is_refused(monkeypatch: pytest.MonkeyPatch, grace: str) -> None:
    assert exit_code(monkeypatch, "keys", "rotate", str(UUID(int=1)), "--grace", grace) == 2


@pytest.mark.parametrize(("said", "seconds"), [("0", 0), ("90s", 90), ("30m", 1_800), ("12h", 43_200), ("7d", 604_800)])
def test_a_grace_is_a_number_with_its_unit(said: str, seconds: int) -> None:
    assert Duration().convert(said, None, None) == timedelta(seconds=seconds)


def test_a_database_that_is_away_means_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.cli.keys.KeyDesk", AwayDesk)
    assert exit_code(monkeypatch, "keys", "ensure", *GOOD, told=generate_key()) == 75


class AwayDesk:
    """A database that is not there."""

    def __init__(self, url: str) -> None:
        self._url = url

    def ensure(self, *_: object) -> None:
        raise psycopg.OperationalError("connection refused")
