"""The login that the API connects with: a member of alluvium_api, owner of nothing.

Run by the owner of the tables, who needs CREATEROLE; harmless to repeat.
"""

from __future__ import annotations

from typing import Final, LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from topology.errors import Misconfigured

ROLE: Final = "alluvium_api"
CONNECT_SECONDS: Final = 5

_MAKE_ROLE: Final[LiteralString] = """
    DO $$
    BEGIN
        IF to_regrole('alluvium_api') IS NULL THEN
            CREATE ROLE alluvium_api NOLOGIN;
        END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;  -- another database of the cluster has just made it
    END
    $$
"""


def settle(owner_url: str, service_url: str) -> str:
    """Make the login that `service_url` names, with its password, or give it that password; its name.

    Raises Misconfigured for a URL without name or password, or one that is the owner's; psycopg.Error where the owner
    may not make roles.
    """
    told, owner = conninfo_to_dict(service_url), conninfo_to_dict(owner_url)
    name, password = told.get("user"), told.get("password")
    if not name or not password:
        raise Misconfigured("API_DATABASE_URL must hold the user and the password of the API's login")
    if name == owner.get("user"):
        raise Misconfigured(f"API_DATABASE_URL must not name {name}, who owns the tables and sees every tenant")
    with psycopg.connect(owner_url, connect_timeout=CONNECT_SECONDS) as connection:
        connection.execute(_MAKE_ROLE)
        _put(connection, str(name), str(password))
    return str(name)


def _put(connection: psycopg.Connection, name: str, password: str) -> None:
    login = sql.Identifier(name)
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    made = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}" if found else "CREATE ROLE {} LOGIN PASSWORD {}")
    digest = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
    connection.execute(made.format(login, sql.Literal(digest.decode())))
    connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(ROLE), login))
