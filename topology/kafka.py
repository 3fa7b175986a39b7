"""How every confluent-kafka client of the project is configured: security, patience, guarantees.

Builds configurations and an admin client; topics are made by `topology.apply`.
"""

from __future__ import annotations

import logging
import socket
from typing import Any, TypeAlias, cast

from confluent_kafka.admin import AdminClient

from topology.settings import Settings

ClientConfig: TypeAlias = dict[str, str | int | float | bool | logging.Logger]
"""A configuration of librdkafka: its own names, its own units; and the logger that its own lines go to."""

LOGGER = "librdkafka"

RECORD_BYTES = 4 * 1024 * 1024
"""The largest record anybody may send; what derives from an event of the largest size stays well below."""

HOSTNAME = "@hostname"
"""As INSTANCE_ID: a container's and a pod's own name, which no other replica has."""

POLL_INTERVAL_MS = 120_000
"""Between two polls of a member: longer than the slowest batch of a sink (a few statements of 30 s at the most). Also
how long a join may take, and how long the group waits for a member that hangs; librdkafka's default is 300 s."""

REQUEST_MS = 15_000
"""Of one request. A member that lost its place asks for another only once its commits in flight have ended, which a
broker that was frozen never answers: with librdkafka's 60 s, and its retries, that took minutes."""

_PATIENCE: ClientConfig = {
    "reconnect.backoff.ms": 100,
    "reconnect.backoff.max.ms": 1_000,  # librdkafka's 10 s keeps a client away long after a broker is back
    "retry.backoff.ms": 100,
    "retry.backoff.max.ms": 1_000,
    "topic.metadata.refresh.interval.ms": 60_000,
    "log_level": 4,  # warnings
}


def client_config(settings: Settings) -> ClientConfig:
    """What every client shares. Keys left empty in the settings are left to librdkafka."""
    security = {
        "security.protocol": settings.kafka_security_protocol,
        "sasl.mechanism": settings.kafka_sasl_mechanism,
        "sasl.username": settings.kafka_sasl_username,
        "sasl.password": settings.kafka_sasl_password.get_secret_value(),
        "ssl.ca.location": settings.kafka_ssl_ca_location,
        "ssl.certificate.location": settings.kafka_ssl_certificate_location,
        "ssl.key.location": settings.kafka_ssl_key_location,
        "ssl.key.password": settings.kafka_ssl_key_password.get_secret_value(),
    }
    given = {key: value for key, value in security.items() if value}
    logger = logging.getLogger(LOGGER)
    return {"bootstrap.servers": settings.kafka_bootstrap_servers, "logger": logger, **_PATIENCE, **given}


def producer_config(settings: Settings) -> ClientConfig:
    """An idempotent producer that waits for all replicas and partitions keys as Java does.

    A record not delivered within `message.timeout.ms` fails, so that nobody waits for ever on a broker that is away.
    """
    return {
        **client_config(settings),
        "acks": "all",
        "enable.idempotence": True,
        "partitioner": "murmur2_random",
        "compression.type": "lz4",
        "linger.ms": 5,
        "message.max.bytes": RECORD_BYTES,
        "message.timeout.ms": 15_000,
    }


def consumer_config(settings: Settings, *, group: str) -> ClientConfig:
    """A consumer that sees committed records only and commits nothing by itself."""
    session_ms = settings.session_timeout_seconds * 1_000
    return {
        **client_config(settings),
        "group.id": group,
        "session.timeout.ms": session_ms,
        "max.poll.interval.ms": max(POLL_INTERVAL_MS, session_ms),
        "socket.timeout.ms": REQUEST_MS,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",
        "isolation.level": "read_committed",
    }


def instance_id(settings: Settings) -> str | None:
    """The name of this process in its consumer group, for static membership; None where it is not wanted."""
    given = settings.instance_id
    return (socket.gethostname() if given == HOSTNAME else given) or None


def admin(settings: Settings) -> AdminClient:
    """An admin client; it connects when it is first used."""
    return AdminClient(cast("dict[str, Any]", client_config(settings)))
