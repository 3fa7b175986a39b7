"""What a tombstone says in its headers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from topology import tombstones
from topology.tombstones import TakenBack, Words

SENT = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize("words", list(Words))
def test_what_is_written_is_read(words: Words) -> None:
    said = TakenBack(recorded_at=datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC), words=words)
    assert tombstones.read(tombstones.headers(said), SENT) == said


def test_a_tombstone_of_an_earlier_release_keeps_no_words() -> None:
    assert tombstones.read((), SENT) == TakenBack(recorded_at=SENT, words=Words.ERASED)
