"""Pupils, schools and places that new districts are made of, from the layers of a package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._district_options import school_years
from askergeo.errors import LayerError, collect
from askergeo.geometry import geometries, union
from askergeo.population.people import age_in_grade
from askergeo.school.capacity import GRADES, STAGES, capacity
from askergeo.school.district_inputs import sums_by
from askergeo.school.forecast import forecast_of_layers
from askergeo.school.pupils import pupils
from askergeo.school.units import blocks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.result import SourceRecord
    from askergeo.school.capacity import Capacity
    from askergeo.school.forecast import Forecast
    from askergeo.school.pupils import Pupils

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

__all__ = [
    "Layers",
    "Members",
    "located",
    "people_of",
    "places_of",
    "taking_part",
    "today_of",
    "units_layer",
    "without_district",
]

# Metres from the units beyond which a school is not in the municipality.
_OUTSIDE: Final = 2000.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Layers:
    """The layers of the catalogue that districts are made from."""

    adresse: gpd.GeoDataFrame
    befolkning: pd.DataFrame
    skole: gpd.GeoDataFrame
    skolekrets: gpd.GeoDataFrame
    grunnkrets: gpd.GeoDataFrame | None = None
    elevtall: pd.DataFrame | None = None
    skoletiltak: pd.DataFrame | None = None
    boligprogram: gpd.GeoDataFrame | None = None
    befolkning_historikk: pd.DataFrame | None = None
    framskriving: pd.DataFrame | None = None
    kommunegrense: gpd.GeoDataFrame | None = None
    kilder: Mapping[str, SourceRecord] | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Members:
    """The ``d`` parts and their pupils of one stage.

    Parameters
    ----------
    forecast, pupils, places
        What they are from.
    years
        School years that the districts must hold for, by their autumns, (y,).
    count
        Pupils by part, grade and year, (d, g, y).
    dated
        What must be told of the year of the residents.
    """

    forecast: Forecast
    pupils: Pupils
    places: Capacity
    years: Rows
    count: Floats
    dated: tuple[str, ...]


def units_layer(layers: Layers, parameters: Parameters) -> gpd.GeoDataFrame:
    """Return the units as the layer ``grunnkrets`` has them: grunnkretser, or blocks."""
    units, stage = layers.grunnkrets, str(parameters["kretser_trinn"])
    if units is None or not len(units) or parameters["kretser_enheter"] == "blokk":
        own = layers.skolekrets[layers.skolekrets["trinn"].eq(stage).fillna(value=False)]
        if not len(own):
            raise LayerError(
                f"Laget «skolekrets» har ingen krets for {stage}.",
                remedy="Legg til kretsene for trinnet, eller laget «grunnkrets».",
            )
        return blocks(
            geometries(layers.adresse),
            own,
            size_m=float(parameters["krets_blokk_m"]),
            least=int(parameters["krets_blokk_adresser"]),
        )
    number = units["grunnkretsnummer"].astype(str)
    name = units.get("grunnkretsnavn", number)
    found = gpd.GeoDataFrame(
        {
            "grunnkretsnummer": number,
            "grunnkretsnavn": name.astype(object).where(name.notna(), number),
        },
        geometry=shapely.make_valid(geometries(units)),
        crs=units.crs,
    )
    return found.dissolve("grunnkretsnummer", as_index=False, aggfunc="first")


def people_of(layers: Layers, units: gpd.GeoDataFrame, parameters: Parameters) -> Members:
    """Forecast the pupils of every part."""
    stage = str(parameters["kretser_trinn"])
    forecast, dated = forecast_of_layers(
        layers.adresse,
        layers.befolkning,
        layers.kilder,
        grunnkrets=units,
        skolekrets=layers.skolekrets,
        elevtall=layers.elevtall,
        boligprogram=layers.boligprogram,
        befolkning_historikk=layers.befolkning_historikk,
        framskriving=layers.framskriving,
        parameters=parameters,
    )
    chosen = forecast.alternatives[str(parameters["kretser_framskriving"])]
    years = school_years(chosen.years, parameters)
    places = capacity(
        layers.skole, layers.skoletiltak, years=chosen.years - 1, parameters=parameters,
        skolekrets=layers.skolekrets,
    )  # fmt: skip
    found = pupils(
        forecast, layers.skole, layers.skolekrets, layers.elevtall, parameters=parameters,
        historikk=layers.befolkning_historikk, places=places,
    )  # fmt: skip
    at = np.searchsorted(chosen.years, years + 1)
    first, last = (age_in_grade(grade) for grade in GRADES[stage])
    children = chosen.count[at][:, :, first : last + 1]
    share = found.part_share[:, STAGES.index(stage)]
    # Whoever has no district today goes to school as the others do.
    total = children[0].sum(axis=1)
    known = ~np.isnan(share)
    common = np.average(share[known], weights=total[known] + 1e-9) if known.any() else 1.0
    count = children.transpose(1, 2, 0) * np.where(known, share, common)[:, None, None]
    return Members(
        forecast=forecast, pupils=found, places=places, years=years, count=count, dated=dated
    )


def taking_part(people: Members, stage: str) -> pd.Index:
    """Schools that may have a district: public, with the stage, in some of the years."""
    at = STAGES.index(stage)
    inside = np.isin(people.places.years, people.years)
    frame = people.places.schools
    own = people.pupils.kind[:, at]
    taking = people.places.is_open[inside][:, :, at].any(axis=0) | (own == "krets")
    taking &= ~frame["privat"].to_numpy(dtype=bool) & (own != "fri")
    if not taking.any():
        raise LayerError(
            f"Ingen offentlig skole har {stage} i årene kretsene skal gjelde.",
            remedy="Se etter trinn_fra og trinn_til i laget «skole».",
        )
    found: pd.Index = frame.index[taking]
    return found


def without_district(people: Members, stage: str) -> tuple[str, ...]:
    """Names of public schools of the stage that have pupils, but no district today."""
    at = STAGES.index(stage)
    frame = people.places.schools
    free = (people.pupils.kind[:, at] == "fri") & people.places.is_open[:, :, at].any(axis=0)
    free &= ~frame["privat"].to_numpy(dtype=bool)
    return tuple(map(str, frame["navn"].to_numpy(dtype=object)[free]))


def located(skole: gpd.GeoDataFrame, names: pd.Series, units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Points of the schools; refuses those that are nowhere or far outside."""
    frame = skole.drop_duplicates("skole_id").set_index("skole_id").loc[names.index]
    points = geometries(frame)
    whole = union(geometries(units))
    nowhere = shapely.is_missing(points) | shapely.is_empty(points)
    wrong = nowhere | ~shapely.dwithin(points, whole, _OUTSIDE)
    if wrong.any():
        raise LayerError(
            "Disse skolene mangler sted, eller ligger utenfor kommunen, så vegen til dem er "
            f"ukjent:\n{collect(f'{names[key]} (skole_id {key})' for key in frame.index[wrong])}",
            remedy="Rett punktene i laget «skole», eller legg ned skolene med --nedlegg.",
        )
    return gpd.GeoDataFrame(geometry=points, index=frame.index, crs=skole.crs)


