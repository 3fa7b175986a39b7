"""Loading a rules file: what it makes of extraction, and everything for which it is refused, with its line."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from schemas.enums import Kind, RetentionLevel, Role
from schemas.ids import TenantId
from streams.extraction.rules import RuleExtractor
from streams.rulebook import load
from topology.errors import Misconfigured
from topology.marked_yaml import Refused
from topology.retention import Kept
from topology.rules_file import BUILT_IN_RULES

PROJECT = Path(__file__).resolve().parents[3]
ACME = TenantId("acme")
SOUND = f"""\
name: acme-memory
version: 3
extends: {BUILT_IN_RULES}
tenants:
  acme:
    roles: [assistant, user]
    off: [likes.i_like]
    slots:
      - {{kind: fact, name: shoe_size, single_valued: true}}
    rules:
      - name: shoe-size
        version: 1
        slot: fact.shoe_size
        subjects: [my]
        pattern: 'shoe size is (?P<value>[0-9]+)'
        confidence: 0.9
        examples:
          - {{said: My shoe size is 43., values: ["43"]}}
        counter_examples:
          - My shoe size is fine.
"""


def written(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    text = SOUND
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = tmp_path / "rules.yaml"
    file.write_text(text, "utf-8")
    return file


def faults(tmp_path: Path, *changes: tuple[str, str]) -> list[str]:
    file = written(tmp_path, *changes)
    with pytest.raises(Refused) as refused:
        load(file)
    return [line.removeprefix(f"{file}:") for line in str(refused.value).splitlines()]


def test_without_a_file_there_are_the_built_in_rules() -> None:
    book = load(None)
    assert (book.name, book.extractor.name, book.tenants) == (BUILT_IN_RULES, BUILT_IN_RULES, {})
    assert isinstance(book.extractor, RuleExtractor)


def test_a_file_names_the_extractor_and_says_what_each_tenant_has(tmp_path: Path) -> None:
    book = load(written(tmp_path))
    assert book.name == book.extractor.name == "acme-memory@3"
    assert book.roles == {ACME: frozenset({Role.USER, Role.ASSISTANT})}
    assert book.catalogues.of(ACME).slot_of("fact", "shoe_size").single_valued
    assert sorted(book.tenants[ACME].off) == ["likes.i_like"]
    assert [rule.identifier for rule in book.tenants[ACME].rules] == ["shoe-size@1"]


def test_the_file_in_the_documentation_is_sound(tmp_path: Path) -> None:
    text = (PROJECT / "docs" / "rules.md").read_text("utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "rules.yaml").write_text(example, "utf-8")
    book = load(tmp_path / "rules.yaml")
    assert {slot.kind for slot in book.tenants[ACME].slots} == {Kind.FACT, Kind.PREFERENCE}
    assert len(book.tenants[ACME].rules) == 4


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("likes.i_like", "likes.i_lik", "7: there is no built-in rule `likes.i_lik`; did you mean `likes.i_like`?"),
        ("likes.i_like", "likes.i_like, likes.i_like", "7: `likes.i_like` is switched off already"),
        ("likes.i_like", "shoe-size", "7: there is no built-in rule `shoe-size`"),
        ("shoe_size", "home_city", "9: the slot fact.home_city is built in"),
        (
            "    rules:",
            "      - {kind: fact, name: shoe_size, single_valued: false}\n    rules:",
            "10: the slot fact.shoe_size is added already",
        ),
        ("name: shoe-size", "name: likes.i_like", "11: `likes.i_like` is a built-in rule"),
        ("slot: fact.shoe_size", "slot: contact.shoe_size", "13: there is no slot contact.shoe_size"),
        ("[0-9]+)", "[0-9]+", "15: pattern: missing )"),
        ("(?P<value>", "(", "15: pattern: needs a group"),
        (
            "confidence: 0.9",
            "confidence: 0.9\n        value: '{thing}'",
            "17: value: `{thing}` is no group of the pattern",
        ),
        (
            "confidence: 0.9",
            "confidence: 0.9\n        value: '{value.__class__}'",
            "17: value: `{value.__class__}` is no",
        ),
        ("confidence: 0.9", "confidence: 0.9\n        value: '{value!r}'", "17: value: `{value}` is no group"),
        ("confidence: 0.9", "confidence: 0.9\n        value: '{value'", "17: value: expected '}'"),
        ('["43"]', '["44"]', "18: shoe-size finds '43' (present) in 'My shoe size is 43.', not '44' (present)"),
        ('["43"]', '["43", "44"]', "18: shoe-size finds '43' (present) in "),
        (
            '["43"]',
            '["43"], tense: past',
            "18: shoe-size finds '43' (present) in 'My shoe size is 43.', not '43' (past)",
        ),
        ("My shoe size is 43.", "If my shoe size is 43.", "18: shoe-size finds nothing in 'If my shoe size is 43.'"),
        ("is fine.", "is 12.", "20: shoe-size finds '12' (present) in 'My shoe size is 12.', which it must not"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_line(tmp_path: Path, old: str, new: str, fault: str) -> None:
    (told,) = faults(tmp_path, (old, new))
    assert told.startswith(fault)


def test_faults_of_form_and_of_meaning_are_told_at_once(tmp_path: Path) -> None:
    again = SOUND[SOUND.index("      - name: shoe-size") :]
    told = faults(
        tmp_path,
        ("version: 3", "version: 3\nsurplus: 1"),
        ("likes.i_like", "likes"),
        ("is fine.\n", f"is 12.\n{again}"),
    )
    assert [each.split(":")[0] for each in told] == ["3", "8", "21", "22"]
    assert "`shoe-size` is a rule of this tenant already" in told[3]


def test_a_rule_behind_a_faulty_one_is_told_with_its_own_line(tmp_path: Path) -> None:
    again = SOUND[SOUND.index("      - name: shoe-size") :].replace("shoe-size", "other").replace("is fine", "is 12")
    told = faults(tmp_path, ("confidence: 0.9", "confidence: 9"), ("is fine.\n", f"is fine.\n{again}"))
    assert told == [
        "16: confidence: must be less than or equal to 1",
        "30: other finds '12' (present) in 'My shoe size is 12.', which it must not",
    ]


def test_a_rule_of_a_built_in_slot_goes_before_the_built_in_one_that_reads_the_same_words(tmp_path: Path) -> None:
    rule = SOUND[SOUND.index("      - name: shoe-size") :]
    city = (
        rule.replace("shoe-size", "based")
        .replace("fact.shoe_size", "fact.home_city")
        .replace("subjects: [my]", "subjects: [i]")
        .replace("shoe size is (?P<value>[0-9]+)", "live in (?P<value>[a-z]+)")
        .replace("My shoe size is 43.", "I live in Porto.")
        .replace('["43"]', "[Porto]")
    )
    assert load(written(tmp_path, ("is fine.\n", f"is fine.\n{city}"))).tenants[ACME].rules[1].name == "based"


RETENTION = """\
    retention:
      days: {short: 7, long: never}
      rules:
        - {kind: fact, slot: shoe_size, level: short}
      otherwise: short
    slots:"""


def test_a_tenant_keeps_what_is_found_for_as_long_as_its_file_says(tmp_path: Path) -> None:
    policies = load(written(tmp_path, ("    slots:", RETENTION))).retention
    size = Kept(kind=Kind.FACT, slot="shoe_size", confidence=0.9, explicit=False)

    assert policies.of(ACME).level_of(size) is RetentionLevel.SHORT
    assert policies.of(ACME).lifetimes[RetentionLevel.SHORT] == timedelta(days=7)
    assert policies.of(ACME).lifetimes[RetentionLevel.LONG] is None
    assert policies.of(TenantId("another")).level_of(size) is RetentionLevel.LONG


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("slot: shoe_size", "slot: show_size", "11: there is no slot `show_size` of kind fact"),
        ("short: 7", "short: 0", "9: short: must be `never`, or more than 0 and up to 36500"),
        ("level: short", "level: forever", "11: level: must be 'working', 'short', 'long' or 'permanent'"),
        ("otherwise: short", "elsewhere: short", "12: unknown key `elsewhere`"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_with_its_line(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert fault in faults(tmp_path, ("    slots:", RETENTION.replace(old, new)))[0]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"absent\.yaml"):
        load(tmp_path / "absent.yaml")
