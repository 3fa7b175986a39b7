"""Which faults a run does: every pair in turn, every broker where there are three, or those that somebody names."""

from __future__ import annotations

from collections import Counter

import click
import pytest

from chaos.__main__ import choose
from chaos.faults import Fault, faults, pairs, plan


def test_sixty_rounds_meet_every_pair_twice_and_every_victim_once() -> None:
    assert len(pairs(1)) == 30
    for seed in range(5):
        chosen = plan(60, seed, 1)
        assert set(Counter(fault.pair for fault in chosen).values()) == {2}
        assert set(chosen) == set(faults(1))


def test_three_brokers_are_struck_in_turn_and_the_leader_of_their_controllers_too() -> None:
    assert len(pairs(3)) == 31
    for seed in range(5):
        struck = Counter(fault for fault in plan(4 * 31, seed, 3) if fault.pair.process == "broker")
        assert Counter(fault.kind for fault in struck) == {"kill": 4, "restart": 4, "freeze": 4, "roll": 1}
        assert {times for fault, times in struck.items() if fault.kind != "roll"} == {1}


def test_a_choice_names_a_kind_a_victim_or_a_kind_of_process() -> None:
    assert choose("flush:valkey,kill:broker", brokers=1) == (Fault("flush", "valkey"), Fault("kill", "kafka"))
    assert [fault.victim for fault in choose("freeze:broker", brokers=3)] == [
        "kafka",
        "kafka-2",
        "kafka-3",
        "controller",
    ]
    assert choose("", brokers=3) == ()
    with pytest.raises(click.BadParameter, match="roll is none of"):
        choose("roll", brokers=1)
