"""The client against the real registry: what it registers, finds, refuses and does not know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import httpx
import pytest

from schemas.catalogue import Catalogue, SchemaVersion, shipped
from schemas.codec import Codec, Undecodable, UnknownSchemaId
from schemas.errors import Misconfigured
from schemas.examples import EXAMPLES
from schemas.records import ConversationEvent
from schemas.registry import LEVEL, Registry, RegistrySchemaIds
from support.infrastructure import Infrastructure

pytestmark = pytest.mark.integration

EVENT = next(example for example in EXAMPLES if isinstance(example, ConversationEvent))


@pytest.fixture
def registry(infrastructure: Infrastructure) -> Iterator[Registry]:
    with closing(Registry(infrastructure.registry_url)) as opened:
        yield opened


@pytest.fixture
def ids(infrastructure: Infrastructure) -> Iterator[RegistrySchemaIds]:
    with closing(RegistrySchemaIds(infrastructure.registry_url)) as opened:
        yield opened


@pytest.fixture
def mine() -> Catalogue:
    """The events' schema under a subject of this test's own."""
    first = shipped().latest(ConversationEvent.SUBJECT)
    subject = f"test-{uuid4().hex[:12]}-value"
    return Catalogue(subjects={subject: (SchemaVersion(subject=subject, version=1, text=first.text),)})


def with_field(catalogue: Catalogue, **field: object) -> Catalogue:
    """The catalogue with a second version that has one more field."""
    ((subject, (first,)),) = catalogue.subjects.items()
    schema = first.definition
    schema["fields"].append(field)
    return Catalogue(subjects={subject: (first, SchemaVersion(subject=subject, version=2, text=json.dumps(schema)))})


def test_registering_twice_changes_nothing(registry: Registry, mine: Catalogue) -> None:
    (first,) = registry.register(mine)
    (second,) = registry.register(mine)

    assert first.new
    assert not second.new
    assert first.schema_id == second.schema_id == registry.find(first.version)


def test_every_shipped_schema_can_be_registered(registry: Registry) -> None:
    registered = list(registry.register(shipped()))

    assert [entry.version for entry in registered] == list(shipped())
    assert all(registry.find(version) is not None for version in shipped())


def test_a_subject_has_its_own_level(infrastructure: Infrastructure, registry: Registry, mine: Catalogue) -> None:
    list(registry.register(mine))

    (subject,) = mine.subjects
    told = httpx.get(f"{infrastructure.registry_url}/config/{subject}", timeout=20).json()
    assert told["compatibilityLevel"] == LEVEL


def test_a_compatible_version_follows(registry: Registry, mine: Catalogue) -> None:
    list(registry.register(mine))

    first, second = registry.register(with_field(mine, name="mood", type=["null", "string"], default=None))

    assert (first.new, second.new) == (False, True)
    assert first.schema_id != second.schema_id


def test_an_incompatible_version_is_refused(registry: Registry, mine: Catalogue) -> None:
    list(registry.register(mine))

    with pytest.raises(Misconfigured, match="refuses"):
        list(registry.register(with_field(mine, name="mood", type="string")))


def test_a_new_symbol_is_compatible_as_it_is_offline(registry: Registry, mine: Catalogue) -> None:
    """The registry and `schemas check` must agree on what may follow."""
    ((subject, (first,)),) = mine.subjects.items()
    schema = first.definition
    schema["fields"][1]["type"]["symbols"].append("MESSAGE_PINNED")
    second = SchemaVersion(subject=subject, version=2, text=json.dumps(schema))

    assert len(list(registry.register(Catalogue(subjects={subject: (first, second)})))) == 2


def test_bytes_of_one_process_are_read_by_another(
    infrastructure: Infrastructure, registry: Registry, ids: RegistrySchemaIds
) -> None:
    list(registry.register(shipped()))
    payload = Codec(ids).encode(EVENT)

    with closing(RegistrySchemaIds(infrastructure.registry_url)) as others:
        assert Codec(others).decode(payload, ConversationEvent) == EVENT


def test_a_newer_writer_is_read_by_an_older_reader(registry: Registry, ids: RegistrySchemaIds) -> None:
    """A release of tomorrow writes with a version that this one does not ship."""
    subject = ConversationEvent.SUBJECT
    today = Catalogue(subjects={subject: shipped().subjects[subject]})
    tomorrow = with_field(today, name=f"later_{uuid4().hex[:8]}", type=["null", "string"], default=None)
    isolated = _renamed(tomorrow, f"test-{uuid4().hex[:12]}-value")
    list(registry.register(isolated))

    newest = ids.id_of(isolated.latest(next(iter(isolated.subjects))))
    writer = Codec(_Fixed(newest), tomorrow)
    payload = writer.encode(EVENT)

    assert payload[1:5] == newest.to_bytes(4, "big")
    assert Codec(ids).decode(payload, ConversationEvent) == EVENT


def test_an_unknown_id_is_no_failure_of_the_registry(ids: RegistrySchemaIds) -> None:
    with pytest.raises(UnknownSchemaId):
        ids.definition_of(2_000_000_000)
    with pytest.raises(Undecodable) as caught:
        Codec(ids).decode(b"\x00\x77\x35\x94\x00", ConversationEvent)
    assert caught.value.reason == "unknown_schema"


def test_a_schema_that_is_not_registered_is_named(ids: RegistrySchemaIds, mine: Catalogue) -> None:
    (version,) = mine

    with pytest.raises(Misconfigured, match="run `python -m schemas register`"):
        ids.id_of(version)


class _Fixed:
    """Every schema under one id."""

    def __init__(self, schema_id: int) -> None:
        self._schema_id = schema_id

    def id_of(self, version: SchemaVersion) -> int:
        return self._schema_id

    def definition_of(self, schema_id: int) -> dict[str, object]:
        raise AssertionError("not asked when writing")


def _renamed(catalogue: Catalogue, subject: str) -> Catalogue:
    (versions,) = catalogue.subjects.values()
    renamed = tuple(SchemaVersion(subject=subject, version=v.version, text=v.text) for v in versions)
    return Catalogue(subjects={subject: renamed})
