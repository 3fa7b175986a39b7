"""An ONNX model whose weights are kept in eight bits, so that onnxruntime multiplies by them in eight bits as well.

A file that casts its weights and scales them is unfolded by onnxruntime when it is loaded: four bytes a weight, all of
them read again for each question, which takes twice as long and drives everything else out of the processor's cache.
Written as ONNX has it for quantised weights (`DequantizeLinear`), a weight stays as it is, and what is multiplied by it
is rounded to eight bits too, in each row for itself: no text is rounded more coarsely for another beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto

OPTIONS: Final = {
    "session.enable_dq_matmulnbits_fusion": "1",
    "session.qdq_matmulnbits_block_size": "128",  # values of a row that share a scale
    "session.qdq_matmulnbits_accuracy_level": "4",  # eight bits on both sides; 1 would be floats
}
"""Of an onnxruntime session that takes such a model."""


def kept_in_int8(model: bytes) -> bytes:
    """The same model with every product `x @ (cast(weight) * scale)` told as one with a quantised weight."""
    import onnx

    found = onnx.load_model_from_string(model)
    graph = found.graph
    quantised = dict(_quantised(graph))
    casts = {weight for weight, _ in quantised.values()}
    told = [
        onnx.helper.make_node("DequantizeLinear", list(quantised[name]), [name], axis=1)
        if (name := node.output[0]) in quantised
        else node
        for node in graph.node
        if node.op_type != "Cast" or node.input[0] not in casts
    ]
    del graph.node[:]
    graph.node.extend(told)
    return bytes(found.SerializeToString())


def _quantised(graph: GraphProto) -> list[tuple[str, tuple[str, str]]]:
    """By the name of a factor, its weights in eight bits and their scales, one a column; the shape of these is made
    that of a vector."""
    made_by = {node.output[0]: node for node in graph.node}
    constants = {tensor.name: tensor for tensor in graph.initializer}
    found = []
    for product in graph.node:
        if product.op_type == "MatMul" and (pair := _pair(product.input[1], made_by, constants)) is not None:
            del constants[pair[1]].dims[:-1]
            found.append((product.input[1], pair))
    return found


def _pair(factor: str, made_by: dict[str, NodeProto], constants: dict[str, TensorProto]) -> tuple[str, str] | None:
    scaled = made_by.get(factor)
    if scaled is None or scaled.op_type != "Mul":
        return None
    cast = made_by.get(scaled.input[0])
    if cast is None or cast.op_type != "Cast" or cast.input[0] not in constants or scaled.input[1] not in constants:
        return None
    weights, scales = cast.input[0], scaled.input[1]
    return (weights, scales) if list(constants[scales].dims) == [1, constants[weights].dims[-1]] else None
