"""Makes a function that reads one class of records: its source is put together from the Avro schema, and compiled.

Free of I/O. Reads what is written in the usual way as fastavro does, in a quarter of the time; anything else makes it
raise one of UNUSUAL, and is for fastavro to judge.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar, cast, get_args, get_type_hints

from schemas.construction import open_class

R = TypeVar("R")

Read: TypeAlias = Callable[[bytes, int], tuple[Any, int]]
"""From bytes and the place where a record begins to the record and the place where it ends."""

UNUSUAL = (LookupError, ValueError, OverflowError, struct.error)
"""What a made function runs into where the bytes are damaged, or written in another way than the usual one."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CACHED_MOMENTS = 4_096
"""The turns of a window are read again with every run that their conversation is part of."""


def reader(schema: dict[str, Any], record: type[Any]) -> Read:
    """The function that reads records of that class. `schema` is as fastavro's `parse_schema` gives it.

    Raises TypeError where the class and the schema have other fields.
    """
    source = _Source()
    return source.compiled(source.add_record(schema, record))


def decoder(
    schema: dict[str, Any], record: type[R], header: bytes, other: Callable[[bytes], R]
) -> Callable[[bytes], R]:
    """The function from whole payloads that begin with `header` to records; what it does not take goes to `other`."""
    source = _Source()
    return source.compiled_whole(source.add_record(schema, record), header, other)


class _Source:
    """The functions made so far, one a record type, and the names they use."""

    def __init__(self) -> None:
        self._functions: dict[str, str] = {}
        self._bodies: dict[str, list[str]] = {}
        self._names: dict[str, Any] = dict(_PARTS)

    def add_record(self, schema: Any, record: type[Any]) -> str:
        """The name of the function that reads such a record, field by field, into the slots of a new one."""
        made = record.__name__
        if made in self._functions:
            return made
        self._functions[made] = ""
        self._names |= {f"open_{made}": open_class(record), f"frozen_{made}": record}
        hints = get_type_hints(record)
        if [each["name"] for each in schema["fields"]] != [each.name for each in fields(record)]:
            raise TypeError(f"{made} and its schema have other fields")
        lines = [f"record = open_{made}()"]
        for field in schema["fields"]:
            lines += [*self._read(field["type"], hints[field["name"]]), f"record.{field['name']} = value"]
        lines.append(f"record.__class__ = frozen_{made}")
        self._bodies[made] = lines
        body = "".join(f"    {line}\n" for line in lines)
        self._functions[made] = f"def {made}(data, at):\n{body}    return record, at\n"
        return made

    def compiled(self, name: str) -> Read:
        source = "\n".join(self._functions.values())
        exec(compile(source, f"<reader of {name}>", "exec"), self._names)  # noqa: S102  made from the schema alone
        made: Read = self._names[name]
        return made

    def compiled_whole(self, name: str, header: bytes, other: Callable[[bytes], R]) -> Callable[[bytes], R]:
        """One call a payload: the header, the record and the end of it."""
        tried = [f"at = {len(header)}", *self._bodies[name], "if at == len(data): return record"]
        lines = ["if data[:SIZE] != HEADER: return other(data)", "try:", *_indented(tried), "except UNUSUAL: pass"]
        self._functions["decode"] = "\n".join(("def decode(data):", *_indented([*lines, "return other(data)"])))
        self._names |= {"HEADER": header, "SIZE": len(header), "UNUSUAL": UNUSUAL, "other": other}
        made: Callable[[bytes], R] = cast("Any", self.compiled("decode"))
        return made

    def _read(self, schema: Any, hint: Any) -> list[str]:
        """Lines that read a value at `at` into `value`, and move `at` behind it."""
        match schema:
            case ["null", present]:
                return [*_OPTIONAL, *_indented(self._read(present, hint)), *_ABSENT]
            case {"type": "record"}:
                return [f"value, at = {self.add_record(schema, _class_in(hint))}(data, at)"]
            case {"type": "array", "items": items}:
                each = [*self._read(items, hint), "items.append(value)"]
                return ["items = []", *_blocks(each), "value = tuple(items)"]
            case {"type": "map", "values": values}:
                each = [*_TEXT, "key = value", *self._read(values, hint), "items[key] = value"]
                return ["items = {}", *_blocks(each), "value = items"]
        return self._read_plain(schema, hint)

    def _read_plain(self, schema: Any, hint: Any) -> list[str]:
        match schema:
            case {"type": "enum", "symbols": symbols}:
                return self._symbol(symbols, _class_in(hint))
            case {"type": "long", "logicalType": "timestamp-micros"}:
                return [*_SIZE, "value = moment(size)"]
            case str() if schema in _PRIMITIVES:
                return _PRIMITIVES[schema]
        return self._named(schema, _class_in(hint))

    def _symbol(self, symbols: list[str], enum: type[Any]) -> list[str]:
        """Fewer than 64 symbols, so a symbol is one byte: twice its place."""
        self._names[f"symbols_{enum.__name__}"] = {2 * place: enum(symbol) for place, symbol in enumerate(symbols)}
        return [f"value = symbols_{enum.__name__}[data[at]]", "at += 1"]

    def _named(self, schema: Any, described: type[Any]) -> list[str]:
        """A type that was described before and is used again by its name."""
        name = described.__name__
        if name in self._functions:
            return [f"value, at = {name}(data, at)"]
        if f"symbols_{name}" in self._names:
            return [f"value = symbols_{name}[data[at]]", "at += 1"]
        raise TypeError(f"no reader is made for the type {schema!r}")


