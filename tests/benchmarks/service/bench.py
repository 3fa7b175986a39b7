"""How fast the service answers at size: recall in every scope, profiles, and both beside a bare question of each store.

An embedded stack of its own, filled with a tenant's messages; requests over HTTP at a steady rate. Nothing is asserted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import psutil

from benchmarks.facts import keep as keep_figures
from benchmarks.latency import PERCENTILES, percentile
from benchmarks.service import chatter, exact, filling, questions, running
from benchmarks.service.load import Call, Load, run
from benchmarks.service.questions import SCOPES, Said
from benchmarks.service.running import Size
from benchmarks.service.server import GET, SELECT
from benchmarks.tables import print_table
from support.infrastructure import PROJECT
from support.stack import Stack

RECALLS_A_SECOND: Final = 20.0
PROFILES_A_SECOND: Final = 200.0
WARM: Final = 100
WARMING_A_SECOND: Final = 80.0
"""So fast that every worker of the service gets some, and not so fast that each opens all its connections."""
GROWS: Final = 10
"""Times over, the tenant, after the heavy user is measured first."""
COMPARED: Final = {"conversation": 50, "user (heavy)": 50, "user (small)": 50, "tenant": 25}
"""Questions whose best are compared with what looking at everything gives; that takes seconds each in the tenant."""
SEMANTIC_MODEL: Final = "minilm@1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A running service, and how long each thing is measured."""

    stack: Stack
    process: psutil.Process
    said: Said
    seconds: float

    def recall(self, scope: str) -> dict[str, Any]:
        count = round(RECALLS_A_SECOND * self.seconds)
        asked = questions.bodies(self.said, scope, WARM + count, seed=1)
        calls = [Call(method="POST", path="/v1/recall", body=body) for body in asked]
        return self.timed(f"recall, {scope}", calls, RECALLS_A_SECOND)

    def profile(self) -> dict[str, Any]:
        users = filling.users_with_profiles()
        count = WARM + len(users) + round(PROFILES_A_SECOND * self.seconds)
        calls = [Call(method="GET", path=f"/v1/users/{users[n % len(users)]}/profile") for n in range(count)]
        return self.timed("profile", calls, PROFILES_A_SECOND, warm=WARM + len(users))

    def bare(self, name: str, path: str, rate: float) -> dict[str, Any]:
        calls = [Call(method="GET", path=path)] * (WARM + round(rate * self.seconds))
        return self.timed(name, calls, rate)

    def timed(self, name: str, calls: Sequence[Call], rate: float, warm: int = WARM) -> dict[str, Any]:
        """The figures of the calls after the first, which are asked at once."""
        load = Load(url=self.stack.environment["API_URL"], key=self.stack.environment["API_KEY"])
        warming = Load(url=load.url, key=load.key)
        run(warming.run(calls[:warm], WARMING_A_SECOND))
        before = running.cpu_seconds(self.stack, self.process)
        run(load.run(calls[warm:], rate))
        after = running.cpu_seconds(self.stack, self.process)
        figures = {
            "name": name,
            "rate": rate,
            "requests": len(load.seconds),
            "not_200": sum(count for status, count in load.statuses.items() if status != 200),
            "milliseconds": {f"p{p}": round(1e3 * percentile(load.seconds, p), 2) for p in PERCENTILES},
            "begun_late_p95": round(1e3 * percentile(load.late, 95), 2),
            "cpu_milliseconds": {
                part: round(1e3 * (after[part] - before[part]) / len(load.seconds), 2) for part in after
            },
        }
        print(f"  {name}: {figures['milliseconds']}", flush=True)
        return figures

    def fidelity(self, scope: str) -> dict[str, Any]:
        """Of the ten best messages by looking at everything, how many the service finds."""
        asked = [{**body, "kinds": ["message"]} for body in questions.bodies(self.said, scope, COMPARED[scope], seed=2)]
        load = Load(url=self.stack.environment["API_URL"], key=self.stack.environment["API_KEY"])
        calls = [Call(method="POST", path="/v1/recall", body={**body, "limit": exact.BEST}) for body in asked]
        found = [[result["id"] for result in answer["results"]] for answer in run(load.one_by_one(calls))]
        began = time.monotonic()
        best = asyncio.run(exact.exact_answers(self.stack.environment["DATABASE_URL"], asked))
        share = round(exact.overlap(best, found), 4)
        print(f"  {scope}: {share} of the exact best, which took {time.monotonic() - began:.0f} s", flush=True)
        return {"scope": scope, "questions": len(asked), "share": share}


