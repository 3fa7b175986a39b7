"""A registry that is away, hangs, or answers nonsense: it must never look like poison, nor stop us for ever.

A stub on the loopback interface plays the registry; no stack is needed.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias

import pytest
from click.testing import CliRunner

from schemas.__main__ import main
from schemas.catalogue import shipped
from schemas.codec import UnknownSchemaId
from schemas.errors import Misconfigured, Retryable
from schemas.records import ConversationEvent
from schemas.registry import UNKNOWN_ID_SECONDS, Registry, RegistrySchemaIds

pytestmark = pytest.mark.integration

EVENTS = shipped().latest(ConversationEvent.SUBJECT)
Reply: TypeAlias = tuple[int, str]
Connect: TypeAlias = Callable[..., RegistrySchemaIds]
NOT_FOUND: Reply = (404, json.dumps({"error_code": 40403, "message": "Schema 7 not found."}))
FOUND: Reply = (200, json.dumps({"schema": EVENTS.text}))


@pytest.fixture
def connect() -> Iterator[Connect]:
    """RegistrySchemaIds, closed at the end of the test."""
    with ExitStack() as opened:
        yield lambda *args, **kwargs: opened.enter_context(closing(RegistrySchemaIds(*args, **kwargs)))


@contextmanager
def stub(reply: Callable[[int], Reply]) -> Iterator[tuple[str, list[str]]]:
    """A registry that answers its n-th request, from 1, with `reply(n)`; gives its URL and the requests it got."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            asked.append(f"{self.command} {self.path}")
            status, body = reply(len(asked))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = do_PUT = answer  # noqa: N815 - the names http.server calls

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_an_id_is_fetched_once(connect: Connect) -> None:
    with stub(lambda _: FOUND) as (url, asked):
        ids = connect(url)
        definitions = [ids.definition_of(7) for _ in range(3)]

    assert definitions == [EVENTS.definition] * 3
    assert asked == ["GET /schemas/ids/7"]


def test_an_unknown_id_is_asked_for_once_a_minute(connect: Connect) -> None:
    now = [0.0]
    with stub(lambda n: NOT_FOUND if n < 3 else FOUND) as (url, asked):
        ids = connect(url, clock=lambda: now[0])
        for _ in range(3):
            with pytest.raises(UnknownSchemaId):
                ids.definition_of(7)
        assert len(asked) == 1
        now[0] += UNKNOWN_ID_SECONDS
        with pytest.raises(UnknownSchemaId):
            ids.definition_of(7)
        now[0] += UNKNOWN_ID_SECONDS
        assert ids.definition_of(7) == EVENTS.definition
        assert len(asked) == 3


def test_a_call_that_hangs_is_tried_again(connect: Connect) -> None:
    def reply(n: int) -> Reply:
        if n == 1:
            time.sleep(2)
        return FOUND

    with stub(reply) as (url, asked):
        started = time.monotonic()
        assert connect(url, timeout_seconds=0.2).definition_of(7) == EVENTS.definition

    assert len(asked) == 2
    assert time.monotonic() - started < 10


def test_a_registry_that_starts_is_waited_for(connect: Connect) -> None:
    with stub(lambda n: FOUND if n == 3 else (503, "starting")) as (url, asked):
        assert connect(url).definition_of(7) == EVENTS.definition

    assert len(asked) == 3


@pytest.mark.parametrize("reply", [(500, "broken"), (503, ""), (429, "{}"), (200, "<html>a proxy</html>")])
def test_a_registry_that_fails_is_not_an_unknown_schema(connect: Connect, reply: Reply) -> None:
    with stub(lambda _: reply) as (url, asked), pytest.raises(Retryable) as caught:
        connect(url).definition_of(7)

    assert caught.value.retry_after_seconds > 0
    assert len(asked) == 3


def test_a_registry_that_is_away_is_not_an_unknown_schema(connect: Connect) -> None:
    with stub(lambda _: FOUND) as (url, _):
        pass

    with pytest.raises(Retryable, match="does not answer"):
        connect(url).definition_of(7)


@pytest.mark.parametrize(
    "reply",
    [
        (404, "<html>some other server</html>"),
        (401, json.dumps({"error_code": 40101, "message": "who are you"})),
        (404, json.dumps({"error_code": 404, "message": "HTTP 404 Not Found"})),
    ],
)
def test_what_only_a_person_can_mend_is_not_an_unknown_schema(connect: Connect, reply: Reply) -> None:
    with stub(lambda _: reply) as (url, _), pytest.raises(Misconfigured):
        connect(url).definition_of(7)


def test_credentials_do_not_show_in_errors(connect: Connect) -> None:
    with stub(lambda _: (403, "{}")) as (url, _), pytest.raises(Misconfigured) as caught:
        connect(url.replace("//", "//us%65r:do-not-tell@")).definition_of(7)

    assert "do-not-tell" not in str(caught.value)


def test_a_level_is_set_after_the_subject_where_it_cannot_be_before() -> None:
    missing = (404, json.dumps({"error_code": 40401, "message": "Subject not found."}))
    replies = [missing, missing, (200, '{"id": 7}'), (200, '{"compatibility": "FULL_TRANSITIVE"}')]
    subject = ConversationEvent.SUBJECT
    only = type(shipped())(subjects={subject: shipped().subjects[subject]})

    with stub(lambda n: replies[n - 1]) as (url, asked), closing(Registry(url)) as registry:
        (registered,) = registry.register(only)

    assert registered.schema_id == 7
    assert [line.split("?")[0] for line in asked] == [
        f"PUT /config/{subject}",
        f"POST /subjects/{subject}",
        f"POST /subjects/{subject}/versions",
        f"PUT /config/{subject}",
    ]


def test_register_says_when_to_come_again() -> None:
    with stub(lambda _: (503, "starting")) as (url, _):
        result = CliRunner().invoke(main, ["register", "--registry", url, "--wait", "1"])

    assert result.exit_code == 75
    assert "try again" in result.output


def test_register_says_what_is_wrong_with_the_address() -> None:
    result = CliRunner().invoke(main, ["register", "--registry", "registry:8081"])

    assert result.exit_code == 2
    assert "SCHEMA_REGISTRY_URL" in result.output
