"""The options of the verb that reviews plans."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "Configs",
    "Crs",
    "Data",
    "Each",
    "EachReport",
    "Form",
    "FormOption",
    "Limit",
    "Old",
    "Out",
    "Plans",
    "ProvisionsFile",
    "Rules",
    "Scenario",
    "Threshold",
    "ThresholdOption",
    "Workers",
]


class Form(StrEnum):
    """Forms of a review for other programs."""

    JSON = "json"
    SARIF = "sarif"
    DOK = "dok"


class Threshold(StrEnum):
    """What ends the command with 1."""

    RED = "rød"
    YELLOW = "gul"
    UNMAPPED = "ikke-kartlagt"


Plans = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="PLAN",
        help="Planen: GML, SOSI, GeoPackage eller GeoJSON, eller en flate. Flere filer er én plan; "
        "med --hver er hver fil en plan, og PLAN kan være en mappe eller zip.",
    ),
]
Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="MAPPE", help="Datapakken som planen holdes mot."),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--ut", metavar="MAPPE", help="Skriv rapporten i en mappe: side, arbeidsbok og kart."
    ),
]
Scenario = Annotated[
    Path | None,
    typer.Option(
        "--scenario", metavar="MAPPE", help="Et scenario som legges over datapakken først."
    ),
]
Old = Annotated[
    list[Path] | None,
    typer.Option(
        "--mot",
        metavar="PLAN",
        help="En eldre utgave: vis hva som er rettet, og hva som er nytt.",
    ),
]
ThresholdOption = Annotated[
    Threshold,
    typer.Option(
        "--terskel", metavar="NIVÅ", help="Hva som gir sluttkode 1: rød, gul eller ikke-kartlagt."
    ),
]
FormOption = Annotated[
    Form,
    typer.Option(
        "--format",
        metavar="FORM",
        help="JSON i denne formen: json (med --json), sarif, eller dok (den nasjonale "
        "DOK-analysen).",
    ),
]
Configs = Annotated[
    Path | None,
    typer.Option(
        "--dok",
        metavar="MAPPE",
        help="Nasjonale DOK-konfigurasjoner (YAML) som planen også holdes mot. «--format dok» "
        "bruker katalogens når valget mangler.",
    ),
]
ProvisionsFile = Annotated[
    Path | None,
    typer.Option(
        "--bestemmelser",
        metavar="FIL",
        help="Bestemmelsene (.docx, .html, .txt eller nasjonal .xml): hver hensynssone, hvert "
        "bestemmelsesområde og hvert felt skal være nevnt der.",
    ),
]
Crs = Annotated[
    str | None,
    typer.Option("--crs", metavar="KODE", help="Koordinatsystemet når filen ikke sier det."),
]
Rules = Annotated[bool, typer.Option("--regler", help="List reglene, med alvor og hjemmel.")]
Each = Annotated[
    bool,
    typer.Option(
        "--hver",
        help="Mange planer: hver planfil er en plan, og filene i en undermappe er én plan. --ut "
        "får ett resultat per plan og en oversikt. En avbrutt kjøring fortsetter der den slapp.",
    ),
]
EachReport = Annotated[
    bool, typer.Option("--rapport", help="Med --hver: skriv hele rapporten for hver plan også.")
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--prosesser",
        metavar="TALL",
        min=1,
        max=256,
        help="Med --hver: planer som kontrolleres samtidig. Uten brukes kjernene og minnet som er "
        "der.",
    ),
]
Limit = Annotated[
    float | None,
    typer.Option(
        "--tidsgrense",
        metavar="SEKUNDER",
        min=0.001,
        help="Med --hver: lengste tid for én plan. Uten er den 300 sekunder.",
    ),
]
