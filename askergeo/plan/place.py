"""Where a plan lies, and what it says of each place: what map rules are asked about."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from askergeo.crs import known_crs, transform
from askergeo.errors import CrsError, LayerError
from askergeo.geometry import joined, polygons_of, union
from askergeo.plan.form import system_of
from askergeo.plan.geometry import GROUND, drawn, level_of
from askergeo.plan.model import AREA
from askergeo.plan.uses import use_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

    from askergeo.geometry import Geometries
    from askergeo.plan.model import PlanFile, PlanObject

__all__ = ["Place", "moved", "place_of"]

_PURPOSES = ("RpArealformålOmråde", "KpArealformålOmråde")
_OUTLINES = ("RpOmråde", "KpOmråde", AREA)
_USES = ["objekt", "kode", "bruk", "boliger", "utnytting", "geometry"]
# Attributes in which a municipality's own files may say how many dwellings a purpose gives.
_DWELLINGS = ("boliger", "antallBoliger", "antall_boliger", "boenheter", "antallBoenheter")
# EUREF89 UTM with NN2000 heights, and without.
_IN_THE_PLANE = {f"EPSG:{5940 + zone}": f"EPSG:{25800 + zone}" for zone in range(31, 36)}
# Codes of juridisklinje that are building limits: of a reguleringsplan, and of a kommuneplan.
_LIMITS = frozenset({"1211", "1111", "Byggegrense"})


@dataclass(frozen=True)
class Place:
    """A plan on the map, in the package's CRS.

    Parameters
    ----------
    outline
        The plan area: all that is planned, as one (multi)polygon.
    uses
        A row a purpose on the ground: ``objekt``, ``kode``, ``bruk``, ``boliger`` (text; empty
        where the plan does not say), ``utnytting`` (pairs of utnyttingstype and utnyttingstall) and
        geometry; none when all lie on other levels. An area before there is a plan, and a plan
        without purposes, has its outline with no code.
    limits
        Building limits that the plan itself draws.
    plan_ids
        The plan's numbers.
    other_levels
        How many purposes lie on each other vertical level; map rules are not asked about them.
    names
        What the plan is called, in the order of the files.
    """

    outline: BaseGeometry
    uses: gpd.GeoDataFrame
    limits: gpd.GeoDataFrame
    plan_ids: frozenset[str]
    other_levels: dict[str, int]
    names: tuple[str, ...] = ()


def place_of(files: Sequence[PlanFile], crs: str) -> Place:
    """Put the files of one plan on the map.

    Parameters
    ----------
    files
        The plan's files.
    crs
        The CRS of the map layers, in metres.

    Raises
    ------
    LayerError
        When the plan has no surface anywhere.
    CrsError
        As `moved`.
    """
    areas = {one.id: one for file in files for one in file.of(*_OUTLINES)}
    others: Counter[str] = Counter()
    rows: list[dict[str, object]] = []
    outline: list[BaseGeometry] = []
    drawn_uses: list[BaseGeometry] = []
    limits: list[BaseGeometry] = []
    for file in files:
        shapes = moved([drawn(one) for one in file.objects], file, crs)
        for one, shape in zip(file.objects, shapes, strict=True):
            if one.kind in _OUTLINES:
                outline.append(shape)
            elif one.kind in _PURPOSES:
                drawn_uses.append(shape)
                level = level_of(one, areas)
                if level != GROUND:
                    others[level] += 1
                    continue
                rows.append(_use(one, shape))
            elif one.kind.endswith("JuridiskLinje") and one.first("juridisklinje") in _LIMITS:
                limits.append(shape)
    whole = _outline(np.array(outline, dtype=object), np.array(drawn_uses, dtype=object))
    if whole.is_empty:
        raise LayerError(
            "Planen har ingen flate på kartet.",
            remedy="Se etter at planområdet er med i filene og kan bygges.",
        )
    if not rows and not others:
        said = [_use(one, whole) for one in areas.values()]
        homes = next((one["boliger"] for one in said if one["boliger"]), "")
        rows = [
            {
                "objekt": ", ".join(areas),
                "kode": "",
                "boliger": homes,
                "utnytting": (),
                "geometry": whole,
            }
        ]
    for row in rows:
        row["bruk"] = use_of(str(row["kode"])).name
        row["geometry"] = joined(polygons_of(np.array([row["geometry"]], dtype=object)))
    numbers = {n for file in files for one in file.objects for n in one.all("planidentifikasjon")}
    names = [n for file in files for one in file.of(*_OUTLINES) for n in one.all("plannavn")]
    return Place(
        outline=whole,
        uses=gpd.GeoDataFrame(rows, columns=_USES, geometry="geometry", crs=crs),
        limits=gpd.GeoDataFrame(geometry=limits, crs=crs),
        plan_ids=frozenset(numbers),
        other_levels=dict(others),
        names=tuple(dict.fromkeys(name.strip() for name in names if name.strip())),
    )


def _use(one: PlanObject, shape: BaseGeometry) -> dict[str, object]:
    """Take what a purpose says of its use."""
    return {
        "objekt": one.id,
        "kode": one.first("arealformål"),
        "boliger": next((found for name in _DWELLINGS if (found := one.first(name))), ""),
        # What has more types than numbers is left unpaired: it is told by the rules of form.
        "utnytting": tuple(zip(one.all("utnyttingstype"), one.all("utnyttingstall"), strict=False)),
        "geometry": shape,
    }


def _outline(areas: Geometries, uses: Geometries) -> BaseGeometry:
    """Join plan areas and purposes; purposes inside the areas, as they should be, add nothing."""
    whole = union(areas)
    shapely.prepare(whole)
    sound = np.asarray(shapely.is_valid(uses), dtype=bool)
    inside = sound.copy()
    inside[sound] = shapely.covers(whole, uses[sound])
    beyond = uses[~inside]
    return union(np.concatenate([areas, beyond])) if len(beyond) else whole


def moved(shapes: Sequence[BaseGeometry], file: PlanFile, crs: str) -> list[BaseGeometry]:
    """Move geometry of a file, in the plane, from the system that it names first to another.

    Parameters
    ----------
    shapes
        Geometry in the file's coordinates.
    file
        The file; one that names no system is taken to be in ``crs``.
    crs
        The CRS of the map layers.

    Raises
    ------
    CrsError
        When the file's system is unknown or no system of places on Earth, or its coordinates
        cannot be in it.
    """
    said = next((system.text for system in file.systems), crs)
    own = _known_system(said, file.name)
    flat = shapely.force_2d(np.array(shapes, dtype=object))
    result = transform(flat, _IN_THE_PLANE.get(own, own), crs)
    if not np.isfinite(shapely.get_coordinates(result)).all():
        raise CrsError(
            f"{file.name}: koordinatene kan ikke være i {said}.",
            remedy="Be om en fil der koordinatene og koordinatsystemet stemmer.",
        )
    return list(result)


def _known_system(said: str, name: str) -> str:
    """Give the name that pyproj reads of a system that a file names."""
    own = system_of(said)
    try:
        system = known_crs(own)
    except CrsError:
        system = None
    if system is None or not (system.is_projected or system.is_geographic):
        raise CrsError(
            f"{name}: koordinatsystemet «{said[:100]}» er ukjent, og planen kan ikke legges på "
            "kartet.",
            remedy="Be om filen i EPSG:25832. Uten --data sjekkes det andre i filen.",
        )
    return own
