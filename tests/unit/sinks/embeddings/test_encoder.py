"""MiniLM as it is written anew: every product in eight bits, and texts mean what they mean to the file."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnxruntime import InferenceSession, SessionOptions

from sinks.embeddings import encoder
from sinks.embeddings.minilm import WEIGHTS, MiniLm, _tokenizer
from sinks.embeddings.ports import Vectors

LAYERS = 6
TEXTS = ["I walked in the park", "What did Ann say of her sister's wedding?", "the quick brown fox " * 100]


def test_every_product_by_a_weight_is_one_of_eight_bits(tmp_path: Path) -> None:
    options = SessionOptions()
    options.log_severity_level = 3  # that what is written out is for this machine
    options.optimized_model_filepath = str(tmp_path / "run.onnx")
    InferenceSession(encoder.rewritten(WEIGHTS.read()), options, providers=["CPUExecutionProvider"])
    run = Counter(node.op_type for node in onnx.load(tmp_path / "run.onnx").graph.node)
    products = {"QAttention": LAYERS, "DynamicQuantizeMatMul": 3 * LAYERS, "MatMul": 0, "Gemm": 0, "FusedMatMul": 0}
    assert {name: run[name] for name in products} == products


def test_vectors_are_those_of_the_file_but_for_what_rounding_does() -> None:
    ours, theirs = MiniLm().embed(TEXTS), as_the_file_has_them(TEXTS)
    alike = np.sum(ours * theirs, axis=1)
    assert alike.min() > 0.98, alike
    assert alike.max() < 0.9999, alike
    apart = ours @ theirs.T - theirs @ theirs.T
    assert np.abs(apart).max() < 0.03, apart


def as_the_file_has_them(texts: list[str]) -> Vectors:
    session = InferenceSession(WEIGHTS.read(), providers=["CPUExecutionProvider"])
    found = []
    for encoding in _tokenizer().encode_batch_fast(texts):
        ids = np.array([encoding.ids], np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        mean = np.asarray(session.run(["last_hidden_state"], inputs)[0])[0].mean(axis=0)
        found.append(mean / np.linalg.norm(mean))
    return np.array(found, np.float32)


def test_a_file_of_other_names_is_not_taken_for_it() -> None:
    graph = onnx.helper.make_graph([], "another", [], [], [])
    with pytest.raises(KeyError, match="word_embeddings"):
        encoder.rewritten(onnx.helper.make_model(graph).SerializeToString())
