"""The commands that ask whether it is the story as told: `accounts`, `claims` and `soak`."""

from __future__ import annotations

from typing import Annotated

import typer

from .cli import AsJson, AsTold, Choose, Override, SavedRun, Variant, _pairs, _prepare, command
from .cli_decide import AsCsv, FirstSeed, Save, _one_form, _print_result
from .cli_jobs import Address, On, Out, Workers, played


@command
def accounts(
    saved: SavedRun,
    account: Annotated[
        list[str] | None, typer.Option("--account", metavar="NAME", help="Only this account; repeatable.")
    ] = None,
    save: Save = None,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """Say how far a run is the story that each account tells.

    Prints, for each account, its fitness (1 when all is as told), the beats with
    the entries that are them, how much earlier or later each could have been
    (slack), and where the run departs from what is told.

    \b
    Examples:
      briarpatch accounts runs/insurrection-0
      briarpatch accounts runs/insurrection-0 --account B --json
    """
    from ..analysis.accounts import conformance
    from ..saved import load

    _one_form(as_csv, as_json)
    _print_result(conformance(load(saved), account), save, as_csv, as_json)


@command
def claims(saved: SavedRun, save: Save = None, as_csv: AsCsv = False, as_json: AsJson = False) -> None:
    """Say how what the documents assert stood in a run.

    A claim is tested by a fact, a directive, a value, a measure or a decision.

    \b
    Examples:
      briarpatch claims runs/insurrection-0
    """
    from ..analysis.claims import claims as read
    from ..saved import load

    _one_form(as_csv, as_json)
    _print_result(read(load(saved)), save, as_csv, as_json)


@command
def soak(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="Name, file or folder.", show_default=False)],
    n: Annotated[int, typer.Option("-n", help="Runs.", min=1)] = 200,
    choose: Choose = None,
    variant: Variant = None,
    as_told: AsTold = None,
    set_: Override = None,
    seed: FirstSeed = 0,
    out: Out = None,
    on: On = "threads",
    workers: Workers = None,
    address: Address = None,
    impact: Annotated[
        bool, typer.Option("--impact", help="Force each option: what does it change, and what changes nothing?")
    ] = False,
    save: Save = None,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """Play a scenario many times and say what never happened.

    Rules, events, decisions, options, verbs, beats and endings that never happened,
    or always; runs that came to nothing; guards that stopped a world; and how far
    the runs are each account. With --impact, what each option changes when it is
    forced under the same luck; and the decisions, rules, facts and events that
    change nothing.

    \b
    Examples:
      briarpatch soak vault -n 100
      briarpatch soak vault -n 20 --impact
      briarpatch soak insurrection -n 500 --as-told B
    """
    if impact:
        from ..analysis.impact import impact as play
    else:
        from ..analysis.soak import soak as play

    _one_form(as_csv, as_json)
    _prepare()
    with played(out, on, workers, address) as how:
        found = play(
            scenario,
            n,
            seed,
            choices=_pairs("--choose", choose),
            variants=_pairs("--variant", variant),
            overrides=_pairs("--set", set_),
            as_told=as_told,
            **how,
        )
    _print_result(found, save, as_csv, as_json)
