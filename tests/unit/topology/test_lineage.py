"""Which generation answers, which is being built, and what may be done about each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from schemas.records import Generation
from topology.errors import Misconfigured
from topology.lineage import Lineage

NOW = datetime(2024, 5, 17, tzinfo=UTC)


def lineage(*written: Generation) -> Lineage:
    return Lineage(written={each.number: each for each in written})


def after(seen: Lineage, *written: Generation) -> Lineage:
    return Lineage(written={**seen.written, **{each.number: each for each in written}})


def later(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


NOTHING = lineage()
BUILDING = lineage(NOTHING.declared("rules@2", NOW))
PROMOTED = after(BUILDING, BUILDING.promoted(2, later(1)))


def test_the_first_serves_until_another_is_promoted() -> None:
    assert (NOTHING.serving.number, NOTHING.shadow) == (1, None)
    assert BUILDING.serving.number == 1
    assert BUILDING.shadow is not None
    assert BUILDING.shadow.number == 2
    assert (PROMOTED.serving.number, PROMOTED.shadow) == (2, None)


def test_the_same_extractor_goes_on_with_what_it_has_begun_and_another_waits() -> None:
    assert BUILDING.declared("rules@2", later(5)) == BUILDING.shadow
    with pytest.raises(Misconfigured, match=r"generation 2 is being built with rules@2"):
        BUILDING.declared("rules@3", later(5))


def test_numbers_are_never_used_again() -> None:
    dropped = after(BUILDING, BUILDING.dropped(2, later(1)))

    assert dropped.shadow is None
    assert dropped.declared("rules@2", later(2)).number == 3


def test_a_former_one_may_be_promoted_back() -> None:
    back = after(PROMOTED, PROMOTED.promoted(1, later(2)))

    assert back.serving.number == 1
    assert back.shadow is None


def test_extract_works_for_one_at_a_time() -> None:
    assert PROMOTED.known[1].settled_at is not None
    assert PROMOTED.serving.settled_at is None

    settled = after(PROMOTED, *PROMOTED.settled(2, later(2)))

    assert settled.known[2].settled_at == later(2)
    assert settled.known[1].settled_at is None


def test_only_what_serves_can_settle() -> None:
    with pytest.raises(Misconfigured, match="generation 2 does not serve: 1 does"):
        BUILDING.settled(2, NOW)


def test_what_serves_cannot_be_dropped_and_what_is_gone_not_promoted() -> None:
    with pytest.raises(Misconfigured, match="generation 2 serves"):
        PROMOTED.dropped(2, NOW)
    gone = after(PROMOTED, PROMOTED.dropped(1, later(3)))
    with pytest.raises(Misconfigured, match="there is no generation 1; there are: 2"):
        gone.promoted(1, later(4))
    with pytest.raises(Misconfigured, match="no generation 7"):
        gone.promoted(7, later(4))


def allowed(seen: Lineage) -> list[int]:
    """The generations that extract may work for."""
    found = []
    for number in seen.known:
        try:
            seen.check_extract(number)
        except Misconfigured:
            continue
        found.append(number)
    return found


def test_extract_works_for_what_answers_and_until_that_has_settled_for_what_it_worked_for_before() -> None:
    assert allowed(NOTHING) == allowed(BUILDING) == [1]
    assert allowed(PROMOTED) == [1, 2]
    assert allowed(after(PROMOTED, *PROMOTED.settled(2, later(2)))) == [2]


def test_whoever_starts_extract_for_another_is_told_which() -> None:
    settled = after(PROMOTED, *PROMOTED.settled(2, later(2)))
    with pytest.raises(Misconfigured, match=r"generation 1 does not serve: extract must run with GENERATION=2"):
        settled.check_extract(1)
