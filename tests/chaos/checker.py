"""The second judge: a list of what was sent, read with the naked eye. Shares no code with the agents.

Free of I/O. Knows nothing of rules, windows or timelines: only what was said, edited and deleted, and where it stands.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from chaos.feeding import number_of
from chaos.found import Acknowledged, Difference, Found, Place, Stored

JUDGE = "checker"


def judge(sent: Sequence[Acknowledged], found: Found) -> Iterator[Difference]:
    """What was acknowledged, against everything that was found."""
    by_place = {each.place: each for each in (*sent, *_doubled(sent, found.events))}
    stands = {event.place: event for event in found.events}
    copies = _copies(by_place, found.events)
    yield from _input(by_place, stands, copies)
    known = {place: by_place.get(place) or copies[place] for place in stands if place in by_place or place in copies}
    yield from _messages(sent, found)
    yield from _statuses(known, set(copies), found)
    yield from _once(stands, found)
    yield from _dead_letters(known, set(copies), stands, found)
    yield from _versions(found)
    for tenant, partition, received, outcomes in found.unaccounted:
        verdict = "outcomes_missing" if outcomes < received else "duplicated"
        yield _difference(verdict, "view unaccounted_events", f"{tenant}/{partition}", received, outcomes)


def _doubled(sent: Sequence[Acknowledged], events: Sequence[Stored]) -> Iterator[Acknowledged]:
    """What the sender wrote twice, and heard of the second only.

    An idempotent producer whose answer is lost with a leader begins a new epoch and sends once more what may stand
    already. No agent can have written it: it stands before what it is a copy of.
    """
    heard = {(each.number, each.place[0]): each for each in sent}
    places = {each.place for each in sent}
    for event in events:
        told = heard.get((number_of(event), event.partition))
        if told is not None and event.place not in places and event.place < told.place:
            yield replace(told, place=event.place)


def _copies(by_place: Mapping[Place, Acknowledged], events: Sequence[Stored]) -> dict[Place, Acknowledged]:
    """Records that nobody sent, and what was sent astray whose bytes they hold: each may have one."""
    astray: dict[tuple[bytes | None, bytes | None], list[Acknowledged]] = defaultdict(list)
    for event in events:
        told = by_place.get(event.place)
        if told is not None and told.misplaced:
            astray[event.key, event.value].append(told)
    copies = {}
    for event in events:
        if event.place not in by_place and astray[event.key, event.value]:
            copies[event.place] = astray[event.key, event.value].pop()
    return copies


def _input(
    by_place: Mapping[Place, Acknowledged], stands: Mapping[Place, Stored], copies: Mapping[Place, Acknowledged]
) -> Iterator[Difference]:
    """What was acknowledged stands in Kafka; nothing else does but one copy of each record sent on."""
    for place, told in by_place.items():
        if place not in stands:
            yield _difference("lost", "topic events", place, told.event_id)
    for place in stands.keys() - by_place.keys() - copies.keys():
        yield _difference("duplicated", "topic events", place)
    sent_on = Counter(told.number for told in copies.values())
    for told in by_place.values():
        if told.misplaced and not sent_on[told.number]:
            yield _difference("lost", "rerouted", told.place, told.event_id)


def texts(sent: Sequence[Acknowledged]) -> dict[str, str | None]:
    """The current text of each message, by key; None where it is deleted. The order of sending plays no part."""
    good = [each for each in sent if each.poison is None]
    said = {_key(each): each for each in good if each.type == "MESSAGE_RECORDED"}
    current: dict[str, str | None] = {key: each.text for key, each in said.items()}
    edits = [each for each in good if each.type == "MESSAGE_EDITED" and _key(each) in said]
    for each in sorted(edits, key=lambda edit: (edit.occurred_at, edit.event_id)):
        current[_key(each)] = each.text
    for each in good:
        if each.type == "MESSAGE_DELETED" and _key(each) in said:
            current[_key(each)] = None
    gone: dict[tuple[str, str], str] = {}
    for each in good:
        if each.type == "CONVERSATION_DELETED":
            where = each.tenant, each.conversation
            gone[where] = max(gone.get(where, ""), each.occurred_at)
    for key, each in said.items():
        if each.occurred_at <= gone.get((each.tenant, each.conversation), ""):
            current[key] = None
    return current


def _messages(sent: Sequence[Acknowledged], found: Found) -> Iterator[Difference]:
    current = texts(sent)
    for where, rows in (("table messages", found.tables["messages"]), ("topic messages", found.topics["messages"])):
        for key in current.keys() - rows.keys():
            yield _difference("lost", where, key, current[key])
        for key in rows.keys() - current.keys():
            yield _difference("duplicated", where, key)
        for key in current.keys() & rows.keys():
            if rows[key]["text"] != current[key]:
                verdict = "resurrected" if current[key] is None else "diverged"
                yield _difference(verdict, where, key, current[key], rows[key]["text"])
    deleted = {key for key, text in current.items() if text is None}
    yield from _resurrected(deleted, found)


def _resurrected(deleted: set[str], found: Found) -> Iterator[Difference]:
    """No evidence and no turn of a message that is deleted; no item that rests on nothing else."""
    for where, views in (("table", found.tables), ("topic", found.topics)):
        resting: Counter[str] = Counter()
        for key in views["evidence"]:
            tenant, user, item, conversation, message = key.split("/")
            resting[f"{tenant}/{user}/{item}"] += 1
            if f"{tenant}/{conversation}/{message}" in deleted:
                yield _difference("resurrected", f"{where} evidence", key)
        for key, item_row in views["items"].items():
            if item_row["evidence_count"] != resting[key]:
                verdict = "diverged" if resting[key] else "resurrected"
                yield _difference(verdict, f"{where} items", key, resting[key], item_row["evidence_count"])
    for key in deleted & found.redis_turns.keys():
        if found.redis_turns[key] is not None:
            yield _difference("resurrected", "redis turns", key, None, found.redis_turns[key])


def _statuses(known: Mapping[Place, Acknowledged], copies: set[Place], found: Found) -> Iterator[Difference]:
    """The first of an event that stands where it belongs is stored, every other one is a duplicate."""
    seen: set[tuple[str, str, str]] = set()
    for place in sorted(known):
        told = known[place]
        identity = told.tenant, told.conversation, told.event_id
        if told.poison is not None:
            want = "dead_lettered"
        elif told.misplaced and place not in copies:
            want = "rerouted"
        else:
            want = "duplicate" if identity in seen else "stored"
            seen.add(identity)
        have = found.outcomes.get(place)
        if have is None:
            yield _difference("outcomes_missing", "table outcomes", place, want)
        elif have["status"] != want:
            yield _difference("diverged", "table outcomes", place, want, have["status"])


def _once(stands: Mapping[Place, Stored], found: Found) -> Iterator[Difference]:
    """Records in, outcomes out: one each in the topic."""
    counts = Counter(place for place, _ in found.outcome_records)
    for place in stands.keys() - counts.keys():
        yield _difference("outcomes_missing", "topic outcomes", place)
    for place, count in counts.items():
        if count > 1 or place not in stands:
            yield _difference("duplicated", "topic outcomes", place, 1, count)
    for place in found.outcomes.keys() - stands.keys():
        yield _difference("duplicated", "table outcomes", place)


def _dead_letters(
    known: Mapping[Place, Acknowledged], copies: set[Place], stands: Mapping[Place, Stored], found: Found
) -> Iterator[Difference]:
    """Each poison record in its known place once, with its own bytes; nothing else."""
    counts = Counter(place for place, _, _ in found.dead_letters)
    poison = {place for place, told in known.items() if told.poison is not None}
    for place in poison - counts.keys():
        yield _difference("lost", "dead letters", place, known[place].poison)
    for place, count in counts.items():
        if count > 1 or place not in poison:
            yield _difference("duplicated", "dead letters", place, 1 if place in poison else 0, count)
    for place, key, value in found.dead_letters:
        if place in stands and (stands[place].key, stands[place].value) != (key, value):
            yield _difference("diverged", "dead letters", place)


def _versions(found: Found) -> Iterator[Difference]:
    """Every version in the feed is a row of the history, and none stands there twice in a row."""
    last: dict[str, bytes | None] = {}
    for key, offset, value in found.item_records:
        if (key, offset) not in found.item_versions:
            yield _difference("lost", "table memory_item_versions", f"{key}@{offset}")
        if key in last and last[key] == value:
            yield _difference("duplicated", "topic items", f"{key}@{offset}")
        last[key] = value


def _key(told: Acknowledged) -> str:
    return f"{told.tenant}/{told.conversation}/{told.message}"


def _difference(verdict: str, where: str, key: object, expected: object = None, found: object = None) -> Difference:
    return Difference(verdict=verdict, judge=JUDGE, where=where, key=str(key), expected=expected, found=found)
