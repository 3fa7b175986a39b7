"""Several processes of the API on one port: gunicorn keeps them, uvicorn serves in each.

One that dies or hangs is replaced; SIGHUP replaces all, one after the other, and SIGTERM lets all finish.
"""

from __future__ import annotations

import logging
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker
from prometheus_client.multiprocess import mark_process_dead
from uvicorn_worker import UvicornWorker

from api.serving.draining import BACKLOG, KEEP_ALIVE_SECONDS, DrainingServer, Ending, ending_of, options
from topology.settings import Settings

SPARE_SECONDS: Final = 5
"""Between the end of draining and the moment the keeper kills: the lifespan closes connections in it."""


class PlainLogger(Logger):
    """Leaves what the keeper says to the process's own log."""

    def setup(self, cfg: Any) -> None:  # noqa: ARG002 - gunicorn's signature
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        self.access_log.handlers.clear()


class DrainingWorker(UvicornWorker):
    """A gunicorn worker whose server drains; `ending` is set by the keeper before it forks."""

    ending: Ending = Ending(notice_seconds=0, drain_seconds=30)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.CONFIG_KWARGS = {**options(self.ending), "loop": "auto", "http": "auto"}
        super().__init__(*args, **kwargs)
        errors, requests = logging.getLogger("uvicorn.error"), logging.getLogger("uvicorn.access")
        errors.handlers, requests.handlers = [], []
        errors.propagate, requests.propagate = True, False  # paths hold names of people

    async def _serve(self) -> None:
        app: FastAPI = self.wsgi
        self.config.app = app
        server = DrainingServer(self.config, app, self.ending, self.callback_notify)
        self._install_sigquit_handler()
        await server.serve(sockets=self.sockets)
        if not server.started:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)


class Keeper(BaseApplication):
    """Forks workers that each make an application of their own."""

    def __init__(self, settings: Settings, make: Callable[[], FastAPI]) -> None:
        self._settings, self._make = settings, make
        super().__init__()

    def load_config(self) -> None:
        settings, ending = self._settings, ending_of(self._settings)
        DrainingWorker.ending = ending
        chosen = {
            "bind": f"{settings.api_host}:{settings.api_port}",
            "workers": settings.api_workers,
            "worker_class": DrainingWorker,
            "timeout": settings.api_hung_seconds,
            "graceful_timeout": int(ending.whole_seconds) + SPARE_SECONDS,
            "keepalive": KEEP_ALIVE_SECONDS,
            "backlog": BACKLOG,
            "logger_class": PlainLogger,
            "child_exit": forget,
            "control_socket_disable": True,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> FastAPI:
        return self._make()


def forget(_: Arbiter, worker: Worker) -> None:
    """What a worker had as gauges goes with it; what it counted stays."""
    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def keep(settings: Settings, make: Callable[[], FastAPI], folder: Path) -> None:
    """Serve until told to stop. `folder` holds the workers' metrics, and goes in the end."""
    try:
        Keeper(settings, make).run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