def main(messages: int, of_heavy: int, seconds: float, *, keep: bool, semantic: bool) -> None:
    size = Size(messages=messages, of_heavy=of_heavy, semantic=semantic)
    conversations = chatter.plan(messages, of_heavy)
    with running.infrastructure(size, keep=keep) as (stack, noted):
        figures = noted or _filled(stack, size, conversations, seconds)
        said = questions.read(stack.environment["DATABASE_URL"], conversations)
        lexical = _measured(stack, said, seconds)
        found: dict[str, Any] = {"size": {"messages": messages, "of_heavy": of_heavy}, **figures, **lexical}
        if semantic:
            found["semantic"] = _semantic(stack, said, seconds)
    _show(found)
    print(f"kept in {keep_figures('api', found).relative_to(PROJECT)}")


def _filled(stack: Stack, size: Size, conversations: Sequence[chatter.Conversation], seconds: float) -> dict[str, Any]:
    """Fill the database: first as many messages as growth is told against, which are measured, then the rest."""
    url, speaker = stack.environment["DATABASE_URL"], chatter.Speaker()
    first = _first(conversations, max(size.of_heavy, size.messages // GROWS))
    filling.fill_memory(url, speaker)
    done = filling.fill(url, conversations[:first], speaker)
    sealed = running.seal(stack)
    said = questions.read(url, conversations[:first])
    with running.service(stack) as process:
        before = Bench(stack=stack, process=process, said=said, seconds=seconds).recall("user (heavy)")
    if first < len(conversations):
        filling.fill(url, conversations[first:], speaker, first=done)
        sealed = running.seal(stack)
    if size.semantic:
        running.fill_vectors(stack)
    figures = {"at_first": {"messages": done, **before}, "sealing_seconds": sealed}
    running.note(size, figures)
    return figures


def _first(conversations: Sequence[chatter.Conversation], messages: int) -> int:
    """How many conversations hold so many messages."""
    total = 0
    for number, conversation in enumerate(conversations):
        if total >= messages:
            return number
        total += conversation.turns
    return len(conversations)


def _measured(stack: Stack, said: Said, seconds: float) -> dict[str, Any]:
    with running.service(stack) as process:
        bench = Bench(stack=stack, process=process, said=said, seconds=seconds)
        timed = [
            bench.bare("SELECT 1", SELECT, RECALLS_A_SECOND),
            *(bench.recall(scope) for scope in SCOPES),
            bench.bare("Redis GET", GET, PROFILES_A_SECOND),
            bench.profile(),
        ]
        return {"timed": timed, "fidelity": [bench.fidelity(scope) for scope in SCOPES]}


def _semantic(stack: Stack, said: Said, seconds: float) -> list[dict[str, Any]]:
    with running.service(stack, EMBEDDING_MODEL=SEMANTIC_MODEL) as process:
        bench = Bench(stack=stack, process=process, said=said, seconds=seconds)
        return [bench.recall(scope) for scope in SCOPES]


def _show(found: dict[str, Any]) -> None:
    timed = found["timed"]
    bare = {one["name"]: one["milliseconds"]["p95"] for one in timed}
    columns = ("", "a second", "p50 ms", "p95 ms", "p99 ms", "CPU ms", "of PostgreSQL", "x SELECT 1", "x Redis GET")
    rows = [_row(one, bare) for one in (*timed, *found.get("semantic", ()))]
    size = found["size"]
    print_table(f"{size['messages']:,} messages, {size['of_heavy']:,} of one user", columns, rows)
    shares = [(one["scope"], f"{one['questions']}", f"{one['share']:.3f}") for one in found["fidelity"]]
    print_table("Of the exact ten best", ("scope", "questions", "share"), shares)
    at_first = found["at_first"]
    now = next(one for one in timed if one["name"] == at_first["name"])
    print_table(
        "The heavy user, as the tenant grows",
        ("messages", "p50 ms", "p95 ms", "ratio"),
        [
            (f"{at_first['messages']:,}", *_two(at_first), ""),
            (f"{size['messages']:,}", *_two(now), _ratio(now, at_first)),
        ],
    )


def _two(figures: dict[str, Any]) -> tuple[str, str]:
    return f"{figures['milliseconds']['p50']:.1f}", f"{figures['milliseconds']['p95']:.1f}"


def _ratio(now: dict[str, Any], before: dict[str, Any]) -> str:
    p50, p95 = (now["milliseconds"][p] / before["milliseconds"][p] for p in ("p50", "p95"))
    return f"{p50:.2f} (p50), {p95:.2f} (p95)"


def _row(one: dict[str, Any], bare: dict[str, float]) -> tuple[str, ...]:
    took, cpu = one["milliseconds"], one["cpu_milliseconds"]
    name = one["name"] + (f" ({one['not_200']} failed)" if one["not_200"] else "")
    return (
        name,
        f"{one['rate']:g}",
        *(f"{took[f'p{p}']:.1f}" for p in PERCENTILES),
        f"{cpu['service']:.1f}",
        f"{cpu['postgresql']:.1f}",
        f"{took['p95'] / bare['SELECT 1']:.1f}",
        f"{took['p95'] / bare['Redis GET']:.1f}",
    )
