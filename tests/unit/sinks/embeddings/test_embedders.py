"""Both embedders: what is alike is near, of unit length, the same in any batch; files are what they are pinned to."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from sinks.embeddings.catalogue import NAMES, embedder
from sinks.embeddings.minilm import TOKENIZER, WEIGHTS, PinnedFile
from sinks.embeddings.ports import DIMENSIONS, Embedder
from topology.errors import Misconfigured

LONG = "the quick brown fox jumps over the lazy dog " * 200
TEXTS = ["I walked in the park", "I was walking in parks", "Share prices fell sharply", LONG, "Ζω στη Λισαβόνα", "a"]

of = cache(embedder)


@pytest.fixture(params=NAMES)
def model(request: pytest.FixtureRequest) -> Embedder:
    return of(request.param)


def test_vectors_have_unit_length_and_are_the_same_in_any_company(model: Embedder) -> None:
    together = model.embed(TEXTS)
    assert together.shape == (len(TEXTS), DIMENSIONS)
    assert together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = np.concatenate([model.embed([text]) for text in TEXTS])
    assert np.array_equal(together, alone)


def test_what_is_alike_is_nearer(model: Embedder) -> None:
    one, alike, other = model.embed(TEXTS[:3])
    assert one @ alike > one @ other + 0.2


def test_no_texts_are_no_vectors(model: Embedder) -> None:
    assert model.embed([]).shape == (0, DIMENSIONS)


def test_minilm_knows_meaning_beyond_words() -> None:
    """Far from the bounds, which another file, tokenizer or pooling would miss."""
    question, answer, other = of("minilm@1").embed(
        ["How many people live in Berlin?", "Berlin has a population of 3.5 million.", "I like liquorice ice cream."]
    )
    assert question @ answer > 0.6
    assert question @ other < 0.2


def test_hashing_gives_what_says_nothing_a_vector_of_zeros() -> None:
    assert not of("hashing@1").embed([" ... "]).any()


def test_hashing_is_the_same_everywhere() -> None:
    """A changed value is another version: vectors of two would stand side by side under one name."""
    vector = of("hashing@1").embed(["a"])[0]
    assert {int(place): round(float(vector[place]), 4) for place in np.flatnonzero(vector)} == RECORDED


RECORDED = {43: -1.0}


@pytest.mark.parametrize("file", [WEIGHTS, TOKENIZER], ids=["weights", "tokenizer"])
def test_another_file_than_the_pinned_one_is_refused(file: PinnedFile) -> None:
    with pytest.raises(Misconfigured, match="checksum"):
        replace(file, sha256="0" * 64).read()


def test_without_the_extra_it_says_so() -> None:
    with pytest.raises(Misconfigured, match="semantic"):
        replace(WEIGHTS, distribution="no-such-distribution").read()


@pytest.mark.parametrize("package", ["onnx", "onnxruntime", "tokenizers"])
def test_without_a_package_of_the_extra_it_says_which(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(Misconfigured, match=f"semantic.*{package}"):
        embedder("minilm@1")


def test_an_unknown_model_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(Misconfigured, match="hashing@1"):
        embedder("word2vec@1")
