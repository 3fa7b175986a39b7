"""A replica answers while it shows what was told, and no longer: scripted positions in the log, no server."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from api.freshness.told import Told
from api.readers.replica import MOST_STALE_SECONDS, REST_SECONDS, Coverage


@dataclass(slots=True)
class Servers:
    """Where the primary's log ends, where the replica is, and what time it is."""

    written: int | None = 0
    replayed: int | None = 0
    now: float = 100.0

    def clock(self) -> float:
        return self.now

    async def end(self) -> int | None:
        return self.written

    async def reached(self) -> int | None:
        return self.replayed


@dataclass(slots=True)
class Watched:
    servers: Servers
    told: Told
    coverage: Coverage

    async def look(self, *, written: int | None, replayed: int | None) -> bool:
        self.servers.written, self.servers.replayed = written, replayed
        await self.coverage.look(self.servers.end, self.servers.reached)
        return self.coverage.sufficient()


@pytest.fixture
def watched() -> Watched:
    servers, told = Servers(), Told()
    return Watched(servers, told, Coverage(told, servers.clock))


async def test_nothing_is_asked_of_a_replica_that_was_never_looked_at(watched: Watched) -> None:
    assert not watched.coverage.sufficient()


async def test_one_that_has_replayed_the_log_answers(watched: Watched) -> None:
    assert await watched.look(written=7, replayed=7)


async def test_one_that_lags_answers_once_it_has_caught_up(watched: Watched) -> None:
    assert not await watched.look(written=7, replayed=6)
    watched.servers.now += 0.1
    assert await watched.look(written=9, replayed=7)


async def test_what_was_told_later_must_be_shown(watched: Watched) -> None:
    assert await watched.look(written=7, replayed=7)
    watched.servers.now += 0.1
    watched.told.up_to(watched.servers.now)
    assert not watched.coverage.sufficient()
    assert await watched.look(written=8, replayed=8)


async def test_what_was_told_before_does_not_matter_any_more(watched: Watched) -> None:
    watched.told.up_to(watched.servers.now)
    watched.told.up_to(watched.servers.now - 50)
    assert await watched.look(written=7, replayed=7)


async def test_one_that_is_not_looked_at_any_more_goes_stale(watched: Watched) -> None:
    assert await watched.look(written=7, replayed=7)
    watched.servers.now += MOST_STALE_SECONDS + 0.1
    assert not watched.coverage.sufficient()


async def test_a_server_that_is_no_replica_never_answers(watched: Watched) -> None:
    assert not await watched.look(written=7, replayed=None)


async def test_one_that_failed_rests(watched: Watched) -> None:
    assert await watched.look(written=7, replayed=7)
    watched.coverage.failed()
    assert not watched.coverage.sufficient()
    watched.servers.now += REST_SECONDS
    assert await watched.look(written=7, replayed=7)
