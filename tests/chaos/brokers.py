"""What a fault of several brokers must know: who leads the controllers, and whether every copy has caught up.

Asks only; `chaos.hurting` does the rest.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from chaos.faults import Unhurt
from deploy.local import kafka
from deploy.local.stack import Stack

ANSWER_SECONDS = 10.0
IN_SYNC_SECONDS = 120.0
POLL_SECONDS = 0.5


def leader(stack: Stack) -> str:
    """The broker that leads the quorum of controllers, as whoever knows the latest election has it on disk."""
    known = [found for name in kafka.names(stack) for found in _elections(stack, name)]
    epoch, node = max(known, default=(0, -1))
    if node < 0:
        raise Unhurt(f"nobody leads the controllers in epoch {epoch}")
    return kafka.NAMES[node - 1]


def _elections(stack: Stack, name: str) -> Iterator[tuple[int, int]]:
    """Epoch and node id; -1 while a vote is under way."""
    file = stack.data(name) / "logs" / "__cluster_metadata-0" / "quorum-state"
    if file.exists():
        told = json.loads(file.read_text("utf-8"))
        yield int(told["leaderEpoch"]), int(told["leaderId"])


def await_in_sync(stack: Stack) -> None:
    """Raises Unhurt where some copy does not catch up within IN_SYNC_SECONDS."""
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers(stack), "log_level": 0})
    deadline = time.monotonic() + IN_SYNC_SECONDS
    while behind := _behind(admin):
        if time.monotonic() > deadline:
            raise Unhurt(f"after {IN_SYNC_SECONDS:.0f} s copies were behind: {', '.join(behind[:5])}")
        time.sleep(POLL_SECONDS)


def _behind(admin: AdminClient) -> list[str]:
    """Partitions with fewer copies in sync than they have."""
    try:
        topics = admin.list_topics(timeout=ANSWER_SECONDS).topics
    except KafkaException as error:
        return [str(error)]
    return [
        f"{name}-{number}"
        for name, topic in topics.items()
        for number, partition in topic.partitions.items()
        if len(partition.isrs) < len(partition.replicas)
    ]
