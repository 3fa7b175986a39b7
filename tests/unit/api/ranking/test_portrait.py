"""A profile as it shows at a moment: what is over is left out, what is near is one, the rest stands in order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from api.models.people import ProfileLine, UserProfile
from api.ranking.portrait import portrait
from topology.retention import RetentionPolicy

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def line(value: str, kind: str = "preference", slot: str = "likes", **fields: Any) -> ProfileLine:
    """Said at noon, once."""
    known = {
        "item_id": f"i-{value}",
        "kind": kind,
        "slot": slot,
        "qualifier": None,
        "value": value,
        "since": NOON,
        "evidence_count": 1,
        "last_occurred_at": NOON,
        "confidence": 0.9,
        "retention_level": "long",
    }
    return ProfileLine(**known | fields)


def shown(at: datetime = NOON, **lists: list[ProfileLine]) -> UserProfile:
    stored = {"user_id": "ana", "slots": [], "top": [], "active_items": 0, "recorded_at": NOON, "read_from": "redis"}
    as_stored = UserProfile(**stored | lists).model_dump(mode="json", exclude={"salience", "stands_for"})
    return UserProfile(**portrait(as_stored, RetentionPolicy(), at))


def values(lines: list[ProfileLine]) -> list[str]:
    return [each.value for each in lines]


def task(value: str, due: datetime | None = None, **fields: Any) -> ProfileLine:
    return line(value, "task", "task", since=None, due_to=due, retention_level="short", **fields)


def event(value: str, since: datetime, valid_to: datetime | None) -> ProfileLine:
    return line(value, "event", "event", since=since, valid_to=valid_to)


def test_what_is_over_is_left_out_of_every_list() -> None:
    short = {"retention_level": "short"}
    lists = {
        "slots": [line("Porto", "fact", "home_city", **short), line("Ana", "fact", "name")],
        "top": [line("tea", **short), line("milk")],
        "preferences": [line("tea", **short), line("milk")],
        "tasks": [task("post the parcel"), task("pay", due=NOON + 9 * DAY)],
    }
    profile = shown(NOON + 30 * DAY, **lists)

    assert (values(profile.slots), values(profile.top)) == (["Ana"], ["milk"])
    assert (values(profile.preferences), values(profile.tasks)) == (["milk"], ["pay"])
    assert values(shown(NOON + 30 * DAY - timedelta(microseconds=1), **lists).top) == ["milk", "tea"]


def test_a_line_of_an_earlier_release_is_never_over() -> None:
    assert values(shown(NOON + 9_999 * DAY, top=[line("tea", retention_level="unknown")]).top) == ["tea"]


def test_what_is_salient_comes_first_and_says_why() -> None:
    old = line("tea", evidence_count=3, last_occurred_at=NOON - 700 * DAY)
    told = line("milk", explicit=True)
    profile = shown(top=[old, line("beer"), told], preferences=[old, told])

    assert values(profile.top) == ["milk", "beer", "tea"]
    assert values(profile.preferences) == ["milk", "tea"]
    weighed = profile.top[0].salience
    assert weighed is not None
    assert (weighed.explicitness, weighed.recency, weighed.evidence) == (1.0, 1.0, 0.5)


def test_slots_stay_in_their_order() -> None:
    slots = [line("Ana", "fact", "name"), line("Porto", "fact", "home_city", evidence_count=9)]

    assert values(shown(slots=slots).slots) == ["Ana", "Porto"]


def test_tasks_come_by_when_they_are_due_and_then_by_when_they_were_last_spoken_of() -> None:
    tasks = [
        task("whenever", last_occurred_at=NOON - DAY),
        task("late", due=NOON + 5 * DAY),
        task("spoken of", last_occurred_at=NOON),
        task("soon", due=NOON + DAY),
        line("from", "task", "task", due_from=NOON + 3 * DAY),
    ]

    assert values(shown(tasks=tasks).tasks) == ["soon", "from", "late", "spoken of", "whenever"]


def test_events_are_shown_until_they_are_over_by_date() -> None:
    events = [
        event("party", NOON + 5 * DAY, NOON + 6 * DAY),
        event("trip", NOON - DAY, NOON + DAY),
        event("over", NOON - DAY, NOON),
        event("began", NOON, None),
        event("starts", NOON + DAY, None),
    ]

    assert values(shown(events=events).events) == ["trip", "starts", "party"]


def test_near_duplicates_are_one_line() -> None:
    profile = shown(top=[line("playing guitar", evidence_count=2), line("play guitar"), line("piano")])

    assert [(each.value, each.stands_for) for each in profile.top] == [
        ("playing guitar", ["i-play guitar"]),
        ("piano", []),
    ]


def test_what_happens_twice_is_two_events() -> None:
    events = [event("dinner", NOON, NOON + DAY), event("dinners", NOON + 7 * DAY, NOON + 8 * DAY)]

    assert values(shown(events=events).events) == ["dinner", "dinners"]
