"""Hypothesis strategies for the typed records: any value that fits a schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from enum import StrEnum
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from schemas.records import Record

R = TypeVar("R", bound=Record)

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)

_SCALARS: dict[object, SearchStrategy[Any]] = {
    str: WORDS,
    bool: st.booleans(),
    int: st.integers(-(2**31), 2**31 - 1),
    float: st.floats(allow_nan=False),
    bytes: st.binary(max_size=20),
    datetime: st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
}


def records(record: type[R]) -> SearchStrategy[R]:
    """Any instance of a record class."""
    strategy: SearchStrategy[R] = values(record)
    return strategy


def values(declared: Any) -> SearchStrategy[Any]:
    """Any value of a type that a record's field is declared with."""
    declared = getattr(declared, "__supertype__", declared)
    if declared in _SCALARS:
        return _SCALARS[declared]
    parts = get_args(declared)
    if get_origin(declared) in (Union, UnionType):
        return st.one_of(*(st.none() if part is type(None) else values(part) for part in parts))
    if get_origin(declared) is tuple:
        return st.lists(values(parts[0]), max_size=3).map(tuple)
    if get_origin(declared) is Mapping:
        return st.dictionaries(WORDS, values(parts[1]), max_size=3)
    if issubclass(declared, StrEnum):
        return st.sampled_from(list(declared))
    hints = get_type_hints(declared)
    return st.builds(declared, **{field.name: values(hints[field.name]) for field in fields(declared)})
