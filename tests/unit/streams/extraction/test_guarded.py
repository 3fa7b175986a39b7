"""A message on which the extractor fails is kept, the next is read, and somebody hears of it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from schemas.enums import OutcomeStatus
from schemas.ids import TenantId
from schemas.records import Candidate
from schemas.state import Turn
from streams import bootstrap
from streams.extraction.guarded import GuardedExtractor
from support.extracting import Extract
from support.speech import WordExtractor, said
from topology import metrics


class Faulty(WordExtractor):
    """Fails on one message, whatever else it is asked."""

    def extract(
        self, turn: Turn, context: Sequence[Turn], tenant_id: TenantId, timezone: str | None, language: str | None
    ) -> tuple[Candidate, ...]:
        if "!" in turn.text:
            raise KeyError("what was said")
        return super().extract(turn, context, tenant_id, timezone, language)


def test_a_fault_of_the_extractor_costs_one_message_its_candidates() -> None:
    heard: list[str] = []

    def tell(_tenant: TenantId, turn: Turn, error: Exception) -> None:
        heard.append(f"{turn.message_id} {error!r}")

    extract = Extract(GuardedExtractor(Faulty(), tell))
    extract.take(said(1, "lives:Lisbon"), said(2, "lives:Porto!"), said(3, "lives:Faro"))
    assert [outcome.status for outcome in extract.outcomes] == [OutcomeStatus.STORED] * 3
    assert [extract.found(f"m{number}") for number in (1, 2, 3)] == [["Lisbon"], [], ["Faro"]]
    assert set(heard) == {"m2 KeyError('what was said')"}


def test_it_is_counted_and_told_without_the_words(caplog: pytest.LogCaptureFixture) -> None:
    meters = metrics.build("extract")
    extract = Extract(GuardedExtractor(Faulty(), bootstrap.tell_of_faults(meters)))
    extract.take(said(1, "a secret!"))
    counted = meters.registry.get_sample_value(metrics.EXTRACTOR_FAULTS.named("extract"), {"error": "KeyError"})
    assert counted == 1
    assert "KeyError at" in caplog.text
    assert "secret" not in caplog.text
    assert "what was said" not in caplog.text
    assert [record.message_id for record in caplog.records] == ["m1"]  # type: ignore[attr-defined]
