"""Commands of `python -m api` beside serving: keys, and the audit log. They act on PostgreSQL as its owner."""
