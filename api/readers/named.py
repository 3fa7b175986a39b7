"""The keys of messages as parameters of a statement that looks for them.

Pure. Arrays are written here, as PostgreSQL reads them: the driver looks at every text alone, which takes a millisecond
for the candidates of a question.
"""

from __future__ import annotations

from collections.abc import Sequence

from api.ranking.candidates import MessageKey


def named(keys: Sequence[MessageKey]) -> dict[str, object]:
    """The parameters `conversation_ids` and `message_ids`, to be cast to `text[]`."""
    return {
        "conversation_ids": text_array([key[0] for key in keys]),
        "message_ids": text_array([key[1] for key in keys]),
    }


def text_array(texts: Sequence[str]) -> str:
    """Texts as an array is written: `{"a","b"}`."""
    if not texts:
        return "{}"
    together = '","'.join(texts)
    if "\\" in together or together.count('"') != 2 * (len(texts) - 1):
        together = '","'.join(text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return '{"' + together + '"}'
