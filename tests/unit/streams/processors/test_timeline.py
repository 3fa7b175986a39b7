"""Lasting values over time: what takes whose place, what ends, and when each held."""

from __future__ import annotations

from datetime import timedelta

from schemas.enums import ItemStatus, Tense
from schemas.records import Evidence
from streams.processors.timeline import CORRECTED, FORGOTTEN, Standing, standings
from support.assertions import asserted, day, days_of


def tell(*evidence: Evidence) -> dict[str, Standing]:
    """Standings by value; the same whatever the order."""
    names = {each.item_id: each.value for each in evidence}
    stand = standings(evidence)
    assert stand == standings(evidence[::-1])
    return {names[item]: standing for item, standing in stand.items()}


def test_a_value_said_once_holds_from_when_it_was_said() -> None:
    lisbon = tell(asserted("Lisbon", 1))["Lisbon"]

    assert (lisbon.status, days_of(lisbon), lisbon.superseded_by) == (ItemStatus.ACTIVE, [(1, None)], None)


def test_the_next_value_takes_the_place_of_the_one_before() -> None:
    new = asserted("Porto", 5)
    stand = tell(asserted("Lisbon", 1), new)

    assert (stand["Lisbon"].status, days_of(stand["Lisbon"])) == (ItemStatus.SUPERSEDED, [(1, 5)])
    assert stand["Lisbon"].superseded_by == new.item_id
    assert (stand["Porto"].status, days_of(stand["Porto"])) == (ItemStatus.ACTIVE, [(5, None)])


def test_life_returns() -> None:
    stand = tell(asserted("Lisbon", 1), asserted("Porto", 5), asserted("Lisbon", 9))

    assert (stand["Lisbon"].status, days_of(stand["Lisbon"])) == (ItemStatus.ACTIVE, [(1, 5), (9, None)])
    assert (stand["Porto"].status, days_of(stand["Porto"])) == (ItemStatus.SUPERSEDED, [(5, 9)])


def test_saying_it_again_is_more_support_and_no_new_interval() -> None:
    lisbon = tell(asserted("Lisbon", 1), asserted("Lisbon", 3))["Lisbon"]

    assert (days_of(lisbon), len(lisbon.support)) == ([(1, None)], 2)


def test_a_value_known_to_have_begun_earlier_cuts_the_one_before_but_never_before_that_began() -> None:
    stand = tell(asserted("Lisbon", 1), asserted("Porto", 9, known_from=day(4)))
    assert (days_of(stand["Lisbon"]), days_of(stand["Porto"])) == ([(1, 4)], [(4, None)])

    stand = tell(asserted("Lisbon", 5), asserted("Porto", 9, known_from=day(4)))
    assert (days_of(stand["Lisbon"]), days_of(stand["Porto"])) == ([], [(4, None)])
    assert stand["Lisbon"].status is ItemStatus.SUPERSEDED


def test_what_holds_until_a_day_said_ends_on_it() -> None:
    lisbon = tell(asserted("Lisbon", 1, known_to=day(8)))["Lisbon"]

    assert (lisbon.status, days_of(lisbon)) == (ItemStatus.ACTIVE, [(1, 8)])


def test_what_used_to_be_never_becomes_current() -> None:
    stand = tell(asserted("Lisbon", 1), asserted("Quito", 5, Tense.PAST))

    assert (stand["Quito"].status, days_of(stand["Quito"])) == (ItemStatus.ENDED, [])
    assert (stand["Lisbon"].status, days_of(stand["Lisbon"])) == (ItemStatus.ACTIVE, [(1, None)])


def test_what_used_to_be_ends_the_value_if_it_was_current() -> None:
    lisbon = tell(asserted("Lisbon", 1), asserted("Lisbon", 5, Tense.PAST))["Lisbon"]

    assert (lisbon.status, days_of(lisbon)) == (ItemStatus.ENDED, [(1, 5)])


def test_what_used_to_be_held_when_its_words_say() -> None:
    quito = tell(asserted("Quito", 50, Tense.PAST, known_from=day(10), known_to=day(20)))["Quito"]
    until = tell(asserted("Quito", 50, Tense.PAST, known_to=day(20)))["Quito"]
    since = tell(asserted("Quito", 50, Tense.PAST, known_from=day(10)))["Quito"]

    assert [days_of(each) for each in (quito, until, since)] == [[(10, 20)], [(None, 20)], [(10, 50)]]


def test_what_is_no_longer_so_ends_and_may_begin_again() -> None:
    ended = tell(asserted("Lisbon", 1), asserted("Lisbon", 5, Tense.ENDED))["Lisbon"]
    again = tell(asserted("Lisbon", 1), asserted("Lisbon", 5, Tense.ENDED), asserted("Lisbon", 9))["Lisbon"]

    assert (ended.status, days_of(ended)) == (ItemStatus.ENDED, [(1, 5)])
    assert (again.status, days_of(again)) == (ItemStatus.ACTIVE, [(1, 5), (9, None)])


