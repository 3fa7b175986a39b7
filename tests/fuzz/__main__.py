"""`make fuzz N=100000`: requests and records by the hundred thousand, right and wrong, against a whole stack.

Half as many records go to Kafka past the API. Nothing may fail, and whatever was accepted must have one outcome.
"""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass
from random import Random
from types import MappingProxyType

import click
import httpx

from fuzz.asking import Asker, Asking
from fuzz.judging import Judge
from fuzz.producing import Spoiler
from support.broker import PARTITIONS
from support.stack import Stack, whole_stack

AT_ONCE = 12
TOLD_SECONDS = 5.0
RECORDS_A_REQUEST = 0.5
OUTCOMES = "SELECT source_topic, source_partition, source_offset FROM outcomes"
OBEYED = """
    SELECT DISTINCT source_topic, source_partition, source_offset FROM evidence_versions
    WHERE source_topic = 'memory.commands.v1' AND NOT removed
"""
"""Commands leave no outcome, but what they assert."""
NO_LIMITS = MappingProxyType({"FAILED_KEYS_PER_MINUTE": "1000000"})
"""Wrong keys are among what is sent: the address would be shut out for most of the time."""
UNACCOUNTED = "SELECT * FROM unaccounted_events LIMIT 5"


@dataclass(slots=True, kw_only=True)
class Progress:
    """Tells on standard error how far it is."""

    wanted: int
    judge: Judge
    began: float = 0.0
    done: int = 0
    told_at: float = 0.0

    def step(self) -> None:
        self.done += 1
        now = time.monotonic()
        if now - self.told_at > TOLD_SECONDS or self.done == self.wanted:
            self.told_at = now
            rate = self.done / max(now - self.began, 0.001)
            left = (self.wanted - self.done) / max(rate, 0.001)
            faults = sum(self.judge.faults.values())
            click.echo(
                f"{self.done:,} of {self.wanted:,} requests, {rate:.0f}/s, {left / 60:.0f} min left, "
                f"{len(self.judge.accepted):,} accepted, {faults} faults",
                err=True,
            )


async def bombard(stack: Stack, judge: Judge, spoiler: Spoiler, requests: int, random: Random) -> None:
    """Send it all; the judge has the answers, and where everything is that was accepted."""
    url, key = stack.environment["API_URL"], stack.new_key("local")
    progress = Progress(wanted=requests, judge=judge, began=time.monotonic())
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as client:
        asker = Asker((await client.get("/openapi.json")).raise_for_status().json(), random)

        async def some(count: int) -> None:
            for _ in range(count):
                spoiler.send(1 if random.random() < RECORDS_A_REQUEST else 0)
                await ask(client, key, asker.next(), judge)
                progress.step()

        await asyncio.gather(*(some(share) for share in _shares(requests)))
    spoiler.finish()
    judge.accepted |= spoiler.accepted


async def ask(client: httpx.AsyncClient, key: str, asked: Asking, judge: Judge) -> None:
    headers = {"Authorization": f"Bearer {key}".encode(), **asked.headers}
    named = [(name.encode(), value) for name, value in headers.items()]
    request = client.build_request(asked.operation.method.upper(), asked.target, headers=named, content=asked.content)
    try:
        answer = await client.send(request)
    except httpx.TransportError as error:
        judge.fault(f"no answer: {type(error).__name__}", f"{asked.operation.method} {asked.target[:200]}")
        return
    if answer.status_code == 401 and not asked.key_spoilt:
        judge.fault("a good key was refused", asked.target[:200])
    judge.answered(asked, answer.status_code, answer.headers, _json(answer))


def account(stack: Stack, judge: Judge) -> None:
    """Wait until all is worked off, and hold it against what was accepted."""
    click.echo("waiting until everything is worked off", err=True)
    stack.drain()
    judge.accounted((str(t), int(p), int(o)) for query in (OUTCOMES, OBEYED) for t, p, o in stack.rows(query))
    for row in stack.rows(UNACCOUNTED):
        judge.fault("the account of events differs", str(row))


def fuzz(stack: Stack, requests: int, seed: int) -> Judge:
    """Everything, on a stack that runs."""
    random, judge = Random(seed), Judge()
    with stack.codec() as codec:
        spoiler = Spoiler(stack.environment["KAFKA_BOOTSTRAP_SERVERS"], codec, PARTITIONS, random)
        asyncio.run(bombard(stack, judge, spoiler, requests, random))
    account(stack, judge)
    return judge


def report(judge: Judge) -> str:
    lines = [f"answers: {', '.join(f'{status}: {count:,}' for status, count in sorted(judge.statuses.items()))}"]
    lines.append(f"accepted: {len(judge.accepted):,}, each with one outcome unless said below")
    for kind, count in judge.faults.most_common():
        lines.append(f"FAULT {kind}: {count:,}")
        lines.extend(f"    {example}" for example in judge.shown[kind])
    return "\n".join(lines)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--requests", "-n", default=100_000, show_default=True, help="How many; half as many records besides.")
@click.option("--seed", default=7, show_default=True, help="The same seed makes the same requests.")
def main(requests: int, seed: int) -> None:
    """Send right and wrong requests and records to a stack of its own, and account for all of them.

    ALLUVIUM_TEST_STACK names a running stack to use instead. Progress goes to standard error, the report to standard
    output; the exit code is 1 where anything failed, was not documented, or got lost.
    """
    with whole_stack(NO_LIMITS) as stack:
        judge = fuzz(stack, requests, seed)
    click.echo(report(judge))
    sys.exit(1 if judge.faults else 0)


def _shares(requests: int) -> list[int]:
    return [requests // AT_ONCE + (number < requests % AT_ONCE) for number in range(AT_ONCE)]


def _json(answer: httpx.Response) -> object:
    try:
        return answer.json()
    except ValueError:
        return None


if __name__ == "__main__":
    main()
