"""Inspect a layer before it enters a data package: repair, set aside, or keep and say so.

No row disappears: the rows that come in are the rows that are kept and the rows that are set
aside, and each repair and each remark is a row of the deviation table with its place.

What happens to each fault:

=========================  ==================================================================
fault                      handling
=========================  ==================================================================
CRS missing or impossible  the layer is refused, with the likely CRS named
geometry missing or empty  set aside
coordinate not a number    set aside
vertex at 0,0              set aside
wrong kind of geometry     the parts of the right kind are kept (rettet), else set aside
invalid polygon            repaired; the change in area (m²) is recorded; set aside when nothing
                           with an area is left
zero length or area        set aside
outside Norway             set aside
outside the municipality   farther than ``tolerance`` from the boundary: set aside, all kinds.
                           Within it a point is kept with a remark; a line or polygon is kept
                           without one, since networks and zones cross boundaries
wrong letters in text      repaired when the right text is certain, else kept with a remark
required value missing     set aside
same id on several rows    kept with a remark
same row twice             the later one is set aside
same geometry, other data  lines and polygons are kept with a remark; points may share a place
school, kindergarten       without grades or places: kept with a remark
school district            without school, or on another's ground: kept with a remark
negative dwellings         kept with a remark: the housing programme may tear down
=========================  ==================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo._avvik import KEPT, REPAIRED, SET_ASIDE, join_avvik, make_avvik, row_numbers
from askergeo._place import at_null, centres, check_crs, in_norway
from askergeo._quality_school import LAYER_RULES
from askergeo._text import is_damaged, repair_text, text_columns
from askergeo.crs import require_crs
from askergeo.errors import LayerError
from askergeo.numbers import format_number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from askergeo.catalogue import Layer

__all__ = ["GEOS_REASONS", "TOLERANCE", "Inspected", "check_crs", "inspect"]

# Metres outside the boundary that data may reach: the simplified national boundaries are off by
# tens of metres, and schools, shops and stops just across it serve the municipality.
TOLERANCE: Final = 2_000.0

_POINT, _LINE, _AREA = 0, 1, 2
_KINDS: Final = {
    "punkt": (_POINT,),
    "linje": (_LINE,),
    "flate": (_AREA,),
    "linje eller flate": (_LINE, _AREA),
    "punkt eller flate": (_POINT, _AREA),
    "ukjent": (_POINT, _LINE, _AREA),
}
_KIND_NAMES: Final = {_POINT: "punkt", _LINE: "linje", _AREA: "flate"}
# Type numbers of GEOS.
_MULTIPOINT, _COLLECTION = 4, 7


class Inspected(NamedTuple):
    """The rows that are kept, and the deviations."""

    frame: pd.DataFrame
    avvik: gpd.GeoDataFrame


@dataclass
class _Work:
    """The rows still kept and the remarks so far; each rule changes both."""

    frame: pd.DataFrame
    layer: Layer
    crs: object
    parts: list[gpd.GeoDataFrame]

    @property
    def geometry(self) -> NDArray[np.object_]:
        return np.asarray(self.frame.geometry.array, dtype=object)

    def replace_geometry(self, geometry: NDArray[np.object_]) -> None:
        """Take new geometries, a row each, without touching the caller's frame."""
        series = gpd.GeoSeries(geometry, index=self.frame.index, crs=self.crs)
        self.frame = gpd.GeoDataFrame(self.frame).set_geometry(series)

    def remark(
        self, mask: NDArray[np.bool_], rule: str, text: str | Sequence[str], action: str
    ) -> None:
        """Record the rows of ``mask``; those set aside leave the frame."""
        if not mask.any():
            return
        rows = row_numbers(self.frame)[mask]
        places = self.geometry[mask] if self.crs is not None else None
        self.parts.append(make_avvik(rows, rule, text, action, places=places, crs=self.crs))
        if action == SET_ASIDE:
            self.frame = self.frame[~mask]


