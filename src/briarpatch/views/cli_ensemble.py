"""The commands of many worlds: ensemble, compare, export."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import RequestError
from ..files import whole_file
from .cli import (
    AsJson,
    Choose,
    Override,
    Policy,
    Variant,
    _pairs,
    _pasteable,
    _prepare,
    _print_json,
    _waiting,
    _width,
    command,
)
from .cli_jobs import Address, On, Workers, counting, played


@command
def ensemble(
    scenario: Annotated[str | None, typer.Argument(metavar="[SCENARIO]", help="Name, file or folder.")] = None,
    number: Annotated[
        int | None, typer.Option("-n", "--seeds", metavar="N", help="Seeds that each arm plays; default 1000.", min=1)
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The first seed; default 0.", min=0)] = None,
    choose: Choose = None,
    variant: Variant = None,
    set_: Override = None,
    as_told: Annotated[
        str | None, typer.Option("--as-told", metavar="ACCOUNT", help="Set every variant as an account tells it.")
    ] = None,
    arm: Annotated[
        list[str] | None,
        typer.Option("--arm", metavar='"NAME: ..."', help="One way of playing; repeatable."),
    ] = None,
    plan: Annotated[Path | None, typer.Option(metavar="FILE", help="Arms and seeds from a YAML file.")] = None,
    until: Annotated[
        float | None, typer.Option("--until-halfwidth", metavar="H", help="Stop when the endings are this sure.")
    ] = None,
    of: Annotated[str | None, typer.Option(metavar="ENDING", help="The ending to be sure of.")] = None,
    policy: Policy = None,
    accounts: Annotated[bool, typer.Option("--accounts", help="How well each account fits, in each row.")] = False,
    out: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Where the rows go; default ensembles/...")] = None,
    on: On = "threads",
    workers: Workers = None,
    address: Address = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the answer: .png, .svg or .pdf.")] = None,
    as_json: AsJson = False,
) -> None:
    """Play many worlds and say what came of them.

    Every arm plays the same seeds. An arm is named and says what it changes:
    choose WHO.DECISION=OPTION, variant NAME=SETTING, set PATH=VALUE, policy
    WHO=WHAT. The same command goes on where an earlier one was stopped.

    \b
    Examples:
      briarpatch ensemble skirmish -n 200
      briarpatch ensemble skirmish --until-halfwidth 0.05 --of victory
      briarpatch ensemble skirmish -n 200 --arm "as it is" \\
          --arm "flight: choose master.stand=run"
    """
    from ..analysis.ensemble import free_name, play, prepare
    from ..analysis.worlds import AS_IT_IS, Arm

    changes = {"choices": _pairs("--choose", choose), "variants": _pairs("--variant", variant)}
    base = Arm(AS_IT_IS, **changes, overrides=_pairs("--set", set_), as_told=as_told, policies=tuple(policy or ()))
    told = True if accounts else None
    with _waiting("reading the scenario"):
        job = prepare(scenario, arms=arm or (), base=base, plan=plan, first=seed, accounts=told)
    folder = out or free_name(job)
    _prepare()
    began = time.monotonic()
    with played(folder, on, workers, address) as how:
        found = play(job, number, until, of, **how)
    if plot is not None:
        found.plot(plot)
    if as_json:
        from ..analysis.results import plain

        _print_json(plain(found.facts()))
        return
    print(found.text(_width()))
    spent = time.monotonic() - began
    print(f"\n{found.seeds * len(found.arms):,} rows in {folder} ({spent:.0f} s)\n")
    place = shlex.quote(str(folder))
    print(f"Play one of them again:\n  {_pasteable(f'briarpatch run --from {place} --row 0')}")
    print(f"Every row:\n  {_pasteable(f'briarpatch export {place} --to csv')}")


@command
def compare(
    first: Annotated[Path, typer.Argument(metavar="A", help="An ensemble, or a saved run.", show_default=False)],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another of the same kind.", show_default=False)],
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the answer: .png, .svg or .pdf.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what differs between two ensembles, or two runs.

    Ensembles that played the same seeds are compared seed by seed.

    \b
    Examples:
      briarpatch compare ensembles/skirmish-1a2b3c4d ensembles/late
      briarpatch compare runs/valley-0 runs/valley-1
    """
    from ..analysis import parts
    from ..analysis.comparison import Comparison, RunComparison
    from ..analysis.ensemble import load_ensemble
    from ..analysis.results import plain
    from ..saved import load

    kinds = [parts.is_ensemble(path) for path in (first, second)]
    if kinds[0] != kinds[1]:
        raise RequestError(f"{first} and {second} cannot be compared: one is an ensemble, the other is not")
    with _waiting("comparing"):
        if kinds[0]:
            found = Comparison(load_ensemble(first), load_ensemble(second))
        else:
            found = RunComparison(load(first), load(second))
        facts, text = found.facts(), found.text(_width())
    if plot is not None:
        found.plot(plot)
    if as_json:
        _print_json(plain(facts))
    else:
        print(text)


