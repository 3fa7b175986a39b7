"""A sampled record has a span in each agent, and all that it leads to carries its trace on; nothing else changes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
from opentelemetry.sdk.trace import ReadableSpan

from streams.engine.tracing import traced
from streams.ports import Processor, RawRecord
from streams.processors.consolidate import ConsolidateProcessor
from streams.processors.extract import ExtractProcessor
from streams.replay import MemoryLog, Replay
from support.extracting import PARTITIONS, raw_of
from support.spans import TRACE, header, tracing_to
from support.speech import WordExtractor, said
from topology.topics import TopicName
from topology.tracing import OFF, Tracing, sampled_in

SAID = raw_of(said(1, "lives:Lisbon"))
TRACED = replace(SAID, headers=(("of-a-client", b"kept"), ("traceparent", header().encode())))


def extract() -> Processor:
    return ExtractProcessor(WordExtractor(), PARTITIONS)


def worked(tracing: Tracing, processor: Processor, records: Sequence[RawRecord]) -> MemoryLog:
    """What a run leaves."""
    with traced(tracing, processor, records, time.monotonic()) as folding:
        replay = Replay([folding], partitions=PARTITIONS)
        replay.take(records)
    return replay.log


def sent(log: MemoryLog, *topics: TopicName) -> list[RawRecord]:
    found = [list(log.records(topic)) for topic in topics]
    assert all(found)
    return [record for records in found for record in records]


def spans_that(records: Sequence[RawRecord]) -> set[str | None]:
    """Whose ids the headers of records name."""
    parents = [sampled_in(record.headers) for record in records]
    return {None if parent is None else parent.span_id for parent in parents}


def id_of(span: ReadableSpan) -> str:
    assert format(span.context.trace_id, "032x") == TRACE
    return format(span.context.span_id, "016x")


def test_each_agent_has_a_span_below_the_one_before_and_everything_carries_it_on() -> None:
    spans, found = tracing_to()
    first = worked(spans, extract(), [TRACED])
    (extraction,) = sent(first, TopicName.EXTRACTIONS)
    second = worked(spans, ConsolidateProcessor(), [extraction])
    spans.stop()
    of_extract, of_consolidate = found.get_finished_spans()
    assert (of_extract.name, of_consolidate.name) == (f"extract {SAID.topic}", f"consolidate {TopicName.EXTRACTIONS}")
    assert of_consolidate.parent is not None
    assert format(of_consolidate.parent.span_id, "016x") == id_of(of_extract)
    of_messages = (TopicName.MESSAGES, TopicName.EXTRACTIONS, TopicName.OUTCOMES)
    assert spans_that(sent(first, *of_messages)) == {id_of(of_extract)}
    of_items = (TopicName.EVIDENCE, TopicName.ITEMS, TopicName.PROFILES)
    assert spans_that(sent(second, *of_items)) == {id_of(of_consolidate)}


def test_a_span_tells_positions_and_neither_words_nor_people() -> None:
    spans, found = tracing_to()
    worked(spans, extract(), [TRACED])
    spans.stop()
    (span,) = found.get_finished_spans()
    at = SAID.position
    assert dict(span.attributes or {}) == {
        "messaging.system": "kafka",
        "messaging.destination.name": at.topic,
        "messaging.destination.partition.id": str(at.partition),
        "messaging.kafka.offset": at.offset,
        "alluvium.run.records": 1,
    }


def test_a_dead_letter_names_the_trace_once_and_keeps_its_other_headers() -> None:
    spans, found = tracing_to()
    log = worked(spans, extract(), [replace(TRACED, value=b"\xff")])
    spans.stop()
    (letter,) = sent(log, TopicName.EVENTS_DEAD_LETTERS)
    assert [value for name, value in letter.headers if name == "of-a-client"] == [b"kept"]
    assert len([name for name, _ in letter.headers if name == "traceparent"]) == 1
    assert spans_that([letter]) == {id_of(found.get_finished_spans()[0])}


@pytest.mark.parametrize("record", [SAID, replace(TRACED, headers=(("traceparent", header("00").encode()),))])
def test_a_record_that_is_not_sampled_leads_to_none_that_is(record: RawRecord) -> None:
    spans, found = tracing_to()
    log = worked(spans, extract(), [record])
    spans.stop()
    assert not found.get_finished_spans()
    assert spans_that(sent(log, TopicName.MESSAGES, TopicName.EXTRACTIONS)) == {None}


def test_records_of_a_run_that_are_not_traced_stay_apart_from_those_that_are() -> None:
    spans, _ = tracing_to()
    other = raw_of(said(2, "likes:tea"))
    at = replace(other.position, offset=1)
    log = worked(spans, extract(), [TRACED, replace(other, position=at)])
    spans.stop()
    messages = sent(log, TopicName.MESSAGES)
    assert [sampled_in(record.headers) is not None for record in messages] == [True, False]


def test_a_checkpoint_that_fails_is_told_by_its_kind() -> None:
    spans, found = tracing_to()
    with pytest.raises(ValueError, match="words"), traced(spans, extract(), [TRACED], time.monotonic()):
        raise ValueError("words that a message may have")
    spans.stop()
    (span,) = found.get_finished_spans()
    assert (span.attributes or {})["error.type"] == "ValueError"
    assert "words" not in span.to_json()


def test_without_tracing_the_processor_is_handed_on_as_it_is() -> None:
    processor = extract()
    with traced(OFF, processor, [TRACED], time.monotonic()) as folding:
        assert folding is processor
