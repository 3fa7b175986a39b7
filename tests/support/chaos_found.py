"""What a flawless system would leave behind of the verifier's input, in memory: for planting flaws into.

Built by the judges' own fold, which is not what is under test there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from chaos import oracle
from chaos.feeding import NUMBER, acknowledged, number_of
from chaos.found import Acknowledged, Found, Place, Stored
from chaos.stream import EventStream, Planned
from schemas.codec import Codec, ShippedSchemaIds
from schemas.keys import partition_of
from support.broker import PARTITIONS

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CODEC = Codec(ShippedSchemaIds())


@dataclass(frozen=True, slots=True, kw_only=True)
class Flawless:
    """What was sent, and what is there."""

    sent: list[Acknowledged]
    expected: oracle.Expected
    found: Found


def flawless(seed: int, events: int, twice: Collection[int] = ()) -> Flawless:
    """The first events of a seed, taken by a system without a flaw.

    What has a number in `twice` was written twice by its producer, which heard of the second time only.
    """
    planned = list(islice(EventStream(seed, "unit", CODEC, PARTITIONS), events))
    sent, log = _land(planned, twice)
    expected = oracle.fold(log, CODEC, PARTITIONS)
    standing = {event.place: event for event in log}
    poisonous = {told.number for told in sent if told.poison is not None}
    poison = {event.place for event in log if number_of(event) in poisonous}
    messages = expected.views["messages"]
    return Flawless(
        sent=sent,
        expected=expected,
        found=Found(
            events=log,
            tables=expected.views,
            topics=expected.views,
            changelogs=expected.stores,
            outcomes=expected.outcomes,
            outcome_records=list(expected.outcomes.items()),
            dead_letters=[(place, standing[place].key, standing[place].value) for place in sorted(poison)],
            item_records=[(key, 0, key.encode()) for key in expected.views["items"]],
            item_versions=frozenset((key, 0) for key in expected.views["items"]),
            redis_profiles=expected.views["profiles"],
            redis_turns={key: row["text"] for key, row in messages.items()},
        ),
    )


def _land(planned: list[Planned], twice: Collection[int]) -> tuple[list[Acknowledged], list[Stored]]:
    """Records in the order of sending; what stands astray is sent on at once."""
    ends: Counter[int] = Counter()
    sent, log = [], []

    def append(partition: int, record: Planned) -> Place:
        place = partition, ends[partition]
        ends[partition] += 1
        headers = [(NUMBER, str(record.number).encode())]
        stored = Stored(
            partition=partition, offset=place[1], timestamp=NOW, key=record.key, value=record.value, headers=headers
        )
        log.append(stored)
        return place

    for record in planned:
        if record.number in twice:
            append(record.partition, record)
            if record.misplaced:
                append(partition_of(record.key.decode(), PARTITIONS), record)
        sent.append(acknowledged(record, *append(record.partition, record)))
        if record.misplaced:
            append(partition_of(record.key.decode(), PARTITIONS), record)
    return sent, sorted(log, key=lambda event: event.place)
