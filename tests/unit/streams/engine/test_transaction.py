"""What is told of a checkpoint's delivery: the changelog's last offset, or what could not be delivered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, Message

from streams.engine import transaction
from streams.engine.transaction import Aborted, Sendable, TransactionalWriter

CHANGELOG = "changelog"


class ScriptedProducer:
    """Delivers at once, but for what it is told to refuse; then it asks for an abort."""

    refuses: Mapping[bytes, int]

    def __init__(self, _config: Mapping[str, Any]) -> None:
        self._offset = 6

    def begin_transaction(self) -> None:
        """Nothing is open."""

    def produce(
        self,
        topic: str,
        value: bytes | None,
        key: bytes,
        partition: int,
        *,
        on_delivery: Callable[[KafkaError | None, Message], None],
        headers: object = None,
    ) -> None:
        del value, headers
        self._offset += 1
        code = self.refuses.get(key)
        on_delivery(
            None if code is None else KafkaError(code, key.decode()),
            Message(topic=topic, partition=partition, offset=self._offset),
        )

    def commit_transaction(self, _timeout: float) -> None:
        if self.refuses:
            raise KafkaException(KafkaError(KafkaError._FAIL, "the transaction failed", txn_requires_abort=True))

    def abort_transaction(self, _timeout: float) -> None:
        """Nothing is kept."""


def commit(monkeypatch: pytest.MonkeyPatch, refuses: Mapping[bytes, int], *records: Sendable) -> int:
    monkeypatch.setattr(ScriptedProducer, "refuses", refuses, raising=False)
    monkeypatch.setattr(transaction, "Producer", ScriptedProducer)
    return TransactionalWriter({}, "id").commit(records, CHANGELOG)


RECORDS = (
    Sendable("outcomes", 0, b"a", b"1"),
    Sendable(CHANGELOG, 0, b"b", b"2"),
    Sendable(CHANGELOG, 0, b"c", b"3", (("trace", b"1"),)),
    Sendable("outcomes", 0, b"d", b"4"),
)


def test_the_offset_is_that_of_the_changelog_s_last_record(monkeypatch: pytest.MonkeyPatch) -> None:
    assert commit(monkeypatch, {}, *RECORDS) == 9


def test_without_a_record_of_the_changelog_there_is_no_offset(monkeypatch: pytest.MonkeyPatch) -> None:
    assert commit(monkeypatch, {}, RECORDS[0]) == -1


@pytest.mark.parametrize("refused", [b"a", b"b", b"c", b"d"])
def test_an_abort_names_what_was_not_delivered(monkeypatch: pytest.MonkeyPatch, refused: bytes) -> None:
    with pytest.raises(Aborted, match=f"the transaction failed; first undelivered: {refused.decode()}"):
        commit(monkeypatch, {refused: KafkaError.MSG_SIZE_TOO_LARGE}, *RECORDS)


def test_the_first_of_several_failures_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    refuses = {b"d": KafkaError.MSG_SIZE_TOO_LARGE, b"b": KafkaError._MSG_TIMED_OUT}
    with pytest.raises(Aborted, match="first undelivered: b"):
        commit(monkeypatch, refuses, *RECORDS)
