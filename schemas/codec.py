"""Records to bytes and back, in the Confluent wire format: a zero byte, a 4-byte schema id, the Avro body.

Free of I/O of its own: what an id means is asked of the `SchemaIds` it is given, which may have to ask a registry.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, Protocol, TypeVar, cast

from cattrs import Converter
from fastavro import parse_schema, schemaless_reader, schemaless_writer
from fastavro.read import SchemaResolutionError
from fastavro.schema import SchemaParseException, UnknownType

from schemas.catalogue import Catalogue, SchemaVersion, shipped
from schemas.readers import UNUSUAL, Read, decoder, reader
from schemas.records import Record
from schemas.writers import MISFITS, Write, writer

R = TypeVar("R", bound=Record)

_HEADER = struct.Struct(">bI")
_HEADER_BYTES = _HEADER.size
_MAGIC = 0
_DETAIL_CHARACTERS = 200


class Undecodable(Exception):
    """Bytes that are not what they should be, and never will be. `reason` is a snake_case word."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class UnknownSchemaId(KeyError):
    """No schema is registered under the id."""


class SchemaIds(Protocol):
    """Between schemas and the ids that stand for them on the wire."""

    def id_of(self, version: SchemaVersion) -> int:
        """The id of a shipped schema. Raises Misconfigured or LookupError where it is not registered."""
        ...

    def definition_of(self, schema_id: int) -> dict[str, Any]:
        """The schema behind an id, fetched at most once. Raises UnknownSchemaId; a failed registry is another error."""
        ...


class ShippedSchemaIds:
    """Ids without a registry, 1 upwards in order of subject and version: for tests, replays and offline tools."""

    def __init__(self, catalogue: Catalogue | None = None) -> None:
        versions = list(catalogue or shipped())
        self._ids = {(v.subject, v.version): number for number, v in enumerate(versions, start=1)}
        self._definitions = {number: v.definition for number, v in enumerate(versions, start=1)}

    def id_of(self, version: SchemaVersion) -> int:
        return self._ids[version.subject, version.version]

    def definition_of(self, schema_id: int) -> dict[str, Any]:
        try:
            return self._definitions[schema_id]
        except KeyError:
            raise UnknownSchemaId(schema_id) from None


@dataclass(frozen=True, slots=True)
class _Writing:
    """How the records of a subject are written: quickly, and by the book where they do not fit."""

    header: bytes
    schema: Any
    write: Write


@dataclass(frozen=True, slots=True)
class _Reading:
    """How bytes of a writer's schema are read: quickly where it is the reader's own, and by the book."""

    writer: Any
    reader: Any
    """None where it is the writer's: resolving takes a third of the time."""
    read: Read | None


