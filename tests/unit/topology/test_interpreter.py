"""How Python runs a process that works records in bulk."""

from __future__ import annotations

import gc
import sys

import pytest

from topology import interpreter


def test_garbage_is_looked_for_seldom_and_not_among_what_stays() -> None:
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    try:
        interpreter.look_seldom_for_garbage()
        assert gc.get_freeze_count() > frozen
        assert gc.get_threshold() == interpreter.THRESHOLDS
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def test_a_thread_that_was_answered_waits_less_than_python_would_have_it() -> None:
    before = sys.getswitchinterval()
    try:
        interpreter.let_threads_take_turns()
        assert sys.getswitchinterval() == pytest.approx(interpreter.SWITCH_SECONDS)
        assert sys.getswitchinterval() < before
    finally:
        sys.setswitchinterval(before)
