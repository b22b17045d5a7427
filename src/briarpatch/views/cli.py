"""The command line. Results go to standard output as plain text of 80 columns; progress and errors to
standard error.

Exit status: 0 when done, 2 when the request or a file is at fault (one message, no traceback), 130 when
interrupted. What a command needs is imported inside it, so that `--help` answers at once.

It is long: the commands of one run, and what all commands share, are to part.
"""

from __future__ import annotations

import functools
import gc
import io
import json
import os
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.core

from ..errors import BriarpatchError, RequestError

if TYPE_CHECKING:
    from ..chronicle import Entry
    from ..run import Run
    from ..scenario.scenario import Scenario

PATIENCE = 2.0
"""Seconds that pass before anything shows progress."""
EVERY = 5.0
"""Seconds between two lines of progress when nobody watches a terminal."""
INTERRUPTED = 130

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 80}

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings=_SETTINGS,
    help="Plays out a crisis of people, machines, secrets and orders, and says what it turned on.\n\n\b\n"
    "Begin with:\n"
    "  briarpatch scenarios\n"
    "  briarpatch run valley\n"
    "  briarpatch why runs/valley-0 ending",
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    _open_what_is_closed()
    gc.set_threshold(100_000, 20, 100)  # a scenario is some hundred thousand objects, none of them garbage
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        given = sys.argv[1:] if arguments is None else arguments
        if arguments is None and given[:1] == ["check"] and "--watch" not in given:
            gc.disable()  # nothing is thrown away before this process ends, and looking through a large scenario takes long
        alone = _alone(given[0]) if given else None
        if alone is not None:
            alone(args=given[1:], prog_name=f"briarpatch {given[0]}")
        else:
            app(args=given, prog_name="briarpatch")
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BrokenPipeError:
        status = 0
        _drop_output()
    except OSError as error:
        status = _no_output(error)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
    except OSError as error:
        status = _no_output(error)
    return status


def _alone(name: str) -> typer.Typer | None:
    """Return the command `name` by itself; to build every command takes longer than some of them run."""
    one = next((one for one in app.registered_commands if one.name == name), None)
    if one is None:
        return None
    alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    alone.registered_commands.append(one)
    return alone


class _Command(typer.core.TyperCommand):
    """A command whose words, paths and whole numbers are taken as they are.

    Typer has Pydantic look at each, and at what is not given; to import it takes a fifth of a short run.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, with the one for help."""
        found = super().get_params(ctx)
        for one in found:
            if getattr(one, "_runtime_param", ...) is None and hasattr(one, "type_descriptor"):
                vars(one)["_runtime_param"] = _AsItIs(one)
        return found


class _AsItIs:
    """Makes a value of what was written for a parameter; what is not plain is left to Typer."""

    def __init__(self, parameter: Any) -> None:
        self._parameter, self._kind = parameter, parameter.type_descriptor.annotation
        self._facts = parameter.type_descriptor.parameter_info

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the value of a parameter, or raise Typer's error."""
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        if isinstance(value, str) and self._kind in (str, Path):
            return self._kind(value)
        if self._kind in (int, float) and type(value) is self._kind:  # nobody wrote it: it is what the program takes
            return value
        if self._kind == list[str] and isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value):
            return list(value)
        if self._kind is int and isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 30:
            number, least, most = int(value), self._facts.min, self._facts.max
            if (least is None or number >= least) and (most is None or number <= most):
                return number
        vars(self._parameter)["_runtime_param"] = None
        found = self._parameter.get_runtime_param().coerce(value, param=param, ctx=ctx)
        vars(self._parameter)["_runtime_param"] = self
        return found


