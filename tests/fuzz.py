"""Looks for what breaks the program: changes scenarios, quantities, conditions, saved runs and ensembles at random.

    python tests/fuzz.py --seed 1 --seconds 600

Each case follows from the seed and its number alone. What is read is played, compiled and interpreted, for a bounded number
of steps. Whatever is no refusal in words is a finding: an exception of another kind, more than 10 s between two signs of
life, more than 1 GB, a measure that is NaN though nothing in its expression is undefined in that world, a guard other
than those that an author can ask for, two ways of playing that differ in a bit of the chronicle, of any table or of a
measure, or in a word of a refusal. A finding is printed with its case, which `--case N` runs by itself.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import json
import math
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peak import peak

ROOT = Path(__file__).resolve().parent.parent
HANG = 10.0
"""Seconds without a sign of life."""
MOST_MEMORY = 1_000_000_000
STEPS = 400
"""Steps that a world is played."""
SECONDS = 3.0
"""Seconds that a world is played."""
SMALL = ("valley", "vault", "countdown", "couriers", "lock", "mill", "skirmish", "well", "cartel", "ferry", "strike")
ASKED_FOR = ("too many things at one moment", "no ending holds", "a number is not finite")
"""Guards that a scenario can run into by what its author asks for: rules that set each other off, endings that leave a gap,
a division by zero."""

NUMBERS = (
    *(
        "0",
        "-1",
        "1",
        "1e-300",
        "1e-9",
        "0.5",
        "1e9",
        "1e18",
        "1e300",
        "1e999",
        "-0",
        "00",
        "1_000",
        "٣",
        "½",
        "1/3",
        ".5",
        "5.",
    ),
    *("2 1/2", "2..4", "8-9", "10 00", "1 h 30", "nan", "inf", "-inf", "1e", "0x10", "+3", "--3", "3 %"),
)
PLAIN = ("0", "1", "-1", "1e-9", "0.001", "0.5", "3", "7", "100", "1e4", "1e6", "1e9", "1e12", "1e-12", "1e15", "1e17")
"""Numbers that are read, most of them."""
UNITS = (
    *(
        "s",
        "h",
        "d",
        "y",
        "m",
        "km",
        "m/s",
        "km/h",
        "1/h",
        "/s",
        "kg",
        "Gy",
        "Gy/h",
        "%",
        "m^2",
        "m*m",
        "h h",
        "km-m",
        "s^-1",
    ),
    *("s^1e9", "m/0", "furlong", "", " ", "µs", "°", "d/", "/", "^2", "(m)", "m s", "km km/km"),
)
WORDS = (
    *(
        "true",
        "false",
        "null",
        "~",
        "",
        " ",
        "x",
        "valley",
        "..",
        "a.b.c",
        "[]",
        "{}",
        "'",
        '"',
        "\\",
        "\u202e",
        "\x07",
        "é" * 300,
    ),
    *(
        "{place}",
        "{0}",
        "%s",
        "%(x)s",
        "$x$",
        "<b>",
        "*",
        "[0-9]",
        "self",
        "each",
        "__class__",
        "-",
        "\ud83d\ude00",
        "x" * 5000,
    ),
)
CONDITIONS = (
    *(
        "true",
        "false",
        "time() > '1 h'",
        "count(nobody, dead)",
        "((((",
        "1 / 0 > 1",
        "0 / 0 > 1",
        "since(x) == 1",
        "!true",
    ),
    *(
        "happened(x)",
        "1e308 * 10 > 1",
        "5 % 0 == 1",
        "'1 h' > '1 m'",
        "time() == time()",
        "true ? 1 : 2",
        "hour() > 24",
    ),
    *(
        "time() % '1 s' < '0.5 s'",
        "min(1, 2) > max(3)",
        "-(-(-1)) > 0",
        "1 < 2 < 3",
        "a && || b",
        "count() > 0",
        "abs(-1)",
    ),
)
_QUANTITY = re.compile(r"[-+]?\d[\d._]*(?:e[-+]?\d+)?|\b(?:s|h|d|y|min|km|m|kg|Gy)\b")


# ------------------------------------------------------------------------------------------------ changing


class Changes:
    """Changes data at random; the same for the same number."""

    def __init__(self, seed: int, case: int) -> None:
        self.luck = random.Random(f"{seed} {case}")

    def scenario(self, sources: dict[str, Any]) -> str:
        """Return the text of a scenario of which something has been changed."""
        import yaml

        name = self.luck.choice(sorted(sources))
        data = copy.deepcopy(sources[name])
        other = sources[self.luck.choice(sorted(sources))]
        for _ in range(self.luck.choice((1, 1, 1, 1, 2, 3, 6))):
            self.change(data, other)
        text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False)
        return self.text(text) if self.luck.random() < 0.08 else text

    def change(self, data: Any, other: Any) -> None:
        """Change one thing in `data`; `other` is where something else may come from."""
        where = list(_nodes(data))
        leaves = [(at, key) for at, key in where if not isinstance(at[key], (dict, list))]
        if not where:
            return
        at, key = self.luck.choice(leaves if leaves and self.luck.random() < 0.8 else where)
        value, how = at[key], self.luck.random()
        if how < 0.05:
            del at[key]
        elif how < 0.1 and isinstance(at, dict):
            taken, there = self.luck.choice(list(_nodes(other)))
            at[str(there)] = copy.deepcopy(taken[there])
        elif how < 0.16:
            taken, there = self.luck.choice(where)
            with contextlib.suppress(LookupError):
                at[key] = copy.deepcopy(taken[there])
        elif how < 0.2 and isinstance(at, list):
            at.extend(copy.deepcopy(at[: self.luck.choice((1, 2, 50))]))
        elif isinstance(value, str) and how < 0.45:  # a condition for a condition, a name for a name
            alike = [one[there] for one, there in where if there == key and isinstance(one[there], str)]
            at[key] = self.luck.choice(alike)
        elif isinstance(value, str) and how < 0.92:
            at[key] = self.word(value)
        elif isinstance(value, bool):
            at[key] = not value
        elif isinstance(value, (int, float)) and how < 0.95:
            at[key] = self.luck.choice((0, -1, 1, 2, 1e-300, 1e9, 10**20, 1e300, 0.5, value * 1000, -value, "1 h"))
        else:
            at[key] = self.luck.choice((*WORDS, *CONDITIONS, None, True, [], {}, [1], {"a": 1}, 0, 10**9))

    def word(self, value: str) -> str:
        """Return a text with a number, a unit, a name or an operator in it changed."""
        how = self.luck.random()
        places = list(_QUANTITY.finditer(value))
        if how < 0.6 and places:
            numbers = [place for place in places if place[0][-1].isdigit()]
            found = self.luck.choice(numbers if numbers and self.luck.random() < 0.85 else places)
            new = self.luck.choice(NUMBERS if self.luck.random() < 0.2 else PLAIN)
            if not found[0][-1].isdigit():
                new = self.luck.choice(UNITS)
            return value[: found.start()] + new + value[found.end() :]
        if how < 0.65:
            return f"{self.luck.choice(NUMBERS)} {self.luck.choice(UNITS)}"
        if how < 0.75:
            tokens = re.findall(r"\w+|[^\w\s]+|\s+", value)
            for _ in range(self.luck.choice((1, 1, 2))):
                if tokens:
                    there = self.luck.randrange(len(tokens))
                    tokens[there] = self.luck.choice(
                        [*tokens, "&&", "||", "<", "==", "%", "!", "(", ")", ",", "0", "-1"]
                    )
            return "".join(tokens)
        return self.luck.choice(CONDITIONS if how < 0.88 else WORDS)

    def text(self, text: str) -> str:
        """Return a text with some characters changed."""
        letters = list(text)
        for _ in range(self.luck.choice((1, 3, 20))):
            at = self.luck.randrange(len(letters))
            letters[at] = self.luck.choice(
                ["", "\t", "\n", ":", "&a ", "*a", "!!x ", "\x00", "{", "[", "'", "- ", "%", "\ufeff", letters[-at]]
            )
        return "".join(letters)

    def content(self, data: bytes) -> bytes:
        """Return bytes some of which are changed, are missing, or are there twice."""
        found = bytearray(data)
        for _ in range(self.luck.choice((1, 1, 2, 8))):
            at, how = self.luck.randrange(max(1, len(found))), self.luck.random()
            if how < 0.5 and found:
                found[at] = self.luck.choice((0, 1, 0x7F, 0x80, 0xFF, found[at] ^ (1 << self.luck.randrange(8))))
            elif how < 0.7:
                del found[at : at + self.luck.choice((1, 4, 100, 10**6))]
            else:
                found[at:at] = found[at : at + self.luck.choice((1, 8, 1000))]
        return bytes(found)


def _nodes(data: Any) -> Iterator[tuple[Any, Any]]:
    """Yield (container, key) of every node below the root."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in list(items):
        yield data, key
        yield from _nodes(value)