def places_of(
    people: Members, names: pd.Series, closed: list[str], parameters: Parameters
) -> tuple[Floats, tuple[str, ...]]:
    """Places that can be used, (s, y), and the schools whose places are guessed.

    A school whose places are not known is taken to have room for those who belong to it today.
    """
    stage = str(parameters["kretser_trinn"])
    at = STAGES.index(stage)
    inside = np.isin(people.places.years, people.years)
    row = people.places.schools.index.get_indexer(names.index)
    found = people.places.places[inside][:, row, at].T
    open_now = people.places.is_open[inside][:, row, at].T
    found = np.where(open_now, found * float(parameters["praktisk_andel"]), 0.0)
    unknown = np.isnan(found)
    today = today_of(people, names.index, stage)
    load = sums_by(people.count.sum(axis=1), today, len(names))
    found = np.where(unknown, np.ceil(load.max(axis=1, keepdims=True)), found)
    found[names.index.isin(closed)] = 0.0
    lacks = np.flatnonzero(unknown.any(axis=1))
    return found, tuple(map(str, names.to_numpy(dtype=object)[lacks]))


def today_of(people: Members, schools: pd.Index, stage: str) -> Rows:
    """Row of the school of each part today, (d,)."""
    own = people.pupils.assignment.own[:, STAGES.index(stage)]
    # The last is for −1.
    ids = np.array([*people.places.schools.index, None], dtype=object)
    return schools.get_indexer(pd.Index(ids[own])).astype(np.int64)
