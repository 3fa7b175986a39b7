"""The bytes that each schema version once wrote are still read, and still say the same.

`python -m schemas golden` writes the file of a new version; an old one is never written again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from schemas.agreement import record_types
from schemas.catalogue import shipped
from schemas.codec import Codec, ShippedSchemaIds
from schemas.golden import Golden, file_of, plain, read_all, write_missing
from schemas.records import Record

FOLDER = Path(__file__).parent
RECORDS: dict[str, type[Record]] = {record.SUBJECT: record for record in record_types()}


@pytest.mark.parametrize("golden", list(read_all(FOLDER)), ids=lambda golden: f"{golden.subject}.{golden.version}")
def test_old_bytes_still_say_the_same(golden: Golden) -> None:
    ids = ShippedSchemaIds()
    writer = next(v for v in shipped().subjects[golden.subject] if v.version == golden.version)
    payload = b"\x00" + ids.id_of(writer).to_bytes(4, "big") + golden.body

    said = plain(Codec(ids).decode(payload, RECORDS[golden.subject]))

    assert known_then(said, golden.says) == golden.says


def known_then(said: Any, then: Any) -> Any:
    """Of what is said now, the fields that there were then, in records within records too."""
    if isinstance(then, dict) and isinstance(said, dict):
        return {name: known_then(said.get(name), value) for name, value in then.items()}
    if isinstance(then, list) and isinstance(said, list) and len(then) == len(said):
        return [known_then(*pair) for pair in zip(said, then, strict=True)]
    return said


def test_every_version_has_its_bytes() -> None:
    missing = [v for v in shipped() if not file_of(FOLDER, v.subject, v.version).exists()]

    assert not missing, "run `python -m schemas golden`"


def test_bytes_that_exist_are_never_written_again(tmp_path: Path) -> None:
    first = write_missing(tmp_path)
    first[0].write_text("kept", "utf-8")

    assert len(first) == len(shipped().subjects)
    assert not write_missing(tmp_path)
    assert first[0].read_text("utf-8") == "kept"
