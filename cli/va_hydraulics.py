"""`askergeo va hydraulikk`: pressures and flows, and the model for EPANET."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .analyses import run_and_write
from .console import Console
from .options import Common, Data, Out, given, pairs, with_common

__all__ = ["register"]


def register(water: typer.Typer, command: type) -> None:
    """Add the verb to the group ``va``."""
    water.command("hydraulikk", cls=command)(hydraulics)


@with_common
def hydraulics(
    data: Data,
    out: Out = Path("va-hydraulikk"),
    *,
    model: Annotated[
        str | None,
        typer.Option(
            "--modell",
            metavar="NAVN",
            help="Modellen i datapakken, eller «nett» for en som lages av ledningskartet. Uten er "
            "det datapakkens, ellers «nett». En SWMM-modell gir avløpet.",
        ),
    ] = None,
    by_pressure: Annotated[
        bool, typer.Option("--trykkavhengig", help="Lever mindre der trykket er lavt.")
    ] = False,
    prices: Annotated[
        Path | None,
        typer.Option(
            "--priser",
            metavar="FIL",
            help="CSV med kolonnene dimensjon_mm og pris_m, for kostnadstabellen.",
        ),
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(
            "--skriv",
            metavar="FIL.inp",
            writable=True,
            help="Skriv modellen for EPANET (SWMM).",
        ),
    ] = None,
    common: Common,
) -> None:
    """Trykk og vannføring time for time, mot grensene, og hvem som bor der trykket er lavt.

    $ askergeo va hydraulikk --data asker --ut va-hydraulikk
    $ askergeo va hydraulikk --data asker --ut ut --modell nett --skriv modell.inp
    $ askergeo va hydraulikk --data asker --ut ut --priser priser.csv

    EPANET regner, med tillegget «va». Har datapakken ingen modell, lages en av ledningskartet, og
    hver antakelse står i svaret. Modellen som skrives med --skriv, er prøvd i EPANET før den
    lagres.
    """
    chosen = given(
        {
            "va_hydraulikk_modell": model,
            "va_hydraulikk_trykkavhengig": "ja" if by_pressure else None,
            "va_hydraulikk_rorpris": _prices(prices),
        },
        common.parameter,
    )
    if write is not None:
        _write_model(write, data, chosen, common)
    run_and_write("va_hydraulikk", data, out, common, chosen)


def _prices(file: Path | None) -> list[str] | None:
    if file is None:
        return None
    from askergeo.va.cost import price_file

    return [f"{mm}={price}" for mm, price in price_file(file).items()]


def _write_model(file: Path, data: Path, chosen: list[str], common: Common) -> None:
    from askergeo.datapackage import DataPackage
    from askergeo.va.model_export import export_model

    package = DataPackage.open(data)
    change = None if common.scenario is None else DataPackage.open(common.scenario)
    export_model(
        file, package, scenario=change, overrides=pairs(chosen), overwrite=common.overwrite
    )
    Console(as_json=common.as_json, quiet=common.quiet).note(f"Skrev modellen {file}.")
