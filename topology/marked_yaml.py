"""YAML that remembers its lines, so that whoever reads it can name the line of what is wrong.

Reads the file it is given and nothing else. Plain data only: no tags, no aliases, no key twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import yaml
from yaml.composer import ComposerError
from yaml.constructor import ConstructorError
from yaml.reader import ReaderError

from topology.errors import Misconfigured

Place: TypeAlias = tuple[int | str, ...]
"""The way to a node: keys of mappings and indices of sequences."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Fault:
    """What is wrong on a line (from 1 on)."""

    line: int
    what: str


class Refused(Misconfigured):
    """A file with faults; the message has one a line, `file:line: what`."""

    def __init__(self, path: Path, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(f"{path}:{each.line}: {each.what}" for each in self.faults))


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A document as plain data, with the line of each of its nodes."""

    value: object
    lines: dict[Place, int]
    faults: tuple[Fault, ...]
    """Keys that are given twice."""

    def line(self, place: Place) -> int:
        """The line of the node at `place`, or of the nearest one around it that is there."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def without(self, places: Collection[Place]) -> Marked:
        """The same without the nodes at `places`; those that are left keep their lines."""
        lines: dict[Place, int] = {}
        value = self._without(self.value, (), (), places, lines)
        return Marked(value=value, lines=lines, faults=self.faults)

    def _without(
        self, value: object, was: Place, now: Place, places: Collection[Place], lines: dict[Place, int]
    ) -> object:
        lines[now] = self.line(was)
        if isinstance(value, dict):
            kept = [key for key in value if (*was, key) not in places]
            return {key: self._without(value[key], (*was, key), (*now, key), places, lines) for key in kept}
        if isinstance(value, list):
            left = [at for at in range(len(value)) if (*was, at) not in places]
            return [self._without(value[at], (*was, at), (*now, to), places, lines) for to, at in enumerate(left)]
        return value


class _PlainLoader(yaml.SafeLoader):
    """Refuses an alias where it stands: what a file says is where it says it, and cannot grow beyond its size."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise ComposerError(None, None, "an alias (`*name`) is not read here", mark)
        return super().compose_node(parent, index)


_PLAIN = frozenset({"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})


class _Marking:
    """Walks the nodes of a document."""

    def __init__(self, loader: yaml.SafeLoader) -> None:
        self._loader = loader
        self.lines: dict[Place, int] = {}
        self.faults: list[Fault] = []

    def value(self, node: yaml.Node, place: Place) -> object:
        self.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.CollectionNode) and node.tag not in _PLAIN:
            raise ConstructorError(None, None, f"the tag {node.tag} is not read here", node.start_mark)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(each, (*place, index)) for index, each in enumerate(node.value)]
        try:
            return self._loader.construct_object(node)
        except ValueError as error:  # what looks like a date and is none
            raise ConstructorError(None, None, f"{node.value} cannot be read: {error}", node.start_mark) from error

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[object, object]:
        found: dict[object, object] = {}
        for key_node, value_node in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if key in found:
                self.faults.append(Fault(line=line, what=f"`{key}` is given twice"))
            self.lines[(*place, key)] = line
            found[key] = self.value(value_node, (*place, key))
        return found


def parsed(path: Path) -> Marked:
    """The one document of a file. Raises Refused where it is none, and Misconfigured where the file cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}") from error
    try:
        return _marked(content.decode())
    except UnicodeDecodeError as error:
        raise Refused(path, [Fault(line=content.count(b"\n", 0, error.start) + 1, what="is not UTF-8")]) from error
    except ReaderError as error:
        line = content.decode().count("\n", 0, error.position) + 1
        raise Refused(path, [Fault(line=line, what="a character that YAML does not allow")]) from error
    except yaml.MarkedYAMLError as error:
        raise Refused(path, [_fault(error)]) from error


def _marked(text: str) -> Marked:
    loader = _PlainLoader(text)
    try:
        node = loader.get_single_node()
        marking = _Marking(loader)
        value = None if node is None else marking.value(node, ())
    finally:
        loader.dispose()
    return Marked(value=value, lines=marking.lines, faults=tuple(marking.faults))


def _fault(error: yaml.MarkedYAMLError) -> Fault:
    mark = error.problem_mark or error.context_mark
    context = f"{error.context}, " if error.context else ""
    return Fault(line=mark.line + 1 if mark else 1, what=f"{context}{error.problem}")
