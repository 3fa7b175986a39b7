"""Which schema versions have been released, by digest: what is out in the world never changes again.

Reads and writes `schemas/released.json`, nothing else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from schemas.catalogue import Catalogue, SchemaVersion

Digests: TypeAlias = Mapping[str, Mapping[int, str]]
"""SHA-256 of a version's file, by subject and version."""

RELEASED_FILE = Path(__file__).with_name("released.json")


def digest(version: SchemaVersion) -> str:
    """SHA-256 of the file, comments and layout included."""
    return hashlib.sha256(version.text.encode()).hexdigest()


def released(file: Path = RELEASED_FILE) -> Digests:
    """What has been released; nothing where the file is not there yet."""
    if not file.exists():
        return {}
    kept = json.loads(file.read_text("utf-8"))
    return {subject: {int(number): sha for number, sha in versions.items()} for subject, versions in kept.items()}


def unreleased(catalogue: Catalogue, digests: Digests) -> list[SchemaVersion]:
    """Versions that are not yet in `digests`."""
    return [version for version in catalogue if version.version not in digests.get(version.subject, {})]


def release(catalogue: Catalogue, file: Path = RELEASED_FILE) -> list[SchemaVersion]:
    """Add the versions that are new, and tell which; what was released before stays as it is."""
    digests = released(file)
    new = unreleased(catalogue, digests)
    kept = {subject: dict(versions) for subject, versions in digests.items()}
    for version in new:
        kept.setdefault(version.subject, {})[version.version] = digest(version)
    shown = {subject: {str(n): kept[subject][n] for n in sorted(kept[subject])} for subject in sorted(kept)}
    file.write_text(json.dumps(shown, indent=2) + "\n", "utf-8")
    return new
