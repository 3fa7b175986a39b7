"""What a benchmark compares answers with: the best by looking at everything."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks.service import exact
from benchmarks.service.filling import TENANT
from support.api_story import FAMILY, land, story

pytestmark = pytest.mark.integration


def test_the_best_by_looking_at_everything(database_url: str) -> None:
    land(database_url, story(TENANT, ""), first_offset=2_000)
    asked = [
        {"query": "Who plays chess?", "kinds": ["message"], **scope} for scope in ({}, {"conversation_id": FAMILY})
    ]
    best = asyncio.run(exact.exact_answers(database_url, asked))
    assert [found[0] for found in best] == ["m-4", "m-4"]
    assert exact.overlap(best, best) == 1.0
    assert exact.overlap(best, [["m-1"], best[1]]) < 1.0
