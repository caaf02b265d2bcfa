"""The rewritten graph against BERT in plain NumPy, from the same published weights."""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import onnxruntime
import pytest

from typecase.base.errors import CorruptFileError
from typecase.encoders.bert_int8_graph import Spread, rewrite
from typecase.encoders.bge_small_graph import fast_bge_small
from typecase.encoders.model_names import spec_of
from typecase.encoders.model_spec import read_checked
from typecase.encoders.onnx_wire import Graph, read_graph, write_graph

N_HEADS, N_LAYERS = 12, 12
IDS = np.array([[101, 15581, 15756, 6125, 2005, 10629, 1012, 3087, 2003, 2025, 2035, 102]])


@pytest.fixture(scope="module")
def packaged() -> bytes:
    return read_checked(spec_of("bge-small-en-v1.5-int8").weights)


@pytest.fixture(scope="module")
def exact(packaged: bytes) -> np.ndarray:
    return _plain_bert(read_graph(packaged), IDS[0])


def test_it_is_the_model_to_three_nines(packaged: bytes, exact: np.ndarray) -> None:
    assert _cosine(_run(fast_bge_small(packaged)), exact) > 0.999


def test_spreading_channels_is_nearer_to_exact_than_not(packaged: bytes, exact: np.ndarray) -> None:
    plain = rewrite(packaged, n_heads=N_HEADS, spread=[Spread()] * N_LAYERS)
    assert _cosine(_run(fast_bge_small(packaged)), exact) > _cosine(_run(plain), exact)


def test_fewer_layers_are_a_shallower_model(packaged: bytes) -> None:
    for shallow, deep in pairwise([1, 2]):
        graph = rewrite(packaged, n_heads=N_HEADS, spread=[Spread()] * shallow)
        assert _cosine(_run(graph), _plain_bert(read_graph(packaged), IDS[0], shallow)) > 0.999
        assert _cosine(_run(graph), _plain_bert(read_graph(packaged), IDS[0], deep)) < 0.999


def test_more_layers_than_there_are_is_refused(packaged: bytes) -> None:
    with pytest.raises(CorruptFileError, match=r"has no layer\.12"):
        rewrite(packaged, n_heads=N_HEADS, spread=[Spread()] * 13)


def test_another_model_is_refused() -> None:
    other = write_graph(Graph(nodes=[], arrays={"x": np.zeros(3, np.float32)}), opsets={"": 18})
    with pytest.raises(CorruptFileError, match=r"has no embeddings\.position_embeddings"):
        rewrite(other, n_heads=N_HEADS, spread=[Spread()])


def _run(model: bytes) -> np.ndarray:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    out = session.run(None, {"input_ids": IDS})[0]
    assert out.shape == (1, 1, 384)
    return out[0, 0]


def _plain_bert(graph: Graph, ids: np.ndarray, n_layers: int = N_LAYERS) -> np.ndarray:
    """The first token's vector; Devlin et al. 2019, all weights in float64."""
    weights = _dequantized(graph)
    x = weights["embeddings.word_embeddings"][ids]
    x = x + weights["embeddings.position_embeddings"][: len(ids)]
    x = _layer_norm(x + weights["embeddings.token_type_embeddings"][0], weights, "embeddings")
    for layer in range(n_layers):
        name = f"encoder.layer.{layer}."
        q, k, v = (
            _split(_linear(x, weights, f"{name}attention.self.{part}"))
            for part in ("query", "key", "value")
        )
        scores = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed = (shares / shares.sum(axis=-1, keepdims=True)) @ v
        mixed = mixed.transpose(1, 0, 2).reshape(x.shape)
        y = _linear(mixed, weights, f"{name}attention.output.dense")
        x = _layer_norm(x + y, weights, f"{name}attention.output")
        h = _gelu(_linear(x, weights, f"{name}intermediate.dense"))
        x = _layer_norm(x + _linear(h, weights, f"{name}output.dense"), weights, f"{name}output")
    return x[0]


def _dequantized(graph: Graph) -> Mapping[str, np.ndarray]:
    arrays: dict[str, Any] = {n: a.astype(np.float64) for n, a in graph.arrays.items()}
    out = {name: array for name, array in arrays.items() if name.endswith(".bias")}
    out |= {name: array for name, array in arrays.items() if "LayerNorm.weight" in name}
    for kind in ("word", "position", "token_type"):
        name = f"embeddings.{kind}_embeddings"
        codes = arrays[f"{name}.weight_quantized"] - arrays[f"{name}.weight_zero_point"]
        out[name] = codes * arrays[f"{name}.weight_scale"]
    for node in graph.nodes:
        if node.op == "MatMulInteger":
            path = re.sub(r"^/|/MatMul.*", "", node.outputs[0]).replace("/", ".")
            scale = arrays[node.inputs[1].replace("_quantized", "_scale")]
            out[path] = arrays[node.inputs[1]] * scale
    return out


def _linear(x: np.ndarray, weights: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    return x @ weights[name] + weights[f"{name}.bias"]


def _layer_norm(x: np.ndarray, weights: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    centred = x - x.mean(axis=-1, keepdims=True)
    unit = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
    return unit * weights[f"{name}.LayerNorm.weight"] + weights[f"{name}.LayerNorm.bias"]


def _gelu(x: np.ndarray) -> np.ndarray:
    # tanh form: within 5e-4 of the exact one, which needs erf
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def _split(x: np.ndarray) -> np.ndarray:
    return x.reshape(len(x), N_HEADS, -1).transpose(1, 0, 2)


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
