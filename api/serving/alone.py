"""The API as one process.

Blocks until it is told to stop.
"""

from __future__ import annotations

import uvicorn
from fastapi import FastAPI

from api.serving.draining import DrainingServer, ending_of, options
from topology.settings import Settings


def serve_alone(settings: Settings, app: FastAPI) -> None:
    ending = ending_of(settings)
    config = uvicorn.Config(app, host=settings.api_host, port=settings.api_port, **options(ending))
    DrainingServer(config, app, ending).run()