def test_what_another_value_replaced_stays_superseded_when_it_is_said_to_be_over() -> None:
    stand = tell(asserted("Lisbon", 1), asserted("Porto", 5), asserted("Lisbon", 9, Tense.ENDED))

    assert stand["Lisbon"].status is ItemStatus.SUPERSEDED
    assert stand["Porto"].status is ItemStatus.ACTIVE


def test_a_move_told_in_one_message_supersedes_whichever_comes_first_in_it() -> None:
    before = asserted("Lisbon", 1)
    for left_at, arrived_at in ((0, 20), (20, 0)):
        left = asserted("Lisbon", 5, Tense.ENDED, start=left_at, end=left_at + 1)
        arrived = asserted("Porto", 5, start=arrived_at, end=arrived_at + 1)
        lisbon = tell(before, left, arrived)["Lisbon"]

        assert (lisbon.status, days_of(lisbon)) == (ItemStatus.SUPERSEDED, [(1, 5)])
        assert lisbon.superseded_by == arrived.item_id


def test_a_plan_takes_no_place() -> None:
    stand = tell(asserted("Lisbon", 1), asserted("Berlin", 5, Tense.PLANNED, known_from=day(30)))

    assert (stand["Lisbon"].status, days_of(stand["Lisbon"])) == (ItemStatus.ACTIVE, [(1, None)])
    assert (stand["Berlin"].status, days_of(stand["Berlin"])) == (ItemStatus.ACTIVE, [(30, None)])


def test_a_plan_that_comes_true_holds_from_when_that_is_said() -> None:
    stand = tell(asserted("Berlin", 5, Tense.PLANNED, known_from=day(30)), asserted("Berlin", 40))

    assert days_of(stand["Berlin"]) == [(40, None)]


def test_order_is_event_time_then_message() -> None:
    stand = tell(asserted("Lisbon", 1, message_id="b"), asserted("Porto", 1, message_id="a"))

    assert (stand["Lisbon"].status, stand["Porto"].status) == (ItemStatus.ACTIVE, ItemStatus.SUPERSEDED)


def test_a_command_outranks_what_was_said_up_to_then_and_not_what_is_said_later() -> None:
    command = asserted("Porto", 5, conversation_id=None, message_id="k")
    said = asserted("Lisbon", 5, message_id="z")

    assert tell(said, command)["Porto"].status is ItemStatus.ACTIVE
    later = asserted("Lisbon", 5, occurred_at=day(5) + timedelta(microseconds=1))
    assert tell(said, command, later)["Lisbon"].status is ItemStatus.ACTIVE


def forgotten(value: str, on: float) -> Evidence:
    return asserted(value, on, Tense.ENDED, rule=FORGOTTEN, conversation_id=None, message_id=f"k{on}")


def test_what_is_forgotten_is_as_if_never_said() -> None:
    stand = tell(asserted("Lisbon", 1), asserted("Porto", 5), forgotten("Porto", 9))

    assert (stand["Porto"].status, days_of(stand["Porto"]), stand["Porto"].support) == (ItemStatus.RETRACTED, [], ())
    assert (stand["Lisbon"].status, days_of(stand["Lisbon"])) == (ItemStatus.ACTIVE, [(1, None)])


def test_what_is_said_after_it_was_forgotten_is_remembered_from_then_on() -> None:
    lisbon = tell(asserted("Lisbon", 1), forgotten("Lisbon", 5), asserted("Lisbon", 9))["Lisbon"]

    assert (lisbon.status, days_of(lisbon), len(lisbon.support)) == (ItemStatus.ACTIVE, [(9, None)], 1)


def test_a_correction_puts_its_value_in_the_place_of_the_item() -> None:
    right = asserted("Porto", 5, conversation_id=None, message_id="k")
    wrong = asserted("Lisbon", 1)
    replaced = asserted(
        "Porto", 5, Tense.ENDED, rule=CORRECTED, conversation_id=None, message_id="k", item_id=wrong.item_id
    )
    stand = standings([wrong, replaced, right])

    assert (stand[wrong.item_id].status, stand[wrong.item_id].superseded_by) == (ItemStatus.SUPERSEDED, right.item_id)
    assert [each.value for each in stand[wrong.item_id].support] == ["Lisbon"]
    assert stand[right.item_id].status is ItemStatus.ACTIVE


def test_words_of_a_newer_release_count_for_nothing() -> None:
    assert tell(asserted("Lisbon", 1, Tense.UNKNOWN))["Lisbon"].status is ItemStatus.RETRACTED


def test_no_evidence_no_items() -> None:
    assert standings([]) == {}
