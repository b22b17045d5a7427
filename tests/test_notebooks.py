"""The notebooks of the examples run in a kernel of their own, as a reader would run them."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parent.parent / "examples"


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_a_first_hour_runs_in_a_kernel_and_every_last_line_shows_something(tmp_path):
    notebook = nbformat.read(FOLDER / "a_first_hour.ipynb", as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert {"text/html", "image/png"} <= {kind for output in shown for kind in output.get("data", {})}
    assert not [output for output in shown if output.output_type == "error"]
