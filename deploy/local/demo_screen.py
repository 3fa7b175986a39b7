"""How the demo looks: the conversation, what is remembered with its words, what was superseded, the answers.

Makes rich renderables out of what the API told; asks nothing and prints nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from deploy.local.demo_promises import moment, span
from schemas.enums import EventType
from schemas.records import ConversationEvent

_SPEAKERS = ("cyan", "magenta", "green", "yellow")
_STATUS = {"active": "green", "superseded": "yellow", "ended": "yellow", "retracted": "red", "expired": "dim"}
_WORDS = "bold reverse"


def conversation(events: Sequence[ConversationEvent]) -> Table:
    """What was said, in the order in which it arrives."""
    table = Table(show_header=False, box=None, pad_edge=False, padding=(0, 1))
    colours: dict[str, str] = {}
    latest: datetime | None = None
    for event in events:
        late = latest is not None and event.type is EventType.MESSAGE_RECORDED and event.occurred_at < latest
        latest = event.occurred_at if latest is None else max(latest, event.occurred_at)
        colour = colours.setdefault(event.speaker_name or "", _SPEAKERS[len(colours) % len(_SPEAKERS)])
        name = Text(event.speaker_name or "", style=colour)
        table.add_row(Text(f"{event.occurred_at:%d %b %H:%M}", "dim"), name, _line(event, late=late))
    return table


def _line(event: ConversationEvent, *, late: bool) -> Text:
    marks = {
        EventType.MESSAGE_EDITED: f"edits {event.message_id}: ",
        EventType.MESSAGE_DELETED: f"deletes {event.message_id}",
    }
    mark = marks.get(event.type, "arrives late: " if late else "")
    repeated = "repeats memory: " if event.recalled else ""
    return Text.assemble((mark + repeated, "yellow"), event.text or "")


def remembered(items: Iterable[Mapping[str, Any]], texts: Mapping[str, str]) -> Table:
    """Current items, each with the message it came from, the words marked."""
    table = Table(title="What is remembered, and the words it came from", title_justify="left", title_style="bold")
    for column in ("who", "what", "value", "since or when", "words", "message"):
        table.add_column(column, no_wrap=column in ("who", "what", "message"), overflow="fold")
    for item in items:
        source = item["evidence"][0]
        table.add_row(
            item["user_id"].removeprefix("demo-"),
            f"{item['kind']}.{item['slot']}",
            Text(item["value"], "bold"),
            Text(_times(item), "dim"),
            quoted(texts[source["message_id"]], source["start"], source["end"]),
            Text(source["message_id"], "dim"),
        )
    return table


def quoted(text: str, start: int, end: int) -> Text:
    """The message with the words of the evidence marked, in colour or without; places count Unicode code points."""
    return Text.assemble(text[:start], (f"«{text[start:end]}»", _WORDS), text[end:])


def _times(item: Mapping[str, Any]) -> str:
    if item["due_from"]:
        return f"due {span(moment(item['due_from']), moment(item['due_to']))}"
    return " ".join(span(moment(start), moment(end)) for start, end in item["validity"])


def changed(items: Iterable[Mapping[str, Any]], versions: Mapping[str, int]) -> Table:
    """What is no longer so, and what took its place: by event time, however late it was learned."""
    table = Table(title="What changed", title_justify="left", title_style="bold")
    for column in ("who", "what", "value", "status", "held (event time, UTC)", "versions"):
        table.add_column(column, overflow="fold")
    for item in items:
        table.add_row(
            item["user_id"].removeprefix("demo-"),
            f"{item['kind']}.{item['slot']}",
            Text(item["value"], "bold"),
            Text(item["status"], _STATUS.get(item["status"], "")),
            _times(item) or "-",
            str(versions[item["item_id"]]),
        )
    return table


def answers(query: str, results: Sequence[Mapping[str, Any]], right: int) -> Table:
    """The first answers to a question; the one at place `right` is what was promised."""
    table = Table(title=f"[bold]{query}[/bold]", title_justify="left", show_header=False, box=None, padding=(0, 1))
    for place, result in enumerate(results):
        sources = ", ".join(result["message_ids"])
        style = "bold green" if place == right else ""
        said = result["text"] if result["kind"] == "message" else f"{result['slot']} = {result['value']}"
        table.add_row(f"{place + 1}.", Text(result["kind"], "dim"), Text(said, style), Text(sources, "dim"))
    return table
