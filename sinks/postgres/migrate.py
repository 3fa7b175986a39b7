"""Moves the database to a revision of the schema, and tells which one it has.

The migrations are Alembic's; this is how the project calls it: with a URL in hand, and one migrator at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine, text

LOCK = 0x616C6C75
"""Of the advisory lock that migrators take: "allu" in ASCII, so that it means something in pg_locks."""


CONNECT_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One migration: its number and what it does."""

    number: str
    about: str


def migrate(url: str, to: str = "head") -> tuple[str | None, str | None]:
    """Upgrade or downgrade to `to`: a number, `head` or `base`. Returns the revisions before and after.

    A second migrator waits for the first and then finds its work done. Each move is one transaction.
    Raises alembic.util.CommandError for a revision that does not exist, psycopg.OperationalError without a server.
    """
    with _connection(url) as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
        connection.commit()
        before = _revision(connection)
        config = _config()
        config.attributes["connection"] = connection
        if _lies_behind(to, before):
            command.downgrade(config, to)
        else:
            command.upgrade(config, to)
        connection.commit()
        return before, _revision(connection)


def current(url: str) -> str | None:
    """The revision that the database has; None for an empty one."""
    with _connection(url) as connection:
        return _revision(connection)


def left_to_seal(url: str) -> int:
    """How many messages no block of the search holds: all, after the upgrade to the release that brings blocks."""
    with _connection(url) as connection:
        if connection.execute(text("SELECT to_regclass('search_tail')")).scalar() is None:
            return 0
        return int(connection.execute(text("SELECT count(*) FROM search_tail")).scalar() or 0)


def history() -> list[Revision]:
    """Every revision that this release knows, oldest first."""
    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    return [Revision(number=one.revision, about=(one.doc or "").partition("\n")[0]) for one in scripts][::-1]


def _lies_behind(to: str, revision: str | None) -> bool:
    known = [one.number for one in history()]
    if to == "base":
        return True
    return to in known and revision in known and known.index(to) < known.index(revision)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "sinks.postgres:migrations")
    return config


@contextmanager
def _connection(url: str) -> Iterator[Connection]:
    """Closing it lets the lock go."""
    with closing(psycopg.connect(url, connect_timeout=CONNECT_SECONDS)) as driver:
        engine = create_engine("postgresql+psycopg://", creator=lambda: driver, poolclass=NullPool)
        with engine.connect() as connection:
            yield connection
