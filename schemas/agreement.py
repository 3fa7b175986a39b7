"""Whether the typed records and the latest schemas say the same, and whether a schema says enough to grow.

Pure. Both are brought to a common shape (name, order and type of every field, nested ones too) and compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from types import UnionType
from typing import Any, TypeAlias, Union, get_args, get_origin, get_type_hints

from schemas import records, state
from schemas.catalogue import Catalogue
from schemas.evolution import Fault
from schemas.records import Record

Shape: TypeAlias = "str | tuple[Any, ...]"

_PRIMITIVES = {
    "string": "text",
    "boolean": "truth",
    "int": "integer",
    "long": "integer",
    "float": "real",
    "double": "real",
    "bytes": "bytes",
}
_SCALARS: dict[object, str] = {
    str: "text",
    bool: "truth",
    int: "integer",
    float: "real",
    bytes: "bytes",
    datetime: "moment",
}


def record_types() -> tuple[type[Record], ...]:
    """Every record that has a schema of its own."""
    found = [value for module in (records, state) for value in vars(module).values() if isinstance(value, type)]
    return tuple(value for value in dict.fromkeys(found) if issubclass(value, Record) and value is not Record)


def agreement_faults(catalogue: Catalogue) -> list[Fault]:
    """Where the records and the latest version of their subjects part, and where a schema could not grow."""
    faults: list[Fault] = []
    by_subject = {record.SUBJECT: record for record in record_types()}
    for subject, versions in catalogue.subjects.items():
        record = by_subject.get(subject)
        if record is None:
            faults.append(Fault(subject=subject, version=versions[-1].version, detail="has no record"))
            continue
        details = [*_differences(record, versions[-1].definition), *_shortcomings(versions[-1].definition)]
        faults.extend(Fault(subject=subject, version=versions[-1].version, detail=detail) for detail in details)
    missing = by_subject.keys() - catalogue.subjects.keys()
    return faults + [Fault(subject=subject, version=0, detail="has no schema") for subject in sorted(missing)]


def _differences(record: type[Record], schema: dict[str, Any]) -> Iterator[str]:
    theirs, ours = _avro_fields(schema, {}), _python_fields(record)
    for name in theirs.keys() | ours.keys():
        if theirs.get(name) != ours.get(name):
            yield f"{name}: the schema says {theirs.get(name)}, the record {ours.get(name)}"
    if theirs == ours and list(theirs) != list(ours):
        yield f"fields come in another order than in {record.__name__}"
    yield from _default_differences(record, schema)


def _default_differences(record: type[Record], schema: dict[str, Any]) -> Iterator[str]:
    defaults = {field["name"]: field["default"] for field in schema["fields"] if "default" in field}
    for field in fields(record):  # type: ignore[arg-type]
        if _has_default(field) and defaults.get(field.name, MISSING) != _default(field):
            yield f"{field.name}: the schema's default is {defaults.get(field.name)}, the record's {_default(field)}"


def _has_default(field: Field[Any]) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _default(field: Field[Any]) -> object:
    value = field.default if field.default_factory is MISSING else field.default_factory()
    if isinstance(value, tuple):
        return list(value)
    return value.value if isinstance(value, StrEnum) else value


def _shortcomings(schema: dict[str, Any]) -> Iterator[str]:
    """A field needs words; what may be null, empty or of a kind not yet known needs a default to evolve."""
    for named in _named(schema):
        if not named.get("doc"):
            yield f"{named['name']} has no doc"
        if named["type"] == "enum" and "default" not in named:
            yield f"{named['name']} has no default: no symbol could be added to it"
        for field in named.get("fields", ()):
            if not field.get("doc"):
                yield f"{named['name']}.{field['name']} has no doc"
            if _may_be_absent(field["type"]) and "default" not in field:
                yield f"{named['name']}.{field['name']} has no default: it could never be removed"


def _may_be_absent(schema: Any) -> bool:
    return isinstance(schema, list) or (isinstance(schema, dict) and schema["type"] in ("array", "map"))


def _named(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, list):
        for branch in schema:
            yield from _named(branch)
    elif isinstance(schema, dict):
        if "name" in schema:
            yield schema
        for part in (schema.get("items"), schema.get("values"), *(f["type"] for f in schema.get("fields", ()))):
            yield from _named(part)


def avro_shape(schema: Any, names: dict[str, Shape]) -> Shape:
    """The shape of an Avro schema; `names` collects the named types met on the way."""
    if isinstance(schema, list):
        return ("optional", *(avro_shape(branch, names) for branch in schema if branch != "null"))
    if isinstance(schema, str):
        return _PRIMITIVES.get(schema) or names[schema.rpartition(".")[2]]
    if schema.get("logicalType") == "timestamp-micros":
        return "moment"
    return _complex_shape(schema, names)


def _complex_shape(schema: dict[str, Any], names: dict[str, Shape]) -> Shape:
    match schema["type"]:
        case "array":
            return "list", avro_shape(schema["items"], names)
        case "map":
            return "map", avro_shape(schema["values"], names)
        case "enum":
            names[schema["name"]] = "one of", *schema["symbols"]
        case "record":
            names[schema["name"]] = "record", schema["name"], *_avro_fields(schema, names).items()
        case primitive:
            return _PRIMITIVES[primitive]
    return names[schema["name"]]


def _avro_fields(schema: dict[str, Any], names: dict[str, Shape]) -> dict[str, Shape]:
    return {field["name"]: avro_shape(field["type"], names) for field in schema["fields"]}


def _python_fields(declared: Any) -> dict[str, Shape]:
    hints = get_type_hints(declared)
    return {field.name: python_shape(hints[field.name]) for field in fields(declared)}


def python_shape(declared: Any) -> Shape:
    """The shape of a type that a record's field is declared with."""
    declared = getattr(declared, "__supertype__", declared)
    if declared in _SCALARS:
        return _SCALARS[declared]
    if get_origin(declared) in (Union, UnionType):
        return ("optional", *(python_shape(branch) for branch in get_args(declared) if branch is not type(None)))
    if get_origin(declared) is tuple:
        return "list", python_shape(get_args(declared)[0])
    if get_origin(declared) is Mapping:
        return "map", python_shape(get_args(declared)[1])
    if isinstance(declared, type) and is_dataclass(declared):
        return "record", declared.__name__, *_python_fields(declared).items()
    return ("one of", *(member.value for member in declared))
