"""What is screened: a plan's files, a reguleringsplan of the package, or projects."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import pandas as pd
import shapely

from askergeo._nearest import nearest
from askergeo.errors import LayerError, MissingFileError, ParameterError
from askergeo.geometry import geometries, polygons_of, union
from askergeo.numbers import format_number
from askergeo.plan.basis import plan_digest
from askergeo.plan.place import place_of
from askergeo.plan.read import read_plans
from askergeo.transport.plan_growth import (
    Growth,
    growth_of_projects,
    growth_of_uses,
    standing_buildings,
)
from askergeo.transport.trips import QUANTITIES

if TYPE_CHECKING:
    from collections.abc import Collection

    from shapely.geometry.base import BaseGeometry

    from askergeo.parameters import Parameters

__all__ = ["Programmes", "Subject", "all_projects", "subject_of"]

# Code of the level on the ground, as in the layer reguleringsplan_formaal.
_GROUND: Final = 2


@dataclass(frozen=True, eq=False)
class Programmes:
    """The layers that a plan or a project is looked up in; ``None`` where absent."""

    boligprogram: gpd.GeoDataFrame | None = None
    naeringsprogram: gpd.GeoDataFrame | None = None
    reguleringsplan: gpd.GeoDataFrame | None = None
    reguleringsplan_formaal: gpd.GeoDataFrame | None = None
    bygning: gpd.GeoDataFrame | None = None

    def rows(self, column: str, values: Collection[str]) -> Programmes:
        """Keep the rows of both programmes that have one of some values."""
        return Programmes(*(_with(one, column, values) for one in
                            (self.boligprogram, self.naeringsprogram)))  # fmt: skip

    def ids(self, column: str) -> list[str]:
        """Values of a column in both programmes."""
        found = [
            frame[column].dropna().astype(str)
            for frame in (self.boligprogram, self.naeringsprogram)
            if frame is not None and column in frame
        ]
        return list(pd.unique(pd.concat(found))) if found else []


@dataclass(frozen=True, eq=False)
class Subject:
    """What is screened.

    Parameters
    ----------
    name
        What it is called.
    source
        Where it is from, in bokmål.
    growth
        What it brings.
    outline
        The plan area; ``None`` of projects that are points.
    plan_ids
        The plan's numbers.
    standing
        Buildings on its ground that may be torn down; ``None`` when it is known what is, or when
        the layer is absent.
    notes
        What the reader must know, in bokmål.
    """

    name: str
    source: str
    growth: Growth
    outline: BaseGeometry | None
    plan_ids: tuple[str, ...]
    standing: gpd.GeoDataFrame | None
    notes: tuple[str, ...]


def subject_of(layers: Programmes, crs: object, parameters: Parameters) -> Subject | None:
    """Find what the parameters ask about; ``None`` when they ask about every project.

    Parameters
    ----------
    layers
        Where plans and projects are looked up.
    crs
        The CRS of the layers.
    parameters
        ``trafikk_planfil``, ``trafikk_planid`` or ``trafikk_prosjekt``, and what the user says of
        the growth.

    Raises
    ------
    ParameterError
        When several are asked about, or one is not found.
    MissingFileError
        When a plan file is not there.
    """
    names = ("trafikk_planfil", "trafikk_planid", "trafikk_prosjekt")
    asked = {name: str(parameters[name]).strip() for name in names}
    given = [name for name, value in asked.items() if value]
    if len(given) > 1:
        raise ParameterError(
            "Det er spurt om flere ting på en gang.",
            remedy="Oppgi enten en planfil, en plan-id eller et prosjekt.",
        )
    if not given:
        return None
    if asked["trafikk_planfil"]:
        return _from_files(asked["trafikk_planfil"], layers, crs, parameters)
    if asked["trafikk_planid"]:
        return _from_package(asked["trafikk_planid"], layers, parameters)
    return _from_project(asked["trafikk_prosjekt"], layers, parameters)


def all_projects(layers: Programmes, parameters: Parameters) -> Growth:
    """Reckon the growth of every row of both programmes.

    Raises
    ------
    LayerError
        When neither programme is in the package.
    """
    if layers.boligprogram is None and layers.naeringsprogram is None:
        raise LayerError(
            "Det er ingen prosjekter å vurdere: verken «boligprogram» eller «naeringsprogram» er i "
            "datapakken.",
            remedy="Oppgi en planfil eller --planid, eller legg til et av lagene.",
        )
    return growth_of_projects(layers.boligprogram, layers.naeringsprogram, parameters)


def _from_files(text: str, layers: Programmes, crs: object, parameters: Parameters) -> Subject:
    parts = [text] if Path(text).exists() else text.split(",")
    paths = [Path(one.strip()) for one in parts if one.strip()]
    for path in paths:
        if not path.exists():
            raise MissingFileError(
                f"Planfilen {path} finnes ikke.", remedy="Se etter at navnet er riktig skrevet."
            )
    place = place_of(read_plans(paths), str(crs))
    ids = tuple(sorted(place.plan_ids))
    source = f"{', '.join(one.name for one in paths)} (sha256 {plan_digest(paths)[:12]})"
    notes = []
    if place.other_levels:
        number = format_number(sum(place.other_levels.values()))
        notes.append(f"{number} formål på andre vertikalnivåer enn grunnen er ikke regnet med.")
    name = place.names[0] if place.names else paths[0].stem
    plan = _Plan(name, source, place.uses, place.outline, ids, notes)
    return _plan(plan, layers, parameters)


def _from_package(plan_id: str, layers: Programmes, parameters: Parameters) -> Subject:
    plans, purposes = layers.reguleringsplan, layers.reguleringsplan_formaal
    rows = _with(plans, "planid", [plan_id]) if plans is not None else None
    if plans is None or rows is None or not len(rows):
        known = [] if plans is None else plans["planid"].astype(str).tolist()
        near = nearest(plan_id, known, count=3)
        raise ParameterError(
            f"Det er ingen reguleringsplan med plan-id «{plan_id}» i datapakken.",
            remedy=f"Mente du {' eller '.join(near)}?" if near else "Oppgi en planfil i stedet.",
        )
    outline = union(polygons_of(geometries(rows)))
    uses, notes = None, []
    if purposes is not None:
        own = _with(purposes, "planid", [plan_id])
        if own is not None and "vertikalniva" in own:
            level = own["vertikalniva"].to_numpy(dtype=float, na_value=_GROUND)
            own = own[level == _GROUND]
        if own is not None and len(own):
            uses = gpd.GeoDataFrame(
                {"kode": own["formaal_kode"].astype(int).astype(str).to_numpy()},
                geometry=geometries(own),
                crs=own.crs,
            )
    if uses is None:
        uses = gpd.GeoDataFrame({"kode": [""]}, geometry=[outline], crs=plans.crs)
        notes.append("Planen har ingen arealformål i datapakken: hele planområdet er brukt.")
    name = str(rows["plannavn"].iloc[0]) if "plannavn" in rows else plan_id
    source = f"reguleringsplan {plan_id} i datapakken"
    plan = _Plan(name, source, uses, outline, (plan_id,), notes)
    return _plan(plan, layers, parameters)


@dataclass(frozen=True, eq=False)
class _Plan:
    """A plan on the map: its name and source, its purposes and area, and what must be said."""

    name: str
    source: str
    uses: gpd.GeoDataFrame
    outline: BaseGeometry
    ids: tuple[str, ...]
    notes: list[str]


def _plan(plan: _Plan, layers: Programmes, parameters: Parameters) -> Subject:
    """Put a plan together with what the programmes and the buildings say of it."""
    rows = layers.rows("planid", plan.ids)
    listed, lacking = _listed(rows, parameters) if plan.ids else (None, ())
    growth = growth_of_uses(plan.uses, parameters, listed)
    growth = Growth(growth.frame, growth.told, (*growth.lacking, *lacking), growth.torn)
    none = ["Planen har ingen formål med boliger eller arbeidsplasser."]
    return Subject(
        name=plan.name,
        source=plan.source,
        growth=growth,
        outline=plan.outline,
        plan_ids=plan.ids,
        standing=_standing(layers, growth, parameters),
        notes=(*plan.notes, *([] if len(growth.frame) else none)),
    )


def _listed(layers: Programmes, parameters: Parameters) -> tuple[pd.Series | None, tuple[str, ...]]:
    """Sum what the programmes have for a plan, by quantity."""
    if all(one is None or not len(one) for one in (layers.boligprogram, layers.naeringsprogram)):
        return None, ()
    found = growth_of_projects(layers.boligprogram, layers.naeringsprogram, parameters)
    total = found.frame[list(QUANTITIES)].sum()
    return total[total != 0], found.lacking


def _from_project(project: str, layers: Programmes, parameters: Parameters) -> Subject:
    rows = layers.rows("prosjekt_id", [project])
    if all(one is None or not len(one) for one in (rows.boligprogram, rows.naeringsprogram)):
        near = nearest(project, layers.ids("prosjekt_id"), count=3)
        raise ParameterError(
            f"Prosjektet «{project}» er ikke i boligprogrammet eller næringsprogrammet.",
            remedy=f"Mente du {' eller '.join(near)}?" if near else "Oppgi prosjekt_id.",
        )
    if float(parameters["boliger"]) > 0 or parameters["trafikk_naering"]:
        raise ParameterError(
            "Boliger og næringsareal kan ikke oppgis for et prosjekt: programmet har tallene.",
            remedy="Endre programmet i et scenario, eller vurder en planfil.",
        )
    growth = growth_of_projects(rows.boligprogram, rows.naeringsprogram, parameters)
    said = growth.frame["navn"].dropna().astype(str)
    ids = tuple(sorted(growth.frame["planid"].dropna().astype(str).unique()))
    areas = polygons_of(geometries(growth.frame))
    return Subject(
        name=said.iloc[0] if len(said) else project,
        source=f"prosjekt {project} i boligprogrammet og næringsprogrammet",
        growth=growth,
        outline=union(areas) if len(areas) else None,
        plan_ids=ids,
        standing=_standing(layers, growth, parameters),
        notes=("Sannsynligheten er ikke regnet med: prosjektet er regnet som bygd i sin helhet.",),
    )


def _standing(
    layers: Programmes, growth: Growth, parameters: Parameters
) -> gpd.GeoDataFrame | None:
    """Find the buildings on the ground of growth, when it is not known which are torn down."""
    ground = union(polygons_of(geometries(growth.frame)))
    if growth.torn or layers.bygning is None or shapely.is_empty(ground):
        return None
    return standing_buildings(layers.bygning, ground, parameters)


def _with(
    frame: gpd.GeoDataFrame | None, column: str, values: Collection[str]
) -> gpd.GeoDataFrame | None:
    """Keep the rows with one of some values."""
    if frame is None:
        return None
    if column not in frame:
        return frame.iloc[:0]
    wanted = [str(one) for one in values]
    return frame[frame[column].astype("string").isin(wanted).to_numpy(dtype=bool)]
