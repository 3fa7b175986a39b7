"""The supervisor of a stack: supervisord as a daemon of its own session, spoken to over a private socket.

Restarts what dies. Knows nothing of readiness or order of start; that is deploy.local.lifecycle.
"""

import http.client
import os
import shutil
import stat
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from deploy.local import rpc
from deploy.local.components import Service, services
from deploy.local.stack import COMPONENT_VARIABLE, MARKER_VARIABLE, PROJECT, STATE_VARIABLE, Stack

NAME = "supervisor"
START_SECONDS = 15
STOP_SECONDS = 120  # longer than the slowest orderly stop of all components
POLL_SECONDS = 0.1
START_RETRIES = 1_000  # supervisord waits one second more after each try: it gives up after days, not minutes
LOG_BYTES = "10MB"
LOG_BACKUPS = 3

SUPERVISING = 1  # supervisord's state code while it serves, not while it shuts down
ALREADY_STARTED, NOT_RUNNING = 60, 70  # supervisord's fault codes
ALIVE = ("STARTING", "RUNNING", "BACKOFF", "STOPPING")


class SupervisorFailed(Exception):
    """supervisord did not start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """What supervisord says of one component. `uptime_seconds` is 0 unless it runs."""

    state: str
    pid: int
    uptime_seconds: int
    detail: str


def render(stack: Stack) -> str:
    """supervisord.conf. It holds no secret: every component reads its own from the state directory."""
    programs = "".join(_program(service, stack) for service in services(stack.brokers))
    return f"""\
[supervisord]
logfile={_escape(stack.log(NAME))}
logfile_maxbytes={LOG_BYTES}
logfile_backups={LOG_BACKUPS}
pidfile={_escape(stack.run / "supervisord.pid")}
directory={_escape(PROJECT)}
nocleanup=true
{"user=root" if os.geteuid() == 0 else ""}

[unix_http_server]
file={_escape(stack.socket)}
chmod=0600

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
{programs}"""


def _program(service: Service, stack: Stack) -> str:
    return f"""
[program:{service.name}]
command={_escape(f'"{sys.executable}" -m deploy.local.become {service.name}')}
priority={service.order}
autostart=false
autorestart=true
startsecs=1
startretries={START_RETRIES}
stopsignal={service.stop_signal}
stopwaitsecs={service.stop_seconds}
killasgroup=true
redirect_stderr=true
stdout_logfile={_escape(stack.log(service.name))}
stdout_logfile_maxbytes={LOG_BYTES}
stdout_logfile_backups={LOG_BACKUPS}
"""


def _escape(value: Path | str) -> str:
    """supervisord expands %(name)s in every value."""
    return str(value).replace("%", "%%")


class Supervisor:
    """One stack's supervisord. Every call is one request; none waits."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def alive(self) -> bool:
        try:
            state = cast("Mapping[str, int]", rpc.call(self._stack.socket, "getState"))
        except (OSError, xmlrpc.client.ProtocolError, http.client.HTTPException):
            return False
        return state["statecode"] == SUPERVISING

    def boot(self, environ: Mapping[str, str]) -> None:
        """Start supervisord with no component; it leaves our session, so Ctrl-C here never reaches it."""
        _prepare_socket(self._stack.socket)
        configuration = _configuration(self._stack)
        configuration.write_text(render(self._stack))
        marker = {
            MARKER_VARIABLE: str(self._stack.directory),
            STATE_VARIABLE: str(self._stack.directory),
            COMPONENT_VARIABLE: NAME,
        }
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(configuration)]
        done = subprocess.run(
            command, env=dict(environ) | marker, cwd=PROJECT, capture_output=True, text=True, check=False
        )
        if done.returncode or not _until(self.alive, START_SECONDS):
            raise SupervisorFailed(done.stderr or done.stdout or f"see {self._stack.log(NAME)}")

    def processes(self) -> dict[str, Process]:
        listing = cast("list[Mapping[str, str | int]]", rpc.call(self._stack.socket, "getAllProcessInfo"))
        return {str(entry["name"]): _process(entry) for entry in listing}

    def start(self, name: str) -> None:
        self._tolerate(ALREADY_STARTED, "startProcess", name)

    def stop(self, name: str) -> None:
        self._tolerate(NOT_RUNNING, "stopProcess", name)

    def shut_down(self) -> bool:
        """Stop supervisord itself; whether it went."""
        rpc.call(self._stack.socket, "shutdown")
        pid_file = self._stack.run / "supervisord.pid"
        return _until(lambda: not pid_file.exists() and not self.alive(), STOP_SECONDS)

    def _tolerate(self, code: int, method: str, name: str) -> None:
        try:
            rpc.call(self._stack.socket, method, name, False)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode != code:
                raise


def is_current(stack: Stack) -> bool:
    """Whether the supervisor that was last booted knows the components of today."""
    configuration = _configuration(stack)
    return configuration.exists() and configuration.read_text() == render(stack)


def _configuration(stack: Stack) -> Path:
    return stack.run / "supervisord.conf"


def _process(entry: Mapping[str, str | int]) -> Process:
    state = str(entry["statename"])
    uptime = int(entry["now"]) - int(entry["start"]) if state == "RUNNING" else 0
    return Process(state=state, pid=int(entry["pid"]), uptime_seconds=uptime, detail=str(entry["description"]))


def _prepare_socket(socket: Path) -> None:
    """A folder only we may enter: whoever reaches the socket commands the stack."""
    if socket.parent.name != "run":
        socket.parent.mkdir(mode=0o700, exist_ok=True)
        found = socket.parent.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise PermissionError(f"{socket.parent} belongs to someone else")
    socket.unlink(missing_ok=True)


def forget_socket(stack: Stack) -> None:
    """Remove the socket's folder where it is outside the state directory."""
    if not stack.socket.is_relative_to(stack.directory):
        shutil.rmtree(stack.socket.parent, ignore_errors=True)


def _until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
