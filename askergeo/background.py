"""The quiet map that lies under an answer, and the names to search for: from the package alone.

What is drawn, and how, is data: ``askergeo/data/bakgrunn.yml``. Features that look alike are
gathered in a few large ones, simplified to what the eye sees, so that the ground is a small part
of a page; what is too heavy is left out and said so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import yaml

from askergeo.geometry import geometries, lines_of, polygons_of
from askergeo.result import MapLayer, Style

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from askergeo.datapackage import DataPackage
    from askergeo.scenario import ScenarioView

    Shapes = NDArray[np.object_]

__all__ = ["Background", "Place", "background_of", "is_ground"]

# Name of the pale land and sea that analyses draw for those who have no ground.
_LAND: Final = "land_og_sjo"
#: What the names of the ground's layers begin with, so that no answer has the same.
PREFIX: Final = "bakgrunn_"
# Metres within which two rows with the same street and number are one address.
_SAME_ADDRESS: Final = 300.0
# Part of an address before and after the space that its house number follows.
_ADDRESS: Final = r"^(?P<gate>.*\S)\s+(?P<nummer>\d+\s?[A-Za-zÆØÅæøå]?)$"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A name that can be searched for, and perhaps stands on the map.

    Parameters
    ----------
    name
        What it is called.
    kind
        What it is, in bokmål: «skole», «senter», «adresse».
    x, y
        Where it is, in the CRS of record.
    rank
        Size of the name on the map: 1 is the largest, 0 is not written there.
    """

    name: str
    kind: str
    x: float
    y: float
    rank: int = 0


@dataclass(frozen=True, kw_only=True)
class Background:
    """What a page draws under its layers, and the names that its search knows.

    Parameters
    ----------
    layers
        In the order they are drawn, each drawn lightly; they have no columns but those of their
        styles. ``MapLayer.title`` is what the page calls it.
    places
        Names, the largest first; no addresses.
    crs
        The CRS of record, «EPSG:25832».
    attributions
        Whom the layers and names must be credited to.
    from_resolution
        Metres a pixel from which a layer (by name) is drawn and closer; one that is not named is
        always drawn.
    addresses
        ``gate``, ``nummer``, ``x`` and ``y`` of each address, sorted by street and number; there
        are so many that they are not places.
    notes
        What was left out because it is too heavy, in bokmål.
    """

    layers: tuple[MapLayer, ...]
    places: tuple[Place, ...]
    crs: str
    attributions: tuple[str, ...] = ()
    from_resolution: Mapping[str, float] = field(default_factory=dict)
    addresses: pd.DataFrame | None = field(default=None, repr=False, compare=False)
    notes: tuple[str, ...] = ()


def background_of(package: DataPackage | ScenarioView) -> Background:
    """Draw the ground of a package and collect its names.

    Parameters
    ----------
    package
        A package or a scenario; layers that it does not have are not drawn.
    """
    declared = _declared()
    reader = _Reader(package)
    drawn: dict[str, Shapes] = {}
    heavy: list[str] = []
    for one in declared["lag"]:
        shapes = _shapes(one, reader)
        if _points(shapes) > one.get("punkter", np.inf):
            heavy.append(one["id"])
        elif len(shapes):
            drawn[one["id"]] = shapes
    for name in declared["bort_forst"]:
        if sum(map(_points, drawn.values())) <= declared["punkter_i_alt"]:
            break
        if drawn.pop(name, None) is not None:
            heavy.append(name)
    known = {one["id"]: one for one in declared["lag"]}
    places = _places(declared["steder"], reader)
    addresses = _addresses(declared["adresser"], reader)
    return Background(
        layers=tuple(_layer(known[name], shapes, package.crs) for name, shapes in drawn.items()),
        places=places,
        crs=package.crs,
        attributions=reader.attributions,
        from_resolution={
            PREFIX + name: float(known[name]["under"]) for name in drawn if "under" in known[name]
        },
        addresses=addresses,
        notes=_notes([known[name]["tittel"] for name in heavy]),
    )


def is_ground(layer: MapLayer) -> bool:
    """Whether a layer of a result only shows land and sea, and would cover a ground below it."""
    return layer.name.startswith(_LAND)


@cache
def _declared() -> dict[str, Any]:
    text = (files("askergeo") / "data" / "bakgrunn.yml").read_text(encoding="utf-8")
    declared: dict[str, Any] = yaml.safe_load(text)
    return declared


def _notes(titles: list[str]) -> tuple[str, ...]:
    if not titles:
        return ()
    *others, last = (title.lower() for title in titles)
    names = f"{', '.join(others)} og {last}" if others else last
    return (f"Bakgrunnskartet er uten {names}: det ville gjort siden for tung.",)


