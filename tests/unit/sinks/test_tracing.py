"""What a sink tells of records that belong to a sampled trace: one span each, once they are durable."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from confluent_kafka import Message

from sinks import log
from sinks.log import Fetched, KafkaLog
from support.sink_bench import ASSIGNED, ELSEWHERE, HERE, RECORDS, Bench, failing
from support.spans import TRACE, header, tracing_to
from topology.topics import TopicName

HEADERS = (("traceparent", header().encode()),)


def test_a_traced_record_has_a_span_below_its_senders_and_no_other_has() -> None:
    bench = Bench(ASSIGNED, Fetched(records=[RECORDS[0], replace(RECORDS[1], headers=HEADERS), RECORDS[2]]))
    bench.tracing, found = tracing_to()
    bench.run()
    bench.tracing.stop()
    (span,) = found.get_finished_spans()
    assert span.parent is not None
    assert (format(span.context.trace_id, "032x"), span.parent.span_id) == (TRACE, 0xB)
    assert dict(span.attributes or {}) == {
        "messaging.system": "kafka",
        "messaging.destination.name": HERE.topic,
        "messaging.destination.partition.id": str(HERE.number),
        "messaging.kafka.offset": RECORDS[1].offset,
    }


def test_a_record_that_is_not_acknowledged_has_no_span_that_says_so() -> None:
    bench = Bench(ASSIGNED, Fetched(records=[replace(RECORDS[0], headers=HEADERS)]))
    bench.tracing, found = tracing_to()
    failing(bench, ValueError("a defect"))
    with pytest.raises(ValueError, match="defect"):
        bench.run()
    bench.tracing.stop()
    assert found.get_finished_spans() == ()


def test_what_is_taken_away_before_it_is_durable_is_told_as_a_failure() -> None:
    bench = Bench(ASSIGNED, Fetched(records=[replace(RECORDS[0], headers=HEADERS)] * 10), Fetched(assigned=[ELSEWHERE]))
    bench.tracing, found = tracing_to()
    bench.run()
    bench.tracing.stop()
    assert {(span.attributes or {})["error.type"] for span in found.get_finished_spans()} == {"Reassigned"}


class Consumer:
    def __init__(self, _config: dict[str, Any]) -> None:
        """Connects to nothing."""

    def subscribe(self, _topics: list[str], *, on_assign: Any, **_others: object) -> None:
        """Everything is assigned."""

    def consume(self, _records: int, _seconds: float) -> list[Message]:
        made = Message(topic=TopicName.MESSAGES, partition=0, offset=1, key=b"k", value=b"v", headers=list(HEADERS))
        return [made]


@pytest.mark.parametrize("keeps", [False, True])
def test_headers_of_what_has_a_value_are_read_only_where_they_are_wanted(
    keeps: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "Consumer", Consumer)
    member = KafkaLog({"session.timeout.ms": 6_000}, [TopicName.MESSAGES], keeps_headers=keeps)
    (record,) = member.fetch(1, 0.0).records
    assert bool(record.headers) is keeps
