"""The network of pipes of one medium, from the lines as they are drawn; and the repair report.

Pipes join where their ends meet, at the nodes that they say they end at, and where an end lies on
another pipe. Ends within a tolerance are moved together; pipes that only cross are not joined,
unless a manhole stands there. Nothing is changed in the source: each change is a row of the report.
The method is in docs/metode-va.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo.crs import crs_name
from askergeo.errors import CrsError, LayerError, ParameterError
from askergeo.va._net_arrays import network_of
from askergeo.va._net_ids import Names
from askergeo.va._net_model import (
    AVLOP,
    BY_DRAWN,
    BY_HEIGHT,
    BY_NOTHING,
    MEDIA,
    MEDIUM_OF_TYPE,
    OVERVANN,
    VANN,
    PipeNetwork,
)
from askergeo.va._net_pipes import medium_of, read_pipes, text_of
from askergeo.va._net_points import has_place, home_medium, in_operation, in_use_of, standing
from askergeo.va._net_report import RULES, Repairs
from askergeo.va._net_steps import Job, joined_lines, pieces_of_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from askergeo.parameters import Parameters

__all__ = [
    "AVLOP",
    "BY_DRAWN",
    "BY_HEIGHT",
    "BY_NOTHING",
    "MEDIA",
    "MEDIUM_OF_TYPE",
    "OVERVANN",
    "RULES",
    "VANN",
    "PipeNetwork",
    "Repairs",
    "pipe_network",
    "pipe_networks",
]


def pipe_network(
    va_ledning: gpd.GeoDataFrame,
    va_node: gpd.GeoDataFrame | None = None,
    va_anlegg: gpd.GeoDataFrame | None = None,
    *,
    medium: str,
    parameters: Parameters,
    year: int | None = None,
) -> tuple[PipeNetwork, Repairs]:
    """Build the network of one medium.

    Parameters
    ----------
    va_ledning, va_node, va_anlegg
        Layers of the catalogue, projected CRS in metres; only ``type`` must be there.
    medium
        One of :data:`MEDIA`.
    parameters
        A set that has ``va_nett``.
    year
        The year that the map is of: a facility that is closed by then, or not yet built, is on no
        network. Unknown: all are.

    Returns
    -------
    PipeNetwork, Repairs
        The network, and what was changed, left out or doubted.

    Raises
    ------
    CrsError
        When the layers have no CRS in metres, or not the same.
    LayerError
        When the column ``type`` is not there.
    ParameterError
        When there is no such medium.
    """
    return pipe_networks(
        va_ledning, va_node, va_anlegg, parameters=parameters, media=(medium,), year=year
    )[medium]  # fmt: skip


def pipe_networks(
    va_ledning: gpd.GeoDataFrame,
    va_node: gpd.GeoDataFrame | None = None,
    va_anlegg: gpd.GeoDataFrame | None = None,
    *,
    parameters: Parameters,
    media: Sequence[str] = MEDIA,
    year: int | None = None,
) -> dict[str, tuple[PipeNetwork, Repairs]]:
    """Build the networks of several media; as :func:`pipe_network`, but nodes are sorted once."""
    _check(va_ledning, va_node, va_anlegg, media)
    table = standing(va_ledning, va_node, va_anlegg, parameters, year)
    names = Names(
        pipe=text_of(va_ledning, "ledning_id"),
        begin=text_of(va_ledning, "fra_node_id"),
        end=text_of(va_ledning, "til_node_id"),
        known=None if va_node is None else np.unique(text_of(va_node, "node_id").astype(str)),
    )
    built = {}
    for medium in media:
        repairs = Repairs(medium, va_ledning.crs)
        if medium == media[0]:
            _tell_strange(va_ledning, repairs)
        for layer, frame in (("va_node", va_node), ("va_anlegg", va_anlegg)):
            if frame is not None and len(frame):
                _tell_unused(layer, frame, repairs, parameters, year)
        job = Job(
            va_ledning=va_ledning,
            va_node=va_node,
            va_anlegg=va_anlegg,
            medium=medium,
            parameters=parameters,
            table=table,
            points=table.of(medium),
            pipes=read_pipes(va_ledning, medium, parameters, repairs),
            names=names,
            repairs=repairs,
        )
        work = joined_lines(job)
        built[medium] = network_of(job, work, pieces_of_lines(work, job)), repairs
    return built


def _check(
    va_ledning: gpd.GeoDataFrame,
    va_node: gpd.GeoDataFrame | None,
    va_anlegg: gpd.GeoDataFrame | None,
    media: Sequence[str],
) -> None:
    for name, frame in (("va_ledning", va_ledning), ("va_node", va_node), ("va_anlegg", va_anlegg)):
        if frame is None:
            continue
        crs = frame.crs
        if crs is None or not crs.is_projected or crs != va_ledning.crs:
            raise CrsError(
                f"Laget «{name}» er i {crs_name(crs) or 'et ukjent koordinatsystem'}; ledningene "
                "kan bare kobles i ett system med meter.",
                remedy="Transformer laget til EPSG:25832, eller til det systemet pakken har.",
            )
        if "type" not in frame:
            raise LayerError(
                f"Laget «{name}» mangler kolonnen «type».",
                remedy="Legg laget til på nytt med en kolonnefil (--kolonner) som gir kolonnen.",
            )
    strange = [one for one in media if one not in MEDIA]
    if strange:
        raise ParameterError(
            f"Mediet «{strange[0]}» finnes ikke.", remedy=f"Velg blant {', '.join(MEDIA)}."
        )


def _tell_strange(va_ledning: gpd.GeoDataFrame, repairs: Repairs) -> None:
    """Tell of pipes that are of no medium, once: with the first."""
    strange = np.flatnonzero(medium_of(va_ledning) == "")
    shapes = np.asarray(va_ledning.geometry.array, dtype=object)[strange]
    repairs.add(
        "ukjent_type",
        strange,
        ids=text_of(va_ledning, "ledning_id")[strange],
        place=np.asarray(shapely.centroid(shapes), dtype=object),
    )


def _tell_unused(
    layer: str,
    frame: gpd.GeoDataFrame,
    repairs: Repairs,
    parameters: Parameters,
    year: int | None,
) -> None:
    """Tell of nodes and facilities without a place, or not in use: each with one medium."""
    home = np.array([home_medium(layer, kind) for kind in text_of(frame, "type")], dtype=object)
    placed, used = has_place(frame), in_use_of(frame, parameters)
    if layer == "va_anlegg":
        used = used & in_operation(frame, year)
    ids = text_of(frame, "node_id" if layer == "va_node" else "anlegg_id")
    place = np.asarray(frame.geometry.array, dtype=object).copy()
    place[~placed] = None
    for rule, lost in (("punkt_uten_sted", ~placed), ("punkt_ikke_i_drift", placed & ~used)):
        row = np.flatnonzero(lost & (home == repairs.medium))
        repairs.add(rule, row, layer=layer, ids=ids[row], place=place[row])