# ------------------------------------------------------------------------------------------------ trying


class Finding(Exception):
    """Something that is no refusal in words."""


def sources() -> dict[str, Any]:
    """Return the plain data of the scenarios that are changed."""
    from briarpatch.scenario import load
    from briarpatch.scenario.catalog import packaged

    files = [packaged() / f"{name}.yaml" for name in SMALL]
    found = {file.stem: load.read(file).data for file in files if file.exists()}
    for file in sorted((ROOT / "tests" / "cases").glob("*.yaml")):
        with contextlib.suppress(Exception):
            found[file.stem] = load.read(file).data
    return found


def play(text: str) -> dict[str, Any]:
    """Read a scenario and play it; return what happened in plain words. Raises Finding."""
    from briarpatch import engine
    from briarpatch.errors import ScenarioError
    from briarpatch.run import Run
    from briarpatch.scenario.catalog import load_text
    from plays import digests

    try:
        scenario = load_text(text)
    except ScenarioError as wrong:
        if not wrong.faults or not all(fault.message.strip() for fault in wrong.faults):
            raise Finding("a refusal without words") from wrong
        return {"refused": [str(fault) for fault in wrong.faults]}
    run, began, late = Run(scenario, 1), time.monotonic(), False
    try:
        with engine.stopped_by(lambda: time.monotonic() - began > SECONDS):
            while not run.finished and int(run.world.state["steps"][0]) < STEPS and not late and run.question is None:
                before = int(run.world.state["steps"][0])
                run._advance(math.inf, STEPS - before)
                late = time.monotonic() - began > SECONDS
    except engine.Stopped:
        late = True
    if len(run.world.flows) and not run.finished and run.question is None:
        late = True  # heads go ahead of the loop, so that a budget of steps is not where it stops
    if run.status.startswith("broken") and not any(words in run.status for words in ASKED_FOR):
        raise Finding(run.status)
    found: dict[str, Any] = {"told": _entries(run.world), "late": late, "status": run.status}
    if not late:
        found["tables"] = digests(run.world)
    if not run.status.startswith("broken"):
        measures = run.measures
        for name in measures:
            if math.isnan(measures[name]):
                whence = unexplained(run, list(measures).index(name))
                if whence:
                    raise Finding(f"measure {name} is NaN: {whence}")
        if not late:
            found["measures"] = {name: value.hex() for name, value in measures.items()}
        run.tell()
    for number in range(min(len(run.log), 20)):
        run.log.entry(number)
    return found