def inspect(
    frame: pd.DataFrame,
    layer: Layer,
    *,
    boundary: shapely.Geometry | gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    tolerance: float = TOLERANCE,
    crs: str | None = None,
) -> Inspected:
    """Repair, set aside and remark on the rows of a layer.

    Parameters
    ----------
    frame
        Rows with the catalogue's column names; the index counts source rows from 0.
    layer
        What the catalogue says about the layer.
    boundary
        The municipality; a bare geometry is in the CRS of ``frame``. ``None`` skips the rule.
    tolerance
        Metres outside ``boundary`` that data may reach.
    crs
        When given, the CRS that ``frame`` must be in.

    Returns
    -------
    Inspected
        The kept rows with their index, and the deviations: columns ``rad`` (source row from 1),
        ``regel``, ``tittel``, ``tekst``, ``handling``, ``x``, ``y``, ``geometry``.

    Raises
    ------
    CrsError
        When the CRS is missing, another than ``crs``, or impossible for the coordinates.
    LayerError
        When a required column is missing, or a layer of places has no geometry.

    Examples
    --------
    >>> from askergeo.catalogue import Layer
    >>> layer = Layer(id="sti", title="Stier", geometry="linje")
    >>> lines = shapely.from_wkt(["LINESTRING (58e4 663e4, 58e4 6631e3)",
    ...                           "LINESTRING (58e4 663e4, 58e4 663e4)"])
    >>> kept, avvik = inspect(gpd.GeoDataFrame(geometry=lines, crs="EPSG:25832"), layer)
    >>> len(kept), list(avvik["rad"]), list(avvik["handling"])
    (1, [2], ['satt til side'])
    """
    _require_columns(frame, layer)
    if layer.geometry == "ingen" or (layer.geometry == "ukjent" and not _has_geometry(frame)):
        work = _Work(frame, layer, None, [])
    else:
        work = _Work(frame, layer, _checked_crs(frame, layer, crs, boundary), [])
        for rule in _GEOMETRY_RULES:
            rule(work)
        if boundary is not None:
            _outside_boundary(work, _boundary_geometry(boundary, work.crs), tolerance)
    for rule in _TABLE_RULES:
        rule(work)
    for remark in LAYER_RULES.get(layer.id, ()):
        work.remark(*remark(work.frame), KEPT)
    return Inspected(work.frame, join_avvik(work.parts, work.crs))


def _has_geometry(frame: pd.DataFrame) -> bool:
    return isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None


def _require_columns(frame: pd.DataFrame, layer: Layer) -> None:
    missing = [name for name in layer.required if name not in frame.columns]
    if missing:
        raise LayerError(
            f"Laget «{layer.id}» mangler kolonnene {', '.join(f'«{name}»' for name in missing)}.",
            remedy="Si i kart.yml hvilke kolonner i filen som svarer til dem.",
        )
    if layer.geometry not in ("ingen", "ukjent") and not _has_geometry(frame):
        raise LayerError(
            f"Laget «{layer.id}» skal ha geometri ({layer.geometry}), men dataene har ingen.",
            remedy="Velg en fil eller et lag i filen med geometri.",
        )


def _checked_crs(
    frame: pd.DataFrame,
    layer: Layer,
    crs: str | None,
    boundary: shapely.Geometry | gpd.GeoDataFrame | gpd.GeoSeries | None,
) -> object:
    what = f"Laget «{layer.id}»"
    place = None
    if boundary is not None and frame.crs is not None:
        place = _boundary_geometry(boundary, frame.crs)
    check_crs(frame, what=what, boundary=place)
    if crs is not None:
        require_crs(frame, crs, what=what)
    return frame.crs


def _boundary_geometry(
    boundary: shapely.Geometry | gpd.GeoDataFrame | gpd.GeoSeries, crs: object
) -> shapely.Geometry:
    if isinstance(boundary, gpd.GeoDataFrame | gpd.GeoSeries):
        moved = boundary if boundary.crs is None else boundary.to_crs(crs)
        return shapely.union_all(shapely.make_valid(np.asarray(moved.geometry.array)))
    return boundary


