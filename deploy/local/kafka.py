"""The Kafka brokers of a stack: their settings, their storage, their command lines.

One broker shows Kafka's semantics, not its availability; three show that one of them may be lost.
"""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from string import Template

from deploy.local import artifacts
from deploy.local.java import java
from deploy.local.launch import Launch
from deploy.local.stack import Stack

CONFIG = Path(__file__).with_name("config")
NAMES = ("kafka", "kafka-2", "kafka-3")
"""The components that are brokers, by ascending node id, which begins at 1."""
NUMBERS = (1, 3)  # two brokers would lose their quorum with either
HEAP_MEGABYTES = {1: 512, 3: 256}
FORMAT_HEAP_MEGABYTES = 128
SESSION_MILLISECONDS = {1: 2_000, 3: 6_000}
"""One broker is soon itself again; among three on a busy machine, one that is late must not be taken for dead."""


def names(stack: Stack) -> tuple[str, ...]:
    """The brokers of this stack."""
    return NAMES[: stack.brokers]


def node_id(name: str) -> int:
    return NAMES.index(name) + 1


def controller_port(name: str) -> str:
    return f"{name}_controller"


def bootstrap_servers(stack: Stack) -> str:
    """All of them, so that a client may begin while one is away."""
    return ",".join(f"127.0.0.1:{stack.ports[name]}" for name in names(stack))


def in_sync(stack: Stack) -> int:
    """How many copies a record must have before it is acknowledged: one broker may be away."""
    return max(1, stack.brokers - 1)


def launch(stack: Stack, name: str) -> Launch:
    """Write the settings, format the storage the first time."""
    home = stack.data(name)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = home / "server.properties"
    settings.write_text(render(stack, name))
    if not (home / "logs" / "meta.properties").exists():
        _format(stack, settings)
    heap_megabytes = HEAP_MEGABYTES[stack.brokers]
    return Launch(argv=_java(stack, "kafka.Kafka", str(settings), heap_megabytes=heap_megabytes), folder=home)


def render(stack: Stack, name: str) -> str:
    return Template((CONFIG / "server.properties").read_text().replace("${...}", "$${...}")).substitute(
        node_id=node_id(name),
        voters=",".join(_voter(stack, each) for each in names(stack)),
        port=stack.ports[name],
        controller_port=stack.ports[controller_port(name)],
        data=stack.data(name) / "logs",
        replication=stack.brokers,
        in_sync=in_sync(stack),
        session_milliseconds=SESSION_MILLISECONDS[stack.brokers],
    )


def _voter(stack: Stack, name: str) -> str:
    return f"{node_id(name)}@127.0.0.1:{stack.ports[controller_port(name)]}"


def _format(stack: Stack, settings: Path) -> None:
    arguments = ("format", "--ignore-formatted", "-t", stack.cluster_id, "-c", str(settings))
    command = _java(stack, "kafka.tools.StorageTool", *arguments, heap_megabytes=FORMAT_HEAP_MEGABYTES)
    subprocess.run(command, check=True)


def transactions(stack: Stack, arguments: Sequence[str]) -> tuple[str, ...]:
    """The command line of kafka-transactions for the stack's brokers; needs the bundle `kafka-tools`."""
    where = ("--bootstrap-server", bootstrap_servers(stack))
    main = "org.apache.kafka.tools.TransactionsCommand"
    return _java(stack, main, *where, *arguments, heap_megabytes=FORMAT_HEAP_MEGABYTES)


def _java(stack: Stack, main: str, *arguments: str, heap_megabytes: int) -> tuple[str, ...]:
    """With Kafka's own commands behind the broker's class path, where they have been fetched."""
    folders = (artifacts.home(stack.cache, bundle) for bundle in ("kafka", "kafka-tools"))
    class_path = os.pathsep.join(str(folder / "*") for folder in folders)
    logging = f"-Dlog4j2.configurationFile={CONFIG / 'log4j2.properties'}"
    return java(logging, "-cp", class_path, main, *arguments, heap_megabytes=heap_megabytes)
