"""Pictures: read without help, whatever their words are; every kind that the program makes can be drawn."""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from briarpatch.analysis.drawing import spread, yes_or_no
from briarpatch.analysis.results import Mark, Panel, Picture, Series
from briarpatch.render.plots import clock_label, draw

MAKER = Path(__file__).parents[1] / "docs" / "drawings.py"
HOUR, DAY = 3600.0, 86400.0


def maker():
    """Return the program that makes every picture."""
    spec = importlib.util.spec_from_file_location("pictures", MAKER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", sorted((MAKER.parent / "pictures").glob("*.png")), ids=lambda path: path.name)
def test_pictures_of_the_documentation_are_small_and_shown(path):
    assert path.stat().st_size < 250_000
    assert any(f"pictures/{path.name}" in page.read_text(encoding="utf-8") for page in MAKER.parent.glob("*.md"))


def drawn(*panels):
    """Draw panels; return the axes of each."""
    figure = draw(Picture("A picture", panels))
    figure.canvas.draw()
    return figure.axes


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_every_series_is_in_the_legend_whatever_its_name():
    lines = [Series(name, [0.0, 1.0], [0.0, 1.0]) for name in ("as it is", "_b", "__c", "$d", "")]
    (ax,) = drawn(Panel("x", "", "", lines))
    assert legend(ax) == ["as it is", "_b", "__c", r"\$d", ""]


def test_stems_do_not_depend_on_the_length_of_a_run():
    for length in (60.0, 100 * 365 * DAY):
        (ax,) = drawn(Panel("x", "", "", [Series("surprise", [0.0, length], [1.0, 0.5], style="stems")], clock=0.0))
        assert [line.get_linewidth() for line in ax.collections] == [2.5]


@pytest.mark.parametrize("length", [600.0, 5 * HOUR, 30 * HOUR, 6 * DAY, 90 * DAY, 5 * 365 * DAY, 100 * 365 * DAY])
@pytest.mark.parametrize("start", [0.0, 7 * HOUR, 22.5 * HOUR])
def test_a_clock_shows_few_ticks_each_with_other_words(length, start):
    (ax,) = drawn(Panel("x", "", "", [Series("a", [0.0, length], [0.0, 1.0])], clock=start))
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert 2 <= len(labels) <= 9
    assert not any("." in label for label in labels)
    days, seen = "day 1", []
    for label in labels:
        hour, _, day = label.partition("\n")
        days = day or days
        seen.append((days, hour))
    assert len(set(seen)) == len(seen)


def test_a_tick_says_the_hour_the_day_or_the_year():
    assert clock_label(0.0, 7.5 * HOUR, HOUR) == (1, "07:30\nday 1")
    assert clock_label(HOUR, 7.5 * HOUR, HOUR, 1) == (1, "08:30")
    assert clock_label(17 * HOUR, 7 * HOUR, HOUR, 1) == (2, "00:00\nday 2")
    assert clock_label(17 * HOUR, 7 * HOUR, DAY) == (2, "day 2")
    assert clock_label(10 * 365.25 * DAY, 7 * HOUR, 365.25 * DAY)[1] == "year 11"


def test_marks_are_numbers_above_and_words_below_the_axes():
    marks = [Mark(0.1, "the dam broke"), Mark(0.101, "the bell rang"), Mark(0.9, "all was over")]
    (ax,) = drawn(Panel("x", "", "", [Series("a", [0.0, 1.0], [0.0, 1.0])], marks))
    texts = {text.get_text(): text for text in ax.texts}
    assert {"1–2", "3", "the dam broke", "the bell rang", "all was over"} <= set(texts)
    frame = ax.get_window_extent()
    for words in ("the dam broke", "all was over"):
        assert texts[words].get_window_extent().y1 < frame.y0


def test_an_axis_of_categories_does_not_bear_the_name_of_what_is_measured():
    (ax,) = drawn(
        Panel("x", "", "share of the worlds", [Series("a", ["b", "c"], [0.1, 0.2], style="points")], flat=True)
    )
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("share of the worlds", "")


def test_a_share_is_per_cent():
    (ax,) = drawn(Panel("x", "", "share", [Series("a", ["b"], [0.5], style="bars")], (), (0.0, 1.0), True, share=True))
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert {"0 %", "100 %"} <= set(labels)
    assert all("." not in label for label in labels)


@given(
    st.lists(
        st.lists(
            st.one_of(st.integers(0, 700), st.floats(-1e9, 1e9), st.just(np.inf), st.just(np.nan)),
            min_size=1,
            max_size=60,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_spread_counts_every_world_once(columns):
    columns = [np.array(column, float) for column in columns]
    names = [f"arm {k}" for k in range(len(columns))]
    panel = spread("dead", "people", names, columns)
    if not np.isfinite(np.concatenate(columns)).any():
        assert panel is None
        return
    if panel.series[0].style == "histogram":
        assert sum(panel.series[0].y) == pytest.approx(np.isfinite(columns[0]).mean())
        return
    for turn in range(len(columns)):
        assert sum(series.y[turn] for series in panel.series) == pytest.approx(1.0)


def test_a_measure_of_two_humps_shows_both():
    column = np.array([0.0] * 50 + [600.0] * 50)
    panel = spread("dead", "", ["one", "two"], [column, column])
    assert [(series.name, series.y[0]) for series in panel.series] == [("0", 0.5), ("600", 0.5)]
    assert yes_or_no(np.array([0.0, 1.0]))
    assert not yes_or_no(column)


def test_words_of_every_script_are_drawn_or_said_to_be_missing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = draw(maker().scripts())
        assert figure._repr_png_().startswith(b"\x89PNG")
    foot = figure._supxlabel.get_text() if figure._supxlabel else ""
    assert not foot or "no font is installed" in foot or "left to right" in foot


def test_letters_without_a_font_are_named():
    figure = draw(Picture("\U0001f9ff \ua6a0 \U00016a38", []))
    assert "U+" in figure._supxlabel.get_text()


@pytest.mark.long
def test_every_picture_is_drawn_without_a_warning_and_within_its_page(tmp_path):
    module = maker()
    for name, answer in module.answers():
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            picture = answer.picture()
            figure = draw(picture)
            figure.canvas.draw()
        page = figure.bbox
        for ax in figure.axes:
            for text in [*ax.texts, ax.title, *(ax.get_legend().get_texts() if ax.get_legend() else ())]:
                if text.get_text():
                    box = text.get_window_extent()
                    assert page.x0 - 2 <= box.x0, (name, text.get_text())
                    assert box.x1 <= page.x1 + 2, (name, text.get_text())
        for panel in picture.panels:
            if panel.flat and any(series.style in ("points", "bars", "stack") for series in panel.series):
                assert panel.x == "", name
                assert panel.y, name
