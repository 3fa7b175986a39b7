"""The work that every engine is given: count the events of each key, in state that outlives the process.

The same bytes for all of them: a small Avro value, a thousand keys, four partitions.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from schemas.catalogue import Catalogue, SchemaVersion, shipped
from schemas.codec import Codec, ShippedSchemaIds
from schemas.construction import quickly_made
from schemas.keys import partition_of
from schemas.records import Record
from streams.ports import Output, PoisonRecord, RawRecord, SourceRecord, Stores
from support.broker import PARTITIONS
from topology.stages import Stage, Store
from topology.topics import TopicName

KEYS: Final = 1_000
TEXT: Final = (
    "I moved to Lisbon last spring and now work for a small bakery; "
    "my sister Ana still lives in Porto, please remember that."
)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Said(Record):
    """An event."""

    SUBJECT: ClassVar[str] = "bench.said-value"
    number: int
    text: str


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Tally(Record):
    """A row of state."""

    SUBJECT: ClassVar[str] = "bench.tally-value"
    count: int


def _version(record: type[Record], **fields: str) -> tuple[SchemaVersion, ...]:
    definition = {
        "type": "record",
        "name": record.__name__,
        "fields": [{"name": name, "type": kind} for name, kind in fields.items()],
    }
    return (SchemaVersion(subject=record.SUBJECT, version=1, text=json.dumps(definition)),)


CATALOGUE: Final = Catalogue(
    subjects={
        **shipped().subjects,
        Said.SUBJECT: _version(Said, number="long", text="string"),
        Tally.SUBJECT: _version(Tally, count="long"),
    }
)

TALLIES: Final = Store(name="tallies", prefix="t", record=Tally, key="the event's", about="How often a key was seen.")

STAGE: Final = Stage(
    name="extract",
    group="extract-v1",
    command="streams extract",
    inputs=(TopicName.EVENTS,),
    outputs=(),
    stores=(TALLIES,),
    changelog=TopicName.EXTRACT_CHANGELOG,
)


class TallyProcessor:
    """The fold that costs next to nothing, so that the loop's own cost is seen."""

    stage: Stage = STAGE
    inputs: Mapping[TopicName, type[Record]] = {TopicName.EVENTS: Said}

    def process(self, record: SourceRecord, stores: Stores) -> Iterable[Output]:
        assert isinstance(record.value, Said)
        assert record.raw.key is not None
        key = record.raw.key.decode()
        known = stores.get(TALLIES, key)
        stores.put(TALLIES, key, Tally(count=known.count + 1 if known else 1))
        return ()

    def reject(self, raw: RawRecord, poison: PoisonRecord) -> Iterable[Output]:
        raise poison

    def finish(self, stores: Stores) -> Iterable[Output]:
        return ()


def codec() -> Codec:
    return Codec(ShippedSchemaIds(CATALOGUE), CATALOGUE)


def records(count: int) -> Iterator[tuple[int, bytes, bytes]]:
    """(partition, key, value) of `count` events, the same each time."""
    encode = codec().encode
    chosen = random.Random(7)
    for number in range(count):
        key = f"k{chosen.randrange(KEYS)}"
        yield partition_of(key, PARTITIONS), key.encode(), encode(Said(number=number, text=TEXT))
