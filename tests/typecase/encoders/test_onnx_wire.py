"""The small ONNX reader and writer, with onnxruntime as judge of what is written."""

import numpy as np
import onnxruntime
import pytest

from typecase.base.errors import CorruptFileError
from typecase.encoders.onnx_wire import Graph, Node, TensorType, read_graph, write_graph

ARRAYS = {
    "float": np.array([[1.5, -2.0], [0.0, 3e38]], np.float32),
    "codes": np.array([-128, 0, 127], np.int8),
    "bytes": np.array([0, 255], np.uint8),
    "index": np.array([-1, 2**40], np.int64),
    "one": np.array(7, np.int64),
    "none": np.zeros((0, 4), np.float32),
}


def test_arrays_and_nodes_come_back_as_they_were() -> None:
    node = Node(op="Gelu", inputs=["a", ""], outputs=["é"], domain="com.microsoft")
    graph = read_graph(write_graph(Graph(nodes=[node], arrays=ARRAYS), opsets={"": 18}))
    assert graph.nodes == [node]
    assert graph.arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert graph.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(graph.arrays[name], array)


def test_what_is_written_runs() -> None:
    graph = Graph(
        nodes=[
            Node(op="MatMul", inputs=["x", "w"], outputs=["h"]),
            Node(
                op="LayerNormalization",
                inputs=["h", "g"],
                outputs=["y"],
                attributes={"epsilon": 0.5, "axis": -1},
            ),
        ],
        arrays={"w": np.eye(2, dtype=np.float32), "g": np.ones(2, np.float32)},
        inputs=[TensorType(name="x", dtype=np.float32, shape=("rows", 2))],
        outputs=[TensorType(name="y", dtype=np.float32, shape=("rows", 2))],
    )
    model = write_graph(graph, opsets={"": 18})
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    assert session.get_inputs()[0].shape == ["rows", 2]
    found = session.run(None, {"x": np.array([[1, 3]], np.float32)})[0]
    # mean 2, variance 1, so 1 / sqrt(1 + 0.5)
    np.testing.assert_allclose(found, [[-(1.5**-0.5), 1.5**-0.5]], rtol=1e-6)


@pytest.mark.parametrize("data", [b"", b"<html>", b"\x3a\x7f", b"\x3a\x02\x0a\x09", b"\xff" * 20])
def test_what_is_no_model_is_refused(data: bytes) -> None:
    with pytest.raises(CorruptFileError, match="no ONNX model"):
        read_graph(data)


def test_every_cut_of_a_model_is_refused_or_read_without_another_error() -> None:
    model = write_graph(Graph(nodes=[], arrays=ARRAYS), opsets={"": 18})
    for size in range(len(model)):
        with pytest.raises(CorruptFileError):
            read_graph(model[:size])
