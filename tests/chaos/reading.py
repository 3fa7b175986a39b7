"""Reads what a run left behind, from Kafka, PostgreSQL and Redis as anybody could, into plain values.

Looks at the tenants of one run only, so that a stack may be used again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, cast

import psycopg
import redis
from confluent_kafka import Message
from psycopg.rows import dict_row
from psycopg.types.multirange import Multirange

from chaos.found import VIEWS, Found, Place, Row, Rows, Stored
from chaos.rows import LEARNED, PROFILE_LISTS, RECORDS, STORES, is_visible, shown, shown_rows, stored_rows
from schemas.codec import Codec
from schemas.records import Outcome, Profile
from support.broker import read_all
from support.stack import Stack
from topology.topics import TopicName

_TABLES = {"messages": "messages", "evidence": "evidence", "items": "memory_items", "profiles": "profiles"}
_GONE = {"messages": "removed", "evidence": "removed", "items": "deleted", "profiles": "removed"}
_KEYS = {
    "messages": ("tenant_id", "conversation_id", "message_id"),
    "evidence": ("tenant_id", "user_id", "item_id", "conversation_id", "message_id"),
    "items": ("tenant_id", "user_id", "item_id"),
    "profiles": ("tenant_id", "user_id"),
}
ACCOUNT_SECONDS = 30.0
_MOMENTS = ("since", "last_occurred_at", "valid_to", "due_from", "due_to")


def read(stack: Stack, codec: Codec, prefix: str, *, redis_forgot: bool) -> Found:
    """Everything of the run whose tenants begin with `prefix`; the stack must have nothing left to do."""
    kafka = stack.environment["KAFKA_BOOTSTRAP_SERVERS"]
    events = standing(stack, prefix)
    places = {event.place for event in events}
    feed = list(_stored(kafka, TopicName.ITEMS, prefix))
    with psycopg.connect(stack.environment["DATABASE_URL"]) as connection:
        tables = {view: _table(connection, view, prefix) for view in VIEWS}
        outcomes = _outcome_rows(connection, places)
        versions = _versions(connection, prefix)
    unaccounted = _unaccounted(stack, prefix)
    profiles, turns = _redis(stack.environment["REDIS_URL"], prefix)
    return Found(
        events=events,
        tables=tables,
        topics={view: _topic(kafka, view, codec, prefix) for view in VIEWS},
        changelogs=_changelogs(kafka, codec, prefix),
        outcomes=outcomes,
        outcome_records=_outcome_records(kafka, codec, places),
        dead_letters=[_letter(each) for each in _stored(kafka, TopicName.EVENTS_DEAD_LETTERS, prefix)],
        item_records=[((each.key or b"").decode(), each.offset, each.value) for each in feed],
        item_versions=versions,
        unaccounted=unaccounted,
        redis_profiles=profiles,
        redis_turns=turns,
        redis_forgot=redis_forgot,
    )


def standing(stack: Stack, prefix: str) -> list[Stored]:
    """The input as it stands in Kafka, in the order of its places."""
    kafka = stack.environment["KAFKA_BOOTSTRAP_SERVERS"]
    return sorted(_stored(kafka, TopicName.EVENTS, prefix), key=lambda event: event.place)


def _stored(kafka: str, topic: TopicName, prefix: str) -> Iterator[Stored]:
    start = prefix.encode()
    return (stored(each) for each in read_all(kafka, topic) if (each.key() or b"").startswith(start))


def stored(message: Message) -> Stored:
    partition, offset = message.partition(), message.offset()
    assert partition is not None
    assert offset is not None
    return Stored(
        partition=partition,
        offset=offset,
        timestamp=datetime.fromtimestamp(message.timestamp()[1] / 1_000, UTC),
        key=message.key(),
        value=message.value(),
        headers=cast("Sequence[tuple[str, bytes | None]]", message.headers() or ()),
    )


def _topic(kafka: str, view: str, codec: Codec, prefix: str) -> Rows:
    topic, record = RECORDS[view]
    last = {(each.key or b"").decode(): each.value for each in _stored(kafka, topic, prefix)}
    return shown_rows(view, ((key, codec.decode(value, record)) for key, value in last.items() if value is not None))


def _changelogs(kafka: str, codec: Codec, prefix: str) -> Mapping[str, Rows]:
    """Both as an agent catches up from them: committed records, the last of each key, tombstones applied."""
    starts = tuple(f"{store.prefix}/{prefix}".encode() for store in STORES)
    last: dict[bytes, bytes | None] = {}
    for topic in (TopicName.EXTRACT_CHANGELOG, TopicName.CONSOLIDATE_CHANGELOG):
        read = ((each.key() or b"", each.value()) for each in read_all(kafka, topic))
        last.update((key, value) for key, value in read if key.startswith(starts))
    return stored_rows({key: value for key, value in last.items() if value is not None}, codec)


def _letter(stored: Stored) -> tuple[Place, bytes | None, bytes | None]:
    told = {name: value or b"-1" for name, value in stored.headers}
    place = int(told["__connect.errors.partition"]), int(told["__connect.errors.offset"])
    return place, stored.key, stored.value


def _outcome_records(kafka: str, codec: Codec, places: set[Place]) -> list[tuple[Place, Row]]:
    values = (codec.decode(each.value() or b"", Outcome) for each in read_all(kafka, TopicName.OUTCOMES))
    told = (((value.source.partition, value.source.offset), value) for value in values)
    return [(place, shown(value)) for place, value in told if place in places]


def _table(connection: psycopg.Connection[Any], view: str, prefix: str) -> Rows:
    record = RECORDS[view][1]
    names = [field.name for field in fields(record) if field.name not in LEARNED]  # type: ignore[arg-type]
    columns = ", ".join(f'"{name}"' for name in names)
    query = f"SELECT {columns} FROM {_TABLES[view]} WHERE starts_with(tenant_id, %s) AND NOT {_GONE[view]}"
    with connection.cursor(row_factory=dict_row) as cursor:
        found = [_row(view, row) for row in cursor.execute(query.encode(), (prefix,))]
    keyed = {"/".join(str(row[name] or "") for name in _KEYS[view]): row for row in found}
    return {key: row for key, row in keyed.items() if is_visible(view, row)}


def _row(view: str, row: Mapping[str, Any]) -> Row:
    made: dict[str, Any] = {
        name: str(value) if name in ("item_id", "superseded_by") and value else value for name, value in row.items()
    }
    if view == "items":
        intervals = cast("Multirange[datetime]", made["validity"])
        made["validity"] = [[each.lower, each.upper] for each in intervals]
    if view == "evidence":
        made["conversation_id"] = made["conversation_id"] or None
    if view == "profiles":
        made |= {name: _entries(made[name]) for name in PROFILE_LISTS}
    return made


def _entries(entries: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Lines of a profile with their times as times."""
    return [
        {
            name: datetime.fromisoformat(value) if name in _MOMENTS and value is not None else value
            for name, value in entry.items()
        }
        for entry in entries
    ]


