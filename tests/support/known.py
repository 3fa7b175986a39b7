"""Evidence as it was known at a time, chosen from what consolidate sent: what the sink keeps and a reader asks for.

The same in a few lines of Python as the sink and the reader do in SQL, so that both may be held against a rebuild.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from schemas.ids import ItemId
from schemas.keys import split_key
from schemas.records import Evidence, MemoryItem
from streams.extraction.slots import BUILT_IN
from streams.ports import Output
from streams.processors.knowing import KnownItem, Learned, TenantPolicy, as_known
from support.speech import TENANT
from topology import tombstones
from topology.retention import RetentionPolicy
from topology.tombstones import EXPIRE_RULE, Words
from topology.topics import TopicName


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One record of the topic of evidence."""

    key: str
    recorded_at: datetime
    evidence: Evidence | None
    words: Words


def versions_of(outputs: Iterable[Output], sent_at: datetime) -> Iterator[Version]:
    for output in outputs:
        if output.topic == TopicName.EVIDENCE:
            key, value = str(output.key), output.value
            if isinstance(value, Evidence):
                yield Version(key=key, recorded_at=value.recorded_at, evidence=value, words=Words.KEPT)
            else:
                gone = tombstones.read(output.headers, sent_at)
                yield Version(key=key, recorded_at=gone.recorded_at, evidence=None, words=gone.words)


def learned_at(versions: Iterable[Version], at: datetime) -> dict[str, Version]:
    """The latest of each key that had been recorded by then, of those whose words have not been taken out since."""
    kept: dict[str, list[Version]] = {}
    for version in versions:
        before = kept.get(version.key, [])
        if version.evidence is not None and version.evidence.rule == EXPIRE_RULE:
            kept = {key: [_without_words(each, version.evidence) for each in all_of] for key, all_of in kept.items()}
        if version.words is Words.WORN:
            continue
        if version.words is not Words.KEPT:
            before = [each for each in before if version.words is each.words is Words.DELETED]
        kept[version.key] = before if version.words is Words.ERASED else [*before, version]
    found = {key: [each for each in all_of if each.recorded_at <= at] for key, all_of in kept.items()}
    return {key: known[-1] for key, known in found.items() if known}


def _without_words(version: Version, expiry: Evidence) -> Version:
    said = version.evidence
    if said is None or not is_expired(said, expiry):
        return version
    return replace(version, evidence=replace(said, quote=""))


def is_expired(said: Evidence, expiry: Evidence) -> bool:
    """Whether the words of an assertion go with what the command says."""
    assert expiry.known_to is not None, "an expiry says up to when"
    same = (said.tenant_id, said.item_id) == (expiry.tenant_id, expiry.item_id)
    return same and said.conversation_id is not None and said.occurred_at < expiry.known_to


ANYBODY = TenantPolicy(tenant_id=TENANT, catalogue=BUILT_IN, retention=RetentionPolicy())
"""Without slots or a policy of their own, whoever it is."""


def items_known(versions: Sequence[Version], named: Mapping[ItemId, MemoryItem], at: datetime) -> list[KnownItem]:
    """What was known of everybody at that time. `named`: the items as they are now."""
    learned = [
        Learned(item_id=ItemId(split_key(key)[2]), recorded_at=version.recorded_at, evidence=version.evidence)
        for key, version in learned_at(versions, at).items()
    ]
    return as_known(ANYBODY, learned, named)
