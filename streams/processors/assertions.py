"""Assertions as rows: what a candidate of a message becomes, where it is kept, and when two rows say the same.

Pure. A row's key holds its track, so that what competes with each other lies together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from schemas.enums import Kind
from schemas.ids import ItemId, TenantId, UserId
from schemas.keys import join_key, user_routing
from schemas.records import Candidate, Evidence, MessageExtraction
from schemas.state import EvidenceRef
from streams.extraction.slots import Catalogue, Slot, UnknownSlot
from streams.ports import Output, PoisonRecord
from topology import tombstones
from topology.retention import RetentionPolicy
from topology.tombstones import TakenBack
from topology.topics import TopicName


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose memory it is, the slots it may have, and how long it is kept."""

    tenant_id: TenantId
    user_id: UserId
    catalogue: Catalogue = field(compare=False, repr=False)
    retention: RetentionPolicy = field(compare=False, repr=False)

    @property
    def routing(self) -> str:
        return user_routing(self.tenant_id, self.user_id)

    def key(self, *parts: str) -> str:
        """A key below the user's; without parts, the user's own."""
        return join_key(self.tenant_id, self.user_id, *parts)

    def slot_of(self, kind: Kind, slot: str) -> Slot:
        """The slot of that name. Raises PoisonRecord (`unknown_slot`)."""
        try:
            return self.catalogue.slot_of(kind, slot)
        except UnknownSlot as error:
            detail = f"{error} in the rules file of tenant {self.tenant_id}, which must name every slot in use"
            raise PoisonRecord("unknown_slot", detail) from error

    def place_of(self, kind: Kind, slot: str) -> int:
        """Where a profile shows the slot, from 0. Raises PoisonRecord (`unknown_slot`)."""
        self.slot_of(kind, slot)
        return self.catalogue.place_of(kind, slot)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The message or command that a set of assertions rests on; a command has no conversation."""

    conversation_id: str
    message_id: str


def ref_of(owner: Owner, evidence: Evidence) -> EvidenceRef:
    """Where the assertion belongs. Raises PoisonRecord (`unknown_slot`)."""
    owner.slot_of(evidence.kind, evidence.slot)
    track = owner.catalogue.track_of(evidence.kind, evidence.slot, evidence.qualifier, evidence.item_id)
    return EvidenceRef(track=track, item_id=evidence.item_id)


def by_ref(owner: Owner, evidence: Iterable[Evidence]) -> dict[EvidenceRef, Evidence]:
    """Raises PoisonRecord (`unknown_slot`)."""
    return {ref_of(owner, each): each for each in evidence}


def row_key(owner: Owner, ref: EvidenceRef, origin: Origin) -> str:
    return owner.key(ref.track, ref.item_id, origin.conversation_id, origin.message_id)


def track_prefix(owner: Owner, track: str) -> str:
    """What the keys of all rows of a track begin with."""
    return owner.key(track, "")


def output(owner: Owner, evidence: Evidence) -> Output:
    """The row as others see it."""
    key = owner.key(evidence.item_id, evidence.conversation_id or "", evidence.message_id)
    return Output(topic=TopicName.EVIDENCE, key=key, value=evidence, routing=owner.routing)


def tombstone(owner: Owner, item_id: ItemId, origin: Origin, taken_back: TakenBack) -> Output:
    """The row is gone for others too."""
    key = owner.key(item_id, origin.conversation_id, origin.message_id)
    headers = tombstones.headers(taken_back)
    return Output(topic=TopicName.EVIDENCE, key=key, value=None, routing=owner.routing, headers=headers)


def says_the_same(one: Evidence, other: Evidence) -> bool:
    """Whether two rows differ in nothing but when and by which revision they were learned."""
    return replace(one, recorded_at=other.recorded_at, revision=other.revision, source=other.source) == other


def of_extraction(extraction: MessageExtraction) -> Iterable[Evidence]:
    """One assertion an item: where a message says two things of it, the last by its place in the text."""
    last = {}
    for candidate in sorted(extraction.candidates, key=lambda found: (found.start, found.end)):
        last[candidate.item_id] = candidate
    return [_evidence(extraction, candidate) for candidate in last.values()]


def _evidence(extraction: MessageExtraction, candidate: Candidate) -> Evidence:
    return Evidence(
        tenant_id=extraction.tenant_id,
        user_id=extraction.user_id,
        item_id=candidate.item_id,
        kind=candidate.kind,
        slot=candidate.slot,
        qualifier=candidate.qualifier,
        value=candidate.value,
        canonical=candidate.canonical,
        conversation_id=extraction.conversation_id,
        message_id=extraction.message_id,
        tense=candidate.tense,
        confidence=candidate.confidence,
        start=candidate.start,
        end=candidate.end,
        quote=candidate.quote,
        rule=candidate.rule,
        extractor=extraction.extractor,
        occurred_at=extraction.occurred_at,
        recorded_at=extraction.recorded_at,
        known_from=candidate.known_from,
        known_to=candidate.known_to,
        granularity=candidate.granularity,
        due_from=candidate.due_from,
        due_to=candidate.due_to,
        revision=extraction.revision,
        source=extraction.source,
    )
