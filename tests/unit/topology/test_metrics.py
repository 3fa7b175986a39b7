"""Metrics as data: names, units, and the objects made from them."""

from __future__ import annotations

import re

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from topology.metrics import (
    API_REQUESTS,
    CHECKPOINT_SECONDS,
    LAG_RECORDS,
    METRICS,
    OUTCOMES,
    PROGRESS_AGE_SECONDS,
    SINK_ROWS,
    Metric,
    MetricKind,
    build,
    keeper_of,
)
from topology.stages import STAGES

UNITS = ("_total", "_seconds", "_records", "_messages", "_bytes", "_tenants", "_connections", "_requests")
CONTRACT = {"api_requests_total", "processing_time_seconds", "active_conversations"}


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_name_tells_stage_and_unit(metric: Metric) -> None:
    own = re.fullmatch(r"(alluvium|api)_[a-z{}_]+", metric.name) and metric.name.endswith(UNITS)
    assert own or metric.name in CONTRACT
    assert (metric.kind is MetricKind.COUNTER) == metric.name.endswith("_total")
    assert (metric.kind is MetricKind.HISTOGRAM) == bool(metric.buckets)


def test_the_contract_names_are_kept() -> None:
    assert {metric.name for metric in METRICS} >= CONTRACT
    assert API_REQUESTS.labels == ("method", "endpoint", "status")


def test_no_two_metrics_share_a_name() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)


@pytest.mark.parametrize("stage", [*(stage.name for stage in STAGES), "sealer", "api"])
def test_every_stage_shows_what_its_kind_of_process_keeps(stage: str) -> None:
    shown = generate_latest(build(stage).registry).decode()

    for metric in METRICS:
        name = metric.named(stage).removesuffix("_total")
        kept = any(m.named(stage) == metric.named(stage) and m.keeper is keeper_of(stage) for m in METRICS)
        assert (f"# TYPE {name}" in shown) == kept


def test_values_are_written_by_metric_and_label() -> None:
    registry = CollectorRegistry()
    meters = build("extract", registry)

    meters.add(OUTCOMES, 2, status="stored")
    meters.set(LAG_RECORDS, 7, partition=3)
    meters.observe(CHECKPOINT_SECONDS, 0.02)
    meters.follow(PROGRESS_AGE_SECONDS, lambda: 1.5)

    assert registry.get_sample_value("alluvium_extract_outcomes_total", {"status": "stored"}) == 2
    assert registry.get_sample_value("alluvium_extract_lag_records", {"partition": "3"}) == 7
    assert registry.get_sample_value("alluvium_extract_checkpoint_seconds_bucket", {"le": "0.025"}) == 1
    assert registry.get_sample_value("alluvium_extract_since_progress_seconds") == 1.5


def test_a_partition_that_left_is_forgotten() -> None:
    registry = CollectorRegistry()
    meters = build("extract", registry)
    meters.set(LAG_RECORDS, 7, partition=3)

    meters.forget(LAG_RECORDS, partition=3)

    assert registry.get_sample_value("alluvium_extract_lag_records", {"partition": "3"}) is None


def test_a_process_refuses_a_metric_it_does_not_keep() -> None:
    with pytest.raises(KeyError):
        build("extract").add(SINK_ROWS, table="messages")


def test_an_unknown_stage_is_refused() -> None:
    with pytest.raises(LookupError, match="embed"):
        build("embed")
