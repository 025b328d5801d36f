"""Pictures and files that the intake tests share."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

Encoder = Callable[..., bytes]


@pytest.fixture(scope="session")
def made() -> ModuleType:
    """Writers of files that no library writes."""
    path = Path(__file__).with_name("made.py")
    spec = importlib.util.spec_from_file_location("intake_made", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def scene() -> NDArray[np.uint8]:
    """A smooth colourful picture of 48 by 64 whose corners all differ."""
    rows, columns = np.mgrid[0:48, 0:64].astype(np.float64)
    red = 40 + 3.2 * columns
    green = 220 - 3.5 * rows
    blue = 60 + 1.5 * rows + 1.2 * columns
    return np.clip(np.stack((red, green, blue), axis=-1), 0, 255).round().astype(np.uint8)


@pytest.fixture(scope="session")
def encode() -> Encoder:
    """Encode an array or an image of Pillow in a format of Pillow's."""

    def encode(picture: Any, kind: str, **options: Any) -> bytes:
        image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
        buffer = io.BytesIO()
        image.save(buffer, kind, **options)
        return buffer.getvalue()

    return encode
