"""The writer's statements by name, read from `statements.sql` beside this file.

Reads that one file, once; connects to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


@cache
def statements() -> Mapping[str, str]:
    """SQL by name, with its comments."""
    _, *parts = _NAME.split(files("sinks.postgres").joinpath("statements.sql").read_text("utf-8"))
    return {name: text.strip() for name, text in zip(parts[::2], parts[1::2], strict=True)}
