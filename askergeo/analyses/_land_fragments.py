"""How whole the natural land is: patches, their size, effective mesh size, what hangs together.

Source: Jaeger, J. A. G. (2000), «Landscape division, splitting index, and effective mesh size: new
measures of landscape fragmentation», Landscape Ecology 15: m = (1/A) Σ aᵢ². Patches are cut at
the boundary («cutting-out»), as there.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo._text import listed
from askergeo.analyses._land_account import DEKAR
from askergeo.analyses._land_parts import FUTURE, LandPart, dekar_column, planned_use
from askergeo.errors import ParameterError
from askergeo.geometry import components, intersecting, polygons_of, union
from askergeo.numbers import format_number
from askergeo.overlay.door import check_crs_of, checked
from askergeo.result import Column, MapLayer, Style, StyleClass, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.analyses._land import LandBoundary, LandCover
    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters

__all__ = ["Patches", "fragmentation", "linked", "measures", "merged", "patches", "without"]

_KM2: Final = 1e6
_WHOLE: Final = "Natur samlet"
_TODAY: Final = "I dag"
# What is left of a patch below this (m²) is rounding, not land.
_CRUMB: Final = 1e-3
# Limits of the classes of size on the map, dekar.
_SIZES: Final = (10.0, 100.0, 1_000.0, 10_000.0)
_COLOURS: Final = ("#edf8e9", "#bae4b3", "#74c476", "#31a354", "#006d2c")
_PLANS: Final = {
    "kommuneplan": "Når gjeldende kommuneplan er bygd ut",
    "kommuneplan_forslag": "Når forslaget til kommuneplan er bygd ut",
}
_COLUMNS: Final = {
    "tilstand": Column(title="Tilstand"),
    "klasse": Column(title="Slag natur"),
    "flater": Column(title="Sammenhengende flater", unit="flater", decimals=0),
    "areal_dekar": dekar_column("Areal"),
    "median_dekar": dekar_column("Median flate"),
    "snitt_dekar": dekar_column("Gjennomsnittlig flate"),
    "storste_dekar": dekar_column("Største flate"),
    "maskevidde_km2": Column(
        title="Effektiv maskevidde",
        unit="km²",
        decimals=3,
        description="Σ a² / A: det området som et tilfeldig sted i kommunen i snitt ligger i.",
    ),
    "endring_maske": Column(
        title="Endring i maskevidde fra i dag",
        unit="%",
        decimals=1,
        description="I forhold til samme slag natur i dag.",
    ),
}
_GREEN_COLUMNS: Final = {
    "tilstand": Column(title="Tilstand"),
    "omraader": Column(title="Sammenhengende grøntområder", unit="områder", decimals=0),
    "storste_dekar": dekar_column("Største område"),
    "storste_andel": Column(title="Andel av naturen i det største", unit="%", decimals=1),
    "store_flater": Column(title="Store flater", unit="flater", decimals=0),
    "store_dekar": dekar_column("Areal i store flater"),
    "store_andel": Column(title="Andel av naturen i store flater", unit="%", decimals=1),
    "maskevidde_km2": Column(
        title="Effektiv maskevidde av områdene",
        unit="km²",
        decimals=3,
        description="Som for flatene, men av flater som ligger nær hverandre, sett som én.",
    ),
}


@dataclass(frozen=True)
class Patches:
    """Land of some kind in one state, as pieces that hang together.

    Parameters
    ----------
    key
        Of the state, in rows' labels.
    state, kind
        In bokmål: when, and which land.
    shapes
        Polygons that do not share an edge, m.
    """

    key: str
    state: str
    kind: str
    shapes: Geometries


def merged(shapes: Geometries, *, matching: bool = False) -> Geometries:
    """Pieces of land that hang together by an edge; a corner does not join.

    Parameters
    ----------
    shapes
        Valid polygons and multipolygons.
    matching
        Whether neighbours share all corners of their border and none overlap, so that the quick
        way may be taken.
    """
    polygons = polygons_of(shapes)
    if matching and len(polygons):
        return polygons_of(shapely.coverage_union_all(polygons))
    return polygons_of(union(polygons))


def patches(shapes: Geometries, area: BaseGeometry, *, matching: bool = False) -> Geometries:
    """Pieces of land within an area, each cut at its boundary."""
    found = merged(shapes, matching=matching)
    shapely.prepare(area)
    rim = ~shapely.covers(area, found)
    found[rim] = shapely.intersection(found[rim], area)
    return _pieces(found)


def _pieces(shapes: Geometries) -> Geometries:
    found = polygons_of(shapes)
    return np.asarray(found[shapely.area(found) > _CRUMB], dtype=object)


def without(shapes: Geometries, removed: BaseGeometry) -> Geometries:
    """Take land away from patches."""
    left = shapes.copy()
    met = intersecting(shapes, removed)
    left[met] = shapely.difference(shapes[met], removed)
    return _pieces(left)


def measures(shapes: Geometries, total_m2: float) -> dict[str, float]:
    """Measures of fragmentation; sizes are missing where there is no patch.

    Parameters
    ----------
    shapes
        Patches.
    total_m2
        Area of the whole that the patches lie in, m².

    Examples
    --------
    >>> found = measures(np.array([shapely.box(0, 0, 60, 100), shapely.box(70, 0, 90, 100)]), 1e4)
    >>> found["flater"], found["storste_dekar"], round(found["maskevidde_km2"] * 1e6)
    (2, 6.0, 4000)
    """
    area = shapely.area(shapes)
    some = bool(len(area))
    return {
        "flater": len(area),
        "areal_dekar": float(area.sum()) / DEKAR,
        "median_dekar": float(np.median(area)) / DEKAR if some else np.nan,
        "snitt_dekar": float(area.mean()) / DEKAR if some else np.nan,
        "storste_dekar": float(area.max()) / DEKAR if some else np.nan,
        "maskevidde_km2": float((area**2).sum()) / total_m2 / _KM2,
    }


def linked(shapes: Geometries, distance_m: float) -> NDArray[np.intp]:
    """Find the groups of patches that lie within a distance of each other, link by link.

    Parameters
    ----------
    shapes
        Patches.
    distance_m
        Metres in the plane from edge to edge; what lies between does not matter.
    """
    boxes = shapely.box(*(shapely.bounds(shapes) + distance_m * np.array([-1, -1, 1, 1])).T)
    one, other = shapely.STRtree(shapes).query(boxes)
    one, other = one[one < other], other[one < other]
    # The one of more corners is prepared: measuring from the other would take its edges anew.
    size = shapely.get_num_coordinates(shapes)
    large, small = np.where(size[one] >= size[other], (one, other), (other, one))
    shapely.prepare(shapes)
    near = shapely.dwithin(shapes[large], shapes[small], distance_m)
    return components(large[near], small[near], len(shapes))


def fragmentation(
    boundary: LandBoundary,
    cover: LandCover,
    plans: Mapping[str, gpd.GeoDataFrame],
    parameters: Parameters,
    *,
    earlier: LandCover | None = None,
) -> LandPart:
    """Measure how the natural land hangs together: earlier, now, and when the plans are built.

    Parameters
    ----------
    boundary, cover
        What is accounted for, and its land cover.
    plans
        ``kommuneplan`` and ``kommuneplan_forslag`` from `askergeo.analyses._land.plan_frame`,
        those that are there.
    parameters
        The set ``areal``.
    earlier
        Land cover of an earlier date.

    Raises
    ------
    CrsError
        When a layer is in another CRS than the boundary.
    ParameterError
        When the land cover has none of the groups that are called natural.
    """
    layers = {"grensen": boundary.frame, cover.layer: cover.frame, **plans}
    check_crs_of({**layers, **({"ar5_tidligere": earlier.frame} if earlier else {})}, boundary.crs)
    area = union(checked("grensen", boundary.frame).shapes)
    kinds = _natural(cover, [str(kind) for kind in parameters["natur_grupper"]])
    farmed = [str(kind) for kind in parameters["natur_jordbruk"]]
    then = "tidligere", "Tidligere"
    states = _of_cover(earlier, then, (kinds, farmed), area) if earlier else []
    states += _of_cover(cover, ("i_dag", _TODAY), (kinds, farmed), area)
    states += _of_plans([one for one in states if one.state == _TODAY], plans)
    whole = [one for one in states if one.kind == _WHOLE]
    table = _table(states, float(area.area), kinds)
    reach, least = float(parameters["gront_avstand_m"]), float(parameters["gront_minste_dekar"])
    groups = [linked(one.shapes, reach) for one in whole]
    now = next(number for number, one in enumerate(whole) if one.state == _TODAY)
    return LandPart(
        tables=(table, _green_table(whole, groups, float(area.area), reach, least)),
        layers=(_map(whole[now].shapes, groups[now], boundary.crs),),
        reading=_reading(kinds, reach, least, cover.layer),
    )


def _natural(cover: LandCover, wanted: list[str]) -> list[str]:
    """Take the groups that this land cover has: the parameter names those of every one."""
    known = list(dict.fromkeys(cover.classes["gruppe"]))
    found = [kind for kind in wanted if kind in known]
    if not found:
        raise ParameterError(
            f"Arealdekket «{cover.title}» har ingen av gruppene {listed(wanted)}.",
            remedy=f"Sett «natur_grupper» til noen av {listed(known)}.",
        )
    return found


def _of_plans(now: list[Patches], plans: Mapping[str, gpd.GeoDataFrame]) -> list[Patches]:
    """Every kind of land as it is when each plan is built."""
    found: list[Patches] = []
    for name, state in _PLANS.items():
        if name in plans:
            frame = plans[name]
            future = frame[(planned_use(frame) == FUTURE).to_numpy()]
            built = union(checked(name, future).shapes)
            found += [Patches(name, state, one.kind, without(one.shapes, built)) for one in now]
    return found


def _of_cover(
    cover: LandCover,
    when: tuple[str, str],
    groups: tuple[list[str], list[str]],
    area: BaseGeometry,
) -> list[Patches]:
    """Every kind of land that the land cover has: the natural together, then each by itself."""
    key, state = when
    natural, other = groups
    every = list(dict.fromkeys([*natural, *other]))
    wanted = cover.frame[cover.frame["gruppe"].isin(every)]
    shapes = checked(cover.layer, wanted).shapes
    group = wanted["gruppe"].to_numpy(dtype=object)
    chosen = [(_WHOLE, np.isin(group, natural))]
    chosen += [(one, group == one) for one in every if (group == one).any()]
    # What holds for all of them holds for some.
    matching = bool(shapely.coverage_is_valid(polygons_of(shapes)))
    return [
        Patches(key, state, kind, patches(shapes[rows], area, matching=matching))
        for kind, rows in chosen
    ]


def _table(states: list[Patches], total_m2: float, natural: list[str]) -> Table:
    records: list[dict[str, Any]] = []
    now = {
        one.kind: measures(one.shapes, total_m2)["maskevidde_km2"]
        for one in states
        if one.state == _TODAY
    }
    for one in states:
        found = measures(one.shapes, total_m2)
        today = now.get(one.kind, np.nan)
        change = (found["maskevidde_km2"] / today - 1) * 100 if today else np.nan
        if one.state == _TODAY:
            change = np.nan
        records.append(
            {"tilstand": one.state, "klasse": one.kind, **found, "endring_maske": change}
        )
    return Table(
        name="fragmentering",
        title="Hvor oppdelt naturen er",
        frame=pd.DataFrame(
            records, columns=list(_COLUMNS), index=[f"{one.key}|{one.kind}" for one in states]
        ),
        columns=_COLUMNS,
        note=f"Natur samlet er {', '.join(natural).lower()}. Flater som har en felles grense, er "
        "én flate; et felles hjørne binder ikke sammen. Veger og bebyggelse deler naturen slik "
        "de er tegnet i arealdekket. Effektiv maskevidde er summen av arealene i annen potens, "
        "delt på kommunens areal (Jaeger 2000); flatene er klippet ved grensen.",
    )


def _green_table(
    states: list[Patches],
    groups: list[NDArray[np.intp]],
    total_m2: float,
    reach: float,
    least: float,
) -> Table:
    records = []
    for one, group in zip(states, groups, strict=True):
        area = shapely.area(one.shapes)
        together = np.bincount(group, weights=area) if len(area) else np.zeros(0)
        large = area[area >= least * DEKAR]
        total = float(area.sum())
        records.append(
            {
                "tilstand": one.state,
                "omraader": len(together),
                "storste_dekar": float(together.max()) / DEKAR if len(area) else np.nan,
                "storste_andel": 100 * float(together.max()) / total if total else np.nan,
                "store_flater": len(large),
                "store_dekar": float(large.sum()) / DEKAR,
                "store_andel": 100 * float(large.sum()) / total if total else np.nan,
                "maskevidde_km2": float((together**2).sum()) / total_m2 / _KM2,
            }
        )
    return Table(
        name="gronnstruktur",
        title="Sammenhengende grønnstruktur",
        frame=pd.DataFrame(
            records, columns=list(_GREEN_COLUMNS), index=[one.key for one in states]
        ),
        columns=_GREEN_COLUMNS,
        note=f"Naturflater som ligger høyst {format_number(reach)} m fra hverandre, er ett "
        f"område, uansett hva som ligger mellom dem. Store flater er minst "
        f"{format_number(least)} dekar.",
    )


def _map(shapes: Geometries, group: NDArray[np.intp], crs: str) -> MapLayer:
    area = shapely.area(shapes) / DEKAR
    labels = _size_labels()
    sums = np.bincount(group, weights=area)
    rank = np.argsort(np.argsort(-sums, kind="stable"), kind="stable")
    order = np.argsort(-area, kind="stable")
    frame = gpd.GeoDataFrame(
        {
            "omraade": rank[group] + 1,
            "dekar": area,
            "omraade_dekar": sums[group],
            "storrelse": np.array(labels, dtype=object)[np.searchsorted(_SIZES, area, "right")],
        },
        geometry=shapes,
        crs=crs,
    ).iloc[order]
    classes = tuple(
        StyleClass(value=label, label=label, fill=fill, stroke="#00441b")
        for label, fill in zip(labels, _COLOURS, strict=True)
    )
    return MapLayer(
        name="naturflater",
        title="Sammenhengende natur i dag",
        frame=frame.reset_index(drop=True),
        columns={
            "omraade": Column(title="Grøntområde, nummer", decimals=0),
            "dekar": dekar_column("Flaten"),
            "omraade_dekar": dekar_column("Hele grøntområdet"),
            "storrelse": Column(title="Størrelse"),
        },
        style=Style(column="storrelse", classes=classes, stroke="#00441b", width=0.1, opacity=0.7),
        visible=False,
    )


def _size_labels() -> list[str]:
    limits = [format_number(one) for one in _SIZES]
    middle = [f"{low}–{high} dekar" for low, high in itertools.pairwise(limits)]
    return [f"Under {limits[0]} dekar", *middle, f"{limits[-1]} dekar og mer"]


def _reading(kinds: list[str], reach: float, least: float, layer: str) -> tuple[str, ...]:
    natural = listed([kind.lower() for kind in kinds])
    what = (
        f"Natur er {natural}. Tallene for planene viser hva som er igjen når all framtidig "
        "utbygging i planen er bygd; nye veger til utbyggingen er bare med når planen har dem som "
        "formål."
    )
    green = (
        "Sammenhengende grønnstruktur er natur der avstanden mellom flatene er høyst "
        f"{format_number(reach)} m. En veg mellom dem kan likevel være en hindring. Grensen på "
        f"{format_number(least)} dekar for store flater er et valg; prøv flere."
    )
    coarse = (
        "Det grove arealdekket har ikke veger og små bebygde flater. Naturen er derfor mer "
        "oppdelt enn tallene viser."
    )
    return (what, green, coarse) if layer == "arealdekke" else (what, green)
