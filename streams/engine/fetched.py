"""A fetched record that is read out of librdkafka's message only as far as somebody asks.

Most records are asked for their key and value alone; making positions and timestamps of all took a third of the loop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from confluent_kafka import Message

from schemas.records import Position
from streams.ports import RawRecord

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_set = object.__setattr__


class FetchedRecord(RawRecord):
    """A RawRecord that fills its fields when they are first read. `dataclasses.replace` does not work on it."""

    __slots__ = ("_message",)

    def __init__(self, message: Message) -> None:
        _set_message(self, message)
        _set_key(self, message.key())
        _set_value(self, message.value())

    @property
    def topic(self) -> str:
        return self._message.topic() or ""

    def __getattr__(self, name: str) -> Any:
        """Called where a slot is still empty."""
        try:
            read = _FIELDS[name]
        except KeyError:
            raise AttributeError(name) from None
        value = read(self._message)
        _set(self, name, value)
        return value


_set_message = FetchedRecord.__dict__["_message"].__set__
_set_key = RawRecord.__dict__["key"].__set__
_set_value = RawRecord.__dict__["value"].__set__
"""Slots filled past the lock of a frozen class, by their descriptors: quicker than by their names."""


def _position(message: Message) -> Position:
    return Position(topic=message.topic() or "", partition=message.partition() or 0, offset=message.offset() or 0)


def _timestamp(message: Message) -> datetime:
    return _EPOCH + timedelta(milliseconds=max(0, message.timestamp()[1]))


_FIELDS: Final[Mapping[str, Callable[[Message], object]]] = {
    "position": _position,
    "timestamp": _timestamp,
    "headers": lambda message: message.headers() or (),
}
