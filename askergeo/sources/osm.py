"""Read OpenStreetMap extracts (.osm.pbf) with osmium: points, lines and polygons with their tags.

GDAL's own driver keeps few tags and drops the rest into one text; here every tag of an object is
kept, the usual ones as columns and the others as JSON in ``andre_tagger``.

Which ways are polygons: OpenStreetMap does not say. A closed way is a polygon when it has
``area=yes`` or a tag that describes a surface (building, landuse, natural, …) and none that
describes a line (highway, barrier, railway, waterway) without ``area=yes``; a multipolygon or
boundary relation is a polygon. Everything else that has tags is a line. Each tagged way is in one
of the two layers; a way whose nodes are not in the extract is kept without geometry.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.errors import SourceError
from askergeo.sources.reading import FaultLog

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["OSM_LAYERS", "OSM_TAGS", "is_surface", "read_osm"]

OSM_LAYERS: Final = ("punkt", "linje", "flate")

# Tags that the analyses ask for: the walking network, services, stops, buildings, land cover.
OSM_TAGS: Final = (
    "name", "highway", "foot", "bicycle", "footway", "cycleway", "sidewalk", "segregated",
    "access", "oneway", "maxspeed", "lit", "surface", "width", "incline", "step_count", "bridge",
    "tunnel", "layer", "service", "tracktype", "trail_visibility", "crossing", "kerb",
    "wheelchair", "winter_service", "ref", "railway", "public_transport", "route", "amenity",
    "shop", "healthcare", "leisure", "social_facility", "building", "building:levels", "landuse",
    "natural", "water", "waterway", "place", "boundary", "admin_level", "area", "barrier",
    "entrance", "addr:street", "addr:housenumber", "start_date", "opening_hours", "operator",
    "motorroad", "locked", "indoor", "level", "conveying", "ferry", "bus", "tram", "subway",
    "social_facility:for", "man_made", "motor_vehicle", "post_office",
)  # fmt: skip

_SURFACE_KEYS: Final = frozenset(
    {
        "building", "landuse", "natural", "leisure", "amenity", "shop", "tourism", "place",
        "water", "wetland", "man_made", "military", "historic", "office", "public_transport",
        "aeroway", "boundary", "craft", "healthcare", "indoor", "golf", "allotments",
    }
)  # fmt: skip
_LINE_KEYS: Final = frozenset({"highway", "barrier", "railway", "waterway", "power", "route"})
# Values of surface keys that are lines nevertheless.
_LINE_VALUES: Final = frozenset(
    {
        ("natural", "coastline"), ("natural", "cliff"), ("natural", "ridge"),
        ("natural", "tree_row"), ("natural", "valley"), ("leisure", "track"),
        ("leisure", "slipway"), ("man_made", "embankment"), ("man_made", "pipeline"),
        ("man_made", "breakwater"), ("public_transport", "platform"),
    }
)  # fmt: skip
# Tags of the mapping itself, not of the thing.
_SILENT: Final = frozenset({"source", "created_by", "note", "fixme", "type"})


def read_osm(
    path: Path,
    layer: str,
    *,
    bbox: tuple[float, float, float, float] | None = None,
    tags: Sequence[str] | None = None,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Read one kind of geometry from an OpenStreetMap extract.

    Parameters
    ----------
    path
        An .osm.pbf (or .osm) file.
    layer
        ``punkt``, ``linje`` or ``flate``.
    bbox
        West, south, east, north in degrees: keep what touches the box.
    tags
        Tags to make columns of; ``None`` takes :data:`OSM_TAGS`. The rest stay in
        ``andre_tagger``.

    Returns
    -------
    frame, faults
        EPSG:4326; columns ``osm_id`` (``n``, ``w`` or ``r`` and the number), the tags (``None``
        where an object lacks one) and ``andre_tagger`` (JSON). Faults name objects without
        geometry.

    Raises
    ------
    SourceError
        When the file is broken, or osmium is not installed.
    """
    try:
        import osmium  # noqa: PLC0415  (an optional dependency, and slow to import)
    except ImportError as error:
        raise SourceError(
            f"{path.name} kan ikke leses: pakken osmium mangler.",
            remedy='Installer den: pip install "askergeo[analyse]".',
        ) from error
    log = FaultLog()
    wanted = tuple(tags) if tags is not None else OSM_TAGS
    try:
        rows = list(_objects(osmium, path, layer))
    except (RuntimeError, OSError) as error:
        raise SourceError(
            f"{path.name} kan ikke leses: {error}.", remedy="Last ned utdraget på nytt."
        ) from error
    frame = _frame(rows, wanted)
    if bbox is not None:
        frame = frame[frame.intersects(shapely.box(*bbox))].reset_index(drop=True)
    for row in np.flatnonzero(frame.geometry.isna()):
        name = str(frame["osm_id"].iloc[row])
        log.add("ufullstendig", "Noder eller grenser mangler i utdraget.", row=int(row), item=name)
    return frame, log.frame()


