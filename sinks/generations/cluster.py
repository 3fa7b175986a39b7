"""Groups and topics of a generation, as the cluster has them: who works in them, and how they are removed.

Blocking. Raises Retryable where the broker is away.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final, TypeVar

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from topology import apply
from topology.errors import Misconfigured

T = TypeVar("T")

ANSWER_SECONDS: Final = 30.0
_NOT_THERE: Final = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.GROUP_ID_NOT_FOUND)


def members(client: AdminClient, group: str) -> list[str]:
    """The client ids of those who are in the group; none where there is no such group."""
    (asked,) = client.describe_consumer_groups([group], request_timeout=ANSWER_SECONDS).values()
    found = _if_there(asked.result)
    return [] if found is None else [member.client_id for member in found.members]


def require_idle(client: AdminClient, groups: Collection[str]) -> None:
    """Raises Misconfigured where somebody works in one of the groups."""
    busy = [group for group in groups if members(client, group)]
    if busy:
        raise Misconfigured(f"processes are at work in {', '.join(busy)}: stop them first")


def drop_groups(client: AdminClient, groups: Sequence[str]) -> None:
    for asked in client.delete_consumer_groups(list(groups), request_timeout=ANSWER_SECONDS).values():
        _if_there(asked.result)


def drop_topics(client: AdminClient, topics: Sequence[str]) -> None:
    for asked in client.delete_topics(list(topics), operation_timeout=ANSWER_SECONDS).values():
        _if_there(asked.result)


def _if_there(call: Callable[[], T]) -> T | None:
    """None where what is asked for is gone, by this command's last try perhaps."""
    try:
        return apply.told(call)
    except KafkaException as error:
        if error.args[0].code() in _NOT_THERE:
            return None
        raise
