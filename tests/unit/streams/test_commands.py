"""`python -m streams`: what a person is told who asks for what makes no sense."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from streams.__main__ import cli


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["replay", *words])


@pytest.mark.parametrize("words", [(), ("--into", "shadow"), ("--extractor", "rules@1")])
def test_a_replay_has_a_file_or_a_shadow_and_its_extractor(words: tuple[str, ...]) -> None:
    answer = run(*words)

    assert answer.exit_code == 2
    assert "give a FILE, or --into shadow with --extractor NAME@VERSION" in answer.output


def test_an_extractor_that_is_not_here_is_named_before_anything_is_made() -> None:
    answer = run("--into", "shadow", "--extractor", "rules@99")

    assert answer.exit_code == 2
    assert "there is no extractor rules@99 here: this is rules@1" in answer.output


def test_every_command_says_what_it_does() -> None:
    for name, command in cli.commands.items():
        assert CliRunner().invoke(cli, [name, "--help"]).exit_code == 0
        assert command.help, name
