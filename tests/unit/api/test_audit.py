"""Who did what is written down, with whose data was shown, and is not lost while the database is away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from api.app import create_app
from api.audit.entries import ACTIONS, NOT_AUDITED, AuditEntry
from api.audit.shown import Shown
from api.audit.trail import Trail, Unstorable
from api.auth import Principal, Scope
from api.background import keep_doing
from api.context.material import Said
from api.models.items import ItemHistory
from api.models.recall import ContextTurn, RecallResult
from api.readers.outcomes import RecordOutcome
from api.uses import LastUse, LastUses
from schemas.enums import OutcomeStatus
from schemas.ids import TenantId
from schemas.records import Position
from support.api_fakes import TENANT, Failing, World, an_item, world
from topology import metrics
from topology.metrics import API_AUDITED, API_LAST_USES_DROPPED, Meters

ITEM = "0f8b1a52-6d0e-5b7a-9c41-2f1d7e0b9a10"
NOW = datetime(2024, 5, 17, tzinfo=UTC)


class Store(Failing):
    """Where rows and uses land."""

    def __init__(self) -> None:
        self.rows: list[AuditEntry] = []
        self.uses: list[LastUse] = []
        self.refused: set[str] = set()

    async def write(self, entries: Sequence[AuditEntry]) -> None:
        await asyncio.sleep(0)
        self.answer()
        if self.refused.intersection(entry.action for entry in entries):
            raise Unstorable("no")
        self.rows.extend(entries)

    async def write_uses(self, uses: LastUse) -> None:
        self.answer()
        self.uses.append(dict(uses))


def an_entry(action: str = "recall") -> AuditEntry:
    return AuditEntry(
        tenant_id=TENANT, at=NOW, principal_id=None, principal="key:test", action=action, endpoint="x", status=200
    )


def count(meters: Meters, to: str) -> float:
    return meters.registry.get_sample_value(API_AUDITED.name, {"to": to}) or 0.0


def a_world() -> World:
    """Ana's item, found by recall beside a turn of Rui's, and an event that made it."""
    w = world()
    item = an_item()
    w.items.known[TENANT, UUID(ITEM)] = item
    turn = RecallResult(
        kind="message", id="m-2", score=1, text="Hm", message_ids=["m-2"], user_id="rui", occurred_at=NOW,
        conversation_id="office",
    )  # fmt: skip
    thing = RecallResult(
        kind="item", id=ITEM, score=1, text="home city: Porto", message_ids=["m-1"], user_id="ana", occurred_at=NOW,
        evidence=item.evidence, stands_for=["twin"],
    )  # fmt: skip
    w.recall.results.extend([turn, thing])
    position = Position(topic="t", partition=0, offset=0)
    outcome = RecordOutcome(status=OutcomeStatus.STORED, reasons=(), item_ids=(ITEM,), position=position)
    w.outcomes.known[TENANT, "e"] = [outcome]
    return w


EVENT = {
    "event_id": "e", "type": "message.recorded", "conversation_id": "family", "message_id": "m-1", "user_id": "ana",
    "text": "a private thing", "occurred_at": "2024-01-01T00:00:00Z",
}  # fmt: skip
CALLS: list[tuple[str, str, object, int, tuple[list[str], list[str], list[str]]]] = [
    ("POST", "/v1/recall", {"query": "a private thing", "conversation_id": "family"}, 200,
     (["ana", "rui"], ["family", "office"], [ITEM, "twin"])),
    ("POST", "/v1/recall", {"query": "a private thing", "user_id": "eva", "limit": 1}, 200,
     (["eva", "rui"], ["office"], [])),
    ("GET", "/v1/users/ana/profile", None, 200, (["ana"], [], [])),
    ("GET", "/v1/users/ana/items", None, 200, (["ana"], ["family"], [ITEM])),
    ("GET", f"/v1/items/{ITEM}", None, 200, (["ana"], ["family"], [ITEM])),
    ("GET", f"/v1/items/{ITEM}/history", None, 404, ([], [], [ITEM])),
    ("GET", "/v1/conversations/family/messages", None, 200, ([], ["family"], [])),
    ("GET", "/v1/events/e", None, 200, ([], [], [ITEM])),
    ("POST", "/v1/events", [EVENT], 202, (["ana"], ["family"], [])),
    ("DELETE", f"/v1/items/{ITEM}", None, 202, (["ana"], ["family"], [ITEM])),
    ("GET", "/v1/users/u%00/items", None, 422, (["u\ufffd"], [], [])),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status", "named"), CALLS)
async def test_a_call_names_whose_data_its_answer_shows(
    method: str, path: str, body: object, status: int, named: tuple[list[str], list[str], list[str]]
) -> None:
    w = a_world()
    async with w.client() as client:
        answer = await client.request(method, path, json=body)
    (entry,) = w.audit.entries
    assert (answer.status_code, entry.status) == (status, status)
    assert (list(entry.user_ids), list(entry.conversation_ids), list(entry.item_ids)) == named
    assert (entry.tenant_id, entry.principal, entry.request_id) == (
        TENANT,
        "key:test",
        answer.headers["x-request-id"],
    )
    assert "private" not in str(entry.as_json())


async def test_a_block_names_everybody_whose_words_it_holds() -> None:
    w = a_world()
    w.surroundings.recent = [
        Said(
            conversation_id="family", message_id="m-9", user_id="eva", speaker_name=None, role="user", text="Hello",
            occurred_at=NOW, rank=0,
        )
    ]  # fmt: skip
    async with w.client() as client:
        await client.post("/v1/context", json={"user_id": "ana", "query": "where"})
    (entry,) = w.audit.entries
    assert (entry.user_ids, entry.conversation_ids) == (("ana", "eva", "rui"), ("family", "office"))


async def test_turns_around_an_answer_are_shown_too() -> None:
    w = a_world()
    turn = ContextTurn(
        distance=1, message_id="m-3", user_id="eva", speaker_name=None, role="user", text="Hello", occurred_at=NOW
    )
    w.recall.results[:] = [
        w.recall.results[0].model_copy(update={"context": [turn], "stands_for": ["a message, no item"]})
    ]
    async with w.client() as client:
        await client.post("/v1/recall", json={"query": "q", "conversation_id": "office", "neighbours": 1})
    (entry,) = w.audit.entries
    assert (entry.user_ids, entry.item_ids) == (("eva", "rui"), ())


async def test_versions_of_an_item_name_whose_it_is() -> None:
    w = a_world()
    w.items.histories[TENANT, UUID(ITEM)] = ItemHistory(item_id=ITEM, user_id="ana", versions=[])
    async with w.client() as client:
        await client.get(f"/v1/items/{ITEM}/history")
    (entry,) = w.audit.entries
    assert (entry.user_ids, entry.item_ids) == (("ana",), (ITEM,))


async def test_a_refused_call_of_somebody_known_is_written_down_and_a_stranger_s_is_not() -> None:
    w = World()
    w.keys.add(scopes=frozenset({Scope.INGEST}))
    async with w.client() as client:
        await client.get("/v1/users/ana/profile")
        await client.get("/v1/users/ana/profile", headers={"Authorization": "Bearer alv_wrong"})
        await client.get("/v1/nowhere")
    assert [(e.action, e.status, e.user_ids) for e in w.audit.entries] == [("profile", 403, ("ana",))]


async def test_a_failed_call_is_written_down() -> None:
    w = world()
    w.profiles.error = RuntimeError("unforeseen")
    async with w.client() as client:
        await client.get("/v1/users/ana/profile")
    assert [(entry.action, entry.status) for entry in w.audit.entries] == [("profile", 500)]


def test_every_endpoint_has_a_name_in_the_log_or_is_left_out_on_purpose() -> None:
    w = world()
    app = create_app(w.settings(), w.dependencies())
    paths = app.openapi()["paths"]
    calls = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods if "/v1/" in path}
    assert calls - set(ACTIONS) - NOT_AUDITED == set()


def test_what_is_shown_is_found_in_plain_dictionaries_too() -> None:
    shown = Shown()
    answer = {"results": [{"kind": "item", "id": "i", "user_id": "ana", "neighbours": [{"user_id": "rui"}]}]}
    assert shown.by(answer) is answer
    assert (shown.user_ids, shown.item_ids) == ({"ana", "rui"}, {"i"})


async def test_rows_wait_for_the_database_and_keep_their_order() -> None:
    store, meters = Store(), metrics.build("api")
    trail = Trail(store, meters)
    entries = [an_entry() for _ in range(1_200)]
    store.error = OSError("gone")
    for entry in entries:
        trail.put(entry)
    with pytest.raises(OSError, match="gone"):
        await trail.flush()
    store.error = None
    await trail.flush()
    assert store.rows == entries
    assert count(meters, "database") == 1_200


async def test_a_row_that_is_refused_is_logged_and_the_others_land(caplog: pytest.LogCaptureFixture) -> None:
    store, meters = Store(), metrics.build("api")
    store.refused = {"bad"}
    trail = Trail(store, meters)
    for action in ("a", "b", "bad", "c", "d"):
        trail.put(an_entry(action))
    await trail.flush()
    assert [row.action for row in store.rows] == ["a", "b", "c", "d"]
    assert [vars(r)["audit"]["action"] for r in caplog.records if r.message == "audit"] == ["bad"]
    assert (count(meters, "database"), count(meters, "log")) == (4, 1)


async def test_beyond_the_buffer_rows_are_logged_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    meters = metrics.build("api")
    trail = Trail(Store(), meters, most=2)
    for action in ("a", "b", "c"):
        trail.put(an_entry(action))
    assert [vars(r)["audit"]["action"] for r in caplog.records] == ["c"]
    assert count(meters, "log") == 1


async def test_the_end_writes_what_waits_or_logs_it(caplog: pytest.LogCaptureFixture) -> None:
    store = Store()
    good, bad = Trail(store, metrics.build("api")), Trail(store, metrics.build("api"))
    good.put(an_entry("written"))
    await good.close()
    store.error = OSError("gone")
    bad.put(an_entry("logged"))
    await bad.close()
    bad.put(an_entry("late"))
    assert [row.action for row in store.rows] == ["written"]
    assert [vars(r)["audit"]["action"] for r in caplog.records if r.message == "audit"] == ["logged", "late"]
    assert all(r.levelno == logging.ERROR for r in caplog.records if r.message == "audit")


async def test_background_work_goes_on_after_any_error() -> None:
    done = asyncio.Event()
    times: list[int] = []

    async def work() -> None:
        times.append(1)
        if len(times) < 3:
            raise KeyError("unforeseen")
        done.set()

    task = asyncio.create_task(keep_doing(work, 0))
    await asyncio.wait_for(done.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def a_principal(number: int) -> Principal:
    return Principal(
        key_id=UUID(int=number), name="n", tenant_id=TenantId("acme"), scopes=frozenset(Scope), rate_limited=True
    )


async def test_uses_that_cannot_be_written_are_put_back_bounded_and_counted() -> None:
    store, meters = Store(), metrics.build("api")
    uses = LastUses(store, meters, most=2)
    first, later = NOW, NOW + timedelta(minutes=1)
    for number in (1, 2, 3):
        uses.used(a_principal(number), first)
    store.error = OSError("gone")
    with pytest.raises(OSError, match="gone"):
        await uses.flush()
    uses.used(a_principal(1), later)
    store.error = None
    await uses.flush()
    await uses.flush()
    assert store.uses == [{(TENANT, UUID(int=1)): later, (TENANT, UUID(int=2)): first}]
    assert meters.registry.get_sample_value(API_LAST_USES_DROPPED.name) == 1


async def test_the_end_writes_last_uses_or_counts_them() -> None:
    store, meters = Store(), metrics.build("api")
    uses = LastUses(store, meters)
    uses.used(a_principal(1), NOW)
    await uses.close()
    store.error = OSError("gone")
    uses.used(a_principal(2), NOW)
    await uses.close()
    assert store.uses == [{(TENANT, UUID(int=1)): NOW}]
    assert meters.registry.get_sample_value(API_LAST_USES_DROPPED.name) == 1


async def test_a_key_in_use_is_told_of() -> None:
    w = world()
    async with w.client() as client:
        await client.get("/v1/version")
    assert w.uses.keys == [UUID(int=0)]
