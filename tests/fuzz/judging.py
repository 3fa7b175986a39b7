"""What may not happen: a failure of the service, an answer that is not documented, and anything accepted that is lost.

Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from fuzz.asking import Asking

Place: TypeAlias = tuple[str, int, int]
"""Topic, partition, offset."""

EXAMPLES = 5
"""Of each kind of fault that are shown."""
FOR_ANY = frozenset({400, 404, 405, 401, 413, 422, 429})
"""What a request may be told that meets no operation of its own."""


@dataclass(slots=True)
class Judge:
    """Collects what was answered, and what is wrong with it."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    shown: dict[str, list[str]] = field(default_factory=dict)
    accepted: set[Place] = field(default_factory=set)

    def answered(self, asked: Asking, status: int, headers: Mapping[str, str], body: Any) -> None:
        """`body`: the parsed answer, None where it is no JSON."""
        self.statuses[status] += 1
        if fault := fault_of(asked, status, headers):
            self.fault(fault, f"{asked.operation.method.upper()} {asked.target[:200]} {asked.content!r:.200}")
        if status == 202:
            self.accepted.update(places(body))

    def fault(self, kind: str, example: str) -> None:
        self.faults[kind] += 1
        if len(examples := self.shown.setdefault(kind, [])) < EXAMPLES:
            examples.append(example)

    def accounted(self, outcomes: Iterable[Place]) -> None:
        """Hold what was accepted against the outcomes, each of which must be there once."""
        counted = Counter(outcomes)
        for place in sorted(self.accepted - counted.keys()):
            self.fault("accepted and lost", str(place))
        for place, times in counted.items():
            if times > 1:
                self.fault("more than one outcome", f"{place}: {times}")


def fault_of(asked: Asking, status: int, headers: Mapping[str, str]) -> str | None:
    """What is wrong with an answer, in a few words; None where it is right."""
    where = f"{asked.operation.method.upper()} {asked.operation.path}"
    if status in {503, 504}:
        return (
            None
            if "retry-after" in headers or where.startswith("GET /health")
            else f"{status} of {where} without Retry-After"
        )
    if status >= 500:
        return f"{status} of {where}"
    if status >= 400 and not headers.get("content-type", "").startswith("application/problem+json"):
        return f"{status} of {where} is no problem"
    documented = asked.operation.statuses | (frozenset() if asked.strict else FOR_ANY | {200, 202})
    if status not in documented:
        return f"{status} of {where} is not documented"
    return None


def places(body: Any) -> set[Place]:
    """Every position that an answer of 202 names."""
    if not isinstance(body, dict):
        return set()
    named = [*body.get("positions", []), body.get("position")]
    return {(at["topic"], at["partition"], at["offset"]) for at in named if isinstance(at, dict)}
