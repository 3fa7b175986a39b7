"""Hostile text costs no more than its length: four times the text takes about four times the work."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from schemas.enums import Role
from schemas.ids import MessageId, TenantId, UserId
from schemas.state import Turn
from streams.extraction.rules import RuleExtractor
from streams.extraction.rules.found import MOST_CANDIDATES

EXTRACTOR = RuleExtractor()
LENGTH = 16_384
GROWTH = 4
TOLERANCE = 3
"""How much dearer than its share the longer text may be: a quadratic is four times as dear, and clocks are noisy."""
NEGLIGIBLE_SECONDS = 0.02

UNITS = [
    "a", "i ", "my ", "I ", "\n", " ", "'", "“", "«", "„", '"I ', "(", "`", "```", "1.", "1 ", "@", "?", "😀", "\u0627",
    ".", "I live in ", "I live in Aa", "I'm a ", "I went ", "I don't ", "I've ", "I love the ", "I love cats and ",
    "my dog, ", "my sister Anna ", "my favourite a ", "my email is a@b.c ", "if I ", "said: ", "Hi: a\n",
    "> I live in Rome\n", "my blog is a.", "every ",
    "I went to x yesterday. ", "I run every ", "on May 1 ", "I have been really ", "I moved from a ", "I work as a ",
]  # fmt: skip


def cost(text: str) -> float:
    """Seconds of this process's own time, the better of two runs."""
    turn = Turn(
        message_id=MessageId("m"),
        user_id=UserId("u"),
        speaker_name=None,
        role=Role.USER,
        text=text,
        occurred_at=datetime(2024, 6, 12, tzinfo=UTC),
        recalled=False,
    )
    seconds = []
    for _ in range(2):
        start = time.process_time()
        EXTRACTOR.extract(turn, [], TenantId("t"), None, None)
        seconds.append(time.process_time() - start)
    return min(seconds)


@pytest.mark.parametrize("unit", UNITS, ids=repr)
def test_the_work_grows_with_the_length(unit: str) -> None:
    short = cost(unit * (LENGTH // GROWTH // len(unit)))
    long = cost(unit * (LENGTH // len(unit)))
    assert long <= max(NEGLIGIBLE_SECONDS, short * GROWTH * TOLERANCE)


def test_the_longest_message_of_one_word_is_cheap() -> None:
    assert cost("a" * 65_536) <= 1


def test_a_message_gives_a_bounded_number_of_candidates() -> None:
    text = " ".join(
        f"I live in City{at:c}{at:c}. I love zz{chr(97 + at % 26)}{chr(97 + at // 26)}." for at in range(97, 400)
    )
    turn = Turn(
        message_id=MessageId("m"),
        user_id=UserId("u"),
        speaker_name=None,
        role=Role.USER,
        text=text,
        occurred_at=datetime(2024, 6, 12, tzinfo=UTC),
        recalled=False,
    )
    assert len(EXTRACTOR.extract(turn, [], TenantId("t"), None, None)) == MOST_CANDIDATES
