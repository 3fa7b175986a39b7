"""The history read again with changed rules, on the whole stack: built, killed, compared, promoted, dropped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from sinks.generations.differences import differences
from support.infrastructure import PROJECT
from support.infrastructure import stack as run_stack
from support.stack import Stack, whole_stack
from topology.offsets import Look
from topology.rules_file import BUILT_IN_RULES
from topology.settings import Settings
from topology.stages import REEXTRACT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

RULES = f"""
name: changed
version: 2
extends: {BUILT_IN_RULES}
tenants:
  local:
    off: [likes.i_like]
    slots:
      - {{kind: fact, name: shoe_size, single_valued: true}}
    rules:
      - name: shoe-size.mine
        version: 1
        slot: fact.shoe_size
        subjects: [my]
        pattern: 'shoe size is (?P<value>\\d{{2}})\\b'
        confidence: 0.9
        examples:
          - {{said: My shoe size is 43., values: ["43"]}}
        counter_examples:
          - What is my shoe size?
"""
SAID = ("I live in {city}.", "I like {thing}.", "My shoe size is {size}.", "The weather was fine.")
CITIES, THINGS, SIZES = ("Lisbon", "Porto", "Braga"), ("chess", "hiking", "jazz", "tea"), ("41", "42", "43")
SPEAKERS = 20
TURNS = 480
WAIT_SECONDS = 180.0


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Of its own: at the end its processes work for another generation."""
    with whole_stack() as running:
        yield running


