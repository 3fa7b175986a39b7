"""Everything that ships has been released: what nobody froze may change under those who wrote with it."""

from __future__ import annotations

from schemas.catalogue import shipped
from schemas.releases import released, unreleased


def test_every_shipped_version_is_released() -> None:
    assert not unreleased(shipped(), released()), "run `python -m schemas release`"
