"""The verb `askergeo va vekst`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .analyses import run_and_write
from .options import Common, Data, Out, given, with_common

if TYPE_CHECKING:
    from typer import Typer

__all__ = ["register"]


def register(water: Typer, command: type) -> None:
    """Add the verb to the group."""
    water.command("vekst", cls=command)(growth)


@with_common
def growth(
    data: Data,
    out: Out = Path("va-vekst"),
    *,
    years: Annotated[
        int | None,
        typer.Option(
            "--år",
            "--aar",
            metavar="ANTALL",
            help="Hvor mange år fram det regnes. Uten er det 20.",
        ),
    ] = None,
    common: Common,
) -> None:
    """Når renseanlegg, vannverk og ledninger blir fulle, og hvem som må vente.

    $ askergeo va vekst --data asker --ut vekst
    $ askergeo va vekst --data asker --ut utsatt --scenario nytt-anlegg-2032

    Belastningen følger befolkningsframskrivingen og boligprogrammet, og kapasiteten følger datoene
    i laget «va_anlegg». Svaret har også hvem som er tilknyttet, og hvem som er nær uten å være det.
    """
    run_and_write("va_vekst", data, out, common, given({"va_vekst_aar": years}, common.parameter))