@pytest.fixture(scope="module")
def rules_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("rules") / "rules.yaml"
    file.write_text(RULES, "utf-8")
    return file


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Whoever types the commands."""

    environment: Mapping[str, str]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *words],
            cwd=PROJECT,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS,
            check=False,
        )

    def generations(self, *words: str) -> str:
        done = self.run("sinks", "generations", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def refused(self, *words: str) -> str:
        done = self.run("sinks", "generations", *words)
        assert done.returncode == 2, done.stdout + done.stderr
        return done.stderr

    @contextmanager
    def replaying(self, rules_file: Path, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
        """The shadow being built, and followed until the end of the context."""
        words = ("streams", "replay", "--rules-file", str(rules_file), "--extractor", "changed@2", "--into", "shadow")
        command = [sys.executable, "-m", *words]
        with subprocess.Popen(command, cwd=PROJECT, env={**self.environment, **settings}) as process:
            try:
                yield process
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(90)


@pytest.fixture(scope="module")
def operator(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    own = {"STATE_DIR": str(tmp_path_factory.mktemp("state")), "PARTITIONS": "4", "SESSION_TIMEOUT_SECONDS": "6"}
    return Operator(environment={**os.environ, **stack.environment, **own})


def conversation(folder: Path, name: str, turns: int) -> Path:
    """Of many people, each of whom lives somewhere, likes something and has a shoe size."""
    lines = []
    for number in range(turns):
        of = number // SPEAKERS // len(SAID)
        chosen = {"city": CITIES[of % 3], "thing": THINGS[of % 4], "size": SIZES[of % 3]}
        lines.append(
            {
                "message_id": f"{name}.{number}",
                "conversation_id": f"{name}-{number % SPEAKERS % 5}",
                "speaker": f"Person {number % SPEAKERS}",
                "speaker_id": f"{name}.p{number % SPEAKERS}",
                "occurred_at": f"2024-03-{1 + number // 1_440:02d}T{number // 60 % 24:02d}:{number % 60:02d}:00Z",
                "text": SAID[number // SPEAKERS % len(SAID)].format(**chosen),
            }
        )
    file = folder / f"{name}.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    return file


def feed(stack: Stack, file: Path) -> None:
    fed = stack.command("feed", str(file))
    assert fed.returncode == 0, fed.stdout + fed.stderr
    stack.drain()


def until(condition: Callable[[], bool], seconds: float = WAIT_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not come about in time"
        time.sleep(0.2)


def reached(operator: Operator) -> int:
    """How many messages have been read again."""
    wanted = {name.lower(): value for name, value in operator.environment.items()}
    known = {name: wanted[name] for name in ("kafka_bootstrap_servers", "partitions") if name in wanted}
    with Look(Settings.model_validate(known), 2) as look:
        return look.reached(REEXTRACT).done


def slots_of(stack: Stack, user: str) -> dict[str, set[str]]:
    """Values that hold, by slot, as the API lists them."""
    answer = stack.call("GET", f"/v1/users/{user}/items?status=active&limit=100").json()
    found: dict[str, set[str]] = {}
    for item in answer["items"]:
        found.setdefault(item["slot"], set()).add(item["value"])
    return found


def profile_of(stack: Stack, user: str) -> dict[str, Any]:
    answer = stack.call("GET", f"/v1/users/{user}/profile").json()
    return {entry["slot"]: entry["value"] for entry in (*answer["slots"], *answer["top"])}


def children_of(operator: Operator) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get("STATE_DIR", "").startswith(
                operator.environment["STATE_DIR"] + "/generation-"
            ):
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_the_history_is_read_again_and_answers_move(stack: Stack, operator: Operator, rules_file: Path) -> None:
    folder = rules_file.parent
    feed(stack, conversation(folder, "old", TURNS))
    before = slots_of(stack, "old.p3")
    assert before["likes"] == set(THINGS)
    assert "shoe_size" not in before

    with operator.replaying(rules_file, RUN_MAX_RECORDS="5") as building:
        until(lambda: reached(operator) >= TURNS // 10)
        building.kill()
        building.wait()
    until(lambda: not children_of(operator), 90)
    assert reached(operator) < TURNS, "it was killed when all was done"

    live = threading.Thread(target=feed, args=(stack, conversation(folder, "live", TURNS)))
    with operator.replaying(rules_file):
        live.start()
        live.join()
        assert slots_of(stack, "old.p3") == before
        assert "likes" in slots_of(stack, "live.p3")
        until(lambda: planted(stack) == PLANTED)
        assert "generation 1 serves" in operator.refused("drop", "1", "--yes")

        operator.generations("promote")
        until(lambda: "shoe_size" in profile_of(stack, "old.p3"), 10)
        after = slots_of(stack, "old.p3")
        assert "likes" not in after
        assert len(after["shoe_size"]) == 1
        assert after["home_city"] == before["home_city"]
        feed(stack, conversation(folder, "later", 2 * SPEAKERS * len(SAID)))
        assert "shoe_size" in slots_of(stack, "later.p3"), "what is said now is read by the new rules"
        assert "GENERATION=2 everywhere first: extract.g1" in operator.refused("settle")

        operator.generations("promote", "1")
        until(lambda: slots_of(stack, "old.p3") == before, 10)
        assert "processes are at work" in operator.refused("drop", "2", "--yes")
        operator.generations("promote", "2")

        run_stack_with(stack, GENERATION="2", RULES_FILE=str(rules_file))
        operator.generations("settle")
    stack.drain()
    feed(stack, conversation(folder, "last", 2 * SPEAKERS * len(SAID)))
    assert "shoe_size" in slots_of(stack, "last.p3")
    assert "likes" not in slots_of(stack, "last.p3")
    operator.generations("drop", "1", "--yes")
    assert "shoe_size" in slots_of(stack, "old.p3")
    assert "dropped" in operator.generations("list")


PLANTED = {("shoe_size", "added"): 2 * SPEAKERS * len(SIZES), ("likes", "removed"): 2 * SPEAKERS * len(THINGS)}
"""Each of forty people has told three sizes and four likings."""


def planted(stack: Stack) -> dict[tuple[str, str], int]:
    found = differences(stack.environment["DATABASE_URL"], 1, 2, 1)
    return {(each.slot, each.change): each.items for each in found}


def run_stack_with(stack: Stack, **settings: str) -> None:
    """The same stack, started again with other settings."""
    run_stack(stack.state_dir, "down")
    former = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        run_stack(stack.state_dir, "up")
    finally:
        for name, value in former.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
