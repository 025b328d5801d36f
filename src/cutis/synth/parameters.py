"""Everything that a rendering depends on, as plain data: the same record gives the same pixels."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from cutis.core.errors import SettingsError
from cutis.core.vocabulary import Condition

VERSION = 4
"""Raised whenever the same record would give other pixels."""


class Style(StrEnum):
    """What a label marks.

    ``field``: every lesion, line and area by itself, several conditions in one picture.
    ``patches``: one affected area in a picture, whose whole area is the label, as an inpainting
    mask would be; the source recipe (GlowAI) is trained on such.
    """

    FIELD = "field"
    PATCHES = "patches"


class MarkKind(StrEnum):
    """A single spot."""

    CLOSED_COMEDONE = "closed_comedone"
    OPEN_COMEDONE = "open_comedone"
    PAPULE = "papule"
    PUSTULE = "pustule"
    NODULE = "nodule"
    POST_INFLAMMATORY_ERYTHEMA = "post_inflammatory_erythema"
    POST_INFLAMMATORY_PIGMENTATION = "post_inflammatory_pigmentation"
    FRECKLE = "freckle"
    LENTIGO = "lentigo"
    MOLE = "mole"
    ICE_PICK_SCAR = "ice_pick_scar"
    BOXCAR_SCAR = "boxcar_scar"
    ROLLING_SCAR = "rolling_scar"
    GLINT = "glint"
    JEWEL = "jewel"
    SMUDGE = "smudge"


ACNE_MARKS = (
    MarkKind.CLOSED_COMEDONE,
    MarkKind.OPEN_COMEDONE,
    MarkKind.PAPULE,
    MarkKind.PUSTULE,
    MarkKind.NODULE,
)
SCAR_MARKS = (MarkKind.ICE_PICK_SCAR, MarkKind.BOXCAR_SCAR, MarkKind.ROLLING_SCAR)
PIGMENT_MARKS = (
    MarkKind.POST_INFLAMMATORY_PIGMENTATION,
    MarkKind.FRECKLE,
    MarkKind.LENTIGO,
)
MARK_TARGET: dict[MarkKind, Condition] = {
    **dict.fromkeys(ACNE_MARKS, Condition.ACNE),
    **dict.fromkeys(SCAR_MARKS, Condition.SCARRING),
    **dict.fromkeys(PIGMENT_MARKS, Condition.PIGMENTATION),
    MarkKind.POST_INFLAMMATORY_ERYTHEMA: Condition.REDNESS,
}
"""What a mark is a label of; a kind that is missing here is a distractor."""


class AreaKind(StrEnum):
    """Something spread over an area."""

    FLUSH = "flush"
    MELASMA = "melasma"
    ROUGHNESS = "roughness"
    FLAKES = "flakes"
    BLUSH = "blush"
    SHINE = "shine"
    SHADOW = "shadow"
    STUBBLE = "stubble"
    PORES = "pores"


AREA_TARGET = {
    AreaKind.FLUSH: Condition.REDNESS,
    AreaKind.MELASMA: Condition.PIGMENTATION,
    AreaKind.ROUGHNESS: Condition.TEXTURE,
    AreaKind.FLAKES: Condition.DRYNESS,
    AreaKind.PORES: Condition.PORES,
}


class LineKind(StrEnum):
    """Something long and thin."""

    WRINKLE = "wrinkle"
    CAPILLARY = "capillary"
    HAIR = "hair"
    STRAP_MARK = "strap_mark"
    TATTOO = "tattoo"


LINE_TARGET = {LineKind.WRINKLE: Condition.WRINKLES, LineKind.CAPILLARY: Condition.REDNESS}


@dataclass(frozen=True, slots=True)
class View:
    """The window that is rendered: ``size_px`` square around ``centre`` (x, y) in face pixels.

    ``aspect`` stretches the window's x against its y.
    """

    centre: tuple[float, float]
    mm_per_px: float
    size_px: int = 256
    rotation_deg: float = 0.0
    aspect: float = 1.0
    mirror: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A spot at ``(x, y)`` in view pixels.

    ``radius_mm`` is the semi-major axis. Densities count unit vectors of optical density, as in
    `cutis.imaging.chromophores`; ``pale`` lowers the density of all channels. ``height_mm`` is
    positive for a dome. ``halo`` is the share of the haemoglobin that surrounds the spot.
    """

    kind: MarkKind
    x: float
    y: float
    radius_mm: float
    elongation: float = 1.0
    angle_deg: float = 0.0
    softness: float = 0.5
    haemoglobin: float = 0.0
    melanin: float = 0.0
    pale: float = 0.0
    height_mm: float = 0.0
    halo: float = 0.0
    gloss: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Area:
    """An irregular area around ``(x, y)`` in view pixels, ``radius_mm`` wide.

    ``strength`` is a density for colours and a share (0–1) for relief; ``grain_mm`` is the size
    of its inner pattern; ``mottling`` 0–1 how uneven it is.
    """

    kind: AreaKind
    x: float
    y: float
    radius_mm: float
    strength: float
    elongation: float = 1.0
    angle_deg: float = 0.0
    softness: float = 0.5
    mottling: float = 0.4
    grain_mm: float = 1.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A curve through ``points`` (x, y) in view pixels; ``strength`` as for an area."""

    kind: LineKind
    points: tuple[tuple[float, float], ...]
    width_mm: float
    strength: float
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Surface:
    """Skin's own fine relief and how it shines.

    ``grain`` is the deviation of the fine shading, ``grain_mm`` its size, ``veil`` the share of
    surface reflection, ``light_gain`` how far relief is turned into shading, ``flash`` how far
    slopes darken under light from the camera. Skin mirrors where its slope is ``mirror_slope``
    (x, y), within ``mirror_width``, with ``oil`` times its own brightness.
    """

    grain: float = 0.0
    grain_mm: float = 0.5
    veil: float = 0.02
    light_gain: float = 0.7
    flash: float = 0.3
    oil: float = 0.0
    mirror_slope: tuple[float, float] = (0.0, 0.3)
    mirror_width: float = 0.12
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Camera:
    """What a camera and its software do, in order."""

    white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    exposure: float = 1.0
    saturation: float = 1.0
    contrast: float = 1.0
    blur_px: float = 0.0
    resize: float = 1.0
    noise: float = 0.0
    sharpen: float = 0.0
    jpeg: tuple[int, ...] = (92,)
    seed: int = 0


@dataclass(frozen=True, slots=True)
class SceneParameters:
    """One picture: the face it is painted on, the window, what is painted, the camera."""

    seed: int
    style: Style
    source: str
    view: View
    severity: str = "none"
    marks: tuple[Mark, ...] = ()
    areas: tuple[Area, ...] = ()
    lines: tuple[Line, ...] = ()
    surface: Surface = field(default_factory=Surface)
    camera: Camera = field(default_factory=Camera)
    version: int = VERSION

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> SceneParameters:
        """Return the parameters of a record.

        Raises:
            SettingsError: the record was written by another version of the renderer, or is torn.
        """
        if data.get("version") != VERSION:
            raise SettingsError(
                f"A record of renderer version {VERSION} was expected, "
                f"this one is of version {data.get('version')}. Render the set anew."
            )
        try:
            return _read(data)
        except (KeyError, TypeError, ValueError) as error:
            raise SettingsError(
                "A record of rendering parameters was expected; a part of it is missing or wrong. "
                "Render the set anew."
            ) from error


def _read(data: dict[str, Any]) -> SceneParameters:
    view = data["view"] | {"centre": tuple(data["view"]["centre"])}
    camera, surface = data["camera"], data["surface"]
    camera = camera | {
        "white_balance": tuple(camera["white_balance"]),
        "jpeg": tuple(camera["jpeg"]),
    }
    return SceneParameters(
        seed=data["seed"],
        style=Style(data["style"]),
        source=data["source"],
        view=View(**view),
        severity=data["severity"],
        marks=tuple(Mark(**(m | {"kind": MarkKind(m["kind"])})) for m in data["marks"]),
        areas=tuple(Area(**(a | {"kind": AreaKind(a["kind"])})) for a in data["areas"]),
        lines=tuple(_read_line(line) for line in data["lines"]),
        surface=Surface(**(surface | {"mirror_slope": tuple(surface["mirror_slope"])})),
        camera=Camera(**camera),
    )


def _read_line(data: dict[str, Any]) -> Line:
    points = tuple((float(x), float(y)) for x, y in data["points"])
    return Line(**(data | {"kind": LineKind(data["kind"]), "points": points}))
