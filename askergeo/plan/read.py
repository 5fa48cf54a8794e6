"""Reads a plan whatever its form: GML, SOSI, GeoJSON, GeoPackage, or the outline of an area."""

from __future__ import annotations

import re
import sqlite3
import tempfile
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo._text import printable
from askergeo.crs import crs_name, known_crs
from askergeo.errors import CrsError, SourceError
from askergeo.plan.form import system_of
from askergeo.plan.geojson import has_plan_objects, read_plan_geojson
from askergeo.plan.gml import MAX_ARCS, MAX_BYTES, read_plan_gmls
from askergeo.plan.model import AREA, Curve, PlanFile, PlanObject, Shape, Surface, System
from askergeo.plan.names import plan_names
from askergeo.plan.purposes import plan_codes
from askergeo.plan.tangled import without_tangles
from askergeo.sources._kinds import Kind, existing, kind_of
from askergeo.sources._zip import unpack_dataset
from askergeo.sources.files import list_layers, read_file
from askergeo.sources.sosi import read_sosi_file, sosi_header
from askergeo.sources.sosi_text import epsg_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

__all__ = ["read_plan", "read_plans"]

# Types of objects in plans: reguleringsplan of today and of older acts, and kommuneplan.
_TYPE = re.compile(r"(Rp|Rb|Kp|Pbl)[A-ZÆØÅ]\w+|Arealplan")
_TYPE_COLUMNS = ("objtype", "objekttypenavn", "objekttype")
_FOLDED = str.maketrans("æøå", "eoa")
_TWO_LETTERS = (("ae", "e"), ("oe", "o"), ("aa", "a"))
_GML: Final = frozenset({Kind.GML, Kind.XML})
_SOSI_ARC: Final = re.compile(rb"^[ \t]*\.(?:BUEP|SIRKEL)", re.IGNORECASE | re.MULTILINE)
_MOST_UNPACKED: Final = 1_000_000_000
_FARTHEST: Final = 1e9
_LARGEST_SINGLE: Final = 3  # GEOS numbers its kinds: point, line, ring and polygon come first
_NOWHERE = np.empty((0, 2))


@dataclass(frozen=True)
class _Fault:
    """Why an object has no geometry, or not all of it."""

    text: str
    line: int | None


def read_plan(path: str | Path, *, crs: str | None = None) -> PlanFile:
    """Read one file of a plan; see `read_plans`."""
    return read_plans([path], crs=crs)[0]


def read_plans(paths: Sequence[str | Path], *, crs: str | None = None) -> list[PlanFile]:
    """Read the files of one plan: in GML a geometry may be written in one and used in another.

    Parameters
    ----------
    paths
        GML, SOSI, GeoJSON, GeoPackage, FileGDB or Shapefile, or a zip with one of them. A file
        with polygons that say no type of object is the outline of an area before there is a plan.
    crs
        Coordinate system of a file that names none.

    Raises
    ------
    MissingFileError
        When there is no such file.
    SourceError
        When a file is broken or unreasonably large, or holds neither a plan nor an area.
    CrsError
        When a file names no coordinate system, and none is given; or names another.
    """
    if crs is not None:
        known_crs(crs)
    with ExitStack() as opened:
        files = [_opened(path, opened) for path in paths]
        written = [file for file, kind in files if kind in _GML]
        gml = iter(read_plan_gmls(written))
        plans = [
            _placed(next(gml), crs) if kind in _GML else _other(file, kind, crs)
            for file, kind in files
        ]
    if not any(one.shapes for plan in plans for one in plan.objects):
        raise SourceError(
            f"{', '.join(plan.name for plan in plans)} har ingen geometri.",
            remedy="Se etter at planområdet er med, og at geometrien er i GMLs navnerom.",
        )
    return [without_tangles(plan) for plan in plans]


def _opened(path: str | Path, opened: ExitStack) -> tuple[Path, Kind]:
    """Tell what a file is, unpacked if it was packed."""
    file = _reasonable(existing(path))
    kind = kind_of(file)
    if kind is Kind.ZIP:
        folder = opened.enter_context(tempfile.TemporaryDirectory(prefix="askergeo-"))
        file = _reasonable(unpack_dataset(file, Path(folder), most=_MOST_UNPACKED))
        kind = kind_of(file)
    return file, kind


def _reasonable(file: Path) -> Path:
    size = sum(one.stat().st_size for one in (file.rglob("*") if file.is_dir() else [file]))
    if size > MAX_BYTES:
        raise SourceError(
            f"{file.name} er på {size // 1_000_000} MB; en plan er aldri så stor.",
            remedy=f"Del filen, eller oppgi en fil under {MAX_BYTES // 1_000_000} MB.",
        )
    return file


