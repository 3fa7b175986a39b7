"""MiniLM as onnxruntime multiplies it in eight bits: every product is, and texts mean what they meant in floats."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnxruntime import InferenceSession, SessionOptions

from sinks.embeddings import int8
from sinks.embeddings.minilm import WEIGHTS, MiniLm

PRODUCTS = 36
"""By weights: six in each of six layers."""
TEXTS = ["I walked in the park", "What did Ann say of her sister's wedding?", "the quick brown fox " * 100]


def test_every_product_by_a_weight_is_one_of_eight_bits(tmp_path: Path) -> None:
    options = SessionOptions()
    for name, value in int8.OPTIONS.items():
        options.add_session_config_entry(name, value)
    options.log_severity_level = 3  # that what is written out is for this machine
    options.optimized_model_filepath = str(tmp_path / "run.onnx")
    InferenceSession(int8.kept_in_int8(WEIGHTS.read()), options, providers=["CPUExecutionProvider"])
    run = Counter(node.op_type for node in onnx.load(tmp_path / "run.onnx").graph.node)
    assert (run["MatMulNBits"], run["DequantizeLinear"]) == (PRODUCTS, 0), run


def test_vectors_are_those_of_floats_but_for_what_rounding_does(monkeypatch: pytest.MonkeyPatch) -> None:
    rounded = MiniLm().embed(TEXTS)
    monkeypatch.setattr(int8, "kept_in_int8", lambda model: model)
    unrounded = MiniLm().embed(TEXTS)
    alike = np.sum(rounded * unrounded, axis=1)
    assert alike.min() > 0.998, alike
    assert not np.array_equal(rounded, unrounded)


def test_a_model_without_such_weights_is_left_as_it_is() -> None:
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", ["x", "w"], ["y"])],
        "floats",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 2])],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1, 2])],
        [onnx.numpy_helper.from_array(np.eye(2, dtype=np.float32), "w")],
    )
    model = onnx.helper.make_model(graph)
    assert onnx.load_model_from_string(int8.kept_in_int8(model.SerializeToString())) == model
