"""Too much poison stops a lane at one certain record, however its records were cut into runs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.processors.poison_limit import PoisonLimit, PoisonTally, TooMuchPoison

LIMIT = PoisonLimit(longest=3, share=0.5, window=10)
BAD, GOOD = "bad_avro", None
MIXED = st.lists(st.sampled_from([BAD, "too_long", GOOD]), max_size=60)


def stops_at(reasons: list[str | None], *cuts: int) -> int | None:
    """The index of the record that passes the limit, the records being given in runs that end at `cuts`."""
    tally, start = PoisonTally(LIMIT), 0
    for end in (*sorted(cuts), len(reasons)):
        try:
            tally = tally.after(reasons[start:end])
        except TooMuchPoison as error:
            return start + error.index
        start = end
    return None


def by_hand(reasons: list[str | None]) -> int | None:
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


@given(reasons=MIXED, cuts=st.lists(st.integers(0, 60), max_size=5))
def test_where_it_stops_is_the_same_for_every_cut(reasons: list[str | None], cuts: list[int]) -> None:
    assert stops_at(reasons, *(min(cut, len(reasons)) for cut in cuts)) == by_hand(reasons)


def test_a_run_that_was_rolled_back_is_not_counted_twice() -> None:
    before = PoisonTally(LIMIT).after([BAD, BAD])
    before.after([BAD])
    before.after([BAD])
    with pytest.raises(TooMuchPoison):
        before.after([BAD, BAD])


def test_the_message_says_how_much_and_why() -> None:
    with pytest.raises(TooMuchPoison) as raised:
        PoisonTally(LIMIT).after([GOOD, "too_long", BAD, BAD, BAD])
    assert str(raised.value) == (
        "4 records in a row could not be read, 3 are allowed (bad_avro 3, too_long 1): stopped before more is set aside"
    )
    with pytest.raises(TooMuchPoison, match=r"7 of the last 10 records could not be read, 50% are allowed"):
        PoisonTally(LIMIT).after([BAD, BAD, GOOD] * 10)


@pytest.mark.parametrize("wrong", [{"longest": 0}, {"window": 0}, {"share": 0.0}, {"share": 1.1}])
def test_a_limit_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="limit of poison"):
        PoisonLimit(**wrong)  # type: ignore[arg-type]
