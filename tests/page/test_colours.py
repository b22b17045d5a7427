"""The colours of the page: told apart by everybody, and readable, in both themes."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

STYLE = Path(__file__).parents[2] / "page" / "src" / "style.css"
SIDES = ("f0", "f1", "f2", "f3", "f4")
LEAST_DISTANCE = 28.0
"""CIE76 between any two sides, as anybody sees them; 2.3 is just noticeable."""
SIGHT = {
    "normal": np.eye(3),
    # Machado, Oliveira and Fernandes 2009 (10.1109/TVCG.2009.113), severity 1, on linear RGB.
    "protan": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deutan": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritan": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}  # fmt: skip
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = TO_XYZ @ np.ones(3)


def theme(name):
    block = re.search(rf"\[data-theme='{name}'\] \{{(.*?)\}}", STYLE.read_text(encoding="utf-8"), re.DOTALL)
    assert block
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block[1]))


def linear(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(letter * 2 for letter in colour[1:])
    values = np.array([int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    ratio = TO_XYZ @ np.clip(rgb, 0, 1) / WHITE
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(a, b):
    low, high = sorted(float(TO_XYZ[1] @ linear(colour)) for colour in (a, b))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize("sight", SIGHT)
def test_sides_are_told_apart_by_everybody(name, sight):
    colours = theme(name)
    seen = {side: lab(SIGHT[sight] @ linear(colours[side])) for side in SIDES}
    nearest = min(float(np.linalg.norm(seen[a] - seen[b])) for a, b in combinations(SIDES, 2))
    assert nearest >= LEAST_DISTANCE


def test_two_colours_of_common_charts_are_one_to_a_protanope():
    blue, purple = (lab(SIGHT["protan"] @ linear(colour)) for colour in ("#4c78d8", "#8a5fd8"))
    assert float(np.linalg.norm(blue - purple)) < LEAST_DISTANCE


@pytest.mark.parametrize("name", ["dark", "light"])
def test_words_and_marks_can_be_read(name):
    colours = theme(name)
    for words in ("text", "muted", "faint", "accent", "good", "bad"):
        assert contrast(colours[words], colours["panel"]) >= 4.5, words
    assert contrast(colours["accent-ink"], colours["accent"]) >= 4.5
    for side in SIDES:
        assert contrast(colours[side], colours["panel"]) >= 3.0, side
