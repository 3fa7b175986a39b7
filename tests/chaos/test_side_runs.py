"""What the verifier measures by the side: pauses with something to do, and memory beyond its bound."""

from __future__ import annotations

from dataclasses import replace

from chaos.offsets import Pause
from chaos.outage import OWN_MEGABYTES, CatchUp, Survived
from chaos.planning import Plan
from chaos.report import Verdict

CLEAN = Verdict(plan=Plan(rounds=0, seed=1, rate=1.0, kind="outage"), rounds=(), events=9, differences=(), drained=True)
LATE = CatchUp(waited=90, landed=50, seconds=10.0, caught_up=False)
SURVIVED = Survived(verdict=CLEAN, megabytes={"extract": 200, "kafka": 700}, progress=LATE)


def paused(*looks: tuple[float, int, int]) -> float:
    """The longest pause after looks at a time, a committed offset and an end."""
    pause = Pause()
    for now, committed, end in looks:
        pause.look(now, committed, end)
    return pause.longest


def test_a_partition_with_nothing_to_do_does_not_pause() -> None:
    assert paused((0.0, 5, 5), (60.0, 5, 5), (61.0, 5, 9), (62.0, 9, 9)) == 1.0


def test_a_pause_lasts_from_one_progress_to_the_next_while_something_waits() -> None:
    assert paused((0.0, 1, 9), (1.0, 2, 9), (8.0, 2, 12), (9.0, 5, 12), (10.0, 12, 12)) == 8.0


def test_a_pause_that_has_not_ended_counts() -> None:
    assert paused((0.0, 1, 9), (30.0, 1, 9)) == 30.0


def test_the_rate_of_catching_up_is_told_in_any_case() -> None:
    assert "50 landed in 10.0 s, 5 a second" in str(LATE)


def test_an_outage_is_survived_within_the_bounds_and_with_a_clean_verdict_only() -> None:
    assert SURVIVED.holds
    assert not replace(SURVIVED, megabytes={"extract": OWN_MEGABYTES + 1}).holds
    assert not replace(SURVIVED, verdict=replace(CLEAN, drained=False)).holds
