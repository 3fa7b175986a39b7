"""Whether schemas may stand beside their predecessors: every version against all earlier ones, both ways.

Pure. The rules are Avro's (its specification's schema resolution), by the `avro` package; FULL_TRANSITIVE means that
any release reads what any other wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.errors import AvroException
from avro.schema import Schema, parse

from schemas.catalogue import Catalogue, SchemaVersion
from schemas.releases import Digests, digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with one version of one subject."""

    subject: str
    version: int
    detail: str

    def __str__(self) -> str:
        return f"{self.subject} version {self.version}: {self.detail}"


def evolution_faults(catalogue: Catalogue, digests: Digests) -> list[Fault]:
    """Everything that forbids this catalogue: no Avro, gaps, incompatible versions, changed or lost releases."""
    faults = list(_changed_releases(catalogue, digests))
    for subject, versions in catalogue.subjects.items():
        faults.extend(_gaps(subject, versions))
        faults.extend(_incompatibilities(versions))
    return faults


def _changed_releases(catalogue: Catalogue, digests: Digests) -> Iterator[Fault]:
    shipped = {(version.subject, version.version): digest(version) for version in catalogue}
    for subject, versions in digests.items():
        for number, sha in versions.items():
            found = shipped.get((subject, number))
            if found is None:
                yield Fault(subject=subject, version=number, detail="was released and is gone")
            elif found != sha:
                yield Fault(subject=subject, version=number, detail="was released and has changed: make a new version")


def _gaps(subject: str, versions: tuple[SchemaVersion, ...]) -> Iterator[Fault]:
    if [version.version for version in versions] != list(range(1, len(versions) + 1)):
        detail = "versions must be numbered 1 upwards without a gap"
        yield Fault(subject=subject, version=versions[-1].version if versions else 0, detail=detail)


def _incompatibilities(versions: tuple[SchemaVersion, ...]) -> Iterator[Fault]:
    parsed: list[tuple[SchemaVersion, Schema]] = []
    for version in versions:
        try:
            parsed.append((version, parse(version.text)))
        except (AvroException, ValueError) as error:
            yield Fault(subject=version.subject, version=version.version, detail=f"is no Avro schema: {error}")
    for (earlier, old), (later, new) in combinations(parsed, 2):
        yield from _unreadable(later, new, old, f"cannot read version {earlier.version}")
        yield from _unreadable(later, old, new, f"cannot be read by version {earlier.version}")


def _unreadable(version: SchemaVersion, reader: Schema, writer: Schema, what: str) -> Iterator[Fault]:
    checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]
    result = checker.get_compatibility(reader, writer)
    if result.compatibility is not SchemaCompatibilityType.compatible:
        why = ", ".join(sorted(f"{kind.value}" for kind in result.incompatibilities))
        where = ", ".join(sorted(result.locations)) + ": " + ", ".join(sorted(result.messages))
        yield Fault(subject=version.subject, version=version.version, detail=f"{what} ({why} at {where})")
