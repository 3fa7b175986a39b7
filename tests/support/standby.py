"""A streaming replica of a stack's PostgreSQL, for as long as a test takes."""

from __future__ import annotations

import os
import random
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from deploy.local import ports, postgres
from deploy.local import stack as stacks
from deploy.local.launch import Account
from deploy.local.stack import Stack
from support.infrastructure import Infrastructure


@dataclass(frozen=True, slots=True, kw_only=True)
class Standby:
    """A running one. `superuser` is a URL of it."""

    port: int
    superuser: str
    process: subprocess.Popen[bytes]

    def url(self, of_primary: str) -> str:
        """The same database, by the same login, on the replica."""
        return make_conninfo(of_primary, port=self.port)

    def tell(self, statement: str) -> None:
        with psycopg.connect(self.superuser, autocommit=True) as connection:
            connection.execute(statement.encode())

    def stop(self) -> None:
        self.process.send_signal(signal.SIGQUIT)  # at once: what it has is a copy
        self.process.wait(30)


def superuser_url(infrastructure: Infrastructure, url: str) -> str:
    """The same database by the server's superuser, who is nobody's login."""
    return make_conninfo(url, user="postgres", password=_stack(infrastructure).secrets["postgres"])


@contextmanager
def standby(infrastructure: Infrastructure) -> Iterator[Standby]:
    """Copied from the primary as it stands now, then following it."""
    stack, account = _stack(infrastructure), postgres.unprivileged()
    folder = stack.postgres_home / f"standby-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700)
    if account is not None:
        os.chown(folder, account.uid, account.gid)
    try:
        with _running(stack, folder, account) as found:
            yield found
    finally:
        shutil.rmtree(folder)


@contextmanager
def _running(stack: Stack, folder: Path, account: Account | None) -> Iterator[Standby]:
    binaries, primary = postgres.binaries_for(account, stack), postgres.url(stack, "postgres", "postgres")
    port = next(number for number in random.sample(range(29_500, 29_900), 400) if ports.is_free(number))
    copy = [str(binaries / "pg_basebackup"), "-d", primary, "-D", str(folder), "-R", "-X", "stream", "-c", "fast"]
    user = (account.uid, account.gid) if account else (None, None)
    subprocess.run(copy, check=True, cwd=folder, user=user[0], group=user[1], extra_groups=[] if account else None)
    serve = [str(binaries / "postgres"), "-D", str(folder), "-p", str(port)]
    serve += ["--listen_addresses=127.0.0.1", "--unix_socket_directories=", "--fsync=off"]
    process = subprocess.Popen(
        serve, cwd=folder, user=user[0], group=user[1], extra_groups=[] if account else None, stderr=subprocess.DEVNULL
    )
    found = Standby(port=port, superuser=make_conninfo(primary, port=port), process=process)
    try:
        _answers(found)
        yield found
    finally:
        if process.poll() is None:
            found.stop()


@retry(retry=retry_if_exception_type(psycopg.OperationalError), wait=wait_fixed(0.1), stop=stop_after_delay(60))
def _answers(found: Standby) -> None:
    found.tell("SELECT 1")


def _stack(infrastructure: Infrastructure) -> Stack:
    stack = stacks.load(infrastructure.state_dir, infrastructure.state_dir)
    assert stack is not None
    return stack
