"""Golden bytes: what each schema version really wrote, kept for ever, so that every later release must read it.

Reads and writes one JSON file a version; never overwrites one.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from schemas.catalogue import shipped
from schemas.codec import Codec, ShippedSchemaIds
from schemas.examples import EXAMPLES
from schemas.records import Record

_HEADER_BYTES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """The Avro body of one record as one version wrote it, and what it says in JSON."""

    subject: str
    version: int
    body: bytes
    says: Mapping[str, Any]


def file_of(folder: Path, subject: str, version: int) -> Path:
    return folder / f"{subject.removesuffix('-value')}.{version}.json"


def write_missing(folder: Path) -> list[Path]:
    """Write the latest version of each subject where its file is not there yet, from the example; tell which."""
    codec, written = Codec(ShippedSchemaIds()), []
    for example in EXAMPLES:
        version = shipped().latest(example.SUBJECT).version
        file = file_of(folder, example.SUBJECT, version)
        if not file.exists():
            body = b64encode(codec.encode(example)[_HEADER_BYTES:]).decode()
            kept = {"subject": example.SUBJECT, "version": version, "body": body, "says": plain(example)}
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", "utf-8")
            written.append(file)
    return written


def read_all(folder: Path) -> Iterator[Golden]:
    """Every golden file, by name."""
    for file in sorted(folder.glob("*.json")):
        kept = json.loads(file.read_text("utf-8"))
        yield Golden(subject=kept["subject"], version=kept["version"], body=b64decode(kept["body"]), says=kept["says"])


def plain(record: Record) -> dict[str, Any]:
    """A record as JSON would have it: times in ISO 8601, bytes in hexadecimal."""
    return dict(json.loads(json.dumps(asdict(record), default=_plain)))  # type: ignore[call-overload]


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} has no plain form")
