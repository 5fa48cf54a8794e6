"""Reads a plan whatever its form: GML, SOSI, GeoJSON, GeoPackage, or the outline of an area."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files as resources
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import yaml

from askergeo.errors import CrsError, SourceError
from askergeo.plan.geojson import has_plan_objects, read_plan_geojson
from askergeo.plan.gml import read_plan_gml
from askergeo.plan.model import AREA, Curve, PlanFile, PlanObject, Shape, Surface, System
from askergeo.sources._kinds import Kind, existing, kind_of
from askergeo.sources._zip import unpack_dataset
from askergeo.sources.files import list_layers, read_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shapely.geometry.base import BaseGeometry

__all__ = ["read_plan"]

# Types of objects in plans: reguleringsplan of today and of older acts, and kommuneplan.
_TYPE = re.compile(r"(Rp|Rb|Kp|Pbl)[A-ZÆØÅ]\w+|Arealplan")
_TYPE_COLUMNS = ("objtype", "objekttypenavn", "objekttype")
_FOLDED = str.maketrans("æøå", "eoa")


def read_plan(path: str | Path, *, crs: str | None = None) -> PlanFile:
    """Read one file of a plan.

    Parameters
    ----------
    path
        GML, SOSI, GeoJSON, GeoPackage, FileGDB or Shapefile, or a zip with one of them. A file
        with polygons that say no type of object is the outline of an area before there is a plan.
    crs
        Coordinate system of a file that names none.

    Raises
    ------
    MissingFileError
        When there is no such file.
    SourceError
        When the file is broken, or holds neither a plan nor an area.
    CrsError
        When the file names no coordinate system, and none is given.
    """
    file = existing(path)
    kind = kind_of(file)
    if kind is Kind.ZIP:
        with tempfile.TemporaryDirectory(prefix="askergeo-") as folder:
            inner = unpack_dataset(file, Path(folder))
            return replace(read_plan(inner, crs=crs), name=file.name)
    if kind in (Kind.GML, Kind.XML):
        return read_plan_gml(file)
    if (
        kind is Kind.GDAL
        and file.suffix.lower() in {".json", ".geojson"}
        and has_plan_objects(file)
    ):
        return read_plan_geojson(file)
    return _from_layers(file, "sosi" if kind is Kind.SOSI else "flat", crs)


def _from_layers(file: Path, form: str, crs: str | None) -> PlanFile:
    objects: list[PlanObject] = []
    bare: list[PlanObject] = []
    systems: dict[str, None] = {}
    for layer in list_layers(file):
        read = read_file(file, layer=layer, crs=crs)
        if not isinstance(read.frame, gpd.GeoDataFrame) or not len(read.frame):
            continue
        if not read.crs:
            raise CrsError(
                f"{file.name} sier ikke hvilket koordinatsystem den er i.",
                remedy="Oppgi det, for eksempel --crs EPSG:25832.",
            )
        systems.setdefault(read.crs)
        for one in _objects(read.frame, layer):
            (objects if _TYPE.fullmatch(one.kind) else bare).append(one)
    if not objects:
        objects, form = _outlines(bare), "område"
    if not objects:
        raise SourceError(
            f"{file.name} har verken planobjekter eller flater.",
            remedy="Oppgi en plan (GML, SOSI, GeoPackage) eller en flate.",
        )
    ids = tuple((one.id, None) for one in objects)
    named = tuple(System(text, None) for text in systems)
    return PlanFile(file.name, tuple(objects), ids, named, form)


def _outlines(objects: list[PlanObject]) -> list[PlanObject]:
    """Keep what has surfaces, as areas before there is a plan."""
    return [
        replace(one, kind=AREA) for one in objects if any(shape.surfaces for shape in one.shapes)
    ]


def _objects(frame: gpd.GeoDataFrame, layer: str) -> Iterator[PlanObject]:
    names = {str(column): _model_name(str(column)) for column in frame.columns}
    typed = next((c for c in frame.columns if str(c).lower() in _TYPE_COLUMNS), None)
    kinds = [layer] * len(frame) if typed is None else frame[typed].fillna(layer).astype(str)
    columns = [c for c in frame.columns if c not in {typed, frame.geometry.name}]
    texts = {names[str(c)]: [_texts(value) for value in frame[c]] for c in columns}
    for row, (kind, geometry) in enumerate(zip(kinds, frame.geometry.array, strict=True)):
        values = {name: found[row] for name, found in texts.items() if found[row]}
        identity = next(iter(values.get("lokalId", ())), f"{kind} {row + 1}")
        yield PlanObject(_type(kind), identity, values, shapes=tuple(_shapes(geometry)))


def _type(kind: str) -> str:
    """Give the name of a type without what registers add to it («RpPåskrift (flat)»)."""
    return kind.rpartition(".")[2].partition(" ")[0]


def _texts(value: object) -> tuple[str, ...]:
    """Give a cell as texts: whole numbers without decimals, what is joined with ``;`` apart."""
    if value is None or value is pd.NA or value is pd.NaT:
        return ()
    if isinstance(value, float | np.floating):
        return () if np.isnan(value) else (f"{value:g}" if value % 1 else f"{int(value)}",)
    return tuple(text.strip() for text in str(value).split(";") if text.strip())


@lru_cache(maxsize=1)
def _known_names() -> dict[str, str]:
    text = (resources("askergeo") / "data" / "plannavn.yml").read_text(encoding="utf-8")
    names: dict[str, list[str]] = yaml.safe_load(text)["names"]
    sosi = {alias: name for name, aliases in names.items() for alias in aliases}
    return sosi | {_fold(name): name for name in names}


def _fold(name: str) -> str:
    return name.lower().translate(_FOLDED)


def _model_name(column: str) -> str:
    """Give a column its name in the model: SOSI's names are known as they are, others folded."""
    known, last = _known_names(), column.rpartition(".")[2]
    return known.get(last) or known.get(_fold(last)) or column


def _shapes(geometry: BaseGeometry | None) -> Iterator[Shape]:
    if geometry is None or geometry.is_empty:
        return
    parts = shapely.get_parts(geometry)
    kinds = shapely.get_dimensions(parts)
    areas = tuple(Surface(tuple(map(_points, shapely.get_rings(one)))) for one in parts[kinds == 2])  # noqa: PLR2004  (a surface)
    if areas:
        yield Shape("område", surfaces=areas)
    lines = tuple(Curve(_points(one)) for one in parts[kinds == 1])
    if lines:
        yield Shape("grense", curves=lines)
    points = tuple(_points(one) for one in parts[kinds == 0])
    if points:
        yield Shape("posisjon", points=points)


def _points(one: BaseGeometry) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return shapely.get_coordinates(one, include_z=bool(shapely.has_z(one)))
