"""From all assertions that compete with each other (a track) to what each of their items is: status and validity.

Pure; the order in which evidence came does not matter, only (occurred_at, message). A track of a single-valued slot
holds several items, which take each other's place; any other holds one item alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import TypeAlias

from schemas.enums import ItemStatus, Kind, Tense
from schemas.ids import ItemId, item_id
from schemas.records import Evidence, Interval
from streams.processors.intervals import interval, union
from topology.tombstones import EXPIRE_RULE

Order: TypeAlias = tuple[datetime, bool, str, str, int, int, str]

FORGOTTEN = "forget@1"
"""The rule of evidence by which a command makes all that was said of an item before it void."""
CORRECTED = "corrected@1"
"""The rule of evidence by which a command puts the value it carries in the place of its item."""
EXPIRED = EXPIRE_RULE
"""The rule of evidence by which a command lets what was said of an item before its `known_to` expire. Such words no
longer stand for the item, but what they took the place of stays superseded."""

CONFIRMED = "confirm@1"
"""The rule of evidence by which a command says yes to an item; the item's words are others."""

DATED_KINDS = frozenset({Kind.EVENT, Kind.TASK, Kind.DECISION})
"""What happens or is done once: validity is when, as the words say, and no other value takes its place."""

_LAST_WORD = MappingProxyType(
    {
        (Kind.TASK, Tense.PAST): ItemStatus.DONE,
        (Kind.TASK, Tense.ENDED): ItemStatus.CANCELLED,
        (Kind.EVENT, Tense.ENDED): ItemStatus.ENDED,
        (Kind.DECISION, Tense.ENDED): ItemStatus.ENDED,
    }
)
"""What the latest assertion makes of a dated item; it is active where nothing is said here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What an item is, by its evidence."""

    status: ItemStatus
    validity: tuple[Interval, ...] = ()
    superseded_by: ItemId | None = None
    support: tuple[Evidence, ...] = ()
    """The assertions made of the item, oldest first; empty where it is retracted."""
    expired_to: datetime | None = None
    """What was said of it before then has expired."""


RETRACTED = Standing(status=ItemStatus.RETRACTED)


def order_of(evidence: Evidence) -> Order:
    """Event time, then message; a command comes after what was said at the same moment."""
    return (
        evidence.occurred_at,
        evidence.conversation_id is None,
        evidence.conversation_id or "",
        evidence.message_id,
        evidence.start,
        evidence.end,
        evidence.item_id,
    )


def standings(track: Iterable[Evidence]) -> dict[ItemId, Standing]:
    """The standing of each item of one track that has evidence."""
    evidence = sorted(track, key=order_of)
    counting, expired = _counting(evidence), _expired(evidence)
    lives = _lives(counting)
    stand = {each.item_id: _standing(lives.get(each.item_id)) for each in evidence}
    left = {item: _left(item, before, counting, stand[item]) for item, before in expired.items()}
    return stand | left


def _lives(counting: Sequence[Evidence]) -> dict[ItemId, _Life]:
    told = _Lasting() if not counting or counting[0].kind not in DATED_KINDS else _Dated()
    for each in counting:
        told.tell(each)
    return told.lives()


def _expired(evidence: Iterable[Evidence]) -> dict[ItemId, datetime]:
    """By item, the moment before which what was said of it has expired."""
    expired: dict[ItemId, datetime] = {}
    for each in evidence:
        if each.rule == EXPIRED and each.known_to is not None:
            expired[each.item_id] = max(each.known_to, expired.get(each.item_id, each.known_to))
    return expired


def _left(item: ItemId, before: datetime, counting: Sequence[Evidence], whole: Standing) -> Standing:
    """What an item is by what has been said since; where that is nothing of it, what it was, expired."""
    left = _standing(_lives([each for each in counting if each.occurred_at >= before]).get(item))
    if left.support:
        return replace(left, expired_to=before)
    status = ItemStatus.EXPIRED if whole.support else ItemStatus.RETRACTED
    return replace(whole, status=status, superseded_by=None, expired_to=before)


def _counting(evidence: Sequence[Evidence]) -> list[Evidence]:
    """What was said of each item since it was last forgotten, in words that this release understands."""
    forgotten = {each.item_id: order_of(each) for each in evidence if each.rule == FORGOTTEN}
    return [
        each
        for each in evidence
        if each.tense is not Tense.UNKNOWN
        and each.rule != EXPIRED
        and (each.item_id not in forgotten or order_of(each) > forgotten[each.item_id])
    ]


@dataclass(slots=True, kw_only=True)
class _Life:
    """What was told of one item so far."""

    status: ItemStatus = ItemStatus.ACTIVE
    superseded_by: ItemId | None = None
    spans: list[Interval] = field(default_factory=list)
    plan: tuple[Interval, ...] = ()
    only_planned: bool = True
    support: list[Evidence] = field(default_factory=list)

    def become(self, status: ItemStatus, superseded_by: ItemId | None = None) -> None:
        self.status, self.superseded_by = status, superseded_by


