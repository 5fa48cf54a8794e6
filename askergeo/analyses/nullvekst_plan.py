"""The screening of a plan against the aim of no growth in driving north of the nullvekstlinje.

The method, with its sources, is in docs/metode-nullvekst.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import shapely

from askergeo.analyses import _screening_map as maps
from askergeo.analyses import _screening_tables as tables
from askergeo.analyses._background import land_of
from askergeo.analyses._carbon_budget import read_budget
from askergeo.analyses._input_faults import fault_findings
from askergeo.analyses._screening_list import list_of
from askergeo.analyses._screening_subject import Programmes, all_projects, subject_of
from askergeo.analyses._screening_text import (
    answer_text,
    doubt_of,
    facts_of,
    finding_of,
    line_text,
    reading,
)
from askergeo.errors import ParameterError
from askergeo.geometry import geometries
from askergeo.network.paths import Network
from askergeo.network.profiles import metres
from askergeo.result import Result
from askergeo.transport._car_emissions import Path, emission
from askergeo.transport._plan_parts import TIMETABLE, classed, divided, make_service
from askergeo.transport.offsets import measures_of
from askergeo.transport.screening import screen
from askergeo.transport.zones import NORTH, make_zones

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from askergeo.analyses._screening_subject import Subject
    from askergeo.network.graph import GraphBuild
    from askergeo.parameters import Parameters
    from askergeo.result import MapLayer
    from askergeo.transport._car_emissions import Emission
    from askergeo.transport._plan_parts import Service
    from askergeo.transport.zones import Zones

__all__ = ["nullvekst_plan"]

_TITLE: Final = "Nullvekst: siling av plan"
# Metres round the growth in which stops are drawn.
_AROUND: Final = 400.0


class _Scene(NamedTuple):
    """What a plan is held against: the zones, public transport and the measures."""

    zones: Zones
    service: Service
    transporttiltak: pd.DataFrame | None


def nullvekst_plan(
    gangnett: GraphBuild,
    *,
    nullvekstlinje: gpd.GeoDataFrame,
    kommunegrense: gpd.GeoDataFrame,
    holdeplass: gpd.GeoDataFrame | None = None,
    transporttiltak: pd.DataFrame | None = None,
    klimabudsjett: pd.DataFrame | None = None,
    parameters: Parameters,
    **layers: Any,  # noqa: ANN401  (the timetable, the programmes, plans and buildings)
) -> Result:
    """Screen a plan, a project, or every project of the programmes.

    Parameters
    ----------
    gangnett
        The walking graph and its report, in the CRS of the layers.
    nullvekstlinje, kommunegrense
        The line, and the municipality.
    holdeplass, transporttiltak, klimabudsjett
        Stops, measures and the climate budget.
    parameters
        The sets ``trafikk``, ``prognose`` and ``kollektiv``, and of ``nullvekst`` and ``plansjekk``
        those of the line and of dwellings. ``trafikk_planfil``, ``trafikk_planid`` or
        ``trafikk_prosjekt`` says what is screened; without any of them every project is.
    **layers
        ``rutelinje``, ``rutetur``, ``ruteavgang``, ``rutedag``, ``boligprogram``,
        ``naeringsprogram``, ``reguleringsplan``, ``reguleringsplan_formaal`` and ``bygning``.

    Raises
    ------
    ParameterError
        When a plan, a project or a number that is asked for is not found or cannot be read.
    LayerError
        When there is nothing to screen, or the timetable has no trips.
    """
    zones = make_zones(nullvekstlinje, kommunegrense, parameters=parameters)
    network = Network.of(gangnett.graph, metres(gangnett.graph))
    timetable = {name: layers.pop(name, None) for name in TIMETABLE}
    service = make_service(network, holdeplass, timetable, parameters)
    factor = emission(parameters, _budget(klimabudsjett, kommunegrense, parameters))
    programmes = Programmes(**layers)
    subject = subject_of(programmes, nullvekstlinje.crs, parameters)
    if subject is not None:
        _require_inside(subject, kommunegrense)
    base = [land_of(kommunegrense), maps.line_layer(zones.line, nullvekstlinje.crs)]
    if subject is None:
        growth = all_projects(programmes, parameters)
        result = list_of(growth, zones, service, transporttiltak, parameters)
    else:
        result = _one(subject, _Scene(zones, service, transporttiltak), factor, parameters)
    if subject is not None:
        base = maps.around(base, result.layers)
    return Result(
        analysis="nullvekst_plan",
        title=_TITLE,
        template=result.template,
        facts=result.facts,
        tables=result.tables,
        layers=(*base, *result.layers),
        findings=(*result.findings, *fault_findings(zones.faults)),
        warnings=result.warnings,
        reading=result.reading,
    )


def _require_inside(subject: Subject, boundary: gpd.GeoDataFrame) -> None:
    """Refuse a plan that has nothing in the municipality."""
    shapes = geometries(subject.growth.frame)
    whole = shapely.union_all(geometries(boundary))
    if len(shapes) and not shapely.intersects(whole, shapes).any():
        raise ParameterError(
            f"{subject.name} ligger utenfor kommunen.",
            remedy="Kontroller koordinatsystemet i planfilen, og at datapakken er for kommunen "
            "som planen gjelder.",
        )


def _budget(
    own: pd.DataFrame | None, boundary: gpd.GeoDataFrame, parameters: Parameters
) -> Path | None:
    """Read the path of private cars in the climate budget; ``None`` when it has no figures."""
    row = str(parameters["trafikk_klimabudsjett_rad"])
    number = str(boundary["kommunenummer"].iloc[0])
    budget = read_budget(own, number, [], row)
    found: dict[str, dict[int, float]] = {"utslipp": {}, "budsjett": {}}
    figures = budget.cells.loc[[row]].to_numpy(dtype=float)[0]
    for heading, tonnes in zip(budget.headings, figures, strict=True):
        if heading.kind in found and tonnes > 0:
            found[heading.kind][heading.year] = float(tonnes)
    if not (found["utslipp"] and found["budsjett"]):
        return None
    return Path(found["utslipp"], found["budsjett"], budget.source)


def _one(
    subject: Subject,
    scene: _Scene,
    factor: Emission,
    parameters: Parameters,
) -> Result:
    """Screen one plan or project."""
    zones, service, transporttiltak = scene
    growth = subject.growth.frame
    parts = classed(divided(growth, zones), service, parameters)
    measures = measures_of(transporttiltak, subject.plan_ids, parameters)
    found = screen(
        parts, measures, parameters, doubt_of(subject, parts, (zones, service), parameters)
    )
    listed = tables.part_frame(parts, growth, parameters)
    extra = answer_text(subject, service, measures)
    near = line_text(subject, zones, parameters)
    shown = [
        tables.answer_table(found, parts, parameters),
        tables.reason_table(found, (*extra, *([near] if near else []))),
        tables.year_table(found, factor),
    ]
    if len(measures.frame):
        shown.append(tables.measure_table(found))
    if any(found.sides[NORTH]):
        shown += [tables.weight_table(found), tables.class_table(found)]
    shown.append(tables.part_table(listed, service.why))
    if subject.standing is not None and len(subject.standing):
        shown.append(tables.standing_table(subject.standing, parameters))
    template, facts = facts_of(subject, found, parts, parameters)
    return Result(
        analysis="nullvekst_plan",
        title=_TITLE,
        template=template,
        facts=facts,
        tables=tuple(shown),
        layers=tuple(_layers(subject, parts, listed, service, parameters)),
        findings=(finding_of(subject, found, shapely.union_all(geometries(growth))),),
        warnings=subject.growth.lacking,
        reading=reading(service),
    )


def _layers(
    subject: Subject,
    parts: gpd.GeoDataFrame,
    listed: pd.DataFrame,
    service: Service,
    parameters: Parameters,
) -> list[MapLayer]:
    """Draw the plan, its parts, and the stops with the walks to them."""
    found: list[MapLayer | None] = []
    if subject.outline is not None:
        found.append(maps.plan_layer(subject.outline, subject.name, parts.crs))
    found.append(maps.part_layer(listed, parts.geometry))
    reach = float(parameters["trafikk_koble_m"])
    found.append(maps.walk_layer(parts, service, reach))
    if len(parts):
        found.append(maps.stop_layer(service, parts, _AROUND))
    return [one for one in found if one is not None]
