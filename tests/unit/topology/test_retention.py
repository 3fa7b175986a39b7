"""Policies of retention: which level an item gets, and when its time is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from schemas.enums import Kind, RetentionLevel
from schemas.ids import TenantId
from topology.retention import LIFETIMES, Kept, LevelRule, RetentionPolicies, RetentionPolicy, counted_from

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
WORKING, SHORT = RetentionLevel.WORKING, RetentionLevel.SHORT
LONG, PERMANENT = RetentionLevel.LONG, RetentionLevel.PERMANENT


def kept(kind: Kind = Kind.FACT, slot: str = "home_city", confidence: float = 0.9, explicit: bool = False) -> Kept:
    return Kept(kind=kind, slot=slot, confidence=confidence, explicit=explicit)


@pytest.mark.parametrize(
    ("what", "level"),
    [
        (kept(), LONG),
        (kept(Kind.EVENT, "event"), LONG),
        (kept(Kind.TASK, "task"), SHORT),
        (kept(Kind.TASK, "task", explicit=True), PERMANENT),
        (kept(explicit=True, confidence=0.1), PERMANENT),
        (kept(confidence=0.6), LONG),
        (kept(confidence=0.59), SHORT),
        (kept(confidence=0.34), WORKING),
    ],
)
def test_the_level_of_the_policy_that_everybody_has(what: Kept, level: RetentionLevel) -> None:
    assert RetentionPolicy().level_of(what) is level


def test_the_first_rule_that_fits_decides() -> None:
    rules = (
        LevelRule(level=PERMANENT, kind=Kind.FACT, slot="allergy"),
        LevelRule(level=SHORT, kind=Kind.FACT, least_confidence=0.5),
        LevelRule(level=LONG, explicit=False),
    )
    policy = RetentionPolicy(rules=rules, otherwise=WORKING)

    assert policy.level_of(kept(slot="allergy", confidence=0.1)) is PERMANENT
    assert policy.level_of(kept()) is SHORT
    assert policy.level_of(kept(confidence=0.4)) is LONG
    assert policy.level_of(kept(confidence=0.4, explicit=True)) is WORKING


@pytest.mark.parametrize("level", [WORKING, SHORT, LONG])
def test_a_lifetime_is_over_when_it_has_passed(level: RetentionLevel) -> None:
    life = LIFETIMES[level]
    assert life is not None
    policy = RetentionPolicy()

    assert policy.is_over(level, NOON - life, NOON)
    assert not policy.is_over(level, NOON - life + timedelta(microseconds=1), NOON)


def test_what_is_permanent_unknown_or_undated_is_never_over() -> None:
    policy = RetentionPolicy()

    assert not policy.is_over(PERMANENT, datetime.min.replace(tzinfo=UTC), NOON)
    assert not policy.is_over(RetentionLevel.UNKNOWN, datetime.min.replace(tzinfo=UTC), NOON)
    assert not policy.is_over(WORKING, None, NOON)


def test_a_lifetime_longer_than_all_time_is_never_over() -> None:
    policy = RetentionPolicy(lifetimes={**LIFETIMES, LONG: timedelta.max})

    assert not policy.is_over(LONG, datetime.min.replace(tzinfo=UTC), NOON)


def test_a_lifetime_counts_from_the_latest_of_what_is_known() -> None:
    assert counted_from(NOON, None, NOON + timedelta(days=1)) == NOON + timedelta(days=1)
    assert counted_from(None, None) is None


def test_a_tenant_s_own_policy_stands_in_place_of_that_of_all() -> None:
    own = RetentionPolicy(rules=(), otherwise=WORKING)
    policies = RetentionPolicies(tenants={TenantId("acme"): own})

    assert policies.of(TenantId("acme")) is own
    assert policies.of(TenantId("other")) is policies.default


def test_lifetimes_must_be_told_of_every_level() -> None:
    with pytest.raises(ValueError, match="working, short, long, permanent"):
        RetentionPolicy(lifetimes={SHORT: timedelta(days=1)})
