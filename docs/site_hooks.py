"""What MkDocs does besides, when it makes a site of these pages (mkdocs.yml).

The pages speak of files that stand beside this folder: tests, examples, the list of changes. Each of these gets a page,
so that every link of the site stays within it and is checked. At the end, every file that was written is looked at for what a
browser would ask of another host while it shows a page, and the site is refused if there is any.
"""

from __future__ import annotations

import os
import posixpath
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files, InclusionLevel

ROOT = Path(__file__).parent.parent
OWN_PAGES = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md"}
"""Pages at the root of the repository -> their pages of the site."""
_LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?(\))")
_CODE = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)
_LANGUAGES = {".py": "python", ".yaml": "yaml", ".yml": "yaml", ".json": "json", ".toml": "toml", ".c": "c"}
_LOADED = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "embed": "src",
}
_RELATIONS = {"stylesheet", "icon", "preload", "preconnect", "dns-prefetch", "prefetch", "modulepreload", "manifest"}
_STYLE = re.compile(r"(?:url\(\s*|@import\s+)[\"']?((?:https?:)?//[^\"')\s]+)")


def on_files(files: Files, config: Any) -> Files:
    """Add a page for each file outside the folder of pages that a page links to."""
    for name, page in OWN_PAGES.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=_linked(text, ROOT, page)))
    sources = [(Path(config.docs_dir) / file.src_uri) for file in files.documentation_pages() if file.abs_src_path]
    for source in [*sources, *(ROOT / name for name in OWN_PAGES)]:
        for target in _targets(source.read_text(encoding="utf-8"), source.parent):
            uri = _page_of(target)
            if uri is not None and uri not in OWN_PAGES.values() and files.get_file_from_path(uri) is None:
                files.append(_shown(target, uri, config))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Let links to files outside the folder of pages lead to the pages that show them."""
    if page.file.abs_src_path is None:
        return markdown
    return _linked(markdown, Path(page.file.abs_src_path).parent, page.file.src_uri)


def on_post_build(config: Any) -> None:
    """Refuse a site that asks another host for anything."""
    asked = sorted({f"{path}: {address}" for path, address in foreign(Path(config.site_dir))})
    if asked:
        raise PluginError("the site asks other hosts for\n" + "\n".join(asked))


def foreign(site: Path) -> list[tuple[str, str]]:
    """Return (file, address) for all that a browser would load from another host to show the pages of `site`."""
    found = []
    for path in sorted(site.rglob("*")):
        name = path.relative_to(site).as_posix()
        if path.suffix == ".html":
            text = path.read_text(encoding="utf-8")
            reader = _Loaded()
            reader.feed(text)
            found += [(name, address) for address in reader.addresses]
        elif path.suffix == ".css":
            found += [(name, address) for address in _STYLE.findall(path.read_text(encoding="utf-8"))]
    return found


class _Loaded(HTMLParser):
    """Collects what a page loads by itself from another host; links that a reader follows are no part of it."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        address = given.get(_LOADED.get(tag, ""), "")
        if tag == "link" and _RELATIONS & set(given.get("rel", "").split()):
            address = given.get("href", "")
        self._in_style = tag == "style"
        for said in (address, *given.get("srcset", "").split(), *_STYLE.findall(given.get("style", ""))):
            if re.match(r"(https?:)?//", said):
                self.addresses.append(said)

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.addresses += _STYLE.findall(data)
            self._in_style = False


def _targets(text: str, folder: Path) -> list[Path]:
    """Return the files of the repository that links in a page lead to."""
    outside_code = "".join(_CODE.split(text)[::2])
    paths = [Path(os.path.normpath(folder / link[2])) for link in _LINK.finditer(outside_code) if ":" not in link[2]]
    return [path for path in paths if path.is_file() and path.is_relative_to(ROOT)]


def _page_of(path: Path) -> str | None:
    """Return the page of the site that shows a file outside the folder of pages, None for a file within it."""
    if path.is_relative_to(ROOT / "docs") and path.suffix not in (".py", ".yaml"):
        return None
    name = path.relative_to(ROOT).as_posix()
    if name in OWN_PAGES:
        return OWN_PAGES[name]
    return f"files/{name}.md" if path.suffix in _LANGUAGES or not path.suffix else f"files/{name}"


def _shown(path: Path, uri: str, config: Any) -> File:
    """Return a page that shows a file, or the file itself when it is no text that a page would show."""
    hidden = InclusionLevel.NOT_IN_NAV
    if not uri.endswith(".md") or path.suffix == ".md":
        return File.generated(config, uri, content=path.read_bytes(), inclusion=hidden)
    name = path.relative_to(ROOT).as_posix()
    text = path.read_text(encoding="utf-8").rstrip("\n")
    shown = f"---\nsearch: {{ exclude: true }}\n---\n# {name}\n\n~~~~~~{_LANGUAGES.get(path.suffix, 'text')}\n{text}\n~~~~~~\n"
    return File.generated(config, uri, content=shown, inclusion=hidden)


def _linked(text: str, folder: Path, page: str) -> str:
    """Return a page's text with its links to files of the repository as links within the site."""

    def link(match: re.Match[str]) -> str:
        path = Path(os.path.normpath(folder / match[2]))
        if ":" in match[2] or not path.is_file() or not path.is_relative_to(ROOT):
            return match[0]
        uri = _page_of(path) or path.relative_to(ROOT / "docs").as_posix()
        return f"{match[1]}{posixpath.relpath(uri, posixpath.dirname(page) or '.')}{match[3] or ''}{match[4]}"

    pieces = _CODE.split(text)
    return "".join(piece if k % 2 else _LINK.sub(link, piece) for k, piece in enumerate(pieces))
