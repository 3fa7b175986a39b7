"""From an event's arrival to an answer that knows it, on a whole stack under load.

The load is produced to Kafka at a steady rate, as chat systems do; canaries go over HTTP. Nothing is asserted.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from confluent_kafka import Producer

from benchmarks import chat, usage
from benchmarks.canaries import Canaries
from benchmarks.facts import keep
from benchmarks.tables import print_table
from schemas.codec import Codec
from schemas.keys import conversation_routing
from support.infrastructure import PROJECT
from support.stack import Stack, whole_stack
from topology.topics import TopicName

RATES: Final = (100, 500, 1_000, 2_000)
WARM_SECONDS: Final = 5.0
TIMED_SECONDS: Final = 30.0
TICKS_PER_SECOND: Final = 50
DRAIN_SECONDS: Final = 120.0
PERCENTILES: Final = (50, 95, 99)


@dataclass(slots=True)
class Load:
    """A producer that keeps to a rate and says how far it came."""

    producer: Producer
    codec: Codec
    name: str
    sent: int = 0

    def run(self, rate: int, seconds: float) -> float:
        """Produce for so long; returns the rate reached."""
        began, first = time.perf_counter(), self.sent
        for tick in range(round(seconds * TICKS_PER_SECOND)):
            self._produce_up_to(first + rate * (tick + 1) // TICKS_PER_SECOND)
            time.sleep(max(0.0, began + (tick + 1) / TICKS_PER_SECOND - time.perf_counter()))
        return (self.sent - first) / (time.perf_counter() - began)

    def _produce_up_to(self, number: int) -> None:
        while self.sent < number:
            said = chat.event(self.sent, datetime.now(UTC), self.name)
            key = conversation_routing(said.tenant_id, said.conversation_id)
            self.producer.produce(TopicName.EVENTS, value=self.codec.encode(said), key=key.encode())
            self.sent += 1
        self.producer.poll(0)


def measure(stack: Stack, rate: int) -> dict[str, Any]:
    """One rate: warm up, time, then wait until everything has landed."""
    with stack.codec() as codec:
        load = Load(_producer(stack), codec, f"r{rate}-{time.time_ns()}-")
        load.run(rate, WARM_SECONDS)
        before, began = usage.of_stack(stack.state_dir), time.perf_counter()
        with Canaries(stack.environment) as canaries:
            reached = load.run(rate, TIMED_SECONDS)
            after, seconds = usage.of_stack(stack.state_dir), time.perf_counter() - began
            pending = stack.call("GET", "/v1/lag").json()["pending"]
        load.producer.flush(10)
    return {
        "rate": rate,
        "rate_reached": round(reached),
        "canaries": len(canaries.seconds),
        "seconds": {f"p{p}": round(percentile(canaries.seconds, p), 3) for p in PERCENTILES},
        "pending_at_the_end": pending,
        "drained_after_seconds": round(_drain_seconds(stack), 1),
        "cores": after.cores_since(before, seconds),
        "megabytes": after.megabytes,
    }


def _producer(stack: Stack) -> Producer:
    return Producer(
        {
            "bootstrap.servers": stack.environment["KAFKA_BOOTSTRAP_SERVERS"],
            "partitioner": "murmur2_random",
            "acks": "all",
            "linger.ms": 5,
            "compression.type": "lz4",
        }
    )


def _drain_seconds(stack: Stack) -> float:
    """Until nothing is pending, or a limit: then the rate is more than the stack can follow."""
    began = time.perf_counter()
    while time.perf_counter() - began < DRAIN_SECONDS:
        if stack.call("GET", "/v1/lag").json()["pending"] == 0:
            break
        time.sleep(0.2)
    return time.perf_counter() - began


def percentile(values: Sequence[float], percent: int) -> float:
    """The least value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def main(rates: Sequence[int] = RATES) -> None:
    found = []
    with whole_stack() as stack:
        measure(stack, min(rates))  # code, caches and connections are warm after that
        for rate in rates:
            found.append(measure(stack, rate))
            print(f"  {rate:,}/s: {found[-1]['seconds']}", flush=True)
    _show(found)
    print(f"kept in {keep('latency', {'rates': found}).relative_to(PROJECT)}")


def _show(found: Sequence[dict[str, Any]]) -> None:
    rates = [f"{each['rate']:,}/s" for each in found]
    print_table(
        "Append to queryable, seconds",
        ("", *rates),
        [
            *((name, *(f"{each['seconds'][name]:.2f}" for each in found)) for name in ("p50", "p95", "p99")),
            *((name.replace("_", " "), *(f"{each[name]:,}" for each in found)) for name in _COUNTS),
        ],
    )
    for title, what in (("Cores, by component", "cores"), ("Megabytes, by component", "megabytes")):
        names = sorted({name for each in found for name in each[what]})
        print_table(title, ("", *rates), [(n, *(f"{each[what].get(n, 0):g}" for each in found)) for n in names])


_COUNTS: Final = ("rate_reached", "canaries", "pending_at_the_end", "drained_after_seconds")
