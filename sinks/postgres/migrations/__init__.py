"""The schema's history: one module a revision in `versions`, one SQL file a direction in `sql`.

Run by `sinks.postgres.migrate` only.
"""
