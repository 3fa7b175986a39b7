import hashlib
import io
import tarfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local import artifacts
from deploy.local.artifacts import Artifact

JAR = b"a jar"


def quiet(bundle: str, what: str, /, transient: bool = False) -> None: ...


def artifact(content: bytes = JAR, packaging: str = "jar") -> Artifact:
    return Artifact(
        bundle="thing",
        group="org.example",
        name="thing",
        version="1.0",
        packaging=packaging,
        classifier="",
        sha256=hashlib.sha256(content).hexdigest(),
    )


def delivers(content: bytes) -> artifacts.Fetch:
    def fetch(artifact: Artifact, folder: Path) -> Path:
        folder.mkdir(exist_ok=True)
        file = folder / artifact.filename
        file.write_bytes(content)
        return file

    return fetch


def never(artifact: Artifact, folder: Path) -> Path:
    raise AssertionError("fetched again")


@pytest.fixture
def lock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    file = tmp_path / "artifacts.lock"
    monkeypatch.setattr(artifacts, "LOCK_FILE", file)
    file.write_text(f"thing org.example:thing:1.0 {artifact().sha256}\n")
    return file


def test_every_locked_line_names_one_file_and_its_sha256() -> None:
    locked = artifacts.parse(artifacts.LOCK_FILE.read_text())
    assert {entry.bundle for entry in locked} == {"kafka", "kafka-tools", "registry", "connect", "debezium"}
    assert all(len(bytes.fromhex(entry.sha256)) == 32 for entry in locked)


def test_no_artifact_is_locked_in_two_versions() -> None:
    counts = Counter((entry.group, entry.name) for entry in artifacts.parse(artifacts.LOCK_FILE.read_text()))
    assert set(counts.values()) == {1}


def test_all_of_kafka_is_the_one_release_that_keeps_acknowledged_commits() -> None:
    kafka = [entry for entry in artifacts.locked("kafka") if entry.group == "org.apache.kafka"]
    assert {entry.version for entry in kafka} == {"4.2.1"}


def test_the_broker_has_a_logging_binding() -> None:
    assert "log4j-slf4j-impl" in {entry.name for entry in artifacts.locked("kafka")}


def test_a_coordinate_may_name_packaging_and_classifier() -> None:
    (parsed,) = artifacts.parse("registry io.example:app:1.0:tar.gz:all 00\n# a comment\n\n")
    assert parsed.filename == "app-1.0-all.tar.gz"


@pytest.mark.usefixtures("lock")
def test_a_bundle_is_fetched_once(tmp_path: Path) -> None:
    place = artifacts.ensure(tmp_path, "thing", delivers(JAR), quiet)
    assert (place / "thing-1.0.jar").read_bytes() == JAR
    assert artifacts.ensure(tmp_path, "thing", never, quiet) == place


@pytest.mark.usefixtures("lock")
def test_a_file_with_another_checksum_is_never_used(tmp_path: Path) -> None:
    with pytest.raises(artifacts.ChecksumMismatch, match=r"thing-1\.0\.jar"):
        artifacts.ensure(tmp_path, "thing", delivers(b"another jar"), quiet)
    assert not artifacts.home(tmp_path, "thing").exists()


@pytest.mark.usefixtures("lock")
def test_an_interrupted_fetch_is_begun_again(tmp_path: Path) -> None:
    def interrupted(artifact: Artifact, folder: Path) -> Path:
        delivers(b"half a j")(artifact, folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        artifacts.ensure(tmp_path, "thing", interrupted, quiet)
    place = artifacts.ensure(tmp_path, "thing", delivers(JAR), quiet)
    assert [file.read_bytes() for file in place.iterdir()] == [JAR]


def test_an_archive_is_unpacked(lock: Path, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        member = tarfile.TarInfo("app/run.jar")
        member.size = len(JAR)
        archive.addfile(member, io.BytesIO(JAR))
    packed = buffer.getvalue()
    lock.write_text(f"thing org.example:thing:1.0:tar.gz:all {hashlib.sha256(packed).hexdigest()}\n")
    place = artifacts.ensure(tmp_path, "thing", delivers(packed), quiet)
    assert (place / "app" / "run.jar").read_bytes() == JAR


def test_another_lock_is_another_folder(lock: Path, tmp_path: Path) -> None:
    before = artifacts.home(tmp_path, "thing")
    lock.write_text(f"thing org.example:thing:1.0 {replace(artifact(), sha256='ff').sha256}\n")
    assert artifacts.home(tmp_path, "thing") != before
