"""How good a skin network is on held-out people: mean mask AP and skin IoU, per third of tones."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from cutis.core.face_parts import FacePart
from cutis.datasets.skin_labels.accept import TONES
from cutis.datasets.skin_labels.skin_pack import SkinPack
from cutis.datasets.skin_occluders.draw import Occlusion
from cutis.evaluation.mask_ap import MaskTally, Scored
from cutis.models.instances import Cut, Levels, find_instances, skin_of
from cutis.networks.mask_rcnn import MaskRcnn
from cutis.training.precision import half_precision
from cutis.training.skin_batches import STILL, Face, face_of, instance_targets
from cutis.training.validation import spread

_SEED = 4711


class TorchStages:
    """The stages of a network in torch, behind the same protocol as those of the runtime."""

    def __init__(self, network: MaskRcnn) -> None:
        self.network = network.eval()
        self.device = next(network.parameters()).device

    def trunk(self, picture: Float32[np.ndarray, "3 h w"]) -> tuple[Levels, Levels, Levels]:
        """Return features, objectness and deltas of every level."""
        with torch.inference_mode(), half_precision(self.device):
            features = self.network(torch.from_numpy(picture)[None].to(self.device))
            objectness, deltas = self.network.proposals(features)
        return tuple(
            [_plain(level[0]) for level in kind] for kind in (features, objectness, deltas)
        )  # type: ignore[return-value]

    def boxes(self, cut: Cut) -> tuple[np.ndarray, np.ndarray]:
        """Return class logits and deltas."""
        with torch.inference_mode(), half_precision(self.device):
            logits, deltas = self.network.boxes(torch.from_numpy(cut).to(self.device))
        return _plain(logits), _plain(deltas)

    def masks(self, cut: Cut) -> Float32[np.ndarray, "n classes m m"]:
        """Return mask logits."""
        with torch.inference_mode(), half_precision(self.device):
            return _plain(self.network.masks(torch.from_numpy(cut).to(self.device)))


def _plain(values: Tensor) -> np.ndarray:
    return values.float().cpu().numpy()


@dataclass(slots=True)
class _Overlap:
    both: float = 0.0
    one: float = 0.0
    other: float = 0.0

    def add(self, found: np.ndarray, truth: np.ndarray) -> None:
        self.both += float(np.count_nonzero(found & truth))
        self.one += float(np.count_nonzero(found))
        self.other += float(np.count_nonzero(truth))

    @property
    def iou(self) -> float:
        either = self.one + self.other - self.both
        return self.both / either if either else float("nan")


def skin_scores(network: MaskRcnn, pack: SkinPack, *, side_px: int, most: int) -> dict[str, float]:
    """Return the scores of a network on ``val`` faces, every second with something drawn over it.

    The first, ``selection``, is the mean of mean mask AP and skin IoU. Skin IoU is over all pixels
    of a group together.
    """
    network.eval()
    stages, geometry = TorchStages(network), network.spec.geometry
    parts = [FacePart(name) for name in network.spec.classes]
    tally, groups = MaskTally(), {name: _Overlap() for name in ("all", *TONES)}
    started = time.monotonic()
    numbers = spread(pack.indices("val"), most)
    for place, index in enumerate(numbers):
        face = held_out(pack, int(index), covered=place % 2 == 1, side_px=side_px)
        instances = find_instances(
            stages, np.ascontiguousarray(face.picture.transpose(2, 0, 1)), parts, geometry
        )
        shape = face.labels.shape
        found = [Scored(i.part.value, i.score, i.on(shape) >= 0.5) for i in instances]
        tally.add(found, [(p.value, mask) for p, mask in instance_targets(face.labels)])
        skin = skin_of(instances, shape) >= 0.5
        for name in ("all", str(pack.tone[index])):
            groups[name].add(skin, face.labels == FacePart.FACE_SKIN.label)
    network.train()
    return _summary(tally, groups, (time.monotonic() - started) / max(1, len(numbers)))


def held_out(pack: SkinPack, index: int, *, covered: bool, side_px: int) -> Face:
    """Return a face of the ``val`` split, the same whenever it is asked for."""
    occlusion = Occlusion(often=1.0 if covered else 0.0, again=0.0, side_shadow=0.0, tone=0.0)
    jitter = replace(STILL, occlusion=occlusion)
    rng = np.random.default_rng((_SEED, index))
    return face_of(pack, index, jitter, side_px=side_px, rng=rng)


def _summary(tally: MaskTally, groups: Mapping[str, _Overlap], face_s: float) -> dict[str, float]:
    mean, iou = tally.mean(), groups["all"].iou
    scores = {"selection": float(np.nanmean([mean, iou])), "mask_ap": mean, "skin_iou": iou}
    scores |= {f"skin_iou_{name}": groups[name].iou for name in TONES}
    scores |= {f"ap_{name}": value for name, value in tally.average_precision().items()}
    return {**scores, "face_s": face_s}
