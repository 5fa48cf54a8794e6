"""A review as a result: what page, workbook, GeoPackage and JSON are written from."""

from __future__ import annotations

import shlex
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
import shapely

from askergeo._plan_style import purpose_style
from askergeo.parameters import load_parameters
from askergeo.plan.background import background_layers
from askergeo.plan.basis import plan_digest
from askergeo.plan.cutout import Mark, near_plan, read_ground
from askergeo.result import (
    Column,
    Fact,
    Finding,
    MapLayer,
    Missing,
    Result,
    Severity,
    Status,
    Style,
    StyleClass,
    Table,
)
from askergeo.run import provenance_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from askergeo.datapackage import DataPackage
    from askergeo.parameters import Parameters
    from askergeo.plan.cutout import Ground
    from askergeo.plan.job import Job
    from askergeo.plan.place import Place
    from askergeo.plan.review import Found, Review
    from askergeo.scenario import ScenarioView

__all__ = ["PLAN_FILE", "marks_of", "review_result"]

#: Title of the records among the parameters that name the plan's files.
PLAN_FILE: Final = "Planfil"

_SEVERITY: Final = {Status.HIT_RED: Severity.ERROR, Status.HIT_YELLOW: Severity.WARNING}
_COLOUR: Final = {Status.HIT_RED: "Rød", Status.HIT_YELLOW: "Gul"}
_ANSWERS: Final = {
    Status.HIT_RED: "Treff, rødt",
    Status.HIT_YELLOW: "Treff, gult",
    Status.NOT_MAPPED: "Ikke kartlagt",
    Status.NO_HIT: "Ingen funn",
    Status.NOT_RELEVANT: "Gjelder ikke",
    Status.NOT_IMPLEMENTED: "Ikke kontrollert",
}
# Braces in pairs hold the facts; the others the words that follow their numbers.
_TEMPLATE: Final = (
    "Planen på {{areal}} dekar har {{rode}} {rode} og {{gule}} {gule} funn; {{ukjent}} tema er "
    "ikke kartlagt, og {{ikke}} {regler} kunne ikke kontrolleres."
)
# Layers of what was hit: name, title, dimension, and what joins the parts of one finding.
_HIT_LAYERS: Final = (
    ("treff", "Treff", 2, shapely.MultiPolygon),
    ("treff_linje", "Treff, linjer", 1, shapely.MultiLineString),
    ("treff_punkt", "Treff, punkter", 0, shapely.MultiPoint),
)
_READING: Final = (
    "Gjennomgangen er skrevet av en maskin etter regler som står i katalogen over regler.",
    "En saksbehandler må se etter det som er merket «delvis», og det som ikke er kartlagt.",
    "Arealet av et treff er hvert sted én gang, også når flere objekter i kartet dekker det.",
)