def _placed(plan: PlanFile, crs: str | None) -> PlanFile:
    """Give a plan the coordinate system that it does not name; refuse one that it speaks against.

    That the file names none is still a finding: `System.told` keeps it apart.
    """
    if crs is None:
        return plan
    if not plan.systems:
        return replace(plan, systems=(System(crs, None, told=True),))
    if system_of(plan.systems[0].text) != system_of(crs):
        raise _against(plan.name, plan.systems[0].text, crs)
    return plan


def _against(name: str, own: str, crs: str) -> CrsError:
    return CrsError(
        f"{name} sier {own}, men {crs} er oppgitt.",
        remedy="Fjern det ene; er filen feil, rett den der den kommer fra.",
    )


def _other(file: Path, kind: Kind, crs: str | None) -> PlanFile:
    if kind is Kind.OSM:
        raise SourceError(
            f"{file.name} er {kind.value}, ikke en plan.",
            remedy="Oppgi en plan (GML, SOSI, GeoPackage) eller en flate.",
        )
    if kind is Kind.SOSI:
        return _from_sosi(file, crs)
    is_json = file.suffix.lower() in {".json", ".geojson"}
    if kind is Kind.GDAL and is_json and has_plan_objects(file):
        return _placed(read_plan_geojson(file, crs=crs), crs)
    _refuse_views(file)
    return _from_layers(file, crs)


def _refuse_views(file: Path) -> None:
    """Refuse a database with views: they are programs that run when they are read."""
    if file.suffix.lower() != ".gpkg":
        return
    address = f"file:{quote(str(file.resolve()))}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as opened:
            asked = "SELECT name FROM sqlite_master WHERE type = 'view' LIMIT 1"
            view = opened.execute(asked).fetchone()
    except sqlite3.Error as error:
        raise SourceError(
            f"{file.name} kan ikke leses: {error}.",
            remedy="Filen er skadet eller ufullstendig; last den ned på nytt.",
        ) from error
    if view is not None:
        raise SourceError(
            f"{file.name} har en visning («{printable(str(view[0]))}»), og leses ikke.",
            remedy="Lagre lagene som tabeller i en ny GeoPackage.",
        )


def _from_sosi(file: Path, crs: str | None) -> PlanFile:
    if len(_SOSI_ARC.findall(file.read_bytes())) > MAX_ARCS:
        raise SourceError(
            f"{file.name} har over {MAX_ARCS} sirkelbuer.",
            remedy="En plan har aldri så mange; del filen.",
        )
    read = read_sosi_file(file, crs=_sosi_system(file, crs))
    faults: dict[str, dict[int, _Fault]] = {}
    for fault in read.faults.to_dict("records"):
        if fault["regel"] == "slutt":
            raise SourceError(
                f"{file.name} mangler .SLUTT og kan være avkortet.",
                remedy="Last filen ned på nytt, eller be om den på nytt.",
            )
        if not pd.isna(fault["rad"]):
            line = None if pd.isna(fault["linje"]) else int(fault["linje"])
            faults.setdefault(fault["lag"], {})[fault["rad"]] = _Fault(
                printable(fault["tekst"]), line
            )
    objects = [
        one
        for layer, frame in read.frames.items()
        for one in _objects(frame, layer, faults.get(layer, {}))
    ]
    return _plan(file, objects, [crs_name(one.crs) for one in read.frames.values()], "sosi")


def _sosi_system(file: Path, crs: str | None) -> str | None:
    """Give the system to read a SOSI file in: the file's own (none) where it is known."""
    header = sosi_header(file)
    try:
        own = epsg_of(header.koordsys, file)
    except CrsError:
        return crs
    if crs is not None and system_of(crs) != own:
        raise _against(file.name, own, crs)
    return None


def _from_layers(file: Path, crs: str | None) -> PlanFile:
    objects: list[PlanObject] = []
    systems: dict[str, None] = {}
    for layer in list_layers(file):
        with np.errstate(invalid="ignore"):  # coordinates that are no numbers are told of below
            read = read_file(file, layer=layer, crs=crs)
        frame = read.frame
        if not isinstance(frame, gpd.GeoDataFrame):
            continue
        if shapely.is_missing(np.asarray(frame.geometry.array)).all():
            continue
        if not read.crs:
            raise CrsError(
                f"{file.name} sier ikke hvilket koordinatsystem den er i.",
                remedy="Oppgi det, for eksempel --crs EPSG:25832.",
            )
        systems.setdefault(read.crs)
        objects += _objects(frame, layer, {})
    return _plan(file, objects, systems, "flat")


def _plan(file: Path, found: list[PlanObject], systems: Iterable[str], form: str) -> PlanFile:
    """Make a plan of the objects that are of one; without any, of the outline of an area."""
    objects = [one for one in found if _TYPE.fullmatch(one.kind)]
    if not objects:
        objects, form = _outlines(found), AREA.lower()
    if not objects:
        raise SourceError(
            f"{file.name} har verken planobjekter eller flater.",
            remedy="Oppgi en plan (GML, SOSI, GeoPackage) eller en flate.",
        )
    ids = tuple((one.id, None) for one in objects)
    named = tuple(System(text, None) for text in dict.fromkeys(systems))
    return PlanFile(file.name, tuple(objects), ids, named, form)


