"""However records are cut into runs, the same is sent, byte by byte and in the same order, and the same is kept."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from streams.ports import RawRecord
from support.conversations import arrivals, cuts, interleavings, rivals, worlds
from support.folding import Stage, command_records, consolidate, event_records, extract, extraction_records
from support.orders import orders


@st.composite
def arrived(draw: st.DrawFn) -> list[RawRecord]:
    """Late, doubled and rival events, some of them broken on the way."""
    world = draw(worlds())
    records = event_records(draw(arrivals([*world, *draw(rivals(world))])))
    broken = draw(st.sets(st.integers(0, 40)))
    return [replace(raw, value=b"broken") if at in broken else raw for at, raw in enumerate(records)]


def assert_alike(one: Stage, other: Stage) -> None:
    """The changelog as compaction leaves it is the rows; every version of an item is among what was sent."""
    assert one.sent() == other.sent()
    assert one.last_profiles() == other.last_profiles()
    assert one.rows == other.rows


@given(st.data())
def test_any_cut_of_events_into_runs_gives_the_same_outputs_outcomes_and_rows(data: st.DataObject) -> None:
    records = data.draw(arrived())

    assert_alike(extract().run(*data.draw(cuts(records))), extract().run(records))


@given(st.data())
def test_any_cut_of_extractions_and_commands_gives_the_same_versions_and_rows(data: st.DataObject) -> None:
    found = extract().run(data.draw(arrived())).extractions
    threads = [extraction_records(found), command_records(data.draw(orders(found)))]
    records = data.draw(interleavings(threads))

    assert_alike(consolidate().run(*data.draw(cuts(records))), consolidate().run(records))
