"""What a run and an answer can do besides: be saved, drawn, reviewed, and shown by a notebook.

Runs and answers are data, and know nothing of what stands above them. Here, above both, are the methods that lead there;
they are attached when the package is imported, which imports nothing but the two classes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .analysis.results import Result
from .run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .analysis.review import Review


def save(self: Run, folder: str | Path) -> Path:
    """Write the run to `folder`, whole or not at all, and return where it is; raises RequestError when it is taken."""
    from . import storage

    self.folder = storage.save(self, Path(folder))
    return self.folder


def plot(self: Run, path: str | Path | None = None) -> Figure:
    """Return who did what when, drawn by Matplotlib; write it to `path` (.png, .svg, .pdf) if given."""
    from .analysis.story import Story
    from .render import answers

    return answers.plot(Story(self), path)


def export(self: Run, path: str | Path) -> Path:
    """Write what happened to a file; its ending says as what, and `save` keeps the run itself.

    .csv, .parquet, .arrow, .jsonl or .xlsx the chronicle, .xes an event log for process mining, .json ending, measures
    and chronicle, .txt the telling, .png, .svg or .pdf the picture. Raises RequestError for any other.
    """
    from .analysis.story import Story
    from .render import answers

    return answers.save(Story(self), path)


def review(self: Run, worlds: int = 200, **settings: Any) -> Review:
    """Return the review of this run: chances missed, turning points, causes, who knew what, objectives, events.

    Args:
        worlds: worlds with fresh luck an alternative; 0 plays each under the luck of the run alone.
        settings: the others of `analysis.review.review`.

    Raises RequestError when the run has not ended or an argument is out of bounds.
    """
    from .analysis.review import review

    return review(self, worlds, **settings)


def run_in_a_notebook(self: Run) -> str:
    """Return the run as HTML: how it ended, its telling, its measures."""
    from .render import answers

    return answers.run_html(self)


def save_answer(self: Result, path: str | Path) -> Path:
    """Write the answer, whole or not at all, and return where it is.

    The ending of `path` says as what: .parquet, .csv, .arrow, .jsonl or .xlsx the table, .json the plain data, .png,
    .svg or .pdf the picture, .txt the words. A path without one of them is a folder that gets `table.parquet`,
    `result.json` and `result.txt`; of an ensemble, the whole of it, which `load_ensemble` reads.
    """
    from .render import answers

    return answers.save(self, path)


def plot_answer(self: Result, path: str | Path | None = None) -> Figure:
    """Return the answer drawn by Matplotlib, and write it to `path` (.png, .svg, .pdf) if given.

    Raises MissingExtraError without Matplotlib, RequestError when `path` cannot be written.
    """
    from .render import answers

    return answers.plot(self, path)


def answer_in_a_notebook(self: Result) -> str:
    """Return the answer as HTML: its words and its table."""
    from .render import answers

    return answers.html_of(self)


METHODS = {
    Run: {"save": save, "plot": plot, "export": export, "review": review, "_repr_html_": run_in_a_notebook},
    Result: {"save": save_answer, "plot": plot_answer, "_repr_html_": answer_in_a_notebook},
}

for _owner, _methods in METHODS.items():
    for _name, _method in _methods.items():
        setattr(_owner, _name, _method)
