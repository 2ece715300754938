"""A model that is made shorter gives the same numbers, and what is not understood stays as it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from harness.perceive.ppocr_graph import folded
from harness.perceive.ppocr_models import find_models

Numbers = NDArray[np.float32]
CHANCE = np.random.default_rng(7)


def run(model: bytes, given: Numbers) -> list[Numbers]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return [np.asarray(made) for made in session.run(None, {session.get_inputs()[0].name: given})]


def field(number: int, value: int | str | bytes) -> bytes:
    """Return a protobuf field; whole numbers below 128 only."""
    if isinstance(value, int):
        return bytes([number << 3, value])
    data = value.encode() if isinstance(value, str) else value
    size = bytes([len(data) & 127 | 128, len(data) >> 7])
    return bytes([number << 3 | 2]) + size + data


def node(op: str, inputs: Sequence[str], output: str, *attributes: bytes) -> bytes:
    names = b"".join(field(1, name) for name in inputs)
    return field(1, names + field(2, output) + field(4, op) + b"".join(field(5, a) for a in attributes))


def constant(name: str, value: Numbers) -> bytes:
    dims = b"".join(field(1, size) for size in value.shape)
    tensor = dims + field(2, 1) + field(8, name) + field(9, value.tobytes())
    return node("Constant", (), name, field(1, "value") + field(5, tensor) + b"\xa0\x01\x04")


def number(name: str, value: float) -> bytes:
    return constant(name, np.array(value, dtype=np.float32))


def value_info(name: str, *dims: int) -> bytes:
    shape = b"".join(field(1, field(1, size)) for size in dims)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, shape)))


def model(nodes: Sequence[bytes], *outputs: str) -> bytes:
    """Return a model from ``x`` to the outputs."""
    graph = b"".join(nodes) + field(2, "g") + field(11, value_info("x", 1, 3, 6, 6))
    graph += b"".join(field(12, field(1, name) + field(2, field(1, field(1, 1)))) for name in outputs)
    size = bytes([len(graph) & 127 | 128, len(graph) >> 7 & 127 | 128, len(graph) >> 14])
    return field(1, 8) + b"\x3a" + size + graph + field(8, field(2, 12))


PADS = field(1, "pads") + b"".join(field(8, 1) for _ in range(4)) + b"\xa0\x01\x07"
BLOCK = [
    constant("w", CHANCE.standard_normal((8, 3, 1, 1)).astype(np.float32)),
    *(number(name, value) for name, value in (("a", 2.0), ("b", 0.5), ("three", 3), ("zero", 0), ("six", 6))),
    *(number(name, value) for name, value in (("c", 0.3), ("d", -0.7))),
    node("Conv", ("x", "w"), "raw"),
    node("Mul", ("a", "raw"), "scaled"),
    node("Add", ("scaled", "b"), "y"),
    node("Add", ("y", "three"), "more"),
    node("Clip", ("more", "zero", "six"), "gate"),
    node("Mul", ("y", "gate"), "product"),
    node("Div", ("product", "six"), "swish"),
    node("Mul", ("c", "swish"), "less"),
    node("Add", ("less", "d"), "z"),
]
PADDED = constant("v", CHANCE.standard_normal((4, 8, 3, 3)).astype(np.float32))
PLAIN = constant("u", CHANCE.standard_normal((4, 8, 1, 1)).astype(np.float32))


@pytest.mark.parametrize(
    ("tail", "outputs", "shorter"),
    [
        ([PADDED, node("Conv", ("z", "v"), "out", PADS)], ("out",), True),
        ([PLAIN, node("Conv", ("z", "u"), "out")], ("out",), True),
        ([PLAIN, node("Conv", ("z", "u"), "out"), node("Neg", ("z",), "too")], ("out", "too"), True),
        ([PLAIN, node("Conv", ("z", "u"), "out")], ("out", "z"), True),
        ([PLAIN, node("Conv", ("z", "u"), "out"), node("Neg", ("raw",), "too")], ("out", "too"), True),
        ([PLAIN, node("Conv", ("z", "u"), "out")], ("out", "scaled", "gate", "less"), False),
        ([], ("z",), True),
    ],
)
def test_a_block_gives_the_same_numbers_whoever_else_uses_what_is_in_it(
    tail: list[bytes], outputs: tuple[str, ...], *, shorter: bool
) -> None:
    whole = model([*BLOCK, *tail], *outputs)
    less = folded(whole)
    given = CHANCE.standard_normal((1, 3, 6, 6)).astype(np.float32) * 3
    for one, other in zip(run(whole, given), run(less, given), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    assert (b"HardSigmoid" in less) == shorter


@pytest.mark.parametrize(("name", "size_px"), [("detector", (64, 96)), ("quick", (32, 120)), ("careful", (48, 80))])
def test_the_installed_models_say_the_same_as_before(name: str, size_px: tuple[int, int]) -> None:
    whole = getattr(find_models(), name).read_bytes()
    given = CHANCE.standard_normal((1, 3, *size_px)).astype(np.float32)
    (one,), (other,) = run(whole, given), run(folded(whole), given)
    np.testing.assert_allclose(one, other, atol=1e-4)


@pytest.mark.parametrize("cut", [0, 1, 40, 400, -30, -7])
def test_what_is_no_whole_model_comes_back_as_it_is(cut: int) -> None:
    broken = model([*BLOCK, PLAIN, node("Conv", ("z", "u"), "out")], "out")[:cut]
    assert folded(broken) == broken
    assert folded(b"no model at all") == b"no model at all"
