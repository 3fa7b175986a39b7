"""The service as it runs, with two routes beside it that only ask PostgreSQL or Redis: the floor of any answer.

`python -m benchmarks.service.server` serves as `python -m api` does. For measuring; no part of the product.
"""

from __future__ import annotations

from fastapi import FastAPI
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool
from redis.asyncio import BlockingConnectionPool, Redis
from starlette.requests import Request
from starlette.responses import Response

from api import __main__ as service
from topology.settings import Settings

SELECT = "/bare/select"
GET = "/bare/get"
KEPT_UNDER = "benchmark:bare"


class Bare:
    """The two routes, each with a pool of its own; connected by the first request."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool: AsyncConnectionPool[AsyncConnection[TupleRow]] | None = None
        waiting = BlockingConnectionPool.from_url(settings.redis_url.get_secret_value(), max_connections=50)
        self._redis = Redis(connection_pool=waiting)

    async def select(self, _request: Request) -> Response:
        if self._pool is None:
            self._pool = AsyncConnectionPool(
                self._settings.database_url.get_secret_value(), min_size=1, max_size=10, open=False
            )
            await self._pool.open()
        async with self._pool.connection() as connection:
            found = await (await connection.execute("SELECT 1")).fetchone()
        return Response(str(found), media_type="text/plain")

    async def get(self, _request: Request) -> Response:
        kept = await self._redis.get(KEPT_UNDER)
        return Response(kept or b"", media_type="text/plain")


def with_bare_routes(app: FastAPI, settings: Settings) -> FastAPI:
    bare = Bare(settings)
    app.add_route(SELECT, bare.select)
    app.add_route(GET, bare.get)
    return app


def main() -> None:
    real = service.application
    service.application = lambda: with_bare_routes(real(), service.read_settings())
    service.main(["serve"])


if __name__ == "__main__":
    main()
