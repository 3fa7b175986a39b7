"""What may follow a version and what may not, with each kind of mistake planted once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.catalogue import Catalogue, SchemaVersion, shipped
from schemas.evolution import evolution_faults
from schemas.records import ConversationEvent
from schemas.releases import digest, release, released, unreleased

SUBJECT = ConversationEvent.SUBJECT
Change = Callable[[dict[str, Any]], object]


def field(schema: dict[str, Any], name: str) -> dict[str, Any]:
    return next(dict_ for dict_ in schema["fields"] if dict_["name"] == name)


def version(number: int, change: Change = lambda _: None) -> SchemaVersion:
    schema = shipped().latest(SUBJECT).definition
    change(schema)
    return SchemaVersion(subject=SUBJECT, version=number, text=json.dumps(schema))


def catalogue(*versions: SchemaVersion) -> Catalogue:
    return Catalogue(subjects={SUBJECT: versions})


def faults(*versions: SchemaVersion) -> list[str]:
    return [str(fault) for fault in evolution_faults(catalogue(*versions), {})]


def add(new: dict[str, Any]) -> Change:
    return lambda schema: schema["fields"].append(new)


def test_what_is_shipped_may_stand() -> None:
    assert not evolution_faults(shipped(), released())


@pytest.mark.parametrize(
    "change",
    [
        add({"name": "mood", "type": ["null", "string"], "default": None}),
        lambda schema: schema["fields"].remove(field(schema, "language")),
        lambda schema: field(schema, "type")["type"]["symbols"].append("MESSAGE_PINNED"),
        lambda schema: schema["fields"].reverse(),
        lambda schema: field(schema, "text").update(doc="Other words."),
    ],
    ids=["new field with default", "field with default gone", "new symbol", "other order", "other doc"],
)
def test_what_may_follow(change: Change) -> None:
    assert not faults(version(1), version(2, change))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (add({"name": "mood", "type": "string"}), "cannot read version 1 (reader_field_missing_default_value"),
        (lambda schema: schema["fields"].remove(field(schema, "event_id")), "cannot be read by version 1"),
        (lambda schema: field(schema, "event_id").update(type="long"), "type_mismatch"),
        (lambda schema: field(schema, "text").update(type=["null", "boolean"]), "missing_union_branch"),
        (lambda schema: field(schema, "event_id").update(type=["null", "string"]), "cannot be read by version 1"),
        (lambda schema: schema.update(name="Event"), "name_mismatch"),
    ],
    ids=["no default", "required field gone", "other type", "other branch", "nullable now", "renamed"],
)
def test_what_may_not_follow(change: Change, told: str) -> None:
    found = faults(version(1), version(2, change))

    assert any(told in fault for fault in found), found


def test_a_version_is_compared_with_all_before_it() -> None:
    def mood(kind: str) -> Change:
        return add({"name": "mood", "type": ["null", kind], "default": None})

    found = faults(version(1, mood("string")), version(2), version(3, mood("long")))

    assert found
    assert all(fault.startswith(f"{SUBJECT} version 3") and "version 1" in fault for fault in found)


@pytest.mark.parametrize("text", ["{", '{"type": "recod", "name": "A", "fields": []}', "[]x"])
def test_what_is_no_schema_is_named(text: str) -> None:
    (fault,) = faults(version(1), SchemaVersion(subject=SUBJECT, version=2, text=text))

    assert fault.startswith(f"{SUBJECT} version 2: is no Avro schema")


def test_a_gap_between_versions_is_named() -> None:
    assert faults(version(1), version(3)) == [f"{SUBJECT} version 3: versions must be numbered 1 upwards without a gap"]


def test_a_released_version_may_not_change() -> None:
    digests = {SUBJECT: {1: digest(version(1))}}
    changed = version(1, lambda schema: field(schema, "text").update(doc="Other words."))

    assert not evolution_faults(catalogue(version(1)), digests)
    (fault,) = evolution_faults(catalogue(changed), digests)
    assert fault.detail == "was released and has changed: make a new version"


def test_a_released_version_may_not_go() -> None:
    digests = {SUBJECT: {1: digest(version(1))}, "gone-value": {1: "0" * 64}}

    assert [str(fault) for fault in evolution_faults(catalogue(version(1)), digests)] == [
        "gone-value version 1: was released and is gone"
    ]


def test_a_release_adds_what_is_new_and_keeps_what_was(tmp_path: Path) -> None:
    file = tmp_path / "released.json"

    assert release(catalogue(version(1)), file) == [version(1)]
    first = released(file)
    changed, second = version(1, lambda schema: schema.update(doc="Other words.")), version(2)
    assert release(catalogue(changed, second), file) == [second]

    assert released(file) == {SUBJECT: {1: first[SUBJECT][1], 2: digest(second)}}
    assert not unreleased(catalogue(version(1), second), released(file))
