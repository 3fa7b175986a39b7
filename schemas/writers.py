"""Makes a function that writes one class of records: its source is put together from the Avro schema, and compiled.

Free of I/O. Writes what fits the schema as fastavro does, in a sixth of the time; anything else makes it raise one of
MISFITS, and is for fastavro to judge.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias

Write: TypeAlias = Callable[[Any], bytes]

MISFITS = (AttributeError, LookupError, TypeError, ValueError, OverflowError, struct.error)
"""What a made function runs into where a field does not fit its schema, or a text has 8 KiB or more."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CACHED_MOMENTS = 4_096
"""One record's times are written several times over, in what is sent about it and in the rows kept of it."""


def writer(schema: dict[str, Any], header: bytes) -> Write:
    """The function from a record to its bytes, behind `header`. `schema` is as fastavro's `parse_schema` gives it."""
    source = _Source()
    source.add_record(schema, "HEADER, ")
    return source.compiled(schema["name"], header)


class _Source:
    """The functions made so far, one a record type, and the tables of symbols they use."""

    def __init__(self) -> None:
        self._functions: dict[str, str] = {}
        self._names: dict[str, Any] = dict(_PARTS)

    def add_record(self, schema: dict[str, Any], before: str = "") -> str:
        """The name of the function that writes such a record."""
        name = f"write_{_identifier(schema['name'])}"
        if name not in self._functions:
            self._functions[name] = ""
            fields = [f"    {self._bytes_of(f['type'], 'record.' + f['name'])},\n" for f in schema["fields"]]
            self._functions[name] = f"def {name}(record):\n  return join(({before}\n{''.join(fields)}  ))\n"
        return name

    def compiled(self, name: str, header: bytes) -> Write:
        names = self._names | {"HEADER": header}
        source = "\n".join(self._functions.values())
        exec(compile(source, f"<writer of {name}>", "exec"), names)  # noqa: S102  made from the schema alone
        written: Write = names[f"write_{_identifier(name)}"]
        return written

    def _bytes_of(self, schema: Any, value: str) -> str:
        """The expression of the bytes of the expression `value`."""
        match schema:
            case ["null", present]:
                return f"(NULL if (given := {value}) is None else PRESENT + {self._bytes_of(present, 'given')})"
            case {"type": "record"}:
                return f"{self.add_record(schema)}({value})"
            case {"type": "array", "items": items}:
                each = self._bytes_of(items, "item")
                return f"(block([{each} for item in {value}]) if len({value}) else EMPTY)"
            case {"type": "map", "values": values}:
                each = f"{self._bytes_of('string', 'key')} + {self._bytes_of(values, 'item')}"
                return f"(block([{each} for key, item in {value}.items()]) if len({value}) else EMPTY)"
        return self._plain_bytes_of(schema, value)

    def _plain_bytes_of(self, schema: Any, value: str) -> str:
        match schema:
            case {"type": "enum", "name": name, "symbols": symbols}:
                table = f"symbols_{_identifier(name)}"
                self._names[table] = {symbol: _long(place) for place, symbol in enumerate(symbols)}
                return f"{table}[{value}]"
            case {"type": "long", "logicalType": "timestamp-micros"}:
                return f"moment({value})"
            case "string":
                return f"(SIZES[len(encoded := {value}.encode())] + encoded)"
            case str() if schema in _PRIMITIVES:
                return f"{_PRIMITIVES[schema]}({value})"
        return self._named(schema, value)

    def _named(self, schema: Any, value: str) -> str:
        """A type that was described before and is used again by its name."""
        name = _identifier(str(schema))
        if f"write_{name}" in self._functions:
            return f"write_{name}({value})"
        if f"symbols_{name}" in self._names:
            return f"symbols_{name}[{value}]"
        raise TypeError(f"no writer is made for the type {schema!r}")


def _identifier(name: str) -> str:
    return name.replace(".", "_")


_LOW_BITS = 14
_LOW = 2**_LOW_BITS
_FOLLOWED = tuple(bytes((low & 127 | 128, low >> 7 | 128)) for low in range(_LOW))
_LAST = tuple(bytes((low,)) if low < 128 else bytes((low & 127 | 128, low >> 7)) for low in range(_LOW))
"""Two groups of seven bits at a time are looked up: most numbers are below 8,192, a time takes eight groups."""


def _long(value: int) -> bytes:
    """Variable-length zig-zag, as the Avro specification has it."""
    if not -(2**63) <= value < 2**63:
        raise OverflowError(value)
    left = (value << 1) ^ (value >> 63)
    written = b""
    while left >= _LOW:
        written += _FOLLOWED[left % _LOW]
        left >>= _LOW_BITS
    return written + _LAST[left]


def _number(value: int) -> bytes:
    return _LAST[value << 1] if 0 <= value < _LOW >> 1 else _long(value)


def _blob(value: bytes) -> bytes:
    return _number(len(value)) + value


def _truth(value: bool) -> bytes:
    return b"\x01" if value else b"\x00"


@lru_cache(maxsize=_CACHED_MOMENTS)
def _moment(value: datetime) -> bytes:
    return _long((value - _EPOCH) // _MICROSECOND)


def _block(items: list[bytes]) -> bytes:
    """An array or a map that is not empty, as one block."""
    return b"".join((_number(len(items)), *items, b"\x00"))


_PARTS = {
    "NULL": b"\x00",
    "PRESENT": b"\x02",
    "EMPTY": b"\x00",
    "SIZES": _LAST[::2],
    "join": b"".join,
    "number": _number,
    "blob": _blob,
    "truth": _truth,
    "real": struct.Struct("<d").pack,
    "moment": _moment,
    "block": _block,
}
_PRIMITIVES = {
    "bytes": "blob",
    "boolean": "truth",
    "int": "number",
    "long": "number",
    "double": "real",
}
