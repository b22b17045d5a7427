"""What is released: one version everywhere, and archives that install and work in a fresh environment."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def test_the_version_is_the_same_wherever_it_stands():
    import briarpatch

    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == VERSION == briarpatch.__version__
    assert {"cff-version", "message", "title", "authors"} <= set(cited)


def test_the_list_of_changes_is_sorted_and_begins_with_this_version():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    named = [head for head in text.splitlines() if head.startswith("## ")]
    assert all(re.fullmatch(r"## \[Unreleased\]|## \[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", head) for head in named), named
    assert named[0].startswith(f"## [{VERSION}] - ") or f"## [Unreleased]\n\nThis becomes {VERSION}," in text
    for version in text.split("\n## ")[1:]:
        heads = re.findall(r"^### (.+)$", version, re.MULTILINE)
        assert heads == [head for head in ("Added", "Changed", "Fixed", "Removed") if head in heads]
        for part in version.split("\n### ")[1:]:
            lines = part.splitlines()[1:]
            assert all(line == "" or line.startswith(("- ", "  ")) for line in lines)
        assert "\n- " not in version.split("\n### ")[0], "a change stands under no category"


def test_the_forms_for_issues_can_be_read():
    forms = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    assert len(forms) >= 2
    for form in forms:
        read = yaml.safe_load(form.read_text(encoding="utf-8"))
        assert read["name"]
        assert all("label" in part["attributes"] for part in read["body"])


def run(*command: object, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.long
def test_archives_pass_the_check_and_the_wheel_works_in_a_fresh_environment(tmp_path):
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", tmp_path / "dist", ROOT)
    archives = sorted((tmp_path / "dist").iterdir())
    assert [archive.name for archive in archives] == [
        f"briarpatch-{VERSION}-py3-none-any.whl",
        f"briarpatch-{VERSION}.tar.gz",
    ]
    run(sys.executable, "-m", "twine", "check", "--strict", *archives)
    names = zipfile.ZipFile(archives[0]).namelist()
    assert {"briarpatch/scenario.schema.json", "briarpatch/templates/first.yaml", "briarpatch/docs/index.md"} <= set(
        names
    )
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]
    # what briarpatch needs comes from here, so that nothing is fetched; briarpatch itself only from the wheel
    venv.create(tmp_path / "fresh", with_pip=True)
    python = tmp_path / "fresh" / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(python, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet", archives[0])
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    own = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    others = [path for path in sys.path if path.endswith("site-packages")]
    environment["PYTHONPATH"] = os.pathsep.join([own, *others])
    program = [python, "-c", "from briarpatch.views.cli import main; raise SystemExit(main())"]
    options = {"cwd": tmp_path, "env": environment}
    assert own in run(python, "-c", "import briarpatch; print(briarpatch.__file__)", **options)
    assert "valley" in run(*program, "scenarios", **options)
    run(*program, "new", "mine", **options)
    assert run(*program, "check", "mine.yaml", **options) == "mine: no faults, no warnings\n"
    assert VERSION in (tmp_path / "briarpatch.schema.json").read_text(encoding="utf-8")
