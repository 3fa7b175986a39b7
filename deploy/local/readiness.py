"""Asks a component whether it can serve.

One short question each time; waiting is the caller's business.
"""

import http.client
import socket
from collections.abc import Collection
from typing import assert_never

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy.local import databases, kafka, valkey
from deploy.local.components import Broker, Cache, Database, Http, Probe
from deploy.local.stack import Stack

TIMEOUT_SECONDS = 3


def is_ready(probe: Probe, stack: Stack) -> bool:
    match probe:
        case Broker():
            port = stack.ports[probe.name]
            return _accepts(port) and kafka.node_id(probe.name) in _brokers(port)
        case Database():
            return databases.answers(stack)
        case Cache():
            return _ping(stack)
        case Http():
            return _get(stack.ports[probe.port], probe.path)
        case _:
            assert_never(probe)


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS).close()
    except OSError:
        return False
    return True


def _brokers(port: int) -> Collection[int]:
    """Node ids of the brokers that serve, as the one on that port knows them."""
    admin = AdminClient({"bootstrap.servers": f"127.0.0.1:{port}", "log_level": 0})
    try:
        return admin.list_topics(timeout=TIMEOUT_SECONDS).brokers.keys()
    except KafkaException:
        return ()


def _ping(stack: Stack) -> bool:
    """Two inline commands, so that a start does not wait for a client library's import."""
    commands = f"AUTH {valkey.USER} {stack.secrets['valkey']}\r\nPING\r\n"
    try:
        with socket.create_connection(("127.0.0.1", stack.ports["valkey"]), TIMEOUT_SECONDS) as connection:
            connection.sendall(commands.encode())
            with connection.makefile("r") as answers:
                return [answers.readline().strip(), answers.readline().strip()] == ["+OK", "+PONG"]
    except OSError:
        return False


def _get(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
