"""The verb that reviews a plan."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .console import Console, text_table
from .options import Json, Overwrite, Quiet, Scenario

if TYPE_CHECKING:
    from askergeo.plan.review import Review

__all__ = ["register"]


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


def register(app: typer.Typer, command: type, _group: type) -> None:
    """Add the verb to the command line."""
    app.command("plansjekk", cls=command)(check)


def check(
    plan: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PLAN", help="Planen: GML, SOSI, GeoPackage eller GeoJSON, eller en flate."
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="MAPPE", help="Datapakken som planen holdes mot."),
    ] = None,
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            "--ut", metavar="MAPPE", help="Skriv rapporten i en mappe: side, arbeidsbok og kart."
        ),
    ] = None,
    old: Annotated[
        list[Path] | None,
        typer.Option(
            "--mot",
            metavar="PLAN",
            help="En eldre utgave: vis hva som er rettet, og hva som er nytt.",
        ),
    ] = None,
    scenario: Scenario = None,
    threshold: Annotated[
        Threshold,
        typer.Option(
            "--terskel",
            metavar="NIVÅ",
            help="Hva som gir sluttkode 1: rød, gul eller ikke-kartlagt.",
        ),
    ] = Threshold.UNMAPPED,
    form: Annotated[
        Form,
        typer.Option(
            "--format",
            metavar="FORM",
            help="Formen med --json: json, sarif eller dok (den nasjonale DOK-analysen).",
        ),
    ] = Form.JSON,
    dok: Annotated[
        Path | None,
        typer.Option(
            "--dok",
            metavar="MAPPE",
            help="Nasjonale DOK-konfigurasjoner (YAML) for --format dok. Uten brukes katalogens.",
        ),
    ] = None,
    crs: Annotated[
        str | None,
        typer.Option("--crs", metavar="KODE", help="Koordinatsystemet når filen ikke sier det."),
    ] = None,
    rules: Annotated[
        bool, typer.Option("--regler", help="List reglene, og hva som gjør dem gale.")
    ] = False,
    overwrite: Overwrite = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Se hva som er galt med en reguleringsplan, og hva den kolliderer med på kartet.

    $ askergeo plansjekk plan.gml --data asker
    $ askergeo plansjekk plan.gml --data asker --ut plansjekk --mot forrige.gml
    $ askergeo plansjekk --regler

    Det som ikke er kartlagt eller ikke kunne kontrolleres, står for seg: en plan er aldri i orden
    fordi ingen vet. Sluttkode 1 når noe er på eller over terskelen.
    """
    from askergeo.datapackage import DataPackage
    from askergeo.plan.forms import as_json as plain
    from askergeo.plan.forms import as_sarif
    from askergeo.plan.read import read_plans
    from askergeo.plan.review import changed, review

    console = Console(as_json=as_json, quiet=quiet)
    if rules:
        _list_rules(console)
        return
    if data is None and (out is not None or form is Form.DOK):
        raise typer.BadParameter("--ut og --format dok trenger --data: de handler om kartet.")
    if not plan:
        raise typer.BadParameter("Missing argument 'PLAN...'.")
    package: Any = None if data is None else DataPackage.open(data)
    if package is not None and scenario is not None:
        package = DataPackage.open(scenario).over(package)
    found = review(read_plans(plan, crs=crs), package)
    before = review(read_plans(old, crs=crs), package) if old else None
    changes = None if before is None else changed(before, found)
    if out is not None:
        _write(found, package, plan, out, changes, overwrite=overwrite)
        console.note(f"Rapporten er i {out}.")
    if form is Form.DOK:
        written = _national(found, package, dok)
    else:
        written = as_sarif(found) if form is Form.SARIF else plain(found, changes)
    console.result(_text(found, changes), written)
    if found.reached(threshold.value):
        raise typer.Exit(1)


def _write(
    found: Review,
    package: Any,  # noqa: ANN401  (a package or a scenario over it; imported when needed)
    plan: list[Path],
    out: Path,
    changes: dict[str, Any] | None,
    *,
    overwrite: bool,
) -> None:
    from askergeo.outputs.write import write_all
    from askergeo.plan.report import review_result

    write_all([review_result(found, package, plan, changes)], out, overwrite=overwrite)


def _national(found: Review, package: Any, configs: Path | None) -> dict[str, Any]:  # noqa: ANN401  (as above)
    """Answer as the national DOK analysis, in its own form."""
    from askergeo.dok import check_area, configs_of, read_configs, to_national

    asked = configs_of(package.catalogue) if configs is None else read_configs(configs)
    area = found.place.outline if found.place else None
    return to_national(check_area(area, package, configs=asked), area, package)


def _list_rules(console: Console) -> None:
    from askergeo.plan.catalogue import load_rules

    rows = [[r.id, r.severity, r.how, r.title, r.reference] for r in load_rules().values()]
    head = ["Regel", "Alvor", "Måte", "Krav", "Hjemmel"]
    console.result(
        text_table(head, rows),
        [dict(zip(("regel", "alvor", "maate", "tittel", "lov"), row, strict=True)) for row in rows],
    )


def _text(found: Review, changes: dict[str, Any] | None) -> str:
    """Write a review for people: the findings by rule, then what is not known, then the rest."""
    from itertools import groupby

    from askergeo.result import Status

    rules = found.rules
    signs = {Status.HIT_RED: "RØD", Status.HIT_YELLOW: "GUL"}
    lines = [found.sentence]
    for (status, name), some in groupby(found.found, key=lambda one: (one.status, one.rule.id)):
        rule = rules[name]
        lines += ["", f"{signs[status]}  Ikke oppfylt: {rule.title} ({name})"]
        lines += [f"     – {one.text}{_where(one.file, one.line)}" for one in some]
        lines += [f"     Hjemmel: {rule.reference}.", f"     {rule.action}"]
    for name, some in (changes or {}).items():
        lines += ["", f"{name.capitalize()} siden forrige utgave: {len(some)}"]
        lines += [f"  {one.rule.title}: {one.text}" for one in some]
    unknown = [name for name, status in found.clean.items() if status == Status.NOT_MAPPED]
    if unknown:
        lines += ["", "Ikke kartlagt, så svaret er ukjent:"]
        lines += [f"  {rules[name].title} ({name})" for name in unknown]
    for why in dict.fromkeys(found.not_asked.values()):
        names = [name for name, reason in found.not_asked.items() if reason == why]
        lines += ["", f"Ikke kontrollert. {why}", f"  {', '.join(names)}"]
    clean = [name for name in found.clean if name not in unknown]
    lines += ["", f"Uten funn: {', '.join(clean) or 'ingen'}"]
    return "\n".join(lines)


def _where(file: str, line: int | None) -> str:
    if not file:
        return ""
    return f" [{file}, linje {line}]" if line else f" [{file}]"
