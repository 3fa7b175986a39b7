"""The statements and the migrations that ship with the release are whole."""

from __future__ import annotations

import re

from sinks.postgres.migrate import history
from sinks.postgres.statements import statements


def test_each_statement_says_what_it_is_for() -> None:
    assert len(statements()) == 16
    for name, text in statements().items():
        assert text.startswith("-- "), name


def test_revisions_are_numbered_upwards_and_say_what_they_do() -> None:
    revisions = history()
    numbers = [revision.number for revision in revisions]
    assert numbers == sorted(set(numbers))
    assert all(re.fullmatch(r"\d{4}", number) for number in numbers)
    assert all(revision.about.endswith(".") for revision in revisions)
