"""The Debezium JDBC sink on a standalone worker of Kafka Connect, tuned: one task, unnest, batches of 5,000.

Writes its settings and builds its command; runs nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from uuid import uuid4

from psycopg.conninfo import conninfo_to_dict

from benchmarks.peers_records import TOPIC, connect_schema
from deploy.local import artifacts
from deploy.local.java import java
from deploy.local.kafka import CONFIG
from deploy.local.maven import fetch
from sinks.postgres.tables import MESSAGES

VERSION: Final = next(one.version for one in artifacts.locked("debezium"))
CONNECT_VERSION: Final = next(one.version for one in artifacts.locked("connect") if one.name == "connect-runtime")
BATCH_RECORDS: Final = 5_000
HEAP_MEGABYTES: Final = 1_024
LEFT_OUT: Final = ("redactions",)
"""An array, which it is spared; the table gives it a default."""


def command(folder: Path, cache: Path, kafka: str, url: str) -> list[str]:
    """What runs it; its settings, the password among them, are files in `folder`."""
    homes = {bundle: artifacts.ensure(cache, bundle, fetch, _quiet) for bundle in ("kafka", "connect", "debezium")}
    worker, connector = folder / "worker.properties", folder / "sink.properties"
    worker.write_text(_properties(_worker(folder, kafka, homes["debezium"])), "utf-8")
    connector.write_text(_properties(_connector(url)), "utf-8")
    class_path = os.pathsep.join(str(homes[bundle] / "*") for bundle in ("kafka", "connect"))
    logging = f"-Dlog4j2.configurationFile={CONFIG / 'log4j2.properties'}"
    main = "org.apache.kafka.connect.cli.ConnectStandalone"
    arguments = (logging, "-cp", class_path, main, str(worker), str(connector))
    return list(java(*arguments, heap_megabytes=HEAP_MEGABYTES))


def _worker(folder: Path, kafka: str, plugins: Path) -> Mapping[str, object]:
    return {
        "bootstrap.servers": kafka,
        "key.converter": "org.apache.kafka.connect.storage.StringConverter",
        "value.converter": "org.apache.kafka.connect.json.JsonConverter",
        "value.converter.schemas.enable": "true",
        "value.converter.schema.content": connect_schema(),
        "offset.storage.file.filename": folder / "offsets",
        "plugin.path": plugins,
        "plugin.discovery": "service_load",
        "listeners": "HTTP://127.0.0.1:0",
        "consumer.max.poll.records": BATCH_RECORDS,
        "consumer.fetch.min.bytes": 200_000,
        "consumer.fetch.max.wait.ms": 100,
        "consumer.max.partition.fetch.bytes": 4_194_304,
        "consumer.auto.offset.reset": "earliest",
        "consumer.isolation.level": "read_committed",
    }


def _connector(url: str) -> Mapping[str, object]:
    target = conninfo_to_dict(url)
    return {
        "name": f"bench-{uuid4().hex[:8]}",
        "connector.class": "io.debezium.connector.jdbc.JdbcSinkConnector",
        "tasks.max": 1,
        "topics": TOPIC,
        "connection.url": f"jdbc:postgresql://{target['host']}:{target['port']}/{target['dbname']}"
        "?reWriteBatchedInserts=true",
        "connection.username": target["user"],
        "connection.password": target["password"],
        "insert.mode": "upsert",
        "primary.key.mode": "record_value",
        "primary.key.fields": ",".join(MESSAGES.key),
        "field.exclude.list": ",".join(f"{TOPIC}:{name}" for name in LEFT_OUT),
        "schema.evolution": "none",
        "collection.name.format": MESSAGES.name,
        "batch.size": BATCH_RECORDS,
        "use.reduction.buffer": "true",
        "dialect.postgres.unnest.insert.enabled": "true",
    }


def _properties(settings: Mapping[str, object]) -> str:
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def _quiet(_bundle: str, _what: str, /, transient: bool = False) -> None:
    """Nobody waits for each file."""
