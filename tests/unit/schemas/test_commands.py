"""`python -m schemas`, without a network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from schemas import __main__ as commands
from schemas import catalogue as catalogue_module
from schemas.catalogue import Catalogue, SchemaVersion, shipped
from schemas.records import ConversationEvent


def run(*arguments: str) -> Result:
    return CliRunner().invoke(commands.main, list(arguments))


def plant(monkeypatch: pytest.MonkeyPatch, *versions: SchemaVersion) -> None:
    planted = Catalogue(subjects={**catalogue_module.shipped().subjects, versions[0].subject: versions})
    monkeypatch.setattr(commands, "shipped", lambda: planted)


def test_check_passes_what_is_shipped() -> None:
    result = run("check")

    assert result.exit_code == 0, result.output
    versions = len(list(shipped()))
    assert f"{versions} versions of 13 subjects are compatible" in result.output


def test_check_fails_for_a_planted_incompatible_version(monkeypatch: pytest.MonkeyPatch) -> None:
    first = shipped().latest(ConversationEvent.SUBJECT)
    schema = first.definition
    schema["fields"].append({"name": "mood", "type": "string", "doc": "Planted."})
    plant(monkeypatch, first, SchemaVersion(subject=first.subject, version=2, text=json.dumps(schema)))

    result = run("check")

    assert result.exit_code == 1
    assert "conversation.events.v1-value version 2: cannot read version 1" in result.output


def test_check_fails_where_the_records_say_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    first = shipped().latest(ConversationEvent.SUBJECT)
    schema = first.definition
    schema["fields"].append({"name": "mood", "type": ["null", "string"], "default": None, "doc": "Planted."})
    plant(monkeypatch, first, SchemaVersion(subject=first.subject, version=2, text=json.dumps(schema)))

    result = run("check")

    assert result.exit_code == 1
    assert "version 2: mood: the schema says" in result.output


def test_check_tells_what_is_not_released(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "released", dict)

    assert run("check").exit_code == 0
    strict = run("check", "--released")
    assert strict.exit_code == 1
    assert "conversation.events.v1-value version 1: not released yet" in strict.output


def test_golden_writes_once(tmp_path: Path) -> None:
    assert "written" in run("golden", "--into", str(tmp_path)).output
    assert not run("golden", "--into", str(tmp_path)).output


def test_list_names_every_subject() -> None:
    output = run("list").output

    assert all(subject in output for subject in shipped().subjects)


@pytest.mark.parametrize("command", ["", "list", "check", "release", "golden", "register"])
def test_every_command_explains_itself(command: str) -> None:
    result = run(*command.split(), "--help")

    assert result.exit_code == 0
    assert "Usage:" in result.output
