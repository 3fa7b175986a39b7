"""A letter's value, read as far as it can be: its Confluent header, its schema, what it says, and else its bytes.

Free of I/O but for what the schema ids do; a registry that is away is told, not raised. What comes out is fit for a
terminal: nothing in it moves a cursor.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, Final

from fastavro import parse_schema, schemaless_reader

from schemas.catalogue import shipped
from schemas.codec import SchemaIds, UnknownSchemaId
from schemas.errors import Misconfigured, Retryable

_HEADER: Final = struct.Struct(">bI")
_HEX_BYTES: Final = 512
"""Enough to recognise a format; the whole value of a megabyte helps nobody on a terminal."""
_LINE_BYTES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """`wire` says what the first five bytes are, `form` as what the value was read; `text` is it, or its bytes."""

    wire: str
    form: str
    text: str


def decode(value: bytes | None, ids: SchemaIds) -> Decoded:
    """What `value` says. A schema that nobody registered is guessed among the shipped ones."""
    if value is None:
        return Decoded(wire="none", form="no value", text="")
    if len(value) < _HEADER.size or value[0] != 0:
        return _without_schema(value, "none: not a zero byte and a 4-byte schema id")
    schema_id = _HEADER.unpack_from(value)[1]
    definition, told = _definition(schema_id, ids)
    wire, body = f"schema id {schema_id}, {told}", value[_HEADER.size :]
    if definition is not None and (says := _read(body, definition)) is not None:
        return Decoded(wire=wire, form=str(definition.get("name", "a schema without a name")), text=says)
    for name, guess in _guesses():
        if (says := _read(body, guess)) is not None:
            return Decoded(wire=wire, form=f"{name}, a guess: the bytes fit it", text=says)
    return _without_schema(value, wire)


def printable(text: str) -> str:
    """The text with every character that a terminal would act on written as an escape."""
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def as_json(value: Any) -> str:
    """Indented JSON, fit for a terminal; times in ISO 8601, bytes in hex."""
    return printable(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _definition(schema_id: int, ids: SchemaIds) -> tuple[dict[str, Any] | None, str]:
    try:
        return ids.definition_of(schema_id), "registered"
    except UnknownSchemaId:
        return None, "not registered"
    except (Misconfigured, Retryable) as error:
        return None, f"unknown whether registered: {error}"


def _guesses() -> Iterator[tuple[str, dict[str, Any]]]:
    """Shipped schemas, those of events first, newest version first."""
    events_first = sorted(shipped(), key=lambda v: (not v.subject.startswith("conversation.events"), -v.version))
    for version in events_first:
        yield f"{version.subject} version {version.version}", version.definition


def _read(body: bytes, definition: dict[str, Any]) -> str | None:
    """The body as JSON where the schema reads all of it and nothing is left; else None."""
    source = BytesIO(body)
    try:
        says = schemaless_reader(source, parse_schema(definition), None)
    except Exception:  # noqa: BLE001  fastavro raises whatever the bytes make it run into
        return None
    return as_json(says) if source.tell() == len(body) else None


def _without_schema(value: bytes, wire: str) -> Decoded:
    try:
        return Decoded(wire=wire, form="JSON", text=as_json(json.loads(value)))
    except (RecursionError, ValueError):
        return Decoded(wire=wire, form=f"{len(value)} bytes", text=_hex(value))


def _hex(value: bytes) -> str:
    shown = value[:_HEX_BYTES]
    lines = [_hex_line(shown[at : at + _LINE_BYTES], at) for at in range(0, len(shown), _LINE_BYTES)]
    if len(value) > len(shown):
        lines.append(f"... and {len(value) - len(shown)} bytes more")
    return "\n".join(lines)


def _hex_line(part: bytes, at: int) -> str:
    text = "".join(chr(b) if 32 <= b < 127 else "." for b in part)
    return f"{at:06x}  {part.hex(' '):{_LINE_BYTES * 3}} {text}"


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else str(value)
