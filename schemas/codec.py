"""Records to bytes and back, in the Confluent wire format: a zero byte, a 4-byte schema id, the Avro body.

Free of I/O of its own; asking a registry for an id that was never seen is the `SchemaIds` it is given.
"""

from __future__ import annotations

import struct
from io import BytesIO
from typing import Any, Protocol, TypeVar

import cattrs
from fastavro import parse_schema, schemaless_reader, schemaless_writer

from schemas.catalogue import Catalogue
from schemas.records import Record

R = TypeVar("R", bound=Record)

_HEADER = struct.Struct(">bI")
_MAGIC = 0