@command
def export(
    saved: Annotated[Path, typer.Argument(metavar="ENSEMBLE|RUN", help="Its folder.", show_default=False)],
    to: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="csv (the default), parquet, arrow, jsonl, xlsx, xes, or html for a run."),
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FILE", help="Default: its name.")] = None,
    against: Annotated[
        Path | None, typer.Option("--compare", metavar="RUN", help="html: hold it against this.")
    ] = None,
    person: Annotated[
        str | None, typer.Option("--as", metavar="PERSON", help="html: with only what this person could know.")
    ] = None,
    nameless: Annotated[
        bool, typer.Option("--anonymous", help="Leave out who played, and their reasons; without --to a saved run.")
    ] = False,
) -> None:
    """Write the rows of an ensemble, or the chronicle of a run, as one file; or a run as a page.

    A page is one HTML file: it opens in a browser, needs no server and asks for nothing. With --as it holds only what one
    person could know by the end: what they noticed, what they held to be so, and where they were. xlsx is a workbook for Excel;
    xes an event log for process mining, with a trace for each world of an ensemble, which is played again.

    \b
    Examples:
      briarpatch export ensembles/skirmish-1a2b3c4d --to parquet
      briarpatch export runs/valley-0 --to jsonl -o chronicle.jsonl
      briarpatch export runs/valley-0 --to xes
      briarpatch export runs/valley-0 --to html --compare runs/valley-1
      briarpatch export runs/valley-0 --to html --as mayor -o mayor.html
      briarpatch export runs/vault-game-1 --anonymous -o for-everybody
    """
    from ..analysis import parts
    from ..analysis.ensemble import load_ensemble
    from ..render.answers import TABLES, write_table
    from ..saved import load

    if person is not None and to != "html":
        raise RequestError("--as goes with --to html")
    if nameless and to in (None, "html"):
        _export_nameless(saved, out, to, against, person)
        return
    to = to or "csv"
    if to not in ("html", "xes") and f".{to}" not in TABLES:
        raise RequestError(f"--to is {', '.join(kind[1:] for kind in TABLES)}, xes or html, got '{to}'")
    if against is not None and to != "html":
        raise RequestError(f"--compare goes with --to html, not with --to {to}")
    target = out or Path(f"{saved.resolve().name}.{to}")
    if out is None and target.exists():
        raise RequestError(f"{target} exists already; name another file with -o, or remove it")
    if to == "html":
        _export_page(saved, target, against, person)
        return
    if to == "xes":
        _export_event_log(saved, target)
        return
    with _waiting("exporting"):
        rows = load_ensemble(saved).lazy() if parts.is_ensemble(saved) else load(saved).chronicle
        write_table(rows, target, to)
    print(target)


def _export_nameless(saved: Path, out: Path | None, to: str | None, against: Path | None, person: str | None) -> None:
    """Write a run that people played without their names, as a saved run or as a page."""
    from ..games.keeping import without_names
    from ..render.page_file import page_file
    from ..saved import load

    if against is not None and to is None:
        raise RequestError("--compare goes with --to html")
    target = out or Path(f"{saved.resolve().name}-anonymous{'.html' if to else ''}")
    if out is None and target.exists():
        raise RequestError(f"{target} exists already; name another with -o, or remove it")
    with _waiting("exporting"):
        found = without_names(load(saved))
        if to is None:
            found.save(target)
        else:
            with whole_file(target) as file:
                file.write_bytes(page_file(found, None if against is None else load(against), person))
    print(target)


def _export_page(saved: Path, target: Path, against: Path | None, person: str | None) -> None:
    from ..analysis import parts
    from ..render.page_file import page_file
    from ..saved import load

    if parts.is_ensemble(saved):
        raise RequestError(f"{saved} is an ensemble; a page shows a run: play one with `run --from {saved} --row 0`")
    with _waiting("exporting"):
        content = page_file(load(saved), None if against is None else load(against), person)
        with whole_file(target) as file:
            file.write_bytes(content)
    print(target)


def _export_event_log(saved: Path, target: Path) -> None:
    """Write a run, or every world of an ensemble, played again, as an event log."""
    from ..analysis import parts
    from ..analysis.ensemble import load_ensemble
    from ..analysis.jobs import Progress
    from ..analysis.story import Story
    from ..render.event_log import write_event_log
    from ..saved import load

    if not parts.is_ensemble(saved):
        with _waiting("exporting"):
            write_event_log(Story(load(saved)).traces(), target)
        print(target)
        return
    _prepare()
    found = load_ensemble(saved)
    several = len(found.arms) > 1
    with counting() as watch:

        def traces() -> Iterator[Any]:
            rows, began = found.table.select("arm", "seed").rows(), time.monotonic()
            for number, (arm, seed) in enumerate(rows, start=1):
                yield (f"{arm}-{seed}" if several else str(seed)), seed, found.run(number - 1).go().log
                rate = number / max(time.monotonic() - began, 1e-3)
                watch(Progress("playing again", number, len(rows), rate, (len(rows) - number) / rate))

        write_event_log(traces(), target)
    print(target)
