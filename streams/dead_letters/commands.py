"""`python -m streams dead-letters`: look at what extract could not take, and do something about it.

Only parses arguments and prints. Exit code 0: done; 1: nothing to do, or refused; 2: misused or misconfigured; 75: the
broker or the registry is away, come again.
"""

from __future__ import annotations

import json
import logging
import os
import pwd
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import BinaryIO, Final, NoReturn

import click
from pydantic import ValidationError

from schemas.codec import Codec
from schemas.ids import TenantId
from schemas.json_events import InvalidEvent, write_event
from schemas.registry import RegistrySchemaIds
from streams.dead_letters import telling
from streams.dead_letters.decoding import as_json, decode
from streams.dead_letters.desk import DeadLetterDesk
from streams.dead_letters.judging import Judgement
from streams.dead_letters.letters import Entry, Letter
from streams.dead_letters.log import DeadLetterLog
from streams.dead_letters.resending import Clerk, Refused, discard, fix, refuse_if_done, requeue
from streams.ports import Output
from topology.errors import TRY_LATER, Misconfigured, Retryable
from topology.kafka import LOGGER, client_config, producer_config
from topology.settings import Settings
from topology.topics import TopicName

REFUSED, MISUSED = 1, 2
BATCH_LETTERS: Final = 100
"""Letters of one transaction: with the largest events it stays within what a client queues."""

