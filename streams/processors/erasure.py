"""A person's memory erased: every row of theirs goes, with a tombstone wherever one was sent.

Free of I/O; reads and writes the typed stores it is given. What is said after an erasure is remembered again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from schemas.keys import split_key
from streams.ports import Output, Stores
from streams.processors.assertions import Origin, Owner, tombstone
from topology import tombstones
from topology.stages import EVIDENCE_ROWS, ITEM_SUMMARIES, MESSAGE_ITEMS, PROFILE_ROWS, WAITING_COMMANDS
from topology.tombstones import TakenBack, Words
from topology.topics import TopicName


def erase(owner: Owner, recorded_at: datetime, stores: Stores) -> Iterator[Output]:
    """Tombstones of all evidence, what was taken back long ago too, and of all items of the user.

    The profile's follows when the run finishes.
    """
    below, erased = owner.key(""), TakenBack(recorded_at=recorded_at, words=Words.ERASED)
    for key, rested in list(stores.scan(MESSAGE_ITEMS, below)):
        conversation_id, message_id = split_key(key)[2:]
        origin = Origin(conversation_id=conversation_id, message_id=message_id)
        for item_id in dict.fromkeys(ref.item_id for ref in (*rested.refs, *rested.former)):
            yield tombstone(owner, item_id, origin, erased)
        stores.delete(MESSAGE_ITEMS, key)
    for key, _ in list(stores.scan(EVIDENCE_ROWS, below)):
        stores.delete(EVIDENCE_ROWS, key)
    for key, _ in list(stores.scan(ITEM_SUMMARIES, below)):
        stores.delete(ITEM_SUMMARIES, key)
        headers = tombstones.headers(erased)
        yield Output(topic=TopicName.ITEMS, key=key, value=None, routing=owner.routing, headers=headers)
    for key, _ in list(stores.scan(WAITING_COMMANDS, below)):
        stores.delete(WAITING_COMMANDS, key)
    stores.delete(PROFILE_ROWS, owner.key())