def review_result(
    review: Review,
    package: DataPackage | ScenarioView,
    paths: Sequence[Path],
    changes: Mapping[str, Sequence[Found]] | None = None,
    *,
    parameters: Parameters | None = None,
    ground: Ground | None = None,
    job: Job | None = None,
) -> Result:
    """Put a review in the form that every output takes.

    Parameters
    ----------
    review
        A review with a map.
    package
        The data package that it was held against.
    paths
        The plan's files; their names and digests are told.
    changes
        From `askergeo.plan.review.changed`, when two versions were compared.
    parameters
        Those that the review was made with; without them the set's own values.
    ground
        What lies below the plan on the map, from `marks_of` and
        `askergeo.plan.cutout.read_ground`; read when it is not given.
    job
        What the review was asked with besides, for the command that makes it again.

    Raises
    ------
    ValueError
        When the review has no map.
    """
    if review.place is None:
        msg = "a review without a map has no report"
        raise ValueError(msg)
    red = sum(one.status == Status.HIT_RED for one in review.found)
    count = {"rode": red, "gule": len(review.found) - red}
    unknown = sum(one.status == Status.NOT_MAPPED for one in review.answers)
    below = ground or read_ground(package, review.place, marks_of(review))
    layers = [layer for answer in review.answers for layer in answer.rule.layers]
    layers += [layer for layer, frame in below.frames.items() if len(frame)]
    read = dict.fromkeys(layer for layer in layers if layer in package)
    tables = [
        _summary_table(review),
        _findings_table(review),
        _rules_table(review),
        _purposes_table(review.place),
    ]
    return Result(
        analysis="plansjekk",
        title="Plansjekk",
        template=_TEMPLATE.format(
            rode="rødt" if red == 1 else "røde",
            gule="gult" if count["gule"] == 1 else "gule",
            regler="regel" if len(review.not_asked) == 1 else "regler",
        ),
        facts={
            "areal": Fact(
                title="Planområde", value=review.place.outline.area / 1000, unit="dekar", decimals=1
            ),
            "rode": Fact(title="Røde funn", value=count["rode"]),
            "gule": Fact(title="Gule funn", value=count["gule"]),
            "ukjent": Fact(title="Tema som ikke er kartlagt", value=unknown),
            "ikke": Fact(title="Regler som ikke er kontrollert", value=len(review.not_asked)),
        },
        tables=tuple(tables if changes is None else [*tables, _changes_table(changes)]),
        layers=(*background_layers(below, package), *_layers(review, review.place, package.crs)),
        findings=tuple(_finding(one) for one in review.found),
        parameters=(
            *(parameters or load_parameters("plansjekk")).records(),
            *(_file_record(path) for path in paths),
        ),
        warnings=tuple(_warnings(review.place)),
        missing=tuple(_missing(review, package)),
        reading=_READING,
        provenance=provenance_of(package, read, _command(paths, package, job)),
    )


def _command(paths: Sequence[Path], package: DataPackage | ScenarioView, job: Job | None) -> str:
    """Write the command that makes the review again, without the machine's own paths."""
    words = ["askergeo", "plansjekk", *(path.name for path in paths), "--data", package.path.name]
    laid_over = getattr(package, "scenario_path", None)
    if laid_over is not None:
        words += ["--scenario", laid_over.name]
    if job is not None:
        for option, path in (("--dok", job.configs), ("--bestemmelser", job.provisions)):
            words += [] if path is None else [option, path.name]
        words += [] if job.crs is None else ["--crs", job.crs]
        for name, value in job.parameters.items():
            words += ["--parameter", f"{name}={value}"]
    return shlex.join(words)


def marks_of(review: Review) -> list[Mark]:
    """Give what a review shows on maps: the places of its findings that lie on the plan's map."""
    outline = review.place.outline if review.place else None
    return [
        Mark(one.geometry, one.status)
        for one in review.found
        if outline is not None and one.geometry is not None and near_plan(one.geometry, outline)
    ]


def _finding(one: Found) -> Finding:
    return Finding(
        rule=one.rule.id,
        title=f"Ikke oppfylt: {one.rule.title}",
        status=one.status,
        severity=_SEVERITY[one.status],
        text=one.text,
        law=one.rule.reference,
        layer=one.layer or one.file,
        row=", ".join(one.objects),
        action=one.rule.action,
        geometry=one.geometry if one.layer else None,
    )


def _summary_table(review: Review) -> Table:
    """One row a demand that is not met, the red first."""
    answers = {one.rule.id: one for one in review.answers}
    rows = []
    for (status, rule), some in groupby(review.found, key=lambda one: (one.status, one.rule)):
        answer = answers.get(rule.id)
        rows.append(
            {
                "status": _COLOUR[status],
                "krav": rule.title,
                "antall": len(list(some)),
                "areal_m2": answer.area_m2 if answer else None,
                "lov": rule.reference,
                "gjor": rule.action,
            }
        )
    columns = {
        "status": Column(title="Status"),
        "krav": Column(title="Krav som ikke er oppfylt"),
        "antall": Column(title="Funn", decimals=0),
        "areal_m2": Column(
            title="Truffet areal", unit="m²", decimals=0, description="Rødt og gult sammen."
        ),
        "lov": Column(title="Hjemmel"),
        "gjor": Column(title="Hva som må gjøres"),
    }
    return Table(
        name="sammendrag",
        title="Krav som ikke er oppfylt",
        frame=_numbered(pd.DataFrame(rows, columns=list(columns)).astype({"areal_m2": "float64"})),
        columns=columns,
    )


