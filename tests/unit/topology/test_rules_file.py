"""The form of a rules file: every fault of it at once, each with its line, and what is sound looked at all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from topology.rules_file import BUILT_IN_RULES, read

SOUND = """\
name: acme-memory
version: 3
extends: rules@1
tenants:
  acme:
    slots:
      - {kind: fact, name: shoe_size, single_valued: true}
    rules:
      - name: shoe-size
        version: 1
        slot: fact.shoe_size
        subjects: [my]
        pattern: 'shoe size is (?P<value>[0-9]+)'
        confidence: 0.9
        examples:
          - {said: My shoe size is 43., values: ["43"]}
        counter_examples: ["What is my shoe size?"]
""".replace("rules@1", BUILT_IN_RULES)


def written(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    text = SOUND
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = tmp_path / "rules.yaml"
    file.write_text(text, "utf-8")
    return file


def told(file: Path) -> list[str]:
    return [f"{fault.line}: {fault.what}" for fault in sorted(read(file).faults)]


def test_a_sound_file_says_what_each_tenant_decides(tmp_path: Path) -> None:
    reading = read(written(tmp_path))
    assert reading.faults == ()
    assert reading.document is not None
    assert reading.document.identity == "acme-memory@3"
    (rule,) = reading.document.tenants["acme"].rules
    assert (rule.value, rule.dated, rule.tenses, rule.examples[0].tense) == ("{value}", "no", None, "present")
    assert reading.document.tenants["acme"].roles == ("user",)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("acme-memory", "Acme", "1: name: must match pattern"),
        ("acme-memory", "rules", "1: the name `rules` is taken"),
        ("acme-memory", "command", "1: the name `command` is taken"),
        ("version: 3", "version: 0", "2: version: must be greater than or equal to 1"),
        ("version: 3", "version: '3'", "2: version: must be a valid integer"),
        (BUILT_IN_RULES, "rules@99", f"3: extends `rules@99`, but this release has {BUILT_IN_RULES}"),
        ("  acme:", "  a/b:", "5: `a/b` is no name of a tenant"),
        (
            "    slots:",
            "    roles: [user, robot]\n    slots:",
            "6: roles: must be 'user', 'assistant', 'system' or 'tool'",
        ),
        ("    slots:", "    roles: []\n    slots:", "6: roles: must not be empty"),
        ("    slots:", "    rolls: []\n    slots:", "6: unknown key `rolls`"),
        ("kind: fact,", "kind: unknown,", "7: kind: must be 'fact'"),
        ("name: shoe_size", "name: Shoe Size", "7: name: must match pattern"),
        (", single_valued: true", "", "7: `single_valued` is missing"),
        ("single_valued: true", "single_valued: 1", "7: single_valued: must be a valid boolean"),
        ("slot: fact.shoe_size", "slot: shoe_size", "11: slot: must match pattern"),
        ("subjects: [my]", "subjects: [he]", "12: subjects: must be 'i', 'we' or 'my'"),
        ("confidence: 0.9", "confidence: 1.5", "14: confidence: must be less than or equal to 1"),
        ("confidence: 0.9", "confidence: 0", "14: confidence: must be greater than 0"),
        ("confidence: 0.9", "tenses: {present: gone}", "14: present: must be 'present', 'past', 'planned' or 'ended'"),
        ("confidence: 0.9", "tenses: {perhaps: past}", "14: `perhaps` is not known here"),
        ('values: ["43"]', "values: [43]", "16: values: must be a valid string"),
        (
            'counter_examples: ["What is my shoe size?"]',
            "counter_examples: []",
            "17: counter_examples: must not be empty",
        ),
        ('counter_examples: ["What is my shoe size?"]', "", "9: `counter_examples` is missing"),
    ],
)
def test_a_fault_is_told_with_its_line(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert [each for each in told(written(tmp_path, (old, new))) if each.startswith(fault)], fault


def test_all_faults_are_told_at_once_and_what_is_left_is_read(tmp_path: Path) -> None:
    file = written(
        tmp_path, ("kind: fact", "kind: fakt"), ("confidence: 0.9", "surplus: 0.9"), (BUILT_IN_RULES, "old@1")
    )
    assert [each.split(":")[0] for each in told(file)] == ["3", "7", "9", "14"]
    reading = read(file)
    assert reading.document is not None
    assert (reading.document.tenants["acme"].slots, reading.document.tenants["acme"].rules) == ((), ())


def test_an_empty_file_is_told_what_it_lacks(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("{}", "utf-8")
    assert told(file) == [f"1: `{name}` is missing" for name in ("extends", "name", "tenants", "version")]
    file.write_text("", "utf-8")
    assert len(told(file)) == 1
