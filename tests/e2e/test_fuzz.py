"""A little of `make fuzz`, on the stack that the other tests share."""

from __future__ import annotations

import os

import pytest

from fuzz.__main__ import fuzz, report
from support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

REQUESTS = int(os.environ.get("FUZZED", "300"))


def test_nothing_fails_and_nothing_that_was_accepted_is_lost(stack: Stack) -> None:
    judge = fuzz(stack, REQUESTS, seed=11)
    assert not judge.faults, report(judge)
    assert len(judge.accepted) > REQUESTS / 8
