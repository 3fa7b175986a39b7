"""That the service's login cannot pass row-level security: asked of PostgreSQL before any question is.

Reads the catalogue only. Jobs and command lines that work for every tenant ask for the opposite.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Final, LiteralString

import psycopg
from psycopg.rows import dict_row

from api.readers.pools import CONNECT_SECONDS, Connection
from topology.errors import Misconfigured
from topology.settings import Settings

logger = logging.getLogger(__name__)

MOST_REASONS: Final = 3
"""A superuser is a member of every role; a person needs no list of them."""

_PASSES: Final[LiteralString] = r"""
    WITH own AS (
        SELECT oid, rolname, rolsuper, rolbypassrls, rolname = current_user AS self
        FROM pg_roles WHERE rolname = current_user OR pg_has_role(current_user, oid, 'MEMBER')
    ), kept AS (
        SELECT pg_class.oid, relowner, relrowsecurity
        FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE relkind IN ('r', 'p') AND (nspname = 'public' OR nspname ~ '^generation_[0-9]+$')
            AND EXISTS (
                SELECT FROM pg_attribute
                WHERE attrelid = pg_class.oid AND attname = 'tenant_id' AND NOT attisdropped)
    ), faults(rank, reason) AS (
        SELECT CASE WHEN self THEN 0 ELSE 2 END,
            format('role %s %s', rolname, CASE WHEN rolsuper THEN 'is a superuser' ELSE 'has BYPASSRLS' END)
        FROM own WHERE rolsuper OR rolbypassrls
        UNION
        SELECT CASE WHEN self THEN 1 ELSE 3 END, format('role %s owns the tables', rolname)
        FROM kept JOIN own ON relowner = own.oid
        UNION
        SELECT 4, format('policy %s lets it read %s', polname, polrelid::regclass)
        FROM pg_policy JOIN kept ON polrelid = kept.oid
        WHERE polpermissive AND polcmd IN ('r', '*') AND polname <> 'tenants_apart'
            AND (polroles && ARRAY[0::oid] OR polroles && (SELECT array_agg(oid) FROM own))
        UNION
        SELECT 5, format('table %s has no row-level security', oid::regclass)
        FROM kept WHERE NOT relrowsecurity AND has_any_column_privilege(current_user, oid, 'SELECT')
        UNION
        SELECT 6, 'it is no member of alluvium_api'
        WHERE CASE WHEN to_regrole('alluvium_api') IS NULL THEN true
            ELSE NOT pg_has_role(current_user, to_regrole('alluvium_api'), 'USAGE') END
    )
    SELECT current_user AS login, reason FROM faults ORDER BY rank, reason
"""

_BOUND: Final[LiteralString] = """
    SELECT current_user AS login
    WHERE CASE WHEN to_regclass('api_keys') IS NULL THEN false ELSE row_security_active('api_keys') END
"""


async def require_apart(connection: Connection) -> None:
    """Raises Misconfigured where this login could see two tenants' rows, or none's."""
    _refuse(await (await connection.execute(_PASSES)).fetchall())


def require_apart_at_start(settings: Settings) -> None:
    """The same for every server the API will read from, before it serves; one that is away is asked later."""
    for url in urls(settings):
        try:
            with psycopg.connect(url, connect_timeout=CONNECT_SECONDS, row_factory=dict_row) as connection:
                _refuse(connection.execute(_PASSES).fetchall())
        except psycopg.OperationalError:
            logger.warning("PostgreSQL does not answer yet: its login is looked at once it does")


def require_every_tenant(settings: Settings) -> None:
    """For whoever works for all of them. Raises Misconfigured where policies bind the login of DATABASE_URL: it would
    be shown nothing, and told nothing of it."""
    url = settings.database_url.get_secret_value()
    with psycopg.connect(url, connect_timeout=CONNECT_SECONDS, row_factory=dict_row) as connection:
        if bound := connection.execute(_BOUND).fetchone():
            raise Misconfigured(
                f"keys and jobs are for the owner of the tables, and {bound['login']} sees one tenant at a time: "
                "DATABASE_URL must be the owner's (docs/security.md)"
            )


def urls(settings: Settings) -> Iterable[str]:
    """Where the API's questions go: the primary, and the replica where there is one."""
    replica = settings.database_replica_url.get_secret_value()
    return [settings.service_database_url, *([replica] if replica else [])]


def _refuse(faults: Sequence[dict[str, str]]) -> None:
    if faults:
        told = "; ".join(fault["reason"] for fault in faults[:MOST_REASONS])
        raise Misconfigured(
            f"the API must not connect to PostgreSQL as {faults[0]['login']}: {told}. Its login may be a member of "
            "alluvium_api and of nothing above it; `python -m sinks migrate` makes the one that API_DATABASE_URL names "
            "(docs/security.md)"
        )
