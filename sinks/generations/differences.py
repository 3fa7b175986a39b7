"""What another generation remembers otherwise: counts by slot, with examples and the words behind them.

Reads two generations' tables in one statement, so both are of the same moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from itertools import groupby
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from sinks.postgres.schemas import schema_of
from topology.errors import Misconfigured, Retryable

CONNECT_SECONDS: Final = 5
COMPARED: Final = (
    "value",
    "status",
    "confidence",
    "validity",
    "granularity",
    "due_from",
    "due_to",
    "superseded_by",
    "evidence_count",
    "retention_level",
    "explicit",
    "expired_to",
)
"""Columns of an item in which two generations may differ; `diff.sql` compares the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One item that differs: what both say, and the latest words that each rests on."""

    tenant_id: str
    user_id: str
    item_id: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    quote: str | None

    @property
    def told(self) -> str:
        """`Porto`, or what differs: `status: active -> superseded`."""
        if self.before is None or self.after is None:
            shown = self.after or self.before or {}
            return f"{shown['value']} ({shown['status']})"
        pairs = ((name, self.before[name], self.after[name]) for name in COMPARED)
        return "; ".join([str(self.after["value"]), *(f"{n}: {a} -> {b}" for n, a, b in pairs if a != b)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What differs in one slot in one way."""

    kind: str
    slot: str
    change: str
    """`added`, `removed` or `changed`."""
    items: int
    examples: tuple[Example, ...]


def differences(url: str, before: int, after: int, examples: int) -> list[Difference]:
    """By kind, slot and change. Raises Retryable, or Misconfigured where one of the generations has no tables."""
    statement = sql.SQL(_statement()).format(
        before=sql.Identifier(schema_of(before)), after=sql.Identifier(schema_of(after))
    )
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_SECONDS, row_factory=dict_row) as connection:
            found = connection.execute(statement, {"examples": examples}).fetchall()
    except psycopg.OperationalError as error:
        raise Retryable(f"PostgreSQL: {error}", retry_after_seconds=5) from error
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
        raise Misconfigured(f"a generation has no tables here: {error}") from error
    return list(_grouped(found, examples))


def _statement() -> Any:
    return files("sinks.generations").joinpath("diff.sql").read_text("utf-8")


def _grouped(rows: Iterable[dict[str, Any]], examples: int) -> Iterator[Difference]:
    for (kind, slot, change), same in groupby(rows, key=lambda row: (row["kind"], row["slot"], row["change"])):
        of_slot = list(same)
        shown = tuple(map(_example, of_slot))[:examples]
        yield Difference(kind=kind, slot=slot, change=change, items=of_slot[0]["items"], examples=shown)


def _example(row: Mapping[str, Any]) -> Example:
    return Example(
        tenant_id=row["tenant_id"],
        user_id=row["user_id"],
        item_id=str(row["item_id"]),
        before=row["before"],
        after=row["after"],
        quote=row["quote_after"] or row["quote_before"],
    )
