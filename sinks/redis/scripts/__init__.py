"""The server-side scripts by name, each a compare-and-set by version; their arguments are said in the files.

Reads the package's own files, once; connects to nothing. A reader that fills a missed key uses them as the sink does.
"""

from functools import cache
from importlib.resources import files
from typing import Final

SET_PROFILE: Final = "set_profile"
SET_TURNS: Final = "set_turns"


@cache
def source(name: str) -> str:
    """The Lua text of a script."""
    return files("sinks.redis.scripts").joinpath(f"{name}.lua").read_text("utf-8")
