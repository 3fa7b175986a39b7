"""Events, tasks and decisions: each stands alone, at the times its words give."""

from __future__ import annotations

import pytest

from schemas.enums import ItemStatus, Kind, Tense
from schemas.records import Evidence
from streams.processors.timeline import Standing, standings
from support.assertions import asserted, day, days_of


def tell(*evidence: Evidence) -> Standing:
    (standing,) = standings(evidence).values()
    return standing


def party(on: float, tense: Tense, when: tuple[float, float] | None = None) -> Evidence:
    known_from, known_to = (None, None) if when is None else (day(when[0]), day(when[1]))
    return asserted("party", on, tense, kind=Kind.EVENT, slot="event", known_from=known_from, known_to=known_to)


def test_an_event_holds_when_its_words_say_and_not_from_when_it_is_told() -> None:
    ahead, over = tell(party(1, Tense.PLANNED, (7, 8))), tell(party(9, Tense.PAST, (7, 8)))

    assert [(each.status, days_of(each)) for each in (ahead, over)] == [(ItemStatus.ACTIVE, [(7, 8)])] * 2


def test_an_event_without_a_date_holds_at_no_known_time() -> None:
    assert days_of(tell(party(1, Tense.PAST))) == []


def test_an_event_may_happen_again() -> None:
    assert days_of(tell(party(9, Tense.PAST, (7, 8)), party(20, Tense.PAST, (18, 19)))) == [(7, 8), (18, 19)]


def test_the_latest_plan_counts_until_it_is_told_how_it_went() -> None:
    first, second = party(1, Tense.PLANNED, (7, 8)), party(2, Tense.PLANNED, (8, 9))
    assert days_of(tell(first, second)) == [(8, 9)]
    assert days_of(tell(first, second, party(10, Tense.PAST, (9, 10)))) == [(9, 10)]


def test_a_plan_spoken_of_again_without_a_date_keeps_its_date() -> None:
    planned = party(1, Tense.PLANNED, (7, 8))

    assert (
        days_of(tell(planned, party(2, Tense.PLANNED))) == days_of(tell(planned, party(2, Tense.PRESENT))) == [(7, 8)]
    )


def test_a_cancelled_event_is_ended_and_its_plan_void() -> None:
    standing = tell(party(1, Tense.PLANNED, (7, 8)), party(2, Tense.ENDED))

    assert (standing.status, days_of(standing)) == (ItemStatus.ENDED, [])


@pytest.mark.parametrize(
    ("last", "status"),
    [
        (Tense.PLANNED, ItemStatus.ACTIVE),
        (Tense.PRESENT, ItemStatus.ACTIVE),
        (Tense.PAST, ItemStatus.DONE),
        (Tense.ENDED, ItemStatus.CANCELLED),
    ],
)
def test_a_task_is_what_was_last_said_of_it(last: Tense, status: ItemStatus) -> None:
    def task(on: float, tense: Tense) -> Evidence:
        return asserted("report", on, tense, kind=Kind.TASK, slot="task")

    assert tell(task(1, Tense.PAST), task(2, Tense.PLANNED), task(3, last)).status is status
