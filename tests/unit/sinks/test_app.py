"""Which stage a sink's process runs, of which embedding model."""

from __future__ import annotations

import pytest

from sinks import app
from topology.errors import MISCONFIGURED, Misconfigured
from topology.settings import Settings
from topology.stages import POSTGRES_SINK


def test_each_embedding_model_has_a_group_of_its_own() -> None:
    groups = {app.stage_of(Settings(embedding_model=name), "embeddings").group for name in ("minilm@1", "hashing@1")}
    assert groups == {"sink-embeddings-v1-minilm@1", "sink-embeddings-v1-hashing@1"}
    assert app.stage_of(Settings(embedding_model="minilm@1"), "postgres") == POSTGRES_SINK


def test_without_a_model_there_are_no_embeddings_and_the_process_says_so() -> None:
    with pytest.raises(Misconfigured, match="EMBEDDING_MODEL"):
        app.stage_of(Settings(), "embeddings")
    assert app.run(Settings(), "embeddings") == MISCONFIGURED
