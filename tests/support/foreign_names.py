"""Finds every name of Faust, aiokafka and rocksdict that the engine's source uses.

Reads the source; a name reached by `getattr` or through a variable it does not know stays hidden from it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Final

import streams.engine

FOREIGN: Final = ("faust", "aiokafka", "rocksdict", "mode")

OWNERS: Final = {
    "app": "App",
    "_app": "App",
    "conf": "Settings",
    "consumer": "AIOKafkaConsumer",
    "worker": "Worker",
    "_table": "Table",
    "_runs": "Channel",
    "_database": "Rdict",
    "batch": "WriteBatch",
    "store": "Store",
}
"""What the engine's variables and attributes of these names are."""

MADE_WITH: Final = {"App": "App", "Table": "Table", "Worker": "Worker", "topic": "Topic", "agent": "Agent"}
"""Calls whose keywords are settings of theirs."""


def used_names() -> set[str]:
    """As `Recovery._wait` (overridden, inherited or used), `App(broker=)`, `._private`, or `import faust.types.TP`."""
    folder = Path(streams.engine.__path__[0])
    modules = [_Module(file) for file in sorted(folder.glob("*.py"))]
    own = {f"AIOKafkaConsumer.{name}" for module in modules for name in module.functions() if "_" in name}
    return {name for module in modules for name in module.names()} - own


class _Module:
    """One source file."""

    def __init__(self, file: Path) -> None:
        name = "streams.engine" if file.stem == "__init__" else f"streams.engine.{file.stem}"
        self._module = import_module(name)
        self._tree = ast.parse(file.read_text("utf-8"))

    def names(self) -> Iterator[str]:
        for node in ast.walk(self._tree):
            match node:
                case ast.ImportFrom() | ast.Import():
                    yield from _imports(node)
                case ast.ClassDef():
                    yield from self._inherited(node)
                case ast.Call():
                    yield from _settings(node)
        yield from attributes_of(self._tree)

    def functions(self) -> Iterator[str]:
        """What the engine defines itself: a `consumer` is one of ours at times."""
        functions = ast.FunctionDef | ast.AsyncFunctionDef
        return (node.name for node in ast.walk(self._tree) if isinstance(node, functions))

    def _inherited(self, node: ast.ClassDef) -> Iterator[str]:
        """What a subclass of theirs overrides, assigns or uses of its base."""
        for base in node.bases:
            theirs = getattr(self._module, base.id, None) if isinstance(base, ast.Name) else None
            if isinstance(theirs, type) and theirs.__module__.split(".")[0] in FOREIGN:
                own = {name for name in _defined(node) if not exists(theirs, name)}
                yield from (f"{theirs.__name__}.{name}" for name in _of_self(node) - own)
                yield from (f"{theirs.__name__}.{name}" for name in _defined(node) - own)


def attributes_of(tree: ast.AST) -> Iterator[str]:
    """Theirs by the variable they are reached through, and every private one of an object that is not `self`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield from _attribute(node)


def _defined(node: ast.ClassDef) -> set[str]:
    functions = (each.name for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
    annotated = (each.target for each in node.body if isinstance(each, ast.AnnAssign))
    return {*functions, *(target.id for target in annotated if isinstance(target, ast.Name))}


def _of_self(node: ast.ClassDef) -> set[str]:
    attributes = (each for each in ast.walk(node) if isinstance(each, ast.Attribute))
    return {each.attr for each in attributes if _base(each) in ("self", "super")}


def _base(node: ast.Attribute) -> str:
    """The name left of the dot: of a variable, of an attribute, or of what was called."""
    value = node.value.func if isinstance(node.value, ast.Call) else node.value
    return value.id if isinstance(value, ast.Name) else value.attr if isinstance(value, ast.Attribute) else ""


def _imports(node: ast.ImportFrom | ast.Import) -> Iterator[str]:
    prefix = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
    for alias in node.names:
        if f"{prefix}{alias.name}".split(".")[0] in FOREIGN:
            yield f"import {prefix}{alias.name}"


def _attribute(node: ast.Attribute) -> Iterator[str]:
    base = _base(node)
    is_private = node.attr.startswith("_") and not node.attr.startswith("__")
    if base in OWNERS:
        yield f"{OWNERS[base]}.{node.attr}"
    elif is_private and base not in ("self", "super", "KafkaError", "os"):
        yield f".{node.attr}"


def _settings(node: ast.Call) -> Iterator[str]:
    called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if called in MADE_WITH:
        yield from (f"{MADE_WITH[called]}({keyword.arg}=)" for keyword in node.keywords if keyword.arg)


def exists(owner: type, name: str) -> bool:
    """Whether instances have it: of the class, annotated, or assigned where its classes are written."""
    return hasattr(owner, name) or any(
        name in getattr(each, "__annotations__", {}) or f"self.{name} " in _source(each) for each in owner.__mro__
    )


def _source(owner: type) -> str:
    module = import_module(owner.__module__)
    file = getattr(module, "__file__", None) or ""
    return Path(file).read_text("utf-8") if file.endswith(".py") else ""
