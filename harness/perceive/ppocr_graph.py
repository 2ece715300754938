"""Rewrites an ONNX model so that it walks over its numbers less often and gives the same answers. Pure.

PP-LCNetV3, of which the PP-OCRv4 models are made, multiplies by one number and adds another after every convolution
and after every hard swish, and spells a hard swish as four operations. Each is a pass over all activations, together a
third of the time. Numbers are folded into the weights before or behind them, and a hard swish becomes two operations.
Only as much of protobuf's wire format is known here as that takes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_MODEL_GRAPH, _GRAPH_NODE, _GRAPH_OUTPUT = 7, 1, 12
_INPUT, _OUTPUT, _OP, _ATTRIBUTE, _DOMAIN = 1, 2, 4, 5, 7
_NAME, _FLOAT, _INT, _TENSOR, _GRAPH_OF, _INTS, _TYPE = 1, 2, 3, 5, 6, 8, 20  # of an attribute
_DIMS, _DATA_TYPE, _TENSOR_NAME, _RAW = 1, 2, 8, 9
_FLOAT32 = 1
_KIND_FLOAT, _KIND_TENSOR = 1, 4

_Numbers = NDArray[np.float32]
_Field = tuple[int, int | memoryview]


def folded(model: bytes) -> bytes:
    """Return the model with single numbers folded into weights and hard swishes made short; outputs differ by rounding.

    What does not have these patterns, or is no model, comes back as it is.
    """
    try:
        fields = list(_fields(memoryview(model)))
        graphs = [value for number, value in fields if number == _MODEL_GRAPH and isinstance(value, memoryview)]
        if len(graphs) != 1:
            return model
        graph = _Graph.of(graphs[0])
        graph.fold_behind_convolutions()
        graph.shorten_hard_swishes()
        new = graph.data()
    except (IndexError, KeyError, ValueError):  # whoever loads it says what is wrong
        return model
    return b"".join(_field(number, new if number == _MODEL_GRAPH else value) for number, value in fields)


# --- the wire ------------------------------------------------------------------------------------------------------


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at, value, shift = at + 1, value | (byte & 127) << shift, shift + 7
        if byte < 128:
            return value, at


def _fields(data: memoryview) -> Iterator[_Field]:
    """Yield number and value of each field; numbers of fixed width and everything longer as bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        if key & 7 == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        if key & 7 != 2:
            raise ValueError(f"wire type {key & 7}")
        size, at = _varint(data, at)
        if at + size > len(data):
            raise ValueError("cut short")
        yield key >> 3, data[at : at + size]
        at += size