def _unreadable(work: _Work) -> None:
    geometry = work.geometry
    missing = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    work.remark(missing, "mangler_geometri", "Raden har ingen geometri.", SET_ASIDE)
    geometry = work.geometry
    coordinates, owner = shapely.get_coordinates(geometry, return_index=True)
    broken = np.zeros(len(geometry), dtype=bool)
    broken[owner[~np.isfinite(coordinates).all(axis=1)]] = True
    work.remark(broken, "ugyldig_koordinat", "En koordinat er ikke et endelig tall.", SET_ASIDE)


def _null_places(work: _Work) -> None:
    text = "Et punkt ligger på 0,0: koordinaten mangler i kilden."
    work.remark(at_null(work.geometry, work.crs), "koordinat_null", text, SET_ASIDE)


def _outside_norway(work: _Work) -> None:
    outside = ~in_norway(centres(work.geometry), work.crs)
    work.remark(outside, "utenfor_norge", "Stedet ligger ikke i Norge.", SET_ASIDE)


def _kinds(work: _Work) -> None:
    """Take single parts and mixed collections to the layer's kind of geometry."""
    allowed = _KINDS[work.layer.geometry]
    geometry = work.geometry.copy()
    dimension = shapely.get_dimensions(geometry)
    type_id = shapely.get_type_id(geometry)
    # One part in a multi-point is the point itself; no remark, nothing is changed.
    single = (type_id == _MULTIPOINT) & (shapely.get_num_geometries(geometry) == 1)
    geometry[single] = shapely.get_geometry(geometry[single], 0)
    several = (type_id == _MULTIPOINT) & ~single & (work.layer.geometry == "punkt")
    collection = type_id == _COLLECTION
    wrong = ~np.isin(dimension, allowed) | several
    for position in np.flatnonzero(collection):
        kept = _parts_of(geometry[position], allowed)
        wrong[position] = kept is None
        geometry[position] = geometry[position] if kept is None else kept
    work.replace_geometry(geometry)
    taken = collection & ~wrong
    work.remark(taken, "feil_geometritype", "Bare delene av riktig type er brukt.", REPAIRED)
    names = np.array([_KIND_NAMES.get(int(kind), "ukjent") for kind in dimension[wrong]], dtype=str)
    texts = [f"Laget skal ha {work.layer.geometry}, raden har {name}." for name in names]
    if several.any():
        texts = [
            "Raden har flere punkter; laget skal ha ett." if many else text
            for text, many in zip(texts, several[wrong], strict=True)
        ]
    work.remark(wrong, "feil_geometritype", texts, SET_ASIDE)


def _parts_of(collection: shapely.Geometry, allowed: Sequence[int]) -> shapely.Geometry | None:
    """Return the parts of the highest allowed dimension as one geometry, or ``None``."""
    parts = shapely.get_parts(shapely.get_parts(np.array([collection], dtype=object)))
    dimensions = shapely.get_dimensions(parts)
    usable = [dimension for dimension in allowed if (dimensions == dimension).any()]
    if not usable or usable == [_POINT]:
        return None
    kept = parts[dimensions == max(usable)]
    make = shapely.multilinestrings if max(usable) == _LINE else shapely.multipolygons
    joined: shapely.Geometry = kept[0] if len(kept) == 1 else make(kept)
    return joined


