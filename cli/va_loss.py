"""Who loses water: `askergeo va bortfall`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .analyses import run_and_write
from .options import Common, Data, Out, given, with_common

__all__ = ["register"]


def register(water: typer.Typer, command: type) -> None:
    """Add the verb to the group ``va``."""
    water.command("bortfall", cls=command)(failures)


@with_common
def failures(
    data: Data,
    out: Out = Path("va-bortfall"),
    *,
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--uten",
            metavar="ID",
            help="Regn med at ledningen, anlegget eller noden er ute av drift; kan gis flere "
            "ganger.",
        ),
    ] = None,
    basins: Annotated[
        bool,
        typer.Option(
            "--bassenger", help="Regn høydebassengene som kilder: svaret gjelder mens de har vann."
        ),
    ] = False,
    common: Common,
) -> None:
    """Hvem mister vannet når en ledning, et ventilsegment, en pumpe eller en kilde svikter.

    $ askergeo va bortfall --data asker --ut bortfall
    $ askergeo va bortfall --data asker --uten V00770 --ut brudd
    $ askergeo va bortfall --data asker --uten VV1 --ut uten-vannverket
    $ askergeo va bortfall --data asker --ut ny-forbindelse --scenario ny-forbindelse

    Viser enkeltpunktene etter hvor mange som mister vannet, skoler og institusjoner ved navn, og
    områder uten reservevann.
    """
    chosen = {"va_bortfall_uten": without, "va_bortfall_bassenger": "ja" if basins else None}
    run_and_write("va_bortfall", data, out, common, given(chosen, common.parameter))
