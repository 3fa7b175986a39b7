"""A sealer that is killed at any statement leaves nothing wrong, and the next one finishes what it began."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from random import Random
from uuid import uuid4

import psycopg
import pytest

from api.readers.database import Database
from api.readers.index.wide import WideIndex
from sinks.postgres.sealing import statements
from sinks.postgres.sealing.steps import Sealing
from sinks.postgres.sealing.work import TenantWork
from support import sealed
from support.mortality import Killed, Mortality, mortal_connect
from support.sealed import Connection, Said, Speech

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("small")]

STRIDE = 17
"""Every seventeenth step is a death, to be quick. A step is what happens before or after a message to the
server; 1 meets each."""


def prepare(connection: Connection, sealing: Sealing, tenant: str) -> None:
    """Blocks that are to be merged, of which some is to be taken out, and messages that are to be sealed."""
    speech = Speech(random=Random(7))
    for _ in range(3):
        said = speech.several(6)
        sealed.add(connection, tenant, said)
        sealing.step(tenant)
    sealed.remove(connection, tenant, said[0])
    sealed.edit(connection, tenant, said[1], "the violin")
    sealed.delete(connection, tenant, said[2])
    sealed.add(connection, tenant, speech.several(7))


def work(sealing: Sealing, tenant: str) -> None:
    assert tenant in sealing.due()
    while sealing.step(tenant):
        pass
    for block in sealing.blocks(tenant):
        sealing.rewrite(tenant, block.number)
    sealing.find_missing(tenant)


async def test_death_at_any_statement_leaves_what_is_so(
    sealing_url: str, connection: Connection, database: Database, sealing: Sealing
) -> None:
    dies_at, died = 1, True
    while died:
        tenant, mortality, index = f"killed-{dies_at}", Mortality(dies_at), WideIndex(most_bytes=1_000_000)
        prepare(connection, sealing, tenant)
        mortal = Sealing(sealing_url, connect=mortal_connect(mortality))
        died = False
        with closing(mortal):
            try:
                work(mortal, tenant)
            except Killed:
                died = True
        await sealed.assert_exact(connection, database, index, tenant)
        while sealing.step(tenant):
            pass
        await sealed.assert_exact(connection, database, index, tenant)
        dies_at += STRIDE
    assert dies_at > 5 * STRIDE


def reword(connection: Connection, tenant: str, said: Said) -> None:
    sealed.edit(connection, tenant, said, "a violin in winter")


@pytest.mark.parametrize("change", [sealed.remove, sealed.delete, reword])
async def test_what_changes_while_it_is_sealed_is_not_lost(
    sealing_url: str, connection: Connection, database: Database, sealing: Sealing, change: Callable[..., None]
) -> None:
    """The writer waits for the sealer, which has read the message as it was, and then hides what was sealed."""
    tenant, speech = f"race-{uuid4().hex[:8]}", Speech(random=Random(9))
    said = speech.several(8)
    sealed.add(connection, tenant, said)
    with ThreadPoolExecutor(1) as pool, psycopg.connect(sealing_url, autocommit=True) as writer:
        with connection.transaction():
            connection.execute(statements.TAKE_UNSEALED, {"tenant_id": tenant, "most": 9})
            written = pool.submit(change, writer, tenant, said[3])
            while not waits(connection, writer):
                assert not written.done()
            assert TenantWork(connection=connection, tenant_id=tenant).next() is not None
        written.result(timeout=30)
    await sealed.assert_exact(connection, database, WideIndex(most_bytes=1_000_000), tenant)
    sealing.tenants()
    while sealing.step(tenant):
        pass
    await sealed.assert_exact(connection, database, WideIndex(most_bytes=1_000_000), tenant)


async def test_a_rebuild_waits_for_who_is_at_the_tenant(
    sealing_url: str, connection: Connection, sealing: Sealing
) -> None:
    tenant = f"rebuilt-{uuid4().hex[:8]}"
    sealed.add(connection, tenant, Speech(random=Random(10)).several(8))
    while sealing.step(tenant):
        pass
    (block,) = sealing.blocks(tenant)
    asked = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event = 'advisory'"
    with ThreadPoolExecutor(1) as pool, psycopg.connect(sealing_url) as other:
        other.execute(statements.LOCK, {"tenant_id": tenant})
        rebuilt = pool.submit(sealing.rewrite, tenant, block.number)
        while connection.execute(asked).fetchone() is None:
            assert not rebuilt.done()
        other.rollback()
        assert rebuilt.result(timeout=30) is not None


def waits(connection: Connection, writer: Connection) -> bool:
    found = connection.execute("SELECT FROM pg_locks WHERE pid = %s AND NOT granted", (writer.info.backend_pid,))
    return found.fetchone() is not None
