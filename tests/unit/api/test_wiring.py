"""The service refuses to begin where an answer would promise more than its settings keep."""

from __future__ import annotations

import pytest

from api import wiring
from topology import kafka, metrics
from topology.errors import Misconfigured
from topology.settings import Settings


async def test_a_producer_that_asks_one_replica_is_refused_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = kafka.producer_config(Settings()) | {"acks": "1"}
    monkeypatch.setattr("topology.kafka.producer_config", lambda _settings: config)
    with pytest.raises(Misconfigured, match="acks"):
        async with wiring.connect(Settings(), metrics.build("api")):
            pytest.fail("it has begun")
