"""What is left, as headers say it."""

from __future__ import annotations

from api.limits.quotas import Quota, Standing, exhausted, headers, too_many

MINUTE = Quota(name="minute", amount=60, seconds=60)
HOUR = Quota(name="hour", amount=1_000, seconds=3_600)


def _standing(quota: Quota, remaining: int, wait: float = 0.0, reset: float = 30.2) -> Standing:
    return Standing(quota=quota, remaining=remaining, wait_seconds=wait, reset_seconds=reset)


def test_each_quota_is_a_member_of_both_lists() -> None:
    told = headers([_standing(MINUTE, 59), _standing(HOUR, 0, wait=12.1)])
    assert told["RateLimit-Policy"] == '"minute";q=60;w=60, "hour";q=1000;w=3600'
    assert told["RateLimit"] == '"minute";r=59;t=31, "hour";r=0;t=13'


def test_a_caller_without_limits_is_told_of_none() -> None:
    assert headers([]) == {}


def test_the_quota_that_keeps_out_longest_is_the_one_that_is_told() -> None:
    longest = exhausted([_standing(MINUTE, 0, wait=3.2), _standing(HOUR, 0, wait=1_000.5)])
    problem = too_many(longest.quota, longest.wait_seconds)
    assert problem.status == 429
    assert problem.headers["Retry-After"] == "1001"
    assert "1000 a hour" in str(problem.detail)
