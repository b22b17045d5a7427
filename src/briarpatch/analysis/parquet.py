"""How large a Parquet file becomes when it is unpacked, read from what it says of itself, before anything is.

A file names its rows and the size of every page, in the compact protocol of Thrift; a reader makes room for what it finds
there. The sizes are bounded here, so that a small file from a stranger cannot fill the memory.
Source: Apache Parquet format 2.11, `parquet.thrift`; Apache Thrift, compact protocol.
"""

from __future__ import annotations

from typing import Any, NamedTuple

_MAGIC = b"PAR1"
_DEEPEST = 12
_ROWS, _GROUPS = 3, 4  # of FileMetaData
_COLUMNS = 1  # of RowGroup
_META = 3  # of ColumnChunk
_PACKED, _DATA_AT, _DICTIONARY_AT = 7, 9, 11  # of ColumnMetaData
_PAGE_UNPACKED, _PAGE_PACKED = 2, 3  # of PageHeader
_TRUE, _FALSE, _BYTE, _LAST_WHOLE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 1, 2, 3, 6, 7, 8, 9, 10, 11, 12


class Sizes(NamedTuple):
    """What a file says of itself: its rows, and the bytes of all its pages when they are unpacked."""

    rows: int
    unpacked: int


def sizes(content: bytes) -> Sizes:
    """Return the sizes of a Parquet file; raises ValueError when it is none, or contradicts itself."""
    if len(content) < 12 or content[:4] != _MAGIC or content[-4:] != _MAGIC:
        raise ValueError("it is no Parquet file")
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    if footer < 4:
        raise ValueError("its footer is cut short")
    try:
        facts = _Reader(content, footer).struct(0)
        columns = [column[_META] for group in facts[_GROUPS] for column in group[_COLUMNS]]
        unpacked = sum(_unpacked(content, column, footer) for column in columns)
        return Sizes(int(facts[_ROWS]), unpacked)
    except (IndexError, KeyError, TypeError, AttributeError):
        raise ValueError("its footer makes no sense") from None


def _unpacked(content: bytes, column: dict[int, Any], end_of_pages: int) -> int:
    """Return the bytes of the pages of a column when they are unpacked."""
    at = column.get(_DICTIONARY_AT) or column[_DATA_AT]
    end, total = at + column[_PACKED], 0
    if not 4 <= at <= end <= end_of_pages:
        raise ValueError("a column lies outside of it")
    while at < end:
        reader = _Reader(content, at)
        page = reader.struct(0)
        if page[_PAGE_UNPACKED] < 0 or page[_PAGE_PACKED] < 0:
            raise ValueError("a page has less than no bytes")
        total += page[_PAGE_UNPACKED]
        at = reader.at + page[_PAGE_PACKED]
    if at != end:
        raise ValueError("a page goes on beyond its column")
    return total


class _Reader:
    """Reads structures of the compact protocol as dictionaries by the numbers of their fields."""

    def __init__(self, content: bytes, at: int) -> None:
        self.content, self.at = content, at

    def varint(self) -> int:
        value = shift = 0
        while shift < 70:
            byte = self.content[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
        raise ValueError("it holds a number that is too long")

    def whole(self) -> int:
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def struct(self, depth: int) -> dict[int, Any]:
        if depth > _DEEPEST:
            raise ValueError("its footer is nested too deep")
        found: dict[int, Any] = {}
        number = 0
        while True:
            head = self.content[self.at]
            self.at += 1
            if head == 0:
                return found
            number = number + (head >> 4) if head >> 4 else self.whole()
            kind = head & 15
            found[number] = kind == _TRUE if kind in (_TRUE, _FALSE) else self.value(kind, depth + 1)

    def value(self, kind: int, depth: int) -> Any:
        if kind == _STRUCT:
            return self.struct(depth)
        if _BYTE < kind <= _LAST_WHOLE:
            return self.whole()
        if kind in (_LIST, _SET):
            head = self.content[self.at]
            self.at += 1
            size = head >> 4 if head >> 4 < 15 else self.varint()
            return [self.value(head & 15, depth + 1) for _ in range(self._bounded(size))]
        if kind == _BINARY:
            self._skip(self.varint())
        elif kind == _DOUBLE:
            self._skip(8)
        elif kind == _MAP:
            size = self.varint()
            kinds = self._bounded(size) and self.varint()
            for _ in range(size):
                self.value(kinds >> 4, depth + 1)
                self.value(kinds & 15, depth + 1)
        elif kind in (_TRUE, _FALSE, _BYTE):
            self._skip(1)
        else:
            raise ValueError("its footer holds something of no known kind")
        return None

    def _bounded(self, size: int) -> int:
        """Return a number of items, each of which takes a byte at least."""
        if size > len(self.content) - self.at:
            raise ValueError("its footer is cut short")
        return size

    def _skip(self, size: int) -> None:
        self.at += self._bounded(size)
