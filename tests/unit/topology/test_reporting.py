"""What leaves for Sentry when something fails, seen by a transport that sends nothing."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from topology.errors import Misconfigured
from topology.reporting import report_errors
from topology.settings import Settings

DSN = "https://public@sentry.example.org/1"
SECRET = "I live in Porto"


class Kept(Transport):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Envelope] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.sent.append(envelope)

    @property
    def events(self) -> list[dict[str, object]]:
        return [dict(event) for envelope in self.sent if (event := envelope.get_event()) is not None]


@pytest.fixture
def kept() -> Iterator[Kept]:
    transport = Kept()
    report_errors(Settings(sentry_dsn=DSN, app_env="test"), "extract", transport)
    yield transport
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)


def _fail(words: str) -> None:
    raise ValueError(f"cannot read {words}")


def test_an_error_is_told_by_type_and_place_and_without_a_word_of_anybody(kept: Kept) -> None:
    text = SECRET
    try:
        _fail(text)
    except ValueError:
        logging.getLogger("streams.test").exception(
            "failed at %s", text, extra={"topic": "events", "offset": 7, "text": text}
        )
    (event,) = kept.events
    assert "Porto" not in json.dumps(event, default=str)
    told = json.dumps(event, default=str)
    assert "ValueError" in told
    assert "_fail" in told
    assert event["environment"] == "test"
    assert event["tags"] == {"stage": "extract", "topic": "events", "offset": "7"}
    assert event["logentry"] == {"message": "failed at %s"}


def test_what_is_no_error_is_not_told(kept: Kept) -> None:
    logging.getLogger("streams.test").warning("a warning")
    assert kept.events == []


def test_a_request_and_its_user_are_not_told(kept: Kept) -> None:
    sentry_sdk.capture_event(
        {"message": SECRET, "request": {"data": SECRET}, "user": {"id": "ana"}, "breadcrumbs": {"values": []}}
    )
    (event,) = kept.events
    assert {"message", "request", "user", "breadcrumbs"}.isdisjoint(event)


def test_without_a_dsn_nothing_is_reported() -> None:
    report_errors(Settings(), "extract")
    assert not sentry_sdk.get_client().is_active()


def test_what_is_no_dsn_is_for_a_person_to_mend() -> None:
    with pytest.raises(Misconfigured, match="SENTRY_DSN"):
        report_errors(Settings(sentry_dsn="nonsense"), "extract")