class Codec:
    """Encodes with the latest shipped schema, decodes with the writer's schema resolved against the reader's.

    Nearly every record goes through functions made for its class (`writers`, `readers`). What these do not take goes
    through fastavro, which alone decides what is wrong with it.
    """

    def __init__(self, ids: SchemaIds, catalogue: Catalogue | None = None) -> None:
        self._ids = ids
        self._catalogue = catalogue or shipped()
        self._converter = _converter()
        self._writings: dict[str, _Writing] = {}
        self._readings: dict[tuple[int, type[Record]], _Reading] = {}
        self._decoders: dict[type[Record], Callable[[bytes], Any]] = {}

    def learn(self, records: Iterable[type[Record]]) -> None:
        """Ask now for all that is needed to write and read records of these classes as this release writes them.

        Raises what `ids` raises. Afterwards nobody has to be asked again, but for what other releases wrote.
        """
        for record in records:
            self._writing(record.SUBJECT)
            schema_id = self._ids.id_of(self._catalogue.latest(record.SUBJECT))
            self._readings[schema_id, record] = self._reading(schema_id, record)

    def encode(self, record: Record) -> bytes:
        """The record's bytes. Raises ValueError where a field does not fit its schema."""
        writing = self._writings.get(record.SUBJECT) or self._writing(record.SUBJECT)
        try:
            return writing.write(record)
        except MISFITS:
            return self._encode_by_the_book(record, writing)

    def decode(self, payload: bytes, record: type[R]) -> R:
        """What `payload` says.

        Raises Undecodable: bad_wire_format, unknown_schema, bad_schema, wrong_schema (another record's), bad_avro.
        """
        reading = self._reading_of(payload, record)
        if reading.read is not None:
            try:
                value, end = reading.read(payload, _HEADER_BYTES)
            except UNUSUAL:
                return self._decode_by_the_book(payload, record, reading)
            if end == len(payload):
                return cast("R", value)
        return self._decode_by_the_book(payload, record, reading)

    def decoder(self, record: type[R]) -> Callable[[bytes], R]:
        """`decode` for one class of records: what is looked up by class and schema id is looked up once."""
        return self._decoders.get(record) or self._decoders.setdefault(record, self._decoder(record))

    def _decoder(self, record: type[R]) -> Callable[[bytes], R]:
        """`decode`, until a payload of the latest schema came, whose id is then known; from then on one made for it."""

        def learn(payload: bytes) -> R:
            if self._decoders[record] is learn and self._reading_of(payload, record).read is not None:
                latest = _parsed(self._catalogue.latest(record.SUBJECT).definition)
                header = payload[:_HEADER_BYTES]
                self._decoders[record] = decoder(latest, record, header, lambda other: self.decode(other, record))
            return self.decode(payload, record)

        return learn

    def _encode_by_the_book(self, record: Record, writing: _Writing) -> bytes:
        out = BytesIO()
        out.write(writing.header)
        schemaless_writer(out, writing.schema, self._converter.unstructure(record))
        return out.getvalue()

    def _decode_by_the_book(self, payload: bytes, record: type[R], reading: _Reading) -> R:
        body = BytesIO(payload)
        body.seek(_HEADER_BYTES)
        try:
            value = schemaless_reader(body, reading.writer, reading.reader)
            if body.tell() != len(payload):
                raise ValueError(f"{len(payload) - body.tell()} bytes after the record")
            return self._converter.structure(cast("dict[str, Any]", value), record)
        except SchemaResolutionError as error:
            raise Undecodable("wrong_schema", f"the writer's schema cannot be read as {record.__name__}") from error
        except Exception as error:  # fastavro raises whatever the bytes make it run into
            raise Undecodable("bad_avro", f"{type(error).__name__}: {error}"[:_DETAIL_CHARACTERS]) from error

    def _writing(self, subject: str) -> _Writing:
        version = self._catalogue.latest(subject)
        header, schema = _HEADER.pack(_MAGIC, self._ids.id_of(version)), _parsed(version.definition)
        self._writings[subject] = _Writing(header, schema, writer(schema, header))
        return self._writings[subject]

    def _reading_of(self, payload: bytes, record: type[Record]) -> _Reading:
        if len(payload) < _HEADER_BYTES or payload[0] != _MAGIC:
            raise Undecodable("bad_wire_format", "no Confluent header (a zero byte and a 4-byte schema id)")
        known = _HEADER.unpack_from(payload)[1], record
        if known not in self._readings:
            self._readings[known] = self._reading(*known)
        return self._readings[known]

    def _reading(self, schema_id: int, record: type[Record]) -> _Reading:
        written = self._parse(schema_id)
        own = _parsed(self._catalogue.latest(record.SUBJECT).definition)
        if written != own:
            return _Reading(written, own, None)
        return _Reading(written, None, reader(own, record))

    def _parse(self, schema_id: int) -> Any:
        try:
            return _parsed(self._ids.definition_of(schema_id))
        except UnknownSchemaId as error:
            raise Undecodable("unknown_schema", f"no schema is registered under id {schema_id}") from error
        except (SchemaParseException, UnknownType) as error:
            raise Undecodable("bad_schema", f"schema {schema_id} is not one that stands alone: {error}") from error


def _parsed(definition: dict[str, Any]) -> Any:
    return parse_schema(definition)


def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=False, detailed_validation=False)
    converter.register_structure_hook(datetime, lambda value, _: value)
    converter.register_unstructure_hook(datetime, lambda value: value)
    return converter
