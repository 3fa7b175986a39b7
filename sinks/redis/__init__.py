"""Redis (or Valkey): key names, values, scripts that compare and set, and the writer.

A cache in front of PostgreSQL: whatever is not there is read from there. Readers share `keys`, `values`, `scripts`.
"""
