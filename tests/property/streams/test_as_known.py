"""Two clocks: what was known at a time is what a memory knows that is fed only what the broker had by then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import ItemId
from schemas.records import Evidence, MemoryItem, MessageExtraction
from streams.ports import RawRecord
from streams.processors.expiry import is_worn
from streams.processors.knowing import KnownItem
from streams.stores import RunStores
from support.conversations import interleavings
from support.folding import Stage, consolidate, extraction_records
from support.known import Version, is_expired, items_known, learned_at, versions_of
from support.lives import ARRIVED, Life, extract, recorded_lives
from support.memory import CODEC
from support.views import Rows, rows
from topology.stages import EVIDENCE_ROWS, ITEM_SUMMARIES
from topology.tombstones import EXPIRE_RULE

Message = tuple[str, str, str]


def threads(life: Life) -> list[list[RawRecord]]:
    """What consolidate reads in order: the extractions of one conversation, and the commands."""
    found: dict[Any, list[MessageExtraction]] = defaultdict(list)
    for each in extract().run(life.events).extractions:
        found[each.tenant_id, each.conversation_id].append(each)
    return [*map(extraction_records, found.values()), list(life.commands)]


def by_time(life: Life) -> list[RawRecord]:
    """As a lane reads that is never behind."""
    return sorted((raw for thread in threads(life) for raw in thread), key=lambda raw: raw.timestamp)


def sent(stage: Stage) -> list[Version]:
    return list(versions_of(stage.outputs, ARRIVED))


def items_of(stage: Stage) -> dict[ItemId, MemoryItem]:
    return {item.item_id: item for _, item in RunStores(stage.table, CODEC).scan(ITEM_SUMMARIES, "")}


def evidence_of(stage: Stage) -> dict[str, Evidence]:
    """What others see of the rows: those whose words have not expired."""
    found = RunStores(stage.table, CODEC).scan(EVIDENCE_ROWS, "")
    return {_name(row): row for _, row in found if not is_worn(row)}


def expiries_of(stage: Stage) -> list[Evidence]:
    """What commands say has expired."""
    return [said for version in sent(stage) if (said := version.evidence) and said.rule == EXPIRE_RULE]


def _name(evidence: Evidence) -> str:
    return f"{evidence.tenant_id}/{evidence.item_id}/{evidence.conversation_id}/{evidence.message_id}"


def deleted_in(life: Life) -> set[Message]:
    """Messages whose authors have taken their words back."""
    found = extract().run(life.events).extractions
    return {(each.tenant_id, each.conversation_id, each.message_id) for each in found if each.deleted}


@given(st.data())
def test_what_was_known_is_what_a_memory_knows_that_was_fed_no_more(data: st.DataObject) -> None:
    life = data.draw(recorded_lives())
    whole = consolidate().run(data.draw(interleavings(threads(life))))
    at = data.draw(st.sampled_from(life.moments))
    until = life.until(at)
    fed = consolidate().run(by_time(until))

    known = items_known(sent(whole), items_of(whole), at)

    assert_alike(known, fed, deleted_in(life) - deleted_in(until), expiries_of(whole))


def assert_alike(
    known: Sequence[KnownItem], fed: Stage, deleted_since: set[Message], expired_since: Sequence[Evidence]
) -> None:
    """Items and evidence, but for when and by which record they were learned.

    Words deleted since are nobody's. So are those that have expired since, which leave what they say of items.
    """
    versions = [each for each in sent(fed) if not _is_of(each, deleted_since)]
    expected = items_known(versions, items_of(fed), ARRIVED + timedelta(days=1))
    if len(versions) == len(sent(fed)):
        assert _items(expected) == rows({str(item_id): item for item_id, item in items_of(fed).items()})
        assert _evidence(expected) == evidence_of(fed)
    assert _items(known) == _items(expected)
    left = {
        name: said
        for name, said in _evidence(expected).items()
        if not any(is_expired(said, expiry) for expiry in expired_since)
    }
    assert _evidence(known) == left


def _items(known: Iterable[KnownItem]) -> Rows:
    return rows({str(one.item.item_id): one.item for one in known})


def _evidence(known: Iterable[KnownItem]) -> dict[str, Evidence]:
    return {_name(each): each for one in known for each in one.evidence}


def _is_of(version: Version, messages: set[Message]) -> bool:
    tenant, _, _, conversation, message = version.key.split("/")
    return (tenant, conversation, message) in messages


@given(st.data())
def test_words_that_were_taken_back_by_a_deletion_are_in_no_history(data: st.DataObject) -> None:
    life = data.draw(recorded_lives())
    whole = consolidate().run(data.draw(interleavings(threads(life))))
    gone = deleted_in(life)

    for at in (*life.moments, datetime.max.replace(tzinfo=ARRIVED.tzinfo)):
        said = [version for version in learned_at(sent(whole), at).values() if version.evidence is not None]
        assert not [version.key for version in said if _is_of(version, gone)]
