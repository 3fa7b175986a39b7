"""Whatever is written, changed, taken back, sealed, merged or rebuilt, in whatever order: a search tells what is so."""

from __future__ import annotations

from random import Random
from uuid import uuid4

import psycopg
import pytest

from api.ranking.candidates import Cut
from api.readers.database import Database
from api.readers.index.wide import WideIndex, WideScope
from schemas.ids import TenantId
from sinks.postgres.sealing import plan, work
from sinks.postgres.sealing.plan import Kind
from sinks.postgres.sealing.steps import Sealing
from support import sealed
from support.sealed import Connection, Said, Speech

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("small")]


@pytest.fixture
def tenant() -> str:
    return f"t{uuid4().hex[:8]}"


@pytest.fixture
def index() -> WideIndex:
    return WideIndex(most_bytes=1_000_000)


def seal(sealing: Sealing, tenant: str) -> list[Kind]:
    """All that is due for the tenant."""
    steps = []
    while step := sealing.step(tenant):
        steps.append(step.kind)
    return steps


class Life:
    """Random writes of a tenant, and the sealer's steps among them."""

    def __init__(self, sealing: Sealing, connection: Connection, tenant: str, seed: int) -> None:
        self.sealing, self.connection, self.tenant = sealing, connection, tenant
        self.random = Random(seed)
        self.speech = Speech(random=self.random)
        self.said: list[Said] = []

    def step(self) -> None:
        draw = self.random.random()
        if draw < 0.35 or not self.said:
            new = self.speech.several(self.random.randrange(1, 8))
            self.said.extend(new)
            sealed.add(self.connection, self.tenant, new)
        elif draw < 0.5:
            sealed.edit(self.connection, self.tenant, self.random.choice(self.said), self.speech.text())
        elif draw < 0.65:
            sealed.delete(self.connection, self.tenant, self.random.choice(self.said))
        elif draw < 0.72:
            sealed.remove(self.connection, self.tenant, self.said.pop(self.random.randrange(len(self.said))))
        elif draw < 0.97:
            self.sealing.step(self.tenant)
        else:
            for block in self.sealing.blocks(self.tenant):
                self.sealing.rewrite(self.tenant, block.number)


@pytest.mark.parametrize("seed", range(2))
async def test_a_search_tells_what_is_so_after_every_step(
    sealing: Sealing, connection: Connection, database: Database, index: WideIndex, tenant: str, seed: int
) -> None:
    life = Life(sealing, connection, tenant, seed)
    other = Life(sealing, connection, tenant + "-other", seed + 100)
    for step in range(45):
        life.step()
        other.step()
        if step % 3 == 0:
            await sealed.assert_exact(connection, database, index, tenant)
    await sealed.assert_exact(connection, database, index, tenant)
    await sealed.assert_exact(connection, database, index, other.tenant)


async def test_sealing_takes_the_tail_and_merging_keeps_blocks_few(
    sealing: Sealing, connection: Connection, database: Database, index: WideIndex, tenant: str
) -> None:
    speech = Speech(random=Random(1))
    kinds: set[Kind] = set()
    for _ in range(12):
        sealed.add(connection, tenant, speech.several(6))
        kinds.update(seal(sealing, tenant))
    assert kinds == {Kind.SEALED, Kind.MERGED}
    assert connection.execute("SELECT count(*) FROM search_tail WHERE tenant_id = %s", (tenant,)).fetchone() == (0,)
    sizes = connection.execute("SELECT documents FROM search_blocks WHERE tenant_id = %s", (tenant,)).fetchall()
    assert sum(size for (size,) in sizes) == 72
    assert len(sizes) <= 6
    await sealed.assert_exact(connection, database, index, tenant)


@pytest.fixture
def unmerged(monkeypatch: pytest.MonkeyPatch, small: None) -> pytest.MonkeyPatch:
    """Everything is sealed, and blocks stay as steps left them."""
    monkeypatch.setattr(work, "SEAL_AT", 1)
    monkeypatch.setattr(plan, "LEVELS", ())
    return monkeypatch


