"""The words before a verb are read in lower case as they are where case is ignored, but for names behind `going to`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.extraction import verbs

WORDS = [
    *("am", "will", "never", "not", "no longer", "used to", "don't", "didnt", "can not", "really", "kind of", "so"),
    *(
        "do",
        "did",
        "have",
        "had",
        "going to",
        "gonna",
        "about to",
        "been",
        "moved",
        "seven",
        "the",
        "my",
        "like",
        "live",
    ),
    *("Paris", "I", "and", "cannot/will", "no-longer", "willing", "", "\n", "Not", "HAVE", "Going to", "GONNA"),
]


@given(st.lists(st.sampled_from(WORDS), max_size=8), st.sampled_from([" ", "  ", "    "]))
def test_the_run_before_a_verb_is_that_of_the_text_as_written(words: list[str], space: str) -> None:
    text = space + space.join(words)
    assert verbs.end_of_run(text, text.lower(), 0) == verbs._end_of(verbs._RUN_AS_WRITTEN, text, 0)


@pytest.mark.parametrize(
    ("text", "run"), [(" am going to move", " am going to"), (" am going to Paris", " am"), (" moved", "")]
)
def test_a_name_behind_going_to_is_no_verb(text: str, run: str) -> None:
    assert text[: verbs.end_of_run(text, text.lower(), 0)] == run
