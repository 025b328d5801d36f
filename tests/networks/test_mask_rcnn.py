"""Mask R-CNN: rebuilt from its spec, finite losses, numpy parts equal to torchvision's."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from cutis.core.errors import ModelError  # noqa: E402
from cutis.imaging.instances import Geometry, align, propose  # noqa: E402
from cutis.networks import mask_rcnn  # noqa: E402
from cutis.networks.mask_rcnn import Backbone, MaskRcnn, MaskRcnnSpec, build_mask_rcnn, losses_of  # noqa: E402
from cutis.networks.torchvision_import import align_regions  # noqa: E402
from cutis.networks.unet import Weights, make_padding_static  # noqa: E402

SMALL = MaskRcnnSpec(
    ("face_skin", "eye"),
    backbone=Backbone.LIGHT,
    weights=Weights.RANDOM,
    channels=16,
    box_features=16,
    mask_layers=1,
    geometry=Geometry(mask_bins=14),
)


@pytest.fixture(scope="module")
def network() -> MaskRcnn:
    torch.manual_seed(0)
    return build_mask_rcnn(SMALL)


def test_a_spec_returns_from_plain_data():
    assert MaskRcnnSpec.from_dict(SMALL.to_dict()) == SMALL


def test_levels_halve_from_a_quarter(network: MaskRcnn):
    levels = network.eval()(torch.rand(1, 3, 96, 128))
    assert [tuple(level.shape) for level in levels] == [
        (1, 16, 24, 32),
        (1, 16, 12, 16),
        (1, 16, 6, 8),
        (1, 16, 3, 4),
    ]


def test_losses_are_finite_and_reach_every_head(network: MaskRcnn):
    network.train()
    masks = torch.zeros(2, 96, 96, dtype=torch.uint8)
    masks[0, 10:80, 20:70], masks[1, 30:40, 30:44] = 1, 1
    target = {
        "boxes": torch.tensor([[20.0, 10, 70, 80], [30, 30, 44, 40]]),
        "labels": torch.tensor([1, 2]),
        "masks": masks,
    }
    losses = losses_of(network, network(torch.rand(1, 3, 96, 96)), [target], (96, 96))
    assert set(losses) == {
        "loss_objectness",
        "loss_rpn_box_reg",
        "loss_classifier",
        "loss_box_reg",
        "loss_mask",
    }
    total = torch.stack(list(losses.values())).sum()
    assert torch.isfinite(total)
    total.backward()
    heads = network.roi_heads
    for part in (network.rpn.head, heads.box_predictor, heads.mask_predictor, network.pyramid):
        assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in part.parameters())
    network.zero_grad()


def test_proposals_in_numpy_are_those_of_torchvision(network: MaskRcnn):
    network.eval()
    with torch.inference_mode():
        features = network(torch.rand(1, 3, 96, 128))
        objectness, deltas = network.proposals(features)
        images = type(
            "Images", (), {"tensors": torch.zeros(1, 3, 96, 128), "image_sizes": [(96, 128)]}
        )()
        expected, _ = network.rpn(images, {str(i): f for i, f in enumerate(features)})
    plain = [[level[0].numpy() for level in kind] for kind in (objectness, deltas)]
    found = propose(plain[0], plain[1], SMALL.geometry, (96, 128))
    assert len(found) == len(expected[0])
    assert found == pytest.approx(expected[0].numpy(), abs=2e-3)


def test_features_cut_in_numpy_are_those_of_the_operator():
    rng = np.random.default_rng(1)
    features = rng.standard_normal((3, 20, 24)).astype(np.float32)
    boxes = np.float32([[4, 6, 60, 70], [-6, -4, 30, 20], [10, 10, 12, 90]])
    rois = torch.from_numpy(np.hstack([np.zeros((3, 1), np.float32), boxes]))
    expected = align_regions(
        torch.from_numpy(features)[None], rois, 0.25, shape=(7, 7), sampling_ratio=2, aligned=False
    )
    found = align(features, boxes, 4, bins=7, samples=2)
    assert found == pytest.approx(expected.numpy(), abs=1e-4)


def test_statistics_of_pretrained_norms_stay(network: MaskRcnn):
    network.train()
    assert any(m.training for m in network.body.modules() if isinstance(m, torch.nn.BatchNorm2d))
    spec = MaskRcnnSpec.from_dict(
        {**SMALL.to_dict(), "weights": "imagenet", "backbone": "efficientnet_lite0"}
    )
    pretrained = build_mask_rcnn(spec, pretrained=False).train()
    norms = [m for m in pretrained.body.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert norms
    assert not any(norm.training for norm in norms)


@pytest.mark.parametrize("backbone", [Backbone.RESNET50, Backbone.LIGHT])
def test_fetched_weights_see_pictures_as_they_learned_them(
    backbone: Backbone, monkeypatch: pytest.MonkeyPatch
):
    timm, kept = mask_rcnn._timm(), {}
    create = timm.create_model

    def fetch(name: str, *, pretrained: bool, **options: Any) -> Any:
        assert pretrained
        body = create(name, pretrained=False, **options)
        torch.nn.init.normal_(body.bn1.running_mean)
        kept["stem"] = deepcopy([getattr(body, body.pretrained_cfg["first_conv"]), body.bn1])
        return body

    monkeypatch.setattr(timm, "create_model", fetch)
    spec = replace(SMALL, backbone=backbone, weights=Weights.IMAGENET)
    body = build_mask_rcnn(spec).eval().body
    told = body.pretrained_cfg
    mean, std = (torch.tensor(told[key])[None, :, None, None] for key in ("mean", "std"))
    picture = torch.rand(1, 3, 64, 64)
    old_stem, old_norm = (part.eval() for part in kept["stem"])
    expected = old_norm(padded_alike(old_stem)((picture - mean) / std))
    got = body.bn1(getattr(body, told["first_conv"])(picture))
    assert torch.allclose(got[..., 4:-4, 4:-4], expected[..., 4:-4, 4:-4], atol=1e-4)


def padded_alike(stem: Any) -> Any:
    """Return the stem padded as the network pads it."""
    holder = torch.nn.Sequential(stem)
    make_padding_static(holder)
    return holder[0]


def test_weights_that_cannot_be_fetched_are_told(monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(mask_rcnn._timm(), "create_model", fail)
    spec = replace(SMALL, backbone=Backbone.RESNET50, weights=Weights.IMAGENET)
    with pytest.raises(ModelError, match="resnet50 could not be fetched") as caught:
        build_mask_rcnn(spec)
    assert "efficientnet_lite0" in str(caught.value)
