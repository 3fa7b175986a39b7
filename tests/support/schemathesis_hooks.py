"""Hooks of schemathesis, by SCHEMATHESIS_HOOKS: what may be waited for is waited for briefly; nothing will come."""

from __future__ import annotations

from typing import Any

import schemathesis

BRIEFLY = 0.05


@schemathesis.hook
def before_call(_: schemathesis.HookContext, case: schemathesis.Case[Any], __: dict[str, Any]) -> None:
    for part in (case.query, case.body):
        if isinstance(part, dict) and _waits(part.get("wait_seconds")):
            part["wait_seconds"] = BRIEFLY


def _waits(value: object) -> bool:
    """Whether it is a wait that the service would do; anything else stays as it is, to be refused."""
    try:
        return 0 < float(str(value)) <= 30
    except ValueError:
        return False
