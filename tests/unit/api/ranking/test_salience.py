"""Salience: in [0, 1], more with each of its parts, and told with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.ranking.salience import DEFAULTS, SalienceParams, Weighed, salience

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
SAID_ONCE = Weighed(evidence_count=1, last_occurred_at=NOON, confidence=0.9, explicit=False)


def test_the_score_is_the_weighted_mean_of_the_parts_it_tells() -> None:
    found = salience(SAID_ONCE, now=NOON)

    assert (found.evidence, found.recency, found.explicitness) == (0.5, 1.0, 0.72)
    assert found.score == pytest.approx(0.35 * 0.5 + 0.4 * 1.0 + 0.25 * 0.72)
    assert DEFAULTS.evidence_weight + DEFAULTS.recency_weight + DEFAULTS.explicitness_weight == pytest.approx(1)


def test_recency_is_halved_by_each_half_life() -> None:
    later = [salience(SAID_ONCE, now=NOON + timedelta(days=90 * lives)).recency for lives in (1, 2)]

    assert later == [0.5, 0.25]
    assert salience(SAID_ONCE, now=NOON + timedelta(days=1), params=SalienceParams(half_life_days=1)).recency == 0.5


def test_what_is_said_ahead_of_the_clock_is_recent_and_what_was_never_said_is_not() -> None:
    assert salience(SAID_ONCE, now=NOON - timedelta(days=3)).recency == 1.0
    assert salience(replace(SAID_ONCE, last_occurred_at=None), now=NOON).recency == 0.0


def test_a_command_is_more_explicit_than_any_statement() -> None:
    certain = salience(replace(SAID_ONCE, confidence=1.0), now=NOON)
    told = salience(replace(SAID_ONCE, confidence=0.1, explicit=True), now=NOON)

    assert told.explicitness == 1.0 > certain.explicitness


weighed = st.builds(
    Weighed,
    evidence_count=st.integers(0, 10_000),
    last_occurred_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    confidence=st.floats(0, 1),
    explicit=st.booleans(),
)


@given(weighed, st.datetimes(timezones=st.just(UTC)))
def test_everything_is_between_nothing_and_all(item: Weighed, now: datetime) -> None:
    found = salience(item, now=now)

    assert all(0 <= part <= 1 for part in (found.score, found.evidence, found.recency, found.explicitness))


@given(weighed, st.datetimes(timezones=st.just(UTC)))
def test_more_evidence_and_later_words_never_make_it_less(item: Weighed, now: datetime) -> None:
    more = replace(item, evidence_count=item.evidence_count + 1, last_occurred_at=now)

    assert salience(more, now=now).score >= salience(item, now=now).score
