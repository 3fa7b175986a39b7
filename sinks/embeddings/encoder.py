"""MiniLM written anew for onnxruntime: the same weights and the same steps, in few operators and in eight bits.

The file spells out some 250 steps and scales its eight-bit weights to floats, four bytes of each to be read for every
text. In onnxruntime's own operators a layer is seven steps, its weights stay as they are, and what is multiplied by
them is rounded to eight bits too, by the range of the whole text: so only one text at a time is taken, and none is
rounded otherwise for another beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sinks.embeddings.ports import DIMENSIONS

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto

INPUT: Final = "tokens"
"""int64, shape (1, tokens)."""
OUTPUT: Final = "hidden"
"""float32, shape (1, tokens, DIMENSIONS): what each token means where it stands."""

WITHOUT_OVERFLOW: Final = ("session.x64quantprecision", "1")
"""An option of the session. Without VNNI instructions a processor adds such products up in 16 bits, and some overflow;
so told, onnxruntime takes a slower way there, and the same elsewhere (onnxruntime_session_options_config_keys.h)."""

_LAYERS: Final = 6
"""This, the heads and the epsilon are those of the model's own config.json (all-MiniLM-L6-v2)."""
_HEADS: Final = 12
_EPSILON: Final = 1e-12
_OWN: Final = "com.microsoft"
_OPSETS: Final = {"": 18, _OWN: 1}
"""By domain. The oldest that has all the operators: a newer onnxruntime takes it too."""
_IR_VERSION: Final = 9
"""As old as that."""

_EMBEDDINGS: Final = "inner.embeddings."
"""How the file names what it holds, as `_LAYER`."""
_LAYER: Final = "inner.encoder.layer.{}."

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dense:
    """A product: eight-bit weights, shape (in, out), with a scale and an addend for each column."""

    weights: Array
    scales: Array
    bias: Array


class Weights:
    """What the file holds, by the names that its authors gave."""

    def __init__(self, model: ModelProto) -> None:
        from onnx import numpy_helper

        self._arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
        self._factors = _factors(model)

    def __getitem__(self, name: str) -> Array:
        return self._arrays[name]

    def dense(self, name: str) -> Dense:
        """The product whose bias has this name: the weights themselves have none that tells."""
        factor = self._factors[f"{name}.bias"]
        scales = self._arrays[f"{factor}_scale"].ravel()
        return Dense(weights=self._arrays[f"{factor}_q"], scales=scales, bias=self._arrays[f"{name}.bias"])

    def table(self, name: str) -> tuple[Array, Array]:
        """Eight-bit rows, and the scale of each."""
        return self._arrays[f"{_EMBEDDINGS}{name}.weight_q"], self._arrays[f"{_EMBEDDINGS}{name}.weight_scale"]


def _factors(model: ModelProto) -> Mapping[str, str]:
    """By the name of what is added to a product, that of the factor."""
    made_by: dict[str, NodeProto] = {node.output[0]: node for node in model.graph.node}
    sums = [node for node in model.graph.node if node.op_type == "Add"]
    pairs = [(product, bias) for node in sums for product, bias in (node.input, reversed(node.input))]
    return {
        bias: made_by[product].input[1]
        for product, bias in pairs
        if product in made_by and made_by[product].op_type == "MatMul"
    }


@dataclass(slots=True)
class _Graph:
    """Steps that are written down one after the other."""

    nodes: list[NodeProto] = field(default_factory=list)
    constants: dict[str, TensorProto] = field(default_factory=dict)

    def constant(self, name: str, value: Array) -> str:
        from onnx import numpy_helper

        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def step(self, operator: str, inputs: list[str], *outputs: str, own: bool = True, **attributes: Any) -> str:
        """The name of its first output."""
        from onnx import helper

        domain = _OWN if own else ""
        self.nodes.append(helper.make_node(operator, inputs, list(outputs), domain=domain, **attributes))
        return outputs[0]

    def product(self, x: str, dense: Dense, output: str, *, bias: bool = False) -> str:
        inputs = [x, self.constant(f"{output}.weights", dense.weights), self.constant(f"{output}.scales", dense.scales)]
        added = ["", self.constant(f"{output}.bias", dense.bias)] if bias else []
        return self.step("DynamicQuantizeMatMul", inputs + added, output)

    def added_and_normalised(self, x: str, to: str, norm: tuple[Array, Array], bias: Array, output: str) -> str:
        gamma, beta = (self.constant(f"{output}.{n}", one) for n, one in zip(("gamma", "beta"), norm, strict=True))
        inputs = [x, to, gamma, beta, self.constant(f"{output}.bias", bias)]
        return self.step("SkipLayerNormalization", inputs, output, epsilon=_EPSILON)


