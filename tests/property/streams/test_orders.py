"""Commands and extractions stand on two topics: whichever is read first, the same is remembered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from hypothesis import given
from hypothesis import strategies as st

from schemas.records import ConversationEvent, MemoryCommand, MessageExtraction, Record
from streams.ports import RawRecord
from streams.stores import RunStores
from support.conversations import arrivals, interleavings, worlds
from support.folding import Stage, command_records, consolidate, event_records, extract, extraction_records
from support.memory import CODEC
from support.orders import orders
from support.views import Rows, rows
from topology.stages import EVIDENCE_ROWS, ITEM_SUMMARIES, PROFILE_ROWS, WAITING_COMMANDS, Store

R = TypeVar("R", bound=Record)

heard = worlds().flatmap(arrivals)


def found_in(events: Sequence[ConversationEvent]) -> list[MessageExtraction]:
    return extract().run(event_records(events)).extractions


def threads(found: Iterable[MessageExtraction], commands: Iterable[MemoryCommand]) -> list[list[RawRecord]]:
    """What keeps its order: the extractions of one conversation, and the commands."""
    conversations: dict[Any, list[MessageExtraction]] = defaultdict(list)
    for each in found:
        conversations[each.tenant_id, each.conversation_id].append(each)
    return [*map(extraction_records, conversations.values()), command_records(commands)]


def kept(stage: Stage) -> dict[str, Rows]:
    """All that is remembered, retracted items too, apart from when and by which record it was learned."""
    stores = RunStores(stage.table, CODEC)
    return {
        "evidence": shown(stores, EVIDENCE_ROWS),
        "items": shown(stores, ITEM_SUMMARIES),
        "profiles": shown(stores, PROFILE_ROWS),
        "waiting": shown(stores, WAITING_COMMANDS),
    }


def shown(stores: RunStores, store: Store[R]) -> Rows:
    found = dict(stores.scan(store, ""))
    return rows(found)


@given(st.data())
def test_any_interleaving_of_extractions_and_commands_leaves_the_same_memory(data: st.DataObject) -> None:
    found = found_in(data.draw(heard))
    spoken = threads(found, data.draw(orders(found)))
    records = data.draw(interleavings(spoken))

    assert kept(consolidate().run(records)) == kept(consolidate().run(*spoken))


@given(st.data())
def test_extractions_and_commands_read_twice_change_nothing(data: st.DataObject) -> None:
    found = found_in(data.draw(heard))
    records = data.draw(interleavings(threads(found, data.draw(orders(found)))))
    stage = consolidate().run(records)
    once, sent = stage.rows, stage.sent()

    stage.run(records)

    assert stage.rows == once
    assert stage.sent() == sent
