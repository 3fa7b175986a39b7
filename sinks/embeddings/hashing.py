"""Character n-grams hashed into 384 places: an embedder without a model, for places without onnxruntime.

Pure. It knows spelling and no meaning (`walk` and `walking` are near, `car` and `automobile` are not), in any language
and in microseconds. The hashing trick with signs is of Weinberger et al., "Feature Hashing for Large Scale Multitask
Learning" (2009), n-grams within the marks of a word's ends of Bojanowski et al., "Enriching Word Vectors with Subword
Information" (2017).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final
from zlib import crc32

import numpy as np

from sinks.embeddings.ports import DIMENSIONS, Vectors

NAME: Final = "hashing@1"
SIZES: Final = (3, 4, 5)
MOST_CHARACTERS: Final = 2_000
_WORD: Final = re.compile(r"\w+")


class Hashing:
    """An `Embedder`."""

    name = NAME

    def embed(self, texts: Sequence[str]) -> Vectors:
        found = np.zeros((len(texts), DIMENSIONS), np.float32)
        for row, text in zip(found, texts, strict=True):
            for gram in _grams(text[:MOST_CHARACTERS].casefold()):
                hashed = crc32(gram.encode())
                row[hashed % DIMENSIONS] += 1.0 if hashed & 0x8000_0000 else -1.0
        norms = np.linalg.norm(found, axis=1, keepdims=True)
        unit: Vectors = (found / np.where(norms == 0, 1, norms)).astype(np.float32)
        return unit


def _grams(text: str) -> Iterator[str]:
    for word in _WORD.findall(text):
        marked = f"<{word}>"
        yield marked
        for size in SIZES:
            yield from (marked[at : at + size] for at in range(len(marked) - size + 1))
