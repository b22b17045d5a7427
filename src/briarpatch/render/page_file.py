"""One HTML file that shows a run: it opens from a disk, asks for nothing, and the same run gives the same bytes.

The page is built once (`page/` in the source tree) and comes with the package; a run is put into it as compressed data,
which the page unpacks. A policy in its head forbids it every request and every script but its own.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from ..errors import RequestError
from .page_data import page_data, to_json
from .page_seat import seat_page_data

if TYPE_CHECKING:
    from ..run import Run

EXAMPLE = "example.json.gz"
"""A recorded run that comes with the package, as the page reads it (`python docs/gallery.py` makes it)."""
_SCRIPT = re.compile(r"<script\b[^>]*>(.*?)</script>", re.DOTALL)
_CHARSET = '<meta charset="utf-8">'


@cache
def _page() -> str:
    """Return the built page, without a run."""
    return (resources.files("briarpatch") / "page" / "single" / "index.html").read_text(encoding="utf-8")


@cache
def served_files() -> dict[str, bytes]:
    """Return the files of the page as a server hands it out, by name; `index.html` is the page itself."""
    folder = resources.files("briarpatch") / "page" / "served"
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


@cache
def example() -> bytes:
    """Return the run that comes with the package, as compressed JSON: it can be watched before anything is compiled."""
    return (resources.files("briarpatch") / "page" / EXAMPLE).read_bytes()


def policy(page: str) -> str:
    """Return the policy that allows the page its own scripts and nothing else."""
    scripts = (hashlib.sha256(script.encode()).digest() for script in _SCRIPT.findall(page))
    allowed = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; font-src data:; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def page_file(run: Run, other: Run | None = None, person: str | None = None) -> bytes:
    """Return one HTML file that shows `run`, and holds it against `other` when that is given.

    Args:
        run: the run.
        other: another run of the same scenario.
        person: whose knowledge alone is in the file; then there is no other run.

    Raises RequestError when the two are runs of different scenarios, or there is no such person.
    """
    if other is not None and person is not None:
        raise RequestError("a page of what one person could know holds one run; leave out the other")
    if other is not None and other.scenario.name != run.scenario.name:
        raise RequestError(
            f"runs of '{run.scenario.name}' and '{other.scenario.name}' have nothing in common to compare"
        )
    page = _page()
    found = {"run": page_data(run) if person is None else seat_page_data(run, person)}
    found |= {} if other is None else {"other": page_data(other)}
    blocks = "".join(
        f'<script type="application/octet-stream" id="data-{name}">{_packed(one)}</script>'
        for name, one in found.items()
    )
    head = f'{_CHARSET}<meta http-equiv="Content-Security-Policy" content="{policy(page)}">'
    page = page.replace(_CHARSET, head, 1)
    end = page.rindex("</body>")
    return (page[:end] + blocks + page[end:]).encode()


def _packed(data: dict[str, Any]) -> str:
    return base64.b64encode(gzip.compress(to_json(data), 9, mtime=0)).decode()
