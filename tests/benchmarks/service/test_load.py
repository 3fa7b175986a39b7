"""What the load reads from the head of an answer."""

from __future__ import annotations

import pytest

from benchmarks.service.load import _closes, _length

KEPT = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nX-Connection: close\r\n\r\n"


def test_an_answer_says_how_long_it_is_and_whether_it_was_the_last_of_its_connection() -> None:
    assert (_length(KEPT), _closes(KEPT)) == (12, False)
    assert _closes(KEPT.replace(b"Content-Length: 12", b"Connection: close"))
    with pytest.raises(ValueError, match="without a length"):
        _length(KEPT.replace(b"Content-Length", b"X"))
