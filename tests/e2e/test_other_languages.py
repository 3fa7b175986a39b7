"""A producer in another language, with its own Kafka client and Avro library, is remembered like ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import node
from support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@pytest.mark.skipif(not node.present, reason="Node is not installed")
def test_records_from_node_are_remembered(stack: Stack, tmp_path: Path) -> None:
    sent = node.produce(node.install(tmp_path), stack.environment)
    assert sent
    remembered: set[str] = set()
    for position in sent:
        answer = stack.call("GET", f"/v1/events/{position['event_id']}?wait_seconds=30").json()
        assert answer["queryable"], answer
        assert answer["status"] == "stored", answer
        remembered.update(answer["item_ids"])
    assert remembered
    for item_id in remembered:
        item = stack.call("GET", f"/v1/items/{item_id}").json()
        assert all(evidence["quote"] for evidence in item["evidence"])
