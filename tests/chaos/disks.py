"""A full disk under one component: its data on a small file system of memory, which shrinks to what it holds.

Needs the right to mount; tells by Unhurt where that is missing. What was moved is moved back in any case, also after
the driver itself was killed (`put_back`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chaos.ending import end
from chaos.faults import Unhurt
from deploy.local import postgres
from deploy.local.components import SERVICES
from deploy.local.readiness import is_ready
from deploy.local.stack import Stack
from deploy.local.supervision import Supervisor

ROOM_BYTES = 512 << 20
FULL_SECONDS = 90.0
"""How long the component may find room before the fault is called undone; what is preallocated lasts a moment."""
FAILING_SECONDS = 3.0
READY_SECONDS = 120.0
COMPLAINT = "No space left on device"


def folder_of(stack: Stack, victim: str) -> Path:
    return postgres.data_directory(stack) if victim == "postgres" else stack.data(victim)


def fill(stack: Stack, supervisor: Supervisor, victim: str) -> None:
    """Until the victim has complained for a while. Raises Unhurt where it did not, or where nothing can be mounted."""
    _require_mount()
    with _on_small_disk(stack, supervisor, victim) as folder:
        complaints = stack.log(victim).stat().st_size
        _shrink(folder)
        try:
            complained = _complained(stack, victim, complaints)
            time.sleep(FAILING_SECONDS)
        finally:
            _resize(folder, _used(folder) + ROOM_BYTES)
        _await_ready(stack, victim)
    if not complained:
        raise Unhurt(f"{victim} had room enough")


@contextmanager
def _on_small_disk(stack: Stack, supervisor: Supervisor, victim: str) -> Iterator[Path]:
    folder = folder_of(stack, victim)
    end(stack, supervisor, victim)
    try:
        _move_over(folder)
        supervisor.start(victim)
        _await_ready(stack, victim)
        yield folder
    finally:
        end(stack, supervisor, victim)
        put_back(folder)
        supervisor.start(victim)


def _move_over(folder: Path) -> None:
    aside = _aside(folder)
    folder.rename(aside)
    folder.mkdir()
    size = sum(file.stat().st_size for file in aside.rglob("*") if file.is_file()) + ROOM_BYTES
    _run("mount", "-t", "tmpfs", "-o", f"size={size}", "alluvium-chaos", folder)
    _copy(aside, folder)


def put_back(folder: Path) -> bool:
    """Undo what `fill` moved, whatever state it was left in; whether anything was to be done."""
    aside, kept = _aside(folder), folder.with_name(f".{folder.name}.kept")
    if os.path.ismount(folder):
        if (folder / _WHOLE).exists():
            _resize(folder, _used(folder) + ROOM_BYTES)
            shutil.rmtree(kept, ignore_errors=True)
            kept.mkdir()
            _copy(folder, kept)
            shutil.rmtree(aside, ignore_errors=True)
            kept.rename(aside)
        _run("umount", folder)
    if not aside.exists():
        return False
    if folder.exists():
        folder.rmdir()
    aside.rename(folder)
    (folder / _WHOLE).unlink(missing_ok=True)
    return True


_WHOLE = ".alluvium-chaos-whole"
"""In the small file system, once all is copied into it: before, what lies aside is still what counts."""


def _copy(source: Path, target: Path) -> None:
    """With owners and modes, and the folder's own."""
    _run("cp", "-a", f"{source}/.", target)
    (target / _WHOLE).touch()


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.aside")


def _shrink(folder: Path) -> None:
    """To what it holds; while it grows, the kernel refuses what would be too small."""
    for _ in range(50):
        try:
            return _resize(folder, _used(folder))
        except subprocess.CalledProcessError:
            time.sleep(0.02)
    raise Unhurt(f"{folder} grows faster than it can be shrunk")


def _resize(folder: Path, size: int) -> None:
    _run("mount", "-o", f"remount,size={size}", folder)


def _used(folder: Path) -> int:
    found = os.statvfs(folder)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def _complained(stack: Stack, victim: str, since: int) -> bool:
    deadline = time.monotonic() + FULL_SECONDS
    while time.monotonic() < deadline:
        with stack.log(victim).open("rb") as log:
            log.seek(since if stack.log(victim).stat().st_size >= since else 0)
            if COMPLAINT.encode() in log.read():
                return True
        time.sleep(0.2)
    return False


def _await_ready(stack: Stack, victim: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not is_ready(SERVICES[victim].probe, stack):
        if time.monotonic() > deadline:
            raise Unhurt(f"{victim} was not ready within {READY_SECONDS:.0f} s")
        time.sleep(0.2)


def _require_mount() -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            _run("mount", "-t", "tmpfs", "-o", "size=64k", "alluvium-chaos", folder)
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            raise Unhurt(f"nothing can be mounted here: {error}") from error
        _run("umount", folder)


def _run(*words: str | Path) -> None:
    subprocess.run([str(word) for word in words], check=True, capture_output=True)
