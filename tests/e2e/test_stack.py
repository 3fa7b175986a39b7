"""What the README promises of the whole stack, on the whole stack."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from support.stack import COMEBACK_SECONDS, Stack, conversation_file

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

RUN = uuid4().hex[:8]
"""Of this session: a stack that is used again holds what earlier sessions left."""

TWICE, KEPT = f"twice-{RUN}", f"kept-{RUN}"

COMPONENTS = (
    "extract",
    "consolidate",
    "sink-postgres",
    "sink-redis",
    "sealer",
    "api",
    "kafka",
    "registry",
    "postgres",
    "valkey",
)

TABLES = {
    "messages": "SELECT * FROM messages WHERE conversation_id = %s ORDER BY message_id",
    "evidence": "SELECT * FROM evidence WHERE conversation_id = %s ORDER BY item_id, message_id",
    "items": "SELECT * FROM memory_items WHERE user_id LIKE %s || '.%%' ORDER BY item_id",
    "versions": "SELECT * FROM memory_item_versions WHERE user_id LIKE %s || '.%%' ORDER BY item_id, version_offset",
}
OUTCOMES = "SELECT count(*) FROM outcomes WHERE conversation_id = %s AND status = %s"


def content(stack: Stack, conversation: str) -> dict[str, Sequence[object]]:
    """Everything that PostgreSQL holds of a conversation and its speakers."""
    return {table: stack.rows(query, conversation) for table, query in TABLES.items()}


def feed(stack: Stack, *files: Path) -> None:
    fed = stack.command("feed", *map(str, files))
    assert fed.returncode == 0, fed.stdout + fed.stderr


def test_the_demo_shows_what_it_promises_and_may_be_repeated(stack: Stack) -> None:
    for _ in range(2):
        shown = stack.command("demo")
        assert shown.returncode == 0, shown.stdout + shown.stderr


def test_feeding_twice_is_a_retry(stack: Stack, tmp_path: Path) -> None:
    file = conversation_file(tmp_path, TWICE, 200)
    feed(stack, file)
    stack.drain()
    before = content(stack, TWICE)
    assert len(before["messages"]) == 200
    assert before["evidence"], "nothing was remembered"
    assert stack.count(OUTCOMES, TWICE, "stored") == 200
    feed(stack, file)
    stack.drain()
    assert content(stack, TWICE) == before
    assert stack.count(OUTCOMES, TWICE, "duplicate") == 200


@pytest.mark.parametrize("victim", COMPONENTS)
def test_a_killed_process_comes_back_and_nothing_is_lost(stack: Stack, tmp_path: Path, victim: str) -> None:
    name = f"killed-{victim}-{RUN}"
    file = conversation_file(tmp_path, name, 400)
    feeding = threading.Thread(target=stack.command, args=("feed", str(file)))
    feeding.start()
    killed = kill(stack, victim)
    feeding.join()
    await_comeback(stack, victim, killed)
    feed(stack, file)  # a retry of all; the first may have found no registry, and then said so and sent nothing
    stack.drain()
    assert stack.count("SELECT count(*) FROM messages WHERE conversation_id = %s", name) == 400
    stored = "SELECT count(DISTINCT message_id) FROM outcomes WHERE conversation_id = %s AND status = 'stored'"
    assert stack.count(stored, name) == 400
    assert stack.count(OUTCOMES, name, "stored") == 400
    everyone = [row[0] for row in stack.rows("SELECT DISTINCT user_id FROM messages WHERE conversation_id = %s", name)]
    for user in everyone:
        assert stack.call("GET", f"/v1/users/{user}/profile").is_success


def kill(stack: Stack, victim: str) -> set[int]:
    """Kill every process of a component, as the kernel's out-of-memory killer would."""
    time.sleep(0.5)
    victims = stack.processes()[victim]
    for process in victims:
        process.kill()
    return {process.pid for process in victims}


def await_comeback(stack: Stack, victim: str, killed: set[int]) -> None:
    deadline = time.monotonic() + COMEBACK_SECONDS
    while not {process.pid for process in stack.processes().get(victim, [])} - killed:
        assert time.monotonic() < deadline, f"{victim} did not come back"
        time.sleep(0.3)
    while stack.command("status").returncode != 0:
        assert time.monotonic() < deadline, "not everything is ready again"


def test_down_ends_every_process_and_up_finds_the_data(stack: Stack, tmp_path: Path) -> None:
    feed(stack, conversation_file(tmp_path, KEPT, 50))
    stack.drain()
    before = content(stack, KEPT)
    processes: list[psutil.Process] = [process for found in stack.processes().values() for process in found]
    down = stack.command("down")
    assert down.returncode == 0, down.stdout + down.stderr
    assert stack.processes() == {}
    assert not [process for process in processes if lives(process)]
    up = stack.command("up")
    assert up.returncode == 0, up.stdout + up.stderr
    assert content(stack, KEPT) == before


def lives(process: psutil.Process) -> bool:
    """A zombie is dead: init may take its time to bury it."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
