"""Every metric, as data: what it counts, in which unit, by which labels, and which processes keep it.

`build` makes a process's own Prometheus objects from it, in a registry of its own; nothing is made at import.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, TypeAlias, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from topology.stages import ALL_STAGES


class MetricKind(StrEnum):
    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Keeper(StrEnum):
    """Which processes keep a metric."""

    AGENT = "agent"
    SINK = "sink"
    SEALER = "sealer"
    API = "api"


SHARED_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""By which `prometheus_client` is told, when it is imported, to count into files that other processes read."""
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""From a cached answer to a stalled broker."""
MESSAGES = (0, 100, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 64_000, 256_000, 1_024_000)
RECORDS = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric. `{stage}` in its name stands for the stage that keeps it; a counter's name ends in `_total`."""

    name: str
    kind: MetricKind
    keeper: Keeper
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    across: Literal["livemostrecent", "livesum"] = "livemostrecent"
    """What a gauge of several processes behind one address shows."""
    about: str

    def named(self, stage: str) -> str:
        """The name that `stage` shows it under."""
        return self.name.format(stage=stage)


def _counter(name: str, keeper: Keeper, about: str, *labels: str) -> Metric:
    return Metric(name=name, kind=MetricKind.COUNTER, keeper=keeper, labels=labels, about=about)


def _gauge(name: str, keeper: Keeper, about: str, *labels: str) -> Metric:
    return Metric(name=name, kind=MetricKind.GAUGE, keeper=keeper, labels=labels, about=about)


def _sum(name: str, keeper: Keeper, about: str) -> Metric:
    return Metric(name=name, kind=MetricKind.GAUGE, keeper=keeper, across="livesum", about=about)


def _histogram(name: str, keeper: Keeper, about: str, *labels: str, buckets: tuple[float, ...] = SECONDS) -> Metric:
    return Metric(
        name=name,
        kind=MetricKind.HISTOGRAM,
        keeper=keeper,
        labels=labels,
        buckets=buckets,
        about=about,
    )


_A, _S, _B, _W = Keeper.AGENT, Keeper.SINK, Keeper.SEALER, Keeper.API

PROCESSING_SECONDS = _histogram("processing_time_seconds", _A, "From an event taken to its outcome sent.")
ACTIVE_CONVERSATIONS = _gauge("active_conversations", _A, "Conversations that this process holds in its recent runs.")
RECORDS_CONSUMED = _counter("alluvium_{stage}_records_consumed_total", _A, "Input records folded.", "topic")
RUNS = _counter("alluvium_{stage}_runs_total", _A, "Runs checkpointed.")
RUN_RECORDS = _histogram("alluvium_{stage}_run_records", _A, "Records a run.", buckets=RECORDS)
OUTCOMES = _counter("alluvium_{stage}_outcomes_total", _A, "Outcomes of input records.", "status")
DEAD_LETTERS = _counter("alluvium_{stage}_dead_letters_total", _A, "Records that could not be read.", "reason")
REROUTED = _counter("alluvium_{stage}_rerouted_records_total", _A, "Records sent on to their right partition.")
LATE_MESSAGES = _counter("alluvium_{stage}_late_messages_total", _A, "Messages that came after a later one.")
EXTRACTOR_FAULTS = _counter(
    "alluvium_{stage}_extractor_faults_total", _A, "Messages kept without what an extractor failed to find.", "error"
)
CHECKPOINT_SECONDS = _histogram("alluvium_{stage}_checkpoint_seconds", _A, "From begin to commit and RocksDB write.")
ABORTED_TRANSACTIONS = _counter("alluvium_{stage}_aborted_transactions_total", _A, "Checkpoints taken back.")
REBUILDS = _counter("alluvium_{stage}_rebuilds_total", _A, "Partitions whose table was wiped and restored.")
LAG_RECORDS = _gauge("alluvium_{stage}_lag_records", _A, "Input records not yet checkpointed.", "partition")
PROGRESS_AGE_SECONDS = _gauge("alluvium_{stage}_since_progress_seconds", _A, "Since a checkpoint or an idle poll.")
SPANS = _counter("alluvium_{stage}_spans_total", _A, "Spans of traces: exported, failed, dropped.", "fate")

