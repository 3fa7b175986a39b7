"""Processes that are kept up, and that are gone when whoever keeps them is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from streams.shadow.children import Children
from streams.shadow.programs import Program
from topology.errors import MISCONFIGURED, TAKEN_OVER, Misconfigured


def program(folder: Path, code: str) -> Program:
    command = (sys.executable, "-c", code)
    return Program(name="worker", command=command, environment=dict(os.environ), log=folder / "logs" / "worker.log")


def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not come about in time"
        time.sleep(0.02)


def test_what_ends_is_started_again(tmp_path: Path) -> None:
    kept = Children([program(tmp_path, "print('here', flush=True); raise SystemExit(75)")], pause_seconds=0.01)

    def often() -> bool:
        kept.tend()
        return (tmp_path / "logs" / "worker.log").read_text().count("here") >= 3

    until(often)
    kept.stop()


def test_what_a_person_must_mend_is_told_and_not_tried_again(tmp_path: Path) -> None:
    kept = Children([program(tmp_path, f"print('wrong key'); raise SystemExit({MISCONFIGURED})")])

    def tended() -> bool:
        kept.tend()
        return False

    with pytest.raises(Misconfigured, match=r"worker refuses to start:\nwrong key"):
        until(tended)


def test_what_another_process_does_by_now_is_left_to_it(tmp_path: Path) -> None:
    kept = Children([program(tmp_path, f"print('here', flush=True); raise SystemExit({TAKEN_OVER})")], pause_seconds=0)
    log = tmp_path / "logs" / "worker.log"
    until(lambda: log.exists() and "here" in log.read_text())
    deadline = time.monotonic() + 1.0
    while time.monotonic() < deadline:
        kept.tend()

    assert log.read_text() == "here\n"


def test_stopping_lets_them_finish(tmp_path: Path) -> None:
    finishes = "import signal, sys, time; signal.signal(15, lambda *_: (print('done', flush=True), sys.exit(0)))"
    kept = Children([program(tmp_path, f"{finishes}; print('up', flush=True); time.sleep(60)")])
    log = tmp_path / "logs" / "worker.log"
    until(lambda: log.exists() and "up" in log.read_text())

    kept.stop()

    assert log.read_text() == "up\ndone\n"


@pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel")
def test_they_do_not_outlive_a_parent_that_was_killed(tmp_path: Path) -> None:
    parent = f"""
import os, sys, time
from pathlib import Path
from streams.shadow.children import Children
from streams.shadow.programs import Program
deaf = "import os, signal, time; signal.signal(15, signal.SIG_IGN); print(os.getpid(), flush=True); time.sleep(60)"
command = (sys.executable, "-c", deaf)
Children([Program(name="worker", command=command, environment=dict(os.environ), log=Path({str(tmp_path)!r}) / "log")])
time.sleep(60)
"""
    log = tmp_path / "log"
    with subprocess.Popen([sys.executable, "-c", parent]) as started:
        until(lambda: log.exists() and log.read_text().endswith("\n"))
        started.send_signal(signal.SIGKILL)
    child = int(log.read_text())
    until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE)
