"""What a tenant decides in both stages: whose words are remembered, and in which slots."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schemas.enums import CommandType, ItemStatus, Kind, OutcomeStatus, Role
from schemas.ids import TenantId
from schemas.records import MemoryItem, Outcome
from streams.extraction.port import HEARD
from streams.extraction.tenants import rulebook
from streams.ports import PoisonRecord
from streams.processors.policy import ExtractPolicy
from support.extracting import Extract, status_and_reasons
from support.memory import Memory, command, id_of
from support.speech import TENANT, deleted, edited, said
from support.tenants import shoe_seller
from topology.topics import TopicName

CORRECT, REMEMBER = CommandType.CORRECT, CommandType.REMEMBER
LISTENER = {TENANT: frozenset({Role.USER, Role.ASSISTANT})}


def listening() -> Extract:
    return Extract(roles=LISTENER)


def test_the_words_of_a_role_that_the_tenant_hears_are_remembered() -> None:
    extract = listening().take(said(1, "lives:Lisbon", role=Role.ASSISTANT), said(2, "lives:Rome", role=Role.TOOL))

    assert (extract.found("m1"), extract.found("m2")) == (["Lisbon"], [])
    assert status_and_reasons(extract) == [("stored", ()), ("stored", ("no_memory:role",))]


def test_a_tenant_may_hear_assistants_alone() -> None:
    extract = Extract(roles={TENANT: frozenset({Role.ASSISTANT})})
    extract.take(said(1, "lives:Lisbon"), said(2, "lives:Rome", role=Role.ASSISTANT))

    assert (extract.found("m1"), extract.found("m2")) == ([], ["Rome"])


def test_other_tenants_hear_users_alone() -> None:
    extract = listening().take(said(1, "lives:Lisbon", role=Role.ASSISTANT, tenant_id=TenantId("other")))

    assert extract.extractions == []


@pytest.mark.parametrize("fields", [{"recalled": True}, {"remember": False}])
def test_what_is_withheld_is_so_whoever_is_heard(fields: dict[str, bool]) -> None:
    assert listening().take(said(1, "lives:Lisbon", role=Role.ASSISTANT, **fields)).extractions == []


def test_an_edit_and_a_late_turn_read_a_role_that_is_heard_again() -> None:
    extract = listening().take(said(2, "echo", role=Role.ASSISTANT), said(1, "lives:Rome"), edited(1, "hello", at=9))

    assert [found.candidates[0].value for found in extract.extractions if found.message_id == "m2"] == [
        "<>",
        "<lives:Rome>",
        "<hello>",
    ]


@pytest.mark.parametrize("change", [deleted(1, at=9), edited(1, "nothing", at=9)])
def test_what_was_found_is_taken_back_though_the_role_is_not_heard_any_more(change: object) -> None:
    """The tenant changed its mind, and the file, between the message and its deletion."""
    before = Extract(roles=LISTENER).take(said(1, "lives:Lisbon", role=Role.ASSISTANT))
    after = Extract()
    after.replay.stages[0].tables = before.replay.stages[0].tables
    assert isinstance(change, type(deleted(1, at=9)))
    after.take(change)

    (taken_back,) = after.extractions
    assert (taken_back.message_id, taken_back.candidates) == ("m1", ())


def test_only_users_are_heard_by_default() -> None:
    policy = ExtractPolicy(roles=LISTENER)
    assert [role for role in Role if policy.hears(TENANT, role)] == [Role.USER, Role.ASSISTANT]
    assert frozenset(role for role in Role if policy.hears(TenantId("other"), role)) == HEARD


def test_the_values_of_a_single_valued_slot_of_a_tenant_supersede_each_other_and_stand_in_the_profile() -> None:
    memory = Memory(rulebook=shoe_seller()).hear(
        said(1, "My shoe size is 43."), said(2, "My name is Anna."), said(3, "My shoe size is 44.")
    )

    assert {value: item.status for value, item in memory.items.items()} == {
        "43": ItemStatus.SUPERSEDED,
        "44": ItemStatus.ACTIVE,
        "Anna": ItemStatus.ACTIVE,
    }
    assert [(entry.slot, entry.value) for entry in memory.profile.slots] == [("name", "Anna"), ("shoe_size", "44")]
    assert memory.items["44"].extractor == "shoes@1"


def test_commands_remember_and_correct_in_a_slot_of_the_tenant() -> None:
    memory = Memory(rulebook=shoe_seller()).obey(command(REMEMBER, at=1, kind=Kind.FACT, slot="shoe_size", value="43"))
    memory.obey(command(CORRECT, at=2, name="k2", item_id=id_of(memory, "43"), value="44"))

    assert (memory.items["43"].status, memory.items["44"].status) == (ItemStatus.SUPERSEDED, ItemStatus.ACTIVE)


def test_no_other_tenant_has_the_slot() -> None:
    memory = Memory(rulebook=shoe_seller())
    other = replace(command(REMEMBER, at=1, kind=Kind.FACT, slot="shoe_size", value="43"), tenant_id=TenantId("other"))
    with pytest.raises(PoisonRecord, match="unknown_slot"):
        memory.obey(other)
    memory.replay.take_events([said(1, "My shoe size is 43.", tenant_id=TenantId("other"))])
    assert not list(memory.replay.sent(TopicName.ITEMS, MemoryItem))


def test_consolidate_stops_at_a_slot_that_it_does_not_know() -> None:
    """Extract was given the new file before consolidate: nothing is lost, and nothing is set aside in silence."""
    early = Memory(rulebook=replace(shoe_seller(), catalogues=rulebook().catalogues))
    with pytest.raises(PoisonRecord, match="fact has no slot 'shoe_size'"):
        early.hear(said(1, "My shoe size is 43."))
    (outcome,) = [value for _, value in early.replay.sent(TopicName.OUTCOMES, Outcome) if value is not None]
    assert outcome.status is OutcomeStatus.STORED


def test_consolidate_stops_at_the_memory_of_a_slot_that_was_taken_out_of_the_file() -> None:
    """Whoever takes it out hears which one is missing; no item leaves a profile in silence."""
    memory = Memory(rulebook=shoe_seller()).hear(said(1, "My shoe size is 43."))
    without = Memory(rulebook=rulebook())
    without.replay.stages[1].tables = memory.replay.stages[1].tables
    with pytest.raises(PoisonRecord, match="no slot 'shoe_size' in the rules file of tenant acme"):
        without.hear(said(2, "My name is Anna."))
