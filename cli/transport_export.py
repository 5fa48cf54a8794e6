"""The verb `askergeo nullvekst eksport`: zone data for transport models and QGIS."""

from __future__ import annotations

from pathlib import Path

import typer

from .analyses import run_and_write
from .options import Common, Data, Out, with_common

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

    CSV-filene er for maskiner, med semikolon mellom kolonnene og punktum som desimaltegn; åpne dem
    i Excel med Data > Fra tekst/CSV og velg punktum som desimaltegn.
    """
    from askergeo.transport.export import extras

    run_and_write("nullvekst_eksport", data, out, common, more=extras())