def _outcome_rows(connection: psycopg.Connection[Any], places: set[Place]) -> dict[Place, Row]:
    told = [field.name for field in fields(Outcome) if field.name not in LEARNED and field.name != "item_ids"]
    columns = ", ".join(f'"{name}"' for name in ("source_partition", "source_offset", *told))
    query = f"SELECT {columns}, item_ids::text[] AS item_ids FROM outcomes WHERE source_topic = %s".encode()
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = {
            (row.pop("source_partition"), row.pop("source_offset")): row
            for row in cursor.execute(query, (str(TopicName.EVENTS),))
        }
    return {place: row for place, row in rows.items() if place in places}


def _versions(connection: psycopg.Connection[Any], prefix: str) -> frozenset[tuple[str, int]]:
    query = (
        b"SELECT tenant_id || '/' || user_id || '/' || item_id, version_offset FROM memory_item_versions"
        b" WHERE starts_with(tenant_id, %s)"
    )
    return frozenset((str(key), int(offset)) for key, offset in connection.execute(query, (prefix,)))


def _unaccounted(stack: Stack, prefix: str) -> list[tuple[str, int, int, int]]:
    """Asked again for a while: the account is no answer to anybody, so nobody's lag waits for it."""
    query = (
        "SELECT tenant_id, partition, received, outcomes FROM unaccounted_events"
        " WHERE starts_with(tenant_id, %s) ORDER BY hour, 1, 2"
    )
    deadline = time.monotonic() + ACCOUNT_SECONDS
    while (rows := stack.rows(query, prefix)) and time.monotonic() < deadline:
        time.sleep(0.5)
    return [(str(tenant), int(partition), int(received), int(ended)) for tenant, partition, received, ended in rows]


def _redis(url: str, prefix: str) -> tuple[Rows, dict[str, str | None]]:
    client = redis.Redis.from_url(url, decode_responses=True)
    try:
        profiles = {}
        for key in client.scan_iter(f"alluvium:*:profile:{prefix}*", count=1_000):
            value = cast("str", client.hget(key, "value"))
            if value:
                profiles[key.split(":", 3)[3]] = _profile(key.split(":", 3)[3], value)
        turns: dict[str, str | None] = {}
        for key in client.scan_iter(f"alluvium:*:turns:{prefix}*", count=1_000):
            for field, entry in cast("dict[str, str]", client.hgetall(key)).items():
                if field.startswith("m:"):
                    turn = entry.split(" ", 2)[2]
                    turns[f"{key.split(':', 3)[3]}/{field[2:]}"] = json.loads(turn)["text"] if turn else None
    finally:
        client.close()
    return {key: row for key, row in profiles.items() if is_visible("profiles", row)}, turns


def _profile(key: str, value: str) -> Row:
    told = json.loads(value)
    names = {field.name for field in fields(Profile)} - LEARNED
    row = {name: told[name] for name in names if name in told} | {"tenant_id": key.split("/", maxsplit=1)[0]}
    return row | {name: _entries(row[name]) for name in PROFILE_LISTS}
