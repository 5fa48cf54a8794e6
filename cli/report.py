"""The main job: ``demo`` on the example municipality, ``rapport`` on the user's own data."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from .console import Console
from .options import Json, Language, Out, Overwrite, Printed, Quiet, Scenario, Tongue

__all__ = ["register"]


class Size(StrEnum):
    """Sizes of the example municipality."""

    LITEN = "liten"
    ASKER = "asker"


def register(app: typer.Typer, command: type, _group: type) -> None:
    """Add the verbs to the command line."""
    app.command("demo", cls=command)(demo)
    app.command("rapport", cls=command)(report)
    app.command("gjenta", cls=command)(repeat)


def demo(
    out: Out = Path("eksempel"),
    size: Annotated[
        Size,
        typer.Option(
            "--størrelse",
            metavar="NAVN",
            help="liten: ca. 5 000 bosatte; asker: ca. 98 000 bosatte.",
        ),
    ] = Size.LITEN,
    *,
    language: Language = Tongue.NB,
    printed: Printed = False,
    overwrite: Overwrite = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Bygg Eksempelbygda og kjør alle analysene på den.

    $ askergeo demo --ut eksempel
    $ askergeo demo --ut stor --størrelse asker

    Eksempelbygda er en oppdiktet kommune: ingen tall herfra sier noe om et virkelig sted. Mappen
    får en startside (index.html), én GeoPackage, én arbeidsbok, resultat.json og datapakken som
    alt er regnet fra. I datapakken ligger et planforslag med feil, til å prøve plansjekken på.
    """
    from askergeo.demo import make_demo

    console = Console(as_json=as_json, quiet=quiet)
    with console.progress("Eksempelbygda") as step:
        made = make_demo(
            out,
            size=size.value,
            overwrite=overwrite,
            language=language,
            printed=printed,
            progress=step,
        )
    console.paths(made.paths, heading="\n".join(made.stops))
    console.note(
        "Prøv plansjekken på et planforslag med feil:\n"
        f"  askergeo plansjekk {made.plan} --data {made.package} --ut plansjekk"
    )
    console.stop(made.stops)


def report(
    data: Annotated[Path, typer.Argument(metavar="MAPPE", help="Datapakken.")],
    out: Out,
    *,
    scenario: Scenario = None,
    language: Language = Tongue.NB,
    printed: Printed = False,
    overwrite: Overwrite = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Kjør hver analyse som lagene i datapakken tillater.

    $ askergeo rapport asker --ut rapport
    $ askergeo rapport asker --ut ny-skole --scenario ny-skole-data

    For hver analyse som ikke kunne kjøres, sier rapporten hvilket lag som mangler. Se «askergeo
    data mangler MAPPE» for hvor lagene bestilles. Sluttkode 1: tall i rapporten må ikke publiseres.
    """
    from askergeo.background import background_of
    from askergeo.datapackage import DataPackage
    from askergeo.outputs.report import stop_lines
    from askergeo.outputs.write import check_free, write_all
    from askergeo.report import run_all

    console = Console(as_json=as_json, quiet=quiet)
    package = DataPackage.open(data)
    check_free(out, overwrite=overwrite)
    with console.progress(package.name or str(data)) as step:
        found = run_all(package, scenario=_open(scenario), progress=step)
        paths = write_all(
            found.results,
            out,
            title=package.name,
            missing=found.not_run,
            overwrite=overwrite,
            background=background_of(package),
            language=language,
            printed=printed,
        )
    heading = "" if found.results else _nothing_run(package)
    if heading:
        console.note(heading)
    for missing in found.not_run:
        layers = ", ".join(layer.layer for layer in missing.missing)
        why = missing.reason or f"mangler {layers}"
        console.note(f"Ikke kjørt: {missing.title} – {why}.")
    stops = stop_lines(found.results)
    console.paths(paths, heading="\n".join([*stops, *([heading] if heading else [])]))
    console.stop(stops)


def _nothing_run(package: Any) -> str:  # noqa: ANN401  (DataPackage; imported only when needed)
    start = (
        f"Se «askergeo data mangler {package.path}»."
        if "kommunegrense" in package
        else f"Begynn med kommunegrensen: askergeo data legg-til {package.path} kommunegrense FIL"
    )
    return f"Ingen analyser kunne kjøres. {start}"


def repeat(
    result: Annotated[Path, typer.Argument(metavar="FIL", help="resultat.json som skal gjentas.")],
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="MAPPE", help="Datapakken, når den er flyttet."),
    ] = None,
    scenario: Annotated[
        Path | None,
        typer.Option("--scenario", metavar="MAPPE", help="Scenarioet, når det er flyttet."),
    ] = None,
    *,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Regn et resultat på nytt fra det som filen forteller, og si hva som er forskjellig.

    $ askergeo gjenta eksempel/resultat.json

    Sluttkode 0: alt er likt. Sluttkode 1: noe er forskjellig; da står det hva.
    """
    from askergeo.repeat import repeat_result

    console = Console(as_json=as_json, quiet=quiet)
    with console.progress("Gjentar") as step:
        differences = repeat_result(result, package=data, scenario=scenario, progress=step)
    text = "\n".join(differences) or "Alt er likt: samme data, samme parametre, samme svar."
    console.result(text, {"likt": not differences, "forskjeller": differences})
    if differences:
        raise typer.Exit(1)


def _open(path: Path | None) -> Any:  # noqa: ANN401  (DataPackage; imported only when needed)
    from askergeo.datapackage import DataPackage

    return None if path is None else DataPackage.open(path)
