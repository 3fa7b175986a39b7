"""What the health server answers, without a socket."""

from __future__ import annotations

import json
from http import HTTPStatus

from topology.health import HealthServer, Readiness
from topology.metrics import RUNS, build


def server(readiness: Readiness) -> HealthServer:
    return HealthServer(0, lambda: readiness)


def test_ready_says_so_with_its_checks() -> None:
    told = server(Readiness(ready=True, checks={"partitions": "0 1"})).answer("/health/ready")

    assert told.status is HTTPStatus.OK
    assert json.loads(told.body) == {"status": "ok", "checks": {"partitions": "0 1"}}


def test_not_ready_is_503_and_still_alive() -> None:
    unready = server(Readiness(ready=False, checks={"kafka": "no broker"}))

    assert unready.answer("/health/ready").status is HTTPStatus.SERVICE_UNAVAILABLE
    assert unready.answer("/health/live").status is HTTPStatus.OK


def test_a_probe_that_fails_is_not_ready() -> None:
    def broken() -> Readiness:
        raise RuntimeError("the lane is gone")

    told = HealthServer(0, broken).answer("/health/ready")

    assert told.status is HTTPStatus.SERVICE_UNAVAILABLE
    assert json.loads(told.body)["checks"] == {"probe": "RuntimeError: the lane is gone"}


def test_metrics_are_shown_in_the_form_asked_for() -> None:
    meters = build("extract")
    meters.add(RUNS, 3)
    metrics = HealthServer(0, lambda: Readiness(ready=True), registry=meters.registry)

    plain = metrics.answer("/metrics")
    openmetrics = metrics.answer("/metrics", "application/openmetrics-text; version=1.0.0")

    assert b"alluvium_extract_runs_total 3.0" in plain.body
    assert plain.content_type.startswith("text/plain")
    assert openmetrics.content_type.startswith("application/openmetrics-text")


def test_any_other_path_is_not_found() -> None:
    assert server(Readiness(ready=True)).answer("/table").status is HTTPStatus.NOT_FOUND
