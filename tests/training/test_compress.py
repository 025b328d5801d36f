"""Eight-bit weights: a quarter of the size, nearly the same answer, the same ports."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cutis.models.quiet_openvino import import_openvino
from cutis.training.compress import compress_weights, quantise

CHANNELS = 64


def network():
    """Three convolutions and a matrix, with random weights."""
    openvino = import_openvino()
    ops = openvino.opset13
    rng = np.random.default_rng(4)
    picture = ops.parameter([-1, 17, -1, -1], np.float32, name="skin_channels")
    values, width = picture, 17
    for _ in range(3):
        weights = rng.normal(0, (2 / (9 * width)) ** 0.5, (CHANNELS, width, 3, 3))
        weights *= rng.uniform(0.1, 3, (CHANNELS, 1, 1, 1))
        kernel = ops.constant(weights.astype(np.float32))
        values = ops.relu(ops.convolution(values, kernel, [1, 1], [1, 1], [1, 1], [1, 1]))
        width = CHANNELS
    mean = ops.reduce_mean(values, ops.constant(np.array([2, 3])), keep_dims=False)
    matrix = ops.constant(rng.normal(0, 0.2, (80, CHANNELS)).astype(np.float32))
    logits = ops.matmul(mean, matrix, False, True)
    logits.output(0).set_names({"logits"})
    return openvino.Model([ops.result(logits)], [picture], "drawn")


def answer(model: object) -> np.ndarray:
    config = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    compiled = import_openvino().compile_model(model, "CPU", config)
    picture = np.random.default_rng(5).normal(0, 0.5, (1, 17, 32, 64)).astype(np.float32)
    return np.asarray(compiled(picture)[0])


@pytest.mark.parametrize("fp16", [False, True])
def test_a_compressed_network_is_small_and_nearly_the_same(tmp_path: Path, *, fp16: bool):
    openvino = import_openvino()
    openvino.save_model(network(), tmp_path / "whole.xml", compress_to_fp16=fp16)
    whole = openvino.Core().read_model(tmp_path / "whole.xml")
    openvino.save_model(compress_weights(whole), tmp_path / "small.xml", compress_to_fp16=False)
    small = openvino.Core().read_model(tmp_path / "small.xml")
    size = (tmp_path / "small.bin").stat().st_size / (tmp_path / "whole.bin").stat().st_size
    assert size < (0.53 if fp16 else 0.27)
    assert small.input(0).get_names() == {"skin_channels"}
    assert small.output(0).get_names() == {"logits"}
    expected, came = answer(whole), answer(small)
    assert np.abs(came - expected).max() < 0.03 * np.ptp(expected)
    assert np.corrcoef(came.ravel(), expected.ravel())[0, 1] > 0.999


def test_the_given_network_is_left_as_it_is():
    whole = network()
    before = answer(whole)
    compress_weights(whole)
    assert np.array_equal(answer(whole), before)
    assert all(node.get_type_name() != "Convert" for node in whole.get_ops())


def test_small_constants_stay():
    names = [n.get_type_name() for n in compress_weights(network(), 10**9).get_ops()]
    assert "Convert" not in names
    names = [n.get_type_name() for n in compress_weights(network()).get_ops()]
    assert names.count("Convert") == 4


def test_integers_are_within_half_a_scale():
    values = np.random.default_rng(6).normal(size=(12, 5, 3)).astype(np.float32)
    values[3] = 0
    integers, scale = quantise(values)
    assert integers.dtype == np.int8
    assert scale.shape == (12, 1, 1)
    assert np.abs(integers).max() == 127
    assert (np.abs(integers * scale - values) <= scale / 2 + 1e-7).all()
