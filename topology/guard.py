"""Asks the cluster what is in force, and refuses to go on where that is weaker than the promise needs.

Reads topics and configurations of brokers, changes nothing; what is demanded is `topology.guarantees`'.
"""

from __future__ import annotations

from collections.abc import Sequence

from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from topology import apply
from topology.guarantees import INTERNAL_TOPICS, Cluster, Demands, require
from topology.kafka import admin
from topology.settings import Settings

WAIT_SECONDS = 60.0
"""For a broker at start; a process that finds none ends, and is started again."""

BROKER_KEYS = ("transaction.max.timeout.ms", "group.min.session.timeout.ms", "group.max.session.timeout.ms")


def refuse_weaker(settings: Settings, demands: Demands, wait_seconds: float = WAIT_SECONDS) -> None:
    """Return where everything in force is strong enough.

    Raises Misconfigured naming each setting that is not, Retryable where no broker answers in time.
    """
    client = admin(settings)
    apply.await_broker(client, wait_seconds)
    cluster = look(client, [str(topic) for topic in demands.topics])
    require(demands, cluster, production=settings.app_env == "production")


def look(client: AdminClient, topics: Sequence[str]) -> Cluster:
    """The topics of these names, the coordinators' own, and what each broker says of itself."""
    brokers = sorted(client.list_topics(timeout=apply.CALL_SECONDS).brokers)
    asked = [client.describe_configs([ConfigResource(ResourceType.BROKER, str(number))]) for number in brokers]
    answers = [answer for one in asked for answer in one.items()]  # a broker tells of itself alone, a call each
    configs = {resource.name: apply.told(future.result) for resource, future in answers}
    return Cluster(
        topics=apply.found(client, [*topics, *INTERNAL_TOPICS]),
        brokers={
            name: {key: str(config[key].value) for key in BROKER_KEYS if key in config}
            for name, config in configs.items()
        },
    )
