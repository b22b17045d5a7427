"""The command that holds a scenario against data: `validate`."""

from __future__ import annotations

from typing import Annotated

import typer

from .cli import AsJson, AsTold, Choose, Override, Variant, _pairs, _prepare, command
from .cli_decide import AsCsv, FirstSeed, Save, _one_form, _print_result
from .cli_jobs import Address, On, Out, Workers, played


@command
def validate(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="Name, file or folder.", show_default=False)],
    n: Annotated[int, typer.Option("-n", help="Worlds.", min=1)] = 200,
    choose: Choose = None,
    variant: Variant = None,
    as_told: AsTold = None,
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
    """Hold a scenario against what was observed.

    Plays many worlds, reads the series that its 'observed' section names, and
    prints how far they are from the data: beside each error, that of the naive
    forecast, which says "as at the reading before".

    \b
    Examples:
      briarpatch validate kicks -n 100
      briarpatch validate kicks --save kicks.svg
    """
    from ..analysis.validation import validate as play
    from ..render.answers import check_target

    _one_form(as_csv, as_json)
    if save is not None:
        check_target(save)
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
