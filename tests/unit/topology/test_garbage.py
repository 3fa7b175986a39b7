"""How seldom a process looks for garbage."""

from __future__ import annotations

import gc

from topology import garbage


def test_what_is_there_is_not_looked_at_again_and_what_comes_seldom() -> None:
    before = gc.get_threshold()
    try:
        garbage.look_seldom()
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold() == garbage.THRESHOLDS
        assert gc.isenabled()
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
