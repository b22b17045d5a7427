"""The commands that branch a run: `whatif` and `turning-points`."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import RequestError
from .cli import AsJson, Choose, Override, SavedRun, Variant, _pairs, _prepare, _print_json, _waiting, _width, command
from .cli_decide import AsCsv, Save, _numbers, _one_form, _print_result
from .cli_jobs import Address, On, Out, Workers, played

if TYPE_CHECKING:
    from ..analysis.review import Review
    from ..analysis.turning_points import TurningPoints
    from ..analysis.why import Why
    from ..run import Run

Plot = Annotated[Path | None, typer.Option(metavar="FILE", help="Draw it: .png, .svg or .pdf.")]


@command
def whatif(
    scenario: Annotated[
        str, typer.Argument(metavar="RUN|SCENARIO", help="Folder of a saved run, or a scenario.", show_default=False)
    ],
    choose: Choose = None,
    variant: Variant = None,
    set_: Override = None,
    without: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Take away a rule or a decision; repeatable.")
    ] = None,
    gauge: Annotated[
        list[str] | None, typer.Option(metavar="NAME=NUMBER", help="Set a number of the scenario's own; repeatable.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME|EVENT", help='From when on: "2 d", an entry\'s number, or a name.'),
    ] = None,
    n: Annotated[int, typer.Option("-n", help="Seeds, each played both ways; 1 compares two chronicles.", min=1)] = 1,
    seed: Annotated[int | None, typer.Option(help="The (first) seed; default the run's, or 0.", min=0)] = None,
    most: Annotated[int, typer.Option(help="The most differences to print a section; 0 prints all.", min=0)] = 20,
    out: Out = None,
    on: On = "threads",
    workers: Workers = None,
    address: Address = None,
    plot: Plot = None,
    save: Save = None,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """Change one thing, all luck being equal.

    Plays the same seed with and without the change: where the two part, what
    happened only in one of them, what at another time, and how they ended. With
    -n, over many seeds: what the change does to endings and measures, and in
    how many seeds it mattered.

    \b
    Examples:
      briarpatch whatif vault --choose manager.act=police
      briarpatch whatif runs/valley-0 --without bell --at "1 h"
      briarpatch whatif vault --choose manager.act=look --at manager.act -n 200
    """
    from ..analysis import whatif as ask

    _one_form(as_csv, as_json)
    if n == 1 and (out is not None or on != "threads"):
        raise RequestError("--out and --on are for many seeds; add -n, such as -n 200")
    change = ask.Change(
        choices=_pairs("--choose", choose),
        variants=_pairs("--variant", variant),
        overrides=_pairs("--set", set_),
        without=without or [],
        gauges=_numbers("--gauge", gauge),
        at=at,
    )
    subject = _run_or_scenario(scenario)
    _prepare()
    if n > 1:
        with played(out, on, workers, address) as how:
            found = ask.effect(subject, change, n, seed or 0, **how)
    else:
        with _waiting("playing both ways"):
            found = ask.whatif(subject, change, seed)
    if plot is not None:
        found.plot(plot)
    if isinstance(found, ask.WhatIf) and not as_csv and not as_json:
        if save is not None:
            found.save(save)
        print(found.text(_width(), most))
    else:
        _print_result(found, save, as_csv, as_json)


def _run_or_scenario(name: str) -> str | Run:
    """Return the run that a folder holds, or else the name of a scenario."""
    from ..saved import load
    from ..storage import PROVENANCE

    return load(name) if (Path(name) / PROVENANCE).exists() else name


@command
def turning_points(
    saved: SavedRun,
    checkpoints: Annotated[int, typer.Option(help="Moments to look at, the first and last among them.", min=2)] = 40,
    continuations: Annotated[int, typer.Option(help="Courses with other luck from each.", min=10)] = 200,
    of: Annotated[
        str | None,
        typer.Option(
            metavar="CONDITION", help="Ask whether it holds in the end, such as 'alive(mayor)', not how it ends."
        ),
    ] = None,
    confidence: Annotated[float, typer.Option(help="Of every interval.")] = 0.95,
    out: Out = None,
    on: On = "threads",
    workers: Workers = None,
    address: Address = None,
    plot: Plot = None,
    save: Save = None,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """Say when a run was decided.

    From moments of the run, plays on with fresh luck, again and again: the chance
    of each ending over the time of the story, what moved it, and how much
    suspense and surprise there was. With --of, the chance that a condition holds
    in the end.

    \b
    Examples:
      briarpatch turning-points runs/vault-0 --checkpoints 12 --continuations 50
      briarpatch turning-points runs/valley-0 --continuations 50 --plot turning.svg
    """
    from ..analysis import turning_points as ask
    from ..saved import load

    _one_form(as_csv, as_json)
    if not 0.0 < confidence < 1.0:
        raise RequestError(f"--confidence must lie between 0 and 1, got {confidence:g}")
    run = load(saved)
    _prepare()
    with played(out, on, workers, address) as how:
        found = ask.turning_points(run, checkpoints, continuations, confidence, of=of, **how)
    _keep(found, saved)
    if plot is not None:
        found.plot(plot)
    _print_result(found, save, as_csv, as_json)


def _keep(found: TurningPoints | Why | Review, saved: Path) -> None:
    """Keep an answer beside a saved run, where the page shows it; a run that cannot be written to goes without."""
    with suppress(RequestError):
        found.keep_beside(saved)


def why_needed(saved: Path, found: Run, event: str, most: int, needed: bool, dot: bool, as_json: bool) -> None:
    """Print what led to an event as a graph or, with `needed`, what it could not have come about without."""
    from ..analysis.results import plain
    from ..analysis.why import Why
    from ..analysis.why import why as ask

    if needed:
        _prepare()
        with _waiting("taking causes away"):
            answer = ask(found, event)
        _keep(answer, saved)
    else:
        chain = found.why(event)
        answer = Why(found, chain[0], chain, [])
    if dot:
        print(answer.dot(most))
    elif as_json:
        _print_json(plain(answer.facts()))
    else:
        print(answer.text(_width(), most))
