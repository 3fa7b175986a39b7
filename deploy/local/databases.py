"""The roles and databases of a stack's PostgreSQL server: the owner's, the API's login, and the registry's.

Idempotent, run after each start; tables are the sinks' business.
"""

import psycopg
from psycopg import sql

from deploy.local import postgres
from deploy.local.stack import Stack
from sinks.postgres import logins

CONNECT_SECONDS = 3
EXTENSIONS = ("vector", "pg_trgm", "unaccent", "btree_gin")  # not all may be created by a database's owner


def settle(stack: Stack) -> None:
    """Make what is missing. Extensions go into the template as well, so that every later database has them."""
    _extend(stack, "template1")
    with _connect(stack, "postgres") as connection:
        # CREATEROLE: migrations make the API's role and login; CREATEDB: each test has a database of its own
        _role(connection, "alluvium", stack.secrets["owner"], "CREATEROLE CREATEDB")
        _role(connection, "registry", stack.secrets["registry"], "NOCREATEROLE")
        for name in ("alluvium", "registry"):
            _database(connection, name)
    _extend(stack, "alluvium")
    logins.settle(*(postgres.url(stack, user, "alluvium") for user in ("alluvium", "alluvium_service")))


def _extend(stack: Stack, database: str) -> None:
    with _connect(stack, database) as connection:
        for name in EXTENSIONS:
            connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name)))


def answers(stack: Stack) -> bool:
    try:
        with _connect(stack, "postgres") as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def _connect(stack: Stack, database: str) -> psycopg.Connection:
    return psycopg.connect(postgres.url(stack, "postgres", database), autocommit=True, connect_timeout=CONNECT_SECONDS)


def _role(connection: psycopg.Connection, name: str, password: str, option: str) -> None:
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone()
    verb = sql.SQL("ALTER" if found else "CREATE")
    connection.execute(
        sql.SQL("{} ROLE {} LOGIN {} PASSWORD {}").format(
            verb, sql.Identifier(name), sql.SQL(option), sql.Literal(password)
        )
    )


def _database(connection: psycopg.Connection, name: str) -> None:
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
        connection.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(sql.Identifier(name)))