_AGO: Final = re.compile(r"(\d{1,6})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What a command works with."""

    settings: Settings
    ids: RegistrySchemaIds
    log: DeadLetterLog

    def clerk(self, because: str = "") -> Clerk:
        """The operating system's user, now."""
        return Clerk(
            codec=Codec(self.ids),
            future_tolerance_seconds=self.settings.future_tolerance_seconds,
            by=_user(),
            now=datetime.now(UTC),
            because=because,
        )

    def desk(self) -> DeadLetterDesk:
        """Opened before the log is read, so that what another has just done is seen."""
        return DeadLetterDesk(producer_config(self.settings), self.log.partitions(TopicName.EVENTS))

    def entry(self, partition: int, offset: int) -> Entry:
        """Raises Refused where no letter stands at the position."""
        entry = self.log.entry(partition, offset)
        if entry is None:
            raise Refused(f"no dead letter stands at partition {partition}, offset {offset}")
        return entry


@click.group(name="dead-letters")
def dead_letters() -> None:
    """Look at what extract could not take, mend it, send it again or set it aside.

    Exit code 0: done; 1: nothing to do, or refused; 2: misused or misconfigured; 75: the broker is away, come again.
    """


position = [
    click.argument("partition", type=click.IntRange(min=0)),
    click.argument("offset", type=click.IntRange(min=0)),
]
again_option = click.option("--again", is_flag=True, help="Although something was done about it already.")


def at_position(command: Callable[..., None]) -> Callable[..., None]:
    """PARTITION and OFFSET of a letter, as `list` shows them."""
    for declare in reversed(position):
        command = declare(command)
    return command


@dead_letters.command(name="list")
@click.option("--reason", help="Only letters with this reason.")
@click.option("--since", help="Only letters written since: 30m, 6h, 2d, or ISO 8601 with an offset.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1), help="Lines at the most.")
@click.option("--open/--all", "only_open", default=True, show_default=True, help="Those that nothing was done about.")
def list_letters(reason: str | None, since: str | None, limit: int, only_open: bool) -> None:
    """List letters, oldest first: where, since when and why; never what was said."""
    written_since = moment(since, datetime.now(UTC)) if since else None
    with _office() as office:
        found = _chosen(office.log.entries(written_since), reason, only_open=only_open)
        if not found:
            raise Refused("no dead letters" + (" are open" if only_open else ""))
        click.echo("\t".join(telling.HEADINGS))
        for entry in found[:limit]:
            click.echo(telling.line(entry))
        if len(found) > limit:
            click.echo(f"and {len(found) - limit} more", err=True)


@dead_letters.command()
@at_position
@click.option("--event", "only_event", is_flag=True, help="Only the event as JSON, to be edited and given to `fix`.")
def show(partition: int, offset: int, only_event: bool) -> None:
    """Show all of a letter, decoded as far as possible, and which limits it breaks."""
    with _office() as office:
        entry = office.entry(partition, offset)
        if only_event:
            click.echo(_event_of(office.clerk().judge(entry.letter.raw)))
            return
        decoded = decode(entry.letter.raw.value, office.ids)
        click.echo(telling.page(entry, decoded, office.clerk().judge(entry.letter.raw)))


@dead_letters.command(name="requeue")
@click.argument("partition", type=click.IntRange(min=0), required=False)
@click.argument("offset", type=click.IntRange(min=0), required=False)
@click.option("--all-of-reason", "reason", help="Every open letter with this reason.")
@again_option
@click.option("--anyway", is_flag=True, help="Although it would be refused again as things are.")
def requeue_letters(partition: int | None, offset: int | None, reason: str | None, again: bool, anyway: bool) -> None:
    """Send an event again as it came, after what kept it out was mended elsewhere."""
    if (reason is None) == (partition is None) or (partition is None) != (offset is None):
        raise click.UsageError("give PARTITION and OFFSET, or --all-of-reason")
    with _office() as office:
        if reason is not None:
            _requeue_all(office, reason, anyway=anyway)
        elif partition is not None and offset is not None:
            _act(office, (partition, offset), again, lambda it: requeue(it, office.clerk(), anyway=anyway))


@dead_letters.command(name="fix")
@at_position
@click.option(
    "--file", type=click.File("rb"), required=True, help="The event as JSON, as `show --event` prints; -: stdin."
)
@click.option("--tenant", help="Whose it is, where the letter does not tell.")
@again_option
def fix_letter(partition: int, offset: int, file: BinaryIO, tenant: str | None, again: bool) -> None:
    """Send a corrected event in place of the letter's; it keeps its event_id and occurred_at."""
    try:
        body = json.load(file)
    except (RecursionError, ValueError) as error:
        raise click.BadParameter(f"not JSON: {error}", param_hint="--file") from error
    whose = TenantId(tenant) if tenant else None
    with _office() as office:
        _act(office, (partition, offset), again, lambda it: fix(it, body, whose, office.clerk()))


@dead_letters.command(name="discard")
@at_position
@click.option("--because", required=True, help="The reason, kept with your name.")
@again_option
def discard_letter(partition: int, offset: int, because: str, again: bool) -> None:
    """Set a letter aside: it is no longer open, and nothing is sent."""
    if not because.strip():
        raise click.BadParameter("say why", param_hint="--because")
    with _office() as office:
        _act(office, (partition, offset), again, lambda it: discard(it, office.clerk(because.strip())))


def _act(office: Office, at: tuple[int, int], again: bool, what: Callable[[Letter], tuple[Output, ...]]) -> None:
    """Do one thing about one letter, and say so."""
    desk = office.desk()
    entry = office.entry(*at)
    if not again:
        refuse_if_done(entry)
    outputs = what(entry.letter)
    offset = desk.send(outputs)
    if len(outputs) == 1:
        click.echo("discarded")
    else:
        click.echo(f"sent again to {TopicName.EVENTS}, offset {offset}")


def _requeue_all(office: Office, reason: str, *, anyway: bool) -> None:
    desk, clerk = office.desk(), office.clerk()
    chosen = _chosen(office.log.entries(), reason, only_open=True)
    letters = office.log.letters(entry.letter.position for entry in chosen)
    sent = refused = 0
    while batch := list(islice(letters, BATCH_LETTERS)):
        outputs: list[Output] = []
        for letter in batch:
            try:
                outputs += requeue(letter, clerk, anyway=anyway)
                sent += 1
            except Refused as refusal:
                refused += 1
                click.echo(f"{letter.position.partition} {letter.position.offset} {refusal}", err=True)
        if outputs:
            desk.send(outputs)
    click.echo(f"{sent} sent again, {refused} left: they would be refused again")
    if not sent:
        raise Refused(f"no open letter of reason {reason} could be sent")


def _chosen(entries: Iterable[Entry], reason: str | None, *, only_open: bool) -> list[Entry]:
    return [
        entry
        for entry in entries
        if (entry.is_open or not only_open) and (reason is None or entry.letter.reason == reason)
    ]


def _event_of(judgement: Judgement) -> str:
    if judgement.event is None:
        raise Refused(f"cannot be read as an event: {judgement}")
    return as_json(write_event(judgement.event))


def moment(text: str, now: datetime) -> datetime:
    """The moment that `30m`, `6h`, `2d` before now is, or that the text names. Raises click.BadParameter."""
    try:
        if ago := _AGO.fullmatch(text):
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        named = datetime.fromisoformat(text)
    except (OverflowError, ValueError) as error:
        raise click.BadParameter("30m, 6h, 2d, or ISO 8601 as in 2024-05-17T09:30:00Z", param_hint="--since") from error
    if named.tzinfo is None:
        raise click.BadParameter("a moment needs its offset from UTC", param_hint="--since")
    return named


def _user() -> str:
    """The account that runs this, by its number where it has no name; environment variables could say anything."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


@contextmanager
def _office() -> Iterator[Office]:
    """Opened and closed around a command; what is in the way is said in words and by exit code."""
    logging.getLogger(LOGGER).setLevel(logging.CRITICAL)  # what goes wrong is told once, by the call that fails
    try:
        settings = Settings()
        log = DeadLetterLog(client_config(settings))
        ids = RegistrySchemaIds(settings.schema_registry_url)
        try:
            yield Office(settings=settings, ids=ids, log=log)
        finally:
            ids.close()
            log.close()
    except Refused as error:
        _leave(str(error), REFUSED)
    except InvalidEvent as error:
        _leave("\n".join(f"{p.field}: {p.reason} ({p.detail})" for p in error.problems), REFUSED)
    except (Misconfigured, ValidationError) as error:
        _leave(str(error), MISUSED)
    except Retryable as error:
        _leave(f"{error}; try again", TRY_LATER)


def _leave(told: str, code: int) -> NoReturn:
    click.secho(told, fg="red", err=True)
    sys.exit(code)
