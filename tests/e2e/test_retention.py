"""From words to their end on the whole stack: told, over, expired by the job, gone from the stores, said again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from support.infrastructure import PROJECT
from support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

QUOTES = "SELECT count(*) FROM evidence WHERE user_id = %s AND slot = 'task' AND quote <> '' AND NOT removed"
NOW = datetime.now(UTC)


def spoken(user: str, number: int, ago: timedelta, text: str) -> dict[str, Any]:
    return {
        "event_id": f"{user}.{number}",
        "type": "message.recorded",
        "conversation_id": user,
        "message_id": f"{user}.m{number}",
        "user_id": user,
        "role": "user",
        "text": text,
        "occurred_at": (NOW - ago).isoformat(),
    }


def say(stack: Stack, *events: dict[str, Any]) -> None:
    assert stack.call("POST", "/v1/events", list(events)).status_code == httpx.codes.ACCEPTED
    stack.drain()


def expire(stack: Stack) -> list[dict[str, Any]]:
    environment = {**os.environ, **stack.environment}
    command = [sys.executable, "-m", "api", "expire"]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, timeout=120, check=True)
    stack.drain()
    return [json.loads(line) for line in done.stdout.splitlines()]


def task(stack: Stack, user: str) -> dict[str, Any]:
    (item,) = stack.call("GET", f"/v1/users/{user}/items?kind=task").json()["items"]
    return dict(item)


def test_what_is_over_expires_loses_its_words_and_returns_when_it_is_said_again(stack: Stack) -> None:
    user = f"keeps-{uuid4().hex[:8]}"
    old = spoken(user, 1, timedelta(days=90), "I have to call the plumber.")
    say(stack, old, spoken(user, 2, timedelta(days=89), "I live in Porto."))
    assert (task(stack, user)["status"], stack.count(QUOTES, user)) == ("expired", 1)
    profile = stack.call("GET", f"/v1/users/{user}/profile").json()
    assert ([line["value"] for line in profile["slots"]], profile["tasks"]) == (["Porto"], [])

    assert any(tenant["sent"] for tenant in expire(stack))
    gone = task(stack, user)
    assert (gone["status"], gone["evidence_count"], stack.count(QUOTES, user)) == ("expired", 1, 0)
    assert {source["rule"] for source in gone["evidence"]} == {"expire@1"}
    assert not any(tenant["sent"] for tenant in expire(stack))

    say(stack, spoken(user, 3, timedelta(days=1), "I have to call the plumber."))
    again = task(stack, user)
    assert (again["item_id"], again["status"], stack.count(QUOTES, user)) == (gone["item_id"], "active", 1)
    (open_task,) = stack.call("GET", f"/v1/users/{user}/profile").json()["tasks"]
    assert (open_task["item_id"], open_task["salience"]["evidence"]) == (gone["item_id"], 0.5)