async def test_a_step_that_cannot_take_all_cuts_no_conversation(
    unmerged: pytest.MonkeyPatch, sealing: Sealing, connection: Connection, database: Database, tenant: str
) -> None:
    unmerged.setattr(work, "MOST_SEALED", 40)
    sealed.add(connection, tenant, Speech(random=Random(3)).several(100))
    assert seal(sealing, tenant).count(Kind.SEALED) >= 3
    found = connection.execute("SELECT conversations FROM search_blocks WHERE tenant_id = %s", (tenant,)).fetchall()
    names = [name for (names,) in found for name in names]
    assert len(names) == len(set(names)), names
    await sealed.assert_exact(connection, database, WideIndex(most_bytes=1_000_000), tenant)


async def test_a_conversation_that_no_step_can_take_is_cut_and_found(
    unmerged: pytest.MonkeyPatch, sealing: Sealing, connection: Connection, database: Database, tenant: str
) -> None:
    unmerged.setattr(work, "MOST_SEALED", 4)
    sealed.add(connection, tenant, Speech(random=Random(3)).several(60))
    steps = seal(sealing, tenant)
    assert steps == [Kind.SEALED] * len(steps)
    sizes = connection.execute("SELECT documents FROM search_blocks WHERE tenant_id = %s", (tenant,)).fetchall()
    assert sum(size for (size,) in sizes) == 60
    await sealed.assert_exact(connection, database, WideIndex(most_bytes=1_000_000), tenant)


async def test_what_has_just_been_said_is_cut_by_the_same_score_as_what_is_sealed(
    sealing: Sealing, connection: Connection, database: Database, index: WideIndex, tenant: str
) -> None:
    def said(name: str, minute: int, text: str) -> Said:
        return Said(conversation=name, name=name, user="u1", text=text, minute=minute)

    sealed.add(connection, tenant, [said(f"sealed-{n}", n, "a xylophone by the harbour") for n in range(3)])
    sealed.add(connection, tenant, Speech(random=Random(2)).several(40))
    seal(sealing, tenant)
    far = "harbour " + " ".join(f"word{n}" for n in range(60))
    late = [said("late", 900, "a xylophone by the harbour"), *(said(f"far-{n}", 901 + n, far) for n in range(9))]
    sealed.add(connection, tenant, late)
    scope, words = WideScope(tenant_id=TenantId(tenant)), sealed.words_of(connection, "xylophone harbour")
    every = await sealed.candidates(database, index, scope, words)
    found = await sealed.candidates(database, index, scope, words, Cut(most=90, shown=4, share=0.8))
    assert every.unsealed == found.unsealed == 10
    assert {key[1] for key in found.keys} == {"sealed-0", "sealed-1", "sealed-2", "late"}
    assert {f"far-{n}" for n in range(9)} <= {key[1] for key in every.keys}


async def test_erased_words_are_hidden_at_once_and_leave_the_blocks_with_the_next_step(
    sealing: Sealing, connection: Connection, database: Database, index: WideIndex, tenant: str
) -> None:
    speech = Speech(random=Random(2))
    secret = Said(conversation="c1", name="secret", user="u1", text="a xylophone by the harbour", minute=3)
    sealed.add(connection, tenant, [*speech.several(20), secret])
    seal(sealing, tenant)
    words, scope = sealed.words_of(connection, "xylophone"), WideScope(tenant_id=TenantId(tenant))
    assert (await sealed.candidates(database, index, scope, words)).statistics.having == (1,)
    assert "xylophon" in sealed.sealed_words(connection, tenant)

    sealed.remove(connection, tenant, secret)
    found = await sealed.candidates(database, index, scope, words)
    assert found.statistics.having == (0,)
    assert ("c1", "secret") not in found.keys
    assert tenant in sealing.due()
    assert seal(sealing, tenant)[0] is Kind.TAKEN_OUT
    assert "xylophon" not in sealed.sealed_words(connection, tenant)
    assert "harbour" in sealed.sealed_words(connection, tenant)
    await sealed.assert_exact(connection, database, index, tenant)


