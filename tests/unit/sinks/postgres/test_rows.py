"""What a record becomes in each table, and how a batch folds to one row a key."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg.types.range import Range

from schemas.ids import ItemId
from schemas.records import Interval, Record
from sinks.ports import PoisonRecord
from sinks.postgres.rows import Row, rows_of
from sinks.postgres.tables import MEMORY_ITEM_VERSIONS, MEMORY_ITEMS, TABLES, Table
from support.derived import (
    ANNA,
    CONVERSATION,
    NOON,
    SOURCE,
    TENANT,
    Tombstone,
    Topics,
    evidence,
    item,
    message,
    named,
    outcome,
    profile,
)
from topology.tombstones import Words

BY_NAME: dict[str, Table[Any]] = {table.name: table for table in TABLES}


def rows(*said: Record | Tombstone, generation: int = 1) -> dict[str, list[dict[str, object]]]:
    """The rows of a batch, each by column."""
    topics = Topics()
    topics.append(*said)
    found = rows_of(topics.records, generation)
    return {name: [by_column(BY_NAME[name], row) for row in of_table] for name, of_table in found.items()}


def by_column(table: Table[Any], row: Row) -> dict[str, object]:
    return dict(zip(table.types, row, strict=True))


def test_a_message_keeps_its_fields_and_says_where_it_came_from() -> None:
    (row,) = rows(message("m1", "hello"))["messages"]
    assert (
        row
        | {
            "tenant_id": TENANT,
            "conversation_id": CONVERSATION,
            "message_id": "m1",
            "user_id": ANNA,
            "text": "hello",
            "occurred_at": NOON,
            "attributes": {"client": "test"},
            "redactions": ["payment_card"],
            "deleted_at": None,
            "source_topic": SOURCE.topic,
            "source_partition": SOURCE.partition,
            "source_offset": SOURCE.offset,
            "removed": False,
            "generation": 1,
            "version_offset": 0,
        }
        == row
    )


def test_the_version_is_the_generation_and_the_offset_in_the_topic_that_is_read() -> None:
    found = rows(item("Lisbon"), item("Porto"), generation=3)["memory_items"]
    assert [(row["generation"], row["version_offset"]) for row in found] == [(3, 0), (3, 1)]


def test_what_generations_share_is_of_the_first_whatever_the_sink_lands_beside_it() -> None:
    (found,) = rows(message("m1", "one"), generation=3)["messages"]
    assert found["generation"] == 1


def test_of_a_key_the_newest_version_remains() -> None:
    found = rows(message("m1", "first"), message("m2", "other"), message("m1", "second"))["messages"]
    assert {row["message_id"]: row["text"] for row in found} == {"m1": "second", "m2": "other"}


def test_an_item_gives_its_current_row_once_and_every_version() -> None:
    found = rows(item("Lisbon"), item("Lisbon"), item("Porto"))
    assert len(found["memory_items"]) == 2
    assert [row["version_offset"] for row in found["memory_item_versions"]] == [0, 1, 2]


def test_an_item_shows_its_latest_interval_and_all_of_them() -> None:
    (row,) = rows(item("Lisbon"))["memory_items"]
    assert (row["valid_from"], row["valid_to"]) == (NOON, None)
    assert list(row["validity"]) == [  # type: ignore[call-overload]
        Range(NOON - timedelta(days=9), NOON - timedelta(days=8)),
        Range(NOON, None),
    ]


def test_an_item_that_never_held_has_no_interval() -> None:
    (row,) = rows(replace(item("Lisbon"), validity=()))["memory_items"]
    assert (row["valid_from"], row["valid_to"], len(row["validity"])) == (None, None, 0)  # type: ignore[arg-type]


def test_an_interval_that_ends_before_it_begins_is_named_with_its_record() -> None:
    reversed_item = replace(item("Lisbon"), validity=(Interval(valid_from=NOON, valid_to=NOON - timedelta(days=1)),))
    with pytest.raises(PoisonRecord, match=r"memory\.items\.v1/\d at offset 1 .*: does not fit table memory_items"):
        rows(item("Porto"), reversed_item)


def test_an_item_id_that_is_no_uuid_is_named_with_its_record() -> None:
    with pytest.raises(PoisonRecord, match="offset 0"):
        rows(replace(item("Lisbon"), item_id=ItemId("lisbon")))


def test_the_evidence_of_a_command_has_an_empty_conversation() -> None:
    (row,) = rows(evidence("Lisbon", None))["evidence"]
    assert (row["conversation_id"], row["message_id"]) == ("", "command-1")


def test_an_outcome_lists_the_items_it_touched() -> None:
    (row,) = rows(outcome(7, items=(named("Lisbon"),)))["outcomes"]
    assert row["item_ids"] == [UUID(named("Lisbon"))]
    assert row["reasons"] == ["redacted"]


def test_a_profile_is_json_with_the_names_of_its_fields() -> None:
    (row,) = rows(profile("Lisbon"))["profiles"]
    assert row["slots"] == [
        {
            "item_id": named("Lisbon"),
            "kind": "fact",
            "slot": "home_city",
            "qualifier": None,
            "value": "Lisbon",
            "since": "2026-05-04T12:00:00.123456Z",
            "evidence_count": 1,
            "last_occurred_at": "2026-05-04T12:00:00.123456Z",
            "valid_to": None,
            "granularity": None,
            "due_from": None,
            "due_to": None,
            "confidence": 0.0,
            "explicit": False,
            "retention_level": "unknown",
        }
    ]


@pytest.mark.parametrize(
    ("record", "table", "flag", "key"),
    [
        (message("m1", "x"), "messages", "removed", {"conversation_id": CONVERSATION, "message_id": "m1"}),
        (item("Lisbon"), "memory_items", "deleted", {"user_id": ANNA, "item_id": UUID(named("Lisbon"))}),
        (item("Lisbon"), "memory_item_versions", "deleted", {"user_id": ANNA, "item_id": UUID(named("Lisbon"))}),
        (evidence("Lisbon", None), "evidence", "removed", {"conversation_id": "", "message_id": "command-1"}),
        (profile("Lisbon"), "profiles", "removed", {"user_id": ANNA}),
    ],
)
def test_a_tombstone_keeps_its_key_its_time_and_its_version_only(
    record: Record, table: str, flag: str, key: dict[str, object]
) -> None:
    (row,) = rows(Tombstone(of=record))[table]
    kept = {name: value for name, value in row.items() if value is not None and name not in BY_NAME[table].named}
    times = dict.fromkeys(BY_NAME[table].stamped, NOON + timedelta(hours=1))
    assert kept == {flag: True, "generation": 1, "version_offset": 0, **times}
    assert row | key | {"tenant_id": TENANT} == row


def test_an_outcome_has_no_tombstone() -> None:
    with pytest.raises(PoisonRecord, match="has no tombstones"):
        rows(Tombstone(of=outcome(7)))


def test_a_tombstone_under_a_foreign_key_is_named() -> None:
    topics = Topics()
    topics.append(Tombstone(of=message("m1", "x")))
    (good,) = topics.records
    bad = replace(good, key="acme/anna")
    with pytest.raises(PoisonRecord, match="does not fit table messages"):
        rows_of([bad], 1)


def test_both_tables_of_items_have_the_same_columns() -> None:
    assert MEMORY_ITEMS.types == MEMORY_ITEM_VERSIONS.types


def test_a_message_that_was_never_edited_gives_no_row_of_texts() -> None:
    assert "message_texts" not in rows(message("m1", "hello"), message("m2", "there"))


def test_every_text_of_a_message_that_was_edited_is_a_row() -> None:
    first, later = message("m1", "hello"), message("m1", "hullo", minute=1)
    edited = replace(later, edited_at=NOON, first_recorded_at=NOON, text_recorded_at=NOON + timedelta(minutes=1))
    found = rows(first, edited, message("m2", "there"))["message_texts"]
    assert {(row["text"], row["text_recorded_at"]) for row in found} == {
        ("hello", first.recorded_at),
        ("hullo", NOON + timedelta(minutes=1)),
    }


@pytest.mark.parametrize("words", list(Words))
def test_evidence_that_is_taken_back_says_what_becomes_of_its_words(words: Words) -> None:
    said = evidence("tea", "m1")
    told, gone = rows(said, Tombstone(of=said, words=words))["evidence_versions"]
    assert (told["words"], told["quote"], told["removed"]) == ("kept", said.quote, False)
    assert (gone["words"], gone["quote"], gone["removed"]) == (words.value, None, True)
