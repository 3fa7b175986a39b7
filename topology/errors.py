"""The errors of every package, named by what a process must do about them.

Defined in `schemas.errors`, the lowest layer that raises them; the layers above import them from here.
"""

from schemas.errors import MISCONFIGURED, TAKEN_OVER, TRY_LATER, Misconfigured, Retryable

__all__ = ["MISCONFIGURED", "TAKEN_OVER", "TRY_LATER", "Misconfigured", "Retryable"]
