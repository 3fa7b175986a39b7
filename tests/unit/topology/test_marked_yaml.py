"""YAML keeps its lines, and what is not plain data is refused where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from topology.errors import Misconfigured
from topology.marked_yaml import Fault, Refused, parsed


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.yaml"


def faults_of(file: Path, content: bytes) -> tuple[Fault, ...]:
    file.write_bytes(content)
    with pytest.raises(Refused) as refused:
        parsed(file)
    return refused.value.faults


def test_every_node_has_the_line_on_which_it_stands(file: Path) -> None:
    file.write_text("a: 1\nb:\n  - x\n  - {c: y,\n     d: z}\n", "utf-8")
    marked = parsed(file)

    assert marked.value == {"a": 1, "b": ["x", {"c": "y", "d": "z"}]}
    assert [marked.line(place) for place in [("a",), ("b",), ("b", 0), ("b", 1, "c"), ("b", 1, "d")]] == [1, 2, 3, 4, 5]
    assert marked.line(("b", 1, "missing", "deeper")) == 4


def test_what_is_left_without_a_part_keeps_its_lines(file: Path) -> None:
    file.write_text("b:\n  - x\n  - y\n  - z: 1\nc: 2\n", "utf-8")
    left = parsed(file).without({("b", 0), ("c",)})

    assert left.value == {"b": ["y", {"z": 1}]}
    assert [left.line(place) for place in [("b", 0), ("b", 1), ("b", 1, "z")]] == [3, 4, 4]


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        (b"a: 1\nb: [1, 2\nc: 3\n", 3, "expected ',' or ']'"),
        (b"a: &x 1\nb: *x\n", 2, "an alias"),
        (b"a: 1\n---\nb: 2\n", 2, "another document"),
        (b"a: 1\nb: \xff\n", 2, "is not UTF-8"),
        (b"a: 1\nb: \x07\n", 2, "does not allow"),
        (b"a: 1\nb: !mine x\n", 2, "could not determine a constructor"),
        (b"a: 1\nb: !!python/object/apply:os.getcwd []\n", 2, "the tag tag:yaml.org,2002:python"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_with_its_line(file: Path, content: bytes, line: int, what: str) -> None:
    (fault,) = faults_of(file, content)
    assert fault.line == line
    assert what in fault.what


def test_a_key_given_twice_is_a_fault_and_none_of_the_rest(file: Path) -> None:
    file.write_text("a: 1\nb: {c: 1, c: 2}\n", "utf-8")
    assert parsed(file).faults == (Fault(line=2, what="`c` is given twice"),)


def test_aliases_cannot_make_a_small_file_large(file: Path) -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert "alias" in faults_of(file, "\n".join(["l0: &l0 x", *levels]).encode())[0].what


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"absent\.yaml: No such file"):
        parsed(tmp_path / "absent.yaml")


def test_faults_are_told_by_line_with_the_file(file: Path) -> None:
    refused = Refused(file, [Fault(line=9, what="b"), Fault(line=2, what="a")])
    assert str(refused) == f"{file}:2: a\n{file}:9: b"
