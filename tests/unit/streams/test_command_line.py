"""`python -m streams rules` and `replay`: what people see of a tenant's rules, and of a file that is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streams.__main__ import cli
from topology.errors import MISCONFIGURED
from topology.rules_file import BUILT_IN_RULES

RULES = f"""\
name: acme-memory
version: 3
extends: {BUILT_IN_RULES}
tenants:
  acme:
    roles: [user, assistant]
    off: [likes.i_like]
    slots: [{{kind: fact, name: shoe_size, single_valued: true}}]
    rules:
      - name: shoe-size
        version: 1
        slot: fact.shoe_size
        subjects: [my]
        pattern: 'shoe size is (?P<value>[0-9]+)'
        confidence: 0.9
        examples: [{{said: My shoe size is 43., values: ["43"]}}]
        counter_examples: [My shoe size is fine.]
"""
TALK = [("ana", "My shoe size is 43."), ("ana", "I love jazz."), ("assistant", "My shoe size is 12.")]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    file = tmp_path / "rules.yaml"
    file.write_text(RULES, "utf-8")
    return file


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    lines = [
        {
            "message_id": f"m{number}",
            "conversation_id": "c1",
            "speaker": speaker,
            "speaker_id": speaker,
            "occurred_at": f"2024-03-01T10:0{number}:00Z",
            "text": text,
        }
        for number, (speaker, text) in enumerate(TALK)
    ]
    file = tmp_path / "talk.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    return file


def run(*arguments: object, **environ: str) -> Result:
    return CliRunner().invoke(cli, [str(each) for each in arguments], env={"RULES_FILE": "", **environ})


def rows(result: Result) -> dict[str, tuple[str, str]]:
    """By rule, what it is to the tenant, and what it found."""
    assert result.exit_code == 0, result.output
    cells = [[cell.strip() for cell in line.split("\u2502")[1:-1]] for line in result.output.splitlines()]
    return {row[0]: (row[1], row[-1]) for row in cells if row}


def test_the_rules_of_a_tenant_are_listed_beside_the_built_in_ones_with_what_they_find(rules: Path, talk: Path) -> None:
    listed = rows(run("rules", talk, "--rules-file", rules))
    assert listed["shoe-size@1"] == ("own", "2")
    assert listed["likes.i_like@1"] == ("off", "0")
    assert listed["home_city.live_in@1"] == ("built in", "0")


def test_the_rules_file_may_be_named_by_the_setting(rules: Path, talk: Path) -> None:
    assert rows(run("rules", talk, RULES_FILE=str(rules)))["shoe-size@1"] == ("own", "2")
    assert "shoe-size@1" not in rows(run("rules", talk))


def test_another_tenant_has_the_built_in_rules(rules: Path, talk: Path) -> None:
    listed = rows(run("rules", talk, "--rules-file", rules, "--tenant", "other"))
    assert "shoe-size@1" not in listed
    assert listed["likes.i_like@1"] == ("built in", "1")


def test_of_several_tenants_one_must_be_named(rules: Path, talk: Path) -> None:
    rules.write_text(f"{RULES}  other: {{}}\n", "utf-8")
    result = run("replay", talk, "--rules-file", rules)
    assert (result.exit_code, "--tenant acme|other" in result.output) == (2, True)
    assert run("replay", talk, "--rules-file", rules, "--tenant", "other").exit_code == 0


def test_a_replay_remembers_by_the_rules_of_the_tenant(rules: Path, talk: Path) -> None:
    lines = run("replay", talk, "--rules-file", rules).output.splitlines()
    assert sorted(lines) == [
        "3 events stored",
        "ana\tfact\tshoe_size\t43\tactive",
        "assistant\tfact\tshoe_size\t12\tactive",
    ]
    assert [line.split("\t")[2] for line in run("replay", talk).output.splitlines()[1:]] == ["likes"]


def test_a_sound_file_is_told_what_it_adds(rules: Path) -> None:
    result = run("rules", "--check", rules)
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        f"acme-memory@3 is sound, and rests on {BUILT_IN_RULES}",
        "acme: hears assistant, user",
        "  off   likes.i_like",
        "  slot  fact.shoe_size (single-valued)",
        "  rule  shoe-size@1 -> fact.shoe_size (examples: 1, counter-examples: 1)",
    ]


@pytest.mark.parametrize("how", [("rules", "--check"), ("rules", "--rules-file")])
def test_a_bad_file_is_refused_with_the_line_of_each_fault(rules: Path, how: tuple[str, ...]) -> None:
    rules.write_text(RULES.replace("version: 3", "version: x").replace("0.9", "9"), "utf-8")
    result = run(*how, rules)
    assert result.exit_code == MISCONFIGURED
    assert f"{rules}:2: version: " in result.output
    assert f"{rules}:15: confidence: " in result.output


@pytest.mark.parametrize("stage", ["extract", "consolidate"])
def test_an_agent_does_not_start_with_a_bad_file(rules: Path, stage: str) -> None:
    rules.write_text(RULES.replace("43", "forty-three"), "utf-8")
    result = run(stage, RULES_FILE=str(rules))
    assert (result.exit_code, f"{rules}:16: shoe-size finds nothing" in result.output) == (MISCONFIGURED, True)


@pytest.mark.parametrize("words", [(), ("--into", "shadow"), ("--extractor", "rules@2")])
def test_a_replay_has_a_file_or_a_shadow_and_its_extractor(words: tuple[str, ...]) -> None:
    answer = run("replay", *words)

    assert answer.exit_code == 2
    assert "give a FILE, or --into shadow with --extractor NAME@VERSION" in answer.output


def test_an_extractor_that_is_not_here_is_named_before_anything_is_made() -> None:
    answer = run("replay", "--into", "shadow", "--extractor", "rules@99")

    assert answer.exit_code == 2
    assert f"there is no extractor rules@99 here: this is {BUILT_IN_RULES}" in answer.output
