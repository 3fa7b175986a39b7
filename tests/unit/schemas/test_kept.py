"""What the registry said before is enough to start without it, and it is asked first whenever it answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.catalogue import SchemaVersion, shipped
from schemas.codec import Codec, ShippedSchemaIds, UnknownSchemaId
from schemas.errors import Retryable
from schemas.kept import ASK_AGAIN_SECONDS, KeptSchemaIds
from schemas.records import Message, Outcome
from support.derived import message

URL = "http://registry:8081"
MESSAGE = shipped().latest(Message.SUBJECT)


class Registry(ShippedSchemaIds):
    """May be away, and counts how often it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.asked = 0
        self.moved_by = 0

    def id_of(self, version: SchemaVersion) -> int:
        self._look()
        return super().id_of(version) + self.moved_by

    def definition_of(self, schema_id: int) -> dict[str, Any]:
        self._look()
        return super().definition_of(schema_id - self.moved_by)

    def _look(self) -> None:
        self.asked += 1
        if self.away:
            raise Retryable("the registry is away", retry_after_seconds=5.0)


class Site:
    """A registry, and processes that are started one after the other beside one file."""

    def __init__(self, file: Path) -> None:
        self.registry = Registry()
        self.file = file
        self.now = 100.0

    def start(self, url: str = URL) -> KeptSchemaIds:
        return KeptSchemaIds(self.registry, url=url, file=self.file, clock=lambda: self.now)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "state" / "schemas.json")


def test_a_process_that_starts_without_the_registry_reads_and_writes_as_before(site: Site) -> None:
    before = Codec(site.start())
    before.learn([Message])
    payload = before.encode(message("m1", "hello"))
    site.registry.away = True
    after = Codec(site.start())
    after.learn([Message])
    assert after.decode(payload, Message) == message("m1", "hello")
    assert after.encode(message("m1", "hello")) == payload


def test_what_was_learnt_needs_no_registry_any_more(site: Site) -> None:
    codec = Codec(site.start())
    codec.learn([Message, Outcome])
    site.registry.away = True
    asked = site.registry.asked
    payload = codec.encode(message("m1", "hello"))
    assert codec.decode(payload, Message) == message("m1", "hello")
    assert site.registry.asked == asked


def test_without_an_answer_from_before_it_has_to_be_waited_for(site: Site) -> None:
    site.registry.away = True
    with pytest.raises(Retryable):
        site.start().id_of(MESSAGE)
    site.registry.away = False
    with pytest.raises(UnknownSchemaId):
        site.start().definition_of(999)


def test_a_registry_that_is_away_is_left_alone_for_a_while_and_then_asked_again(site: Site) -> None:
    known = site.start()
    known.id_of(MESSAGE)
    site.registry.away = True
    known.id_of(MESSAGE)
    asked = site.registry.asked
    known.id_of(MESSAGE)
    assert site.registry.asked == asked
    site.now += ASK_AGAIN_SECONDS + 1
    known.id_of(MESSAGE)
    assert site.registry.asked == asked + 1


def test_the_registry_is_asked_first_and_corrects_what_was_kept(site: Site) -> None:
    site.start().id_of(MESSAGE)
    site.registry.moved_by = 7
    moved = site.start().id_of(MESSAGE)
    site.registry.away = True
    assert site.start().id_of(MESSAGE) == moved


def test_answers_of_another_registry_are_not_looked_at(site: Site) -> None:
    site.start().id_of(MESSAGE)
    site.registry.away = True
    with pytest.raises(Retryable):
        site.start("http://elsewhere:8081").id_of(MESSAGE)


@pytest.mark.parametrize("damaged", ["", "{", "[]", json.dumps({"registry": URL})])
def test_a_damaged_file_is_told_of_and_done_without(site: Site, damaged: str, caplog: pytest.LogCaptureFixture) -> None:
    site.file.parent.mkdir()
    site.file.write_text(damaged, "utf-8")
    assert site.start().id_of(MESSAGE) == ShippedSchemaIds().id_of(MESSAGE)
    assert "cannot be read" in caplog.text


def test_a_file_that_cannot_be_written_keeps_nobody_from_working(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.file.parent.write_text("in the way", "utf-8")
    assert site.start().id_of(MESSAGE) == ShippedSchemaIds().id_of(MESSAGE)
    assert "cannot be kept" in caplog.text


def test_an_answer_that_could_not_be_kept_leaves_nothing_behind(site: Site) -> None:
    site.file.mkdir(parents=True)
    site.start().id_of(MESSAGE)
    assert list(site.file.parent.iterdir()) == [site.file]
