"""The parts of a stack as data: what each needs, how it is begun, how one knows it is ready.

Starts nothing. docker-compose.yml has the same parts (a test compares them), but for `api-key`.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from deploy.local import kafka, postgres, registry, valkey
from deploy.local.environment import own_process
from deploy.local.launch import Launch
from deploy.local.stack import PROJECT, Stack


@dataclass(frozen=True, slots=True)
class Broker:
    """Ready when the broker of that name answers a metadata request, and counts itself in."""

    name: str


@dataclass(frozen=True, slots=True)
class Database:
    """Ready when PostgreSQL answers SELECT 1."""


@dataclass(frozen=True, slots=True)
class Cache:
    """Ready when Valkey answers PING."""


@dataclass(frozen=True, slots=True)
class Http:
    """Ready when GET `path` on the port of that name answers 200."""

    port: str
    path: str = "/health/ready"


Probe = Broker | Database | Cache | Http


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A process that stays. The supervisor stops services by descending `order`."""

    name: str
    order: int
    launch: Callable[[Stack], Launch]
    probe: Probe
    ports: tuple[str, ...]
    needs: tuple[str, ...] = ()
    stop_signal: str = "TERM"
    stop_seconds: int = 20
    semantic: bool = False
    """Whether it runs only in a stack that answers by meaning too."""
    start_seconds: int = 240  # on two cores shared with a test run a Java process has been seen to take 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A command that ends: run before the services that need it, harmless to repeat."""

    name: str
    argv: tuple[str, ...]
    needs: tuple[str, ...]
    stdin: Callable[[Stack], str] | None = None
    timeout_seconds: int = 120


Component = Service | Task


@dataclass(frozen=True, slots=True)
class Own:
    """How one of our own processes is begun: `python -m <argv>` in the project's folder."""

    name: str
    argv: tuple[str, ...] = field(kw_only=True)

    def __call__(self, stack: Stack) -> Launch:
        stack.data(self.name).mkdir(mode=0o700, parents=True, exist_ok=True)
        return python(stack, self.name, self.argv)


def python(stack: Stack, name: str, argv: Sequence[str]) -> Launch:
    return Launch(
        argv=(sys.executable, "-m", *argv), environment=own_process(stack, name), folder=Path(PROJECT), inherits=True
    )


def _own(name: str, argv: str, *, order: int, port: str, needs: tuple[str, ...]) -> Service:
    return Service(
        name=name,
        order=order,
        launch=Own(name, argv=tuple(argv.split())),
        probe=Http(port),
        ports=(port,),
        needs=needs,
        stop_seconds=30,  # a run in flight is committed, not cut
    )


def _broker(name: str) -> Service:
    return Service(
        name=name,
        order=30,
        launch=partial(kafka.launch, name=name),
        probe=Broker(name),
        ports=(name, kafka.controller_port(name)),
        stop_seconds=30,
    )


PREPARED = ("topology-apply", "schemas-register")
SINK = ("migrate", *PREPARED)

COMPONENTS: tuple[Component, ...] = (
    Service(
        name="postgres",
        order=10,
        launch=postgres.launch,
        probe=Database(),
        ports=("postgres",),
        stop_signal="INT",  # fast shutdown: open sessions are ended, nothing is lost
    ),
    Service(name="valkey", order=20, launch=valkey.launch, probe=Cache(), ports=("valkey",)),
    _broker("kafka"),
    Service(
        name="registry",
        order=40,
        launch=registry.launch,
        probe=Http("registry", f"{registry.API}/subjects"),
        ports=("registry", "registry_management"),
        needs=("postgres",),
    ),
    Task(name="migrate", argv=("sinks", "migrate"), needs=("postgres",)),
    Task(name="topology-apply", argv=("topology", "apply"), needs=("kafka",)),
    Task(name="schemas-register", argv=("schemas", "register"), needs=("registry",)),
    Task(
        name="api-key",
        argv=("api", "keys", "ensure", "--tenant", "local", "--name", "local", "--scopes", "all", "--no-rate-limit"),
        needs=("migrate",),
        stdin=lambda stack: stack.secrets["api_key"],
    ),
    _own("extract", "streams extract", order=50, port="extract_metrics", needs=PREPARED),
    _own("consolidate", "streams consolidate", order=50, port="consolidate_metrics", needs=PREPARED),
    _own("sink-postgres", "sinks postgres", order=60, port="sink-postgres_metrics", needs=SINK),
    _own("sink-redis", "sinks redis", order=60, port="sink-redis_metrics", needs=(*SINK, "valkey")),
    replace(
        _own("sink-embeddings", "sinks embeddings", order=60, port="sink-embeddings_metrics", needs=SINK), semantic=True
    ),
    _own("sealer", "sinks seal --watch", order=60, port="sealer_metrics", needs=("migrate",)),
    _own("api", "api", order=70, port="api", needs=(*SINK, "valkey", "api-key")),
)

"""Those of a stack with one broker."""


def components(brokers: int) -> tuple[Component, ...]:
    """Those of a stack with so many brokers. What needs one broker needs all of them."""
    further = tuple(_broker(name) for name in kafka.NAMES[1:brokers])
    at = 1 + next(number for number, part in enumerate(COMPONENTS) if part.name == "kafka")
    parts = (*COMPONENTS[:at], *further, *COMPONENTS[at:])
    return tuple(replace(part, needs=tuple(_each_broker(part.needs, brokers))) for part in parts)


def _each_broker(names: Iterable[str], brokers: int) -> Iterator[str]:
    for name in names:
        yield from kafka.NAMES[:brokers] if name == "kafka" else (name,)


def belongs(part: Component, stack: Stack) -> bool:
    """Whether the stack runs it without being asked by name."""
    return bool(stack.embedding_model) or not (isinstance(part, Service) and part.semantic)


def services(brokers: int) -> list[Service]:
    return [part for part in components(brokers) if isinstance(part, Service)]


SERVICES: Mapping[str, Service] = {service.name: service for service in services(len(kafka.NAMES))}
"""Those that any stack may have."""
BY_NAME: Mapping[str, Component] = {part.name: part for part in COMPONENTS}
INFRASTRUCTURE = ("postgres", "valkey", "kafka", "registry")
BUNDLES = ("kafka", "registry")  # components whose program is fetched into the cache


def port_names(brokers: int) -> list[str]:
    return [port for service in services(brokers) for port in service.ports]


def select(names: Iterable[str], brokers: int) -> list[Component]:
    """Those components and all they need, in the table's order; `kafka` means every broker."""
    parts = components(brokers)
    needs = {part.name: part.needs for part in parts}
    wanted: set[str] = set()
    queue = list(_each_broker(names, brokers))
    while queue:
        name = queue.pop()
        if name not in wanted:
            wanted.add(name)
            queue.extend(needs[name])
    return [part for part in parts if part.name in wanted]
