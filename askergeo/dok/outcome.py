"""What the check of one dataset says, as plain frozen records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    import pandas as pd

    from askergeo.dok.config import DokConfig
    from askergeo.dok.guidance import Guidance
    from askergeo.geometry import Geometries

__all__ = ["DokResult", "LayerHit", "QualityMeasure", "worst"]

_ORDER: Final = (
    Status.HIT_RED,
    Status.HIT_YELLOW,
    Status.ERROR,
    Status.TIMEOUT,
    Status.NOT_IMPLEMENTED,
    Status.NOT_MAPPED,
    Status.NO_HIT,
    Status.NOT_RELEVANT,
)


def worst(statuses: Iterable[Status]) -> Status:
    """Return the gravest status: red, yellow, what is not known, green, not relevant.

    Examples
    --------
    >>> worst([Status.NO_HIT, Status.HIT_YELLOW, Status.NOT_MAPPED]).value
    'HIT-YELLOW'
    """
    return min(statuses, key=_ORDER.index, default=Status.NOT_RELEVANT)


@dataclass(frozen=True, kw_only=True)
class LayerHit:
    """What one layer of a dataset gave.

    Parameters
    ----------
    name
        The layer's name in the national configuration.
    layer
        The layer of the package that was searched.
    status
        The configuration's status when there are hits, else ``NO-HIT-GREEN`` of this layer alone:
        the dataset's status says whether the place is mapped. ``ERROR`` when it could not be run.
    count
        Objects hit.
    area_m2
        What they cover of the searched area, each place once.
    length_m
        Length of the lines hit, inside the searched area, each stretch once.
    distance_m
        From the area itself, without the buffer, to the nearest object; ``None`` when there is
        none within the distance searched.
    text
        What went wrong.
    """

    name: str
    layer: str
    status: Status
    count: int = 0
    area_m2: float = 0.0
    length_m: float = 0.0
    distance_m: float | None = None
    guidance_id: str = ""
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class QualityMeasure:
    """One measure of quality, as the national form has it."""

    id: str
    name: str
    value: str
    comment: str = ""


@dataclass(frozen=True, kw_only=True)
class DokResult:
    """The answer for one dataset in one area.

    Parameters
    ----------
    config
        The configuration that was run.
    status
        Status of the dataset.
    searched_m2
        Area that was searched: the plan's own and the buffer round it.
    buffer_m
        The buffer.
    count, area_m2, length_m
        Objects hit, what they cover of the searched area, length of lines; a place that several
        objects or layers cover is counted once. ``None`` where nothing could be searched.
    inside_m2
        The part of ``area_m2`` inside the area itself, without the buffer.
    distance_m
        From the area itself to the nearest object: 0 when they meet, ``None`` when nothing was
        found within the distance searched.
    layers
        Every layer of the dataset, hit or not.
    objects
        The objects hit, a row for each and layer: ``dellag``, ``lag``, ``status``, ``areal_m2``,
        the configuration's properties under their national names, and the geometry cut to the
        searched area. ``None`` when they were not asked for.
    lines
        What is hit that is no polygon, cut to the searched area; ``None`` as for ``count``.
    parts
        The rows of the area that are hit, by their labels: ``status``, ``areal_m2``, and ``grunn``,
        what each shares with the polygons hit.
    mapped
        Whether the searched area is mapped: share from 0 to 1, ``None`` when it is not known.
    text
        One sentence in bokmål that states the answer.
    remarks
        What the reader must know besides: near hits, hits within the accuracy, what was left out.
    quality, warnings
        The indicators that the configuration asks for, and those that warn.
    guidance
        The national guidance, when a copy of the register was given.
    actions, laws
        What can be done, and under which law.
    steps
        What was done, step by step.
    layer_ids, updated, owner, description
        What was searched, the oldest date of it (ISO, empty when unknown), whose it is.
    """

    config: DokConfig
    status: Status
    searched_m2: float
    buffer_m: float = 0.0
    count: int | None = None
    area_m2: float | None = None
    inside_m2: float | None = None
    length_m: float | None = None
    distance_m: float | None = None
    layers: tuple[LayerHit, ...] = ()
    objects: gpd.GeoDataFrame | None = field(default=None, repr=False, compare=False)
    lines: Geometries | None = field(default=None, repr=False, compare=False)
    parts: pd.DataFrame | None = field(default=None, repr=False, compare=False)
    mapped: float | None = None
    text: str = ""
    remarks: tuple[str, ...] = ()
    quality: tuple[QualityMeasure, ...] = ()
    warnings: tuple[str, ...] = ()
    guidance: Guidance | None = None
    actions: tuple[str, ...] = ()
    laws: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    layer_ids: tuple[str, ...] = ()
    updated: str = ""
    owner: str = ""
    description: str = ""