class _Reader:
    """Reads each layer of the package once, with the columns that anything declared needs."""

    def __init__(self, package: DataPackage | ScenarioView) -> None:
        self._package = package
        self._frames: dict[str, gpd.GeoDataFrame] = {}
        self._wanted: dict[str, dict[str, None]] = {}
        declared = _declared()
        for one in declared["lag"]:
            asked = [*one.get("der", {}), *one.get("ikke", {}), *one.get("krever", {})]
            asked += [one["samme"]] if "samme" in one else []
            self._wanted.setdefault(one["kilde"], {}).update(dict.fromkeys(asked))
        for one in [*declared["steder"], declared["adresser"]]:
            rank = one.get("rang", 0)
            asked = [one["navn"], one.get("slag_kolonne")]
            asked += [rank.get("kolonne"), rank.get("etter")] if isinstance(rank, dict) else []
            self._wanted.setdefault(one["kilde"], {}).update(dict.fromkeys(filter(None, asked)))

    def __contains__(self, layer: str) -> bool:
        return layer in self._package and bool(self._package.record(layer).crs)

    def columns(self, layer: str) -> list[str]:
        """Columns that are wanted of a layer and that it has."""
        has = self._package.record(layer).columns
        return [name for name in self._wanted[layer] if name in has]

    def frame(self, layer: str) -> gpd.GeoDataFrame:
        """Rows of a layer that have a place."""
        if layer not in self._frames:
            frame = self._package.read(layer, columns=self.columns(layer))
            shapes = frame.geometry
            self._frames[layer] = frame[~(shapes.isna() | shapes.is_empty)]
        return self._frames[layer]

    def labels(self, layer: str, column: str) -> Mapping[Any, str]:
        """Return what the catalogue calls the values of a column."""
        known = self._package.catalogue[layer].columns.get(column)
        return (known.codes if known else None) or {}

    @property
    def attributions(self) -> tuple[str, ...]:
        """Whom the layers that were read must be credited to, each once."""
        records = [self._package.record(name) for name in self._frames if len(self._frames[name])]
        return tuple(dict.fromkeys(one.attribution for one in records if one.attribution))


def _shapes(one: Mapping[str, Any], reader: _Reader) -> Shapes:
    """Return what a declared layer draws: cleaned, gathered and simplified."""
    nothing = np.array([], dtype=object)
    if one["kilde"] not in reader:
        return nothing
    frame = reader.frame(one["kilde"])
    needed = _matches(frame, one.get("krever", {}))
    if not needed.any():
        return nothing
    rows = _matches(frame, one.get("der", {}))
    if one.get("samme") in frame:
        rows &= frame[one["samme"]].isin(frame.loc[needed, one["samme"]]).to_numpy(dtype=bool)
    if not rows.any() and one.get("ellers_alt"):
        rows[:] = True
    for column, values in one.get("ikke", {}).items():
        if column in frame:
            rows &= ~frame[column].isin(values).to_numpy(dtype=bool)
    shapes = shapely.force_2d(geometries(frame)[rows])
    lines = "fyll" not in one
    if one.get("omriss"):
        shapes = shapely.boundary(shapes)
    simple = _merged(lines_of(shapes)) if lines else polygons_of(shapes)
    size = shapely.length(simple) if lines else shapely.area(simple)
    simple = simple[size >= one.get("minst", 0)]
    simple = shapely.simplify(simple, one.get("forenkling", 0), preserve_topology=not lines)
    simple = simple[~(shapely.is_empty(simple) | shapely.is_missing(simple))]
    return _gathered(simple, one.get("rutenett"), lines=lines)


def _matches(frame: pd.DataFrame, wanted: Mapping[str, list[Any]]) -> NDArray[np.bool_]:
    """Tell which rows have one of the values in each column; none where a column is not there."""
    rows = np.ones(len(frame), dtype=bool)
    for column, values in wanted.items():
        if column not in frame:
            return np.zeros(len(frame), dtype=bool)
        rows &= frame[column].isin(values).to_numpy(dtype=bool)
    return rows


def _merged(lines: Shapes) -> Shapes:
    """Join lines that meet end to end, so that each has few points."""
    if not len(lines):
        return lines
    return lines_of(shapely.line_merge(shapely.multilinestrings(lines)))


def _gathered(shapes: Shapes, cell: float | None, *, lines: bool) -> Shapes:
    """Gather shapes in one multi-geometry for each cell of a grid: few features, quickly found."""
    if not len(shapes) or not cell:
        return shapes
    west, south = shapely.bounds(shapes)[:, :2].T
    number = np.floor(west / cell) * 1e6 + np.floor(south / cell)
    _, group = np.unique(number, return_inverse=True)
    order = np.argsort(group, kind="stable")
    simple, owner = shapely.get_parts(shapes[order], return_index=True)
    make = shapely.multilinestrings if lines else shapely.multipolygons
    gathered: Shapes = np.asarray(make(simple, indices=group[order][owner]), dtype=object)
    return gathered


def _points(shapes: Shapes) -> int:
    return int(shapely.get_num_coordinates(shapes).sum())


