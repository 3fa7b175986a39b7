"""What PostgreSQL refuses for a while does not end the sealer."""

from __future__ import annotations

import psycopg
import pytest

from sinks.postgres.sealing.steps import Sealing
from topology.errors import Retryable


@pytest.mark.parametrize(
    "refused",
    [
        psycopg.errors.ReadOnlySqlTransaction,
        psycopg.errors.IdleInTransactionSessionTimeout,
        psycopg.errors.LockNotAvailable,
    ],
)
def test_what_passes_is_to_be_tried_again(refused: type[psycopg.Error]) -> None:
    def connect(*_: object, **__: object) -> psycopg.Connection:
        raise refused

    with pytest.raises(Retryable):
        Sealing("postgresql://", connect=connect).due()