def _entries(world: Any) -> list[str]:
    """Return the bits of each entry of a chronicle, as short digests."""
    import hashlib

    used = int(world.state["entries"][0])
    return [hashlib.sha256(row.tobytes()).hexdigest()[:12] for row in world.chronicle[:used]]


# ------------------------------------------------------------------------------------------------ what is undefined


def unexplained(run: Any, measure: int) -> str:
    """Return which step of a measure's expression gives NaN where it should not, or "" when each has a reason.

    The expression is played up to each of its steps. A step whose arguments are numbers and whose value is none has to
    be undefined by what it is (docs/conditions.md) in this very world: a quotient by zero, the mean of nobody.
    """
    from briarpatch import assembly
    from briarpatch.world import machine

    arguments = {one.opcode: len(one.arguments) for one in assembly.FUNCTIONS.values()}
    words = {one.opcode: one.name for one in assembly.FUNCTIONS.values()}
    code, at = run.program.code, int(run.program.measures["code"][measure])
    before: list[float] = []
    why = "no step of it gives NaN"
    while (op := int(code[at])) != machine.END:
        begins, at = at, at + 1
        if op in (machine.UNLESS_FALSE, machine.UNLESS_TRUE, machine.DRIFTS):
            at += op != machine.DRIFTS
            continue
        if op == machine.PUSH:
            at, takes = at + 1, 0
        elif op in arguments:
            takes = arguments[op]
        else:
            takes = {machine.NOT: 1, machine.NEGATE: 1, machine.SELECT: 3}.get(op, 2)
        first = len(before) - takes
        after = _stack(run, measure, at, first + 1)
        if math.isnan(after[first]) and not any(map(math.isnan, before[first:])):
            if not _is_undefined(run, op, before[first:]):
                return f"{words.get(op, f'the sign {op}')} of {before[first:]} at {begins}"
            why = ""
        before = after
    return why


