"""The fixed facts of one stack: where it lives, which ports and secrets are its own, how many brokers it has.

Starts nothing; whatever runs is found by the marker that `environment` puts on it.
"""

import base64
import hashlib
import json
import os
import secrets
import tempfile
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
STATE_VARIABLE = "ALLUVIUM_STATE_DIR"
MARKER_VARIABLE = "ALLUVIUM_STACK"  # in the environment of every process of a stack: the state directory
COMPONENT_VARIABLE = "ALLUVIUM_COMPONENT"
STAMP = ".alluvium-stack"  # what makes a directory ours to wipe
SOCKET_PATH_BYTES = 90  # the kernel's limit is 108, and supervisord appends its pid while binding
SECRETS = ("postgres", "owner", "service", "registry", "valkey", "secret_key", "api_key")


class NotOurs(Exception):
    """The state directory holds something this project did not put there."""


def generate_cluster_id() -> str:
    """Kafka's own form: 16 random bytes in URL-safe base 64, never starting like an option."""
    made = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    return f"A{made[1:]}" if made.startswith("-") else made


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What is generated once and kept in `stack.json`, mode 0600. `postgres_home` is null unless it lies outside."""

    ports: Mapping[str, int]
    secrets: Mapping[str, str]
    postgres_home: str | None
    brokers: int = 1
    embedding_model: str = ""
    cluster_id: str = field(default_factory=generate_cluster_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One stack. `directory` is absolute and resolved; all brokers format their storage with one `cluster_id`."""

    directory: Path
    cache: Path
    ports: Mapping[str, int]
    secrets: Mapping[str, str]
    postgres_home: Path
    brokers: int
    cluster_id: str
    embedding_model: str = ""
    """What makes vectors of messages; empty: nobody does."""

    @property
    def logs(self) -> Path:
        return self.directory / "logs"

    @property
    def run(self) -> Path:
        return self.directory / "run"

    @property
    def env_file(self) -> Path:
        return self.directory / "stack.env"

    @property
    def socket(self) -> Path:
        """Supervisord's socket: in the state directory, or where its path is short enough to bind."""
        near = self.run / "supervisor.sock"
        if len(os.fsencode(near)) <= SOCKET_PATH_BYTES:
            return near
        return Path(tempfile.gettempdir()) / f"alluvium-{digest(self.directory)}" / "supervisor.sock"

    def data(self, component: str) -> Path:
        return self.directory / "data" / component

    def log(self, component: str) -> Path:
        return self.logs / f"{component}.log"


def digest(directory: Path) -> str:
    """A short name for a state directory, the same each time."""
    return hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]


def state_directory(environ: Mapping[str, str]) -> Path:
    return Path(environ.get(STATE_VARIABLE) or PROJECT / ".local").expanduser().resolve()


def cache_directory(environ: Mapping[str, str]) -> Path:
    base = environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).expanduser().resolve() / "alluvium"


def is_ours(directory: Path) -> bool:
    return (directory / STAMP).is_file()


def claim(directory: Path) -> None:
    """Make `directory` a stack's, unless it already holds something else."""
    if is_ours(directory):
        return
    if directory.exists() and any(directory.iterdir()):
        raise NotOurs(f"{directory} is not empty and not a stack's directory: choose another {STATE_VARIABLE}")
    # 0711: the account PostgreSQL runs as must pass through, and need not list
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o711)
    (directory / STAMP).touch()
    for name in ("logs", "run", "data"):
        (directory / name).mkdir(mode=0o711, exist_ok=True)


def load(directory: Path, cache: Path) -> Stack | None:
    """The stack kept in `directory`; None where there is none."""
    try:
        kept = json.loads((directory / "stack.json").read_text())
    except FileNotFoundError:
        return None
    return bind(Identity(**kept), directory, cache)


def bind(identity: Identity, directory: Path, cache: Path) -> Stack:
    return Stack(
        directory=directory,
        cache=cache,
        ports=identity.ports,
        secrets=identity.secrets,
        postgres_home=Path(identity.postgres_home) if identity.postgres_home else directory / "data",
        brokers=identity.brokers,
        cluster_id=identity.cluster_id,
        embedding_model=identity.embedding_model,
    )


def save(stack: Stack) -> None:
    outside = not stack.postgres_home.is_relative_to(stack.directory)
    home = os.fspath(stack.postgres_home) if outside else None
    identity = Identity(
        ports=dict(stack.ports),
        secrets=dict(stack.secrets),
        postgres_home=home,
        brokers=stack.brokers,
        cluster_id=stack.cluster_id,
        embedding_model=stack.embedding_model,
    )
    write_private(stack.directory / "stack.json", json.dumps(asdict(identity), indent=1) + "\n")


def with_ports(stack: Stack, ports: Mapping[str, int]) -> Stack:
    return replace(stack, ports=dict(ports))


def with_secrets(stack: Stack) -> Stack:
    """With those that an earlier release did not know."""
    return replace(stack, secrets=generate_secrets() | dict(stack.secrets))


def generate_secrets() -> dict[str, str]:
    """256 random bits each; the API key carries the prefix by which leaked keys are recognised."""
    made = {name: secrets.token_urlsafe(32) for name in SECRETS}
    return made | {"api_key": f"alv_{made['api_key']}"}


def write_private(path: Path, text: str) -> None:
    """Replace `path` in one step; readable by its owner alone from the first byte."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)
