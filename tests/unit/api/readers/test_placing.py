"""Places of turns that were read around candidates: near where a candidate shows it, apart else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from api.ranking.asked import Asked, analyse
from api.ranking.candidates import MessageKey
from api.ranking.neighbours import REACH
from api.readers.placing import Window, around, whole

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
ASKED: Asked = analyse("chess", [], NOON)


def row(minute: int, away: int, candidate: int, conversation: str = "c") -> Window:
    said_at = NOON + timedelta(minutes=minute)
    return conversation, f"m{minute}", "ana", "Ana Maria", "USER", said_at, False, 3, "", away, candidate


def numbers(*rows: Window, places: Mapping[MessageKey, int] = MappingProxyType({})) -> dict[str, int]:
    return {turn.key[1]: turn.place.number for turn in around(rows, ASKED, places)}


def test_turns_around_a_candidate_keep_their_distances() -> None:
    found = numbers(row(5, 0, 1), row(3, -2, 1), row(6, 1, 1))
    assert (found["m5"] - found["m3"], found["m6"] - found["m5"]) == (2, 1)


def test_a_turn_that_two_candidates_have_around_them_is_there_once() -> None:
    found = numbers(row(1, 0, 1), row(2, 1, 1), row(2, -1, 2), row(3, 0, 2))
    assert [found[name] for name in ("m1", "m2", "m3")] == [found["m1"], found["m1"] + 1, found["m1"] + 2]


def test_turns_that_no_candidate_shows_together_are_too_far_to_lend() -> None:
    found = numbers(row(1, 0, 1), row(9, 0, 2))
    assert found["m9"] - found["m1"] > REACH
    assert len({turn.place.number for turn in around([row(1, 0, 1), row(1, 0, 2, "d")], ASKED, {})}) == 2


def test_turns_in_known_places_are_as_far_apart_as_those() -> None:
    found = numbers(
        row(1, 0, 1), row(2, 0, 2), row(8, 0, 3), places={("c", "m1"): 70, ("c", "m8"): 72, ("c", "m2"): 71}
    )
    assert [found[name] - found["m1"] for name in ("m2", "m8")] == [1, 2]


def test_a_turn_between_two_in_known_places_does_not_part_them() -> None:
    """Which only a candidate beside them shows."""
    places = {("c", "m3"): 13, ("c", "m5"): 15}
    found = numbers(row(2, 0, 1), row(3, 1, 1), row(4, 2, 1), row(3, 0, 2), row(5, 0, 3), places=places)
    assert [found[name] - found["m2"] for name in ("m3", "m4", "m5")] == [1, 2, 3]


def test_places_that_run_against_time_tell_nothing() -> None:
    found = numbers(row(1, 0, 1), row(9, 0, 2), places={("c", "m1"): 71, ("c", "m9"): 70})
    assert found["m9"] - found["m1"] not in range(1, REACH + 1)


def test_what_a_row_tells_of_a_turn() -> None:
    (turn,) = around([row(1, 0, 1)], ASKED, {})
    assert (turn.user_id, turn.name_words, turn.is_person, turn.document.length) == ("ana", 2, True, 3)
    (same,) = whole([(*row(1, 0, 1)[:9], 7)], ASKED)
    assert same.place.number == 7
