"""The words of what has expired leave the stores: their rows stay, without a quote, for their place in time.

Free of I/O; reads and writes the typed stores it is given. A row without words is not shown to anybody: its last record
is a tombstone. It is kept since a late word, an edit or a deletion must find the same timeline whenever it comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from schemas.keys import split_key
from schemas.records import Evidence
from schemas.state import EvidenceRef
from streams.ports import Output, Stores
from streams.processors.assertions import Origin, Owner, output, tombstone
from streams.processors.items import is_told
from topology.stages import EVIDENCE_ROWS
from topology.tombstones import TakenBack, Words


def worn(said: Evidence, expired_to: datetime | None) -> Evidence:
    """The assertion as it is kept: without its words where they have expired. A command has none to lose."""
    if expired_to is None or said.occurred_at >= expired_to or is_told(said) or is_worn(said):
        return said
    return replace(said, quote="")


def is_worn(said: Evidence) -> bool:
    """Whether the words of a message are gone; a candidate always has some."""
    return not is_told(said) and not said.quote


def told_worn(owner: Owner, origin: Origin, said: Evidence, recorded_at: datetime) -> Iterator[Output]:
    """That it was asserted, without its words, for what was known when; then that there is nothing to show."""
    yield output(owner, said)
    yield tombstone(owner, said.item_id, origin, TakenBack(recorded_at=recorded_at, words=Words.WORN))


def wear_out(
    owner: Owner, ref: EvidenceRef, expired_to: datetime, recorded_at: datetime, stores: Stores
) -> Iterator[Output]:
    """Takes the words from the rows of an item that were said before then, and tells that they are gone."""
    for key, row in list(stores.scan(EVIDENCE_ROWS, owner.key(ref.track, ref.item_id, ""))):
        kept = worn(row, expired_to)
        if kept is not row:
            _, _, _, _, conversation_id, message_id = split_key(key)
            stores.put(EVIDENCE_ROWS, key, kept)
            origin = Origin(conversation_id=conversation_id, message_id=message_id)
            gone = TakenBack(recorded_at=recorded_at, words=Words.WORN)
            yield tombstone(owner, kept.item_id, origin, gone)
