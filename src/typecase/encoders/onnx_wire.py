"""Reads and writes as much of the ONNX format as a rewritten graph needs, without its library.

ONNX files are protocol buffers. Field numbers are those of `onnx/onnx.proto`, IR version 9;
weights kept in another file, sparse tensors and subgraphs are not read.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from typecase.base.errors import CorruptFileError

_IR_VERSION = 9
_FLOAT, _UINT8, _INT8, _INT64 = 1, 2, 3, 7
_TYPES: dict[int, np.dtype[Any]] = {
    _FLOAT: np.dtype("<f4"),
    _UINT8: np.dtype("u1"),
    _INT8: np.dtype("i1"),
    _INT64: np.dtype("<i8"),
}
_CODES = {dtype: code for code, dtype in _TYPES.items()}

# Where a tensor keeps its values when not in raw_data (9): float_data, int32_data, int64_data.
_VALUE_FIELDS = {_FLOAT: 4, _UINT8: 5, _INT8: 5, _INT64: 7}

Value = int | bytes | memoryview


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """One operation; attributes are whole numbers and floats."""

    op: str
    inputs: Sequence[str]
    outputs: Sequence[str]
    domain: str = ""
    attributes: Mapping[str, int | float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class TensorType:
    """Name, element type and shape of an input or output; a str is a free dimension."""

    name: str
    dtype: Any
    shape: Sequence[int | str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Graph:
    """Nodes in running order and the arrays that they read."""

    nodes: Sequence[Node]
    arrays: Mapping[str, NDArray[Any]]
    inputs: Sequence[TensorType] = ()
    outputs: Sequence[TensorType] = ()


def read_graph(data: bytes) -> Graph:
    """Return nodes (without attributes) and arrays of an ONNX file.

    Arrays of a type that is not read here (only float32, uint8, int8 and int64 are) are left out.

    Raises:
        CorruptFileError: the bytes are no ONNX model.
    """
    try:
        graph = next(_bytes_of(v) for n, v in _fields(memoryview(data)) if n == 7)
        fields = [(n, _bytes_of(v)) for n, v in _fields(graph) if n in (1, 5)]
        arrays = dict(_read_tensor(v) for n, v in fields if n == 5)
        nodes = [_read_node(v) for n, v in fields if n == 1]
    except (StopIteration, IndexError, ValueError, struct.error) as error:
        raise CorruptFileError("the file is no ONNX model") from error
    return Graph(nodes=nodes, arrays={name: a for name, a in arrays.items() if a is not None})


def write_graph(graph: Graph, *, opsets: Mapping[str, int]) -> bytes:
    """Return the ONNX file of a graph.

    Args:
        opsets: version of every domain that the nodes use; "" is ONNX itself.
    """
    body = b"".join(
        [
            *(_message(1, _node(node)) for node in graph.nodes),
            _text(2, "graph"),
            *(_message(5, _tensor(name, array)) for name, array in graph.arrays.items()),
            *(_message(11, _tensor_type(t)) for t in graph.inputs),
            *(_message(12, _tensor_type(t)) for t in graph.outputs),
        ]
    )
    versions = (_text(1, domain) + _number(2, version) for domain, version in opsets.items())
    head = _number(1, _IR_VERSION) + b"".join(_message(8, version) for version in versions)
    return head + _message(7, body)


def _bytes_of(value: Value) -> memoryview:
    """Return a field's value, which must be a message, a string or packed numbers."""
    if isinstance(value, int):
        raise ValueError("a number where bytes are expected")
    return memoryview(value)


def _fields(data: memoryview) -> Iterator[tuple[int, Value]]:
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value: Value
            value, position = _varint(data, position)
        elif wire == 2:
            size, position = _varint(data, position)
            value, position = data[position : position + size], position + size
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
            value, position = data[position : position + size], position + size
        else:
            raise ValueError(f"wire type {wire}")
        if position > len(data):
            raise ValueError("cut off")
        yield number, value


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position
        shift += 7


def _read_node(data: memoryview) -> Node:
    texts: dict[int, list[str]] = {1: [], 2: [], 4: [], 7: []}
    for number, value in _fields(data):
        if number in texts:
            texts[number].append(str(_bytes_of(value), "utf-8"))
    return Node(op="".join(texts[4]), inputs=texts[1], outputs=texts[2], domain="".join(texts[7]))


def _read_tensor(data: memoryview) -> tuple[str, NDArray[Any] | None]:
    shape: list[int] = []
    parts: dict[int, list[Value]] = {}
    for number, value in _fields(data):
        if number == 1:
            shape += [value] if isinstance(value, int) else list(_varints(value))
        else:
            parts.setdefault(number, []).append(value)
    name = str(_bytes_of(parts[8][0]), "utf-8") if 8 in parts else ""
    code = parts.get(2, [0])[0]
    if not isinstance(code, int) or code not in _TYPES:
        return name, None
    return name, _values(parts, code).reshape(shape)


def _values(parts: Mapping[int, Sequence[Value]], code: int) -> NDArray[Any]:
    dtype = _TYPES[code]
    if 9 in parts:
        return np.frombuffer(_bytes_of(parts[9][0]), dtype=dtype)
    values = parts.get(_VALUE_FIELDS[code], ())
    if code == _FLOAT:
        return np.frombuffer(b"".join(_bytes_of(v) for v in values), dtype=dtype)
    numbers = [n for v in values for n in ([v] if isinstance(v, int) else _varints(v))]
    # Negative numbers are written as 64-bit two's complement.
    return np.array(numbers, dtype=np.uint64).view(np.int64).astype(dtype)


def _varints(data: Value) -> Iterator[int]:
    view, position = _bytes_of(data), 0
    while position < len(view):
        value, position = _varint(view, position)
        yield value


def _node(node: Node) -> bytes:
    return b"".join(
        [
            *(_text(1, name) for name in node.inputs),
            *(_text(2, name) for name in node.outputs),
            _text(4, node.op),
            *(_message(5, _attribute(*item)) for item in node.attributes.items()),
            _text(7, node.domain),
        ]
    )


def _attribute(name: str, value: int | float) -> bytes:
    if isinstance(value, float):
        return _text(1, name) + _key(2, 5) + struct.pack("<f", value) + _number(20, 1)
    return _text(1, name) + _number(3, value) + _number(20, 2)


def _tensor(name: str, array: NDArray[Any]) -> bytes:
    dims = b"".join(_number(1, size) for size in array.shape)
    code = _number(2, _CODES[array.dtype])
    return dims + code + _text(8, name) + _message(9, np.ascontiguousarray(array).tobytes())


def _tensor_type(tensor: TensorType) -> bytes:
    dims = (_text(2, s) if isinstance(s, str) else _number(1, s) for s in tensor.shape)
    shape = b"".join(_message(1, dim) for dim in dims)
    element = _number(1, _CODES[np.dtype(tensor.dtype)]) + _message(2, shape)
    return _text(1, tensor.name) + _message(2, _message(1, element))


def _number(number: int, value: int) -> bytes:
    return _key(number, 0) + _encode_varint(value & (2**64 - 1))


def _text(number: int, value: str) -> bytes:
    return _message(number, value.encode())


def _message(number: int, value: bytes) -> bytes:
    return _key(number, 2) + _encode_varint(len(value)) + value


def _key(number: int, wire: int) -> bytes:
    return _encode_varint(number << 3 | wire)


def _encode_varint(value: int) -> bytes:
    out: list[int] = []
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
