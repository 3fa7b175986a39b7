"""Cursors: where the next page of a list begins.

Pure. A cursor is opaque to callers and holds the sort key of the last row, so pages neither repeat nor skip rows that
stay; it carries no right to anything, since every question is narrowed to the caller's tenant.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias, TypeVar

from api.problems import Problem, invalid_field

T = TypeVar("T")

_SURROGATE = re.compile(r"[\ud800-\udfff]")

Key: TypeAlias = tuple[str, ...]


def encode(*key: str | int | datetime) -> str:
    """The cursor of a sort key."""
    parts = [part.isoformat() if isinstance(part, datetime) else str(part) for part in key]
    return base64.urlsafe_b64encode(json.dumps(parts, ensure_ascii=False).encode()).decode().rstrip("=")


def decode(cursor: str | None, parts: int) -> Key | None:
    """The sort key of a cursor, None for none. Raises Problem (422) for one that we did not make."""
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise bad_cursor() from error
    if not isinstance(key, list) or len(key) != parts or not all(_whole(part) for part in key):
        raise bad_cursor()
    return tuple(key)


def moment(part: str) -> datetime:
    """A part that is a time. Raises Problem (422)."""
    try:
        at = datetime.fromisoformat(part)
    except ValueError as error:
        raise bad_cursor() from error
    if at.tzinfo is None:
        raise bad_cursor()
    return at


def number(part: str) -> int:
    """A part that is a number, as PostgreSQL's bigint holds it. Raises Problem (422)."""
    if not (part.isascii() and part.isdigit() and len(part) < 19):
        raise bad_cursor()
    return int(part)


def cut(rows: Sequence[T], limit: int) -> tuple[Sequence[T], T | None]:
    """The page of `limit` rows of one row more than that, and its last row where another page follows."""
    page = rows[:limit]
    return page, (page[-1] if len(rows) > limit else None)


def bad_cursor() -> Problem:
    return invalid_field("cursor", "bad_cursor", "not a cursor of this list")


def _whole(part: object) -> bool:
    return isinstance(part, str) and "\x00" not in part and not _SURROGATE.search(part)
