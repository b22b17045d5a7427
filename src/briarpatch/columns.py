"""How many columns of a terminal a text takes, and lines that keep to a number of them, in any script.

Wide characters (Chinese, Japanese, Korean, emoji) take two columns, combining marks none (Unicode Standard Annex 11).
A line may break at a space, and between wide characters, which are written without spaces.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_WORD = re.compile(r"(\s*)(\S+)")
JOINER, EMOJI_STYLE = "\u200d", "\ufe0f"
_NO_LINE_BEGINS_WITH = frozenset(
    "、。，．・：；？！）］｝」』】〉》〕ーぁぃぅぇぉっゃゅょァィゥェォッャュョ,.;:!?)]}…%"
)
_NO_LINE_ENDS_WITH = frozenset("（［｛「『【〈《〔([{")


@lru_cache(maxsize=4096)
def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf", "Cc") or "\u1160" <= character <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _is_picture(character: str) -> bool:
    """Return True for what a skin tone may colour, and a joiner may join: emoji, and the narrow signs that are some."""
    return character != "" and (_width(character) == 2 or unicodedata.category(character) in ("So", "Sm"))


def _clusters(text: str) -> Iterator[tuple[str, int]]:
    """Yield each character with the marks that belong to it, and the columns that they take together."""
    cluster, width, joined, flag = "", 0, False, False
    for character in text:
        own = _width(character)
        toned = "\U0001f3fb" <= character <= "\U0001f3ff" and _is_picture(cluster[:1])
        regional = "\U0001f1e6" <= character <= "\U0001f1ff"
        if cluster and (own == 0 or toned or (joined and _is_picture(character)) or (regional and flag)):
            cluster += character
            styled = character == EMOJI_STYLE and width > 0 and not cluster[0].isspace()
            if styled or toned or (regional and flag):
                width = 2
            joined, flag = character == JOINER and width == 2, False
            continue
        if cluster:
            yield cluster, width
        cluster, width, joined, flag = character, own, False, regional
    if cluster:
        yield cluster, width


def columns(text: str) -> int:
    """Return how many columns `text` takes in a terminal."""
    return len(text) if text.isascii() else sum(width for _, width in _clusters(text))


def cut(text: str, size: int) -> str:
    """Return `text` in at most `size` columns; "…" stands for what was left out."""
    if columns(text) <= size:
        return text
    kept, room = "", size - 1
    for cluster, width in _clusters(text):
        if width > room:
            break
        kept, room = kept + cluster, room - width
    return kept.rstrip() + "…" if size > 0 else ""


def left(text: str, size: int) -> str:
    """Return `text` filled up with spaces on its right to `size` columns."""
    return text + " " * (size - columns(text))


def right(text: str, size: int) -> str:
    """Return `text` filled up with spaces on its left to `size` columns."""
    return " " * (size - columns(text)) + text


def wrap(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """Return `text` in lines of at most `width` columns; the first begins with `first`, the others with `rest`.

    Spaces between words stay as they are, and are dropped where a line breaks.
    """
    lines: list[str] = []
    line, taken, empty = first, columns(first), True
    for spaces, word in _WORD.findall(text):
        for number, (piece, size) in enumerate(_pieces(word)):
            gap = 0 if number else len(spaces)
            if not empty and taken + gap + size > width:
                lines.append(line)
                line, taken, empty, gap = rest, columns(rest), True, 0
            if taken + gap + size <= width:
                line, taken, empty = line + " " * gap + piece, taken + gap + size, False
                continue
            for cluster, own in _clusters(piece):  # a word that is longer than a line
                if taken + own > width and not empty:
                    lines.append(line)
                    line, taken = rest, columns(rest)
                line, taken, empty = line + cluster, taken + own, False
    if not empty or line.strip():
        lines.append(line)
    return lines


def fill(text: str, width: int, first: str = "", rest: str = "") -> str:
    """Return `text` as one string of lines; arguments as for `wrap`."""
    return "\n".join(wrap(text, width, first, rest))


def _pieces(word: str) -> Iterator[tuple[str, int]]:
    """Yield the parts of a word between which a line may break, and the columns of each."""
    if word.isascii():
        yield word, len(word)
        return
    piece, size, before = "", 0, 0
    for cluster, width in _clusters(word):
        may_break = width == 2 or before == 2
        if piece and may_break and cluster[0] not in _NO_LINE_BEGINS_WITH and piece[-1] not in _NO_LINE_ENDS_WITH:
            yield piece, size
            piece, size = "", 0
        piece, size, before = piece + cluster, size + width, width
    yield piece, size
