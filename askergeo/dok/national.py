"""The answers in the national form: output schema v1 of the DOK analysis."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from askergeo.dok.search import place_of
from askergeo.municipalities import municipalities
from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from askergeo.datapackage import DataPackage
    from askergeo.dok.outcome import DokResult
    from askergeo.scenario import ScenarioView

__all__ = ["to_national"]

CATALOGUE: Final = "https://kartkatalog.geonorge.no/metadata/"
# The form needs a moment; this one can never be taken for a real date, and ``data`` says so too.
NO_DATE: Final = "0001-01-01T00:00:00Z"
MOST_OBJECTS: Final = 1_000


def to_national(
    results: Sequence[DokResult],
    area: BaseGeometry | gpd.GeoDataFrame,
    package: DataPackage | ScenarioView,
) -> dict[str, Any]:
    """Return the answers as the national output object.

    The national form has no ``NOT-IMPLEMENTED``: such a dataset becomes ``NO-HIT-YELLOW``, and
    ``data.status`` keeps what it was. Areas and distances are whole m² and m there; ``data`` has
    them exact.

    Parameters
    ----------
    results
        From `check_area`.
    area
        The same area.
    package
        The same package.

    Examples
    --------
    See docs/metode-dok.md.
    """
    place = place_of(area, package.crs, results[0].buffer_m if results else 0.0)
    # Without a buffer it is the input geometry, which is not repeated for every dataset.
    searched = _geojson(place.searched, package.crs) if place.buffer_m else None
    known = municipalities().get(package.municipality)
    return {
        "resultList": [_result(one, searched) for one in results],
        "inputGeometry": _geojson(place.whole, package.crs),
        "inputGeometryArea": round(float(shapely.area(place.whole))),
        "municipalityNumber": package.municipality,
        "municipalityName": known.name if known else "",
    }


def _result(one: DokResult, searched: dict[str, Any] | None) -> dict[str, Any]:
    unsupported = one.status == Status.NOT_IMPLEMENTED
    answer: dict[str, Any] = {
        "runAlgorithm": list(one.steps) or [one.text],
        "buffer": round(one.buffer_m),
        "runOnDataset": _dataset(one),
        "inputGeometryArea": round(one.searched_m2),
        "resultStatus": str(Status.NOT_MAPPED if unsupported else one.status),
        "description": " ".join([one.text, *one.remarks]),
        "theme": ", ".join(one.config.themes),
        "possibleActions": list(one.actions),
        "guidanceUri": _links(one),
        "qualitymeasurement": [
            {
                "qualityDimensionId": measure.id,
                "qualityDimensionName": measure.name,
                "value": measure.value,
                "comment": measure.comment,
            }
            for measure in one.quality
        ],
        "qualityWarning": list(one.warnings),
        "data": _data(one),
    }
    if searched is not None:
        answer["runOnInputGeometry"] = searched
    if one.guidance is not None and one.guidance.text:
        answer["guidanceText"] = one.guidance.text
    elif one.laws:
        answer["guidanceText"] = "; ".join(one.laws)
    if one.area_m2 is not None:
        answer["hitArea"] = round(one.area_m2)
    if one.distance_m is not None:
        answer["distanceToObject"] = math.floor(one.distance_m)
    return answer


def _dataset(one: DokResult) -> dict[str, str]:
    config = one.config
    answer = {
        "datasetid": config.metadata_id or config.config_id,
        "title": config.title,
        "description": one.description,
        "owner": one.owner or "Ukjent",
        "updated": f"{one.updated[:10]}T00:00:00Z" if one.updated else NO_DATE,
    }
    if config.metadata_id:
        answer["datasetDescriptionUri"] = f"{CATALOGUE}{config.metadata_id}"
    return answer


def _links(one: DokResult) -> list[dict[str, str]]:
    links = one.guidance.links if one.guidance is not None else ()
    return [{"href": href, "title": title} for title, href in links]


def _data(one: DokResult) -> dict[str, Any]:
    """Give what the national form has no room for."""
    return {
        "konfigurasjon": one.config.config_id,
        "status": str(one.status),
        "oppdatert": one.updated or "ukjent",
        "areal_m2": one.area_m2,
        "areal_uten_buffer_m2": one.inside_m2,
        "lengde_m": one.length_m,
        "avstand_m": one.distance_m,
        "kartlagt_andel": one.mapped,
        "lag": [
            {
                "navn": layer.name,
                "lag": layer.layer,
                "status": str(layer.status),
                "antall": layer.count,
                "areal_m2": layer.area_m2,
                "lengde_m": layer.length_m,
                "avstand_m": layer.distance_m,
                "veiledning": layer.guidance_id,
                "melding": layer.text,
            }
            for layer in one.layers
        ],
        "antall_objekter": one.count,
        "objekter": _objects(one),
    }


def _objects(one: DokResult) -> list[dict[str, Any]]:
    if one.objects is None:
        return []
    frame = one.objects.drop(columns="geometry").head(MOST_OBJECTS)
    return [{str(k): _plain(v) for k, v in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:  # noqa: ANN401  (whatever a column holds)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, np.generic):
        return value.item()
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _geojson(shape: BaseGeometry, crs: str) -> dict[str, Any]:
    geometry: dict[str, Any] = json.loads(shapely.to_geojson(shape))
    name = f"urn:ogc:def:crs:{crs.replace(':', '::')}"
    return geometry | {"crs": {"type": "name", "properties": {"name": name}}}
