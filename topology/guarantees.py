"""The settings that the promise rests on: what is demanded, compared with what is in force.

Pure. Each demand names what it carries; asking the cluster is `topology.guard`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from topology.cluster import TopicSpec
from topology.errors import Misconfigured
from topology.generations import FIRST, name_of, topics_of
from topology.kafka import consumer_config, producer_config
from topology.settings import Settings
from topology.stages import STAGES
from topology.topics import TOPIC_BY_NAME, Cleanup

PRODUCTION_REPLICAS: Final = 3
PRODUCTION_IN_SYNC: Final = 2
INTERNAL_TOPICS: Final = ("__transaction_state", "__consumer_offsets")
"""Of the coordinators: what a transaction came to, and how far groups are, are no safer than these."""

_NO_DIFFERENCE: Final = "-1", "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakness:
    """A setting in force that is weaker than the promise needs."""

    where: str
    setting: str
    found: object
    wanted: str
    carries: str

    def __str__(self) -> str:
        return f"{self.where}: {self.setting} is {self.found}, wanted {self.wanted}: {self.carries}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """What a cluster says of itself: topics as it has them, and the configuration of each of its brokers."""

    topics: Mapping[str, TopicSpec] = field(default_factory=dict)
    brokers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """What one process leans on: its clients as they are configured, and topics that it reads or writes."""

    producers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    consumers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    topics: Collection[str] = ()
    """As the brokers call them."""
    concurrency: int = 1
    commit_seconds: float = 0.0
    """How long a commit is tried before its owner gives up."""


def shared_demands(settings: Settings) -> Demands:
    """What every deployment leans on, whoever asks: all topics, and clients as `topology.kafka` configures them."""
    return Demands(
        producers={"producer": producer_config(settings)},
        consumers={stage.name: consumer_config(settings, group=stage.group) for stage in STAGES},
        topics=tuple(str(topic.name) for topic in topics_of(FIRST)),
    )


def require(demands: Demands, cluster: Cluster, *, production: bool) -> None:
    """Raises Misconfigured, naming every setting that is too weak."""
    found = list(weaknesses(demands, cluster, production=production))
    if found:
        told = "\n".join(f"  {weakness}" for weakness in found)
        raise Misconfigured(f"settings in force are weaker than the promise needs:\n{told}")


def weaknesses(demands: Demands, cluster: Cluster, *, production: bool) -> Iterator[Weakness]:
    yield from own_weaknesses(demands)
    for name in demands.topics:
        if name in cluster.topics:
            yield from _of_topic(cluster.topics[name], name, production=production)
        else:
            yield Weakness(
                where=name, setting="topic", found="missing", wanted="there", carries="`topology apply` makes it"
            )
    for internal in INTERNAL_TOPICS:
        if production and internal in cluster.topics:
            yield from _copies(cluster.topics[internal])
    for broker, config in cluster.brokers.items():
        yield from _of_broker(broker, config, demands)


def own_weaknesses(demands: Demands) -> Iterator[Weakness]:
    """Those of the process itself, which need no cluster to be seen."""
    for name, config in demands.producers.items():
        yield from _of_producer(name, config, demands.commit_seconds)
    for name, config in demands.consumers.items():
        yield from _of_consumer(name, config)
    if demands.concurrency != 1:
        yield Weakness(
            where="agent",
            setting="concurrency",
            found=demands.concurrency,
            wanted="1",
            carries="runs of a partition are worked in order, or a checkpoint could pass an unfinished one",
        )


def _of_producer(name: str, config: Mapping[str, Any], commit_seconds: float) -> Iterator[Weakness]:
    transactional = "transactional.id" in config
    acks = str(config.get("acks", config.get("request.required.acks", "all")))
    if acks not in _NO_DIFFERENCE:
        yield _weak(name, "acks", acks, "all", "what is acknowledged survives the loss of a broker")
    if not config.get("enable.idempotence", transactional):
        yield _weak(name, "enable.idempotence", False, "True", "a send that is tried again is written once, in order")
    if transactional:
        whole = float(config["message.timeout.ms"]) + commit_seconds * 1_000
        if float(config["transaction.timeout.ms"]) < whole:
            yield _weak(
                name,
                "transaction.timeout.ms",
                config["transaction.timeout.ms"],
                f"{whole:.0f} or more",
                "the broker must not decide over a transaction whose owner is still committing it",
            )


def _of_consumer(name: str, config: Mapping[str, Any]) -> Iterator[Weakness]:
    isolation = config.get("isolation.level", "read_committed")
    if isolation != "read_committed":
        yield _weak(name, "isolation.level", isolation, "read_committed", "what was rolled back is never read")
    if config.get("enable.auto.commit", True):
        yield _weak(name, "enable.auto.commit", True, "False", "nothing counts as read before it is durable")
    session, poll = int(config.get("session.timeout.ms", 45_000)), int(config.get("max.poll.interval.ms", 300_000))
    if poll < session:
        yield _weak(name, "max.poll.interval.ms", poll, f"{session} or more", "a member outlives its own session")


def _of_topic(spec: TopicSpec, name: str, *, production: bool) -> Iterator[Weakness]:
    topic, config = TOPIC_BY_NAME[name_of(name)], spec.config
    cleanup, clock = config.get("cleanup.policy"), config.get("message.timestamp.type")
    unclean, in_sync = config.get("unclean.leader.election.enable"), int(config.get("min.insync.replicas", 1))
    if cleanup != topic.cleanup:
        what = "state is kept as long as it counts" if topic.cleanup is Cleanup.COMPACT else "each record is kept"
        yield _weak(name, "cleanup.policy", cleanup, topic.cleanup.value, what)
    if topic.log_append_time and clock != "LogAppendTime":
        yield _weak(name, "message.timestamp.type", clock, "LogAppendTime", "a replay knows the same times")
    if unclean != "false":
        yield _weak(name, "unclean.leader.election.enable", unclean, "false", "a leader has all that was acknowledged")
    if in_sync > spec.replication:
        yield _weak(name, "min.insync.replicas", in_sync, f"{spec.replication} or less", "else nothing can be written")
    if production:
        yield from _copies(spec)


def _copies(spec: TopicSpec) -> Iterator[Weakness]:
    in_sync = int(spec.config.get("min.insync.replicas", 1))
    if spec.replication < PRODUCTION_REPLICAS:
        wanted = f"{PRODUCTION_REPLICAS} or more in production"
        yield _weak(spec.name, "replication factor", spec.replication, wanted, "a broker may be lost, and another away")
    if in_sync < PRODUCTION_IN_SYNC:
        wanted = f"{PRODUCTION_IN_SYNC} or more in production"
        yield _weak(spec.name, "min.insync.replicas", in_sync, wanted, "what is acknowledged is on two brokers")


def _of_broker(broker: str, config: Mapping[str, str], demands: Demands) -> Iterator[Weakness]:
    most = int(config.get("transaction.max.timeout.ms", 900_000))
    for name, producer in demands.producers.items():
        if int(producer.get("transaction.timeout.ms", 0)) > most:
            wanted = f"{producer['transaction.timeout.ms']} or more"
            yield _weak(f"broker {broker}", "transaction.max.timeout.ms", most, wanted, f"{name} could not begin")
    least = int(config.get("group.min.session.timeout.ms", 0))
    longest = int(config.get("group.max.session.timeout.ms", 1_800_000))
    for name, consumer in demands.consumers.items():
        session = int(consumer.get("session.timeout.ms", least))
        if not least <= session <= longest:
            wanted = f"{least} to {longest}, as the broker has it"
            yield _weak(name, "session.timeout.ms", session, wanted, "the group would refuse this process")


def _weak(where: str, setting: str, found: object, wanted: str, carries: str) -> Weakness:
    return Weakness(where=where, setting=setting, found=found, wanted=wanted, carries=carries)
