"""What it takes to become a component: a command line, an environment, a folder, an account.

Only says it; deploy.local.become does it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of the machine to give up root for."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """`environment` is added to the inherited one where `inherits`, else to the few names every program needs."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path
    inherits: bool = False
    account: Account | None = None
