"""Records and schemas say the same, and every way of parting is noticed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from schemas.agreement import agreement_faults, record_types
from schemas.catalogue import Catalogue, SchemaVersion, shipped
from schemas.examples import EXAMPLES
from schemas.records import ConversationEvent, MemoryItem
from topology.topics import TOPICS

Change = Callable[[list[dict[str, Any]]], object]


def faults(subject: str, change: Change) -> list[str]:
    schema = shipped().latest(subject).definition
    change(schema["fields"])
    changed = SchemaVersion(subject=subject, version=1, text=json.dumps(schema))
    catalogue = Catalogue(subjects={**shipped().subjects, subject: (changed,)})
    return [fault.detail for fault in agreement_faults(catalogue)]


def test_what_is_shipped_agrees() -> None:
    assert not agreement_faults(shipped())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda fields: fields.pop(), "attributes: the schema says None"),
        (lambda fields: fields[0].update(name="id"), "event_id: the schema says None"),
        (lambda fields: fields[0].update(type="bytes"), "event_id: the schema says bytes, the record text"),
        (lambda fields: fields[0].update(type=["null", "string"], default=None), "event_id: the schema says"),
        (lambda fields: fields[1]["type"]["symbols"].pop(), "type: the schema says"),
        (lambda fields: fields.insert(0, fields.pop()), "fields come in another order than in ConversationEvent"),
        (lambda fields: fields[13].update(default=False), "remember: the schema's default is False, the record's True"),
        (lambda fields: fields[0].pop("doc"), "ConversationEvent.event_id has no doc"),
        (lambda fields: fields[4].pop("default"), "ConversationEvent.message_id has no default"),
        (lambda fields: fields[1]["type"].pop("default"), "EventType has no default"),
    ],
)
def test_parting_is_noticed(change: Change, told: str) -> None:
    assert any(fault.startswith(told) for fault in faults(ConversationEvent.SUBJECT, change))


def test_parting_inside_a_nested_record_is_noticed() -> None:
    def swap(fields: list[dict[str, Any]]) -> None:
        cause = next(field for field in fields if field["name"] == "cause")
        cause["type"]["fields"].reverse()

    assert any(fault.startswith("cause: the schema says") for fault in faults(MemoryItem.SUBJECT, swap))


def test_a_subject_without_record_and_a_record_without_subject_are_noticed() -> None:
    subjects = dict(shipped().subjects)
    subjects["memory.moods.v1-value"] = subjects.pop(MemoryItem.SUBJECT)

    assert {(fault.subject, fault.detail) for fault in agreement_faults(Catalogue(subjects=subjects))} == {
        ("memory.moods.v1-value", "has no record"),
        (MemoryItem.SUBJECT, "has no schema"),
    }


def test_there_is_one_example_of_every_record() -> None:
    assert sorted(type(example).__name__ for example in EXAMPLES) == sorted(r.__name__ for r in record_types())


def test_the_subject_of_a_topic_is_its_name() -> None:
    for topic in TOPICS:
        if topic.record is not None:
            assert f"{topic.name}-value" == topic.record.SUBJECT