async def test_a_person_whose_messages_are_erased_takes_part_in_nothing(
    sealing: Sealing, connection: Connection, database: Database, index: WideIndex, tenant: str
) -> None:
    said = [Said(conversation="c1", name=f"m{n}", user=f"u{n % 2}", text="the harbour", minute=n) for n in range(10)]
    sealed.add(connection, tenant, said)
    seal(sealing, tenant)
    for one in said[1::2]:
        sealed.remove(connection, tenant, one)
    rows = connection.execute("SELECT user_id FROM search_participants WHERE tenant_id = %s", (tenant,)).fetchall()
    assert rows == [("u0",)]
    await sealed.assert_exact(connection, database, index, tenant)


async def test_rows_that_somebody_deletes_are_gone(
    sealing: Sealing, connection: Connection, database: Database, index: WideIndex, tenant: str
) -> None:
    sealed.add(connection, tenant, Speech(random=Random(3)).several(12))
    seal(sealing, tenant)
    connection.execute("DELETE FROM messages WHERE tenant_id = %s AND conversation_id <> 'c1'", (tenant,))
    await sealed.assert_exact(connection, database, index, tenant)
    seal(sealing, tenant)
    assert connection.execute("SELECT count(*) FROM search_tail WHERE tenant_id = %s", (tenant,)).fetchone() == (0,)
    await sealed.assert_exact(connection, database, index, tenant)


async def test_what_fell_between_tail_and_blocks_is_found_by_a_rebuild(
    sealing: Sealing, connection: Connection, database: Database, index: WideIndex, tenant: str
) -> None:
    sealed.add(connection, tenant, Speech(random=Random(4)).several(12))
    connection.execute("DELETE FROM search_tail WHERE tenant_id = %s", (tenant,))
    sealing.tenants()
    step = sealing.find_missing(tenant)
    assert step is not None
    assert step.messages == 12
    await sealed.assert_exact(connection, database, index, tenant)


async def test_an_older_snapshot_sees_the_blocks_of_its_own_time(
    sealing: Sealing, connection: Connection, database: Database, index: WideIndex, tenant: str
) -> None:
    speech = Speech(random=Random(5))
    sealed.add(connection, tenant, speech.several(12))
    seal(sealing, tenant)
    scope, words = WideScope(tenant_id=TenantId(tenant)), sealed.words_of(connection, "harbour river")
    async with database.read(TenantId(tenant)) as rows:
        before = await index.candidates(rows, scope, words, sealed.EVERYTHING)
        sealed.add(connection, tenant, speech.several(30))
        seal(sealing, tenant)
        newer = await sealed.candidates(database, index, scope, words)
        assert newer.statistics.count == 42
        again = await index.candidates(rows, scope, words, sealed.EVERYTHING)
    assert again == before
    assert (await sealed.candidates(database, index, scope, words)) == newer


async def test_what_sinks_are_at_is_left_for_a_later_look(
    sealing: Sealing, sealing_url: str, connection: Connection, tenant: str
) -> None:
    sealed.add(connection, tenant, Speech(random=Random(8)).several(12))
    with psycopg.connect(sealing_url) as sink:
        sink.execute("SELECT FROM search_tail WHERE tenant_id = %s FOR UPDATE", (tenant,))
        assert sealing.step(tenant) is None
    assert seal(sealing, tenant) == [Kind.SEALED]


async def test_tenants_beyond_the_memory_are_let_go_and_come_back(
    sealing: Sealing, connection: Connection, database: Database, tenant: str
) -> None:
    told: list[int] = []
    index = WideIndex(most_bytes=1, report=told.append)
    for name in (tenant, f"{tenant}-2", tenant):
        if name != tenant or not told:
            sealed.add(connection, name, Speech(random=Random(6)).several(9))
            seal(sealing, name)
        await sealed.assert_exact(connection, database, index, name)
    assert max(told) < 2 * min(told)
