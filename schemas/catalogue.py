"""The schemas that ship with this release: every version of every subject, read from `schemas/avro`.

Reads its own package's files and nothing else. A subject's folder is its name without `-value`; a version is `N.avsc`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaVersion:
    """One version of one subject: its number, the file's text, and the schema it holds."""

    subject: str
    version: int
    text: str

    @property
    def definition(self) -> dict[str, Any]:
        return dict(json.loads(self.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Versions by subject, oldest first."""

    subjects: Mapping[str, tuple[SchemaVersion, ...]]

    def latest(self, subject: str) -> SchemaVersion:
        """The version that this release writes. Raises KeyError for a subject it does not know."""
        return self.subjects[subject][-1]

    def __iter__(self) -> Iterator[SchemaVersion]:
        return (version for versions in self.subjects.values() for version in versions)


@cache
def shipped() -> Catalogue:
    """The catalogue of this release."""
    folders = sorted((f for f in files("schemas").joinpath("avro").iterdir() if f.is_dir()), key=lambda f: f.name)
    return Catalogue(subjects={f"{folder.name}-value": _versions(folder) for folder in folders})


def _versions(folder: Any) -> tuple[SchemaVersion, ...]:
    found = {int(f.name.removesuffix(".avsc")): f for f in folder.iterdir() if f.name.endswith(".avsc")}
    return tuple(
        SchemaVersion(subject=f"{folder.name}-value", version=number, text=found[number].read_text("utf-8"))
        for number in sorted(found)
    )
