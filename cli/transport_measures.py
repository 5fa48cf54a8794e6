"""The verb `askergeo nullvekst tiltak`: measures as a scenario package."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from .console import Console
from .options import Data, Json, Overwrite, Parameter, Quiet, pairs

__all__ = ["register"]


def register(growth: typer.Typer, command: type) -> None:
    """Add the verb to the group ``nullvekst``."""
    growth.command("tiltak", cls=command)(measures)


def measures(
    path: Annotated[Path, typer.Argument(metavar="MAPPE", help="Mappen scenariet skrives i.")],
    data: Data,
    *,
    stops: Annotated[
        list[str] | None,
        typer.Option(
            "--nytt-stopp",
            metavar="NAVN@x,y@LINJE",
            help="Nytt stopp på en linje, med koordinater i pakkens system; kan gis flere ganger.",
        ),
    ] = None,
    departures: Annotated[
        list[str] | None,
        typer.Option(
            "--flere-avganger",
            metavar="LINJE=GANGER",
            help="Så mange ganger så mange avganger på en linje; kan gis flere ganger.",
        ),
    ] = None,
    routes: Annotated[
        list[str] | None,
        typer.Option(
            "--ny-rute",
            metavar="NAVN@MIDDEL@STOPP,STOPP@KM/T@MIN@FRA-TIL",
            help="Ny rute begge veger: buss, trikk, tbane, tog, hurtigbat eller ferge; stoppene "
            "med navn eller id, eller NAVN:x:y for et nytt; kan gis flere ganger.",
        ),
    ] = None,
    moves: Annotated[
        list[str] | None,
        typer.Option(
            "--flytt-vekst",
            metavar="FRA>TIL=ANTALL",
            help="Flytt boliger i boligprogrammet fra et senter til et annet; kan gis flere "
            "ganger. Sett anførselstegn rundt.",
        ),
    ] = None,
    name: Annotated[str, typer.Option("--navn", metavar="TEKST", help="Navn på scenariet.")] = "",
    parameter: Parameter = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Lag et scenario av tiltak: nytt stopp, flere avganger, ny rute, vekst flyttet mellom sentre.

    $ askergeo nullvekst tiltak dobbelt --data asker --flere-avganger 110=2
    $ askergeo nullvekst tiltak stopp --data asker --nytt-stopp "Skogen@580100,6630500@110"
    $ askergeo nullvekst tiltak båt --data asker --ny-rute "Båt@hurtigbat@Sætre,Tofte@55@30@06-09"
    $ askergeo nullvekst tiltak flytt --data asker --flytt-vekst "Tofte>Asker sentrum=120"

    Tiltakene brukes i rekkefølgen stopp, avganger, ruter, vekst. Scenariet har bare radene som
    endres, og tiltak.md sier hva som ble gjort. Regn så med det: «askergeo nullvekst regnskap
    --data asker --scenario flytt --ut forskjell».
    """
    from askergeo.datapackage import DataPackage
    from askergeo.run import require_whole
    from askergeo.stores.arguments import require_free
    from askergeo.transport import measures as made

    console = Console(as_json=as_json, quiet=quiet)
    asked: list[made.Measure] = [
        *map(made.new_stop, stops or []),
        *map(made.more_departures, departures or []),
        *map(made.new_route, routes or []),
        *map(made.moved_growth, moves or []),
    ]
    require_free(path, overwrite=overwrite)
    package = DataPackage.open(data)
    require_whole(package)
    values, ledger = made.load_measure_parameters(pairs(parameter))
    with console.progress("tiltak") as step:
        step(0.0, "Regner")
        changes = made.make_changes(
            package, asked, placing=made.placing_of(package, ledger), parameters=values
        )
        # What is in a centre rests on the ledger's values.
        unsure = (*changes.warnings, *ledger.warnings(ledger.used))
        changes = replace(changes, warnings=unsure)
        step(0.8, "Skriver")
        options = {
            "--nytt-stopp": stops, "--flere-avganger": departures, "--ny-rute": routes,
            "--flytt-vekst": moves,
        }  # fmt: skip
        command = shlex.join(
            ["askergeo", "nullvekst", "tiltak", path.name, "--data", data.name]
            + [word for option, words in options.items() for one in words or []
               for word in (option, one)]
        )  # fmt: skip
        scenario = made.write_scenario(
            path, package, changes, name=name, command=command, overwrite=overwrite
        )
    for warning in changes.warnings:
        console.note(f"Merk: {warning}")
    facts = {
        "mappe": str(scenario.path),
        "navn": scenario.scenario,
        "endret": {layer: len(rows) for layer, rows in changes.layers.items()},
        "tiltak": [note.strip() for note in changes.notes],
        "forbehold": list(changes.warnings),
    }
    text = "\n".join([*changes.notes, str(scenario.path), str(scenario.path / made.NOTE)])
    console.result(text, facts)
