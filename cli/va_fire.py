"""`askergeo va brannvann`: which buildings have fire water."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .analyses import run_and_write
from .options import Common, Data, Out, given, with_common

__all__ = ["register"]


def register(water: typer.Typer, command: type) -> None:
    """Add the verb to the group ``va``."""
    water.command("brannvann", cls=command)(fire)


@with_common
def fire(
    data: Data,
    out: Out = Path("va-brannvann"),
    *,
    model: Annotated[
        str | None,
        typer.Option(
            "--modell",
            metavar="NAVN",
            help="Modellen i datapakken, «nett» for en som lages av ledningskartet, eller «ingen».",
        ),
    ] = None,
    measured: Annotated[
        bool,
        typer.Option("--alle-uttak", help="Regn også målte uttak i modellen, og sammenlign."),
    ] = False,
    common: Common,
) -> None:
    """Brannvann: bygninger uten uttak nær nok, eller med for lite vann.

    $ askergeo va brannvann --data asker --ut va-brannvann
    $ askergeo va brannvann --data asker --ut va-brannvann --modell ingen
    $ askergeo va brannvann --data asker --ut nye-uttak --scenario nye-uttak
    $ askergeo va brannvann --data asker --ut ut --parameter va_brannvann_avstand_smaahus_m=100

    EPANET regner hva uttakene gir der det er en modell; målt kapasitet går foran. Uten modell
    vurderes dimensjonen på ledningen.
    """
    use = "nei" if model == "ingen" else "alle" if measured else None
    chosen = {
        "va_brannvann_modell": use,
        "va_hydraulikk_modell": None if model == "ingen" else model,
    }
    run_and_write("va_brannvann", data, out, common, given(chosen, common.parameter))
