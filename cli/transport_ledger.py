"""The verb `askergeo nullvekst regnskap`: the ledger of growth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .analyses import run_and_write
from .options import Common, Data, Out, given, with_common

__all__ = ["register"]


def register(growth: typer.Typer, command: type) -> None:
    """Add the verb to the group ``nullvekst``."""
    growth.command("regnskap", cls=command)(ledger)


@with_common
def ledger(
    data: Data,
    out: Out = Path("nullvekst-regnskap"),
    *,
    first: Annotated[
        int | None,
        typer.Option("--fra", metavar="ÅR", help="Første år i regnskapet. Uten er det 2016."),
    ] = None,
    centres: Annotated[
        list[str] | None,
        typer.Option(
            "--prioritert",
            metavar="SENTER",
            help="Prioritert senter, navn eller nivå; kan gis flere ganger. Uten er det "
            "kommunesenter og lokalsenter.",
        ),
    ] = None,
    common: Common,
) -> None:
    """Regnskap over veksten: boliger og arbeidsplasser bygd, tillatt og planlagt, år for år.

    $ askergeo nullvekst regnskap --data asker --ut regnskap
    $ askergeo nullvekst regnskap --data asker --ut regnskap --prioritert "Asker sentrum"
    $ askergeo nullvekst regnskap --data asker --ut flyttet --scenario flytt-vekst

    Viser veksten nord og sør for nullvekstlinjen, i sentrene og etter gangavstand til holdeplass
    og stasjon, og holder den mot målene.
    """
    chosen = {"regnskap_fra_aar": first, "regnskap_prioritert": centres}
    run_and_write("nullvekst_regnskap", data, out, common, given(chosen, common.parameter))
