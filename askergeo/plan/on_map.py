"""Runs the rules that hold a plan against the map: what it collides with, how much, and where.

A hit area is the union of what is hit, so a place that several objects cover is counted once. What
no map covers is told as unmapped, never as free of hits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import shapely

from askergeo._layer import Coverage
from askergeo.geometry import EMPTY, geometries, intersecting, polygons_of, union
from askergeo.plan.catalogue import load_rules
from askergeo.plan.shore import banned_shore
from askergeo.plan.uses import use_of
from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo._layer import LayerColumn
    from askergeo.datapackage import DataPackage
    from askergeo.plan.catalogue import MapRule, Rule
    from askergeo.plan.place import Place
    from askergeo.scenario import ScenarioView

    Mask = NDArray[np.bool_]

__all__ = ["NEAR", "MapAnswer", "MapHit", "ask_map"]

#: Metres round the plan in which the nearest object is looked for when there is no hit.
NEAR: Final = 1_000.0
# m²: less is what the edges of two maps leave of each other.
_LEAST = 0.5
# Return periods (years) that buildings of a safety class must stand outside (TEK17 § 7-2): the
# layer's own code 2100 is the 200-year flood with climate.
_FLOODS: Final = {
    "F1": frozenset({10, 20}),
    "F2": frozenset({10, 20, 50, 100, 200, 2100}),
    "F3": frozenset({10, 20, 50, 100, 200, 500, 1000, 2100}),
}
# The same for slides (TEK17 § 7-3).
_SLIDES: Final = {
    "S1": frozenset({100}),
    "S2": frozenset({100, 300, 1000}),
    "S3": frozenset({100, 300, 1000, 5000}),
}
# The period that must be mapped for a class to be known free of it.
_PERIODS: Final = {"flood": _FLOODS, "slide": _SLIDES}
_OWN: Final = {
    "F1": frozenset({20}),
    "F2": frozenset({200, 2100}),
    "F3": frozenset({1000}),
    "S1": frozenset({100}),
    "S2": frozenset({1000}),
    "S3": frozenset({5000}),
}
_COMPLETE: Final = Coverage(rule="kommunen")
_WORST_FIRST: Final = (Status.HIT_RED, Status.HIT_YELLOW)


@dataclass(frozen=True, kw_only=True)
class MapHit:
    """One purpose of the plan that a layer hits.

    Parameters
    ----------
    objects, code, use
        Ids of the plan's objects with this purpose that are hit, its code, and its use.
    status
        The worst of what is hit.
    area_m2
        Area that is hit, each place once.
    what
        What is hit, in bokmål: the values of the layer's columns.
    rows
        Labels of the layer's rows.
    geometry
        Where.
    """

    objects: tuple[str, ...]
    code: str
    use: str
    status: Status
    area_m2: float
    what: str
    rows: tuple[object, ...]
    geometry: BaseGeometry


@dataclass(frozen=True, kw_only=True)
class MapAnswer:
    """What one rule says of the plan.

    Parameters
    ----------
    rule
        The rule.
    status
        The worst of the hits; without hits whether that is known (``NO-HIT-GREEN``), or not mapped
        everywhere (``NO-HIT-YELLOW``); ``NOT-RELEVANT`` when the rule is about no purpose of the
        plan; ``NOT-IMPLEMENTED`` when the layer is not in the package.
    hits
        One a purpose that is hit.
    area_m2
        Area that is hit, each place once.
    unmapped_m2
        Area of the purposes that the layer does not cover; missing when its cover is not known.
    distance_m
        To the nearest object when there is no hit; missing beyond `NEAR`.
    remark
        What the reader must know, in bokmål.
    """

    rule: Rule
    status: Status
    hits: tuple[MapHit, ...] = ()
    area_m2: float = 0.0
    unmapped_m2: float | None = 0.0
    distance_m: float | None = None
    remark: str = ""


@dataclass(frozen=True)
class _Layer:
    """The rows of a layer near the plan, by status.

    ``cover`` is the area that it maps, missing when that is all or not known, and ``rule`` says
    what it means that there is no hit.
    """

    frame: gpd.GeoDataFrame
    shapes: NDArray[np.object_]
    status: NDArray[np.object_]
    cover: shapely.Geometry | None
    rule: Coverage


def ask_map(place: Place, package: DataPackage | ScenarioView) -> list[MapAnswer]:
    """Hold a plan against every layer that a rule is about.

    Parameters
    ----------
    place
        The plan, in the package's CRS.
    package
        The data package, or a scenario over it.
    """
    return [
        _answer(rule, rule.map, place, package)
        for rule in load_rules().values()
        if rule.map is not None
    ]


def _answer(
    rule: Rule, asked: MapRule, place: Place, package: DataPackage | ScenarioView
) -> MapAnswer:
    if asked.layer not in package:
        title = package.catalogue[asked.layer].title
        remark = f"Laget «{title}» er ikke i datapakken."
        return MapAnswer(rule=rule, status=Status.NOT_IMPLEMENTED, unmapped_m2=None, remark=remark)
    uses = place.uses[_asked(place.uses["kode"], asked.uses)]
    if not len(uses):
        return MapAnswer(
            rule=rule, status=Status.NOT_RELEVANT, remark="Ingen formål som regelen gjelder."
        )
    layer, remark = _METHODS[asked.kind](asked, place, package)
    told = package.catalogue[asked.layer].columns
    hits = tuple(_hits(uses, layer, asked, {name: told[name] for name in asked.show}))
    where = union(np.array([hit.geometry for hit in hits], dtype=object)) if hits else EMPTY
    whole = union(geometries(uses))
    unmapped = _unmapped(whole, layer)
    return MapAnswer(
        rule=rule,
        status=_worst(hits, unmapped, layer.rule),
        hits=hits,
        area_m2=float(where.area),
        unmapped_m2=unmapped,
        distance_m=None if hits else _nearest(whole, layer),
        remark=remark,
    )


def _asked(codes: pd.Series, uses: str) -> Mask:
    """Which purposes a rule is about."""
    about = [use_of(str(code)) for code in codes]
    if uses == "all":
        return np.ones(len(about), dtype=bool)
    if uses == "not_farming":
        return np.array([not use.farming for use in about], dtype=bool)
    return np.array([bool(getattr(use, uses)) for use in about], dtype=bool)


def _read(asked: MapRule, place: Place, package: DataPackage | ScenarioView) -> gpd.GeoDataFrame:
    west, south, east, north = place.outline.bounds
    box = (west - NEAR, south - NEAR, east + NEAR, north + NEAR)
    wanted = dict.fromkeys(
        (*asked.show, *asked.blank, *(name for one in asked.classes for name in one.where))
    )
    there = package.records[asked.layer].columns
    columns = [name for name in wanted if name in there]
    found: gpd.GeoDataFrame = package.read(asked.layer, bbox=box, columns=columns)
    return found


def _area_layer(
    asked: MapRule, place: Place, package: DataPackage | ScenarioView
) -> tuple[_Layer, str]:
    frame = _read(asked, place, package)
    status = np.full(len(frame), None, dtype=object)
    for one in reversed(asked.classes):
        status[_fits(frame, one.where)] = one.status
    return _mapped(asked, frame, status, place, package), ""


def _fits(frame: gpd.GeoDataFrame, where: Mapping[str, tuple[object, ...]]) -> Mask:
    fits = np.ones(len(frame), dtype=bool)
    for column, values in where.items():
        if column in frame.columns:
            fits &= frame[column].isin(list(values)).to_numpy(dtype=bool)
    return fits


def _mapped(
    asked: MapRule,
    frame: gpd.GeoDataFrame,
    status: NDArray[np.object_],
    place: Place,
    package: DataPackage | ScenarioView,
) -> _Layer:
    """Say what of the ground the layer maps: its coverage, its own rows, or all."""
    shapes = geometries(frame)
    cover: shapely.Geometry | None = package.coverage(asked.layer)
    if asked.blank:
        near = intersecting(shapes, place.outline, 0.0)
        cover = union(shapes[near[~_fits(frame, asked.blank)[near]]])
    rule = _COMPLETE if asked.complete else package.catalogue[asked.layer].coverage
    if cover is None and rule.rule == _COMPLETE.rule and not asked.complete:
        cover = _municipality(package)
    return _Layer(frame, shapes, status, cover, rule)


def _period_layer(
    asked: MapRule, place: Place, package: DataPackage | ScenarioView
) -> tuple[_Layer, str]:
    """Read every period; which of them a purpose must stand outside is asked by its class."""
    layer, _ = _area_layer(asked, place, package)
    classes = sorted({getattr(use_of(str(code)), asked.kind) for code in place.uses["kode"]} - {""})
    periods = _periods(layer.frame)
    mapped = set(periods[~np.isnan(periods)].astype(int))
    missing = [one for one in classes if mapped and not mapped & _OWN[one]]
    remark = (
        f"Kartet har ikke gjentaksintervallet til sikkerhetsklasse {', '.join(missing)} her."
        if missing
        else ""
    )
    return layer, remark


def _periods(frame: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return periods of a layer's rows, years; NaN where it does not say."""
    if "gjentaksintervall" not in frame.columns:
        return np.full(len(frame), np.nan)
    periods: NDArray[np.float64] = frame["gjentaksintervall"].to_numpy(
        dtype=np.float64, na_value=np.nan
    )
    return periods


