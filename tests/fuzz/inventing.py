"""Values that a schema allows, and values that nothing allows.

Pure but for the random numbers it is given.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from random import Random
from typing import Any, TypeAlias

Schema: TypeAlias = Mapping[str, Any]

NASTY: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    2**63,
    10**400,
    -(10**30),
    1e308,
    5e-324,
    "",
    " ",
    "\x00",
    "\ud800",
    "a" * 5_000,
    "é\u0301\u202e\u200b",
    "👩‍👩‍👧‍👦" * 50,
    "null",
    "'; DROP TABLE messages; --",
    "%s%n{0}",
    "../../etc/passwd",
    "9999-99-99T99:99:99Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999999-14:00",
    "2026-02-30T00:00:00Z",
    [],
    {},
    [[[[[]]]]],
    {"a": {"a": {"a": {}}}},
)
BYTES: tuple[bytes, ...] = (b"", b"\x00", b"\xff\xfe", b"{", b"[" * 20_000, b'"\\ud800"', b"NaN", b"-0", b"1" * 5_000)
WORDS = (
    "ana",
    "rui",
    "family",
    "Porto",
    "chess",
    "I live in Braga.",
    "My sister Anna called.",
    "今日は",
    "naïve",
    "🙂",
)
TIMES = ("2026-05-03T10:00:00Z", "2024-05-17T09:30:00+02:00", "2026-11-01T00:00:00Z")


class Inventor:
    """Makes values by the schemas of one OpenAPI document; `spoilt`: the share that is made regardless of them."""

    def __init__(self, schemas: Mapping[str, Schema], random: Random, spoilt: float = 0.1) -> None:
        self._schemas, self._random, self._spoilt = schemas, random, spoilt

    def value(self, schema: Schema, depth: int = 0) -> Any:
        if self._random.random() < self._spoilt or depth > 6:
            return self._random.choice(NASTY)
        if "$ref" in schema:
            return self.value(self._schemas[schema["$ref"].rsplit("/", 1)[1]], depth)
        if alternatives := schema.get("anyOf") or schema.get("oneOf"):
            return self.value(self._random.choice(alternatives), depth)
        named = [schema["const"]] if "const" in schema else schema.get("enum")
        if named or (schema.get("examples") and self._random.random() < 0.5):
            return self._random.choice(named or schema["examples"])
        return self._typed(schema, depth)

    def encoded(self, value: Any) -> bytes:
        """As JSON, sometimes broken on the way."""
        text = json.dumps(value, allow_nan=True).encode()
        if self._random.random() < self._spoilt:
            return self.broken(text)
        return text

    def broken(self, data: bytes) -> bytes:
        """The bytes with one fault in them."""
        at = self._random.randrange(len(data) + 1)
        return self._random.choice(
            (
                data[:at],
                data[:at] + bytes([self._random.randrange(256)]) + data[at + 1 :],
                data[:at] + self._random.choice(BYTES) + data[at:],
                data[at:] + data[:at],
                data * 2,
                self._random.randbytes(min(len(data), 200)),
            )
        )

    def _typed(self, schema: Schema, depth: int) -> Any:
        kind = schema.get("type")
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            most = min(schema.get("maxItems", 3), 3)
            return [self.value(schema.get("items", {}), depth + 1) for _ in range(self._random.randint(0, most))]
        if kind in {"integer", "number"}:
            least, most = schema.get("minimum", -5), schema.get("maximum", 1_000)
            return (
                self._random.randint(int(least), int(most)) if kind == "integer" else self._random.uniform(least, most)
            )
        if kind in {"boolean", "null"}:
            return None if kind == "null" else self._random.random() < 0.5
        return self._random.choice(TIMES if schema.get("format") == "date-time" else WORDS)

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        needed = set(schema.get("required", ()))
        properties = schema.get("properties", {})
        chosen = [name for name in properties if name in needed or self._random.random() < 0.4]
        made = {name: self.value(properties[name], depth + 1) for name in chosen}
        if self._random.random() < self._spoilt:
            made[self._random.choice(("", "unknown", "\x00", "__proto__"))] = self._random.choice(NASTY)
        if made and self._random.random() < self._spoilt:
            made.pop(self._random.choice(list(made)))
        return made
