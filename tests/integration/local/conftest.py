"""One stack a module, wiped after it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.local.bench import Bench


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """No stack yet; its folder is closed to other accounts, as a home directory is."""
    parent = Path(tempfile.mkdtemp(prefix="alluvium-test-"))
    made = Bench(parent / "state")
    try:
        yield made
    finally:
        made.run("down", "--wipe")
        shutil.rmtree(parent)
