"""Whether a plan lies below what the water reaches and above the sewer: else it needs pumping.

Water: the highest ground of each purpose against the pressure zone of the nearest water main. A
zone with a basin has the level of its water less what the pressure must be at the tap (TEK17
§ 15-7: 2.5 bar); without one, the highest ground that the zone serves today is what is known to
work. Sewage: the lowest ground, less the depth of a drain and its fall, against the bottom of the
nearest sewer. The ground is the terrain, else the nearest manhole's, and it is said which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo._text import listed
from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.plan._function_answer import answer_of, not_asked, sentences
from askergeo.plan.function_mains import idle
from askergeo.terrain import open_terrain
from askergeo.va.columns import column_numbers

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.datapackage import DataPackage
    from askergeo.parameters import Parameters
    from askergeo.plan.answer import MapAnswer
    from askergeo.plan.methods import Question
    from askergeo.scenario import ScenarioView

    Number = NDArray[np.float64]
    Package = DataPackage | ScenarioView

__all__ = ["heights"]

_WATER: Final = ("vann",)
_SEWER: Final = ("spillvann", "avlop_felles")
_PIPE: Final = (
    "type", "status", "trykksone", "hoyde_fra", "hoyde_til", "funksjon", "fra_node_id",
    "til_node_id",
)  # fmt: skip
_NODE: Final = ("node_id", "type", "hoyde", "bunnhoyde", "trykksone")
_BASINS: Final = ("basseng",)


@dataclass(frozen=True, eq=False)
class _Ground:
    """Lowest and highest ground of ``u`` purposes, metres NN2000; NaN unknown."""

    low: Number
    high: Number
    told: str


def heights(question: Question) -> MapAnswer:
    """Ask whether water reaches a plan and its sewage runs by itself.

    Parameters
    ----------
    question
        What is asked, of a package with ``va_ledning``; ``va_node`` and ``terreng`` where they
        are.
    """
    rule, uses, place, package, parameters = question
    most = float(parameters["va_sok_m"])
    west, south, east, north = place.outline.bounds
    box = (west - most, south - most, east + most, north + most)
    pipes = _read(package, "va_ledning", _PIPE, box)
    nodes = _read(package, "va_node", _NODE, None) if "va_node" in package else None
    pipes = pipes[~idle(pipes, parameters)]
    ground = _ground(uses, package, nodes, parameters)
    reached, level_told = _water_level(uses, pipes, nodes, parameters)
    sewer, away = _sewer_level(uses, pipes, nodes, most)
    lowest = ground.low - float(parameters["va_hoyde_dybde_m"])
    lowest = lowest - away * float(parameters["va_hoyde_fall"]) / 1000.0
    with np.errstate(invalid="ignore"):
        above, below = ground.high > reached, lowest < sewer
    unknown = np.isnan(ground.high - reached) | np.isnan(lowest - sewer)
    remark = sentences(
        ground.told, level_told, _unknown_text(ground, reached, sewer), _needs(parameters)
    )
    if np.isnan(reached).all() and np.isnan(sewer).all():
        return not_asked(rule, remark)

    def tell(rows: NDArray[np.intp]) -> str:
        said = []
        if above[rows].any():
            most_above = _metres(float((ground.high - reached)[rows][above[rows]].max()))
            said.append(
                f"ligger inntil {most_above} over det vanntrykket når, og trenger trykkøkning"
            )
        if below[rows].any():
            most_below = _metres(float((sewer - lowest)[rows][below[rows]].max()))
            said.append(
                f"ligger inntil {most_below} for lavt for selvfall til avløpsledningen, og trenger "
                "pumping"
            )
        return "; ".join(said)

    fails = above | below
    return answer_of(rule, uses, fails=fails, unknown=unknown & ~fails, tell=tell, remark=remark)


def _metres(value: float) -> str:
    return format_number(value, 1, unit="m")


def _needs(parameters: Parameters) -> str:
    depth = _metres(float(parameters["va_hoyde_dybde_m"]))
    fall = format_number(float(parameters["va_hoyde_fall"]), unit="‰")
    return f"Avløpet er regnet fra {depth} under laveste terreng, med fall {fall} i luftlinje."


def _unknown_text(ground: _Ground, reached: Number, sewer: Number) -> str:
    """Say what is not known."""
    lacks = [
        name
        for name, values in (
            ("terrenget", ground.high),
            ("nivået i trykksonen", reached),
            ("bunnen av avløpsledningen", sewer),
        )
        if np.isnan(values).any()
    ]
    return f"Høyden er ukjent for {listed(lacks)}." if lacks else ""


def _read(
    package: Package,
    layer: str,
    wanted: tuple[str, ...],
    box: tuple[float, float, float, float] | None,
) -> gpd.GeoDataFrame:
    there = package.records[layer].columns
    return package.read(layer, bbox=box, columns=[one for one in wanted if one in there])


def _ground(
    uses: gpd.GeoDataFrame,
    package: Package,
    nodes: gpd.GeoDataFrame | None,
    parameters: Parameters,
) -> _Ground:
    """Lowest and highest ground of each purpose, on a grid and along its edge."""
    shapes = geometries(uses)
    step = float(parameters["prove_m"])
    points = [_places(shape, step) for shape in shapes]
    owner = np.repeat(np.arange(len(shapes)), [len(one) for one in points])
    xy = np.vstack(points)
    terrain = open_terrain(package)
    told = "Høydene er terrenget."
    if terrain is not None:
        z = terrain.heights(xy)
    else:
        z = _node_heights(xy, nodes, _GROUND_M)
        told = "Terreng mangler: høydene er de nærmeste kummenes."
    low, high = np.full(len(shapes), np.inf), np.full(len(shapes), -np.inf)
    known = np.isfinite(z)
    np.minimum.at(low, owner[known], z[known])
    np.maximum.at(high, owner[known], z[known])
    return _Ground(
        np.where(np.isfinite(low), low, np.nan), np.where(np.isfinite(high), high, np.nan), told
    )


# Metres to a manhole that still tells the height of the ground.
_GROUND_M: Final = 100.0
_MANY: Final = 4_000


def _places(shape: shapely.Geometry, step: float) -> Number:
    """Points along the edge of a purpose and on a grid in it, (k, 2)."""
    edge = shapely.get_coordinates(shapely.segmentize(shape, step))
    west, south, east, north = shapely.bounds(shape)
    wide = max(step, float(np.sqrt((east - west) * (north - south) / _MANY)))
    x, y = np.meshgrid(np.arange(west, east, wide) + wide / 2,
                       np.arange(south, north, wide) + wide / 2)  # fmt: skip
    grid = np.column_stack([x.ravel(), y.ravel()])
    inside = shapely.contains_xy(shape, grid[:, 0], grid[:, 1]) if len(grid) else np.zeros(0, bool)
    return np.asarray(np.vstack([edge, grid[inside]]), dtype=np.float64)


def _node_heights(xy: Number, nodes: gpd.GeoDataFrame | None, most: float) -> Number:
    """Height of the ground at the nearest manhole, (k,)."""
    found = np.full(len(xy), np.nan)
    if nodes is None:
        return found
    z = column_numbers(nodes, "hoyde")
    rows = np.flatnonzero(np.isfinite(z))
    if len(rows):
        tree = shapely.STRtree(geometries(nodes)[rows])
        at, near = tree.query_nearest(shapely.points(xy), max_distance=most, all_matches=False)
        found[at] = z[rows[near]]
    return found


def _words(frame: pd.DataFrame, column: str) -> NDArray[np.object_]:
    if column not in frame:
        return np.full(len(frame), "", dtype=object)
    return np.asarray(frame[column].astype("string").fillna("").astype(str), dtype=object)


def _nearest(
    uses: gpd.GeoDataFrame, pipes: gpd.GeoDataFrame, kinds: tuple[str, ...], most: float
) -> tuple[NDArray[np.intp], Number]:
    """Row of the nearest pipe of some kinds to each purpose (−1 none), and the metres."""
    row, away = np.full(len(uses), -1), np.full(len(uses), np.nan)
    kind, function = (_words(pipes, name).astype(str) for name in ("type", "funksjon"))
    mine = np.flatnonzero(np.isin(kind, kinds) & ~np.isin(function, _NOT_JOINED))
    if len(mine):
        (at, near), metres = shapely.STRtree(geometries(pipes)[mine]).query_nearest(
            geometries(uses), max_distance=most, return_distance=True, all_matches=False
        )
        row[at], away[at] = mine[near], metres
    return row, away


# Nothing is joined to these.
_NOT_JOINED: Final = ("pumpeledning", "overforing", "pumpe", "ventil")


def _water_level(
    uses: gpd.GeoDataFrame,
    pipes: gpd.GeoDataFrame,
    nodes: gpd.GeoDataFrame | None,
    parameters: Parameters,
) -> tuple[Number, str]:
    """Highest ground that the zone of the nearest main reaches, (u,), and how it is known."""
    found = np.full(len(uses), np.nan)
    row, _ = _nearest(uses, pipes, _WATER, float(parameters["va_sok_m"]))
    if nodes is None:
        return found, "Uten noder er nivået i trykksonen ukjent."
    zones = _words(pipes, "trykksone")
    z, zone = column_numbers(nodes, "hoyde"), _words(nodes, "trykksone")
    kind = _words(nodes, "type")
    how = set()
    for k, one in enumerate(row):
        name = zones[one] if one >= 0 else ""
        if not name:
            continue
        mine = (zone == name) & np.isfinite(z)
        basin = mine & np.isin(kind.astype(str), _BASINS)
        if basin.any():
            found[k] = z[basin].max() - float(parameters["va_hoyde_trykk_m"])
            how.add("bassenget i trykksonen, med trykket som kreves")
        elif mine.any():
            found[k] = z[mine].max()
            how.add("det høyeste punktet trykksonen betjener i dag")
    return found, f"Det vannet når, er {listed(sorted(how))}." if how else ""


def _sewer_level(
    uses: gpd.GeoDataFrame,
    pipes: gpd.GeoDataFrame,
    nodes: gpd.GeoDataFrame | None,
    most: float,
) -> tuple[Number, Number]:
    """Bottom of the nearest sewer where it is nearest, and the metres to it, (u,) each."""
    row, away = _nearest(uses, pipes, _SEWER, most)
    found = np.full(len(uses), np.nan)
    first, last = _bottoms(pipes, nodes)
    shapes = geometries(uses)
    for k, one in enumerate(row):
        if one < 0:
            continue
        line = geometries(pipes)[one]
        at = shapely.get_point(shapely.shortest_line(line, shapes[k]), 0)
        share = shapely.line_locate_point(line, at, normalized=True)
        found[k] = first[one] + (last[one] - first[one]) * share
    return found, away


def _bottoms(pipes: gpd.GeoDataFrame, nodes: gpd.GeoDataFrame | None) -> tuple[Number, Number]:
    """Bottom at the two ends of each pipe: its own, else that of the manhole it ends in."""
    ends = []
    by_id = pd.Series(dtype=np.float64)
    if nodes is not None:
        by_id = pd.Series(column_numbers(nodes, "bunnhoyde"), index=_words(nodes, "node_id"))
        by_id = by_id[~by_id.index.duplicated()]
    for height, node in (("hoyde_fra", "fra_node_id"), ("hoyde_til", "til_node_id")):
        own = column_numbers(pipes, height)
        other = by_id.reindex(_words(pipes, node)).to_numpy(dtype=np.float64)
        ends.append(np.where(np.isnan(own), other, own))
    return ends[0], ends[1]