def rewritten(content: bytes) -> bytes:
    """The same model, which takes INPUT and gives OUTPUT. Raises KeyError for a file whose names are others."""
    import onnx
    from onnx import helper

    weights, graph = Weights(onnx.load_model_from_string(content)), _Graph()
    x = _embedded(graph, weights)
    for number in range(_LAYERS):
        x = _layer(graph, weights, number, x)
    graph.step("Identity", [x], OUTPUT, own=False)
    tokens = helper.make_tensor_value_info(INPUT, onnx.TensorProto.INT64, [1, "tokens"])
    hidden = helper.make_tensor_value_info(OUTPUT, onnx.TensorProto.FLOAT, [1, "tokens", DIMENSIONS])
    told = helper.make_graph(graph.nodes, "encoder", [tokens], [hidden], list(graph.constants.values()))
    opsets = [helper.make_opsetid(domain, version) for domain, version in _OPSETS.items()]
    made = helper.make_model(told, opset_imports=opsets, ir_version=_IR_VERSION)
    return bytes(made.SerializeToString())


def _embedded(graph: _Graph, weights: Weights) -> str:
    """What each token is, and where it stands; all are of the first sentence."""
    from onnx import TensorProto

    rows, scales = weights.table("word_embeddings")
    graph.step("Gather", [graph.constant("words", rows), INPUT], "words.rows", own=False)
    graph.step("Gather", [graph.constant("scales", scales), INPUT], "words.scales", own=False)
    graph.step("Cast", ["words.rows"], "words.cast", own=False, to=TensorProto.FLOAT)
    graph.step("Mul", ["words.cast", "words.scales"], "words.scaled", own=False)
    placed, of_place = weights.table("position_embeddings")
    first_sentence = weights[f"{_EMBEDDINGS}token_type_embeddings.weight"][0]
    places = graph.constant("places", (placed * of_place + first_sentence).astype(np.float32))
    graph.step("Shape", [INPUT], "length", own=False, start=1, end=2)
    zero = graph.constant("zero", np.array([0], np.int64))
    graph.step("Slice", [places, zero, "length", zero], "places.there", own=False)
    graph.step("Add", ["words.scaled", "places.there"], "embedded.sum", own=False)
    norm = [graph.constant(f"embedded.{n}", weights[f"{_EMBEDDINGS}LayerNorm.{n}"]) for n in ("weight", "bias")]
    return graph.step("LayerNormalization", ["embedded.sum", *norm], "embedded", own=False, axis=-1, epsilon=_EPSILON)


def _layer(graph: _Graph, weights: Weights, number: int, x: str) -> str:
    named, own = _LAYER.format(number), f"layer.{number}"

    def norm(part: str) -> tuple[Array, Array]:
        return weights[f"{named}{part}.LayerNorm.weight"], weights[f"{named}{part}.LayerNorm.bias"]

    attended = _attended(graph, weights, number, x)
    dense = weights.dense(f"{named}attention.output.dense")
    graph.product(attended, dense, f"{own}.mixed")
    x = graph.added_and_normalised(f"{own}.mixed", x, norm("attention.output"), dense.bias, f"{own}.attention")
    graph.product(x, weights.dense(f"{named}intermediate.dense"), f"{own}.wide", bias=True)
    graph.step("Gelu", [f"{own}.wide"], f"{own}.bent")
    dense = weights.dense(f"{named}output.dense")
    graph.product(f"{own}.bent", dense, f"{own}.narrow")
    return graph.added_and_normalised(f"{own}.narrow", x, norm("output"), dense.bias, f"{own}.output")


def _attended(graph: _Graph, weights: Weights, number: int, x: str) -> str:
    """Query, key and value by one product, and what each token takes from the others."""
    own = f"layer.{number}.self"
    parts = [weights.dense(f"{_LAYER.format(number)}attention.self.{part}") for part in ("query", "key", "value")]
    graph.step("DynamicQuantizeLinear", [x], f"{own}.x", f"{own}.x.scale", f"{own}.x.zero", own=False)
    inputs = [
        f"{own}.x",
        graph.constant(f"{own}.weights", np.concatenate([part.weights for part in parts], axis=1)),
        graph.constant(f"{own}.bias", np.concatenate([part.bias for part in parts])),
        f"{own}.x.scale",
        graph.constant(f"{own}.scales", np.concatenate([part.scales for part in parts])),
        "",
        f"{own}.x.zero",
    ]
    return graph.step("QAttention", inputs, own, num_heads=_HEADS)
