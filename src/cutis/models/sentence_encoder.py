"""Sentences behind the `SentenceEmbedder` port: all-MiniLM-L6-v2 in the extra ``words``, offline.

The text is cut into pieces of words (WordPiece: Devlin et al. 2019, doi:10.18653/v1/N19-1423) by
the library ``tokenizers``; the network is run by OpenVINO. A sentence's vector is the mean over its
pieces, scaled to length 1 (Reimers and Gurevych 2019, doi:10.18653/v1/D19-1410).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import Vectors
from cutis.core.assessment import ModelUse
from cutis.core.errors import MissingExtraError
from cutis.models.runtime import Runtime
from cutis.models.sentence_files import EXTRA, FEATURE, NETWORK, PIECES, read_installed

NAME = "all-MiniLM-L6-v2-int8"
VERSION = "1.0.0"
SHA256 = NETWORK.file.sha256
"""Digest of the ONNX file that the weights of concerns were made with."""

MOST_PIECES = 128
"""The network was trained on no longer texts; what is beyond is left out."""


class SentenceEncoder:
    """Encodes sentences one by one, so that a vector does not depend on its neighbours."""

    def __init__(self, runtime: Runtime) -> None:
        """Read the pieces and compile the network.

        Raises:
            MissingExtraError: the extra ``words`` is not installed, or not as a whole.
            ModelError: a file is another one, or the network cannot be compiled.
        """
        self._tokenizer = _tokenizer()
        self._network = runtime.compile(read_installed(NETWORK), NAME)
        self._use = ModelUse(NAME, VERSION, SHA256, runtime.name, runtime.options.precision)

    def pieces(self, sentence: str) -> list[int]:
        """Return the numbers of the pieces of a sentence, between the marks of start and end."""
        return list(self._tokenizer.encode(sentence).ids)

    def embed(self, sentences: Sequence[str]) -> Vectors:
        """Return one vector of length 1 per sentence; 384 numbers each."""
        return np.stack([self._vector(sentence) for sentence in sentences])

    def uses(self) -> Sequence[ModelUse]:
        """Tell name, version and digest of the model, and how it ran."""
        return (self._use,)

    def _vector(self, sentence: str) -> Float32[np.ndarray, "d"]:
        pieces = np.array([self.pieces(sentence)], np.int64)
        ones = np.ones_like(pieces)
        inputs = {"input_ids": pieces, "attention_mask": ones, "token_type_ids": 0 * ones}
        mean = self._network(inputs)[0][0].mean(axis=0)
        return np.asarray(mean / np.linalg.norm(mean), np.float32)


def _tokenizer() -> Any:
    """Return what cuts a text into pieces; one text at a time, so it starts no threads."""
    try:
        from tokenizers import Tokenizer  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError(FEATURE, EXTRA) from error
    tokenizer = Tokenizer.from_buffer(read_installed(PIECES))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MOST_PIECES)
    tokenizer.encode_special_tokens = True  # "[SEP]" in a text is text, not the mark of its end
    return tokenizer
