"""The version of the built-in rules tells what they find: the same texts give the same as when it was named."""

from __future__ import annotations

import pytest

from streams.extraction.rules import RuleExtractor
from support.recorded_rules import FOLDER, RECORDED, Heard, found, heard, recorded

EXTRACTOR = RuleExtractor()
KNOWN = recorded()


@pytest.mark.parametrize("text", KNOWN, ids=lambda text: text.said[:40])
def test_a_text_gives_what_it_gave_when_the_version_was_named(text: Heard) -> None:
    assert found(text, EXTRACTOR) == KNOWN[text], "raise BUILT_IN_RULES, then record (CONTRIBUTING.md)"


def test_every_example_is_recorded_under_the_version_and_under_no_other() -> None:
    assert [text for text in heard() if text not in KNOWN] == [], "record what is new (CONTRIBUTING.md)"
    assert list(FOLDER.glob("rules@*.jsonl")) == [RECORDED]
