"""The best of messages and items in one list, each with what its score is made of.

Pure. One formula for every scope: of a conversation all turns are there, of a wider scope the likeliest, with those
around them and the statistics of the whole scope.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.ranking.candidates import Candidates, MessageKey
from api.ranking.explanation import Part
from api.ranking.merge import Ranked, merge
from api.ranking.scoring import Scored, of_things, of_turns


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The best, and the score of every turn, by which an item's evidence is chosen."""

    best: Sequence[Ranked]
    turns: Mapping[MessageKey, float]
    scored_turns: Scored
    scored_things: Scored
    numbers: Mapping[MessageKey | str, int]

    def parts(self, ranked: Ranked) -> list[Part]:
        """What the score of one of the best is made of: the parts add up to it."""
        if ranked.message is not None:
            return self.scored_turns.parts(self.numbers[ranked.message])
        assert ranked.item_id is not None
        return self.scored_things.parts(self.numbers[ranked.item_id])


def rank(candidates: Candidates, limit: int, *, with_messages: bool = True) -> Answer:
    """The `limit` best; without messages they still decide what a word is worth."""
    scored, weights = of_turns(candidates)
    things = of_things(candidates, weights, scored.scale)
    turns = {turn.key: float(score) for turn, score in zip(candidates.turns, scored.totals(), strict=True)}
    items = {thing.item_id: float(score) for thing, score in zip(candidates.things, things.totals(), strict=True)}
    numbers: dict[MessageKey | str, int] = {turn.key: n for n, turn in enumerate(candidates.turns)}
    numbers |= {thing.item_id: n for n, thing in enumerate(candidates.things)}
    best = merge(turns if with_messages else {}, items, limit)
    return Answer(best=best, turns=turns, scored_turns=scored, scored_things=things, numbers=numbers)
