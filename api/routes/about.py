"""The service about itself: version, health, metrics. No key is asked for but for the version."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from importlib.metadata import version as installed_version

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from api.models.service import Health, Version
from api.ports import Probe
from api.problems import documented, not_found
from api.routes.parameters import GUARDED
from api.service import Reader, ServiceParts
from topology.metrics import exposition

NAME = "alluvium"
PROBE_SECONDS = 2.0

router = APIRouter(tags=["service"])

_UNREADY = {int(HTTPStatus.SERVICE_UNAVAILABLE): {"model": Health, "description": "Something it needs is away."}}


@router.get("/v1/version", responses=documented(*GUARDED), summary="What is running")
async def version(_: Reader) -> Version:
    """Name and version of the release."""
    return Version(name=NAME, version=installed_version(NAME), api="v1")


@router.get("/health/live", summary="Is the process alive")
async def live() -> Health:
    """It answers, so it lives."""
    return Health(status="ok")


@router.get("/health", responses=_UNREADY, summary="Can it do its work")  # type: ignore[arg-type]
@router.get("/health/ready", responses=_UNREADY, summary="Can it do its work")  # type: ignore[arg-type]
async def ready(request: Request, service: ServiceParts, response: Response) -> Health:
    """503 while PostgreSQL or Kafka is away, and once it was told to stop; without Redis it is only slower."""
    if request.app.state.draining:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        return Health(status="draining")
    needed, helpful = await asyncio.gather(_check(service.deps.needed), _check(service.deps.helpful))
    if all(told == "ok" for told in needed.values()):
        return Health(status="ok", checks=needed | helpful)
    response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return Health(status="unavailable", checks=needed | helpful)


@router.get("/metrics", response_class=Response, summary="Metrics for Prometheus")
async def metrics(service: ServiceParts) -> Response:
    """In Prometheus' text format; 404 where ENABLE_METRICS is off."""
    if not service.settings.enable_metrics:
        raise not_found("page")
    return Response(exposition(service.meters), media_type=CONTENT_TYPE_LATEST)


async def _check(probes: Mapping[str, Probe]) -> dict[str, str]:
    told = await asyncio.gather(*map(_ask, probes.values()))
    return dict(zip(probes, told, strict=True))


async def _ask(probe: Probe) -> str:
    """`ok`, or the kind of error: its words may name addresses, and anybody may read this."""
    try:
        await asyncio.wait_for(probe.check(), PROBE_SECONDS)
    except Exception as error:  # noqa: BLE001 - whatever a probe raises is its answer
        return type(error).__name__
    return "ok"