def _standing(life: _Life | None) -> Standing:
    if life is None or not life.support:
        return RETRACTED
    return Standing(
        status=life.status,
        validity=union([*life.spans, *life.plan]),
        superseded_by=life.superseded_by,
        support=tuple(life.support),
    )


@dataclass(slots=True, kw_only=True)
class _Current:
    """The value that holds, from when, and until when if its words say so."""

    item_id: ItemId
    since: datetime
    until: datetime | None


class _Lasting:
    """Values that hold until another takes their place or they are said to be past. Told oldest first."""

    def __init__(self) -> None:
        self._lives: dict[ItemId, _Life] = {}
        self._current: _Current | None = None
        self._ended: Evidence | None = None
        """The assertion that last ended a current value."""

    def tell(self, said: Evidence) -> None:
        life = self._lives.setdefault(said.item_id, _Life())
        if said.tense is Tense.PLANNED:
            _planned(life, said)
            return
        life.plan, life.only_planned = (), False
        if said.rule == CORRECTED:
            self._corrected(life, said)
        elif said.tense is Tense.PRESENT:
            self._present(life, said)
        else:
            self._past(life, said)

    def lives(self) -> dict[ItemId, _Life]:
        """What each item came to."""
        if self._current is not None:
            self._close(self._current.until)
        return self._lives

    def _present(self, life: _Life, said: Evidence) -> None:
        life.support.append(said)
        life.become(ItemStatus.ACTIVE)
        start = said.known_from or said.occurred_at
        if self._current is not None and self._current.item_id == said.item_id:
            start = min(self._current.since, start)
        else:
            self._give_way(said, start)
        self._current = _Current(item_id=said.item_id, since=start, until=said.known_to)

    def _past(self, life: _Life, said: Evidence) -> None:
        """`past` and `ended` alike: it held as far as the words say, and does not hold after."""
        life.support.append(said)
        if self._holds(said.item_id):
            self._close(said.known_to or said.occurred_at)
            self._ended = said
        if life.status is not ItemStatus.SUPERSEDED:
            life.become(ItemStatus.ENDED)
        if said.known_from is not None or (said.known_to is not None and not life.spans):
            life.spans.extend(interval(said.known_from, said.known_to or said.occurred_at))

    def _corrected(self, life: _Life, said: Evidence) -> None:
        if self._holds(said.item_id):
            self._close(said.occurred_at)
        life.become(ItemStatus.SUPERSEDED, corrected_to(said))

    def _give_way(self, said: Evidence, at: datetime) -> None:
        """The value that was current until now, or that the same message ended, is superseded."""
        if self._current is not None:
            self._lives[self._current.item_id].become(ItemStatus.SUPERSEDED, said.item_id)
            self._close(at)
        elif self._ended is not None and _same_message(self._ended, said):
            self._lives[self._ended.item_id].become(ItemStatus.SUPERSEDED, said.item_id)

    def _holds(self, item: ItemId) -> bool:
        return self._current is not None and self._current.item_id == item

    def _close(self, at: datetime | None) -> None:
        """End the current interval at `at` (None: leave it open), never before it began, nor after its words say."""
        assert self._current is not None
        ends = [end for end in (at, self._current.until) if end is not None]
        end = max(self._current.since, min(ends)) if ends else None
        self._lives[self._current.item_id].spans.extend(interval(self._current.since, end))
        self._current = None


def _planned(life: _Life, said: Evidence) -> None:
    """A plan alone never takes a place; it counts only while nothing but plans is told of the item."""
    life.support.append(said)
    ahead = said.known_from is not None and said.known_from > said.occurred_at
    life.plan = interval(said.known_from, said.known_to) if life.only_planned and ahead else ()


def _same_message(one: Evidence, other: Evidence) -> bool:
    return (one.conversation_id, one.message_id) == (other.conversation_id, other.message_id)


class _Dated:
    """Events, tasks, decisions: each stands alone, at the times its words give. Told oldest first."""

    def __init__(self) -> None:
        self._lives: dict[ItemId, _Life] = {}

    def tell(self, said: Evidence) -> None:
        life = self._lives.setdefault(said.item_id, _Life())
        if said.rule == CORRECTED:
            life.become(ItemStatus.SUPERSEDED, corrected_to(said))
            return
        life.support.append(said)
        life.become(_LAST_WORD.get((said.kind, said.tense), ItemStatus.ACTIVE))
        when = interval(said.known_from, said.known_to)
        if said.tense is Tense.PLANNED:
            life.plan = when or life.plan
        elif said.tense is Tense.ENDED or when:
            life.plan = ()
        if said.tense in (Tense.PRESENT, Tense.PAST):
            life.spans.extend(when)

    def lives(self) -> dict[ItemId, _Life]:
        """What each item came to."""
        return self._lives


def corrected_to(said: Evidence) -> ItemId:
    """The item that a correction puts in the place of the one it is about."""
    return item_id(said.tenant_id, said.user_id, said.kind, said.slot, said.canonical)
