"""Fills PostgreSQL with messages by COPY, as the sink would have landed them, and with items and profiles by the sink.

The log knows nothing of them: this is for measuring reads alone.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

import psycopg

from benchmarks.service.chatter import HEAVY, SMALL, START, Conversation, Speaker, times
from schemas.enums import Kind
from schemas.ids import TenantId, UserId, item_id
from schemas.keys import join_key
from schemas.records import MemoryItem, Profile, ProfileEntry
from support.api_story import RECORDED, Landed, land, memory_item
from topology.topics import TopicName

TENANT: Final = TenantId("local")
AT_ONCE: Final = 20_000
"""Messages of a COPY: a statement of the sink's size would fire as many triggers, and this fills faster."""
USERS_WITH_PROFILES: Final = 500
ITEMS_EACH: Final = 10
COLUMNS: Final = (
    "tenant_id, conversation_id, message_id, user_id, speaker_name, role, text, occurred_at, remember, recalled, "
    "attributes, redactions, recorded_at, revision, source_topic, source_partition, source_offset, removed, "
    "generation, version_offset"
)


def fill(url: str, conversations: Sequence[Conversation], speaker: Speaker, first: int = 0) -> int:
    """Land every turn of the conversations; offsets go on from `first`. Returns how many there are then."""
    total = first + sum(conversation.turns for conversation in conversations)
    done, began = first, time.monotonic()
    with psycopg.connect(url) as connection:
        for some in _several(conversations):
            with connection.cursor() as cursor, cursor.copy(f"COPY messages ({COLUMNS}) FROM STDIN") as copying:
                for conversation in some:
                    copying.write("".join(_lines(conversation, speaker, done)))
                    done += conversation.turns
            connection.commit()
            _show(f"{done:,} of {total:,} messages, {time.monotonic() - began:.0f} s")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE messages")
    print(f"{done:,} messages are there, after {time.monotonic() - began:.0f} s", flush=True)
    return done


def _several(conversations: Sequence[Conversation]) -> Iterator[list[Conversation]]:
    some: list[Conversation] = []
    for conversation in conversations:
        some.append(conversation)
        if sum(one.turns for one in some) >= AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _lines(conversation: Conversation, speaker: Speaker, offset: int) -> Iterator[str]:
    """Rows as COPY reads them; nothing that is said needs escaping."""
    texts = speaker.texts(conversation)
    for number, (text, at) in enumerate(zip(texts, times(conversation), strict=True)):
        user = conversation.users[number % len(conversation.users)]
        yield (
            f"{TENANT}\t{conversation.name}\t{conversation.name}.{number}\t{user}\t{user.title()}\tUSER\t{text}\t"
            f"{at.isoformat()}\tt\tf\t{{}}\t{{}}\t{RECORDED.isoformat()}\t{offset + number}\t"
            f"conversation.events.v1\t0\t{offset + number}\tf\t1\t{offset + number}\n"
        )


def fill_memory(url: str, speaker: Speaker) -> None:
    """Items and a profile for each of some users, the heavy and the small one among them, through the real sink."""
    records: list[Landed] = []
    for number, user in enumerate(users_with_profiles()):
        items = [_item(user, str(speaker.words[50 + 37 * number + 11 * n])) for n in range(ITEMS_EACH)]
        records += [
            Landed(topic=TopicName.ITEMS, key=join_key(TENANT, user, item.item_id), value=item) for item in items
        ]
        records.append(Landed(topic=TopicName.PROFILES, key=join_key(TENANT, user), value=_profile(user, items)))
    land(url, records)


def users_with_profiles() -> list[UserId]:
    return [UserId(HEAVY), UserId(SMALL), *(UserId(f"user-{n}") for n in range(USERS_WITH_PROFILES - 2))]


def _item(user: UserId, value: str) -> MemoryItem:
    name = item_id(TENANT, user, Kind.PREFERENCE, "likes", value)
    item = memory_item(TENANT, value, value, START)
    return replace(item, user_id=user, item_id=name, kind=Kind.PREFERENCE, slot="likes")


def _profile(user: UserId, items: Sequence[MemoryItem]) -> Profile:
    entries = tuple(
        ProfileEntry(
            item_id=item.item_id,
            kind=item.kind,
            slot=item.slot,
            qualifier=None,
            value=item.value,
            since=START,
            evidence_count=1,
            last_occurred_at=START + timedelta(days=number),
        )
        for number, item in enumerate(items)
    )
    return Profile(
        tenant_id=TENANT,
        user_id=user,
        slots=(),
        top=entries,
        preferences=entries,
        active_items=len(entries),
        recorded_at=RECORDED,
    )


def _show(text: str) -> None:
    sys.stdout.write(f"\r\033[K{text}" if sys.stdout.isatty() else "")
    sys.stdout.flush()
