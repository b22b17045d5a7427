"""The commands that talk a run over: `review` and `events`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import RequestError
from .cli import AsJson, SavedRun, _prepare, _print_json, _width, command
from .cli_branches import _keep
from .cli_jobs import Address, On, Out, Workers, played


@command
def review(
    saved: SavedRun,
    n: Annotated[
        int, typer.Option("-n", help="Worlds an alternative; 0 plays each under the luck of the run alone.", min=0)
    ] = 200,
    want: Annotated[
        str | None,
        typer.Option(metavar="ENDING|CONDITION", help="What should have come; default: the measures' better sides."),
    ] = None,
    of: Annotated[
        str | None, typer.Option(metavar="CONDITION", help="Look for the turning points of this, not of the endings.")
    ] = None,
    shift: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TIME", help="Answer so much later too, '-1 h' earlier; default: 30 min, 1 h, 2 h each way."
        ),
    ] = None,
    most: Annotated[int, typer.Option(help="Alternatives that are played with other luck.", min=0)] = 60,
    part: Annotated[
        list[str] | None,
        typer.Option(metavar="PART", help="objectives, chances, turns, why, word or events; repeatable; default: all."),
    ] = None,
    confidence: Annotated[float, typer.Option(help="Of every interval.")] = 0.95,
    out: Out = None,
    on: On = "threads",
    workers: Workers = None,
    address: Address = None,
    md: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as Markdown.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as one HTML file.")] = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the list of events, for a spreadsheet.")
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Write the alternatives: .parquet .csv .json .txt .png .svg, or a folder."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Talk a run over: what was missed, what was right, and why.

    Each other answer to each question, also earlier and later, is played under
    the same luck and in many worlds; where the run turned; why it ended so and
    what would have ended it otherwise; who knew what when; how far accounts of
    the scenario, as objectives, were met; and a list of events.

    \b
    Examples:
      briarpatch review runs/vault-0 -n 40 --part chances --part why
      briarpatch review runs/vault-0 -n 20 --want caught --html vault.html
      briarpatch review runs/valley-0 -n 0 --csv events.csv
    """
    from ..analysis import review as ask
    from ..analysis.events import to_csv
    from ..analysis.results import plain
    from ..files import check_place
    from ..render.answers import check_target, write_text
    from ..render.review_document import markdown, page
    from ..saved import load

    if not 0.0 < confidence < 1.0:
        raise RequestError(f"--confidence must lie between 0 and 1, got {confidence:g}")
    for path in (md, html, csv):
        if path is not None:
            check_place(path, "name another")
    if save is not None:
        check_target(save)
    run = load(saved)
    _prepare()
    with played(out, on, workers, address) as how:
        parts, shifts = part or ask.PARTS, shift or ask.SHIFTS
        found = ask.review(run, n, shifts, most, want, of, parts, confidence, **how)
    _keep(found, saved)
    written = []
    for path, text in (
        (md, lambda: markdown(found)),
        (html, lambda: page(found)),
        (csv, lambda: to_csv(found.events)),
    ):
        if path is not None:
            write_text(path, text())
            written.append(str(path))
    if save is not None:
        written.append(str(found.save(save)))
    if as_json:
        _print_json(plain(found.facts()))
        return
    print(found.text(_width()))
    if written:
        print(f"\nSaved in {', '.join(written)}")


@command
def events(
    table: Annotated[Path, typer.Argument(metavar="CSV", help="A list of events.", show_default=False)],
    title: Annotated[str, typer.Option(help="Of what is expected for no objective.")] = "What was expected",
    as_json: AsJson = False,
) -> None:
    """Read a list of events, and print the sections of a scenario that it makes.

    A row of type `expected` is something that an account tells: its `match` says
    what it is in a chronicle, `since` and `until` when it is expected. A row of
    type `inject` is an inject: `match` says what it does. Put what is printed
    into a file of the scenario's folder.

    \b
    Examples:
      briarpatch review runs/insurrection-0 -n 0 --part events --csv list.csv
      briarpatch events list.csv > objectives.yaml
    """
    from ..analysis.events import read, sections, to_yaml

    made = sections(read(table), title)
    if not made:
        raise RequestError(f"{table} has no row of type 'expected' or 'inject', so it makes no section")
    if as_json:
        _print_json(made)
    else:
        print(to_yaml(made), end="")