def _shore_layer(
    asked: MapRule, place: Place, package: DataPackage | ScenarioView
) -> tuple[_Layer, str]:
    banned, remark = banned_shore(place, package)
    status = np.full(len(banned), asked.classes[0].status, dtype=object)
    return _mapped(asked, banned, status, place, package), remark


def _outside_layer(
    asked: MapRule, place: Place, package: DataPackage | ScenarioView
) -> tuple[_Layer, str]:
    """Hit what of the plan lies outside the municipality."""
    own = _municipality(package)
    outside = polygons_of(shapely.difference(place.outline, EMPTY if own is None else own))
    frame = gpd.GeoDataFrame(geometry=outside, crs=package.crs)
    status = np.full(len(frame), asked.classes[0].status, dtype=object)
    return _mapped(asked, frame, status, place, package), ""


def _municipality(package: DataPackage | ScenarioView) -> BaseGeometry | None:
    """Give the municipality with its sea: what a layer «of the municipality» can be whole in."""
    if "kommunegrense" not in package:
        return None
    boundary = package.read("kommunegrense", columns=["kommunenummer"])
    own = boundary[boundary["kommunenummer"].astype(str) == package.municipality]
    return union(geometries(own))


_METHODS: Final[dict[str, Callable[..., tuple[_Layer, str]]]] = {
    "area": _area_layer,
    "flood": _period_layer,
    "slide": _period_layer,
    "shore": _shore_layer,
    "outside": _outside_layer,
}


