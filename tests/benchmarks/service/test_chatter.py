"""What the service is measured on: as many messages as are asked for, the same ones each time."""

from __future__ import annotations

import numpy as np

from benchmarks.service.chatter import HEAVY, STOP_WORDS, Speaker, plan, question, times
from benchmarks.service.exact import overlap


def test_a_plan_holds_as_many_turns_as_are_asked_for() -> None:
    conversations = plan(20_000, 4_000)
    assert sum(one.turns for one in conversations) == 20_000
    assert sum(one.turns for one in conversations if HEAVY in one.users) == 4_000
    assert len({one.name for one in conversations}) == len(conversations)


def test_the_same_is_said_each_time_and_by_the_frequencies_of_language() -> None:
    conversation = max(plan(20_000, 4_000), key=lambda one: one.turns)
    said = Speaker().texts(conversation)
    assert said == Speaker().texts(conversation)
    assert len(said) == conversation.turns == len(list(times(conversation)))
    words = " ".join(said).replace(".", "").split()
    assert 0.15 < sum(word in STOP_WORDS for word in words) / len(words) < 0.6


def test_a_question_is_made_of_words_that_were_said() -> None:
    rng = np.random.default_rng(1)
    asked = question(rng, "the balcony of my flat looks over that river.")
    words = asked.removeprefix("What was that about ").removesuffix("?").split()
    assert words
    assert set(words) <= {"balcony", "flat", "looks", "over", "river"}


def test_overlap_is_the_share_of_the_exact_that_was_found() -> None:
    assert overlap([["a", "b"], ["c"]], [["b", "x"], ["c"]]) == 2 / 3
    assert overlap([[]], [["a"]]) == 1.0
