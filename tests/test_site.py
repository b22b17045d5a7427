"""The pages as a site: what the navigation holds, and what a browser may be asked to load. `.ci/run` builds it whole."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import site_hooks
import yaml
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort, PluginError

ROOT = Path(__file__).parent.parent
SETTINGS = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))


def named(part: Any) -> list[str]:
    """Return the pages below a part of the navigation."""
    if isinstance(part, str):
        return [part]
    return [page for below in (part.values() if isinstance(part, dict) else part) for page in named(below)]


def test_site_navigation_has_the_groups_of_the_index():
    text = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    groups = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE))
    for group in SETTINGS["nav"]:
        (name, parts), *_ = group.items()
        linked = {target.removeprefix("../") for target in re.findall(r"\]\(([^)#]+)\)", groups[name])}
        linked = {site_hooks.OWN_PAGES.get(target, target) for target in linked}
        assert set(named(parts)) - {"index.md"} == linked, name


@pytest.mark.parametrize(
    "asks",
    [
        '<script src="https://cdn.example/a.js"></script>',
        '<link rel="stylesheet" href="//fonts.example/a.css">',
        '<link rel="preconnect" href="https://fonts.example">',
        '<img src="https://pictures.example/a.png">',
        '<p style="background: url(https://pictures.example/a.png)">',
        "<style>@import 'https://fonts.example/a.css';</style>",
    ],
)
def test_site_that_asks_another_host_is_refused(asks, tmp_path):
    (tmp_path / "page.html").write_text(f'<p><a href="https://example.org">a link</a></p>{asks}', encoding="utf-8")
    with pytest.raises(PluginError, match=r"page\.html: (https:)?//\w+\.example"):
        site_hooks.on_post_build(SimpleNamespace(site_dir=tmp_path))


def test_site_may_link_to_other_hosts(tmp_path):
    (tmp_path / "page.html").write_text('<a href="https://example.org">a link</a><img src="a.png">', encoding="utf-8")
    (tmp_path / "page.css").write_text("a { background: url(a.png) }", encoding="utf-8")
    site_hooks.on_post_build(SimpleNamespace(site_dir=tmp_path))


def made(folder: Path, text: str) -> Path:
    """Build a site of one page with the settings of ours; return the page."""
    (folder / "docs").mkdir()
    (folder / "docs" / "index.md").write_text(text, encoding="utf-8")
    kept = {"site_name", "strict", "use_directory_urls", "markdown_extensions", "validation"}
    settings = {key: value for key, value in SETTINGS.items() if key in kept}
    (folder / "mkdocs.yml").write_text(yaml.safe_dump(settings | {"plugins": []}), encoding="utf-8")
    build(load_config(str(folder / "mkdocs.yml"), theme="material"))
    return folder / "site" / "index.html"


@pytest.mark.parametrize("link", ["nowhere.md", "#nowhere", "nowhere/", "/elsewhere.md"])
def test_site_with_a_broken_link_is_refused(link, tmp_path):
    with pytest.raises(Abort):
        made(tmp_path, f"# A page\n\n[broken]({link})\n")
    (tmp_path / "docs" / "index.md").unlink()
    (tmp_path / "docs").rmdir()
    assert "whole" in made(tmp_path, "# A page\n\n[whole](#a-page)\n").read_text(encoding="utf-8")


def test_site_shows_files_that_stand_beside_the_pages():
    text = (
        "[a test](../tests/test_site.py#L3) and [the list](../CHANGELOG.md), `[no](../link.md)` and [a page](sub/b.md)"
    )
    shown = site_hooks._linked(text, ROOT / "docs", "index.md")
    assert "(files/tests/test_site.py.md#L3)" in shown
    assert "(changelog.md)" in shown
    assert "(sub/b.md)" in shown
