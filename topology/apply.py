"""Brings the topics to a cluster: creates what is missing, tells what differs, never changes a partition count.

Talks to the broker through an admin client; what to do is decided by `topology.cluster`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TypeVar

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
    TopicMetadata,
)
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_exponential

from topology.cluster import Action, Step, TopicSpec, plan
from topology.errors import Misconfigured, Retryable

T = TypeVar("T")

CALL_SECONDS = 10
_SECURITY_ERRORS = frozenset(
    {KafkaError._AUTHENTICATION, KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED}
)


def await_broker(admin: AdminClient, wait_seconds: float) -> None:
    """Return once a broker answers. Raises Retryable when none has within `wait_seconds`."""
    tries = Retrying(
        retry=retry_if_exception_type(KafkaException),
        stop=stop_after_delay(wait_seconds),
        wait=wait_exponential(multiplier=0.2, max=2),
        reraise=True,
    )
    told(lambda: tries(lambda: admin.list_topics(timeout=min(CALL_SECONDS, wait_seconds))))


def steps(admin: AdminClient, specs: Sequence[TopicSpec]) -> list[Step]:
    """What is to be done; changes nothing."""
    return plan(specs, found(admin, [spec.name for spec in specs]))


def found(admin: AdminClient, names: Sequence[str]) -> dict[str, TopicSpec]:
    """Those of the topics that are there, as the cluster has them."""
    there = told(lambda: admin.list_topics(timeout=CALL_SECONDS)).topics
    known = {name: there[name] for name in names if name in there}
    if not known:
        return {}
    futures = admin.describe_configs([ConfigResource(ResourceType.TOPIC, name) for name in known])
    configs = {resource.name: told(future.result) for resource, future in futures.items()}
    return {name: _spec(name, topic, configs[name]) for name, topic in known.items()}


def take(admin: AdminClient, step: Step, wait_seconds: float = 0.0) -> None:
    """Create or alter the topic; KEEP and REFUSE change nothing.

    Raises Retryable where the broker went away or takes no topic within `wait_seconds`, Misconfigured where it refuses.
    """
    if step.action is Action.CREATE:
        _tries(wait_seconds)(_create, admin, step.spec)
    elif step.action is Action.ALTER:
        _alter(admin, step.spec)


def await_topics(admin: AdminClient, specs: Sequence[TopicSpec], wait_seconds: float) -> None:
    """Return once every partition has a leader, so that a client started now finds them all."""
    _tries(wait_seconds)(_require_leaders, admin, specs)


def _tries(wait_seconds: float) -> Retrying:
    return Retrying(
        retry=retry_if_exception_type(Retryable),
        stop=stop_after_delay(wait_seconds),
        wait=wait_exponential(multiplier=0.05, max=1),
        reraise=True,
    )


def _require_leaders(admin: AdminClient, specs: Sequence[TopicSpec]) -> None:
    there = told(lambda: admin.list_topics(timeout=CALL_SECONDS)).topics
    for spec in specs:
        partitions = there[spec.name].partitions if spec.name in there else {}
        if sum(partition.leader >= 0 for partition in partitions.values()) < spec.partitions:
            raise Retryable(f"{spec.name} has partitions without a leader", retry_after_seconds=1)


def _create(admin: AdminClient, spec: TopicSpec) -> None:
    topic = NewTopic(
        spec.name, num_partitions=spec.partitions, replication_factor=spec.replication, config=dict(spec.config)
    )
    try:
        told(_only(admin.create_topics([topic], operation_timeout=CALL_SECONDS)).result)
    except KafkaException as failure:
        error: KafkaError = failure.args[0]
        if _is_fenced(error):
            raise Retryable(f"the broker is not ready for topics: {error.str()}", retry_after_seconds=1) from failure
        if error.code() != KafkaError.TOPIC_ALREADY_EXISTS:  # another one was quicker: it made the same
            raise Misconfigured(f"{spec.name} cannot be created: {error.str()}") from failure


def _is_fenced(error: KafkaError) -> bool:
    """Whether brokers are there that the controller does not count yet, as after a slow start or a late heartbeat.

    The code is also that of a cluster with too few brokers; only the text tells the two apart.
    """
    return error.code() == KafkaError.INVALID_REPLICATION_FACTOR and "fenced" in error.str()


def _alter(admin: AdminClient, spec: TopicSpec) -> None:
    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in spec.config.items()
    ]
    resource = ConfigResource(ResourceType.TOPIC, spec.name, incremental_configs=entries)
    try:
        told(_only(admin.incremental_alter_configs([resource])).result)
    except KafkaException as error:
        raise Misconfigured(f"{spec.name} cannot be altered: {error.args[0].str()}") from error


def _spec(name: str, topic: TopicMetadata, config: dict[str, ConfigEntry]) -> TopicSpec:
    return TopicSpec(
        name=name,
        partitions=len(topic.partitions),
        replication=min((len(partition.replicas) for partition in topic.partitions.values()), default=0),
        config={name: str(entry.value) for name, entry in config.items()},
    )


def told(call: Callable[[], T]) -> T:
    """Raises Retryable where the broker is away, Misconfigured where it does not trust us, else KafkaException."""
    try:
        return call()
    except KafkaException as failure:
        error: KafkaError = failure.args[0]
        if error.code() in _SECURITY_ERRORS:
            raise Misconfigured(f"the broker refuses: {error.str()}") from failure
        if error.retriable() or error.code() in (
            KafkaError._TRANSPORT,
            KafkaError._ALL_BROKERS_DOWN,
            KafkaError._TIMED_OUT,
        ):
            raise Retryable(f"the broker does not answer: {error.str()}", retry_after_seconds=5) from failure
        raise


def _only(futures: dict[T, Future[None]]) -> Future[None]:
    (future,) = futures.values()
    return future
