"""The verb that merges the remarks people save from a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .console import Console
from .options import Json, Language, Out, Overwrite, Printed, Quiet, Tongue

__all__ = ["register"]

# Files with faults that are named on the screen before «…»; the report has them all.
_NAMED = 10


def register(app: typer.Typer, command: type, _group: type) -> None:
    """Add the verb to the command line."""
    app.command("innspill", cls=command)(remarks)


def remarks(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FIL…", help="Filer som er lagret fra kartet, eller mapper av dem."),
    ],
    out: Out = Path("innspill"),
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="MAPPE", help="Datapakken, for å telle etter områder."),
    ] = None,
    *,
    language: Language = Tongue.NB,
    printed: Printed = False,
    overwrite: Overwrite = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Slå sammen innspillene som innbyggere har lagret fra kartet.

    $ askergeo innspill innboks --ut innspill
    $ askergeo innspill kari.json ola.json --ut innspill --data asker

    Gir kart, tabell og antall etter tema, og etter grunnkrets, skolekrets og senter når datapakken
    har dem. Opplysninger om hvem som skrev, er skjult i alt som skrives, og listet med hva du bør
    gjøre. Feil i filene er listet samlet. Kildefilene blir ikke endret.
    """
    from askergeo.background import background_of
    from askergeo.datapackage import DataPackage
    from askergeo.outputs.write import check_free, write_all
    from askergeo.remarks import fault_lines, merge_remarks

    console = Console(as_json=as_json, quiet=quiet)
    check_free(out, overwrite=overwrite)
    package = None if data is None else DataPackage.open(data)
    with console.progress("Innspill") as step:
        step(0.0, "Leser")
        result = merge_remarks(files, package)
        step(0.5, "Skriver")
        paths = write_all(
            [result],
            out,
            overwrite=overwrite,
            background=None if package is None else background_of(package),
            language=language,
            printed=printed,
        )
    for warning in result.warnings:
        console.note(f"Merk: {warning}")
    lines = fault_lines(result, files)
    for line in lines[:_NAMED]:
        console.note(line)
    if len(lines) > _NAMED:
        console.note(f"… og {len(lines) - _NAMED} til. «Avvik i filene» på siden har alle.")
    console.paths(paths, heading=result.sentence)
