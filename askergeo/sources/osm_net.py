"""Fetch OpenStreetMap for a place or a box over the net, with osmnx (Nominatim and Overpass).

The only module that goes to the network. What is asked for is read from the same mappings that read
an extract (.osm.pbf), so the two give the same layers: osmnx's own filter for walking leaves out
``highway=cycleway``, which in Norway is how foot- and cycleways are tagged. The objects are written
to a GeoPackage with the layers of an extract (``punkt``, ``linje``, ``flate``) and read from there.
"""

from __future__ import annotations

import re
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo import __version__
from askergeo.errors import ParameterError, ServiceError, SourceError
from askergeo.numbers import format_number
from askergeo.sources.mapping import load_mapping
from askergeo.sources.osm import OSM_LAYERS, OSM_TAGS, is_surface

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["LAYERS", "Area", "asked_tags", "fetch_osm", "find_place", "parse_box"]

#: Layers that are fetched, and the mapping that makes each.
LAYERS: Final = {
    "veg": "osm_veg",
    "sti": "osm_sti",
    "sperring": "osm_sperring",
    "tjeneste": "osm_tjeneste",
}

# A box over this is a slip of the pen, or more than the public servers should be asked for: the
# largest municipality of Norway (Kautokeino) is 9 708 km².
_LARGEST: Final = 12_000_000_000.0
_BUSY: Final = (429, 503, 504)
_CORNERS: Final = 4
# The most corners of the outline that is asked for.
_OUTLINE: Final = 60


@dataclass(frozen=True, kw_only=True)
class Area:
    """What to fetch: a polygon in degrees (EPSG:4326), and its name for people."""

    polygon: shapely.Geometry
    name: str


def parse_box(text: str) -> Area:
    """Read ``vest,sør,øst,nord`` in degrees.

    Raises
    ------
    ParameterError
        When the text is not four numbers, not a box on the globe, or too large to ask for.

    Examples
    --------
    >>> parse_box("10.42,59.82,10.46,59.84").polygon.bounds
    (10.42, 59.82, 10.46, 59.84)
    """
    remedy = (
        "Skriv fire tall i grader: --boks vest,sør,øst,nord, for eksempel 10.42,59.82,10.46,59.84."
    )
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != _CORNERS or not np.isfinite(numbers).all():
        raise ParameterError(f"Boksen «{text}» er ikke fire tall.", remedy=remedy)
    west, south, east, north = numbers
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):  # noqa: PLR2004  (degrees)
        raise ParameterError(f"Boksen «{text}» har hjørnene feil veg.", remedy=remedy)
    polygon = shapely.box(west, south, east, north)
    _require_size(polygon, f"Boksen «{text}»")
    return Area(polygon=polygon, name=f"boksen {text}")


def find_place(name: str, *, timeout: int) -> Area:
    """Ask Nominatim for the boundary of a place.

    Raises
    ------
    ServiceError
        When the service does not answer, or refuses.
    SourceError
        When no place of that name has a boundary, or osmnx is not installed.
    """
    with _asking(timeout) as osmnx:
        try:
            found = osmnx.geocoder.geocode_to_gdf(name)
        except TypeError as error:
            raise SourceError(
                f"OpenStreetMap kjenner «{name}», men ikke grensen for stedet.",
                remedy="Prøv navnet på kommunen, som «Asker, Norge», eller --boks.",
            ) from error
    polygon = found.geometry.iloc[0]
    _require_size(polygon, f"Stedet «{name}»")
    return Area(polygon=polygon, name=name)


def asked_tags() -> dict[str, bool | list[str]]:
    """Return the tags to ask for, as the filters of the mappings say them."""
    asked: dict[str, set[str]] = {}
    for name in LAYERS.values():
        for conditions in load_mapping(name).keep:
            # All conditions of a set hold at once, so asking for the first tag finds every row.
            key = next(key for key in conditions if key != "_lag")
            asked.setdefault(key, set()).update(one for one in conditions[key] if one)
    return {key: True if "*" in values else sorted(values) for key, values in sorted(asked.items())}


