"""Where the list of candidates ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from api.ranking.asked import Asked, Span, Term
from api.ranking.bm25 import Corpus
from api.ranking.candidates import Cut
from api.ranking.scoring import FIRST_PERSON, TELLS_TIME, TIME
from api.readers import turns
from api.readers.candidates import Likely, Scope
from api.readers.turns import Question
from schemas.ids import TenantId

DAY = Span(datetime(2024, 5, 1, tzinfo=UTC), datetime(2024, 5, 2, tzinfo=UTC), "1 May")
ASKED = Asked(terms=(Term(lexemes=("chess",)),))


class Noting:
    """A `CandidateSource` that notes the cut."""

    cut: Cut | None = None

    async def prepare(self, tenant_id: TenantId) -> None:
        """Nothing is shared."""

    async def likeliest(self, rows: Any, scope: Scope, asked: Asked, cut: Cut) -> Likely:
        self.cut = cut
        return Likely(keys=(), corpus=Corpus(count=0, average_length=0.0))


async def cut_of(asked: Asked, shown: int, *, beside_meaning: bool = False) -> Cut:
    source = Noting()
    question = Question(scope=Scope(tenant_id=TenantId("acme")), asked=asked, size=None)
    rows: Any = None
    await turns.likely(rows, question, source, shown=shown, beside_meaning=beside_meaning)
    assert source.cut is not None
    return source.cut


async def test_the_share_is_of_the_last_that_may_be_shown_but_not_of_one_of_the_first() -> None:
    assert [(await cut_of(ASKED, shown)).shown for shown in (1, 14, 16, 125)] == [15, 15, 16, 125]


@pytest.mark.parametrize(
    ("more", "by"),
    [
        ({}, 1.0),
        ({"first_person": True}, FIRST_PERSON),
        ({"when": True}, TELLS_TIME),
        ({"spans": (DAY,)}, 1 + TIME),
        ({"first_person": True, "when": True, "spans": (DAY,)}, FIRST_PERSON * TELLS_TIME * (1 + TIME)),
    ],
)
async def test_where_some_turns_are_multiplied_others_come_up_with_less(more: dict[str, Any], by: float) -> None:
    asked = replace(ASKED, **more)
    assert (await cut_of(asked, 15)).share == pytest.approx(turns.LEAST_SHARE / by)
    beside = await cut_of(asked, 15, beside_meaning=True)
    assert (beside.most, beside.share) == (turns.MOST_BESIDE_MEANING, turns.LEAST_SHARE_BESIDE_MEANING / by)
