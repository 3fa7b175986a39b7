"""The stack of a run: a given one as it is, or one of the run's own, which outlives an interrupted driver.

Starts and stops; hurts nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from chaos.hurting import Surgeon
from chaos.journal import Journal
from support.infrastructure import stack as run_stack
from support.stack import Stack


@contextmanager
def stack_of(journal: Journal) -> Iterator[Stack]:
    """Running, with whatever an interrupted fault left undone; one of the run's own is stopped in the end."""
    stack = Stack(state_dir=journal.stack)
    if journal.rounds() or journal.input.exists():
        Surgeon(stack, journal.folder).clean_up()
    if not journal.owns_stack:
        yield stack
        return
    try:
        run_stack(stack.state_dir, "up", "--brokers", str(journal.plan.brokers))
        yield stack
    finally:
        run_stack(stack.state_dir, "down")


def leave(journal: Journal, *, keep_data: bool) -> None:
    """Remove a stack of the run's own, or keep it with its logs to be looked at and judged once more."""
    if journal.owns_stack and not keep_data:
        run_stack(journal.stack, "down", "--wipe")
    elif not journal.owns_stack and keep_data:
        shutil.copytree(journal.stack / "logs", journal.folder / "logs", dirs_exist_ok=True)