def fetch_osm(area: Area, folder: Path, *, timeout: int) -> Path:
    """Fetch an area into a GeoPackage with the layers ``punkt``, ``linje`` and ``flate``.

    Parameters
    ----------
    area
        Where; objects that touch it are kept whole.
    folder
        Where the file is written; its name says where the objects came from.
    timeout
        How long to wait for an answer, whole seconds (Overpass reads no others).

    Raises
    ------
    ServiceError
        When the service does not answer in time, is busy, or gives half an answer.
    SourceError
        When nothing is mapped in the area, or osmnx is not installed.
    """
    with _asking(timeout) as osmnx:
        found = osmnx.features.features_from_polygon(_around(area.polygon), asked_tags())
    found = found[found.intersects(area.polygon)]
    if found.empty:
        raise SourceError(_EMPTY, remedy=_ELSEWHERE)
    slug = re.sub(r"[^\w ,.-]+", " ", area.name).strip()
    path = folder / f"OpenStreetMap, {slug}.gpkg"
    for layer, frame in zip(OSM_LAYERS, _split(found), strict=True):
        frame.to_file(path, layer=layer, driver="GPKG")
    return path


def _around(polygon: shapely.Geometry) -> shapely.Geometry:
    """Return an outline of few corners that holds the polygon.

    The question repeats the outline once a tag; the shore of a municipality, point by point,
    would make it tens of megabytes.
    """
    outline, tolerance = polygon, 0.0005
    while shapely.get_num_coordinates(outline) > _OUTLINE:
        # What the simplification can move, the buffer has added first.
        outline = shapely.simplify(shapely.buffer(polygon, tolerance, quad_segs=2), tolerance)
        outline = shapely.multipolygons(
            [shapely.polygons(one.exterior) for one in shapely.get_parts(outline)]
        )
        tolerance *= 2
    return outline


def _split(found: gpd.GeoDataFrame) -> Iterable[gpd.GeoDataFrame]:
    """Make points, lines and polygons, with the tags of an extract as columns."""
    index = found.index.to_frame(index=False)
    first = index["element"].astype("str").str[0]
    columns: dict[str, Any] = {"osm_id": first + index["id"].astype("str")}
    for tag in OSM_TAGS:
        values = found[tag] if tag in found else pd.Series([None] * len(found))
        columns[tag] = pd.Series(values.to_numpy(), dtype="str")
    table = pd.DataFrame(columns)
    geometry = np.asarray(found.geometry.array, dtype=object)
    surface = _surfaces(table, geometry)
    closed = shapely.is_closed(geometry) & (shapely.get_type_id(geometry) == 1)
    geometry[surface & closed] = shapely.polygons(geometry[surface & closed])
    outlined = ~surface & (shapely.get_dimensions(geometry) == 2)  # noqa: PLR2004  (polygons)
    geometry[outlined] = shapely.boundary(geometry[outlined])
    dimension = shapely.get_dimensions(geometry)
    for kind in range(len(OSM_LAYERS)):
        rows = dimension == kind
        yield gpd.GeoDataFrame(table[rows], geometry=geometry[rows], crs="EPSG:4326")