SINK_ROWS = _counter("alluvium_sink_{stage}_rows_upserted_total", _S, "Rows written, folded to one a key.", "table")
SINK_RECORDS = _counter("alluvium_sink_{stage}_records_consumed_total", _S, "Input records landed.", "topic")
SINK_BATCHES = _counter("alluvium_sink_{stage}_batches_total", _S, "Batches committed.")
SINK_BATCH_SECONDS = _histogram("alluvium_sink_{stage}_batch_seconds", _S, "From the first decode to the commit.")
SINK_LAG = _gauge("alluvium_sink_{stage}_lag_records", _S, "Records not yet landed.", "topic", "partition")
SINK_SKIPPED = _counter("alluvium_sink_{stage}_skipped_records_total", _S, "Records that operators gave up.", "topic")
SINK_FENCES = _counter("alluvium_sink_{stage}_fences_total", _S, "Batches refused because another owner wrote.")
SINK_PROGRESS_AGE_SECONDS = _gauge("alluvium_sink_{stage}_since_progress_seconds", _S, "Since a commit or idle poll.")
SINK_SPANS = _counter("alluvium_sink_{stage}_spans_total", _S, "Spans of traces: exported, failed, dropped.", "fate")

SEALER_STEPS = _counter("alluvium_sealer_steps_total", _B, "Steps done, each one transaction.", "kind")
SEALER_MESSAGES = _counter("alluvium_sealer_messages_total", _B, "Messages sealed, merged or taken out.", "kind")
SEALER_STEP_SECONDS = _histogram("alluvium_sealer_step_seconds", _B, "Of one step.", "kind")
SEALER_DUE = _gauge("alluvium_sealer_due_tenants", _B, "Tenants with something to do at the last look.")
SEALER_PROGRESS_AGE_SECONDS = _gauge("alluvium_sealer_progress_age_seconds", _B, "Since a step or an idle look.")

API_REQUESTS = _counter("api_requests_total", _W, "Requests answered.", "method", "endpoint", "status")
API_REQUEST_SECONDS = _histogram("api_request_seconds", _W, "From request to answer.", "method", "endpoint")
API_EVENTS_ACCEPTED = _counter("alluvium_api_events_accepted_total", _W, "Events acknowledged by the broker.")
API_LIMITED = _counter("alluvium_api_limited_requests_total", _W, "Requests refused by a rate limit.", "limit")
API_UNLIMITED = _counter("alluvium_api_unlimited_requests_total", _W, "Requests let through while Redis was away.")
API_CACHE = _counter("alluvium_api_recall_cache_total", _W, "Recalls: `hit`, `miss`, or `unkept`.", "result")
API_CACHE_BYTES = _sum("alluvium_api_recall_cache_bytes", _W, "Answers that are kept, as JSON.")
API_SEMANTIC = _counter(
    "alluvium_api_semantic_recalls_total", _W, "Recalls by meaning: used, or why words decided alone.", "outcome"
)
API_AUDITED = _counter(
    "alluvium_api_audit_entries_total", _W, "Rows of the audit log, by where they went: database, log.", "to"
)
API_LAST_USES_DROPPED = _counter("alluvium_api_last_uses_dropped_total", _W, "Last uses of keys not written down.")
API_JWKS_FETCHES = _counter("alluvium_api_jwks_fetches_total", _W, "Fetches of the JWKS document.", "outcome")
API_PENDING = _gauge("alluvium_api_pending_records", _W, "Records between an accepted event and its row.", "stage")
API_SPANS = _counter("alluvium_api_spans_total", _W, "Spans of traces: exported, failed, dropped.", "fate")
API_DATABASE_CONNECTIONS = _gauge(
    "alluvium_api_database_connections", _W, "Connections to PostgreSQL, open and idle among them.", "pool", "state"
)
API_DATABASE_WAITING = _gauge("alluvium_api_database_waiting_requests", _W, "Requests without a connection.", "pool")
API_DATABASE_FAILED_CONNECTIONS = _gauge(
    "alluvium_api_database_failed_connections", _W, "Connections that could not be made since the start.", "pool"
)
API_INDEX_BYTES = _sum("alluvium_api_search_index_bytes", _W, "Memory of the sealed blocks that are kept decoded.")
API_UNSEALED = _histogram(
    "alluvium_api_search_unsealed_messages",
    _W,
    "Messages of the tail that a question read; thousands make it slow, and the sealer is behind.",
    buckets=MESSAGES,
)

METRICS: tuple[Metric, ...] = (
    PROCESSING_SECONDS,
    ACTIVE_CONVERSATIONS,
    RECORDS_CONSUMED,
    RUNS,
    RUN_RECORDS,
    OUTCOMES,
    DEAD_LETTERS,
    REROUTED,
    LATE_MESSAGES,
    EXTRACTOR_FAULTS,
    CHECKPOINT_SECONDS,
    ABORTED_TRANSACTIONS,
    REBUILDS,
    LAG_RECORDS,
    PROGRESS_AGE_SECONDS,
    SPANS,
    SINK_ROWS,
    SINK_RECORDS,
    SINK_BATCHES,
    SINK_BATCH_SECONDS,
    SINK_LAG,
    SINK_SKIPPED,
    SINK_FENCES,
    SINK_PROGRESS_AGE_SECONDS,
    SINK_SPANS,
    SEALER_STEPS,
    SEALER_MESSAGES,
    SEALER_STEP_SECONDS,
    SEALER_DUE,
    SEALER_PROGRESS_AGE_SECONDS,
    API_REQUESTS,
    API_REQUEST_SECONDS,
    API_EVENTS_ACCEPTED,
    API_LIMITED,
    API_UNLIMITED,
    API_CACHE,
    API_CACHE_BYTES,
    API_SEMANTIC,
    API_AUDITED,
    API_LAST_USES_DROPPED,
    API_JWKS_FETCHES,
    API_PENDING,
    API_SPANS,
    API_DATABASE_CONNECTIONS,
    API_DATABASE_WAITING,
    API_DATABASE_FAILED_CONNECTIONS,
    API_INDEX_BYTES,
    API_UNSEALED,
)