def _hits(
    uses: gpd.GeoDataFrame, layer: _Layer, asked: MapRule, told: Mapping[str, LayerColumn]
) -> Iterator[MapHit]:
    """Give one hit a purpose, with every row that it meets."""
    rows = np.flatnonzero([status is not None for status in layer.status])
    tree = shapely.STRtree(layer.shapes[rows])
    for code, group in uses.groupby("kode", sort=True):
        shapes = geometries(group)
        one, other = tree.query(shapes, predicate="intersects")
        other = rows[other]
        if asked.kind in _PERIODS:
            must = _PERIODS[asked.kind][getattr(use_of(str(code)), asked.kind)]
            period = _periods(layer.frame)[other]
            # A period that nobody has told is not known to be rare enough.
            inside = np.isin(period, list(must)) | np.isnan(period)
            one, other = one[inside], other[inside]
        cut = shapely.intersection(shapes[one], layer.shapes[other])
        where = union(cut)
        if where.area <= _LEAST:
            continue
        real = shapely.area(cut) > 0
        one, other = one[real], np.unique(other[real])
        yield MapHit(
            objects=tuple(dict.fromkeys(group["objekt"].iloc[one])),
            code=str(code),
            use=str(group["bruk"].iloc[0]),
            status=next(s for s in _WORST_FIRST if s in set(layer.status[other])),
            area_m2=float(where.area),
            what=_what(layer.frame.iloc[other], told),
            rows=tuple(layer.frame.index[other]),
            geometry=where,
        )


def _what(frame: gpd.GeoDataFrame, told: Mapping[str, LayerColumn]) -> str:
    """Say what is hit: the labels of the columns that tell, each combination once."""
    labels = [
        frame[name].map(lambda value, c=column.codes or {}: c.get(value, value)).astype(object)
        for name, column in told.items()
        if name in frame.columns
    ]
    texts = [values.where(values.notna(), "ukjent").astype(str) for values in labels]
    return "; ".join(dict.fromkeys(", ".join(row) for row in zip(*texts, strict=True)))


def _unmapped(whole: BaseGeometry, layer: _Layer) -> float | None:
    if layer.cover is None:
        return 0.0 if layer.rule is _COMPLETE else None
    return float(sum(part.area for part in polygons_of(shapely.difference(whole, layer.cover))))


def _worst(hits: tuple[MapHit, ...], unmapped: float | None, rule: Coverage) -> Status:
    found = {hit.status for hit in hits}
    if found:
        return next(status for status in _WORST_FIRST if status in found)
    return rule.no_hit(mapped=None if unmapped is None else unmapped <= _LEAST)


def _nearest(whole: BaseGeometry, layer: _Layer) -> float | None:
    rows = np.flatnonzero([status is not None for status in layer.status])
    if not len(rows):
        return None
    distance = float(shapely.distance(whole, layer.shapes[rows]).min())
    return distance if distance <= NEAR else None
