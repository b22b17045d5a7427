"""Parts of an ensemble: those of others, those that lie and those that are bombs are refused with their names, and stay."""

from __future__ import annotations

import io
import os
import shutil
import signal
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from briarpatch.analysis import jobs, parts
from briarpatch.analysis.ensemble import ensemble, load_ensemble
from briarpatch.analysis.parquet import sizes
from briarpatch.errors import RequestError, SavedRunError
from peak import PEAK

MIXED = Path(__file__).parent / "cases" / "mixed_parts.yaml"
SEEDS = 40


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ensembles") / "e"
    ensemble(MIXED, SEEDS, out=folder, workers=1)
    return folder


@pytest.fixture
def folder(made, tmp_path):
    return Path(shutil.copytree(made, tmp_path / "e"))


def played(folder: Path) -> parts.Folder:
    return parts.read(folder)


def replace(folder: Path, content: bytes, first: int = 0, count: int = SEEDS) -> Path:
    """Put `content` in the place of all parts, under a name that fits it; return where it is."""
    there = played(folder)
    for file in there.files():
        file.unlink()
    return there.parts_folder / there.write_bytes(first, count, content).name


@pytest.mark.parametrize("other", ["another seed", "another arm", "another rate"])
def test_a_part_of_another_ensemble_is_refused_with_its_name_and_stays(folder, tmp_path, other):
    settings = {
        "another seed": {"first": 1000},
        "another arm": {"overrides": {"scenario.until": "12 h"}},
        "another rate": {"overrides": {"rules.bell.rate": "2/h"}},
    }[other]
    ensemble(MIXED, SEEDS, out=tmp_path / "other", workers=1, **settings)
    (foreign,) = played(tmp_path / "other").files()
    copied = Path(shutil.copy(foreign, folder / "parts"))
    for use in (load_ensemble, lambda path: ensemble(MIXED, 2 * SEEDS, out=path)):
        with pytest.raises(SavedRunError, match=f"{copied.name} is a part of another ensemble; move it elsewhere"):
            use(folder)
    assert copied.read_bytes() == foreign.read_bytes()
    copied.unlink()
    (mine,) = played(folder).files()
    renamed = parts.part_of(foreign.name)._replace(job=played(folder).manifest.identity).name
    mine.unlink()
    shutil.copy(foreign, folder / "parts" / renamed)
    with pytest.raises(SavedRunError, match=f"{renamed} is damaged: its bytes are not those that were written"):
        load_ensemble(folder)


def test_a_part_of_the_same_ensemble_from_another_machine_is_taken(folder, tmp_path):
    longer = ensemble(MIXED, 2 * SEEDS, out=Path(shutil.copytree(folder, tmp_path / "longer")), workers=1)
    for file in longer.folder.files():
        shutil.copy(file, folder / "parts")
    assert load_ensemble(folder).seeds == 2 * SEEDS


def test_a_file_that_is_no_part_is_refused_with_its_name(folder):
    (folder / "parts" / "rows.parquet").write_bytes(b"x")
    with pytest.raises(SavedRunError, match=r"rows\.parquet is no part of an ensemble; move it elsewhere"):
        load_ensemble(folder)


def first_of(name: str, digits: str, at: int) -> str:
    return name[:at] + digits + name[at + len(digits) :]


RENAMED = {
    "another first seed": lambda name: first_of(name, "7", 19),
    "another count": lambda name: first_of(name, "39", 31),
    "another digest": lambda name: first_of(name, "0" * 32, 51),
    "no name of a part": lambda name: name + ".bak",
}


@pytest.mark.parametrize("renamed", RENAMED)
@pytest.mark.parametrize("copied", [False, True], ids=["moved", "copied"])
def test_a_renamed_part_is_told_in_one_line_and_kept(folder, capsys, renamed, copied):
    (mine,) = played(folder).files()
    content, rows = mine.read_bytes(), load_ensemble(folder).table
    other = mine.with_name(RENAMED[renamed](mine.name))
    (shutil.copy if copied else shutil.move)(mine, other)
    found = ensemble(MIXED, SEEDS, out=folder, workers=1)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{other}")
    assert ("is not read: no part has such a name" if renamed == "no name of a part" else "is kept as") in line
    assert found.table.equals(rows)
    assert mine.read_bytes() == content
    stays = other if renamed == "no name of a part" else other.with_name(other.name + parts.ASIDE)
    assert stays.read_bytes() == content
    ensemble(MIXED, SEEDS, out=folder, workers=1)
    assert len(capsys.readouterr().err.splitlines()) == (renamed == "no name of a part")


