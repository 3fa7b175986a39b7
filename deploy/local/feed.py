"""Sends conversation files through Kafka, as a chat system would: our codec, our partitions, nothing lost in silence.

Knows the form of the files (JSON lines, also gzipped; a message a line) and no store. Event ids are made from message
ids, so feeding a file twice is a retry.
"""

from __future__ import annotations

import gzip
import logging
import sys
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

import click
from confluent_kafka import KafkaError, KafkaException, Message, Producer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from deploy.local import environment
from deploy.local.stack import Stack
from schemas.codec import Codec
from schemas.ids import TenantId
from schemas.keys import conversation_routing, partition_of
from schemas.records import ConversationEvent
from schemas.registry import RegistrySchemaIds
from schemas.transcript import NotAnEvent, event_of
from topology.errors import Misconfigured, Retryable
from topology.kafka import LOGGER, producer_config
from topology.settings import Settings
from topology.topics import TopicName

TENANT = TenantId("local")
DELIVERY_SECONDS = 180  # a broker that is killed is back within a minute on a busy machine
METADATA_SECONDS = 30
QUEUE_SECONDS = 1.0
SHOWN_BAD_LINES = 20
PROGRESS_LINES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A line of which nothing was sent, and why."""

    file: Path
    number: int
    problem: str

    def __str__(self) -> str:
        return f"{self.file}:{self.number}: {self.problem}"


@dataclass(slots=True, kw_only=True)
class FeedReport:
    """What became of the lines: acknowledged by the broker, refused by us, or not delivered."""

    sent: int = 0
    seconds: float = 0
    bad_lines: list[BadLine] = field(default_factory=list)
    undelivered: int = 0
    last_error: str = ""

    @property
    def failed(self) -> bool:
        return bool(self.bad_lines or self.undelivered)


class Feeder:
    """Produces events and keeps count of what the broker took."""

    def __init__(self, producer: Producer, events: Codec, partitions: int, report: FeedReport) -> None:
        self._producer = producer
        self._codec = events
        self._partitions = partitions
        self._report = report

    def send(self, event: ConversationEvent) -> None:
        """Hand the event over; waits while the producer's queue is full."""
        routing = conversation_routing(event.tenant_id, event.conversation_id)
        partition, value = partition_of(routing, self._partitions), self._codec.encode(event)
        while True:
            try:
                self._producer.produce(
                    str(TopicName.EVENTS), value, routing.encode(), partition, on_delivery=self._delivered
                )
            except BufferError:
                self._producer.poll(QUEUE_SECONDS)
            else:
                self._producer.poll(0)
                return

    def finish(self) -> None:
        """Return once the broker has taken, or failed to take, every event."""
        while self._producer.flush(QUEUE_SECONDS):
            pass

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error is None:
            self._report.sent += 1
        else:
            self._report.undelivered += 1
            self._report.last_error = error.str()


def feed_files(
    paths: Sequence[Path], settings: Settings, tenant: TenantId = TENANT, *, progress: Progress | None = None
) -> FeedReport:
    """Send every line of the files, in order. Bad lines are reported and skipped.

    Raises Misconfigured where the topic or its schema is not there, Retryable while broker or registry is away.
    """
    report, started = FeedReport(), time.monotonic()
    producer = Producer({**producer_config(settings), "message.timeout.ms": DELIVERY_SECONDS * 1_000})
    with _codec(settings) as events:
        feeder = Feeder(producer, events, _partitions(producer), report)
        for path in paths:
            _feed_file(feeder, report, path, tenant, progress or Progress(disable=True))
        feeder.finish()
    report.seconds = time.monotonic() - started
    return report


def _feed_file(feeder: Feeder, report: FeedReport, path: Path, tenant: TenantId, progress: Progress) -> None:
    size, number = path.stat().st_size, 0
    task = progress.add_task(path.name, total=size, events=0)
    try:
        for number, (line, position) in enumerate(_lines(path), start=1):
            if problem := _feed_line(feeder, line, tenant):
                report.bad_lines.append(BadLine(file=path, number=number, problem=problem))
            if number % PROGRESS_LINES == 0:
                progress.update(task, completed=position, events=number)
    except (EOFError, OSError, zlib.error) as error:
        report.bad_lines.append(BadLine(file=path, number=number + 1, problem=f"cannot be read further: {error}"))
    progress.update(task, completed=size, events=number)