def _invalid(work: _Work) -> None:
    geometry = work.geometry
    invalid = ~shapely.is_valid(geometry) & (shapely.get_dimensions(geometry) == _AREA)
    if not invalid.any():
        return
    before = geometry[invalid]
    reasons = shapely.is_valid_reason(before)
    repaired = shapely.make_valid(before, method="structure", keep_collapsed=False)
    change = shapely.area(repaired) - shapely.area(before)
    hopeless = shapely.is_empty(repaired) | (shapely.get_dimensions(repaired) != _AREA)
    texts = np.array(
        [_repair_text(*pair, work.crs) for pair in zip(reasons, change, strict=True)], dtype=object
    )
    mended = geometry.copy()
    mended[invalid] = np.where(hopeless, before, repaired)
    work.replace_geometry(mended)
    fixed, lost = invalid.copy(), invalid.copy()
    fixed[invalid], lost[invalid] = ~hopeless, hopeless
    if fixed.any():
        rows, places = (
            row_numbers(work.frame)[fixed],
            _fault_points(reasons[~hopeless], mended[fixed]),
        )
        work.parts.append(
            make_avvik(
                rows,
                "ugyldig_geometri",
                list(texts[~hopeless]),
                REPAIRED,
                places=places,
                crs=work.crs,
            )
        )
    work.remark(lost, "ugyldig_geometri", "Flaten har ikke noe areal etter reparasjon.", SET_ASIDE)


#: What GEOS says is wrong with a polygon, in bokmål.
GEOS_REASONS: Final = {
    "Invalid Coordinate": "en koordinat er ikke et tall",
    "Self-intersection": "grensen krysser seg selv",
    "Ring Self-intersection": "en ring berører seg selv",
    "Hole lies outside shell": "et hull ligger utenfor flaten",
    "Holes are nested": "hull ligger i hull",
    "Interior is disconnected": "flaten er delt i to",
    "Nested shells": "deler ligger i hverandre",
    "Duplicate Rings": "samme ring to ganger",
    "Too few points in geometry component": "for få punkter",
}


def _repair_text(reason: str, change: float, crs: object) -> str:
    name = reason.partition("[")[0]
    # An area in square degrees says nothing to anyone.
    measured = (
        "" if _is_degrees(crs) else f" Arealet endret seg {format_number(change, 1, unit='m²')}."
    )
    return f"Reparert: {GEOS_REASONS.get(name, name)}.{measured}"


def _is_degrees(crs: object) -> bool:
    return bool(getattr(crs, "is_geographic", False))


def _fault_points(
    reasons: NDArray[np.object_], fallback: NDArray[np.object_]
) -> NDArray[np.object_]:
    """Read the place out of GEOS' reason, ``Self-intersection[x y]``."""
    inside = pd.Series(reasons, dtype="str").str.extract(r"\[(\S+) (\S+?)[\s\]]")
    numbers = inside.apply(pd.to_numeric, errors="coerce").to_numpy(dtype="float64")
    points = fallback.copy()
    found = np.isfinite(numbers).all(axis=1)
    points[found] = shapely.points(numbers[found])
    return points


def _no_extent(work: _Work) -> None:
    geometry = work.geometry
    dimension = shapely.get_dimensions(geometry)
    flat_line = (dimension == _LINE) & (shapely.length(geometry) == 0)
    flat_area = (dimension == _AREA) & (shapely.area(geometry) == 0)
    text = "Linjen har ingen lengde, eller flaten ikke noe areal."
    work.remark(flat_line | flat_area, "uten_utstrekning", text, SET_ASIDE)


def _outside_boundary(work: _Work, boundary: shapely.Geometry, tolerance: float) -> None:
    geometry = work.geometry
    shapely.prepare(boundary)
    outside = ~shapely.intersects(boundary, geometry)
    distance = np.zeros(len(geometry))
    distance[outside] = shapely.distance(boundary, geometry[outside])
    near = outside & (distance <= tolerance) & (shapely.get_dimensions(geometry) == _POINT)
    work.remark(near, "utenfor_kommunen", _distance_texts(distance[near]), KEPT)
    far = distance > tolerance
    work.remark(far, "utenfor_kommunen", _distance_texts(distance[far]), SET_ASIDE)


def _distance_texts(distance: NDArray[np.float64]) -> list[str]:
    return [f"{format_number(metres, unit='m')} utenfor kommunegrensen." for metres in distance]


