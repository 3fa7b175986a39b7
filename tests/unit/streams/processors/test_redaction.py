"""Payment card numbers: what is taken out, and what only looks like one. The numbers are the networks' test numbers."""

from __future__ import annotations

import pytest

from streams.processors.redaction import redact

BLOCK = "\u2588"


@pytest.mark.parametrize(
    "number",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111\u00a01111\u00a01111\u00a01111",
        "3782 822463 10005",
        "30569309025904",
        "5555555555554444",
        "2223003122003222",
        "6011000990139424",
        "4222222222222",
    ],
)
def test_a_card_number_is_replaced_by_as_many_blocks(number: str) -> None:
    redacted = redact(f"pay with {number}, please")

    assert redacted.text == f"pay with {BLOCK * len(number)}, please"
    assert redacted.redactions == ("payment_card",)


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112",  # the check digit is wrong
        "+4111111111111111",  # a telephone number
        "1111111111111117",  # no card begins with 1: a time in milliseconds may
        "41111111111111114111111111111111",  # longer than any card
        "411111111111",
        "call 030 1234567 at 17:30 on 2024-03-01",
        "no digits at all",
        "",
    ],
)
def test_other_digits_stay(text: str) -> None:
    assert redact(text).text == text
    assert redact(text).redactions == ()


def test_a_card_among_other_numbers_is_found_by_its_groups() -> None:
    redacted = redact("order 77 4111 1111 1111 1111 03 29 737")

    assert redacted.text == f"order 77 {BLOCK * 19} 03 29 737"


def test_several_cards_are_all_taken_out() -> None:
    redacted = redact("4111111111111111 5555555555554444 and 378282246310005")

    assert redacted.text == f"{BLOCK * 16} {BLOCK * 16} and {BLOCK * 15}"


def test_redacting_again_changes_nothing() -> None:
    once = redact("4111 1111 1111 1111").text

    assert redact(once).text == once


def test_a_long_text_of_digits_takes_no_long_time() -> None:
    text = "4 " * 30_000

    assert len(redact(text).text) == len(text)
