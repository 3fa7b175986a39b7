"""One run: a stretch of records of one partition number, folded by a processor into outputs and changes of state.

Pure but for what the codec and the table do. The engine and the replay share it, so both compute the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from schemas.codec import Codec, Undecodable
from schemas.records import Record
from streams.ports import Output, PoisonRecord, Processor, RawRecord, SourceRecord, Stores
from streams.processors.poison_limit import Rejection
from topology.topics import TopicName


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """What a run gave, in order of sending, and which of its records could not be read."""

    outputs: tuple[Output, ...]
    rejections: tuple[Rejection, ...]


def fold_run(processor: Processor, codec: Codec, records: Sequence[RawRecord], stores: Stores) -> Folded:
    """Fold `records`, oldest first. Raises PoisonRecord only where the stage owns no dead letters."""
    outputs: list[Output] = []
    rejections: list[Rejection] = []
    for index, raw in enumerate(records):
        try:
            outputs.extend(_process(processor, codec, raw, stores))
        except PoisonRecord as poison:
            rejections.append(Rejection(index=index, position=raw.position, reason=poison.reason))
            outputs.extend(processor.reject(raw, poison))
    outputs.extend(processor.finish(stores))
    return Folded(outputs=tuple(outputs), rejections=tuple(rejections))


def _process(processor: Processor, codec: Codec, raw: RawRecord, stores: Stores) -> Iterable[Output]:
    return list(processor.process(SourceRecord(raw, _decode(processor, codec, raw)), stores))


def _decode(processor: Processor, codec: Codec, raw: RawRecord) -> Record | None:
    if raw.value is None:
        return None
    try:
        return codec.decode(raw.value, processor.inputs[cast("TopicName", raw.topic)])  # a StrEnum hashes as its text
    except Undecodable as error:
        raise PoisonRecord(error.reason, str(error)) from error