def _outlines(objects: list[PlanObject]) -> list[PlanObject]:
    """Keep what has surfaces, as areas before there is a plan."""
    return [
        replace(one, kind=AREA) for one in objects if any(shape.surfaces for shape in one.shapes)
    ]


def _objects(
    frame: gpd.GeoDataFrame, layer: str, faults: Mapping[int, _Fault]
) -> Iterator[PlanObject]:
    """Give the rows of a layer as objects, with what could not be read of their geometry."""
    names = {str(column): _model_name(str(column)) for column in frame.columns}
    typed = next((c for c in frame.columns if str(c).lower() in _TYPE_COLUMNS), None)
    told = [()] * len(frame) if typed is None else map(_texts, frame[typed])
    kinds = [next(iter(texts), layer) for texts in told]
    columns = [c for c in frame.columns if c not in {typed, frame.geometry.name}]
    texts = {names[str(c)]: [_texts(value) for value in frame[c]] for c in columns}
    for row, (kind, geometry) in enumerate(zip(kinds, frame.geometry.array, strict=True)):
        values = {name: found[row] for name, found in texts.items() if found[row]}
        identity = next(iter(values.get("lokalId", ())), f"{kind} {row + 1}")
        shapes = list(_shapes(geometry))
        if row in faults:
            shapes.append(_faulty(next(iter(values.get("sosi_geometri", ())), ""), faults[row]))
        line = faults[row].line if row in faults else None
        yield PlanObject(_type(kind), identity, values, shapes=tuple(shapes), line=line)


def _faulty(kind: str, fault: _Fault) -> Shape:
    """Tell of SOSI geometry that could not be built, as a surface or a curve without points."""
    if kind == "FLATE":
        return Shape("område", (Surface((), "sosi", fault.text, fault.line),))
    return Shape("grense", curves=(Curve(_NOWHERE, "sosi", fault.text, fault.line),))


def _type(kind: str) -> str:
    """Give the model's name of a type, without what registers add to it («RpPåskrift (flat)»).

    Databases write the names in small letters, or without æ, ø and å.
    """
    last = kind.rpartition(".")[2].partition(" ")[0]
    return _known_types().get(_fold(last).replace("_", ""), last)


@lru_cache(maxsize=1)
def _known_types() -> dict[str, str]:
    codes = plan_codes()
    names = [*codes["objekttyper"]["names"], *codes["objekter_eldre"]["types"]]
    return {_fold(name): name for name in names}


def _texts(value: object) -> tuple[str, ...]:
    """Give a cell as texts: whole numbers without decimals, what is joined with ``;`` apart."""
    if value is None or value is pd.NA or value is pd.NaT:
        return ()
    if isinstance(value, float | np.floating):
        return () if np.isnan(value) else (f"{value:.15g}",)
    return tuple(text.strip() for text in printable(str(value)).split(";") if text.strip())


@lru_cache(maxsize=1)
def _known_names() -> dict[str, str]:
    names, newer = plan_names()["names"], plan_names()["newer"]
    sosi = {alias: name for name, aliases in names.items() for alias in aliases}
    since = {_fold(alias): name for name, aliases in newer.items() for alias in aliases}
    return sosi | since | {_fold(name): name for name in names}


def _fold(name: str) -> str:
    """Write a name as systems without Norwegian letters may do: ``å`` as ``a`` or ``aa``."""
    folded = name.lower().translate(_FOLDED)
    for two, one in _TWO_LETTERS:
        folded = folded.replace(two, one)
    return folded


def _model_name(column: str) -> str:
    """Give a column its name in the model: SOSI's names are known as they are, others folded."""
    known, last = _known_names(), column.rpartition(".")[2]
    return known.get(last) or known.get(_fold(last)) or column


def _shapes(geometry: BaseGeometry | None) -> Iterator[Shape]:
    if geometry is None or geometry.is_empty:
        return
    parts = shapely.get_parts(geometry)
    while (shapely.get_type_id(parts) > _LARGEST_SINGLE).any():  # collections within collections
        parts = shapely.get_parts(parts)
    parts = parts[~shapely.is_empty(parts)]
    if not all(_is_on_earth(one) for one in parts):
        text = "Koordinatene er ikke tall, eller ligger utenfor Jorden."
        yield Shape("område", (Surface((), "koordinat", text),))
        return
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


def _is_on_earth(one: BaseGeometry) -> bool:
    return bool((np.abs(shapely.get_coordinates(one)) <= _FARTHEST).all())


def _points(one: BaseGeometry) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return shapely.get_coordinates(one, include_z=bool(shapely.has_z(one)))
