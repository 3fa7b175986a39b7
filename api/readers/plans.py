"""Statements of which one plan serves for all values: planning takes as long as most of them.

Pure. A filter that may be absent, `%(user_id)s::text IS NULL OR ...`, needs a plan for either case. Here the text tells
which it is, and PostgreSQL leaves out what is true anyway.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, LiteralString

_OPTION: Final = re.compile(r"%\((\w+)\)s::[\w\[\]]+ IS NULL")


def settled(statement: LiteralString, parameters: Mapping[str, object]) -> LiteralString:
    """The statement for those of its optional parameters that are given."""
    return _settled(statement, tuple(parameters[name] is None for name in _options(statement)))


@lru_cache
def _options(statement: LiteralString) -> tuple[str, ...]:
    return tuple(_OPTION.findall(statement))


@lru_cache
def _settled(statement: LiteralString, absent: tuple[bool, ...]) -> LiteralString:
    told = iter(absent)
    return _OPTION.sub(lambda _: "true" if next(told) else "false", statement)
