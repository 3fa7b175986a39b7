"""Runs a migration's SQL file, which may hold many statements.

Only inside a migration, on the connection that Alembic was handed.
"""

from importlib.resources import files
from typing import cast

import psycopg
from alembic import op


def execute(name: str) -> None:
    """Run `sql/<name>` as it is, by the driver: it knows of no parameters, so nothing in it needs escaping."""
    text = files("sinks.postgres.migrations").joinpath("sql", name).read_text("utf-8")
    driver = cast("psycopg.Connection[object]", op.get_bind().connection.driver_connection)
    driver.execute(text)
