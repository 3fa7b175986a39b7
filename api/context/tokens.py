"""How long a text is for a model: tokens of OpenAI's o200k_base, counted with the vocabulary in bpe-openai's wheel.

Only the wheel's compiled part is loaded, once: its Python part reads three vocabularies more into dictionaries, for ten
times the time (0.7 s) and twice the memory, to do what counting does not need. A test holds both against each other.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Final, Protocol

TOKENIZER: Final = "o200k_base"
"""GPT-4o's and its successors'; how far others' are from it: docs/context.md."""
_PACKAGE: Final = "bpe_openai"
_COMPILED: Final = "bpe_openai._bindings"


class Tokenizer(Protocol):
    def count(self, text: str) -> int: ...


@cache
def load() -> Tokenizer:
    """The tokenizer, in some 70 ms and 70 MB; before the first question, where that matters."""
    made: Tokenizer = _compiled().tokenizer_for_encoding(TOKENIZER)
    return made


def count(text: str) -> int:
    """Tokens of the text; names of special tokens in it are plain text."""
    return load().count(text)


def _compiled() -> ModuleType:
    """The module, as an import of its package would leave it, without running the package."""
    if _COMPILED in sys.modules:
        return sys.modules[_COMPILED]
    package = find_spec(_PACKAGE)
    spec = PathFinder.find_spec(_COMPILED, package.submodule_search_locations if package else None)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"{_COMPILED}: the wheel of bpe-openai has another form", name=_COMPILED)
    module = module_from_spec(spec)
    sys.modules[_COMPILED] = module
    spec.loader.exec_module(module)
    return module
