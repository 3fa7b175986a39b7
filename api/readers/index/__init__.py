"""Search over the sealed blocks and the tail of a tenant: candidates of a wide scope, with its exact statistics.

`arrays` and `scoring` are pure; `wide` asks PostgreSQL and keeps what it has decoded.
"""
