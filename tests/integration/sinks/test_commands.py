"""The commands of `python -m sinks` that keep the schema."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from click.testing import CliRunner, Result

from sinks.__main__ import main
from sinks.postgres.migrate import history
from support.infrastructure import Infrastructure

pytestmark = pytest.mark.integration

HEAD = history()[-1].number


@pytest.fixture
def url(infrastructure: Infrastructure) -> Iterator[str]:
    with infrastructure.fresh_database() as found:
        yield found


def run(url: str, *words: str) -> Result:
    return CliRunner().invoke(main, words, env={"DATABASE_URL": url})


def test_the_schema_goes_up_and_down_by_command(url: str) -> None:
    assert run(url, "current").output == "empty\n"
    assert run(url, "migrate").output == f"empty -> {HEAD}\n"
    assert run(url, "current").output == f"{HEAD}\n"
    assert run(url, "migrate", "--to", "base").output == f"{HEAD} -> empty\n"


def test_who_upgrades_is_told_of_what_is_to_be_sealed(url: str) -> None:
    run(url, "migrate")
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO search_tail SELECT 't', 'c', n::text, 0 FROM generate_series(1, 20000) AS n")
    assert "20000 messages are in no block yet" in run(url, "migrate").output


def test_an_unknown_revision_is_said_in_a_line(url: str) -> None:
    answer = run(url, "migrate", "--to", "9999")
    assert (answer.exit_code, answer.output) == (1, "Error: Can't locate revision identified by '9999'\n")


def test_a_database_that_is_away_is_said_in_a_line() -> None:
    answer = run("postgresql://nobody:secret@127.0.0.1:1/none", "migrate")
    assert answer.exit_code == 1
    assert answer.output.startswith("Error: connection failed")
    assert "secret" not in answer.output


def test_every_command_says_what_it_does() -> None:
    for name, command in main.commands.items():
        assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0
        assert command.help, name


def test_history_needs_no_database() -> None:
    assert run("", "history").output.startswith("0001  ")
