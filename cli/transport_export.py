"""The verb `askergeo nullvekst eksport`: zone data for transport models and QGIS."""

from __future__ import annotations

from pathlib import Path

import typer

from .console import Console
from .options import Common, Data, Out, pairs, with_common

__all__ = ["register"]


def register(growth: typer.Typer, command: type) -> None:
    """Add the verb to the group ``nullvekst``."""
    growth.command("eksport", cls=command)(export)


@with_common
def export(data: Data, out: Out = Path("sonedata"), *, common: Common) -> None:
    """Sonedata etter grunnkrets, som CSV og GeoPackage: bosatte, arbeidsplasser, boliger, planer.

    $ askergeo nullvekst eksport --data asker --ut sonedata
    $ askergeo nullvekst eksport --data asker --ut ny --scenario ny-linje

    For transportmodeller (RTM, ADV) og QGIS: grunnkretsnummer som nøkkel, og andelen nord og sør
    for nullvekstlinjen. Små tall for personer er skjult. Filene er ikke prøvd i ADV.
    """
    from askergeo.background import background_of
    from askergeo.datapackage import DataPackage
    from askergeo.outputs.report import split_warnings
    from askergeo.outputs.write import check_free, write_all
    from askergeo.privacy import suppress_all
    from askergeo.report import run_with_scenario
    from askergeo.transport.export import extras

    console = Console(as_json=common.as_json, quiet=common.quiet)
    more = extras()
    check_free(out, overwrite=common.overwrite, more=more)
    package = DataPackage.open(data)
    change = None if common.scenario is None else DataPackage.open(common.scenario)
    with console.progress("sonedata") as step:
        step(0.0, "Regner")
        results = suppress_all(
            run_with_scenario(
                "nullvekst_eksport", package, change, overrides=pairs(common.parameter)
            )
        )
        step(0.7, "Skriver")
        paths = write_all(
            results,
            out,
            title=package.name,
            overwrite=common.overwrite,
            more=more,
            background=background_of(package),
            language=common.language,
            printed=common.printed,
        )
    plain, _ = split_warnings(
        list(dict.fromkeys(text for result in results for text in result.warnings))
    )
    for warning in plain:
        console.note(f"Merk: {warning}")
    console.paths(paths, heading="\n".join(one.sentence for one in results))
