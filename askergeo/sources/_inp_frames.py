"""A model as layers of the package: nodes, links, plants, and the lines of the file."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo._place import in_norway
from askergeo.crs import CRS_OF_RECORD, transformer
from askergeo.numbers import format_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from askergeo.catalogue import Catalogue, Layer
    from askergeo.sources._inp_elements import Element, Model

__all__ = ["INP_LAYERS", "LOCAL", "META", "Placing", "layers_of", "placing_of", "rounded_size"]

#: The layers that a model gives.
INP_LAYERS: Final = ("va_node", "va_ledning", "va_anlegg", "va_modell")
#: The section of ``va_modell`` for what the file is, which is no part of the model.
META: Final = "_askergeo"
#: The coordinate system of a model that has one of its own.
LOCAL: Final = "lokal"

_KEYS: Final = {"va_node": "node_id", "va_ledning": "ledning_id"}
# What va_ledning takes as a diameter, mm.
_SIZES: Final = (1, 5_000)
_INSIDE: Final = 0.5


class Placing(NamedTuple):
    """Where a model lies: ``crs`` of its coordinates, or ``lokal``; and that in words."""

    crs: str
    text: str


def placing_of(model: Model, crs: str | None, target: str = CRS_OF_RECORD) -> Placing:
    """Decide which coordinate system a model is in.

    Parameters
    ----------
    crs
        What the reader says; ``None`` is unknown, ``lokal`` is the model's own.
    target
        The package's.

    Returns
    -------
    Placing
        When nobody says it, coordinates that lie in Norway in ``target`` are taken to be in it;
        all others are the model's own.
    """
    total = sum(one.layer == "va_node" for one in model.elements)
    if not model.places:
        return Placing(LOCAL, "Modellen har ingen koordinater: bare laget va_modell er laget, og "
                       "nodene og ledningene er bare der.")  # fmt: skip
    lacking = total - len(model.places)
    said = f" {format_number(lacking)} noder har ingen koordinat." if lacking else ""
    if crs == LOCAL:
        return Placing(LOCAL, f"Koordinatene er modellens egne og står som de er.{said}")
    if crs is not None:
        return Placing(crs, f"Koordinatene er lest som {crs}.{said}")
    points = np.array(list(model.places.values()), dtype="float64")
    if in_norway(points, target).mean() > _INSIDE:
        text = f"Filen sier ikke koordinatsystemet; koordinatene passer med {target}.{said}"
        return Placing(target, text)
    return Placing(
        LOCAL,
        "Koordinatene er modellens egne (lokale) og står som de er: kartet viser ikke hvor nettet "
        f"ligger, og avstand til annet i pakken kan ikke regnes. Oppgi --crs når systemet er "
        f"kjent.{said}",
    )


def layers_of(
    model: Model,
    *,
    crs: str | None = None,
    target: str = CRS_OF_RECORD,
    catalogue: Catalogue | None = None,
) -> dict[str, pd.DataFrame]:
    """Return a model as layers with the catalogue's columns and units.

    Parameters
    ----------
    model
        The model.
    crs
        Coordinate system of the model; see :func:`placing_of`.
    target
        Coordinate system of the layers, in metres.
    catalogue
        The catalogue; the package's own without.

    Returns
    -------
    dict
        ``va_node``, ``va_ledning``, ``va_anlegg`` and ``va_modell``. Nodes without coordinates,
        and their links, are in ``va_modell`` only, which lists them.
    """
    known = _catalogue() if catalogue is None else catalogue
    placing = placing_of(model, crs, target)
    places, bends = moved_places(model, placing.crs, target)
    nodes = [one for one in model.elements if one.layer == "va_node"]
    links = [one for one in model.elements if one.layer == "va_ledning"]
    placed = [one for one in nodes if one.id in places]
    drawn = [one for one in links if all(end in places for end in one.ends or ())]
    plant_of = {str(row["node_id"]): row["anlegg_id"] for row in model.plants
                if not str(row["anlegg_id"]).startswith("pumpe-")}  # fmt: skip
    node_rows = [
        {"node_id": one.id, "anlegg_id": plant_of.get(one.id)} | _values(one) for one in placed
    ]
    link_rows = [
        {"ledning_id": one.id, "fra_node_id": one.ends[0], "til_node_id": one.ends[1]}
        | _values(one)
        for one in drawn
        if one.ends
    ]
    plants = [row for row in model.plants if str(row["node_id"]) in places]
    points = [shapely.Point(places[one.id]) for one in placed]
    lines = [
        shapely.LineString([places[one.ends[0]], *bends.get(one.id, []), places[one.ends[1]]])
        for one in drawn
        if one.ends
    ]
    spots = [shapely.Point(places[str(row["node_id"])]) for row in plants]
    unplaced = sorted({(one.layer, one.id) for one in [*nodes, *links]}
                      - {(one.layer, one.id) for one in [*placed, *drawn]})  # fmt: skip
    return {
        "va_node": _frame(known["va_node"], node_rows, points, target),
        "va_ledning": _frame(known["va_ledning"], link_rows, lines, target),
        "va_anlegg": _frame(known["va_anlegg"], plants, spots, target),
        "va_modell": _model_rows(model, placing.crs, unplaced),
    }


@functools.cache
def _catalogue() -> Catalogue:
    from askergeo.catalogue import load_catalogue  # noqa: PLC0415  (only when layers are made)

    return load_catalogue()


def _values(element: Element) -> dict[str, object]:
    row: dict[str, object] = {name: value.value for name, value in element.columns.items()}
    if "dimensjon_mm" in row:
        row["dimensjon_mm"] = rounded_size(row["dimensjon_mm"])
    return row


def rounded_size(value: object) -> int | None:
    """Return a diameter in whole millimetres; unknown when the layer cannot hold it.

    Examples
    --------
    >>> rounded_size(304.8), rounded_size(0.2), rounded_size(None)
    (305, None, None)
    """
    if not isinstance(value, int | float):
        return None
    size = round(value)
    return size if _SIZES[0] <= size <= _SIZES[1] else None


def moved_places(
    model: Model, crs: str, target: str
) -> tuple[Mapping[str, tuple[float, float]], Mapping[str, Sequence[tuple[float, float]]]]:
    """Return nodes' places and links' bends in ``target``."""
    if crs in (LOCAL, target):
        return model.places, model.bends
    moved = _moved(np.array(list(model.places.values()), dtype="float64"), crs, target)
    places = {name: (x, y) for name, (x, y) in zip(model.places, moved.tolist(), strict=True)}
    flat = [point for bend in model.bends.values() for point in bend]
    points = _moved(np.array(flat, dtype="float64"), crs, target).tolist() if flat else []
    bends: dict[str, list[tuple[float, float]]] = {}
    start = 0
    for name, bend in model.bends.items():
        bends[name] = [(x, y) for x, y in points[start : start + len(bend)]]
        start += len(bend)
    return places, bends


def _moved(points: NDArray[np.float64], crs: str, target: str) -> NDArray[np.float64]:
    operation = transformer(crs, target)
    return np.column_stack(operation.transform(points[:, 0], points[:, 1]))


_DTYPES: Final = {"heltall": "Int64", "desimal": "Float64", "boolsk": "boolean"}


def _frame(
    layer: Layer, rows: Sequence[Mapping[str, object]], geometry: Sequence[object], crs: str
) -> gpd.GeoDataFrame:
    columns = {
        name: pd.Series([row.get(name) for row in rows], dtype=_DTYPES.get(column.type, "str"))
        for name, column in layer.columns.items()
    }
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(list(geometry), crs=crs))


def _model_rows(model: Model, crs: str, unplaced: list[tuple[str, str]]) -> pd.DataFrame:
    """Return the lines of the file; blank ones are found again by the line numbers."""
    about = [
        f"tegnsett={model.encoding}",
        f"linjeskift={'crlf' if model.newline == chr(13) + chr(10) else 'lf'}",
        f"linjer={model.lines[-1].number if model.lines else 0}",
        f"crs={crs}",
        *(f"uten_sted={layer}:{name}" for layer, name in unplaced),
    ]
    kept = [line for line in model.lines if line.text.strip()]
    sections = [META] * len(about) + [line.section or "TITLE" for line in kept]
    return pd.DataFrame(
        {
            "modell_id": pd.array([model.id] * len(sections), dtype="str"),
            "program": pd.array([model.program] * len(sections), dtype="str"),
            "seksjon": pd.array(sections, dtype="str"),
            "rad": pd.array([*range(len(about)), *(line.number for line in kept)], dtype="Int64"),
            "tekst": pd.array([*about, *(line.text for line in kept)], dtype="str"),
        }
    )
