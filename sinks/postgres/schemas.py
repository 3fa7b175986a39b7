"""The PostgreSQL schema in which a generation of memory has its tables.

Free of I/O. The migrations make it and the views over the one that answers; everything else is in `public`.
"""

from __future__ import annotations


def schema_of(generation: int) -> str:
    return f"generation_{generation}"
