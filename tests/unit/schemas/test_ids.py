"""Item ids: the same for the same thing for ever, and another for every other."""

from __future__ import annotations

from schemas.ids import TenantId, UserId, item_id

TENANT, USER = TenantId("local"), UserId("ines")


def test_an_id_never_changes() -> None:
    assert item_id(TENANT, USER, "fact", "home_city", "porto") == "c68a5123-c3f2-596c-8340-04bca322054c"


def test_every_part_counts() -> None:
    ids = {
        item_id(TENANT, USER, "fact", "home_city", "porto"),
        item_id(TENANT, USER, "fact", "home_city", "lisbon"),
        item_id(TENANT, USER, "fact", "hometown", "porto"),
        item_id(TENANT, USER, "event", "home_city", "porto"),
        item_id(TENANT, UserId("rui"), "fact", "home_city", "porto"),
        item_id(TenantId("other"), USER, "fact", "home_city", "porto"),
    }

    assert len(ids) == 6