def _surfaces(table: pd.DataFrame, geometry: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell which objects are surfaces, by the same rule as for an extract."""
    tags = table.drop(columns="osm_id")
    given = tags.notna().to_numpy(dtype=bool)
    names, values = tags.columns.to_numpy(), tags.to_numpy(dtype=object)
    told = [
        is_surface(dict(zip(names[has], row[has], strict=True)))
        for has, row in zip(given, values, strict=True)
    ]
    ways = table["osm_id"].str.startswith("w").to_numpy(dtype=bool)
    ring = (shapely.get_dimensions(geometry) == 2) | shapely.is_closed(geometry)  # noqa: PLR2004
    # A relation that came back as a polygon is one; its tags may lie on the ways.
    surface: NDArray[np.bool_] = ring & (np.array(told, dtype=bool) | ~ways)
    return surface


@contextmanager
def _asking(timeout: int) -> Iterator[Any]:
    """Lend osmnx with settings for one question, and turn what goes wrong into bokmål."""
    try:
        import osmnx  # noqa: PLC0415  (an optional dependency, and slow to import)
        import requests  # noqa: PLC0415
    except ImportError as error:
        raise SourceError(
            "OpenStreetMap kan ikke hentes: pakken osmnx mangler.",
            remedy='Installer den: pip install "askergeo[analyse]".',
        ) from error
    own = {
        "use_cache": False,
        "requests_timeout": timeout,
        # Busy servers are reported at once instead of being asked again without end.
        "overpass_rate_limit": False,
        "requests_kwargs": {"hooks": {"response": _refuse_half_answers}},
        # Nobody else is asked where the server is.
        "doh_url_template": None,
        "http_user_agent": f"askergeo/{__version__}",
    }
    before = {name: getattr(osmnx.settings, name) for name in own}
    lookup = socket.getaddrinfo
    try:
        for name, value in own.items():
            setattr(osmnx.settings, name, value)
        yield osmnx
    except requests.exceptions.Timeout as error:
        raise ServiceError(
            f"{_host(error)} svarte ikke innen {format_number(timeout)} sekunder.",
            remedy="Prøv igjen senere, hent et mindre område, eller gi lengre --frist.",
        ) from error
    except requests.exceptions.RequestException as error:
        raise ServiceError(f"Får ikke kontakt med {_host(error)}.", remedy=_OFFLINE) from error
    except osmnx._errors.InsufficientResponseError as error:  # noqa: SLF001  (it has no public name)
        raise SourceError(_EMPTY, remedy=_ELSEWHERE) from error
    except osmnx._errors.ResponseStatusCodeError as error:  # noqa: SLF001
        raise ServiceError(f"Tjenesten svarte med feil: {error}.", remedy=_OFFLINE) from error
    finally:
        for name, value in before.items():
            setattr(osmnx.settings, name, value)
        # osmnx binds the name of the server to one address for the rest of the process.
        socket.getaddrinfo = lookup


_EMPTY: Final = "OpenStreetMap har ingenting der: stedet finnes ikke, eller området er tomt."
_ELSEWHERE: Final = "Se etter skrivefeil, eller oppgi området med --boks vest,sør,øst,nord."
_OFFLINE: Final = (
    "Sjekk nettet, eller last ned et utdrag (.osm.pbf) fra geofabrik.de og les det med "
    "«askergeo data legg-til MAPPE veg UTDRAG --kolonner osm_veg»."
)


def _host(error: Any) -> str:  # noqa: ANN401  (requests publishes no types here)
    request = getattr(error, "request", None)
    found = re.match(r"https?://([^/]+)", getattr(request, "url", None) or "")
    return found.group(1) if found else "tjenesten"


def _refuse_half_answers(response: Any, *_: object, **__: object) -> None:  # noqa: ANN401
    """Stop at a server that is busy, and at an answer that the server itself says is cut short."""
    host = re.sub(r"^https?://([^/]+).*", r"\1", response.url)
    if response.status_code in _BUSY:
        raise ServiceError(
            f"{host} er opptatt (svar {response.status_code}).",
            remedy="Vent noen minutter og prøv igjen, eller hent et mindre område.",
        )
    if not response.ok:
        raise ServiceError(
            f"{host} avviste spørsmålet (svar {response.status_code}).", remedy=_OFFLINE
        )
    try:
        answer = response.json()
    except ValueError as error:
        raise ServiceError(
            f"{host} svarte med noe annet enn data.",
            remedy="Prøv igjen senere. Bak en innlogging til nettet kommer også slike svar.",
        ) from error
    if isinstance(answer, dict) and "remark" in answer:
        raise ServiceError(
            f"{host} rakk ikke å svare på alt: {answer['remark']}.",
            remedy="Hent et mindre område, eller gi lengre --frist.",
        )


def _require_size(polygon: shapely.Geometry, what: str) -> None:
    square = gpd.GeoSeries([polygon], crs="EPSG:4326").to_crs("EPSG:3035").area.iloc[0]
    if square > _LARGEST:
        raise ParameterError(
            f"{what} er {format_number(square / 1e6)} km², og det er for mye å hente over nettet.",
            remedy="Oppgi et mindre område, eller last ned et utdrag fra geofabrik.de.",
        )
