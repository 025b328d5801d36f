"""The generator behind its port: export, dial, tiles of any size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from cutis.core.errors import InputError, ModelError  # noqa: E402
from cutis.core.ports import Upscaler  # noqa: E402
from cutis.evaluation.picture_quality import psnr_db  # noqa: E402
from cutis.imaging.resample import resize_rgb, to_bytes  # noqa: E402
from cutis.models.builtin import builtin_models  # noqa: E402
from cutis.models.registry import Registry  # noqa: E402
from cutis.models.runtime import NetworkFiles, Runtime  # noqa: E402
from cutis.models.upscaler import NetworkUpscaler, blend_files, upscaler  # noqa: E402
from cutis.networks.srresnet import GeneratorSpec, blend, build_generator  # noqa: E402
from cutis.testing import sample_photo  # noqa: E402
from cutis.training.upscale_export import export_generator  # noqa: E402

SPEC = GeneratorSpec(channels=8, blocks=1)


def drawn_network(seed: int) -> torch.nn.Module:
    torch.manual_seed(seed)
    return build_generator(SPEC)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> list[NetworkFiles]:
    folder = tmp_path_factory.mktemp("generators")
    files = []
    for seed in (0, 1):
        told = export_generator(drawn_network(seed), folder, name=f"g{seed}")
        assert told["max_difference"] < 0.01
        paths = [folder / f"g{seed}{end}" for end in (".xml", ".bin")]
        files.append(NetworkFiles(*(path.read_bytes() for path in paths)))
    return files


def test_it_draws_what_the_network_draws(exported: list[NetworkFiles]):
    found = NetworkUpscaler(exported[0], Runtime(), uses=(), texture=0.0)
    assert isinstance(found, Upscaler)
    assert found.scale == 4
    for shape in ((20, 17), (33, 24)):
        rgb = np.random.default_rng(2).integers(0, 256, (*shape, 3)).astype(np.uint8)
        inputs = torch.from_numpy(rgb).permute(2, 0, 1)[None].float() / 255
        with torch.inference_mode():
            expected = drawn_network(0).eval()(inputs)[0].permute(1, 2, 0).numpy() * 255
        np.testing.assert_allclose(found.enlarge(rgb), expected, atol=1.0)


def test_the_dial_blends_files_as_it_blends_weights(exported: list[NetworkFiles]):
    mixed = NetworkUpscaler(blend_files(*exported, 0.25), Runtime(), uses=(), texture=0.25)
    one, other = (drawn_network(seed) for seed in (0, 1))
    between = build_generator(SPEC)
    between.load_state_dict(blend(one.state_dict(), other.state_dict(), 0.25))
    rgb = np.random.default_rng(3).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    inputs = torch.from_numpy(rgb).permute(2, 0, 1)[None].float() / 255
    with torch.inference_mode():
        expected = between.eval()(inputs)[0].permute(1, 2, 0).numpy() * 255
    np.testing.assert_allclose(mixed.enlarge(rgb), expected, atol=1.0)


def test_files_of_other_networks_are_refused(exported: list[NetworkFiles]):
    shorter = NetworkFiles(exported[1].graph, exported[1].weights[:-2])
    with pytest.raises(ModelError, match="two"):
        blend_files(exported[0], shorter, 0.5)


def test_missing_weights_and_a_dial_out_of_range(tmp_path: Path):
    with pytest.raises(InputError, match="between 0 and 1"):
        upscaler(builtin_models(), Runtime(), fidelity=1.5)
    with pytest.raises(ModelError, match="cutis models pull"):
        upscaler(Registry(), Runtime(), directory=tmp_path)


@pytest.mark.parametrize("fidelity", [1.0, 0.5, 0.0])
def test_the_shipped_weights_draw_the_drawn_face_better_than_bicubic(fidelity: float):
    true = sample_photo()[200:328, 150:278]
    small = resize_rgb(true, (32, 32))
    shipped = upscaler(builtin_models(), Runtime(), fidelity=fidelity)
    drawn = to_bytes(shipped.enlarge(small))
    assert shipped.texture == pytest.approx(1 - fidelity)
    assert len(shipped.uses()) == (2 if fidelity == 0.5 else 1)
    assert psnr_db(drawn, true) > psnr_db(resize_rgb(small, (128, 128)), true)
