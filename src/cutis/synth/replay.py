"""A record back into pixels: the proof that a set can be made again from its parameters."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cutis.core.errors import InputError
from cutis.datasets.faces import load_face
from cutis.datasets.on_disk import DiskItem, DiskSet
from cutis.synth.parameters import SceneParameters
from cutis.synth.render import Rendering, render


def replay(opened: DiskSet, number: int, faces: Path) -> bool:
    """Render an item of a set anew and tell whether it equals what is stored, to the pixel.

    Args:
        opened: the set.
        number: the item.
        faces: the folder of prepared faces that the set was made from.

    Raises:
        InputError: the set has no such item, or the folder no such face.
        SettingsError: the record is of another version of the renderer.
    """
    item = opened.item(number)
    path = faces / item.record["face"]
    if not path.is_file():
        raise InputError(
            f"The face of item {number} is not in this folder. Name the folder that the set was "
            "made from; its digest is in the manifest."
        )
    parameters = SceneParameters.from_dict(item.record["parameters"])
    return is_equal(item, render(load_face(path), parameters))


def is_equal(item: DiskItem, rendering: Rendering) -> bool:
    """Tell whether a stored item and a rendering are the same, pictures, labels and baseline."""
    pairs = {
        "image": rendering.image,
        "clean": rendering.clean,
        "labels": rendering.labels,
        "ignore": rendering.ignore,
    }
    same = all(np.array_equal(getattr(item, name), pixels) for name, pixels in pairs.items())
    baseline = np.array(item.record["baseline"], np.float32)
    return same and np.array_equal(baseline, rendering.baseline)
