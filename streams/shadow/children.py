"""Keeps a few processes up for as long as this one lives: what ends is started again, but for what a person must mend.

supervisord would start a misconfigured process for ever, or tell of it to nobody who is looking at this terminal.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from streams.shadow.programs import Program
from topology.errors import MISCONFIGURED, TAKEN_OVER, Misconfigured

logger = logging.getLogger(__name__)

STOP_SECONDS: Final = 60.0
"""A checkpoint in progress is finished (50 s at the most); whatever is left by then is killed, and read again."""
FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 30.0
SETTLED_SECONDS: Final = 60.0
"""A process that lived so long was well; its next end is paused for as briefly as the first."""
_PR_SET_PDEATHSIG: Final = 1
_libc: Final = ctypes.CDLL(None)
_LOG_TAIL_BYTES: Final = 2_000


@dataclass(slots=True)
class _Child:
    program: Program
    process: subprocess.Popen[bytes]
    started_at: float
    pause_seconds: float
    start_at: float | None = None
    """When it is started again; None while it runs."""
    replaced: bool = False
    """Whether another process does its work by now."""


class Children:
    """Processes of these programs, started at once. Call `tend` often, and `stop` in the end."""

    def __init__(self, programs: Sequence[Program], pause_seconds: float = FIRST_PAUSE_SECONDS) -> None:
        self._pause_seconds = pause_seconds
        """Before the first new start; doubled with each."""
        self._children = [_Child(each, _started(each), time.monotonic(), pause_seconds) for each in programs]

    def tend(self) -> None:
        """Start again what has ended, after a pause. Raises Misconfigured where one says that a person must act."""
        for child in self._children:
            self._tend(child)

    def stop(self) -> None:
        """Let all of them finish what they are at; returns when they are gone."""
        running = [child.process for child in self._children if child.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _tend(self, child: _Child) -> None:
        now, name = time.monotonic(), child.program.name
        if child.start_at is not None:
            if now >= child.start_at:
                child.process, child.started_at, child.start_at = _started(child.program), now, None
            return
        code = None if child.replaced else child.process.poll()
        if code is None:
            return
        if code == TAKEN_OVER:
            child.replaced = True
            logger.warning("%s ended: another process does its work; give the command again if none does", name)
            return
        if code == MISCONFIGURED:
            raise Misconfigured(f"{name} refuses to start:\n{_tail(child.program)}")
        lived = now - child.started_at
        pause = self._pause_seconds if lived > SETTLED_SECONDS else child.pause_seconds
        child.start_at, child.pause_seconds = now + pause, min(2 * pause, LONGEST_PAUSE_SECONDS)
        logger.warning("%s ended (%d) and is started again in %.0f s", name, code, pause)


def _started(program: Program) -> subprocess.Popen[bytes]:
    program.log.parent.mkdir(parents=True, exist_ok=True)
    with program.log.open("ab") as log:
        return subprocess.Popen(
            program.command,
            env=dict(program.environment),
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=partial(_die_with, os.getpid()) if sys.platform == "linux" else None,  # noqa: PLW1509 - system calls
        )


def _die_with(parent: int) -> None:
    """Asks the kernel for SIGKILL once the parent is gone, however it went.

    Nobody would tend these any more, nor see to it that they end when they are asked to. Whatever they were at is read
    again.
    """
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it went before the kernel was asked
        os._exit(1)


def _tail(program: Program) -> str:
    return program.log.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace").strip()
