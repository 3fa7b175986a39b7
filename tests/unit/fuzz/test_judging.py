"""That the judge of the fuzzing sees planted faults, and that what is sent is as different as it should be."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import pytest

from api.app import create_app
from fuzz.asking import Asker, Asking, Operation
from fuzz.judging import Judge, fault_of
from support.api_fakes import world

PROBLEM = {"content-type": "application/problem+json"}
LAG = Operation(method="get", path="/v1/lag", parameters=(), body=None, statuses=frozenset({200, 401, 503}))
ASKED = Asking(operation=LAG, target="/v1/lag")


@pytest.mark.parametrize(
    ("status", "headers", "fault"),
    [
        (200, {}, None),
        (401, PROBLEM, None),
        (401, {"content-type": "text/plain"}, "401 of GET /v1/lag is no problem"),
        (404, PROBLEM, "404 of GET /v1/lag is not documented"),
        (500, PROBLEM, "500 of GET /v1/lag"),
        (503, PROBLEM, "503 of GET /v1/lag without Retry-After"),
        (503, PROBLEM | {"retry-after": "1"}, None),
    ],
)
def test_what_may_not_be_answered_is_a_fault(status: int, headers: Mapping[str, str], fault: str | None) -> None:
    assert fault_of(ASKED, status, headers) == fault


def test_what_was_accepted_and_has_no_outcome_is_lost_and_two_are_too_many() -> None:
    judge = Judge()
    position = {"topic": "t", "partition": 0, "offset": 7}
    judge.answered(Asking(operation=LAG, target="/"), 202, {}, {"positions": [position], "position": None})
    judge.accounted([("t", 0, 8), ("t", 0, 8)])
    assert judge.shown["accepted and lost"] == ["('t', 0, 7)"]
    assert judge.faults["more than one outcome"] == 1


def test_every_operation_is_asked_rightly_and_wrongly() -> None:
    w = world()
    document = create_app(w.settings(), w.dependencies()).openapi()
    asker = Asker(document, Random(7))
    asked = [asker.next() for _ in range(3_000)]
    there = {(one.operation.method, one.operation.path) for one in asked}
    assert there == {(m, p) for p, item in document["paths"].items() for m in item}
    assert any(one.key_spoilt for one in asked)
    assert 0.2 < sum(one.operation.path == "/v1/events" for one in asked) / len(asked) < 0.5