def _stack(run: Any, measure: int, end: int, depth: int) -> list[float]:
    """Return the stack after the steps of a measure's expression before `end`."""
    from briarpatch import engine
    from briarpatch.world import machine

    start = int(run.program.measures["code"][measure])
    code = run.program.code[start : end + 1].copy()
    code[-1] = machine.END
    world = run.world._replace(stack=run.world.stack.copy(), state=run.world.state.copy())
    engine.value_of(run.program._replace(code=code), world, 0, run.time)
    return [float(value) for value in world.stack["value"][:depth]]


def _is_undefined(run: Any, op: int, given: list[float]) -> bool:
    """Return True when a step has no value for what it is given in this world; it is worked out anew from the tables."""
    import numpy as np

    from briarpatch import assembly
    from briarpatch.world import acts, functions, machine, states
    from briarpatch.world.compiled import plainly

    world, program, infinite = run.world, run.program, [math.isinf(value) for value in given]
    if op in (machine.ADD, machine.SUBTRACT):
        return all(infinite)
    if op == machine.MULTIPLY:
        return any(infinite) and 0.0 in given
    if op == machine.DIVIDE:
        return given[1] == 0.0 or all(infinite)
    if op == machine.REMAINDER:
        return given[1] == 0.0 or infinite[0]
    if op == functions.SINCE:
        return int(world.events["times"][int(given[0])]) == 0
    if op == functions.DISTANCE:
        maps = [plainly(acts.thing_map, program, world, int(thing)) for thing in given]
        return maps[0] != maps[1] or maps[0] < 0
    if op == assembly.FUNCTIONS["mean_biological_age"].opcode:
        first, last = plainly(acts.range_of, world, int(given[0]), program)
        living = np.flatnonzero(world.people["status"][first:last] != states.DEAD) + first
        return not any(plainly(acts.is_of, world, int(given[0]), int(i), program) for i in living)
    if op == functions.LN:
        return given[0] < 0.0
    if op == functions.POWER:
        return given[0] < 0.0 or (given[0] == 0.0 and given[1] < 0.0)
    return op == functions.PER_HEAD and all(infinite)


# ------------------------------------------------------------------------------------------------ what is saved


