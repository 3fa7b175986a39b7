"""Plans of PostgreSQL that serve for all values of a statement's parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, LiteralString
from uuid import uuid4

import psycopg
from psycopg import sql

from api.readers.plans import settled

_PARAMETER: Final = re.compile(r"%\((\w+)\)s")


def plan_for_all(
    connection: psycopg.Connection[Any], statement: LiteralString, parameters: Mapping[str, object]
) -> str:
    """How the statement is run in a transaction that is settled, for whatever values, with these options given."""
    text = settled(statement, parameters)
    names = list(dict.fromkeys(_PARAMETER.findall(text)))
    numbered = _PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", text)
    name = f"plan_{uuid4().hex}"
    connection.execute("SET plan_cache_mode = force_generic_plan")
    connection.execute(f"PREPARE {name} AS {numbered}".encode(), prepare=False)
    values = sql.SQL(", ").join(sql.Literal(parameters[each]) for each in names)
    asked = sql.SQL("EXPLAIN EXECUTE {}({})").format(sql.Identifier(name), values)
    lines = connection.execute(asked).fetchall()
    connection.execute(sql.SQL("DEALLOCATE {}").format(sql.Identifier(name)))
    connection.execute("RESET plan_cache_mode")
    return "\n".join(str(line) for (line,) in lines)
