"""Something unusual here: an autoencoder of clean skin, A(x) = ‖x − x̂‖², as a map.

Faces of the bank are brought to one scale and described as optical density beside the person's own
skin, so that tone and white balance cancel. Persons of ``train`` teach; on persons of ``val``
unusual marks are painted, and the same faces without them are the clean ones. The control is a
picture blurred: a network that only blurs finds small dark things as well.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from jaxtyping import Float32

from cutis.core.arrays import Gray, LinearRGB, Mask
from cutis.core.errors import InputError
from cutis.datasets.bank import FaceFacts
from cutis.datasets.faces import PreparedFace, load_face
from cutis.datasets.splits import split_of
from cutis.evaluation.fairness import TONE_THIRDS, tone_thirds
from cutis.evaluation.ranking import auc, bootstrap_interval
from cutis.imaging.chromophores import optical_density
from cutis.imaging.colour import rgb_to_linear
from cutis.imaging.skin_channels import skin_baseline
from cutis.networks.autoencoder import STRIDE, Autoencoder, surprise
from cutis.synth.graded import Purpose, draw_graded
from cutis.synth.parameters import Camera, MarkKind, SceneParameters
from cutis.synth.render import render
from cutis.synth.view import look

MM_PER_PX = 0.8
PATCH_PX = 64
BORDER_MM = 3.0
"""Surprise is not looked at so near the border of the skin."""
SMOOTH_MM = 1.6
GAIN = 2.0
_CHANGED = 0.3
FALSE_ALARMS = 0.05
"""Share of clean faces of the training persons that may exceed the threshold."""


@dataclass(frozen=True, slots=True, eq=False)
class SkinPicture:
    """A face as the network sees it: ``3 h w`` densities beside the own skin; skin to look at."""

    density: Float32[np.ndarray, "3 h w"]
    inside: Mask


def skin_picture(linear: LinearRGB, skin: Mask, mm_per_px: float) -> SkinPicture:
    """Bring a face to the scale of the network, sides completed to multiples of `STRIDE`."""
    factor = mm_per_px / MM_PER_PX
    size = tuple(max(PATCH_PX, round(side * factor)) for side in linear.shape[1::-1])
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    small = np.asarray(cv2.resize(linear, size, interpolation=method))
    where = cv2.resize(skin.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    above = optical_density(small) - skin_baseline(small, where)
    above = np.where(where[..., None], np.clip(above * GAIN, -2, 2), 0).astype(np.float32)
    down, right = -size[1] % STRIDE, -size[0] % STRIDE
    padded = cv2.copyMakeBorder(above, 0, down, 0, right, cv2.BORDER_CONSTANT)
    reach = 2 * round(BORDER_MM / MM_PER_PX) + 1
    inner = cv2.erode(where.astype(np.uint8), np.ones((reach, reach), np.uint8), borderValue=0)
    inside = cv2.copyMakeBorder(inner, 0, down, 0, right, cv2.BORDER_CONSTANT) > 0
    return SkinPicture(np.ascontiguousarray(padded.transpose(2, 0, 1)), inside)


def face_picture(face: PreparedFace) -> SkinPicture:
    """Return a face of the bank as the network sees it."""
    return skin_picture(rgb_to_linear(face.rgb), face.skin, face.mm_per_px)


def train_autoencoder(
    pictures: Sequence[SkinPicture],
    *,
    minutes: float,
    most_steps: int = 3000,
    seed: int = 0,
    watch: Callable[[int, float], None] = lambda _step, _loss: None,
) -> Autoencoder:
    """Train on patches of clean skin, bf16 where the processor has it; Adam 2e-3.

    Raises:
        InputError: no picture is given.
    """
    if not pictures:
        raise InputError("Clean faces were expected; none came.")
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = Autoencoder()
    optimiser = torch.optim.Adam(network.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, most_steps)
    started = time.monotonic()
    for step in range(most_steps):
        values, weight = _batch(pictures, rng)
        with torch.autocast("cpu", torch.bfloat16):
            drawn = network(values)
        error = surprise(values, drawn.float())
        loss = (error * weight).sum() / weight.sum().clamp(min=1)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        watch(step, float(loss.detach()))
        if time.monotonic() - started > 60 * minutes:
            break
    return network.eval()


def _batch(
    pictures: Sequence[SkinPicture], rng: np.random.Generator, size: int = 32
) -> tuple[torch.Tensor, torch.Tensor]:
    values = np.zeros((size, 3, PATCH_PX, PATCH_PX), np.float32)
    weight = np.zeros((size, PATCH_PX, PATCH_PX), np.float32)
    for i in range(size):
        one = pictures[int(rng.integers(len(pictures)))]
        rows, cols = one.inside.shape
        top = int(rng.integers(rows - PATCH_PX + 1))
        left = int(rng.integers(cols - PATCH_PX + 1))
        part = slice(top, top + PATCH_PX), slice(left, left + PATCH_PX)
        values[i], weight[i] = one.density[(slice(None), *part)], one.inside[part]
        if rng.random() < 0.5:
            values[i], weight[i] = values[i][:, :, ::-1].copy(), weight[i][:, ::-1].copy()
    return torch.tensor(values), torch.tensor(weight)


def surprise_map(network: Autoencoder, picture: SkinPicture) -> Gray:
    """Return A(x) over a face, smoothed; 0 where it is not looked at."""
    values = torch.tensor(picture.density)[None]
    with torch.no_grad():
        error = surprise(values, network(values))[0].numpy()
    return _smoothed(error, picture)


def blur_map(picture: SkinPicture) -> Gray:
    """Return the control: the squared distance to the same picture, blurred by 4 mm."""
    sigma = 4.0 / MM_PER_PX
    planes = [cv2.GaussianBlur(plane, (0, 0), sigma) for plane in picture.density]
    error = ((picture.density - np.stack(planes)) ** 2).sum(axis=0)
    return _smoothed(error.astype(np.float32), picture)


def _smoothed(error: Gray, picture: SkinPicture) -> Gray:
    smooth = cv2.GaussianBlur(error, (0, 0), SMOOTH_MM / 2 / MM_PER_PX)
    return np.where(picture.inside, smooth, np.float32(0))


def most_surprising(values: Gray, picture: SkinPicture) -> float:
    """Return the highest value of a face, spared of its ten most extreme pixels; NaN of none."""
    seen = np.sort(values[picture.inside])
    return float(seen[-10]) if len(seen) >= 100 else float("nan")


def painted_pairs(
    facts: Sequence[FaceFacts], bank: Path
) -> Iterator[tuple[FaceFacts, str, SkinPicture, SkinPicture]]:
    """Yield for each face what was painted, the painted picture and the clean one, one camera."""
    for number, fact in enumerate(facts):
        face = load_face(bank / fact.file)
        scene = draw_graded(face, number, Purpose.UNUSUAL)
        scene = replace(scene, areas=(), camera=Camera(jpeg=(90,)))
        done = render(face, scene)
        skin = look(face, scene.view).skin
        mm = scene.view.mm_per_px
        pair = (skin_picture(rgb_to_linear(p), skin, mm) for p in (done.image, done.clean))
        painted, clean = pair
        yield fact, _kind(scene), painted, clean


def _kind(scene: SceneParameters) -> str:
    if scene.lines:
        return "tattoo"
    return "mole" if scene.marks[0].kind is MarkKind.MOLE else "jewel"


def evaluate(
    maps: Mapping[str, Callable[[SkinPicture], Gray]],
    clean_train: Sequence[SkinPicture],
    pairs: Sequence[tuple[FaceFacts, str, SkinPicture, SkinPicture]],
) -> dict[str, Any]:
    """Return for each map the AUC of painted against clean faces, and the false alarms.

    The threshold is that of `FALSE_ALARMS` of the clean faces of the training persons.
    """
    thirds = np.array(tone_thirds([fact.ita_deg for fact, *_ in pairs]))
    kinds = np.array([kind for _, kind, *_ in pairs])
    figures: dict[str, Any] = {}
    for name, make in maps.items():
        usual = np.array([most_surprising(make(p), p) for p in clean_train])
        threshold = float(np.nanquantile(usual, 1 - FALSE_ALARMS))
        painted = np.array([most_surprising(make(p), p) for _, _, p, _ in pairs])
        clean = np.array([most_surprising(make(p), p) for *_, p in pairs])
        known = ~np.isnan(painted) & ~np.isnan(clean)
        rows: dict[str, Any] = {"faces": int(known.sum())}
        groups = {"all": known} | {t: known & (thirds == t) for t in TONE_THIRDS}
        groups |= {k: known & (kinds == k) for k in np.unique(kinds)}
        for group, own in groups.items():
            rows[f"AUC, {group}"] = auc(painted[own], clean[own])
            rows[f"false alarms, {group}"] = float((clean[own] > threshold).mean())
            rows[f"found, {group}"] = float((painted[own] > threshold).mean())
        rng = np.random.default_rng(0)
        samples = (painted[known], clean[known])
        rows["AUC interval"] = list(bootstrap_interval(auc, samples, rng, paired=False))
        rows["place: share of clean skin that surprises less than the mark"] = _place(make, pairs)
        figures[name] = rows
    return figures


def _place(
    make: Callable[[SkinPicture], Gray],
    pairs: Sequence[tuple[FaceFacts, str, SkinPicture, SkinPicture]],
) -> float:
    """Return the mean share of a clean face's pixels below the painted mark's 90th percentile."""
    shares = []
    for *_, painted, clean in pairs:
        mark = np.abs(painted.density - clean.density).sum(axis=0) > _CHANGED
        mark &= painted.inside
        if int(mark.sum()) >= 3:
            level = np.quantile(make(painted)[mark], 0.9)
            shares.append(float((make(clean)[clean.inside] < level).mean()))
    return float(np.mean(shares)) if shares else float("nan")


def split_facts(facts: Sequence[FaceFacts], split: str) -> list[FaceFacts]:
    """Return the faces of a split, in a fixed mixed order, coarse ones left out."""
    own = [f for f in facts if split_of(f.person) == split and f.mm_per_px <= 1.0]
    return sorted(own, key=lambda fact: fact.sha256)