def saved(kind: str, changes: Changes, folder: Path, made: Path) -> dict[str, Any]:
    """Change a saved run or an ensemble at random, and read it."""
    from briarpatch.analysis.ensemble import load_ensemble
    from briarpatch.errors import BriarpatchError
    from briarpatch.saved import load
    from briarpatch.storage import _sealed

    there = Path(shutil.copytree(made / kind, folder / kind))
    files = sorted(path for path in there.rglob("*") if path.is_file())
    file = changes.luck.choice([*files, *(path for path in files if path.suffix in (".zip", ".parquet", ".json"))])
    if file.suffix == ".json" and changes.luck.random() < 0.7:
        data = json.loads(file.read_text())
        changes.change(data, data)
        file.write_text(json.dumps(data))
    elif file.name == "world.zip" and changes.luck.random() < 0.7:
        with zipfile.ZipFile(file) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        name = changes.luck.choice(sorted(parts))
        parts[name] = changes.content(parts[name])
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in parts.items():
                archive.writestr(name, content)
    else:
        file.write_bytes(changes.content(file.read_bytes()))
    provenance = there / "provenance.json"
    if kind == "run" and changes.luck.random() < 0.9:  # as whoever forges it would seal it again
        with contextlib.suppress(Exception):
            facts = json.loads(provenance.read_text())
            import hashlib

            for name, entry in facts["files"].items():
                content = (there / name).read_bytes()
                entry |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            provenance.write_text(json.dumps(_sealed(facts)))
    try:
        if kind == "run":
            found = load(there)
            found.tell()
            found.measures  # noqa: B018 - asking is the test
            found.people()
        else:
            answer = load_ensemble(there)
            answer.text()
            answer.table  # noqa: B018
            answer.row(0)
        return {"read": True}
    except BriarpatchError as wrong:
        if not str(wrong).strip():
            raise Finding("a refusal without words") from wrong
        return {"refused": True}
    finally:
        shutil.rmtree(there, ignore_errors=True)


def one(seed: int, case: int, texts: dict[str, Any], folder: Path, made: Path) -> dict[str, Any]:
    """Try one case; return what happened. Raises Finding, or whatever else goes wrong."""
    changes = Changes(seed, case)
    kind = changes.luck.choices(("scenario", "run", "ensemble"), (8, 1, 1))[0]
    if kind == "scenario":
        return play(changes.scenario(texts))
    return saved(kind, changes, folder, made)


# ------------------------------------------------------------------------------------------------ workers