def _findings_table(review: Review) -> Table:
    columns = {
        "status": Column(title="Status"),
        "krav": Column(title="Krav som ikke er oppfylt"),
        "funn": Column(title="Funn"),
        "areal_m2": Column(title="Areal", unit="m²", decimals=0),
        "objekter": Column(title="Objekter i planen"),
        "sted": Column(title="Lag eller fil"),
        "regel": Column(title="Regel"),
    }
    frame = pd.DataFrame(
        [
            {
                "status": _COLOUR[one.status],
                "krav": one.rule.title,
                "funn": one.text,
                "areal_m2": one.area_m2,
                "objekter": ", ".join(one.objects),
                "sted": one.layer or f"{one.file}{f', linje {one.line}' if one.line else ''}",
                "regel": one.rule.id,
            }
            for one in review.found
        ],
        columns=list(columns),
    ).astype({"areal_m2": "float64"})
    return Table(name="funn", title="Hvert funn", frame=_numbered(frame), columns=columns)


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.set_index(pd.RangeIndex(1, len(frame) + 1).astype(str))


def _rules_table(review: Review) -> Table:
    answers = {one.rule.id: one for one in review.answers}
    fired = {one.rule.id: Status.HIT_YELLOW for one in review.found}
    fired |= {one.rule.id: one.status for one in review.found if one.status == Status.HIT_RED}
    rows = []
    for rule in review.rules.values():
        answer = answers.get(rule.id)
        status = fired.get(rule.id) or review.clean.get(rule.id, Status.NOT_IMPLEMENTED)
        rows.append(
            {
                "regel": rule.id,
                "krav": rule.title,
                "svar": _ANSWERS[status],
                "areal_m2": answer.area_m2 if answer and answer.hits else None,
                "avstand_m": answer.distance_m if answer else None,
                "ikke_kartlagt_m2": answer.unmapped_m2 if answer else None,
                "maate": rule.how,
                "merknad": review.not_asked.get(rule.id) or (answer.remark if answer else ""),
            }
        )
    numbers = dict.fromkeys(["areal_m2", "avstand_m", "ikke_kartlagt_m2"], "float64")
    return Table(
        name="kontroll",
        title="Alle reglene, og hva de sa",
        frame=pd.DataFrame(rows).astype(numbers).set_index("regel", drop=False),
        columns={
            "regel": Column(title="Regel"),
            "krav": Column(title="Krav"),
            "svar": Column(title="Svar"),
            "areal_m2": Column(title="Truffet areal", unit="m²", decimals=0),
            "avstand_m": Column(title="Avstand til nærmeste", unit="m", decimals=0),
            "ikke_kartlagt_m2": Column(title="Ikke kartlagt", unit="m²", decimals=0),
            "maate": Column(title="Måte"),
            "merknad": Column(title="Merknad"),
        },
    )


def _purposes_table(place: Place) -> Table:
    uses = place.uses.assign(areal_m2=place.uses.area)
    frame = uses.groupby(["kode", "bruk"], as_index=False)["areal_m2"].sum()
    frame["flater"] = uses.groupby(["kode", "bruk"]).size().to_numpy()
    return Table(
        name="formal",
        title="Formål på grunnen",
        frame=_numbered(frame),
        columns={
            "kode": Column(title="Kode"),
            "bruk": Column(title="Bruk"),
            "areal_m2": Column(title="Areal", unit="m²", decimals=0),
            "flater": Column(title="Flater", decimals=0),
        },
    )


def _changes_table(changes: Mapping[str, Sequence[Found]]) -> Table:
    titles = {"rettet": "Rettet", "nye": "Nytt", "fortsatt": "Fortsatt der"}
    rows = [
        {"endring": titles[name], "krav": one.rule.title, "funn": one.text, "regel": one.rule.id}
        for name, some in changes.items()
        for one in some
    ]
    frame = pd.DataFrame(rows, columns=["endring", "krav", "funn", "regel"])
    return Table(
        name="endringer",
        title="Siden forrige utgave",
        frame=_numbered(frame),
        columns={
            "endring": Column(title="Endring"),
            "krav": Column(title="Krav"),
            "funn": Column(title="Funn"),
            "regel": Column(title="Regel"),
        },
    )


