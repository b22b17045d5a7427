"""The commands that ask what to do and what it hangs on: `decide` and `sensitivity`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import RequestError
from .cli import AsJson, Choose, Override, Variant, _pairs, _prepare, _print_json, _width, command
from .cli_jobs import Address, On, Out, Workers, played

if TYPE_CHECKING:
    from ..analysis.results import Result

AsCsv = Annotated[bool, typer.Option("--csv", help="Print the table as CSV and nothing else.")]
Save = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="Write the answer: .parquet .csv .json .txt .png .svg, or a folder."),
]
FirstSeed = Annotated[int, typer.Option("--seed", help="The first seed.", min=0)]


@command
def decide(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="Name, file or folder.", show_default=False)],
    decision: Annotated[
        list[str] | None, typer.Argument(metavar="[WHO.DECISION]...", help="The question, or several.")
    ] = None,
    n: Annotated[int, typer.Option("-n", help="Worlds, each played under every option.", min=1)] = 1000,
    policy: Annotated[
        list[str] | None,
        typer.Option(
            metavar='"WHO.DECISION=OPTION, ..."',
            help="Compare these policies instead; or, beside the options, [WHO=]FILE.json or [WHO=]MODULE:FUNCTION.",
        ),
    ] = None,
    weights: Annotated[
        list[str] | None,
        typer.Option("--weights", metavar="MEASURE=W", help="What a unit is worth; repeatable. Default: the first."),
    ] = None,
    never: Annotated[
        list[str] | None,
        typer.Option(metavar='"MEASURE > X"', help="What must not happen, or an ending; comes before weights."),
    ] = None,
    tolerate: Annotated[float, typer.Option(metavar="SHARE", help="Share of worlds in which it may.")] = 0.0,
    facts: Annotated[bool, typer.Option("--facts", help="Weigh learning each unsure fact first.")] = False,
    fact: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Weigh learning this fact.")] = None,
    learn: Annotated[
        list[str] | None, typer.Option(metavar="CONDITION", help="Weigh learning whether this holds.")
    ] = None,
    accuracy: Annotated[float, typer.Option(help="How often a report of a fact is right.")] = 0.8,
    tail: Annotated[float, typer.Option(help="Share of worst worlds to average over.")] = 0.05,
    confidence: Annotated[float, typer.Option(help="Of every interval.")] = 0.95,
    choose: Choose = None,
    variant: Variant = None,
    set_: Override = None,
    seed: FirstSeed = 0,
    out: Out = None,
    on: On = "threads",
    workers: Workers = None,
    address: Address = None,
    save: Save = None,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """Force every option of a decision in the same worlds, and compare.

    Prints endings and measures with intervals, the chance of being best, regret,
    the worst worlds, and sentences that say what the table says.

    \b
    Examples:
      briarpatch decide vault manager.act -n 200
      briarpatch decide vault manager.act guard.answer -n 50
      briarpatch decide vault manager.act -n 100 --never robbed --facts
      briarpatch decide vault manager.act -n 100 --learn "running(drill)"
      briarpatch decide vault --policy manager.act=police -n 50
      briarpatch decide vault manager.act -n 50 --weights lost=1 --csv
    """
    from ..analysis import decide as ask

    _one_form(as_csv, as_json)
    _prepare()
    with played(out, on, workers, address) as how:
        found = ask.decide(
            scenario,
            decision or [],
            n,
            policies=policy or [],
            choices=_pairs("--choose", choose),
            variants=_pairs("--variant", variant),
            overrides=_pairs("--set", set_),
            weights=_numbers("--weights", weights),
            never=never or [],
            tolerate=tolerate,
            facts=fact or facts,
            learn=learn or [],
            accuracy=accuracy,
            tail=tail,
            confidence=confidence,
            first=seed,
            **how,
        )
    _print_result(found, save, as_csv, as_json)


def _one_form(as_csv: bool, as_json: bool) -> None:
    if as_csv and as_json:
        raise RequestError("print one thing: --csv or --json")


def _numbers(option: str, given: list[str] | None) -> dict[str, float]:
    from ..units import UnitError, quantity

    found = {}
    for name, text in _pairs(option, [part for one in given or [] for part in one.split(",")]).items():
        try:
            found[name] = quantity(text, "number")
        except UnitError:
            raise RequestError(f"{option} needs a number for '{name}', got '{text}'") from None
    return found


def _print_result(found: Result, save: Path | None, as_csv: bool, as_json: bool) -> None:
    from ..analysis.results import plain

    if save is not None:
        found.save(save)
    if as_json:
        _print_json(plain(found.facts()))
    elif as_csv:
        print(found.table.write_csv(), end="")
    else:
        print(found.text(_width()))
        if save is not None:
            print(f"\nSaved in {save}")


@command
def sensitivity(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="Name, file or folder.", show_default=False)],
    method: Annotated[str, typer.Option(help="morris, sobol or prim.")] = "morris",
    n: Annotated[
        int | None,
        typer.Option("-n", help="Base points (morris, 20; sobol, 64) or worlds (prim, 500).", show_default=False),
    ] = None,
    of: Annotated[
        list[str] | None,
        typer.Option(metavar="OUTCOME", help='A measure or ending; for prim an ending or "MEASURE > X". Repeatable.'),
    ] = None,
    number: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Vary this number only; repeatable.")] = None,
    seeds: Annotated[int, typer.Option(help="Worlds that every point plays.", min=1)] = 16,
    confidence: Annotated[float, typer.Option(help="Of every interval.")] = 0.95,
    choose: Choose = None,
    variant: Variant = None,
    set_: Override = None,
    seed: FirstSeed = 0,
    out: Out = None,
    on: On = "threads",
    workers: Workers = None,
    address: Address = None,
    save: Save = None,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """Vary the numbers that nobody knows, and say what hangs on them.

    Screens them (morris), shares out the variance (sobol), or finds the box of
    values in which an outcome lives (prim).

    \b
    Examples:
      briarpatch sensitivity vault -n 4 --seeds 4
      briarpatch sensitivity valley --method sobol -n 8 --of drowned --seeds 8
      briarpatch sensitivity valley --method prim --of "drowned >= 20" -n 200
      briarpatch sensitivity vault --number hum --number duty -n 4 --seeds 4 --csv
    """
    from ..analysis import sensitivity as ask

    _one_form(as_csv, as_json)
    _prepare()
    with played(out, on, workers, address) as how:
        found = ask.sensitivity(
            scenario,
            method,
            n,
            of=of or [],
            numbers=number or [],
            seeds=seeds,
            choices=_pairs("--choose", choose),
            variants=_pairs("--variant", variant),
            overrides=_pairs("--set", set_),
            confidence=confidence,
            first=seed,
            **how,
        )
    _print_result(found, save, as_csv, as_json)
