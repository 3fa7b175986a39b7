"""The layers around the routes, in their order.

Puts together; each layer is a module of its own.
"""

from __future__ import annotations

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api.audit.recorder import Record
from api.edge.bounds import LimitBody, LimitTime
from api.edge.demands import listed, require
from api.edge.headers import Harden
from api.edge.hosts import AllowHosts
from api.edge.spreading import Spread
from api.identity import Identify
from api.limits.gate import LimitRate
from api.limits.quotas import LIMIT_HEADER, POLICY_HEADER
from api.middleware import Observe
from topology.metrics import Meters
from topology.settings import Settings
from topology.tracing import Tracing

SHOWN = ("X-Request-ID", "Retry-After", "WWW-Authenticate", POLICY_HEADER, LIMIT_HEADER)
"""Headers of answers that scripts of other origins may read."""
TAKEN = ("Authorization", "Content-Type", "X-Request-ID", "traceparent")
PREFLIGHT_SECONDS = 600


def install(app: FastAPI, settings: Settings, meters: Meters, spans: Tracing) -> None:
    """Innermost first: a request meets them from the last line up. Raises Misconfigured."""
    require(settings)
    production = settings.app_env == "production"
    app.add_middleware(LimitBody)
    app.add_middleware(LimitRate)
    app.add_middleware(Record)
    app.add_middleware(Identify)
    app.add_middleware(LimitTime, seconds=settings.request_timeout_seconds)
    if hosts := listed(settings.allowed_hosts):
        app.add_middleware(AllowHosts, hosts=[host.lower() for host in hosts])
    app.add_middleware(Observe, meters=meters, debug=settings.debug, spans=spans)
    if origins := listed(settings.cors_origins):
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST", "PATCH", "DELETE"],
            allow_headers=TAKEN,
            expose_headers=SHOWN,
            max_age=PREFLIGHT_SECONDS,
        )
    app.add_middleware(Harden, hsts=production)
    if settings.api_workers > 1:
        app.add_middleware(Spread)
    if proxies := listed(settings.trusted_proxies):
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=proxies)
