"""What is optional in a statement is written down, so that its plan need not look at values."""

from __future__ import annotations

from api.readers.plans import settled

STATEMENT = """
    SELECT * FROM t WHERE (%(user_id)s::text IS NULL OR user_id = %(user_id)s)
        AND (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s)) AND gone IS NULL AND said_at > %(at)s
"""


def test_each_option_is_told_by_whether_it_is_given() -> None:
    found = settled(STATEMENT, {"user_id": "ana", "kinds": None, "at": None})
    assert "(false OR user_id = %(user_id)s)" in found
    assert "(true OR kind = ANY(%(kinds)s))" in found
    assert "gone IS NULL AND said_at > %(at)s" in found


def test_a_statement_without_options_stays_as_it_is() -> None:
    assert settled("SELECT 1 FROM t WHERE gone IS NULL", {}) == "SELECT 1 FROM t WHERE gone IS NULL"