def _layers(review: Review, place: Place, crs: str) -> list[MapLayer]:
    uses = place.uses.assign(areal_m2=place.uses.area)
    codes = pd.to_numeric(uses["kode"], errors="coerce").astype("Int64")
    layers = [
        MapLayer(
            name="formal",
            title="Formål i planen",
            frame=uses.assign(kode=codes),
            columns={
                "objekt": Column(title="Objekt"),
                "kode": Column(title="Kode", decimals=0),
                "bruk": Column(title="Bruk"),
                "areal_m2": Column(title="Areal", unit="m²", decimals=0),
            },
            style=purpose_style("kode", codes.dropna().unique(), plan="reguleringsplan"),
        )
    ]
    return [*layers, *_hit_layers(review, place, crs)]


def _hit_layers(review: Review, place: Place, crs: str) -> Iterator[MapLayer]:
    """Give what was hit: a layer of surfaces, one of lines and one of points."""
    placed = [
        (one, shapely.get_parts(one.geometry))
        for one in review.found
        if one.geometry is not None and near_plan(one.geometry, place.outline)
    ]
    # The red lie above the yellow.
    placed.sort(key=lambda pair: pair[0].status == Status.HIT_RED)
    for name, title, dimension, joined in _HIT_LAYERS:
        kept = [
            (one, joined(list(parts[shapely.get_dimensions(parts) == dimension])))
            for one, parts in placed
            if (shapely.get_dimensions(parts) == dimension).any()
        ]
        if not kept:
            continue
        frame = gpd.GeoDataFrame(
            {
                "status": [_COLOUR[one.status] for one, _ in kept],
                "krav": [one.rule.title for one, _ in kept],
                "funn": [one.text for one, _ in kept],
                "areal_m2": [one.area_m2 for one, _ in kept],
            },
            geometry=[shape for _, shape in kept],
            crs=crs,
        ).astype({"areal_m2": "float64"})
        yield MapLayer(
            name=name,
            title=title,
            frame=frame,
            columns={
                "status": Column(title="Status"),
                "krav": Column(title="Krav som ikke er oppfylt"),
                "funn": Column(title="Funn"),
                "areal_m2": Column(title="Areal", unit="m²", decimals=0),
            },
            style=Style(
                column="status",
                opacity=0.5,
                width=0.3 if dimension else 0.5,
                size=3.0,
                classes=(
                    StyleClass(value="Rød", label="Rød", fill="#d73027", stroke="#7f0000"),
                    StyleClass(value="Gul", label="Gul", fill="#fee08b", stroke="#8c6d00"),
                ),
            ),
        )


def _warnings(place: Place) -> list[str]:
    return [
        f"{count} formål på vertikalnivå {level} er ikke holdt mot kartet."
        for level, count in place.other_levels.items()
    ]


def _missing(review: Review, package: DataPackage | ScenarioView) -> list[Missing]:
    """Name each layer that is not in the package, with the demands that nobody asked."""
    asked: dict[str, list[str]] = {}
    for answer in review.answers:
        if answer.status == Status.NOT_IMPLEMENTED:
            for layer in answer.rule.layers:
                if layer not in package:
                    asked.setdefault(layer, []).append(answer.rule.title)
    return [
        Missing(
            layer=layer,
            title=package.catalogue[layer].title,
            consequence=f"Ikke kontrollert: {'; '.join(titles)}.",
        )
        for layer, titles in asked.items()
    ]


def _file_record(path: Path) -> dict[str, Any]:
    """Tell which file was reviewed, in the form of a parameter."""
    digest = plan_digest([path])
    return {
        "navn": path.name,
        "tittel": PLAN_FILE,
        "verdi": path.name,
        "enhet": "",
        "kilde": f"sha256 {digest}",
        "sikkerhet": "kjent",
        "endret": False,
    }