def _open_what_is_closed() -> None:
    """Let what is written to a closed output go nowhere; the next file that is opened would be taken for it."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free, which is this one
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115


def _no_output(error: OSError) -> int:
    """Say what cannot be written, or else read, and return the exit status."""
    _drop_output()
    what = f"{error.filename} cannot be used" if error.filename else "the output cannot be written"
    print(f"{what}: {error.strerror or error}", file=sys.stderr)
    return 2


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Register a command whose errors are one message each; what it cannot save or draw is said before it plays."""

    @functools.wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            for option in ("save", "plot"):
                if kwargs.get(option) is not None:
                    from ..render.answers import check_target

                    check_target(kwargs[option], option == "plot")
            function(*args, **kwargs)
            sys.stdout.flush()
        except BriarpatchError as error:
            from ..telling import plain

            lines = [plain(line) for line in str(error).splitlines()]
            print("\n".join(lines), file=sys.stderr)
            raise typer.Exit(2) from None
        except KeyboardInterrupt as stopped:
            print(": ".join(["interrupted", *map(str, stopped.args[:1])]), file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            _drop_output()
        except OSError as error:
            raise typer.Exit(_no_output(error)) from None

    name = function.__name__.replace("_", "-")
    return app.command(name, cls=_Command, context_settings=_SETTINGS)(guarded)


def _drop_output() -> None:
    """Let whatever is still to be written go nowhere: the reader has gone, as `head` does."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - it stays open until the process ends


Choose = Annotated[
    list[str] | None,
    typer.Option("--choose", metavar="WHO.DECISION=OPTION", help="Fix a decision; repeatable."),
]
Variant = Annotated[
    list[str] | None, typer.Option("--variant", metavar="NAME=SETTING", help="Set a variant; repeatable.")
]
Override = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change one number or text; repeatable."),
]
Policy = Annotated[
    list[str] | None,
    typer.Option(
        "--policy", metavar="[WHO=]WHAT", help="Let FILE.json or MODULE:FUNCTION decide for a person; repeatable."
    ),
]
AsTold = Annotated[
    str | None, typer.Option("--as-told", metavar="ACCOUNT", help="Set every variant as an account tells it.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
SavedRun = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a saved run.", show_default=False)]


# ------------------------------------------------------------------------------------------------ commands


@command
def run(
    scenario: Annotated[str | None, typer.Argument(metavar="SCENARIO", help="Name, file or folder.")] = None,
    seed: Annotated[int | None, typer.Option(help="The luck: the same seed gives the same run.", min=0)] = None,
    choose: Choose = None,
    variant: Variant = None,
    as_told: AsTold = None,
    set_: Override = None,
    policy: Policy = None,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="WHO", help="Let a language model decide for a person; repeatable."),
    ] = None,
    prompts: Annotated[Path | None, typer.Option(metavar="FOLDER", help="What models are told; see `prompts`.")] = None,
    patience: Annotated[float, typer.Option(metavar="SECONDS", help="How long a model may take to answer.")] = 60.0,
    until: Annotated[str | None, typer.Option(metavar="TIME", help='When to stop, such as "3 d".')] = None,
    out: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Where to save; default runs/...")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print ending and measures only.")] = False,
    as_json: AsJson = False,
    tracks: Annotated[bool, typer.Option("--tracks", help="Save positions and beliefs over time too.")] = False,
    style: Annotated[str, typer.Option(help="prose, or log: one line an entry.")] = "prose",
    from_: Annotated[
        Path | None, typer.Option("--from", metavar="ENSEMBLE", help="Play a row of an ensemble again.")
    ] = None,
    row: Annotated[int | None, typer.Option(metavar="K", help="Which row, counted from 0.", min=0)] = None,
) -> None:
    """Play a scenario once, tell what happened, and save the run.

    With --model, the environment says where a model answers; see docs/models.md.

    \b
    Examples:
      briarpatch run valley
      briarpatch run valley --seed 7 --until "2 d" --style log
      briarpatch run valley --out first --quiet
      briarpatch run vault --choose manager.act=police --json
      briarpatch run insurrection --as-told B
      briarpatch run --from ensembles/skirmish-1a2b3c4d --row 17
    """
    from ..engine import compiling_meanwhile
    from ..files import sweep
    from ..run import Run, _load_scenario, seconds
    from ..storage import check_free, free_folder, outcome

    if style not in ("prose", "log"):
        raise RequestError(f"--style is prose or log, got '{style}'")
    choices, variants, overrides = (
        _pairs("--choose", choose),
        _pairs("--variant", variant),
        _pairs("--set", set_),
    )
    limit = None if until is None else seconds(until)
    if from_ is not None:
        if scenario is not None or seed is not None or choices or variants or overrides or as_told or policy or model:
            raise RequestError("--from says what to play; leave out the scenario, the seed and the settings")
        new, scenario = _start_row(from_, row)
        new.tracks = tracks
    elif row is not None:
        raise RequestError("--row needs --from ENSEMBLE")
    elif scenario is None:
        raise RequestError("which scenario? `briarpatch scenarios` lists those that come along")
    else:
        with compiling_meanwhile():
            with _waiting("reading the scenario"):
                found = _load_scenario(scenario, variants=variants, overrides=overrides, as_told=as_told)
            _prepare()
        new = Run(
            found,
            seed or 0,
            choices,
            found.given,
            overrides,
            tracks,
            **_chairs(found, policy, model, prompts, patience),
            record=1,
        )
    folder = out or free_folder(new.scenario.name, new.seed)
    sweep(folder.parent)
    check_free(folder)
    with _playing() as watch:
        new.go(limit, watch)
    with _waiting("saving the run"):
        new.save(folder)
    if as_json:
        _print_json(_facts(new) | outcome(new) | {"folder": str(folder)})
        return
    if not quiet:
        _print_head(new)
        print(new.tell(_width(), style))
        print()
    _print_outcome(new)
    if not quiet:
        _print_played(new)
        print(f"\nSaved in {folder}\n")
        _print_next(new, scenario, folder)


def _chairs(
    scenario: Scenario, policies: list[str] | None, models: list[str] | None, prompts: Path | None, patience: float
) -> dict[str, Any]:
    """Return the arguments of a run in which programs or models decide for people."""
    if prompts is not None and not models:
        raise RequestError("--prompts is for --model WHO")
    if not policies and not models:
        return {}
    by: dict[str, Any] = {}
    if policies:
        from ..analysis.deciders import Deciders

        deciders = Deciders(scenario, policies)
        by = dict.fromkeys(deciders.people, deciders.answer)
    if models:
        from .models import Endpoint, Model, Prompts

        model = Model(Endpoint.of_environment(), Prompts(prompts), patience)
        for person in models:
            if person in by:
                raise RequestError(f"two programs are to decide for '{person}', or one twice; name each person once")
            by[person] = model
    return {"ask": list(by), "chooser": lambda run, info: by[info.decider](run, info)}


def _start_row(folder: Path, row: int | None) -> tuple[Run, str]:
    """Return the run of a row of an ensemble at time zero, once it was seen to come out the same, and its scenario."""
    from ..analysis.ensemble import load_ensemble

    if row is None:
        raise RequestError("which row? Add --row K, counted from 0")
    _prepare()
    with _waiting("playing the row again"):
        saved = load_ensemble(folder)
        again = saved.run(row)
    return again, str(again.scenario.path)


@command
def scenarios(as_json: AsJson = False) -> None:
    """List the scenarios that come with the program.

    Says how many people and decisions each has, when it ends at the latest, and
    what it is about.

    \b
    Examples:
      briarpatch scenarios
    """
    from dataclasses import asdict

    from ..columns import columns, left, right, wrap
    from ..scenario.catalog import overviews

    found = overviews()
    if as_json:
        _print_json([asdict(one) for one in found])
        return
    size = max((columns(one.name) for one in found), default=0)
    print(f"  {left('scenario', size)}  people  decisions  until  what it is about")
    for one in found:
        head = f"  {left(one.name, size)}  {one.people:>6,}  {one.decisions:>9}  {right(one.until, 5)}  "
        print("\n".join(wrap(one.summary or one.title, _width(), head, " " * columns(head))))


@command
def systems(
    saved: Annotated[Path | None, typer.Argument(metavar="[RUN]", help="Folder of a saved run.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print the systems in the order in which they run.

    Says what each reads and writes and which verbs it carries out.

    \b
    Examples:
      briarpatch systems
      briarpatch systems runs/valley-0     (and how often each was called)
    """
    import importlib

    from ..assembly import MECHANISMS, NAMES, VERBS
    from ..engine import ORDER
    from ..saved import load

    declared = {one.name: one for one in MECHANISMS}

    calls = load(saved).world.due["calls"].tolist() if saved is not None else None
    rows = []
    for turn, system in enumerate(ORDER, start=1):
        number, name = int(system), NAMES[int(system)]
        one = declared.get(name)
        module = importlib.import_module(one.module if one else f"briarpatch.systems.{name}")
        rows.append(
            {
                "turn": turn,
                "system": name,
                "about": (module.__doc__ or "").strip().split("\n", 1)[0],
                "reads": list(one.reads if one else module.READS),
                "writes": list(one.writes if one else module.WRITES),
                "verbs": [verb.name for verb in VERBS.values() if verb.system == number],
                **({"calls": calls[number]} if calls is not None else {}),
            }
        )
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        called = f"  called {row['calls']:,} times" if calls is not None else ""
        print(f"{row['turn']:>2}  {row['system']}{called}")
        for part in ("about", "reads", "writes", "verbs"):
            words = row[part] if isinstance(row[part], str) else ", ".join(row[part])
            if words:
                _print_wrapped(
                    f"{part:<7} {words}" if part != "about" else words, "      " + " " * 8 * (part != "about")
                )


@command
def prompts(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder.", show_default=False)],
) -> None:
    """Write what language models are told, to be changed.

    Two files, for `briarpatch run SCENARIO --model WHO --prompts FOLDER`: who the
    model is, and how a question is put. Words that begin with $ are filled in.

    \b
    Examples:
      briarpatch prompts my-prompts
    """
    from .models import write_prompts

    for path in write_prompts(folder):
        print(path)


@command
def show(
    saved: SavedRun,
    log: Annotated[bool, typer.Option("--log", help="Every entry on a line, with its causes.")] = False,
    people: Annotated[bool, typer.Option("--people", help="Where everybody is, and how.")] = False,
    beliefs: Annotated[str | None, typer.Option(metavar="WHO", help="What somebody believes.")] = None,
    at: Annotated[str | None, typer.Option(metavar="TIME", help='At an earlier time, such as "2 d".')] = None,
    as_json: AsJson = False,
) -> None:
    """Show a saved run.

    Its telling; or every entry, its people, or what one of them believes.

    \b
    Examples:
      briarpatch show runs/valley-0
      briarpatch show runs/valley-0 --log
      briarpatch show runs/valley-0 --people --at "1 h"
      briarpatch show runs/valley-0 --beliefs mayor --at "2 h"
    """
    from ..analysis import parts
    from ..run import seconds
    from ..saved import load
    from ..storage import outcome

    if parts.is_ensemble(saved):
        _show_ensemble(saved, as_json)
        return
    if parts.is_job(saved):
        from .cli_jobs import show_job

        show_job(saved, as_json)
        return
    if sum((log, people, beliefs is not None)) > 1:
        raise RequestError("show one thing at a time: --log, --people or --beliefs WHO")
    moment = None if at is None else seconds(at)
    found = load(saved)
    if moment is not None:
        _prepare()
        with _waiting("playing up to that time"):
            found = found.at(moment)
    if people:
        _show_people(found, as_json)
    elif beliefs is not None:
        _show_beliefs(found, beliefs, as_json)
    elif as_json:
        entries = [_entry(entry) for entry in found.entries()]
        played = {} if found.played is None else {"played": found.played}
        _print_json(entries if log else _facts(found) | outcome(found) | {"chronicle": entries} | played)
    elif log:
        print(found.tell(style="log"))
    else:
        _print_head(found)
        print(found.tell(_width()))
        print()
        _print_outcome(found)
        _print_played(found)


def _print_played(found: Run) -> None:
    """Print what people did, if people played the run."""
    from ..render.played_text import played_lines

    lines = [] if found.played is None else played_lines(found.log, found.played, _width())
    if lines:
        print("\nWhat people did:", *lines, sep="\n")


def _show_ensemble(folder: Path, as_json: bool) -> None:
    from ..analysis.ensemble import load_ensemble
    from ..analysis.results import plain

    with _waiting("reading the rows"):
        found = load_ensemble(folder)
        text = "" if as_json else found.text(_width())
    if as_json:
        _print_json(plain(found.facts()))
    else:
        print(text)


@command
def why(
    saved: SavedRun,
    event: Annotated[str, typer.Argument(metavar="EVENT", help="Entry number, name, or 'ending'.", show_default=False)],
    most: Annotated[int, typer.Option(help="The most entries to print; 0 prints all.", min=0)] = 40,
    needed: Annotated[
        bool, typer.Option("--needed", help="Take each cause away under the same luck: which were needed?")
    ] = False,
    dot: Annotated[bool, typer.Option("--dot", help="Print the causes as a Graphviz graph.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say why something happened.

    Prints the entry and everything that led to it, newest first; for an ending,
    also what kept the endings away that come before it. With --needed, the few
    causes without which it would not have come about, and what would have come
    instead; for an ending, also which other decisions would have changed it. In
    a graph, what was needed is bold.

    \b
    Examples:
      briarpatch why runs/valley-0 ending
      briarpatch why runs/valley-0 ending --needed
      briarpatch why runs/valley-0 flood --needed --dot > flood.dot
    """
    from ..saved import load
    from ..telling import log_line

    if dot and as_json:
        raise RequestError("print one thing: --dot or --json")
    found = load(saved)
    if needed or dot:
        from .cli_branches import why_needed

        why_needed(saved, found, event, most, needed, dot, as_json)
        return
    chain = found.why(event)
    shown = chain[:most] if most else chain
    if as_json:
        _print_json([_entry(entry) for entry in shown])
        return
    for entry in shown:
        _print_wrapped(log_line(found.log, entry.number), " " * 23)
    if len(shown) < len(chain):
        print(f"and {len(chain) - len(shown)} earlier; --most 0 prints all")
    if chain[0].kind == "ended":
        _print_excluded(found)


def _print_excluded(found: Run) -> None:
    """Print what kept each ending away that comes before the one that a run reached."""
    from ..excluded import exclusions, told

    _prepare()
    excluded = exclusions(found)
    if excluded:
        print("\nThe endings that come before it were kept away:")
        print("\n".join(told(excluded, _width())))
        print("\nWhich decisions would have changed it? Add --needed.")


# ------------------------------------------------------------------------------------------------ printing


def _pairs(option: str, given: list[str] | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in given or []:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise RequestError(f"{option} needs NAME=VALUE, got '{text}'")
        if name.strip() in found:
            raise RequestError(f"{option} sets '{name.strip()}' twice")
        found[name.strip()] = value.strip()
    return found


def _width() -> int:
    return min(80, shutil.get_terminal_size((80, 24)).columns)


def _print_json(content: Any) -> None:
    print(json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False, default=str))


def _print_wrapped(text: str, indent: str) -> None:
    """Print a text whose first columns, up to a gap near the width of `indent`, stay as they are."""
    from ..columns import fill

    text = text if text.startswith(" ") else "      " + text
    at = text.rfind("  ", 0, len(indent) + 4) + 2
    print(fill(text[at:], _width(), text[:at], indent))


def _print_table(rows: list[list[str]], right: int = -1) -> None:
    """Print rows in aligned columns; column `right` is aligned to the right; the last is cut to the width."""
    if not rows:
        return
    from .. import columns as by

    widths = [max(by.columns(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [
            by.right(cell, size) if column == right else by.left(cell, size)
            for column, (cell, size) in enumerate(zip(row, widths, strict=True))
        ]
        print(by.cut("  " + "  ".join(cells).rstrip(), _width()))


def _facts(found: Run) -> dict[str, Any]:
    return {
        "scenario": found.scenario.name,
        "title": found.scenario.title,
        "digest": found.scenario.digest,
        "seed": found.seed,
        "choices": found.choices,
        "variants": found.variants,
        "overrides": found.overrides,
    }


def _entry(entry: Entry) -> dict[str, Any]:
    names = (
        "number",
        "time",
        "clock",
        "kind",
        "subject",
        "object",
        "place",
        "amount",
        "causes",
        "text",
        "weight",
    )
    content = {name: getattr(entry, name) for name in names}
    amount = content["amount"]
    return content | {"amount": amount if abs(amount) < float("inf") else str(amount)}


def _settings(found: Run) -> list[tuple[str, str]]:
    """Return the options that set a run up; an account stands for all the variants that it tells."""
    told = found.scenario.as_told
    variants = found.variants if told is None else found.scenario.asked
    given = (("--choose", found.choices), ("--variant", variants), ("--set", found.overrides))
    options = [(option, f"{name}={value}") for option, pairs in given for name, value in pairs.items()]
    return options if told is None else [("--as-told", told), *options]


def _print_head(found: Run) -> None:
    from ..telling import plain

    print(plain(found.scenario.title))
    print(f"seed {found.seed}")
    for option, setting in _settings(found):
        print(f"{option} {plain(setting)}")
    print()


def _print_outcome(found: Run) -> None:
    from ..telling import plain
    from ..units import SHARE

    ending = next((e for e in found.scenario.endings if e.name == found.ending), None)
    if ending is not None:
        _print_hanging(f"Ending: {ending.name}", plain(ending.told))
    else:
        print(f"No ending: {found.status} at {found.scenario.clock(found.time)}")
        question = found.question
        if question is not None:
            _print_hanging(question.name, plain(question.question))
    measures = found.measures
    if measures:
        print()
        rows = []
        for measure in found.scenario.measures:
            unit = f" {measure.unit}" if measure.unit not in ("", SHARE) else ""
            rows.append([measure.name, f"{measures[measure.name]:,.6g}", f"{unit} {plain(measure.told)}".strip()])
        _print_table(rows, right=1)


def _print_hanging(head: str, text: str) -> None:
    from ..columns import fill

    print(head)
    print(fill(text, _width(), "  ", "  "))


def _print_next(found: Run, scenario: str, folder: Path) -> None:
    """Print commands that ask the next question, ready to be pasted."""
    from ..world import kinds

    place, name = shlex.quote(str(folder)), shlex.quote(scenario)
    settings = _as_options(_settings(found))
    lines = []
    if found.ending is not None:
        lines.append(("Why did it end so?", f"briarpatch why {place} ending"))
    decider = next((info.decider for info in found.scenario.decisions), None)
    if decider is not None:
        lines.append((f"What does {decider} believe?", f"briarpatch show {place} --beliefs {shlex.quote(decider)}"))
    lines.append(("Everything, with causes:", f"briarpatch show {place} --log"))
    log = found.log
    taken = {log.objects[n] for n in range(len(log)) if log.kinds[n] == kinds.CHOSE}
    for info in found.scenario.decisions:
        options = {o.name: found.scenario.names.ref("option", f"{info.name}.{o.name}") for o in info.options}
        other = next((name for name, reference in options.items() if reference not in taken), None)
        if other and len(options) > 1 and any(reference in taken for reference in options.values()):
            rest = [pair for pair in _settings(found) if not pair[1].startswith(f"{info.name}=")]
            changed = _as_options([*rest, ("--choose", f"{info.name}={other}")])
            again = f"briarpatch run {name} --seed {found.seed}{changed}"
            lines.append(("What if, all luck being equal?", again))
            break
    lines.append(("With other luck:", f"briarpatch run {name} --seed {found.seed + 1}{settings}"))
    for question, text in lines:
        print(f"{question}\n  {_pasteable(text)}")


def _as_options(settings: list[tuple[str, str]]) -> str:
    return "".join(f" {option} {shlex.quote(setting)}" for option, setting in settings)


def _pasteable(text: str) -> str:
    """Return a command on lines of 80 columns that a shell reads as one."""
    lines = [""]
    for word in shlex.split(text):
        word = shlex.quote(word)
        if lines[-1] and len(lines[-1]) + len(word) > 72:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return " \\\n    ".join(lines)


def _show_people(found: Run, as_json: bool) -> None:
    rows = found.people().to_dicts()
    if as_json:
        _print_json(rows)
        return
    named = [row for row in rows if row["named"]]
    _print_table([[row["person"], row["status"], row["place"] or "under way", row["faction"] or ""] for row in named])
    counts: dict[tuple[str, str, str], int] = {}
    for row in rows:
        if not row["named"]:
            key = (row["crowd"] or "others", row["status"], row["place"] or "under way")
            counts[key] = counts.get(key, 0) + 1
    if counts:
        print()
        _print_table([[f"{count:,}", *key] for key, count in counts.items()], right=0)


def _show_beliefs(found: Run, person: str, as_json: bool) -> None:
    rows = found.beliefs(person).to_dicts()
    if as_json:
        _print_json(rows)
        return
    if not rows:
        print("This scenario declares no facts, so there is nothing to believe.")
        return
    print(f"What {person} holds at {found.scenario.clock(found.time)}:")
    words = [
        [
            f"{row['probability']:.2f}",
            "knows" if row["known"] else "thinks" if row["probability"] > 0.5 else "doubts",
            "" if row["known"] == row["true"] or not row["known"] else "(untrue)",
            row["fact"],
        ]
        for row in sorted(rows, key=lambda row: -row["probability"])
    ]
    _print_table(words, right=0)


# ------------------------------------------------------------------------------------------------ progress


def _on_terminal() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM", "") != "dumb"


class _Progress:
    """Shows that something goes on, once it takes longer than PATIENCE."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.began = time.monotonic()
        self.said = self.began + PATIENCE - EVERY
        self._status: Any = None

    def say(self, detail: str = "") -> None:
        now = time.monotonic()
        if now - self.began < PATIENCE:
            return
        text = f"{self.what}{': ' if detail else ''}{detail} ({now - self.began:.0f} s)"
        if _on_terminal():
            if self._status is None:
                from rich.console import Console

                self._status = Console(stderr=True, highlight=False).status(text)
                self._status.start()
            self._status.update(text)
        elif now - self.said >= EVERY:
            self.said = now
            print(text, file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._status is not None:
            self._status.stop()


@contextmanager
def _waiting(what: str) -> Iterator[None]:
    """Show `what` while the block runs, once it takes longer than PATIENCE."""
    import threading

    progress, done = _Progress(what), threading.Event()

    def tick() -> None:
        while not done.wait(0.5):
            progress.say()

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        progress.end()


@contextmanager
def _playing() -> Iterator[Callable[[Run], None]]:
    progress = _Progress("playing")
    try:
        yield lambda run: progress.say(
            f"{run.scenario.clock(run.time)}, {int(run.world.state['entries'][0]):,} entries"
        )
    finally:
        progress.end()


def _prepare() -> None:
    """Compile the engine when that has not been done on this machine, and say so."""
    from ..engine import prepare, ready, what_compiles

    if ready():
        return
    print(what_compiles(), file=sys.stderr, flush=True)
    began = time.monotonic()
    if _on_terminal():
        _prepare_on_terminal(prepare)
    else:
        said = [began]

        def line(part: str, done: int, total: int) -> None:
            if time.monotonic() - said[0] >= EVERY:
                said[0] = time.monotonic()
                print(f"  {done} of {total}{part and f': {part}'}", file=sys.stderr, flush=True)

        prepare(line)
    print(f"Compiled in {time.monotonic() - began:.0f} s.", file=sys.stderr, flush=True)


def _prepare_on_terminal(prepare: Callable[..., object]) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")
        prepare(lambda part, done, total: bar.update(task, description=part, completed=done, total=total))


from . import cli_accounts as _cli_accounts  # noqa: E402, F401
from . import cli_authors as _cli_authors  # noqa: E402, F401
from . import cli_branches as _cli_branches  # noqa: E402, F401
from . import cli_decide as _cli_decide  # noqa: E402, F401 - its commands register themselves with `app`
from . import cli_ensemble as _cli_ensemble  # noqa: E402, F401
from . import cli_mcp as _cli_mcp  # noqa: E402, F401
from . import cli_play as _cli_play  # noqa: E402, F401
from . import cli_review as _cli_review  # noqa: E402, F401
from . import cli_serve as _cli_serve  # noqa: E402, F401
from . import cli_validate as _cli_validate  # noqa: E402, F401