def _feed_line(feeder: Feeder, line: bytes, tenant: TenantId) -> str | None:
    """What is wrong with the line; None once it was sent, or where it is blank."""
    if not line.strip():
        return None
    try:
        feeder.send(event_of(line, tenant))
    except NotAnEvent as error:
        return str(error)
    return None


def _lines(path: Path) -> Iterator[tuple[bytes, int]]:
    """Each line, and how many bytes of the file have been read by then."""
    with path.open("rb") as file, _unpacked(file, path) as lines:
        for line in lines:
            yield line, file.tell()


@contextmanager
def _unpacked(file: BinaryIO, path: Path) -> Iterator[BinaryIO]:
    if path.suffix != ".gz":
        yield file
        return
    with gzip.open(file) as unpacked:
        yield cast("BinaryIO", unpacked)


@contextmanager
def _codec(settings: Settings) -> Iterator[Codec]:
    with closing(RegistrySchemaIds(settings.schema_registry_url)) as ids:
        yield Codec(ids)


def _partitions(producer: Producer) -> int:
    name = str(TopicName.EVENTS)
    try:
        topic = producer.list_topics(name, timeout=METADATA_SECONDS).topics[name]
    except KafkaException as error:
        raise Retryable(f"the broker does not answer: {error.args[0].str()}", retry_after_seconds=5) from error
    if topic.error is not None or not topic.partitions:
        raise Misconfigured(f"there is no topic {name}: run `python -m topology apply`")
    return len(topic.partitions)


def run(stack: Stack, *files: Path) -> None:
    """Feed the files to a local stack, for `python -m deploy.local feed`; exits with 1 where a line failed."""
    addresses = {name.lower(): value for name, value in environment.addresses(stack).items()}
    _feed_and_tell(files, Settings.model_validate(addresses), TENANT)


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tenant", default=TENANT, show_default=True, help="The tenant the messages belong to.")
def feed(files: tuple[Path, ...], tenant: str) -> None:
    """Send conversation files (JSON lines, also gzipped) through Kafka. Feeding them twice is a retry.

    Reads KAFKA_BOOTSTRAP_SERVERS and SCHEMA_REGISTRY_URL.
    """
    _feed_and_tell(files, Settings(), TenantId(tenant))


def _feed_and_tell(files: Sequence[Path], settings: Settings, tenant: TenantId) -> None:
    console = Console(stderr=True, highlight=False)
    logging.getLogger(LOGGER).setLevel(logging.CRITICAL)  # what was not delivered is told at the end
    try:
        with _progress(console) as progress:
            report = feed_files(files, settings, tenant, progress=progress)
    except (Misconfigured, Retryable) as error:
        raise click.ClickException(str(error)) from error
    for bad in report.bad_lines[:SHOWN_BAD_LINES]:
        console.print(str(bad), style="red", soft_wrap=True, markup=False)
    if len(report.bad_lines) > SHOWN_BAD_LINES:
        console.print(f"... and {len(report.bad_lines) - SHOWN_BAD_LINES} more bad lines", style="red")
    if report.undelivered:
        console.print(f"{report.undelivered:,} events were not delivered: {report.last_error}", style="red")
    print(_summary(report, len(files)))
    if report.failed:
        sys.exit(1)


def _summary(report: FeedReport, files: int) -> str:
    rate = report.sent / report.seconds if report.seconds else 0
    kept = f"{report.sent:,} events of {files} file{'s' * (files != 1)} sent"
    return f"{kept} in {report.seconds:.1f} s ({rate:,.0f}/s), {len(report.bad_lines)} bad lines"


def _progress(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[events]:,} events"),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, disable=not console.is_terminal)


if __name__ == "__main__":
    feed()
