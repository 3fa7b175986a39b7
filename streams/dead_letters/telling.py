"""Letters as lines for people: one each in a list, everything about one.

Free of I/O. A list never shows what was said, only where, when and why it failed; `show` shows all of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from schemas.json_events import time_text
from streams.dead_letters.decoding import Decoded, printable
from streams.dead_letters.judging import Judgement
from streams.dead_letters.letters import Action, Entry
from topology.dead_letters import PREFIX

HEADINGS = ("partition", "offset", "since", "reason", "state", "key", "detail")


def line(entry: Entry) -> str:
    """One letter, tab-separated in the order of HEADINGS."""
    letter = entry.letter
    cells = (
        str(letter.position.partition),
        str(letter.position.offset),
        time_text(letter.raw.timestamp),
        letter.reason,
        entry.actions[-1].kind.value if entry.actions else "open",
        _bytes(letter.raw.key),
        letter.failure.detail if letter.failure else "",
    )
    return "\t".join(printable(cell).replace("\n", " ") for cell in cells)


def page(entry: Entry, decoded: Decoded, judgement: Judgement) -> str:
    """Everything about one letter, and what would become of it now."""
    return "\n".join([*_about(entry), *_value(decoded), *_outlook(judgement), *map(_done, entry.actions)])


def _about(entry: Entry) -> Iterator[str]:
    letter = entry.letter
    yield f"letter     {letter.position.topic} {letter.position.partition} {letter.position.offset}"
    yield f"since      {time_text(letter.raw.timestamp)}"
    if failure := letter.failure:
        source = failure.position
        yield f"source     {printable(source.topic)} {source.partition} {source.offset}"
        yield f"arrived    {time_text(failure.timestamp)}"
        yield f"reason     {printable(failure.reason)}: {printable(failure.detail)}"
    if letter.came_from:
        yield f"sent again from {printable(letter.came_from)}"
    yield f"key        {_bytes(letter.raw.key)}"
    for name, value in letter.raw.headers:
        if not name.startswith(PREFIX):
            yield f"header     {printable(name)}: {_bytes(value)}"


def _value(decoded: Decoded) -> Iterator[str]:
    yield f"wire       {printable(decoded.wire)}"
    yield f"read as    {printable(decoded.form)}"
    if decoded.text:
        yield decoded.text


def _outlook(judgement: Judgement) -> Iterator[str]:
    for problem in judgement.problems:
        yield f"breaks     {printable(problem.field)}: {problem.reason} ({printable(problem.detail)})"
    if not judgement.problems:
        yield "breaks     nothing that can be seen from here: it may be requeued"


def _done(action: Action) -> str:
    because = f": {printable(action.because)}" if action.because else ""
    return f"{action.kind.value:10} {time_text(action.at)} by {printable(action.by)}{because}"


def _bytes(value: bytes | None) -> str:
    if value is None:
        return "-"
    try:
        return printable(value.decode())
    except UnicodeDecodeError:
        return f"0x{value.hex()}"
