"""Writes a table as a Parquet file without importing a library for tables, which takes as long as a short run.

Plain values with gzip, every column nullable, as the format's page describes them:
https://parquet.apache.org/docs/file-format. Reading is left to the libraries.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

INTEGER, NUMBER, TEXT = "int32", "float64", "text"
"""Kinds of columns."""

_ROWS_AT_ONCE = 1 << 17
_MAGIC = b"PAR1"
_TYPES = {INTEGER: 1, NUMBER: 5, TEXT: 6}
_OPTIONAL, _GZIP, _PLAIN, _RLE, _UTF8, _DATA_PAGE = 1, 2, 0, 3, 0, 0
_I32, _I64, _BINARY, _LIST, _STRUCT = 5, 6, 8, 9, 12
"""Types of Thrift's compact protocol, in which the descriptions are written."""


def write(path: Path, columns: Mapping[str, tuple[str, Sequence[Any]]]) -> None:
    """Write columns, name -> (kind, values), to `path`; None stands for what is absent."""
    rows = len(next(iter(columns.values()))[1])
    groups: list[bytes] = []
    with path.open("wb") as file:
        file.write(_MAGIC)
        for first in range(0, rows, _ROWS_AT_ONCE):
            count, chunks, total = min(_ROWS_AT_ONCE, rows - first), [], 0
            for name, (kind, values) in columns.items():
                page, plain = _page(kind, values[first : first + count])
                facts = _column(name, kind, count, plain, len(page), file.tell())
                chunks.append(_struct((2, _I64, file.tell()), (3, _STRUCT, facts)))
                total += plain
                file.write(page)
            groups.append(_struct((1, _LIST, (_STRUCT, chunks)), (2, _I64, total), (3, _I64, count)))
        schema = [_struct((4, _BINARY, "schema"), (5, _I32, len(columns)))]
        schema += [_element(name, kind) for name, (kind, _) in columns.items()]
        foot = _struct(
            (1, _I32, 1),
            (2, _LIST, (_STRUCT, schema)),
            (3, _I64, rows),
            (4, _LIST, (_STRUCT, groups)),
            (6, _BINARY, "briarpatch"),
        )
        file.write(foot + len(foot).to_bytes(4, "little") + _MAGIC)


def _page(kind: str, values: Sequence[Any]) -> tuple[bytes, int]:
    """Return a page of values with its header, and how long it is before it is compressed."""
    there = [value for value in values if value is not None]
    if kind == TEXT:
        texts = [text.encode() for text in there]
        body = b"".join(len(text).to_bytes(4, "little") + text for text in texts)
    else:
        body = np.array(there, "<i4" if kind == INTEGER else "<f8").tobytes()
    bits = np.packbits([value is not None for value in values], bitorder="little").tobytes()
    levels = _varint(len(bits) << 1 | 1) + bits
    body = len(levels).to_bytes(4, "little") + levels + body
    packer = zlib.compressobj(6, wbits=31)
    packed = packer.compress(body) + packer.flush()
    inner = _struct((1, _I32, len(values)), (2, _I32, _PLAIN), (3, _I32, _RLE), (4, _I32, _RLE))
    head = _struct((1, _I32, _DATA_PAGE), (2, _I32, len(body)), (3, _I32, len(packed)), (5, _STRUCT, inner))
    return head + packed, len(head) + len(body)


def _element(name: str, kind: str) -> bytes:
    """Return the description of a column in the schema."""
    fields = [(1, _I32, _TYPES[kind]), (3, _I32, _OPTIONAL), (4, _BINARY, name)]
    if kind == TEXT:
        fields += [(6, _I32, _UTF8), (10, _STRUCT, _struct((1, _STRUCT, _struct())))]
    return _struct(*fields)


def _column(name: str, kind: str, count: int, plain: int, packed: int, at: int) -> bytes:
    """Return the description of a column in a group of rows."""
    return _struct(
        (1, _I32, _TYPES[kind]),
        (2, _LIST, (_I32, [_zigzag(_PLAIN), _zigzag(_RLE)])),
        (3, _LIST, (_BINARY, [_text(name)])),
        (4, _I32, _GZIP),
        (5, _I64, count),
        (6, _I64, plain),
        (7, _I64, packed),
        (9, _I64, at),
    )


def _struct(*fields: tuple[int, int, Any]) -> bytes:
    """Return a structure of Thrift of (number, type, value), with rising numbers."""
    found, last = bytearray(), 0
    for number, kind, value in fields:
        found.append((number - last) << 4 | kind)
        last = number
        if kind in (_I32, _I64):
            found += _zigzag(value)
        elif kind == _BINARY:
            found += _text(value)
        elif kind == _LIST:
            of, items = value
            found += bytes([len(items) << 4 | of]) if len(items) < 15 else bytes([0xF0 | of]) + _varint(len(items))
            found += b"".join(items)
        else:
            found += value
    return bytes(found) + b"\0"


def _text(words: str) -> bytes:
    return _varint(len(words.encode())) + words.encode()


def _zigzag(number: int) -> bytes:
    return _varint(number << 1 if number >= 0 else ~(number << 1))


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes(found) + bytes([number])
