"""A person's memory erased: every row of theirs goes, with a tombstone wherever one was sent.

Free of I/O; reads and writes the typed stores it is given. What is said after an erasure is remembered again.
"""

from __future__ import annotations

from collections.abc import Iterator

from schemas.keys import split_key
from schemas.state import EvidenceRef
from streams.ports import Output, Stores
from streams.processors.assertions import Origin, Owner, output
from topology.stages import EVIDENCE_ROWS, ITEM_SUMMARIES, MESSAGE_ITEMS, PROFILE_ROWS, WAITING_COMMANDS
from topology.topics import TopicName


def erase(owner: Owner, stores: Stores) -> Iterator[Output]:
    """Tombstones of all evidence and items of the user; the profile's follows when the run finishes."""
    below = owner.key("")
    for key, row in list(stores.scan(EVIDENCE_ROWS, below)):
        track, _, conversation_id, message_id = split_key(key)[2:]
        stores.delete(EVIDENCE_ROWS, key)
        origin = Origin(conversation_id=conversation_id, message_id=message_id)
        yield output(owner, EvidenceRef(track=track, item_id=row.item_id), origin, None)
    for key, _ in list(stores.scan(ITEM_SUMMARIES, below)):
        stores.delete(ITEM_SUMMARIES, key)
        yield Output(topic=TopicName.ITEMS, key=key, value=None, routing=owner.routing)
    for key, _ in list(stores.scan(MESSAGE_ITEMS, below)):
        stores.delete(MESSAGE_ITEMS, key)
    for key, _ in list(stores.scan(WAITING_COMMANDS, below)):
        stores.delete(WAITING_COMMANDS, key)
    stores.delete(PROFILE_ROWS, owner.key())
