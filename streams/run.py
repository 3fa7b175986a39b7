"""One run: a stretch of records of one partition number, folded by a processor into outputs and changes of state.

Pure but for what the codec and the table do. The engine and the replay share it, so both compute the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from schemas.codec import Codec, Undecodable
from schemas.records import Record
from streams.ports import Output, PoisonRecord, Processor, RawRecord, SourceRecord, Stores
from streams.processors.poison_limit import Rejection
from topology.generations import name_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """What a run gave, in order of sending, and which of its records could not be read."""

    outputs: tuple[Output, ...]
    rejections: tuple[Rejection, ...]


def fold_run(processor: Processor, codec: Codec, records: Sequence[RawRecord], stores: Stores) -> Folded:
    """Fold `records`, oldest first. Raises PoisonRecord only where the stage owns no dead letters."""
    decoders = {topic: codec.decoder(record) for topic, record in processor.inputs.items()}
    only = next(iter(decoders.values())) if len(decoders) == 1 else None
    process = processor.process
    outputs: list[Output] = []
    rejections: list[Rejection] = []
    for index, raw in enumerate(records):
        try:
            made = process(_read(only or decoders[name_of(raw.topic)], raw), stores)
            if made:
                outputs += made if type(made) is tuple else list(made)
        except PoisonRecord as poison:
            rejections.append(Rejection(index=index, position=raw.position, reason=poison.reason))
            outputs.extend(processor.reject(raw, poison))
    outputs.extend(processor.finish(stores))
    return Folded(outputs=tuple(outputs), rejections=tuple(rejections))


_source: Callable[[tuple[RawRecord, Record]], SourceRecord] = partial(tuple.__new__, SourceRecord)
"""A SourceRecord without a call into Python."""


def _read(decode: Callable[[bytes], Record], raw: RawRecord) -> SourceRecord:
    payload = raw.value
    if payload is None:
        return SourceRecord(raw, None)
    try:
        return _source((raw, decode(payload)))
    except Undecodable as error:
        raise PoisonRecord(error.reason, str(error)) from error