def _layer(one: Mapping[str, Any], shapes: Shapes, crs: str) -> MapLayer:
    fill = one.get("fyll", "")
    stroke = one.get("strek", fill)
    return MapLayer(
        name=PREFIX + one["id"],
        title=one["tittel"],
        frame=gpd.GeoDataFrame(geometry=shapes, crs=crs),
        columns={},
        style=Style(
            fill=fill or stroke,
            stroke=stroke,
            width=one.get("bredde", 0.0),
            dash=one.get("stiplet", False),
        ),
    )


def _places(declared: list[Mapping[str, Any]], reader: _Reader) -> tuple[Place, ...]:
    """Collect the names; those that are alike, of the same kind and near each other are one."""
    parts = [_named(one, reader) for one in declared if one["kilde"] in reader]
    parts = [part for part in parts if len(part)]
    if not parts:
        return ()
    frame = pd.concat(parts, ignore_index=True)
    frame = frame.sort_values(["rang_sortert", "navn"], kind="stable")
    return tuple(
        Place(name=name, kind=kind, x=x, y=y, rank=rank)
        for name, kind, x, y, rank in zip(
            frame["navn"], frame["slag"], frame["x"], frame["y"], frame["rang"], strict=True
        )
    )


def _named(one: Mapping[str, Any], reader: _Reader) -> pd.DataFrame:
    """Return the names of one layer with their kind, place and rank, each name once."""
    frame = reader.frame(one["kilde"])
    if one["navn"] not in frame:
        return pd.DataFrame()
    names = frame[one["navn"]].fillna("").astype(str).str.strip()
    rows = (names != "").to_numpy(dtype=bool)
    frame, names = frame[rows], names[rows]
    shapes = geometries(frame)
    size = shapely.area(shapes) + shapely.length(shapes)
    points = shapely.point_on_surface(shapes)
    kind: pd.Series[Any] = pd.Series(one["slag"], index=frame.index)
    column: str = one.get("slag_kolonne", "")
    if column in frame:
        words = frame[column].map(reader.labels(one["kilde"], column)).astype(object)
        kind = words.where(words.notna(), kind).str.lower()
    rank = _rank(one.get("rang", 0), frame)
    named = pd.DataFrame(
        {
            "navn": names,
            "slag": kind,
            "x": shapely.get_x(points),
            "y": shapely.get_y(points),
            "rang": rank,
            "rang_sortert": np.where(rank == 0, 99, rank),
            "size": size,
        }
    )
    # Of parts with the same name (a road's links, a settlement's islets) the largest has it.
    order = named.sort_values(["rang_sortert", "size"], ascending=[True, False], kind="stable")
    return order.drop_duplicates(["navn", "slag"])


def _rank(rank: int | Mapping[str, Any], frame: pd.DataFrame) -> NDArray[np.int64]:
    """Give each row its rank: a fixed one, that of a value, or by thresholds of a number."""
    if isinstance(rank, int):
        return np.full(len(frame), rank)
    if "kolonne" in rank:
        values = rank["verdier"]
        lowest = max(values.values())
        if rank["kolonne"] not in frame:
            return np.full(len(frame), lowest)
        found = frame[rank["kolonne"]].map(values).astype("Float64").fillna(lowest)
        return np.asarray(found, dtype=np.int64)
    steps = rank["over"]
    if rank["etter"] not in frame:
        return np.full(len(frame), len(steps) + 1)
    number = pd.to_numeric(frame[rank["etter"]], errors="coerce").to_numpy(np.float64, na_value=0)
    return np.asarray(1 + np.sum([number < step for step in steps], axis=0), dtype=np.int64)


def _addresses(one: Mapping[str, Any], reader: _Reader) -> pd.DataFrame | None:
    """Return streets and numbers of the addresses, each address once."""
    if one["kilde"] not in reader:
        return None
    frame = reader.frame(one["kilde"])
    if one["navn"] not in frame or not len(frame):
        return None
    text = frame[one["navn"]].fillna("").astype(str).str.strip()
    text = text.str.replace(r"\s+", " ", regex=True)
    parts = text.str.extract(_ADDRESS)
    bounds = frame.geometry.bounds
    found = pd.DataFrame(
        {
            "gate": parts["gate"].fillna(text),
            "nummer": parts["nummer"].fillna("").str.replace(" ", "").str.upper(),
            "x": bounds["minx"],
            "y": bounds["miny"],
        }
    )
    digits = found["nummer"].str.extract(r"^(\d+)", expand=False).astype(float).fillna(-1)
    # Sorted out after all columns are there: an empty frame takes on the rows of a new column.
    found = found.assign(tall=digits)
    found = found[found["gate"] != ""].sort_values(
        ["gate", "tall", "nummer", "x", "y"], kind="stable"
    )
    before = found.shift()
    same = (found["gate"] == before["gate"]) & (found["nummer"] == before["nummer"])
    near = np.hypot(found["x"] - before["x"], found["y"] - before["y"]) < _SAME_ADDRESS
    return found[~(same & near)].drop(columns="tall").reset_index(drop=True)