def _encoded(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _field(number: int, value: int | float | str | bytes | memoryview) -> bytes:
    if isinstance(value, int):
        return _encoded(number << 3) + _encoded(value)
    if isinstance(value, float):
        return _encoded(number << 3 | 5) + struct.pack("<f", value)
    data = value.encode() if isinstance(value, str) else bytes(value)
    return _encoded(number << 3 | 2) + _encoded(len(data)) + data


# --- nodes ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True, eq=False)
class _Node:
    op: str
    inputs: list[str]
    output: str
    attributes: tuple[bytes, ...] = ()

    def data(self) -> bytes:
        parts = [*(_field(_INPUT, name) for name in self.inputs), _field(_OUTPUT, self.output), _field(_OP, self.op)]
        return b"".join([*parts, *(_field(_ATTRIBUTE, data) for data in self.attributes)])

    def integers(self, name: str) -> list[int]:
        """Return the whole numbers of an attribute, none where the node does not have it."""
        for data in self.attributes:
            parts = list(_fields_of_attribute(data))
            if (_NAME, name) in parts:
                return [value for number, value in parts if number in (_INT, _INTS) and isinstance(value, int)]
        return []


def _fields_of_attribute(data: bytes) -> Iterator[tuple[int, int | str]]:
    for number, value in _without_floats(data):
        if number == _NAME and isinstance(value, memoryview):
            yield number, bytes(value).decode()
        elif number == _INTS and isinstance(value, memoryview):  # packed
            at = 0
            while at < len(value):
                one, at = _varint(value, at)
                yield number, one
        elif isinstance(value, int):
            yield number, value


def _without_floats(data: bytes) -> Iterator[_Field]:
    """Yield the fields of an attribute but for its floats, which have a width of their own."""
    view, at = memoryview(data), 0
    while at < len(view):
        key, after = _varint(view, at)
        if key & 7 == 5:
            at = after + 4
            continue
        end = _varint(view, after)[1]
        if key & 7 == 2:
            end += _varint(view, after)[0]
        yield from _fields(view[at:end])
        at = end


def _texts(data: int | memoryview, number: int) -> list[str]:
    """Return a message's texts of one number."""
    fields = [] if isinstance(data, int) else _fields(data)
    return [bytes(value).decode() for n, value in fields if n == number and not isinstance(value, int)]


def _node(data: memoryview) -> tuple[_Node | None, bytes]:
    """Return a node where it is as simple as those that are rewritten, else ``None``; and its bytes."""
    attributes = tuple(bytes(v) for n, v in _fields(data) if n == _ATTRIBUTE and not isinstance(v, int))
    if any(n == _GRAPH_OF for attribute in attributes for n, _ in _without_floats(attribute)):
        raise ValueError("a graph within the graph may use any name")
    outputs = _texts(data, _OUTPUT)
    if len(outputs) != 1 or any(_texts(data, _DOMAIN)):
        return None, bytes(data)
    (op,) = _texts(data, _OP)
    return _Node(op=op, inputs=_texts(data, _INPUT), output=outputs[0], attributes=attributes), bytes(data)


def _constant(name: str, value: _Numbers) -> _Node:
    dims = b"".join(_field(_DIMS, size) for size in value.shape)
    tensor = dims + _field(_DATA_TYPE, _FLOAT32) + _field(_TENSOR_NAME, name) + _field(_RAW, value.tobytes())
    attribute = _field(_NAME, "value") + _field(_TENSOR, tensor) + _field(_TYPE, _KIND_TENSOR)
    return _Node(op="Constant", inputs=[], output=name, attributes=(attribute,))


def _value_of(constant: _Node) -> _Numbers | None:
    """Return the numbers of a constant, ``None`` where they are no plain floats."""
    for data in constant.attributes:
        for number, value in _without_floats(data):
            if number == _TENSOR and not isinstance(value, int):
                parts = list(_fields(value))
                raw = [part for n, part in parts if n == _RAW and not isinstance(part, int)]
                if (_DATA_TYPE, _FLOAT32) not in parts or len(raw) != 1:
                    return None
                shape = [size for n, size in parts if n == _DIMS and isinstance(size, int)]
                return np.frombuffer(raw[0], "<f4").reshape(shape)
    return None


# --- the graph -----------------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class _Graph:
    """A graph's nodes in their order, ``None`` beside the bytes of what stays as it is, and its other fields."""

    nodes: list[tuple[_Node | None, bytes]]
    rest: bytes
    constants: dict[str, _Numbers] = field(default_factory=dict)
    users: dict[str, list[_Node]] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)  # names that somebody asks for who is not looked at
    added: list[_Node] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)
    instead: dict[int, list[_Node]] = field(default_factory=dict)

    @classmethod
    def of(cls, data: memoryview) -> _Graph:
        fields = list(_fields(data))
        nodes = [_node(value) for number, value in fields if number == _GRAPH_NODE and not isinstance(value, int)]
        graph = cls(nodes=nodes, rest=b"".join(_field(n, v) for n, v in fields if n != _GRAPH_NODE))
        graph.kept.update(name for n, v in fields if n == _GRAPH_OUTPUT for name in _texts(v, _NAME))
        for node, raw in nodes:
            if node is None:
                graph.kept.update(_texts(memoryview(raw), _INPUT))
                continue
            for name in node.inputs:
                graph.users.setdefault(name, []).append(node)
            if node.op == "Constant" and (value := _value_of(node)) is not None:
                graph.constants[node.output] = value
        return graph

    def data(self) -> bytes:
        parts = [_field(_GRAPH_NODE, node.data()) for node in self.added]
        for node, raw in self.nodes:
            if node is None:
                parts.append(_field(_GRAPH_NODE, raw))
            elif id(node) in self.instead:
                parts.extend(_field(_GRAPH_NODE, new.data()) for new in self.instead[id(node)])
            elif id(node) not in self.gone:
                parts.append(_field(_GRAPH_NODE, node.data()))
        return b"".join([*parts, self.rest])

    def fold_behind_convolutions(self) -> None:
        """Make a factor and a term behind a convolution part of its weights."""
        for node in self._of("Conv"):
            scaled = self._scaled(node.output)
            if scaled is None or node.inputs[1] not in self.constants:
                continue
            factor, term, passed = scaled
            weights, bias = self._weights(node)
            self._weigh(node, weights * np.float32(factor), bias * np.float32(factor) + np.float32(term))
            node.output = passed[-1].output
            self.gone.update(id(one) for one in passed)

    def shorten_hard_swishes(self) -> None:
        """Make x * clip(x + 3, 0, 6) / 6 two operations; a factor behind it goes into the next weights."""
        for node in self._of("Add"):
            swish = self._swish(node)
            if swish is None:
                continue
            source, passed = swish
            output, factor, term = passed[-1].output, 1.0, 0.0
            if (scaled := self._scaled(output)) is not None:
                factor, term, more = scaled
                passed, output = [*passed, *more], more[-1].output
            self.gone.update(id(one) for one in passed)
            factor, term = self._handed_on(output, factor, term)
            gate, name = f"{output}.gate", f"{output}.swish"
            settings = (_setting("alpha", 1 / 6), _setting("beta", 0.5))
            new = [_Node(op="HardSigmoid", inputs=[source], output=gate, attributes=settings)]
            steps = [("Mul", factor)] * (factor != 1.0) + [("Add", term)] * (term != 0.0)
            new.append(_Node(op="Mul", inputs=[source, gate], output=name if steps else output))
            for number, (op, value) in enumerate(steps, start=1):
                new.append(_constant(f"{name}.{op}", np.array([value], dtype=np.float32)))
                last = output if number == len(steps) else f"{name}.{number}"
                new.append(_Node(op=op, inputs=[name, new[-1].output], output=last))
                name = last
            self.instead[id(node)] = new

    def _of(self, op: str) -> list[_Node]:
        return [node for node, _ in self.nodes if node is not None and node.op == op and id(node) not in self.gone]

    def _sole_user(self, name: str) -> _Node | None:
        users = self.users.get(name, [])
        return users[0] if len(users) == 1 and name not in self.kept else None

    def _with_number(self, source: str, op: str) -> tuple[float, _Node] | None:
        """Return the operation that alone uses ``source``, together with one constant number; and that number."""
        user = self._sole_user(source)
        if user is None or user.op != op or len(user.inputs) != 2:
            return None
        number = self._number(user, source)
        return None if number is None else (number, user)

    def _number(self, node: _Node, source: str) -> float | None:
        others = [name for name in node.inputs if name != source]
        value = self.constants.get(others[0]) if len(others) == 1 else None
        return None if value is None or value.size != 1 else float(value.reshape(-1)[0])

    def _scaled(self, source: str) -> tuple[float, float, list[_Node]] | None:
        """Return the factor and the term that ``source`` goes through and no other way, with their nodes."""
        factor = self._with_number(source, "Mul")
        term = None if factor is None else self._with_number(factor[1].output, "Add")
        return None if factor is None or term is None else (factor[0], term[0], [factor[1], term[1]])

    def _swish(self, add: _Node) -> tuple[str, list[_Node]] | None:
        """Return what a hard swish is made of and the nodes behind its first, ``None`` where there is none."""
        source = next((name for name in add.inputs if self._number(add, name) == 3.0), None)
        clip = self._sole_user(add.output)
        if source is None or clip is None or clip.op != "Clip":
            return None
        if [self.constants[name].tolist() for name in clip.inputs[1:] if name in self.constants] != [0.0, 6.0]:
            return None
        product = self._sole_user(clip.output)
        if product is None or product.op != "Mul" or {*product.inputs} != {source, clip.output}:
            return None
        share = self._with_number(product.output, "Div")
        return (source, [clip, product, share[1]]) if share is not None and share[0] == 6.0 else None

    def _handed_on(self, output: str, factor: float, term: float) -> tuple[float, float]:
        """Put a factor into the weights of all that use ``output``, the term too where nothing is padded; return what
        is left of both."""
        users = self.users.get(output, [])
        if factor == 1.0 or output in self.kept or not all(self._weighs(user, output) for user in users):
            return factor, term
        whole = all(not any(user.integers("pads")) and user.integers("group") in ([], [1]) for user in users)
        for user in users:
            weights, bias = self._weights(user)
            if whole:
                bias = (bias + weights.astype(np.float64).sum(axis=(1, 2, 3)) * term).astype(np.float32)
            self._weigh(user, weights * np.float32(factor), bias)
        return 1.0, 0.0 if whole else term / factor

    def _weighs(self, user: _Node, source: str) -> bool:
        return user.op == "Conv" and user.inputs[0] == source and user.inputs[1] in self.constants

    def _weights(self, node: _Node) -> tuple[_Numbers, _Numbers]:
        weights = self.constants[node.inputs[1]]
        bias = self.constants[node.inputs[2]] if len(node.inputs) > 2 else np.zeros(weights.shape[0], np.float32)
        return weights, bias

    def _weigh(self, node: _Node, weights: _Numbers, bias: _Numbers) -> None:
        """Give a convolution weights of its own."""
        node.inputs = [node.inputs[0], f"{node.inputs[1]}.{node.output}", f"{node.inputs[1]}.{node.output}.bias"]
        for name, value in zip(node.inputs[1:], (weights, bias), strict=True):
            self.constants[name] = value
            self.added.append(_constant(name, value))


def _setting(name: str, value: float) -> bytes:
    return _field(_NAME, name) + _field(_FLOAT, value) + _field(_TYPE, _KIND_FLOAT)
