"""The statements and the migrations that ship with the release are whole."""

from __future__ import annotations

from sinks.postgres.migrate import history
from sinks.postgres.statements import statements


def test_each_statement_says_what_it_is_for() -> None:
    assert len(statements()) == 12
    for name, text in statements().items():
        assert text.startswith("-- "), name


def test_each_revision_has_a_number_and_says_what_it_does() -> None:
    revisions = history()
    assert [revision.number for revision in revisions] == [f"{n:04d}" for n in range(1, len(revisions) + 1)]
    assert all(revision.about.endswith(".") for revision in revisions)
