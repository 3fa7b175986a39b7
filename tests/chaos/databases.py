"""Faults of PostgreSQL and Valkey that need their own words: no connection left, locks, timeouts, deadlocks, a flush.

Each is over when its function returns; each tells by Unhurt where it did not bite.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, cast

import psycopg
import redis
from psycopg import errors

from chaos.faults import Unhurt
from deploy.local import postgres, valkey
from deploy.local.stack import Stack
from topology.stages import POSTGRES_SINK

REFUSED_SECONDS = 60.0
"""How long a busy machine may take to try a connection at all."""
HELD_SECONDS = 8.0
LOCKED_SECONDS = 17.0
"""Longer than the sink's lock_timeout of 15 s."""
BUSY_SECONDS = 20.0
"""How long the sink may have nothing to write before a fault that needs it to write is called undone."""
POLL_SECONDS = 0.01
CROWD, SUPERUSER = "chaos-crowd", "postgres"
MOST_CLIENTS = 10_000
"""The default of Valkey."""
UNREACHABLE = (psycopg.OperationalError, redis.ConnectionError, redis.TimeoutError)
SINK = POSTGRES_SINK.group

_END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    " AND backend_type = 'client backend' AND application_name <> %s"
)
_CANCEL = (
    "SELECT count(*) FROM (SELECT pg_cancel_backend(pid) AS done FROM pg_stat_activity"
    " WHERE application_name = %s AND state = 'active') AS tried WHERE done"
)
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND wait_event_type = 'Lock'"
_DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
_HOLD_POSITIONS = "SELECT 1 FROM sink_offsets WHERE sink = %s FOR UPDATE"
_LOCK = "LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE"
"""Stops writers of the table and no reader."""
WRITTEN = "messages, outcomes"
"""Every batch with an event in it writes one of them."""


@contextmanager
def superuser(stack: Stack, database: str = "alluvium", **options: Any) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(postgres.url(stack, SUPERUSER, database), autocommit=True, **options) as connection:
        yield connection


def flush_valkey(stack: Stack) -> None:
    with speaking(stack) as client:
        client.flushall()


@contextmanager
def speaking(stack: Stack) -> Iterator[redis.Redis]:
    """Valkey by one connection, which stays."""
    client = redis.Redis.from_url(valkey.url(stack), single_connection_client=True, socket_timeout=30)
    try:
        yield client
    finally:
        client.close()


def crowd_postgres(stack: Stack) -> None:
    """All sessions but ours are ended, and every connection that becomes free is ours, for a while."""
    refused = 0
    with ExitStack() as crowd, superuser(stack, SUPERUSER) as admin:
        deadline = time.monotonic() + HELD_SECONDS
        while time.monotonic() < deadline:
            admin.execute(_END_OTHERS.encode(), (CROWD,))
            refused += _fill(stack, crowd)
            time.sleep(0.2)
    if not refused:
        raise Unhurt("PostgreSQL had connections left")


def _fill(stack: Stack, crowd: ExitStack) -> bool:
    """Whether PostgreSQL refuses one more, in the end."""
    for _ in range(1_000):
        try:
            crowd.enter_context(superuser(stack, SUPERUSER, application_name=CROWD, connect_timeout=5))
        except psycopg.OperationalError:
            return True
    return False


def crowd_valkey(stack: Stack) -> None:
    """All connections but ours are ended, and none is taken, for a while and until somebody was refused."""
    with speaking(stack) as client:
        before = _rejected(client)
        try:
            client.config_set("maxclients", 1)
            client.client_kill_filter(_type="normal", skipme=True)
            time.sleep(HELD_SECONDS)
            deadline = time.monotonic() + REFUSED_SECONDS
            while _rejected(client) == before:
                if time.monotonic() > deadline:
                    raise Unhurt("Valkey refused nobody")
                time.sleep(POLL_SECONDS)
        finally:
            client.config_set("maxclients", MOST_CLIENTS)


def widen(stack: Stack) -> None:
    """Let Valkey take as many connections as by default."""
    with speaking(stack) as client:
        client.config_set("maxclients", MOST_CLIENTS)


def _rejected(client: redis.Redis) -> int:
    return int(cast("dict[str, int]", client.info("stats"))["rejected_connections"])


def time_out(stack: Stack) -> None:
    """The sink waits for a lock until it may wait no longer; then each statement is cut as one that takes too long."""
    with superuser(stack) as connection:
        with connection.transaction():
            connection.execute(_LOCK.format(WRITTEN).encode())
            _await_wait(stack)
            time.sleep(LOCKED_SECONDS)
        deadline, cancelled = time.monotonic() + HELD_SECONDS, 0
        while time.monotonic() < deadline:
            cancelled += _number(connection, _CANCEL, SINK)
            time.sleep(POLL_SECONDS)
        if not cancelled:
            raise Unhurt("no statement was cancelled")


def dead_lock(stack: Stack) -> None:
    """Locks are taken in the opposite order of the sink's until PostgreSQL has ended one of its transactions for it."""
    with superuser(stack) as connection:
        before = _number(connection, _DEADLOCKS)
        connection.execute("SET deadlock_timeout = '1min'")  # the other one looks first, and is the victim
        connection.execute("SET lock_timeout = '5s'")
        for _ in range(10):
            _cross(stack, connection)
            if _number(connection, _DEADLOCKS) > before:
                return
    raise Unhurt("PostgreSQL saw no deadlock in ten attempts")


def _cross(stack: Stack, connection: psycopg.Connection[Any]) -> None:
    """The sink holds its positions and waits for a table: we hold the table and wait for its positions."""
    try:
        with connection.transaction():
            connection.execute(_LOCK.format(WRITTEN).encode())
            _await_wait(stack)
            connection.execute(_HOLD_POSITIONS.encode(), (SINK,))
    except errors.LockNotAvailable:
        return
    time.sleep(1.5)  # statistics of an ended session come a second late


def _await_wait(stack: Stack) -> None:
    """Return once a statement of the sink waits for a lock."""
    with superuser(stack) as watcher:
        deadline = time.monotonic() + BUSY_SECONDS
        while not _number(watcher, _WAITING, SINK):
            if time.monotonic() > deadline:
                raise Unhurt("the sink wrote nothing, so no statement of it waited")
            time.sleep(POLL_SECONDS)


def _number(connection: psycopg.Connection[Any], query: str, *parameters: object) -> int:
    found = connection.execute(query.encode(), parameters).fetchone()
    return int(found[0]) if found else 0