def test_a_damaged_part_behind_another_is_told_too(folder, capsys):
    """Two that lie one behind the other, and a name under which one was set aside before."""
    (mine,) = played(folder).files()
    content, rows = mine.read_bytes(), load_ensemble(folder).table
    hiding = mine.with_name(first_of(mine.name, "39", 31))
    hiding.write_bytes(content)
    mine.write_bytes(b"damaged")
    aside = mine.with_name(mine.name + parts.ASIDE)
    aside.write_bytes(b"before")
    found = ensemble(MIXED, SEEDS, out=folder, workers=1)
    assert len(capsys.readouterr().err.splitlines()) == 2
    assert found.table.equals(rows)
    assert aside.read_bytes() == b"before"
    assert mine.with_name(aside.name + "1").read_bytes() == b"damaged"


def frame(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(played(folder).files()[0], glob=False)


LIES = {
    "fewer rows": (lambda rows: rows.head(3), f"it has 3 rows, and its name says {SEEDS}"),
    "more rows": (lambda rows: pl.concat([rows] * 1000), "it has 40,000 rows"),
    "a column of another type": (lambda rows: rows.with_columns(pl.col("time").cast(pl.String)), "its columns are not"),
    "a column less": (lambda rows: rows.drop("time"), "its columns are not those of the ensemble"),
    "a column more": (lambda rows: rows.with_columns(more=1), "its columns are not those of the ensemble"),
    "other seeds": (lambda rows: rows.with_columns(pl.col("seed") + 1), "its worlds are not those that its name says"),
    "other arms": (lambda rows: rows.with_columns(arm=pl.lit("x")), "its worlds are not those that its name says"),
    "long words": (lambda rows: rows.with_columns(ending=pl.lit("x" * 50_000_000)), "it would unpack to 50,0"),
    "no table": (None, "it is no Parquet file"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_part_that_is_not_what_its_name_says_is_refused_and_stays(folder, lie):
    change, says = LIES[lie]
    content = parts.to_bytes(change(frame(folder))) if change else b"rows"
    file = replace(folder, content)
    tracemalloc.start()
    with pytest.raises(SavedRunError, match=f"{file.name} is damaged: {says}.*; move it elsewhere"):
        load_ensemble(folder)
    with pytest.raises(SavedRunError, match=f"{file.name}: {says}.*; move it elsewhere"):
        ensemble(MIXED, 2 * SEEDS, out=folder)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()
    assert file.read_bytes() == content


def test_a_bomb_takes_no_memory(folder):
    """A part of a few thousand bytes whose words unpack to three billion."""
    rows = frame(folder).head(1)
    content = parts.to_bytes(rows.with_columns(ending=pl.lit("x" * 300_000_000)))
    assert len(content) < 100_000
    replace(folder, content, count=1)
    child = subprocess.run(
        [sys.executable, "-c", BOUNDED, str(folder)], capture_output=True, text=True, timeout=100, check=False
    )
    assert "would unpack to 300," in child.stdout, child.stderr
    assert int(child.stdout.split()[-1]) < 100_000


BOUNDED = f"""{PEAK}
import sys
from briarpatch.analysis.ensemble import load_ensemble
import polars, numpy
before = peak()
try:
    load_ensemble(sys.argv[1])
except Exception as wrong:
    print(wrong)
print(peak() - before)
"""


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_noise_in_a_part_is_no_traceback(made, data):
    content = bytearray(played(made).files()[0].read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = bytes(content[: data.draw(st.integers(0, len(content)))]) if data.draw(st.booleans()) else bytes(content)
    try:
        found = sizes(content)
    except ValueError:
        return
    assert found.unpacked >= 0


def test_sizes_are_those_that_were_written():
    rows = pl.DataFrame({"a": range(1000), "b": ["x"] * 1000, "c": [None] * 1000})
    for compression in ("zstd", "uncompressed", "snappy"):
        out = io.BytesIO()
        rows.write_parquet(out, compression=compression, row_group_size=300)
        found = sizes(out.getvalue())
        assert found.rows == 1000
        assert 8 * 1000 <= found.unpacked < 30_000
    with pytest.raises(ValueError, match="its footer is cut short"):
        sizes(b"PAR1" + struct.pack("<I", 1 << 30) + b"PAR1")


def test_a_part_of_many_arms_and_columns_is_bounded(made):
    facts = played(made).manifest
    assert facts.most_tasks() == parts.MOST_ROWS
    wide = facts.model_copy(update={"columns": {f"c{i}": "Float64" for i in range(10_000)}, "arms": facts.arms * 5})
    assert wide.most_tasks() == parts.MOST_CELLS // 50_000


def test_the_parts_of_an_ensemble_are_known_by_the_digest_that_earlier_versions_gave():
    arm = {"name": "as it is", "choices": {}, "variants": {}, "overrides": {}}
    measure = {"told": "m", "unit": "", "better": "more", "low": 0.0, "high": None}
    facts = {"format": 2, "program": "0.1.0", "engine": "e", "vocabulary": "v", "scenario": "s", "title": "t"}
    facts |= {"digest": "d", "start": "s.yaml", "arms": [arm], "first": 3, "accounts": False, "endings": ["over"]}
    facts |= {"measures": {"m": measure}, "columns": {"seed": "UInt64"}, "wanted": 7}
    assert parts.Manifest.model_validate(facts).identity == "ee588496d51307cc"


# ----------------------------------------------------------------------------------------------- names of folders


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text("[]*?{}!~%#&= ab$-'\"\\", min_size=1, max_size=12).filter(lambda name: name.strip(" .")))
@example("[2] flood")
@example("a*")
@example("~")
@example("**")
@example("{a,b}")
@example("a=b")
@example("%20")
def test_the_name_of_a_folder_is_taken_as_it_is(made, tmp_path, name):
    parent = tmp_path / "p"
    shutil.rmtree(parent, ignore_errors=True)
    for one in (name, "ab", "a1"):
        shutil.copytree(made, parent / one, dirs_exist_ok=True)
    before = os.getcwd()
    os.chdir(parent)
    try:
        for folder in (parent / name, Path(name)):
            found = load_ensemble(folder)
            assert found.seeds == SEEDS
            assert found.table.height == SEEDS
            assert found.row(3)[0] == 3
            assert found.summary.endings["worlds"].sum() == SEEDS
            assert ensemble(MIXED, SEEDS + 2, out=folder, workers=1).table.height == SEEDS + 2
            shutil.rmtree(folder)
            shutil.copytree(made, folder)
        target = Path(f"{name}.out") / f"{name}.csv"
        assert pl.read_csv(found.save(target).read_bytes()).height == SEEDS
    finally:
        os.chdir(before)


STOPPED = """
import sys
from briarpatch.analysis import ensemble as many
said = []
def watch(progress):
    if not said:
        said.append(progress)
        print("playing", flush=True)
try:
    many.ensemble(sys.argv[1], 10_000_000, watch=watch)
except many.Interrupted as stopped:
    print(stopped)
"""


def test_a_stopped_ensemble_without_a_folder_says_that_nothing_is_kept():
    child = subprocess.Popen([sys.executable, "-c", STOPPED, str(MIXED)], stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "playing\n"
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=60)
    assert out.strip() == jobs.NOTHING_KEPT


def test_ensembles_of_different_scenarios_are_not_compared(made, tmp_path):
    from briarpatch.analysis.comparison import Comparison

    other = ensemble("skirmish", 2, out=tmp_path / "o")
    with pytest.raises(RequestError, match="'mixed_parts' and 'skirmish' are different scenarios"):
        Comparison(load_ensemble(made), other)