def _objects(
    osmium: Any,  # noqa: ANN401  (the library publishes no types)
    path: Path,
    layer: str,
) -> Iterator[tuple[str, bytes | None, dict[str, str]]]:
    if layer == "punkt":
        return _points(osmium, path)
    return _lines(osmium, path) if layer == "linje" else _polygons(osmium, path)


def _tags_of(item: Any) -> dict[str, str]:  # noqa: ANN401  (the library publishes no types)
    return {tag.k: tag.v for tag in item.tags if tag.k not in _SILENT}


def _points(osmium: Any, path: Path) -> Iterator[tuple[str, bytes | None, dict[str, str]]]:  # noqa: ANN401
    make = osmium.geom.WKBFactory()
    nodes = osmium.FileProcessor(str(path), osmium.osm.NODE)
    for node in nodes.with_filter(osmium.filter.EmptyTagFilter()):
        if tags := _tags_of(node):
            yield f"n{node.id}", bytes.fromhex(make.create_point(node)), tags


def _lines(osmium: Any, path: Path) -> Iterator[tuple[str, bytes | None, dict[str, str]]]:  # noqa: ANN401
    make = osmium.geom.WKBFactory()
    for item in osmium.FileProcessor(str(path)).with_locations():
        if (
            item.is_way()
            and (tags := _tags_of(item))
            and not (item.is_closed() and is_surface(tags))
        ):
            yield f"w{item.id}", _made(osmium, make.create_linestring, item), tags


def _polygons(osmium: Any, path: Path) -> Iterator[tuple[str, bytes | None, dict[str, str]]]:  # noqa: ANN401
    make = osmium.geom.WKBFactory()
    expected: dict[str, dict[str, str]] = {}
    for item in osmium.FileProcessor(str(path)).with_locations().with_areas():
        if item.is_way() and item.is_closed() and (tags := _tags_of(item)) and is_surface(tags):
            expected[f"w{item.id}"] = tags
        elif item.is_relation() and item.tags.get("type") in ("multipolygon", "boundary"):
            expected[f"r{item.id}"] = _tags_of(item)
        elif item.is_area():
            name = f"{'w' if item.from_way() else 'r'}{item.orig_id()}"
            # Closed ways become areas whatever they are; those that are lines are left here.
            if (tags := expected.pop(name, {})) or not item.from_way():
                yield name, _made(osmium, make.create_multipolygon, item), tags
    for name, tags in expected.items():
        yield name, None, tags


def _made(osmium: Any, make: Any, item: Any) -> bytes | None:  # noqa: ANN401
    try:
        return bytes.fromhex(make(item))
    except (osmium.InvalidLocationError, RuntimeError):
        # Cut extracts lack nodes; the row is kept without geometry and reported.
        return None


def is_surface(tags: Mapping[str, str]) -> bool:
    """Tell whether a closed way with these tags is a polygon (see the top of this module)."""
    if tags.get("area") == "yes":
        return True
    if tags.get("area") == "no" or not _LINE_KEYS.isdisjoint(tags):
        return False
    return any(
        key in _SURFACE_KEYS and value != "no" and (key, value) not in _LINE_VALUES
        for key, value in tags.items()
    )


def _frame(
    rows: Sequence[tuple[str, bytes | None, dict[str, str]]], wanted: Sequence[str]
) -> gpd.GeoDataFrame:
    columns = {"osm_id": pd.Series([name for name, _, _ in rows], dtype="str")}
    for key in wanted:
        columns[key] = pd.Series([tags.get(key) for _, _, tags in rows], dtype="str")
    known = set(wanted)
    rest = [{key: tags[key] for key in sorted(tags.keys() - known)} for _, _, tags in rows]
    columns["andre_tagger"] = pd.Series(
        [json.dumps(one, ensure_ascii=False) if one else None for one in rest], dtype="str"
    )
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [shape for _, shape, _ in rows]
    geometry = shapely.from_wkb(shapes)
    # A multi-polygon of one part is the polygon.
    single = (shapely.get_type_id(geometry) == 6) & (shapely.get_num_geometries(geometry) == 1)  # noqa: PLR2004
    geometry[single] = shapely.get_geometry(geometry[single], 0)
    return gpd.GeoDataFrame(columns, geometry=geometry, crs="EPSG:4326")
