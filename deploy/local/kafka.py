"""The Kafka broker of a stack: its settings, its storage, its command line.

One node without replication: it shows Kafka's semantics, not its availability.
"""

import base64
import os
import subprocess
import uuid
from collections.abc import Sequence
from pathlib import Path
from string import Template

from deploy.local import artifacts
from deploy.local.java import java
from deploy.local.launch import Launch
from deploy.local.stack import Stack

CONFIG = Path(__file__).with_name("config")
HEAP_MEGABYTES = 512
FORMAT_HEAP_MEGABYTES = 128


def launch(stack: Stack) -> Launch:
    """Write the settings, format the storage the first time."""
    home = stack.data("kafka")
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = home / "server.properties"
    settings.write_text(render(stack))
    if not (home / "logs" / "meta.properties").exists():
        _format(stack, settings)
    return Launch(argv=_java(stack, "kafka.Kafka", str(settings), heap_megabytes=HEAP_MEGABYTES), folder=home)


def render(stack: Stack) -> str:
    return Template((CONFIG / "server.properties").read_text().replace("${...}", "$${...}")).substitute(
        port=stack.ports["kafka"],
        controller_port=stack.ports["kafka_controller"],
        data=stack.data("kafka") / "logs",
    )


def _format(stack: Stack, settings: Path) -> None:
    arguments = ("format", "--ignore-formatted", "-t", _cluster_id(), "-c", str(settings))
    command = _java(stack, "kafka.tools.StorageTool", *arguments, heap_megabytes=FORMAT_HEAP_MEGABYTES)
    subprocess.run(command, check=True)


def transactions(stack: Stack, arguments: Sequence[str]) -> tuple[str, ...]:
    """The command line of kafka-transactions for the stack's broker; needs the bundle `kafka-tools`."""
    where = ("--bootstrap-server", f"127.0.0.1:{stack.ports['kafka']}")
    main = "org.apache.kafka.tools.TransactionsCommand"
    return _java(stack, main, *where, *arguments, heap_megabytes=FORMAT_HEAP_MEGABYTES)


def _java(stack: Stack, main: str, *arguments: str, heap_megabytes: int) -> tuple[str, ...]:
    """With Kafka's own commands behind the broker's class path, where they have been fetched."""
    folders = (artifacts.home(stack.cache, bundle) for bundle in ("kafka", "kafka-tools"))
    class_path = os.pathsep.join(str(folder / "*") for folder in folders)
    logging = f"-Dlog4j2.configurationFile={CONFIG / 'log4j2.properties'}"
    return java(logging, "-cp", class_path, main, *arguments, heap_megabytes=heap_megabytes)


def _cluster_id() -> str:
    """Kafka's own form: 16 random bytes in URL-safe base 64, never starting like an option."""
    made = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    return f"A{made[1:]}" if made.startswith("-") else made
