"""What a person sees, as a picture."""

from __future__ import annotations

import numpy as np

from ...errors import MissingExtraError

SIZE = 640, 480
"""Width and height of a picture, in pixels."""
_DOTS = 100
_LINES = 34


def picture(text: str) -> np.ndarray:
    """Return the last lines of `text` as a picture, u8 [height, width, 3]; raises MissingExtraError without Matplotlib."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("a picture of what somebody sees", "rl") from None
    lines = text.splitlines()
    shown = lines if len(lines) <= _LINES else [*lines[:3], "...", *lines[4 - _LINES :]]
    figure = Figure(figsize=(SIZE[0] / _DOTS, SIZE[1] / _DOTS), dpi=_DOTS)
    canvas = FigureCanvasAgg(figure)
    words = "\n".join(shown).replace("$", r"\$")
    figure.text(0.02, 0.98, words, family="monospace", fontsize=8, va="top")
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3].copy()
