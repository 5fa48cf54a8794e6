"""The verb that proposes new school districts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .analyses import run_and_write
from .options import Common, Data, Out, given, with_common

__all__ = ["register"]


def register(school: typer.Typer, command: type) -> None:
    """Add the verb to the group ``skole``."""
    school.command("kretser", cls=command)(districts)


@with_common
def districts(
    data: Data,
    out: Out = Path("skolekretser"),
    *,
    stage: Annotated[
        str | None,
        typer.Option("--trinn", metavar="TRINN", help="barnetrinn (uten valg) eller ungdomstrinn."),
    ] = None,
    since: Annotated[
        int | None,
        typer.Option("--fra", metavar="ÅR", help="Høsten kretsene gjelder fra, for eksempel 2027."),
    ] = None,
    closed: Annotated[
        list[str] | None,
        typer.Option(
            "--nedlegg",
            metavar="SKOLE",
            help="Skole som legges ned da (id eller navn); kan gis flere ganger.",
        ),
    ] = None,
    fixed: Annotated[
        list[str] | None,
        typer.Option(
            "--fast",
            metavar="ENHET=SKOLE",
            help="Enhet som skal høre til en bestemt skole; kan gis flere ganger.",
        ),
    ] = None,
    alternatives: Annotated[
        int | None,
        typer.Option("--alternativer", metavar="TALL", help="Antall alternativer, 1–5."),
    ] = None,
    forecast: Annotated[
        str | None,
        typer.Option("--prognose", metavar="ALTERNATIV", help="hoved (uten valg), lav eller hoy."),
    ] = None,
    units: Annotated[
        str | None,
        typer.Option(
            "--enheter", metavar="SLAG", help="grunnkrets (uten valg) eller blokk av adresser."
        ),
    ] = None,
    move_all: Annotated[
        bool,
        typer.Option(
            "--flytt-alle", help="Alle bytter skole med en gang; uten blir de som har begynt."
        ),
    ] = False,
    split_feeding: Annotated[
        bool,
        typer.Option(
            "--del-ungdom",
            help="Med --trinn ungdomstrinn: en barneskolekrets kan deles mellom ungdomsskoler.",
        ),
    ] = False,
    common: Common,
) -> None:
    """Nye skolekretser: hvem som hører til hvilken skole, så alle får plass og kort veg.

    $ askergeo skole kretser --data asker --ut kretser
    $ askergeo skole kretser --data asker --ut kretser-2030 --fra 2030 --nedlegg 974568098
    $ askergeo skole kretser --data asker --ut ungdom --trinn ungdomstrinn
    $ askergeo skole kretser --data asker --ut fast --fast "32030101=Solvang skole"

    Gir flere alternativer mellom kort veg og få bytter av skole, med kart før og etter, liste over
    områdene som får en annen skole, og hvor nær det best mulige hvert alternativ er bevist å være.
    Går det ikke opp, står det hvilke skoler og år det er for få plasser.
    """
    chosen = {
        "kretser_trinn": stage,
        "kretser_fra": since,
        "kretser_nedlegg": closed,
        "kretser_fast": fixed,
        "kretser_antall": alternatives,
        "kretser_framskriving": forecast,
        "kretser_enheter": units,
        "kretser_blir": "nei" if move_all else None,
        "kretser_samlet": "nei" if split_feeding else None,
    }
    run_and_write("skolekretser", data, out, common, given(chosen, common.parameter))
