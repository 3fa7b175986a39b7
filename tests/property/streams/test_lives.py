"""The real rules, with edits, deletions and every command in the mix: neither order nor repetition nor cuts matter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, TypeVar

from hypothesis import given
from hypothesis import strategies as st

from schemas.records import ConversationEvent, MemoryCommand, MessageExtraction, Record
from streams.ports import RawRecord
from streams.stores import RunStores
from support.conversations import arrivals, cuts, interleavings
from support.folding import Stage, command_records, consolidate, event_records, extraction_records
from support.lives import EXTRACTOR, extract, found_in, lives
from support.memory import CODEC, Memory
from support.orders import orders
from support.views import Rows, rows, view
from topology.stages import CONSOLIDATE, Store

R = TypeVar("R", bound=Record)


@given(st.data())
def test_any_order_and_any_duplication_leave_the_same_memory(data: st.DataObject) -> None:
    life = data.draw(lives())
    arrived = data.draw(arrivals(life))

    assert view(Memory(EXTRACTOR).hear(*arrived).replay) == view(Memory(EXTRACTOR).hear(*life).replay)


@given(st.data())
def test_any_interleaving_of_conversations_and_commands_leaves_the_same_memory(data: st.DataObject) -> None:
    arrived = data.draw(lives().flatmap(arrivals))
    commands = data.draw(orders(found_in(event_records(arrived)), most=6))
    spoken = threads(arrived, commands)

    assert kept(consolidate().run(data.draw(interleavings(spoken)))) == kept(consolidate().run(*spoken))


@given(st.data())
def test_reading_everything_twice_changes_nothing(data: st.DataObject) -> None:
    arrived = data.draw(lives().flatmap(arrivals))
    commands = data.draw(orders(found_in(event_records(arrived))))
    records = data.draw(interleavings(threads(arrived, commands)))
    stage = consolidate().run(records)
    once, sent = stage.rows, stage.sent()

    stage.run(records)

    assert stage.rows == once
    assert stage.sent() == sent


@given(st.data())
def test_any_cut_gives_the_same_outputs_and_rows(data: st.DataObject) -> None:
    arrived = data.draw(lives().flatmap(arrivals))
    events = event_records(arrived)
    commands = data.draw(orders(found_in(events)))
    records = data.draw(interleavings(threads(arrived, commands)))

    for one, other in (
        (extract().run(*data.draw(cuts(events))), extract().run(events)),
        (consolidate().run(*data.draw(cuts(records))), consolidate().run(records)),
    ):
        assert one.sent() == other.sent()
        assert one.last_profiles() == other.last_profiles()
        assert one.rows == other.rows


def threads(events: Iterable[ConversationEvent], commands: Iterable[MemoryCommand]) -> list[list[RawRecord]]:
    """What keeps its order: the extractions of one conversation, and the commands."""
    conversations: dict[Any, list[MessageExtraction]] = defaultdict(list)
    for each in found_in(event_records(list(events))):
        conversations[each.tenant_id, each.conversation_id].append(each)
    return [*map(extraction_records, conversations.values()), command_records(commands)]


def kept(stage: Stage) -> dict[str, Rows]:
    """All that is remembered, retracted items too, apart from when and by which record it was learned."""
    stores = RunStores(stage.table, CODEC)
    return {store.name: shown(stores, store) for store in CONSOLIDATE.stores}


def shown(stores: RunStores, store: Store[R]) -> Rows:
    found = dict(stores.scan(store, ""))
    return rows(found)
