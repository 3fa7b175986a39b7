"""Keys as PostgreSQL reads arrays."""

from __future__ import annotations

import pytest

from api.readers.named import named, text_array


@pytest.mark.parametrize(
    ("texts", "written"),
    [
        ([], "{}"),
        (["a"], '{"a"}'),
        (["a", ""], '{"a",""}'),
        (["NULL", "{b}", "c,d"], '{"NULL","{b}","c,d"}'),
        (['say "no"', "x"], r'{"say \"no\"","x"}'),
        (["back\\slash"], r'{"back\\slash"}'),
        (['","', "x"], r'{"\",\"","x"}'),
    ],
)
def test_texts_are_quoted(texts: list[str], written: str) -> None:
    assert text_array(texts) == written


def test_keys_are_told_by_their_parts() -> None:
    assert named([("c", "m"), ("c", "n")]) == {"conversation_ids": '{"c","c"}', "message_ids": '{"m","n"}'}
