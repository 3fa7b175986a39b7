"""A quickly made dataclass is what it was before, made in less time."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, dataclass, field, replace
from inspect import signature
from typing import Any

import pytest

from schemas.construction import quickly_made


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    name: str
    size: int = 3
    notes: Mapping[str, str] = field(default_factory=dict)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Quick:
    name: str
    size: int = 3
    notes: Mapping[str, str] = field(default_factory=dict)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    size: int

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError("below zero")


def test_it_is_of_its_class_and_equal_to_its_like() -> None:
    made = Quick(name="a")

    assert type(made) is Quick
    assert (made, hash(Quick(name="a", notes=()))) == (Quick(name="a", size=3), hash(Quick(name="a", notes=())))  # type: ignore[arg-type]
    assert repr(made) == repr(Slow(name="a")).replace("Slow", "Quick")


def test_it_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Quick(name="a").name = "b"  # type: ignore[misc]
    with pytest.raises(TypeError):
        Quick(name="a").unheard_of = 1  # type: ignore[attr-defined]


def test_a_default_is_made_anew_each_time() -> None:
    assert Quick(name="a").notes is not Quick(name="b").notes


@pytest.mark.parametrize("wrong", [{}, {"name": "a", "unheard_of": 1}])
def test_other_fields_than_its_own_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Quick(**wrong)


def test_what_checks_itself_still_does() -> None:
    with pytest.raises(ValueError, match="below zero"):
        Checked(size=-1)
    assert Checked(size=1).size == 1


def test_it_can_be_replaced_and_pickled() -> None:
    assert replace(Quick(name="a"), size=4) == Quick(name="a", size=4)
    assert pickle.loads(pickle.dumps(Quick(name="a"))) == Quick(name="a")


def test_it_shows_the_parameters_it_had() -> None:
    assert str(signature(Quick)) == str(signature(Slow))
