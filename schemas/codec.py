"""Records to bytes and back, in the Confluent wire format: a zero byte, a 4-byte schema id, the Avro body.

Free of I/O of its own: what an id means is asked of the `SchemaIds` it is given, which may have to ask a registry.
"""

from __future__ import annotations

import struct
from datetime import datetime
from io import BytesIO
from typing import Any, Protocol, TypeVar, cast

from cattrs import Converter
from fastavro import parse_schema, schemaless_reader, schemaless_writer
from fastavro.read import SchemaResolutionError
from fastavro.schema import SchemaParseException, UnknownType

from schemas.catalogue import Catalogue, SchemaVersion, shipped
from schemas.records import Record

R = TypeVar("R", bound=Record)

_HEADER = struct.Struct(">bI")
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


class Codec:
    """Encodes with the latest shipped schema, decodes with the writer's schema resolved against the reader's."""

    def __init__(self, ids: SchemaIds, catalogue: Catalogue | None = None) -> None:
        self._ids = ids
        self._catalogue = catalogue or shipped()
        self._converter = _converter()
        self._writers: dict[str, tuple[bytes, Any]] = {}
        self._resolutions: dict[tuple[int, str], tuple[Any, Any]] = {}

    def encode(self, record: Record) -> bytes:
        """The record's bytes. Raises ValueError where a field does not fit its schema."""
        header, schema = self._writers.get(record.SUBJECT) or self._writer(record.SUBJECT)
        out = BytesIO()
        out.write(header)
        schemaless_writer(out, schema, self._converter.unstructure(record))
        return out.getvalue()

    def decode(self, payload: bytes, record: type[R]) -> R:
        """What `payload` says.

        Raises Undecodable: bad_wire_format, unknown_schema, bad_schema, wrong_schema (another record's), bad_avro.
        """
        writer, reader = self._schemas_of(payload, record.SUBJECT)
        body = BytesIO(payload)
        body.seek(_HEADER.size)
        try:
            value = schemaless_reader(body, writer, reader)
            if body.tell() != len(payload):
                raise ValueError(f"{len(payload) - body.tell()} bytes after the record")
            return self._converter.structure(cast("dict[str, Any]", value), record)
        except SchemaResolutionError as error:
            raise Undecodable("wrong_schema", f"the writer's schema cannot be read as {record.__name__}") from error
        except Exception as error:  # fastavro raises whatever the bytes make it run into
            raise Undecodable("bad_avro", f"{type(error).__name__}: {error}"[:_DETAIL_CHARACTERS]) from error

    def _writer(self, subject: str) -> tuple[bytes, Any]:
        version = self._catalogue.latest(subject)
        self._writers[subject] = _HEADER.pack(_MAGIC, self._ids.id_of(version)), parse_schema(version.definition)
        return self._writers[subject]

    def _schemas_of(self, payload: bytes, subject: str) -> tuple[Any, Any]:
        if len(payload) < _HEADER.size or payload[0] != _MAGIC:
            raise Undecodable("bad_wire_format", "no Confluent header (a zero byte and a 4-byte schema id)")
        known = _HEADER.unpack_from(payload)[1], subject
        if known not in self._resolutions:
            self._resolutions[known] = self._resolution(*known)
        return self._resolutions[known]

    def _resolution(self, schema_id: int, subject: str) -> tuple[Any, Any]:
        """The writer's schema and the reader's, or None for it where both are the same: resolving takes a third."""
        writer = self._parse(schema_id)
        reader = parse_schema(self._catalogue.latest(subject).definition)
        return writer, None if writer == reader else reader

    def _parse(self, schema_id: int) -> Any:
        try:
            return parse_schema(self._ids.definition_of(schema_id))
        except UnknownSchemaId as error:
            raise Undecodable("unknown_schema", f"no schema is registered under id {schema_id}") from error
        except (SchemaParseException, UnknownType) as error:
            raise Undecodable("bad_schema", f"schema {schema_id} is not one that stands alone: {error}") from error


def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=False, detailed_validation=False)
    converter.register_structure_hook(datetime, lambda value, _: value)
    converter.register_unstructure_hook(datetime, lambda value: value)
    return converter
