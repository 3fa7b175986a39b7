"""The demo: speaks a conversation to a running stack, shows what it remembers, and checks that it is what was promised.

Uses the public HTTP interface only. A second run sends the same event ids and finds the same memory.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import click
from rich.console import Console

from deploy.local import demo_screen as screen
from deploy.local import environment
from deploy.local.demo_client import Api, Refused
from deploy.local.demo_promises import ANSWERS_READ, CONVERSATION, QUESTIONS, Question, differences, expected, told
from deploy.local.stack import Stack
from schemas import transcript
from schemas.ids import TenantId
from schemas.json_events import write_event
from schemas.records import ConversationEvent

PATIENCE_SECONDS = 120
"""How long the stack may take to make the conversation queryable; it takes one or two when it is warm."""
POLL_SECONDS = 0.2
CHANGING_SLOTS = ("home_city", "employer", "likes", "birthday", "phone")
"""Slots whose history the conversation is about."""


def run(stack: Stack) -> None:
    """Show the demo against a local stack; exits with 1 where a promise is not kept."""
    addresses = environment.addresses(stack)
    sys.exit(run_demo(Api(url=addresses["API_URL"], key=addresses["API_KEY"]), Console(highlight=False)))


@click.command()
@click.option("--api-url", envvar="API_URL", required=True, help="As API_URL of stack.env.")
@click.option("--api-key", envvar="API_KEY", required=True, help="As API_KEY of stack.env.")
def demo(api_url: str, api_key: str) -> None:
    """Show the demo against any running API."""
    sys.exit(run_demo(Api(url=api_url, key=api_key), Console(highlight=False)))


def run_demo(api: Api, console: Console) -> int:
    """0 where everything that is promised is there, else 1 with what is not."""
    events = list(transcript.read(CONVERSATION, TenantId("local")))
    try:
        problems = _show(api, console, events)
    except Refused as error:
        problems = [str(error)]
    for problem in problems:
        console.print(problem, style="red", markup=False, soft_wrap=True)
    return 1 if problems else 0


def _show(api: Api, console: Console, events: Sequence[ConversationEvent]) -> list[str]:
    console.print(screen.conversation(events), "")
    started = time.monotonic()
    accepted = api.accept([write_event(event) for event in events])
    if not _is_queryable(api):
        return [f"{api.pending()} records are still pending after {PATIENCE_SECONDS} s"]
    seconds = time.monotonic() - started
    messages = api.messages(events[0].conversation_id)
    texts = {each["message_id"]: each["text"] for each in messages if each["text"] is not None}
    items = [item for user in sorted({event.user_id for event in events if event.user_id}) for item in api.items(user)]
    problems = _show_items(api, console, items, texts)
    for question in QUESTIONS:
        problems += _show_answers(api, console, question)
    console.print(_count(accepted, messages, items, seconds), style="bold")
    return problems + differences([told(item) for item in items], expected())


def _is_queryable(api: Api) -> bool:
    """Wait until everything accepted can be queried."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while api.pending():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _show_items(api: Api, console: Console, items: Sequence[Mapping[str, Any]], texts: Mapping[str, str]) -> list[str]:
    broken = [
        f"the words of {item['slot']} {item['value']} are not in message {source['message_id']}"
        for item in items
        for source in item["evidence"]
        if texts.get(source["message_id"], "")[source["start"] : source["end"]] != source["quote"]
    ]
    if broken:
        return broken
    console.print(screen.remembered([item for item in items if item["status"] == "active"], texts), "")
    changing = sorted((item for item in items if item["slot"] in CHANGING_SLOTS), key=_by_time)
    versions = {item["item_id"]: len(api.history(item["item_id"])) for item in changing}
    console.print(screen.changed(changing, versions), "")
    return []


def _by_time(item: Mapping[str, Any]) -> tuple[str, str, str]:
    return item["user_id"], item["slot"], item["valid_from"] or ""


def _show_answers(api: Api, console: Console, question: Question) -> list[str]:
    results = api.recall(question.user, question.query, ANSWERS_READ)
    right = next((place for place, result in enumerate(results) if _is_right(question, result)), -1)
    console.print(screen.answers(question.query, results, right), "")
    wanted = question.value or question.message_id
    return [] if right >= 0 else [f"{question.query} is not answered by {wanted}"]


def _is_right(question: Question, result: Mapping[str, Any]) -> bool:
    if question.message_id is not None:
        return bool(result["kind"] == "message" and result["id"] == question.message_id)
    return bool(result["kind"] == "item" and result["value"] == question.value)


def _count(
    accepted: int, messages: Sequence[Mapping[str, Any]], items: Sequence[Mapping[str, Any]], seconds: float
) -> str:
    by_status = Counter(item["status"] for item in items)
    statuses = ", ".join(f"{count} {status}" for status, count in sorted(by_status.items()))
    deleted = sum(1 for message in messages if message["text"] is None)
    return (
        f"{accepted} events accepted, {len(messages)} messages stored ({deleted} deleted), "
        f"{len(items)} memories ({statuses}), all words found in their messages, queryable after {seconds:.1f} s"
    )


if __name__ == "__main__":
    demo()
