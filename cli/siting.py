"""The verb that chooses places for new services."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import Common, Data, Json, Out, Overwrite, Parameter, Quiet, given, pairs

__all__ = ["register"]


def register(settlement: typer.Typer, command: type) -> None:
    """Add the verb to the group ``tettsted``."""
    settlement.command("plasser", cls=command)(place)


def place(
    data: Data,
    out: Out = Path("plassering"),
    *,
    service: Annotated[
        str | None,
        typer.Option("--tjeneste", metavar="TYPE", help="Tjenesten, for eksempel apotek."),
    ] = None,
    count: Annotated[
        int | None, typer.Option("--antall", metavar="TALL", help="Antall nye steder.")
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option("--profil", metavar="PROFIL", help="Gangprofil, for eksempel rullator."),
    ] = None,
    age: Annotated[
        str | None,
        typer.Option(
            "--aldersgruppe",
            metavar="GRUPPE",
            help="Hvem som teller: alle, barn, eldre, eldst eller en alder og oppover, som 67+.",
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option("--minutter", metavar="TALL", help="Lengste gangtid som er god nok."),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(
            "--metode", metavar="METODE", help="dekning (flest innen grensen) eller gangtid."
        ),
    ] = None,
    candidates: Annotated[
        str | None,
        typer.Option(
            "--kandidater",
            metavar="LAG|FIL",
            help="Hvor stedene kan ligge: senter, tjeneste, veg eller en fil med punkter.",
        ),
    ] = None,
    parameter: Parameter = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Velg de beste stedene for nye tjenester.

    $ askergeo tettsted plasser --data asker --tjeneste apotek --antall 2 --ut apotek
    $ askergeo tettsted plasser --data asker --tjeneste dagligvare --aldersgruppe 67+ --ut butikk

    Stedene gir flest i aldersgruppen kort gangtid, og det står om det er bevist at de er best.
    """
    from askergeo.errors import ParameterError

    from .analyses import run_and_write

    if service is None and "tjeneste" not in pairs(parameter):
        raise ParameterError(
            "Det er ikke sagt hvilken tjeneste som skal plasseres.",
            remedy="Skriv for eksempel «--tjeneste apotek».",
        )
    options = {
        "tjeneste": service,
        "antall": count,
        "profil": profile,
        "aldersgruppe": age,
        "minutter": minutes,
        "metode": method,
    } | _candidates(candidates, data)
    common = Common(overwrite=overwrite, as_json=as_json, quiet=quiet)
    run_and_write("plassering", data, out, common, given(options, parameter))


def _candidates(text: str | None, data: Path) -> dict[str, str]:
    """Read the candidates: the name of a layer, or a file's points in the package's CRS."""
    if text is None:
        return {}
    if not (Path(text).suffix and Path(text).exists()):
        return {"kandidater": text}
    from askergeo.datapackage import DataPackage
    from askergeo.sources.points import read_points

    points = read_points(text, DataPackage.open(data).crs)
    return {"kandidater": "punkter", "kandidatpunkter": ",".join(points)}
