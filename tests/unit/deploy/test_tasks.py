import os
import sys
from pathlib import Path

import pytest

from deploy.local import tasks
from deploy.local.components import Task
from deploy.local.launch import Launch
from deploy.local.stack import Stack


def script(monkeypatch: pytest.MonkeyPatch, code: str, folder: Path) -> Task:
    """A task whose program is `code`; its standard input is the API key."""
    launch = Launch(argv=(sys.executable, "-c", code), folder=folder)
    monkeypatch.setattr(tasks, "python", lambda stack, name, argv: launch)
    monkeypatch.setattr(tasks, "RETRY_SECONDS", 0)
    return Task(name="thing", argv=(), needs=(), stdin=lambda stack: stack.secrets["api_key"])


@pytest.fixture
def stack(paper: Stack) -> Stack:
    paper.logs.mkdir(parents=True)
    paper.run.mkdir()
    return paper


def test_a_task_reads_its_input_and_leaves_a_log(stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tasks.run(script(monkeypatch, "print('got', input())", tmp_path), stack)
    assert stack.log("thing").read_text() == "got api_key-secret\n"


def test_a_failed_task_shows_the_end_of_its_log(stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(tasks.TaskFailed, match="no such table"):
        tasks.run(script(monkeypatch, "raise SystemExit('no such table')", tmp_path), stack)


def test_a_task_that_says_come_again_is_tried_again(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first_fails = f"from pathlib import Path; seen = Path('tried').exists(); exit(0 if seen else {os.EX_TEMPFAIL})"
    code = first_fails.replace("; exit", "; Path('tried').touch(); exit")
    tasks.run(script(monkeypatch, code, tmp_path), stack)
    assert (tmp_path / "tried").exists()


def test_only_a_good_end_is_remembered(stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    good, bad = "", "raise SystemExit(2)"
    assert not tasks.is_done(script(monkeypatch, good, tmp_path), stack)
    task = script(monkeypatch, good, tmp_path)
    tasks.run(task, stack)
    assert tasks.is_done(task, stack)
    with pytest.raises(tasks.TaskFailed):
        tasks.run(script(monkeypatch, bad, tmp_path), stack)
    assert not tasks.is_done(task, stack)
