"""The four servers: killed one by one, each comes back by itself with what it had acknowledged."""

import json
import urllib.request
from collections.abc import Callable, Iterator

import psycopg
import pytest
import redis
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from deploy.local import environment
from integration.local.bench import Bench

pytestmark = pytest.mark.integration

INFRASTRUCTURE = "kafka,registry,postgres,valkey"
TOPIC = "kept"
SCHEMA = {"schema": json.dumps({"type": "record", "name": "Kept", "fields": [{"name": "id", "type": "string"}]})}

Addresses = dict[str, str]


@pytest.fixture(scope="module")
def running(bench: Bench) -> Iterator[Bench]:
    bench.do("up", "--only", INFRASTRUCTURE)
    yield bench
    bench.do("down", "--wipe")


@pytest.fixture
def addresses(running: Bench) -> Addresses:
    return environment.addresses(running.stack)


def write_kafka(at: Addresses) -> None:
    servers: dict[str, str | int | float | bool] = {"bootstrap.servers": at["KAFKA_BOOTSTRAP_SERVERS"]}
    admin = AdminClient(servers)
    (made,) = admin.create_topics([NewTopic(TOPIC, 1, 1)]).values()
    made.result(30)
    producer = Producer(servers | {"acks": "all", "transactional.id": "test"})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(TOPIC, b"kept")
    producer.commit_transaction(30)


def read_kafka(at: Addresses) -> object:
    consumer = Consumer({"bootstrap.servers": at["KAFKA_BOOTSTRAP_SERVERS"], "group.id": "test"})
    try:
        consumer.assign([TopicPartition(TOPIC, 0, 0)])
        record = consumer.poll(30)
        return record and record.value()
    finally:
        consumer.close()


def write_registry(at: Addresses) -> None:
    url = f"{at['SCHEMA_REGISTRY_URL']}/subjects/{TOPIC}-value/versions"
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(SCHEMA).encode(), headers, method="POST")
    urllib.request.urlopen(request, timeout=20).close()


def read_registry(at: Addresses) -> object:
    url = f"{at['SCHEMA_REGISTRY_URL']}/subjects/{TOPIC}-value/versions/latest"
    with urllib.request.urlopen(url, timeout=20) as answer:
        return json.load(answer)["version"]


def write_postgres(at: Addresses) -> None:
    with psycopg.connect(at["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'kept' AS value")


def read_postgres(at: Addresses) -> object:
    with psycopg.connect(at["DATABASE_URL"]) as connection:
        return connection.execute("SELECT value FROM kept").fetchone()


def write_valkey(at: Addresses) -> None:
    with redis.Redis.from_url(at["REDIS_URL"]) as client:
        client.set("kept", "kept")
        client.execute_command("WAITAOF", 1, 0, 5_000)


def read_valkey(at: Addresses) -> object:
    with redis.Redis.from_url(at["REDIS_URL"]) as client:
        return client.get("kept")


@pytest.mark.parametrize(
    ("name", "write", "read", "kept"),
    [
        ("valkey", write_valkey, read_valkey, b"kept"),
        ("postgres", write_postgres, read_postgres, ("kept",)),
        ("kafka", write_kafka, read_kafka, b"kept"),
        ("registry", write_registry, read_registry, 1),
    ],
)
def test_a_killed_server_comes_back_with_its_data(
    running: Bench,
    addresses: Addresses,
    name: str,
    write: Callable[[Addresses], None],
    read: Callable[[Addresses], object],
    kept: object,
) -> None:
    write(addresses)
    running.wait_for_another(name, running.kill(name))
    running.wait_until_ready("registry")  # it has the database to find again
    assert read(addresses) == kept


def test_a_killed_server_comes_back_while_a_backend_is_busy(running: Bench, addresses: Addresses) -> None:
    """An orphan backend holds the shared memory that the new server wants."""
    connection = psycopg.connect(addresses["DATABASE_URL"], autocommit=True)
    try:
        connection.execute("SET statement_timeout = '60s'")
        connection.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 10000000000)")
        running.wait_for_another("postgres", running.kill("postgres"))
    finally:
        connection.close()
    running.wait_until_ready("registry")


def test_the_registry_judges_every_change_by_default(addresses: Addresses) -> None:
    with urllib.request.urlopen(f"{addresses['SCHEMA_REGISTRY_URL']}/config", timeout=20) as answer:
        assert json.load(answer) == {"compatibilityLevel": "FULL_TRANSITIVE"}


def test_nobody_enters_without_a_password(addresses: Addresses) -> None:
    anonymous = redis.Redis.from_url(f"redis://{addresses['REDIS_URL'].split('@')[1]}")
    with anonymous, pytest.raises(redis.AuthenticationError):
        anonymous.ping()
    stranger = addresses["DATABASE_URL"].replace("alluvium:", "alluvium:x", 1)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(stranger, connect_timeout=5)


def test_status_counts_the_restarts_and_fails_while_parts_are_missing(running: Bench) -> None:
    shown = running.run("status")
    assert shown.returncode == 1
    assert "ready" in shown.stdout
    assert "stopped" in shown.stdout
