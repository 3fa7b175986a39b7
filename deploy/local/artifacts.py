"""Fetches the Java components into the cache: pinned, verified, each once a machine.

Unpacks what the lock names and nothing else; starts nothing.
"""

import fcntl
import hashlib
import shutil
import tarfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

LOCK_FILE = Path(__file__).with_name("artifacts.lock")
CONNECTIONS = 8  # 45 jars in 3 s; more gains nothing
TIMEOUT_SECONDS = 60
TRIES = 3


class ChecksumMismatch(Exception):
    """A fetched file is not the one the lock names: never use it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One file of the Maven repository and the SHA-256 it must have."""

    bundle: str
    group: str
    name: str
    version: str
    packaging: str
    classifier: str
    sha256: str

    @property
    def filename(self) -> str:
        classifier = f"-{self.classifier}" if self.classifier else ""
        return f"{self.name}-{self.version}{classifier}.{self.packaging}"


class Fetch(Protocol):
    """Brings one artifact below `folder`; its checksum is not yet known to be right."""

    def __call__(self, artifact: Artifact, folder: Path) -> Path: ...


class Progress(Protocol):
    """Told of what arrived so far, for the person waiting."""

    def __call__(self, bundle: str, what: str, /, transient: bool = False) -> None: ...


def parse(text: str) -> list[Artifact]:
    lines = (line.strip() for line in text.splitlines())
    return [_artifact(line) for line in lines if line and not line.startswith("#")]


def _artifact(line: str) -> Artifact:
    bundle, coordinate, sha256 = line.split()
    group, name, version, *rest = coordinate.split(":")
    packaging, classifier = rest or ("jar", "")
    return Artifact(
        bundle=bundle,
        group=group,
        name=name,
        version=version,
        packaging=packaging,
        classifier=classifier,
        sha256=sha256,
    )


def locked(bundle: str) -> list[Artifact]:
    return [artifact for artifact in parse(LOCK_FILE.read_text()) if artifact.bundle == bundle]


def home(cache: Path, bundle: str) -> Path:
    """Where a bundle is kept. The name follows the lock, so two versions of the project share a cache in peace."""
    sums = "".join(sorted(artifact.sha256 for artifact in locked(bundle)))
    return cache / f"{bundle}-{hashlib.sha256(sums.encode()).hexdigest()[:12]}"


def ensure(cache: Path, bundle: str, fetch: Fetch, progress: Progress) -> Path:
    """The bundle's folder, fetched if it is not there. Safe against interruption and against a second run."""
    place = home(cache, bundle)
    if place.is_dir():
        return place
    with _exclusive(cache / f"{bundle}.lock"):
        if not place.is_dir():
            partial = place.with_name(f"{place.name}.partial")
            shutil.rmtree(partial, ignore_errors=True)
            _assemble(locked(bundle), partial, fetch, progress)
            (partial / "content").rename(place)
            shutil.rmtree(partial)
    return place


def _assemble(artifacts: Sequence[Artifact], partial: Path, fetch: Fetch, progress: Progress) -> None:
    content = partial / "content"
    content.mkdir(parents=True)
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        files = pool.map(lambda artifact: fetch(artifact, partial / "fetched"), artifacts)
        for done, (artifact, file) in enumerate(zip(artifacts, files, strict=True), 1):
            verify(file, artifact)
            _place(file, artifact, content)
            progress(artifact.bundle, f"fetched {done} of {len(artifacts)}: {artifact.filename}", done < len(artifacts))


def verify(file: Path, artifact: Artifact) -> None:
    with file.open("rb") as content:
        actual = hashlib.file_digest(content, "sha256").hexdigest()
    if actual != artifact.sha256:
        raise ChecksumMismatch(f"{artifact.filename}: expected SHA-256 {artifact.sha256}, got {actual}")


def _place(file: Path, artifact: Artifact, content: Path) -> None:
    if artifact.packaging == "tar.gz":
        with tarfile.open(file) as archive:
            archive.extractall(content, filter="data")
    else:
        file.rename(content / artifact.filename)


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
