"""Requests made from whatever an OpenAPI document describes, right and wrong ones.

Pure but for the random numbers it is given; what a document has tomorrow is asked for tomorrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import quote, quote_from_bytes

from fuzz.inventing import BYTES, NASTY, Inventor

METHODS = ("get", "post", "put", "patch", "delete")
BRIEFLY = 0.05
"""How long is waited for what may be waited for."""
INGEST = ("post", "/v1/events")
BEGAN = datetime(2026, 5, 3, 10, tzinfo=UTC)
LATE = 0.2
"""Of the events."""
HEADERS: Mapping[str, tuple[bytes, ...]] = {
    "Content-Type": (b"text/plain", b"application/json; charset=utf-16", b"multipart/form-data", b"\xff", b""),
    "Accept": (b"application/xml", b"*/*;q=0"),
    "Authorization": (b"Bearer", b"Bearer alv_" + b"x" * 43, b"Basic YTpi", b"Bearer \xe9\xff", b"Bearer a.b.c"),
    "traceparent": (b"00-zz", b"ff-" + b"f" * 32 + b"-" + b"f" * 16 + b"-00"),
    "X-Request-ID": (b"a" * 5_000, b"\xe9", b"1 2"),
    "X-Forwarded-For": (b"nonsense", b"1.1.1.1, 2.2.2.2"),
    "Host": (b"evil.example.org",),
    "Content-Encoding": (b"gzip",),
    "Range": (b"bytes=0-",),
    "Origin": (b"https://evil.example.org", b"null"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    method: str
    path: str
    parameters: tuple[Mapping[str, Any], ...]
    body: Mapping[str, Any] | None
    statuses: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One request. `strict`: it meets its own operation, so its answer must be one of those that are documented."""

    operation: Operation
    target: str
    headers: Mapping[str, bytes] = field(default_factory=dict)
    content: bytes | None = None
    strict: bool = True
    key_spoilt: bool = False


def moment(number: int, random: Random) -> datetime:
    """When events were that are the `number`-th sent: mostly later than all before, at times late or at once."""
    late = random.choice((0, 0, 0, 1, 3_600)) if random.random() < LATE else 0
    return BEGAN + timedelta(seconds=number - late)


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                told = item[method]
                body = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
                yield Operation(
                    method=method,
                    path=path,
                    parameters=tuple(told.get("parameters", ())),
                    body=body,
                    statuses=frozenset(int(status) for status in told["responses"] if status.isdigit()),
                )


class Asker:
    """Makes requests without end; a third of them are events."""

    def __init__(self, document: Mapping[str, Any], random: Random) -> None:
        self._random, self._made = random, 0
        self._run = f"{random.getrandbits(32):08x}"
        self._inventor = Inventor(document["components"]["schemas"], random)
        self._operations = list(operations(document))
        self._ingest = next(one for one in self._operations if (one.method, one.path) == INGEST)

    def next(self) -> Asking:
        self._made += 1
        events = self._random.random() < 0.33
        operation = self._ingest if events else self._random.choice(self._operations)
        target, strict = self._target(operation)
        content = self._content(operation)
        headers = {"Content-Type": b"application/json"} if content is not None else {}
        key_spoilt = False
        if self._random.random() < 0.1:
            name = self._random.choice(list(HEADERS))
            headers[name] = self._random.choice(HEADERS[name])
            key_spoilt = name == "Authorization"
        return Asking(
            operation=operation,
            target=target,
            headers=headers,
            content=content,
            strict=strict,
            key_spoilt=key_spoilt,
        )

    def events(self) -> list[Any]:
        """A batch, most of it sound."""
        return [self._event(number) for number in range(self._random.choice((1, 1, 1, 2, 5)))]

    def _event(self, number: int) -> Any:
        event: dict[str, Any] = {
            "event_id": f"{self._run}-{self._made}-{number}",
            "type": "message.recorded",
            "conversation_id": f"fuzz-{self._random.randrange(50)}",
            "message_id": f"{self._run}-{self._made}-{number}",
            "user_id": f"{self._random.choice(('ana', 'rui', 'zoë'))}-{self._random.randrange(100)}",
            "text": self._random.choice(("I live in Braga.", "I love chess.", "Nothing.", "🙂", "x" * 3_000)),
            "occurred_at": moment(self._made, self._random).isoformat(),
        }
        if self._random.random() < 0.3:
            name = self._random.choice([*event, "role", "timezone", "attributes", "reply_to", "unknown"])
            event[name] = self._random.choice(NASTY)
        return event

    def _target(self, operation: Operation) -> tuple[str, bool]:
        path, query, strict = operation.path, [], True
        for parameter in operation.parameters:
            name, place = parameter["name"], parameter["in"]
            if place == "path":
                text = self._segment(parameter)
                strict = strict and bool(text) and "/" not in text
                path = path.replace("{" + name + "}", text)
            elif place == "query" and (parameter.get("required") or self._random.random() < 0.4):
                value = self._inventor.value(parameter.get("schema", {}))
                query.append(f"{quote(name)}={_quoted(_brief(name, value))}")
        if self._random.random() < 0.02:
            path, strict = path + self._random.choice(("/", "//", "/..", "%00", ";a=b")), False
        return path + ("?" + "&".join(query) if query else ""), strict

    def _segment(self, parameter: Mapping[str, Any]) -> str:
        if self._random.random() < 0.05:
            return quote_from_bytes(self._random.choice((b"\xff", b"\xc3", b"a/b", b"..", b"\x00")), safe="")
        return _quoted(self._inventor.value(parameter.get("schema", {})))

    def _content(self, operation: Operation) -> bytes | None:
        if operation is self._ingest:
            return self._inventor.encoded(self.events())
        if operation.body is None:
            return self._random.choice(BYTES) if self._random.random() < 0.03 else None
        made = self._inventor.value(operation.body)
        if isinstance(made, dict) and "wait_seconds" in made:
            made["wait_seconds"] = _brief("wait_seconds", made["wait_seconds"])
        return self._inventor.encoded(made)


def _quoted(value: Any) -> str:
    return quote(str(value).encode("utf-8", "replace"), safe="")


def _brief(name: str, value: Any) -> Any:
    right = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 30
    return BRIEFLY if name == "wait_seconds" and right else value
