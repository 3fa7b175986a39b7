"""A short run of the verifier: five quick faults on the stack that the other tests use, both judges, all zeros."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos import journal
from chaos.faults import Fault
from chaos.planning import Plan
from chaos.running import run
from support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1_500)]

FAULTS = (
    Fault("kill", "extract"),
    Fault("flush", "valkey"),
    Fault("restart", "kafka"),
    Fault("wipe", "consolidate"),
    Fault("kill", "postgres"),
)


def test_five_faults_lose_nothing_and_double_nothing(stack: Stack, tmp_path: Path) -> None:
    plan = Plan(rounds=len(FAULTS), seed=7, rate=40.0, faults=FAULTS)
    verdict = run(stack, journal.begin(tmp_path, plan, stack.state_dir), print)
    assert verdict.events > 500
    assert verdict.holds, f"{verdict}; {verdict.unrecovered}; drained={verdict.drained}; {verdict.differences[:5]}"