def work(seed: int) -> None:
    """Try the cases whose numbers come in, a line each, and write a line of JSON about each."""

    from briarpatch import ensemble, run

    texts, folder = sources(), Path(tempfile.mkdtemp(prefix="fuzz-"))
    run("valley", seed=1).save(folder / "made" / "run")
    ensemble("vault", 4, out=folder / "made" / "ensemble", workers=1)
    print(json.dumps({"ready": True}), flush=True)
    try:
        for line in sys.stdin:
            case, before = int(line), peak()
            try:
                found = one(seed, case, texts, folder, folder / "made")
            except Finding as finding:
                found = {"finding": str(finding)}
            except Exception as wrong:
                place = traceback.extract_tb(wrong.__traceback__)[-1]
                words = f"{type(wrong).__name__}: {str(wrong)[:200]} ({Path(place.filename).name}:{place.lineno})"
                found = {"finding": words}
            after = peak()
            if (after - before) * 1024 > MOST_MEMORY:
                found = {"finding": f"{(after - before) // 1024} MB of memory"}
            print(json.dumps(found), flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Worker:
    """A process that tries cases; `interpreted` plays without the compiler."""

    def __init__(self, seed: int, interpreted: bool) -> None:
        self.seed, self.interpreted = seed, interpreted
        self._reader: threading.Thread | None = None
        self._found: list[str] = []
        self._start()

    def _start(self) -> None:
        environment = os.environ | {"NUMBA_DISABLE_JIT": "1" if self.interpreted else "0"}
        environment["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])])
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--work", "--seed", str(self.seed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )
        self._line(300.0)

    def _line(self, seconds: float) -> dict[str, Any] | None:
        """Return the next line that the process writes, or None when it hangs or dies."""
        found = self._found = []
        assert self.process.stdout is not None
        lines = self.process.stdout
        reader = self._reader = threading.Thread(target=lambda: found.append(lines.readline()), daemon=True)
        reader.start()
        reader.join(seconds)
        return json.loads(found[0]) if found and found[0].strip() else None

    def _rest(self, seconds: float) -> dict[str, Any] | None:
        """Return the line that is being waited for, if it comes within some seconds more."""
        assert self._reader is not None
        self._reader.join(seconds)
        return json.loads(self._found[0]) if self._found and self._found[0].strip() else None

    def _spent(self) -> float:
        """Return how many seconds of the processor the process has taken; infinity where that cannot be told."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except (OSError, ValueError, IndexError):
            return float("inf")

    def try_one(self, case: int) -> dict[str, Any]:
        """Return what came of a case."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{case}\n")
        self.process.stdin.flush()
        before, waited = self._spent(), 0
        found = self._line(HANG + SECONDS)
        while found is None and self.process.poll() is None and self._spent() - before < HANG and waited < 30:
            waited += 1  # other work keeps it from the processor: it does not hang
            found = self._rest(HANG)
        if found is None:
            died = self.process.poll()
            self.close()
            self._start()
            return {"finding": "a hang" if died is None else f"the process died ({died})"}
        return found

    def close(self) -> None:
        """End the process: by itself if it does, so that it tidies up."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(2.0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self._reader is not None:
            self._reader.join()
        self.process.stdout.close()


@dataclass
class Answer:
    """What came of many cases."""

    tried: int
    played: int
    findings: list[tuple[int, str]]


def differs(first: dict[str, Any], second: dict[str, Any]) -> str:
    """Return how two ways of playing differ, or ""; one that ran out of time is compared as far as it came."""
    late = first.get("late") or second.get("late")
    if not late and first.keys() != second.keys():
        return f"one way gives {sorted(first)}, the other {sorted(second)}"
    if first.get("refused") != second.get("refused"):
        return f"the two ways refuse differently: {first.get('refused')} and {second.get('refused')}"
    told = first.get("told", []), second.get("told", [])
    both = min(map(len, told)) if late else max(map(len, told))
    if told[0][:both] != told[1][:both]:
        return f"compiled and interpreted tell different stories from entry {_first_difference(*told)} on"
    if late:
        return ""
    if first.get("status") != second.get("status"):
        return f"compiled play is {first['status']}, interpreted {second['status']}"
    for part in ("tables", "measures"):
        one, other = first.get(part, {}), second.get(part, {})
        apart = [name for name in one.keys() | other.keys() if one.get(name) != other.get(name)]
        if apart:
            return f"compiled and interpreted differ in the {part} {', '.join(sorted(apart))}"
    return ""


def _first_difference(first: list[str], second: list[str]) -> int:
    same = (a == b for a, b in zip(first, second, strict=False))
    return next((number for number, alike in enumerate(same) if not alike), min(len(first), len(second)))


def fuzz(seed: int, cases: int | None = None, seconds: float | None = None, first: int = 0) -> Answer:
    """Try cases until there have been so many, or so many seconds have passed."""
    workers = [Worker(seed, interpreted) for interpreted in (False, True)]
    answer, began = Answer(0, 0, []), time.monotonic()
    try:
        while (cases is None or answer.tried < cases) and (seconds is None or time.monotonic() - began < seconds):
            case = first + answer.tried
            found = [worker.try_one(case) for worker in workers]
            answer.tried += 1
            answer.played += "told" in found[0]
            wrong = [one["finding"] for one in found if "finding" in one]
            told = "; ".join(dict.fromkeys(wrong)) or differs(*found)
            if told:
                answer.findings.append((case, told))
                print(f"case {case}: {told}", flush=True)
    finally:
        for worker in workers:
            worker.close()
    return answer


def main() -> int:
    """Run from the command line; the exit status is 1 when there are findings."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--case", type=int, help="print this case, and run it alone")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        work(given.seed)
        return 0
    if given.case is not None:
        changes = Changes(given.seed, given.case)
        if changes.luck.choices(("scenario", "run", "ensemble"), (8, 1, 1))[0] == "scenario":
            print(changes.scenario(sources()))
        answer = fuzz(given.seed, 1, first=given.case)
    else:
        answer = fuzz(given.seed, seconds=given.seconds)
    print(f"{answer.tried} cases, {answer.played} of them played, {len(answer.findings)} findings")
    return 1 if answer.findings else 0


if __name__ == "__main__":
    sys.exit(main())