def _letters(work: _Work) -> None:
    for name in text_columns(work.frame):
        if name == getattr(work.frame, "_geometry_column_name", None):
            continue
        values = work.frame[name]
        unique = [value for value in values.dropna().unique() if isinstance(value, str)]
        damaged = [value for value in unique if not value.isascii() or "?" in value]
        repaired = {value: fixed for value in damaged if (fixed := repair_text(value))}
        lost = [value for value in damaged if value not in repaired and is_damaged(value)]
        mask = values.isin(list(repaired)).to_numpy(dtype=bool)
        texts = [
            f"«{value}» i «{name}» er rettet til «{repaired[value]}»." for value in values[mask]
        ]
        work.remark(mask, "tegnfeil", texts, REPAIRED)
        if repaired:
            work.frame = work.frame.assign(**{name: values.replace(repaired)})
        mask = values.isin(lost).to_numpy(dtype=bool)
        texts = [f"«{value}» i «{name}» har mistet bokstaver." for value in values[mask]]
        work.remark(mask, "tegnfeil", texts, KEPT)


def _required_values(work: _Work) -> None:
    for name in work.layer.required:
        values = work.frame[name]
        empty = values.isna().to_numpy(dtype=bool)
        if isinstance(values.dtype, pd.StringDtype) or values.dtype == object:
            blank = values.astype("str").str.strip().eq("").fillna(value=False)
            empty = empty | blank.to_numpy(dtype=bool)
        work.remark(empty, "mangler_verdi", f"«{name}» er påkrevd, men tom.", SET_ASIDE)


def _duplicates(work: _Work) -> None:
    key = [name for name in work.layer.key_columns if name in work.frame.columns]
    made = set(work.layer.generated)
    compared = _comparable(work.frame, leave_out=made)
    same_row = compared.duplicated().to_numpy(dtype=bool) if len(compared.columns) else None
    if same_row is not None:
        text = "Raden er lik en tidligere rad i alle kolonner."
        work.remark(same_row, "dobbel_rad", text, SET_ASIDE)
    if key and not set(key) <= made:
        again = work.frame.duplicated(key, keep="first").to_numpy(dtype=bool)
        again = again & work.frame[key].notna().all(axis=1).to_numpy(dtype=bool)
        ids = work.frame.loc[again, key].astype("str").agg("+".join, axis=1)
        work.remark(
            again, "dobbel_id", [f"«{value}» står på en tidligere rad." for value in ids], KEPT
        )
    if work.crs is not None:
        geometry = work.geometry
        bytes_of = pd.Series(shapely.to_wkb(shapely.normalize(geometry)), index=work.frame.index)
        again = bytes_of.duplicated().to_numpy(dtype=bool) & (shapely.get_dimensions(geometry) > 0)
        text = "Samme geometri som en tidligere rad, men andre egenskaper."
        work.remark(again, "dobbel_geometri", text, KEPT)


def _comparable(frame: pd.DataFrame, *, leave_out: set[str]) -> pd.DataFrame:
    """Every value in a form that compares: geometry as normalised bytes, nested values as text."""
    columns = {}
    for name in frame.columns:
        values = frame[name]
        if isinstance(values, gpd.GeoSeries):
            geometry = shapely.normalize(np.asarray(values.array, dtype=object))
            columns[name] = pd.Series(shapely.to_wkb(geometry), index=frame.index)
        elif name not in leave_out:
            columns[name] = values.astype("str") if values.dtype == object else values
    return pd.DataFrame(columns, index=frame.index)


_GEOMETRY_RULES: Final[tuple[Callable[[_Work], None], ...]] = (
    _unreadable,
    _null_places,
    _outside_norway,
    _kinds,
    _invalid,
    _no_extent,
)
_TABLE_RULES: Final[tuple[Callable[[_Work], None], ...]] = (
    _letters,
    _required_values,
    _duplicates,
)
