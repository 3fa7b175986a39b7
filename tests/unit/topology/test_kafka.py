"""Client configurations: what is left empty is left out, and the guarantees are on."""

from __future__ import annotations

import socket

from topology.kafka import client_config, consumer_config, instance_id, producer_config
from topology.settings import Settings


def test_security_keys_left_empty_are_left_to_librdkafka() -> None:
    assert not {key for key in client_config(Settings()) if key.startswith(("sasl.", "ssl."))}


def test_security_keys_are_passed_on() -> None:
    settings = Settings.model_validate(
        {
            "kafka_security_protocol": "SASL_SSL",
            "kafka_sasl_mechanism": "SCRAM-SHA-512",
            "kafka_sasl_username": "alluvium",
            "kafka_sasl_password": "open sesame",
            "kafka_ssl_ca_location": "/etc/ca.pem",
        }
    )

    config = client_config(settings)

    assert config["security.protocol"] == "SASL_SSL"
    assert config["sasl.password"] == "open sesame"
    assert config["ssl.ca.location"] == "/etc/ca.pem"


def test_a_producer_waits_for_every_replica_and_partitions_as_java_does() -> None:
    config = producer_config(Settings())

    assert (config["acks"], config["enable.idempotence"]) == ("all", True)
    assert config["partitioner"] == "murmur2_random"


def test_a_process_has_a_name_in_its_group_where_one_is_given() -> None:
    assert instance_id(Settings()) is None
    assert instance_id(Settings(instance_id="extract-0")) == "extract-0"
    assert instance_id(Settings(instance_id="@hostname")) == socket.gethostname()


def test_a_consumer_commits_nothing_by_itself_and_sees_committed_records_only() -> None:
    config = consumer_config(Settings(session_timeout_seconds=12), group="sink-postgres-v1")

    assert config["group.id"] == "sink-postgres-v1"
    assert config["session.timeout.ms"] == 12_000
    assert config["isolation.level"] == "read_committed"
    assert not config["enable.auto.commit"]
    assert not config["enable.auto.offset.store"]
