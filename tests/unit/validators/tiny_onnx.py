"""A tiny ONNX model written byte by byte (protocol buffers, onnx.proto3), so that tests need no package to make one."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

FLOAT, INT64 = 1, 7


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _node(kind: str, inputs: list[str], output: str, *attributes: bytes) -> bytes:
    parts = b"".join(_bytes(1, one) for one in inputs) + _bytes(2, output) + _bytes(4, kind)
    return parts + b"".join(_bytes(5, one) for one in attributes)


def _integer_attribute(name: str, value: int) -> bytes:
    return _bytes(1, name) + _number(3, value) + _number(20, 2)


def _tensor(name: str, kind: int, shape: tuple[int, ...], data: bytes) -> bytes:
    return b"".join(_number(1, size) for size in shape) + _number(2, kind) + _bytes(8, name) + _bytes(9, data)


def _value(name: str, kind: int, dimensions: list[str]) -> bytes:
    shape = b"".join(_bytes(1, _bytes(2, one)) for one in dimensions)
    return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, kind) + _bytes(2, shape)))


def embedding_sum(table: NDArray[np.float32]) -> bytes:
    """A model with ``logits[i] = sum over tokens t of table[t]``; input ``input_ids``, shape (batch, tokens)."""
    weights = _tensor("table", FLOAT, table.shape, table.astype("<f4").tobytes())
    axes = _tensor("axes", INT64, (1,), struct.pack("<q", 1))
    nodes = [
        _node("Gather", ["table", "input_ids"], "vectors", _integer_attribute("axis", 0)),
        _node("ReduceSum", ["vectors", "axes"], "logits", _integer_attribute("keepdims", 0)),
    ]
    graph = b"".join(_bytes(1, node) for node in nodes) + _bytes(2, "tiny") + _bytes(5, weights) + _bytes(5, axes)
    graph += _bytes(11, _value("input_ids", INT64, ["batch", "tokens"])) + _bytes(12, _value("logits", FLOAT, ["batch", "labels"]))
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _bytes(1, "") + _number(2, 17))
