"""Too much poison stops a lane at one certain record, however its records were cut into runs and processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.records import Position
from streams.processors.poison_limit import NO_LIMIT, PoisonLimit, PoisonTally, Rejection, TooMuchPoison
from topology.errors import Misconfigured

LIMIT = PoisonLimit(longest=3, share=0.5, window=10)
BAD, GOOD = "bad_avro", None
MIXED = st.lists(st.sampled_from([BAD, "too_long", GOOD]), max_size=60)


def run(tally: PoisonTally, reasons: Sequence[str | None], first_offset: int = 0) -> PoisonTally:
    rejections = [
        Rejection(index=index, position=Position(topic="t", partition=3, offset=first_offset + index), reason=reason)
        for index, reason in enumerate(reasons)
        if reason is not None
    ]
    return tally.after(len(reasons), rejections)


def stops_at(reasons: Sequence[str | None], *cuts: int, restarts: bool = False) -> int | None:
    """Which record passes the limit, the records being given in runs that end at `cuts`; each in a process of its own,
    where it `restarts`."""
    tally, start = PoisonTally(limit=LIMIT), 0
    for end in (*sorted(cuts), len(reasons)):
        try:
            tally = run(tally, reasons[start:end], start)
        except TooMuchPoison as error:
            return error.at.offset
        if restarts:
            tally = PoisonTally(limit=LIMIT, readability=tally.readability)
        start = end
    return None


def by_hand(reasons: Sequence[str | None]) -> int | None:
    for index in range(len(reasons)):
        last = reasons[: index + 1]
        in_a_row = len(last) >= 4 and None not in last[-4:]
        window = last[-10:]
        share = len(window) == 10 and sum(reason is not None for reason in window) > 5
        if last[-1] is not None and (in_a_row or share):
            return index
    return None


def test_as_many_in_a_row_as_allowed_pass_and_one_more_does_not() -> None:
    assert stops_at([GOOD, BAD, BAD, BAD, GOOD, BAD]) is None
    assert stops_at([GOOD, BAD, BAD, BAD, BAD]) == 4


def test_the_share_is_asked_of_a_full_window() -> None:
    half = [BAD, GOOD] * 5
    assert stops_at(half) is None
    assert stops_at([BAD, BAD, GOOD, BAD, BAD, GOOD, BAD]) is None
    assert stops_at([*half[1:], BAD, BAD]) == 10


def test_a_good_record_never_stops_a_lane() -> None:
    assert stops_at([BAD, BAD, GOOD, BAD, BAD, GOOD, BAD, BAD, GOOD, GOOD, GOOD, GOOD]) is None


@given(reasons=MIXED, cuts=st.lists(st.integers(0, 60), max_size=5), restarts=st.booleans())
def test_where_it_stops_is_the_same_for_every_cut_and_every_restart(
    reasons: list[str | None], cuts: list[int], restarts: bool
) -> None:
    assert stops_at(reasons, *(min(cut, len(reasons)) for cut in cuts), restarts=restarts) == by_hand(reasons)


def test_a_supervisor_that_starts_it_again_and_again_drains_nothing() -> None:
    """Each process would take three more, if it began to count anew."""
    kept = run(PoisonTally(limit=LIMIT), [BAD, BAD, BAD]).readability
    for _ in range(3):
        with pytest.raises(TooMuchPoison):
            run(PoisonTally(limit=LIMIT, readability=kept), [BAD])


def test_a_run_that_was_rolled_back_is_not_counted_twice() -> None:
    before = run(PoisonTally(limit=LIMIT), [BAD, BAD])
    run(before, [BAD])
    run(before, [BAD])
    with pytest.raises(TooMuchPoison):
        run(before, [BAD, BAD])


def test_the_message_says_where_how_much_and_why() -> None:
    with pytest.raises(TooMuchPoison) as raised:
        run(PoisonTally(limit=LIMIT), [GOOD, "too_long", BAD, BAD, BAD], first_offset=70)
    assert str(raised.value).startswith(
        "t-3: 4 records in a row could not be read, 3 are allowed; "
        "counted by this process from offset 71 to 74: bad_avro 3, too_long 1. "
    )
    assert "POISON_LONGEST_RUN=0" in str(raised.value)
    with pytest.raises(TooMuchPoison, match=r"7 of the last 10 records could not be read, 50% are allowed"):
        run(PoisonTally(limit=LIMIT), [BAD, BAD, GOOD] * 10)


def test_without_limits_all_passes_and_nothing_is_remembered() -> None:
    drained = run(PoisonTally(limit=NO_LIMIT), [BAD] * 1_000)
    assert drained.readability == ()


@pytest.mark.parametrize(("off", "reasons"), [({"longest": 0}, [BAD] * 9), ({"share": 1.0}, [BAD, BAD, GOOD] * 9)])
def test_each_limit_can_be_taken_away_alone(off: dict[str, float], reasons: list[str | None]) -> None:
    with pytest.raises(TooMuchPoison):
        run(PoisonTally(limit=LIMIT), reasons)
    run(PoisonTally(limit=replace(LIMIT, **off)), reasons)  # type: ignore[arg-type]


def test_what_is_remembered_stays_small() -> None:
    tally = PoisonTally(limit=PoisonLimit(longest=200, share=0.5, window=1_000))
    for _ in range(50):
        tally = run(tally, [GOOD] * 99 + [BAD])
    assert sum(tally.readability) == 1_000
    assert len(tally.readability) <= 22


def test_a_window_that_could_not_remember_the_longest_run_is_refused() -> None:
    with pytest.raises(Misconfigured, match="POISON_WINDOW_RECORDS=200 must be larger than POISON_LONGEST_RUN=200"):
        PoisonLimit(longest=200, share=0.5, window=200)
