"""A stack on paper: nothing of it runs."""

from pathlib import Path

import pytest

from deploy.local.components import port_names
from deploy.local.stack import SECRETS, Stack


@pytest.fixture
def paper(tmp_path: Path) -> Stack:
    directory = tmp_path / "state"
    return Stack(
        directory=directory,
        cache=tmp_path / "cache",
        ports={name: 20_000 + number for number, name in enumerate(port_names(brokers=3))},
        secrets={name: f"{name}-secret" for name in SECRETS},
        postgres_home=directory / "data",
        brokers=1,
        cluster_id="cluster",
    )
