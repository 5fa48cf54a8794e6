"""The verbs of carbon, the climate budget and farmland, in the group ``areal``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .analyses import run_and_write
from .options import Common, Data, Out, Overwrite, given, with_common

__all__ = ["register"]

Change = Annotated[
    str | None,
    typer.Option(
        "--endring",
        metavar="HVA",
        help="Hva som bygges: kommuneplan, forslag, planendring, reguleringsplan, vedtak eller "
        "ingen. Uten velges det mest som datapakken gir.",
    ),
]
Plans = Annotated[
    list[str] | None,
    typer.Option(
        "--planid", metavar="ID", help="Reguleringsplan som regnes; kan gis flere ganger."
    ),
]
Year = Annotated[int | None, typer.Option("--vedtaksaar", metavar="ÅR", help="År for vedtakene.")]


def register(land: typer.Typer, command: type) -> None:
    """Add the verbs to the group ``areal``."""
    land.command("karbon", cls=command)(carbon)
    land.command("karbon-mal", cls=command)(template)
    land.command("klimabudsjett", cls=command)(budget)
    land.command("jordvern", cls=command)(farmland)


@with_common
def carbon(
    data: Data,
    out: Out = Path("karbon"),
    *,
    change: Change = None,
    plan: Plans = None,
    year: Year = None,
    common: Common,
) -> None:
    """Karbon: hva som er lagret i arealene, og hva det slipper ut å bygge dem ned.

    $ askergeo areal karbon --data asker --ut karbon
    $ askergeo areal karbon --data asker --ut plan --endring reguleringsplan --planid 3203-0101

    Uten egne faktorer brukes klimapanelets standardverdier, som er plassholdere. «askergeo areal
    karbon-mal» skriver malen for egne; fyll den ut, og legg den til som laget karbonfaktor.
    """
    run_and_write("karbon", data, out, common, _given(change, plan, year, common.parameter))


def template(
    out: Annotated[Path, typer.Option("--ut", metavar="FIL", help="CSV-filen som skrives.")],
    *,
    overwrite: Overwrite = False,
) -> None:
    """Skriv malen for egne karbonfaktorer.

    $ askergeo areal karbon-mal --ut faktorer.csv
    $ askergeo data legg-til asker karbonfaktor faktorer.csv

    Fyll inn verdi, lav, hoy, kilde og versjon i de radene du har tall for. Resten bruker
    standardfaktoren.
    """
    from askergeo.carbon import write_template

    write_template(out, overwrite=overwrite)
    typer.echo(str(out))


@with_common
def budget(
    data: Data,
    out: Out = Path("klimabudsjett"),
    *,
    change: Change = None,
    plan: Plans = None,
    year: Year = None,
    first: Annotated[
        int | None, typer.Option("--fra-aar", metavar="ÅR", help="Første byggeår.")
    ] = None,
    last: Annotated[
        int | None, typer.Option("--til-aar", metavar="ÅR", help="Siste byggeår.")
    ] = None,
    common: Common,
) -> None:
    """Klimabudsjettets tabell med raden for skog og annen arealbruk fylt ut.

    $ askergeo areal klimabudsjett --data asker --endring forslag --fra-aar 2025 --til-aar 2034
    $ askergeo areal klimabudsjett --data asker --endring vedtak --vedtaksaar 2024

    Utbyggingen fordeles jevnt over byggeårene. Et tall som ikke kan regnes, står som «foreligger
    ikke».
    """
    chosen = _given(change, plan, year, common.parameter)
    chosen += given({"fra_aar": first, "til_aar": last})
    run_and_write("klimabudsjett", data, out, common, chosen)


@with_common
def farmland(data: Data, out: Out = Path("jordvern"), *, common: Common) -> None:
    """Jordvern: dyrket og dyrkbar jord omdisponert per år og plan, mot nullvisjonen.

    $ askergeo areal jordvern --data asker --ut jordvern

    Samme areal telles i det første vedtaket eller den første planen som tar det.
    """
    run_and_write("jordvern", data, out, common)


def _given(
    change: str | None, plans: list[str] | None, year: int | None, parameter: list[str] | None
) -> list[str]:
    """Options as parameters; a plan or a year says what is asked when nothing else does."""
    asked = change or ("reguleringsplan" if plans else "vedtak" if year else None)
    return given({"endring": asked, "planid": plans, "vedtaksaar": year or None}, parameter)
