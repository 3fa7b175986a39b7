"""Fixtures of the processors' tests."""

from __future__ import annotations

import pytest

from support.extracting import Extract


@pytest.fixture
def extract() -> Extract:
    return Extract()
