"""Brings one file of the Maven repository by jgo, the Maven client of the lock file.

Resolves no dependencies (the lock lists them) and trusts no checksum but the lock's.
"""

import time
from pathlib import Path

import requests
from jgo.maven import MavenContext

from deploy.local.artifacts import TIMEOUT_SECONDS, TRIES, Artifact


def fetch(artifact: Artifact, folder: Path) -> Path:
    """Download, trying again when the connection breaks."""
    context = MavenContext(repo_cache=folder, timeout=TIMEOUT_SECONDS)
    component = context.project(artifact.group, artifact.name).at_version(artifact.version)
    remote = component.artifact(artifact.classifier, artifact.packaging)
    for attempt in range(1, TRIES + 1):
        try:
            return remote.resolve()
        except requests.RequestException:
            _forget(remote.cached_path)
            if attempt == TRIES:
                raise
            time.sleep(attempt)
    raise AssertionError("unreachable")


def _forget(partial: Path | None) -> None:
    """Drop a half-fetched file, which jgo would otherwise take for a whole one."""
    if partial is not None:
        partial.unlink(missing_ok=True)
