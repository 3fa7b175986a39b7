"""Redis (or Valkey): key names, values, scripts that compare and set, the writer, and what drops a generation.

A cache in front of PostgreSQL: whatever is not there is read from there. Readers share `keys`, `values`, `scripts`.
"""
