"""The verb `askergeo va fornyelse`."""

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
    water.command("fornyelse", cls=command)(renewal)


@with_common
def renewal(
    data: Data,
    out: Out = Path("va-fornyelse"),
    *,
    budget: Annotated[
        float | None,
        typer.Option(
            "--budsjett",
            metavar="MILL_KR",
            min=0,
            help="Mill. kr i året. Planen går aldri over; 0 er en plan uten noe. Uten følger "
            "planen takten.",
        ),
    ] = None,
    water: Annotated[
        float | None,
        typer.Option(
            "--takt-vann", metavar="PROSENT", help="Takten for vann, % i året. Uten er det 1,4."
        ),
    ] = None,
    sewage: Annotated[
        float | None,
        typer.Option(
            "--takt-avløp",
            metavar="PROSENT",
            help="Takten for spillvann og felles, % i året. Uten er det 1,6.",
        ),
    ] = None,
    years: Annotated[
        int | None,
        typer.Option("--år", metavar="ANTALL", help="Antall år i planen. Uten er det 10."),
    ] = None,
    common: Common,
) -> None:
    """Fornyelsesplanen: hvilke gater først, etterslepet, og hva hver takt gjør på 20 år.

    $ askergeo va fornyelse --data asker --ut fornyelse
    $ askergeo va fornyelse --data asker --budsjett 230 --ut budsjett
    $ askergeo va fornyelse --data asker --takt-vann 1 --takt-avløp 1 --ut en-prosent
    $ askergeo va fornyelse --data asker --ut nye-rør --scenario nye-rør

    Sannsynligheten er etter materiale, alder, dimensjon og egne hendelser, konsekvensen etter hvem
    som mister vann og avløp. Ledninger i samme grøft og gate tas sammen.
    """
    chosen = {
        "va_fornyelse_budsjett": budget,
        "va_fornyelse_takt_vann": water,
        "va_fornyelse_takt_avlop": sewage,
        "va_fornyelse_plan_aar": years,
    }
    run_and_write("va_fornyelse", data, out, common, given(chosen, common.parameter))
