"""From what is known to lines: how each reads, in which order, and how much it matters.

Pure. Without `asked_at` salience is taken at the time of the latest words, so that the same state gives the same text
whenever it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from api.context.material import Known, Line, Material, Said, Section
from api.context.words import Count, clean, shortened
from api.ranking.salience import salience

PROFILE_FLOOR: Final = 0.5
"""Below which nothing of the profile falls: a name or a home is short, and most questions lean on them."""
HALF_RELEVANT: Final = 8
"""At this place an answer matters half as much as the first."""
RECENT_KEPT: Final = 0.93
"""Of the salience of a turn, what the turn before it has: ten turns back half is left."""
LONGEST_LINE: Final = 256
"""Tokens of what was said on one line: some 200 words, so that one long message does not take the place of ten."""
SHORTEST_LONGEST: Final = 24
"""Less would leave nothing to understand."""
LINE_SHARE: Final = 4
"""Into which a budget is cut: so many of the longest lines fit at least."""
SPEAKER_LONGEST: Final = 64
_DAY = timedelta(days=1)
_ONCE = frozenset({"event"})


def longest_line(max_tokens: int) -> int:
    """Tokens of what one line may say within a budget."""
    return min(LONGEST_LINE, max(SHORTEST_LONGEST, max_tokens // LINE_SHARE))


def lines(material: Material, most: int, count: Count) -> list[Line]:
    """Every line in the block's order; words over `most` tokens are shortened, and left out where nothing is left."""
    at = material.asked_at or _latest(material)
    found = [
        *(_item(Section.PROFILE, known, at, material.asked_at) for known in material.profile),
        *(_item(Section.ITEMS, known, at, material.asked_at) for known in sorted(material.items, key=_by_name)),
        *(_item(Section.RELEVANT, known, at, material.asked_at) for known in sorted(material.found, key=_by_name)),
        *(_turn(Section.RELEVANT, said) for said in sorted(material.relevant, key=_by_time)),
        *(_turn(Section.RECENT, said) for said in sorted(material.recent, key=_by_time)),
    ]
    return [line for each in found if (line := _told(each, most, count)) is not None]


def relevance(rank: int) -> float:
    """How much an answer at this place, from 0, matters."""
    return HALF_RELEVANT / (HALF_RELEVANT + rank)


def _latest(material: Material) -> datetime:
    known = [*material.profile, *material.items]
    times = [item.last_occurred_at for item in known if item.last_occurred_at is not None]
    return max([*times, *(said.occurred_at for said in material.recent)], default=datetime.min.replace(tzinfo=UTC))


def _item(section: Section, known: Known, at: datetime, asked_at: datetime | None) -> Line:
    weight = salience(known, now=at).score
    weight = PROFILE_FLOOR + (1 - PROFILE_FLOOR) * weight if section is Section.PROFILE else weight
    if known.rank is not None:
        weight = max(weight, relevance(known.rank))
    entry = {"slot": clean(known.slot.replace("_", " ")), "value": clean(known.value)}
    when = _when(known, asked_at)
    return Line(
        section=section,
        salience=round(weight, 4),
        text="",
        entry=entry | ({"when": when} if when else {}),
        item_id=known.item_id,
    )


def _turn(section: Section, said: Said) -> Line:
    weight = relevance(said.rank) if section is Section.RELEVANT else RECENT_KEPT**said.rank
    speaker = clean(said.speaker_name or said.user_id)[:SPEAKER_LONGEST].replace(":", " ")
    role = {} if said.role == "user" else {"role": said.role}
    entry = {"at": _minute(said.occurred_at), "speaker": speaker, **role, "text": clean(said.text)}
    return Line(
        section=section, salience=round(weight, 4), text="", entry=entry, message=said.key, speaker=said.user_id
    )


def _told(line: Line, most: int, count: Count) -> Line | None:
    """The line with its words, shortened where they are too long."""
    name = "text" if line.message else "value"
    words = shortened(line.entry[name], most, count)
    if not words:
        return None
    entry = {**line.entry, name: words}
    return replace(line, text=_text(entry), entry=entry, shortened=words != line.entry[name])


def _text(entry: dict[str, str]) -> str:
    if "slot" in entry:
        return f"{entry['slot']}: {entry['value']}" + (f" ({entry['when']})" if "when" in entry else "")
    role = f" ({entry['role']})" if "role" in entry else ""
    return f"{entry['at']} {entry['speaker']}{role}: {entry['text']}"


def _when(known: Known, asked_at: datetime | None) -> str:
    """When it holds, held, is due: by days, the last one included. What ended only after the question is not ended."""
    if known.due_from or known.due_to:
        return f"due {_days(known.due_from, known.due_to)}"
    end = known.valid_to
    if asked_at is not None and end is not None and end > asked_at and known.kind not in _ONCE:
        end = None
    if known.valid_from and not end:
        return f"since {known.valid_from:%Y-%m-%d}"
    if end and not known.valid_from:
        return f"until {_last_day(end):%Y-%m-%d}"
    return _days(known.valid_from, end)


def _days(start: datetime | None, end: datetime | None) -> str:
    last = _last_day(end) if end else None
    if start and last and last - start >= _DAY:
        return f"{start:%Y-%m-%d} to {last:%Y-%m-%d}"
    shown = start or last
    return f"{shown:%Y-%m-%d}" if shown else ""


def _last_day(end: datetime) -> datetime:
    return end - timedelta(microseconds=1)


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def _by_name(known: Known) -> tuple[str, str, str, str]:
    return known.kind, known.slot, known.value.casefold(), known.item_id


def _by_time(said: Said) -> tuple[datetime, str, str]:
    return said.occurred_at, said.conversation_id, said.message_id


def by_salience(found: Sequence[Line]) -> Iterator[int]:
    """Places of the lines, those that matter most first; equals in the block's order."""
    yield from sorted(range(len(found)), key=lambda place: (-found[place].salience, place))
