"""From the layers of a package to the problem of new school districts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._district_options import closed_schools, fixed_units
from askergeo.analyses._district_people import (
    located,
    people_of,
    places_of,
    taking_part,
    today_of,
    units_layer,
    without_district,
)
from askergeo.geometry import geometries, union
from askergeo.population.faults import all_faults
from askergeo.school.areas import place
from askergeo.school.capacity import GRADES, STAGES
from askergeo.school.district_inputs import (
    Basis,
    at_edge,
    majority,
    make_problem,
    phased_in,
    sums_by,
    unit_ways,
    whole_pupils,
)
from askergeo.school.district_problem import NONE
from askergeo.school.route import distances, straight
from askergeo.school.route_rights import counted, limit_of
from askergeo.school.units import ISLAND, Neighbours, Units, merged, neighbours

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.analyses._district_people import Layers, Members
    from askergeo.network.graph import GraphBuild
    from askergeo.parameters import Parameters
    from askergeo.school.areas import Areas
    from askergeo.school.district_inputs import UnitWays
    from askergeo.school.district_problem import Problem

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

__all__ = ["Ground", "make_ground"]

# Ages that tell where families live: more addresses than pupils of one stage have.
_CHILD: Final = 16
# Grades that go slower and are less used to traffic.
_YOUNG: Final = 4
# Pupils below which a unit is not told of by itself.
_FEW: Final = 5.0
# Share of a unit's pupils from which it lies in one district.
_WHOLE: Final = 1 - 1e-6
_NOBODY: Final = Neighbours(np.zeros((0, 2), np.int64), np.zeros(0, object), np.zeros(0))


@dataclass(frozen=True, kw_only=True, eq=False)
class Ground:
    """The problem, and what must be told beside its answer.

    Parameters
    ----------
    basis
        The problem and its numbers.
    stage
        ``barnetrinn`` or ``ungdomstrinn``.
    schools
        Points of the schools that take part, index ``skole_id``.
    next_school
        Name of the lower secondary school of each unit today, (u,); empty when not known, and for
        the lower secondary stage itself.
    split
        Names of grunnkretser that lie in the districts of several schools today.
    apart
        Names of public schools with pupils that no district names, and that get none.
    guessed_places
        Names of schools whose places are not known.
    islands
        Pairs of names of units that are neighbours because nothing else is nearer.
    held
        Names of units with few pupils that were kept at their school.
    dropped
        Years asked for that the forecast does not reach.
    guessed
        What the forecast and the shares rest on guesses for, in bokmål.
    faults
        What is wrong with the input: regel, tittel, lag, rad, tekst.
    """

    basis: Basis
    stage: str
    schools: gpd.GeoDataFrame
    next_school: NDArray[np.object_]
    split: tuple[str, ...]
    apart: tuple[str, ...]
    guessed_places: tuple[str, ...]
    islands: tuple[tuple[str, str], ...]
    held: tuple[str, ...]
    dropped: int
    guessed: tuple[str, ...]
    faults: pd.DataFrame


@dataclass(frozen=True, kw_only=True, eq=False)
class _Case:
    """What is asked and known before the units are made."""

    stage: str
    members: Members
    names: pd.Series
    schools: gpd.GeoDataFrame
    places: Floats
    guessed: tuple[str, ...]
    fixed: Mapping[str, str]
    # Row of the school of each part today, (d,).
    today: Rows
    # Pupils of each part in the first year, (d,).
    weight: Floats
    land: BaseGeometry | None


def make_ground(gangnett: GraphBuild, layers: Layers, parameters: Parameters) -> Ground:
    """Make the problem.

    Parameters
    ----------
    gangnett
        The walking graph, in the CRS of the layers.
    layers
        The layers.
    parameters
        The sets ``skolekretser``, ``skole``, ``prognose`` and ``skoleveg``.

    Raises
    ------
    ParameterError
        When a year, school or unit that was asked for does not exist.
    LayerError
        When no school takes part, or one of them is not in the municipality.
    """
    layer = units_layer(layers, parameters)
    case = _case(layers, layer, parameters)
    units = _units(layer, case, gangnett, parameters)
    areas = case.members.forecast.areas
    row = _rows(units, areas)
    count = len(units.frame)
    pupils_of = sums_by(case.members.count, row, count)
    own, share = majority(row, case.today, case.weight, count)
    must = _fixed_rows(units, case.fixed, case.names.index)
    few = _few(pupils_of, own, must, case.places)
    if case.stage == STAGES[1]:
        # Its units go with their primary district.
        few[:] = False
    must = np.where(few, own, must)
    ways = _ways(gangnett, layers, units, case, np.where(must >= 0, must, own), parameters)
    problem = _problem(units, case, pupils_of, ways, own, must, row, parameters)
    stays = str(parameters["kretser_blir"])
    phased = None if stays == "nei" else phased_in(problem, pupils_of)
    if phased is not None and stays == "innenfor":
        problem = phased
    named = units.frame["navn"].astype(str).to_numpy(dtype=object)
    cut = (share > 0) & (share < _WHOLE) & (pupils_of.sum(axis=(1, 2)) > 0)
    return Ground(
        basis=Basis(
            problem=problem,
            phased=phased,
            units=units,
            names=case.names.to_numpy(dtype=object),
            grades=_grades(case.stage),
            pupils=pupils_of,
            whole=whole_pupils(pupils_of.sum(axis=1), own),
            ways=ways,
        ),
        stage=case.stage,
        schools=case.schools,
        next_school=_next_school(case, row, count),
        split=tuple(named[cut]),
        apart=without_district(case.members, case.stage),
        guessed_places=case.guessed,
        islands=tuple(
            (named[one], named[other])
            for one, other in units.next_to.pairs[units.next_to.kind == ISLAND]
        ),
        held=tuple(named[few]),
        dropped=int(parameters["kretser_aar"]) - len(case.members.years),
        guessed=(*case.members.dated, *case.members.pupils.guessed),
        faults=all_faults(
            [
                areas.faults,
                case.members.forecast.faults,
                case.members.places.faults,
                case.members.pupils.faults,
            ]
        ),
    )


def _case(layers: Layers, layer: gpd.GeoDataFrame, parameters: Parameters) -> _Case:
    """Read what is asked, and reckon pupils and places."""
    stage = str(parameters["kretser_trinn"])
    members = people_of(layers, layer, parameters)
    taking = taking_part(members, stage)
    names = members.places.schools.loc[taking, "navn"].astype(str)
    closed = closed_schools(parameters["kretser_nedlegg"], names)
    places, guessed = places_of(members, names, closed, parameters)
    titles = layer.set_index("grunnkretsnummer")["grunnkretsnavn"]
    return _Case(
        stage=stage,
        members=members,
        names=names,
        schools=located(layers.skole, names, layer),
        places=places,
        guessed=guessed,
        fixed=fixed_units(parameters["kretser_fast"], titles, names, closed),
        today=today_of(members, names.index, stage),
        weight=members.count[:, :, 0].sum(axis=1),
        land=_land(layers.kommunegrense),
    )


def _grades(stage: str) -> range:
    first, last = GRADES[stage]
    return range(first, last + 1)


def _problem(  # noqa: PLR0917  (called once)
    units: Units,
    case: _Case,
    pupils_of: Floats,
    ways: UnitWays,
    own: Rows,
    must: Rows,
    row: Rows,
    parameters: Parameters,
) -> Problem:
    """Put the problem together."""
    together = None
    if case.stage == STAGES[1] and parameters["kretser_samlet"] == "ja":
        code = _codes(case.members.forecast.areas.frame["barnekrets"])
        together, _ = majority(row, code, case.weight, len(units.frame))
    young = np.array(_grades(case.stage)) <= _YOUNG
    return make_problem(
        units,
        schools=case.names.index,
        years=case.members.years,
        pupils=pupils_of,
        places=case.places,
        ways=ways,
        today=own,
        home=place(geometries(case.schools), geometries(units.frame)).astype(np.int64),
        edge=at_edge(units, case.land),
        fixed=must,
        together=together,
        grade_weights=np.where(young, float(parameters["krets_vekt_1_4"]), 1.0),
        slack=float(parameters["krets_slakk"]),
    )


def _land(boundary: gpd.GeoDataFrame | None) -> BaseGeometry | None:
    if boundary is None:
        return None
    land = boundary[boundary["omfang"] == "land"]
    return union(geometries(land)) if len(land) else None


def _units(
    layer: gpd.GeoDataFrame, case: _Case, gangnett: GraphBuild, parameters: Parameters
) -> Units:
    """Make the units, those with few pupils held together with a neighbour."""
    small = _single_units(layer, case)
    next_to = neighbours(
        geometries(small),
        least_m=float(parameters["krets_grense_m"]),
        land=case.land,
        graph=gangnett.graph,
    )
    units = Units(small, next_to)
    row = _rows(units, case.members.forecast.areas)
    by_year = sums_by(case.members.count.sum(axis=1), row, len(small))
    return merged(units, by_year.min(axis=1), float(parameters["krets_minste_enhet"]))


def _single_units(layer: gpd.GeoDataFrame, case: _Case) -> gpd.GeoDataFrame:
    """Return the units one by one, with what they may be held together within."""
    ids = layer["grunnkretsnummer"].astype(str)
    frame = gpd.GeoDataFrame(
        {"navn": layer["grunnkretsnavn"].astype(str).to_numpy(), "medlemmer": [(x,) for x in ids]},
        geometry=geometries(layer),
        index=pd.Index(ids.to_numpy(dtype=object), name="enhet"),
        crs=layer.crs,
    )
    areas, count = case.members.forecast.areas, len(frame)
    row = _rows(Units(frame, _NOBODY), areas)
    # Where nobody lives, the nearest unit where somebody does tells the district.
    empty = ~np.isin(np.arange(count), row)
    own = _filled(majority(row, case.today, case.weight, count)[0], empty, frame)
    feeding = np.zeros(count, dtype=np.int64)
    if case.stage == STAGES[1]:
        code = _codes(areas.frame["barnekrets"])
        feeding = _filled(majority(row, code, case.weight, count)[0], empty, frame)
    frame["gruppe"] = [
        f"{school}/{district}/{case.fixed.get(str(key), '')}"
        for school, district, key in zip(own, feeding, frame.index, strict=True)
    ]
    return frame


def _filled(values: Rows, empty: NDArray[np.bool_], frame: gpd.GeoDataFrame) -> Rows:
    """Give empty units the value of the nearest unit that has one."""
    known, unknown = np.flatnonzero(values >= 0), np.flatnonzero(empty & (values < 0))
    if not len(known) or not len(unknown):
        return values
    shapes = geometries(frame)
    middle = shapely.point_on_surface(shapes[unknown])
    own, other = shapely.STRtree(shapes[known]).query_nearest(middle, all_matches=False)
    found = values.copy()
    found[unknown[own]] = values[known[other]]
    return found


def _rows(units: Units, areas: Areas) -> Rows:
    """Row of the unit of each part; a part outside all units is in the nearest."""
    known = units.row_of()
    row = pd.Index(known.index).get_indexer(areas.frame["enhet"].astype(object))
    found = np.where(row >= 0, known.to_numpy()[row], NONE).astype(np.int64)
    lost = np.flatnonzero(found < 0)
    if len(lost):
        middle = shapely.point_on_surface(geometries(areas.frame)[lost])
        tree = shapely.STRtree(geometries(units.frame))
        own, unit = tree.query_nearest(middle, all_matches=False)
        found[lost[own]] = unit
    return found


def _codes(values: pd.Series) -> Rows:
    """Return the number of each value, −1 for none."""
    return np.asarray(pd.factorize(values)[0], dtype=np.int64)


def _fixed_rows(units: Units, fixed: Mapping[str, str], schools: pd.Index) -> Rows:
    """School that each unit must have, (u,), −1 none."""
    row = units.row_of()
    found = np.full(len(units.frame), NONE, dtype=np.int64)
    for unit, school in fixed.items():
        found[row[unit]] = int(schools.get_indexer(pd.Index([school]))[0])
    return found


def _few(pupils_of: Floats, own: Rows, must: Rows, places: Floats) -> NDArray[np.bool_]:
    """Units with so few pupils that a move would tell of them, and whose school stays open."""
    fewest = pupils_of.sum(axis=1).min(axis=1)
    most = pupils_of.sum(axis=1).max(axis=1)
    stays = (own >= 0) & (places[own, -1] > 0)
    return np.asarray((most > 0) & (fewest < _FEW) & (must < 0) & stays)


def _ways(  # noqa: PLR0917  (called once)
    gangnett: GraphBuild,
    layers: Layers,
    units: Units,
    case: _Case,
    must: Rows,
    parameters: Parameters,
) -> UnitWays:
    """Measure the ways from every address; a unit without addresses has its middle for one."""
    areas, count = case.members.forecast.areas, len(units.frame)
    address = layers.adresse.drop_duplicates("adresse_id")
    placed = areas.address.reindex(address["adresse_id"]).to_numpy(dtype=object)
    part = areas.frame.index.get_indexer(pd.Index(placed))
    row = np.where(part >= 0, _rows(units, areas)[part], NONE)
    empty = np.setdiff1d(np.arange(count), row)
    middle = shapely.point_on_surface(geometries(units.frame)[empty])
    points = np.concatenate([geometries(address), middle])
    starts = gpd.GeoSeries(points, crs=units.frame.crs)
    children = _children(layers.befolkning, address["adresse_id"])
    return unit_ways(
        distances(gangnett, starts, case.schools, parameters),
        np.nan_to_num(straight(points, geometries(case.schools)), nan=0.0),
        np.r_[row, empty],
        np.r_[children, np.zeros(len(empty))],
        count=count,
        limits=_limits(parameters),
        detour=float(parameters["krets_omveg"]),
        must=must,
    )


def _limits(parameters: Parameters) -> tuple[float, float]:
    """Metres measured beyond which grade 1, and the others, have the right to free transport.

    What the county adds to the way is taken from the limit: see `askergeo.school.route_rights`.
    """
    first, other = limit_of(1, parameters), limit_of(2, parameters)
    nothing, more = counted(np.array([0.0, 1.0]), parameters)
    return float((first - nothing) / (more - nothing)), float((other - nothing) / (more - nothing))


def _children(befolkning: pd.DataFrame, address: pd.Series) -> Floats:
    """Children of school age and below at each address."""
    young = pd.to_numeric(befolkning["alder"]) < _CHILD
    rows = befolkning[young.fillna(value=False).to_numpy(dtype=bool)]
    by_address = pd.to_numeric(rows["antall"]).groupby(rows["adresse_id"].to_numpy()).sum()
    found = by_address.reindex(address).to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(np.nan_to_num(found, nan=0.0))


def _next_school(case: _Case, row: Rows, count: int) -> NDArray[np.object_]:
    """Name of the lower secondary school of each unit; empty when not known or not asked."""
    if case.stage != STAGES[0]:
        return np.full(count, "", dtype=object)
    own, _ = majority(row, case.members.pupils.assignment.own[:, 1], case.weight, count)
    names = case.members.places.schools["navn"].astype(str).to_numpy(dtype=object)
    return np.asarray(np.append(names, "")[own], dtype=object)
