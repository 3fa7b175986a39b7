"""What is counted is what the tokenizer's own interface gives."""

from __future__ import annotations

import json
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from api.context import tokens

OTHER_WAY = """
import json, sys
import bpe_openai
encoding = bpe_openai.get_encoding("o200k_base")
print(json.dumps([len(encoding.encode_ordinary(text)) for text in json.load(sys.stdin)]))
"""
TEXTS = [
    "",
    "Hello, world.",
    "We moved to Porto in 2024.\n- Ana: não!\n",
    "<|endoftext|> <|endofprompt|>",
    "我们终于离开了里斯本",
    "\U0001f469\u200d\U0001f373 cooks   with   spaces",
    "a" * 500,
]


def test_the_compiled_part_counts_as_the_whole_package() -> None:
    printed = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", OTHER_WAY],
        input=json.dumps(TEXTS),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert [tokens.count(text) for text in TEXTS] == json.loads(printed)


@given(st.text(max_size=200))
def test_a_text_has_no_more_tokens_than_bytes(text: str) -> None:
    assert tokens.count(text) <= len(text.encode())
