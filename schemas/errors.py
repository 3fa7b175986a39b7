"""What a process must do about a failure that is not the record's fault: wait and try again, or refuse to start.

Free of I/O. A record that can never succeed is `schemas.codec.Undecodable` here and `PoisonRecord` in the streams.
"""

from __future__ import annotations

MISCONFIGURED, TRY_LATER = 2, 75
"""Exit codes of a process that ends with one of the errors below; 75 is EX_TEMPFAIL of sysexits.h."""

TAKEN_OVER = 76
"""Exit code of a process whose work another one does by now (EX_PROTOCOL): started again it would take it back."""


class Retryable(Exception):
    """The surroundings failed (broker, registry, database): keep the offset, try again after a while."""

    def __init__(self, message: str, *, retry_after_seconds: float) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Misconfigured(Exception):
    """Nothing will mend this but a person: say what to do, and do not start."""
