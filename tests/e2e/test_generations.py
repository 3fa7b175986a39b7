"""The history read again with changed rules, on the whole stack: built, killed, compared, promoted, dropped."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sinks.generations.differences import differences
from support.generations import Operator, children_of, operator_of, profile_of, reached, slots_of, until
from support.infrastructure import stack as run_stack
from support.stack import Stack, whole_stack
from topology.rules_file import BUILT_IN_RULES

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
EXTRACTOR = "changed@2"
SAID = ("I live in {city}.", "I like {thing}.", "My shoe size is {size}.", "The weather was fine.")
CITIES, THINGS, SIZES = ("Lisbon", "Porto", "Braga"), ("chess", "hiking", "jazz", "tea"), ("41", "42", "43")
SPEAKERS = 20
TURNS = 480


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


@pytest.fixture(scope="module")
def operator(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    return operator_of(stack, tmp_path_factory.mktemp("state"))


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


def test_the_history_is_read_again_and_answers_move(stack: Stack, operator: Operator, rules_file: Path) -> None:
    folder = rules_file.parent
    feed(stack, conversation(folder, "old", TURNS))
    before = slots_of(stack, "old.p3")
    assert before["likes"] == set(THINGS)
    assert "shoe_size" not in before

    with operator.replaying(rules_file, EXTRACTOR, RUN_MAX_RECORDS="5") as building:
        until(lambda: reached(operator) >= TURNS // 10)
        building.kill()
        building.wait()
    until(lambda: not children_of(operator), 90)
    assert reached(operator) < TURNS, "it was killed when all was done"

    live = threading.Thread(target=feed, args=(stack, conversation(folder, "live", TURNS)))
    with operator.replaying(rules_file, EXTRACTOR):
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
    assert "generation 1 has not settled" in operator.refused("tidy", "1")
    operator.generations("tidy")
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