def _class_in(hint: Any) -> type[Any]:
    """The record or enumeration of which a field's type is made: `tuple[Turn, ...]`, `Kind | None`."""
    inner = [_class_in(each) for each in get_args(hint) if each is not Ellipsis]
    if not inner:
        return hint if isinstance(hint, type) else str
    return next((each for each in inner if hasattr(each, "__dataclass_fields__") or issubclass(each, StrEnum)), str)


def _indented(lines: list[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _blocks(each: list[str]) -> list[str]:
    """Lines that do `each` for every item of an array or a map; its blocks have no byte counts."""
    loop = ["for _ in range(count >> 1):", *_indented(each)]
    return [_COUNT, "while count:", *_indented([*_WHOLE, *loop, _COUNT])]


def _wide(data: bytes, at: int, first: int) -> tuple[int, int]:
    """The rest of a number of more than one byte, still zig-zag."""
    value, shift = first & 127, 7
    while (byte := data[at]) > 127:
        value |= (byte & 127) << shift
        shift += 7
        at += 1
    if shift > 56:
        raise OverflowError("longer than any length, number or time that we write")
    return value | byte << shift, at + 1


@lru_cache(maxsize=_CACHED_MOMENTS)
def _moment(size: int) -> datetime:
    return _EPOCH + timedelta(microseconds=size >> 1 ^ -(size & 1))


_COUNT = "count = data[at]; at += 1"
_WHOLE = [
    "if count > 127: count, at = wide(data, at, count)",
    "if count & 1: raise ValueError('a block with its size')",
]
_SIZE = [
    "size = data[at]; at += 1",
    "if size > 127:",
    "  if (more := data[at]) < 128: size = size & 127 | more << 7; at += 1",
    "  else: size, at = wide(data, at, size)",
]
_SPAN = [*_SIZE, "if size & 1: raise ValueError('a length below zero')", "end = at + (size >> 1)"]
_TEXT = [*_SPAN, "value = data[at:end].decode()", "at = end"]
_OPTIONAL = ["mark = data[at]; at += 1", "if mark == 2:"]
_ABSENT = ["elif mark: raise ValueError('no branch of the union')", "else: value = None"]
_NUMBER = [*_SIZE, "value = size >> 1 ^ -(size & 1)"]
_PRIMITIVES = {
    "string": _TEXT,
    "bytes": [*_SPAN, "value = data[at:end]", "at = end"],
    "boolean": ["value = truth[data[at]]", "at += 1"],
    "int": _NUMBER,
    "long": _NUMBER,
    "double": ["value = real(data, at)[0]", "at += 8"],
}
_PARTS = {
    "wide": _wide,
    "moment": _moment,
    "truth": {0: False, 1: True},
    "real": struct.Struct("<d").unpack_from,
}
