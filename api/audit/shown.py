"""Whose data an answer shows: collected from the answer itself, so that no field of a new answer is forgotten.

Free of I/O. Which fields of a model name somebody is found out once a class.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel

T = TypeVar("T")

_NAMING: Final[Mapping[str, str]] = {
    "user_id": "user_ids",
    "user_ids": "user_ids",
    "conversation_id": "conversation_ids",
    "item_id": "item_ids",
    "item_ids": "item_ids",
    "superseded_item_id": "item_ids",
    "stands_for": "item_ids",
}
_PLAIN: Final = frozenset({str, int, float, bool, type(None)})
"""What most of an answer is made of, and what names nobody by itself."""
_OF_A_MESSAGE: Final = "stands_for"
"""Of a message: ids of messages."""


class Shown:
    """What one call shows or is about."""

    __slots__ = ("conversation_ids", "detail", "item_ids", "user_ids", "written")

    def __init__(self) -> None:
        self.user_ids: set[str] = set()
        self.conversation_ids: set[str] = set()
        self.item_ids: set[str] = set()
        self.detail: dict[str, Any] = {}
        self.written = False
        """Whether its row was written with the change itself."""

    def by(self, answer: T) -> T:
        """Note everybody whom the answer names, and hand it on: models, lists and dictionaries of them."""
        self._look(answer)
        return answer

    def about(self, *, user_id: str | None = None, conversation_id: str | None = None) -> None:
        """Note whom the request names."""
        self._name("user_ids", user_id)
        self._name("conversation_ids", conversation_id)

    def told(self, **detail: Any) -> None:
        """Numbers and settings of the call; never words of a person."""
        self.detail |= {name: value for name, value in detail.items() if value is not None}

    def _look(self, value: object) -> None:
        if isinstance(value, list | tuple):
            for each in value:
                if type(each) not in _PLAIN:
                    self._look(each)
        elif isinstance(value, dict):  # before what takes longer to be told
            self._fields(value, value)
        elif isinstance(value, BaseModel):
            self._fields(value.__dict__, _telling(type(value)))
        elif isinstance(value, Mapping):
            self._fields(value, value)

    def _fields(self, fields: Mapping[str, Any], telling: Iterable[str]) -> None:
        kind = fields.get("kind")
        for name in telling:
            told = fields[name]
            if name in _NAMING:
                if not (kind == "message" and name == _OF_A_MESSAGE):
                    self._name(_NAMING[name], told)
            elif type(told) not in _PLAIN:
                self._look(told)
        if kind == "item":  # a result of recall
            self._name("item_ids", fields.get("id"))

    def _name(self, kind: str, value: object) -> None:
        if isinstance(value, str):
            getattr(self, kind).add(value)
        elif isinstance(value, list | tuple):
            getattr(self, kind).update(map(str, value))


@lru_cache(maxsize=256)
def _telling(model: type[BaseModel]) -> list[str]:
    """The fields of a model that name somebody, and those that may hold models which do."""
    return [name for name, field in model.model_fields.items() if name in _NAMING or _holds(field.annotation)]


def _holds(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return True
    return any(_holds(part) for part in get_args(annotation))
