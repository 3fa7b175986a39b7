"""Cursors come back as they went out, and nothing else does."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from api import pages
from api.problems import Problem


def test_a_cursor_comes_back() -> None:
    at = datetime(2024, 5, 17, 9, 30, 0, 123456, tzinfo=UTC)
    time, name = pages.decode(pages.encode(at, "é/\U0001f600 \x1f"), 2) or ("", "")
    assert (pages.moment(time), name) == (at, "é/\U0001f600 \x1f")


def test_no_cursor_is_the_first_page() -> None:
    assert pages.decode(None, 2) is None


def cursor(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).decode()


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "é",
        "a",
        cursor(b"\xff"),
        cursor(b"{}"),
        cursor(b'["one"]'),
        cursor(b'["one", 2]'),
        cursor(b'["one", "a\\u0000b"]'),
        cursor(b'["one", "\\ud800"]'),
        cursor(b"[" * 3_000),
    ],
)
def test_a_cursor_of_somebody_else_s_is_refused(wrong: str) -> None:
    with pytest.raises(Problem) as refused:
        pages.decode(wrong, 2)
    assert refused.value.status == 422


@pytest.mark.parametrize("wrong", ["", "now", "2024-05-17", "2024-05-17T09:30:00"])
def test_a_part_that_is_no_time_is_refused(wrong: str) -> None:
    with pytest.raises(Problem):
        pages.moment(wrong)


@pytest.mark.parametrize("wrong", ["", "-1", "1.5", "٣", "9" * 19])
def test_a_part_that_is_no_number_is_refused(wrong: str) -> None:
    with pytest.raises(Problem):
        pages.number(wrong)


def test_a_page_is_cut_where_more_follows() -> None:
    assert pages.cut([1, 2, 3], 2) == ([1, 2], 2)
    assert pages.cut([1, 2], 2) == ([1, 2], None)
