"""What histories keep of former words, and what they lose, however the records are cut into batches."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from schemas.records import Message
from sinks.postgres.writer import PostgresSink
from support.derived import NOON, Tombstone, Topics, evidence, message
from support.sink_sites import SINK, PostgresSite
from topology.tombstones import Words

pytestmark = pytest.mark.integration

SAID = message("m1", "hello")
GONE = message("m1", None)


def edited(text: str, minute: int) -> Message:
    at = NOON + timedelta(minutes=minute)
    return replace(message("m1", text), edited_at=at, first_recorded_at=SAID.recorded_at, text_recorded_at=at)


def landed(site: PostgresSite, *said: Message | Tombstone | Any, cuts: bool) -> PostgresSite:
    """All in one batch, or each record in one of its own."""
    topics = Topics()
    topics.append(*said)
    sink = PostgresSink(site.url, sink=SINK)
    sink.start(topics.ends)
    for each in topics.batches(*range(1, len(said) if cuts else 1)):
        sink.write(each)
    sink.stop()
    return site


def ask(site: PostgresSite, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(site.url) as connection:
        return connection.execute(query.encode()).fetchall()


@pytest.mark.parametrize("cuts", [False, True])
def test_every_text_of_an_edited_message_is_kept(site: PostgresSite, cuts: bool) -> None:
    there = landed(site, SAID, message("m2", "hi"), edited("hullo", 5), edited("hi there", 9), cuts=cuts)

    texts = ask(there, "SELECT message_id, text FROM message_texts ORDER BY text_recorded_at")
    assert sorted(texts) == [("m1", "hello"), ("m1", "hi there"), ("m1", "hullo")]


@pytest.mark.parametrize("cuts", [False, True])
def test_no_text_of_a_deleted_message_is_kept(site: PostgresSite, cuts: bool) -> None:
    there = landed(site, SAID, edited("hullo", 5), GONE, cuts=cuts)

    assert {text for (text,) in ask(there, "SELECT text FROM message_texts")} == {None}


@pytest.mark.parametrize("cuts", [False, True])
@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (Words.KEPT, [("kept", True), ("kept", False)]),
        (Words.DELETED, [("erased", False), ("deleted", False)]),
        (Words.ERASED, [("erased", False), ("erased", False)]),
    ],
)
def test_evidence_that_is_taken_back_leaves_the_words_it_may(
    site: PostgresSite, words: Words, kept: list[tuple[str, bool]], cuts: bool
) -> None:
    said = evidence("tea", "m1")
    there = landed(site, said, Tombstone(of=said, words=words), cuts=cuts)

    query = "SELECT words, quote IS NOT NULL AND value IS NOT NULL FROM evidence_versions ORDER BY version_offset"
    assert ask(there, query) == kept


@pytest.mark.parametrize("cuts", [False, True])
def test_that_it_was_deleted_stays_known_where_that_is_said_again(site: PostgresSite, cuts: bool) -> None:
    said = evidence("tea", "m1")
    twice = [Tombstone(of=said, words=Words.DELETED), Tombstone(of=said, words=Words.DELETED)]
    query = "SELECT words FROM evidence_versions ORDER BY version_offset"

    there = landed(site, said, *twice, cuts=cuts)

    assert ask(there, query) == [("erased",), ("deleted",), ("deleted",)]