SPANS_OF: Mapping[Keeper, Metric] = {_A: SPANS, _S: SINK_SPANS, _W: API_SPANS}

Label: TypeAlias = str | int

M = TypeVar("M", Counter, Gauge)


class Meters:
    """The metrics of one process, written by metric: `meters.add(RUNS)`. Safe to use from several threads.

    Raises KeyError for a metric that this process does not keep, ValueError for wrong labels.
    """

    def __init__(self, stage: str, keeper: Keeper, registry: CollectorRegistry) -> None:
        kept = [metric for metric in METRICS if metric.keeper is keeper]
        self.registry = registry
        self.keeper = keeper
        self._counters = {m: _make(Counter, m, stage, registry) for m in kept if m.kind is MetricKind.COUNTER}
        self._gauges = {m: _gauge_of(m, stage, registry) for m in kept if m.kind is MetricKind.GAUGE}
        self._histograms = {m: _histogram_of(m, stage, registry) for m in kept if m.kind is MetricKind.HISTOGRAM}

    def add(self, metric: Metric, amount: float = 1, **labels: Label) -> None:
        counter = self._counters[metric]
        (counter.labels(**labels) if metric.labels else counter).inc(amount)

    def set(self, metric: Metric, value: float, **labels: Label) -> None:
        gauge = self._gauges[metric]
        (gauge.labels(**labels) if metric.labels else gauge).set(value)

    def follow(self, metric: Metric, read: Callable[[], float], **labels: Label) -> None:
        """Ask `read` for the gauge's value whenever it is scraped."""
        gauge = self._gauges[metric]
        (gauge.labels(**labels) if metric.labels else gauge).set_function(read)

    def forget(self, metric: Metric, **labels: Label) -> None:
        """Stop showing a gauge's value for these labels, such as a partition that went to another process."""
        gauge = self._gauges[metric]
        if shared():
            gauge.labels(**labels).set(0)  # a value in the files of several processes cannot be removed
        else:
            gauge.remove(*(str(labels[name]) for name in metric.labels))

    def observe(self, metric: Metric, value: float, **labels: Label) -> None:
        histogram = self._histograms[metric]
        (histogram.labels(**labels) if metric.labels else histogram).observe(value)


def build(stage: str, registry: CollectorRegistry | None = None) -> Meters:
    """The meters of the process that runs `stage`, with those of the process itself (memory, CPU, files).

    `sealer` and `api` are no stages, and have theirs all the same.
    """
    registry = registry or CollectorRegistry()
    if not shared():
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
    return Meters(stage, keeper_of(stage), registry)


def shared() -> bool:
    """Whether several processes count into the files of one folder, for one of them to show."""
    return SHARED_FOLDER in os.environ


def exposition(meters: Meters) -> bytes:
    """The metrics in Prometheus' text format: of this process, or of all that share a folder."""
    if not shared():
        return generate_latest(meters.registry)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def keeper_of(stage: str) -> Keeper:
    """What kind of process runs the stage. Raises LookupError for a stage that does not exist."""
    if stage in (Keeper.API, Keeper.SEALER):
        return Keeper(stage)
    for known in ALL_STAGES:
        if known.name == stage:
            return Keeper.AGENT if known.changelog else Keeper.SINK
    raise LookupError(f"no stage is named {stage}")


def _gauge_of(metric: Metric, stage: str, registry: CollectorRegistry) -> Gauge:
    name = metric.named(stage)
    return Gauge(name, metric.about, metric.labels, registry=registry, multiprocess_mode=metric.across)


def _make(kind: type[M], metric: Metric, stage: str, registry: CollectorRegistry) -> M:
    return kind(metric.named(stage), metric.about, metric.labels, registry=registry)


def _histogram_of(metric: Metric, stage: str, registry: CollectorRegistry) -> Histogram:
    return Histogram(metric.named(stage), metric.about, metric.labels, buckets=metric.buckets, registry=registry)
