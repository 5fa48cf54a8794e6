"""Whether a place is mapped for a dataset: without that, «no hit» says nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from askergeo.crs import to_crs
from askergeo.dok.search import mended
from askergeo.geometry import geometries, union
from askergeo.numbers import format_number
from askergeo.result import Status
from askergeo.sources.files import read_file

if TYPE_CHECKING:
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from askergeo.catalogue import Layer
    from askergeo.datapackage import DataPackage
    from askergeo.dok.config import Indicator
    from askergeo.scenario import ScenarioView

__all__ = ["Mapped", "mapped_in", "no_hit_status"]

# What is left between a plan and the coverage along a common border, from rounding alone.
SLIVER_M2: Final = 1.0
NOT_MAPPED: Final = frozenset({"ikke kartlagt", "ikkekartlagt"})
NOT_RELEVANT: Final = frozenset({"ikke relevant", "ikkerelevant"})
BOUNDARY: Final = "kommunegrense"


@dataclass(frozen=True)
class Mapped:
    """How much of an area is mapped.

    Parameters
    ----------
    share
        From 0 to 1; ``None`` when it is not known.
    text
        How that is known, in bokmål.
    relevant
        False where the coverage map says that the dataset does not concern the place.
    """

    share: float | None
    text: str
    relevant: bool = True

    @property
    def whole(self) -> bool | None:
        """Whether all of it is mapped; ``None`` when that is not known."""
        return None if self.share is None else self.share >= 1.0

    @property
    def value(self) -> str:
        """Answer in one word, for the quality measure."""
        if self.share is None:
            return "Ukjent"
        return {0.0: "Nei", 1.0: "Ja"}.get(self.share, "Delvis")


def no_hit_status(layer: Layer, mapped: Mapped) -> Status:
    """Return the status of an area without hits: green only where the layer is known complete."""
    if not mapped.relevant:
        return Status.NOT_RELEVANT
    # A municipality's layer is complete inside the municipality; the boundary must be known.
    known = mapped.whole is True
    return layer.coverage.no_hit(mapped=known)


def mapped_in(
    layer: Layer,
    package: DataPackage | ScenarioView,
    area: BaseGeometry,
    *,
    indicator: Indicator | None = None,
    folder: Path | None = None,
) -> Mapped:
    """Tell how much of ``area`` the layer maps.

    Asked in turn: the national coverage map, when ``folder`` has it; the coverage that the package
    holds for the layer; and for layers that are complete in the municipality, its boundary.

    Raises
    ------
    SourceError, CrsError
        When the coverage map cannot be read.
    """
    if indicator is not None and folder is not None and indicator.file:
        path = folder / indicator.file
        if path.is_file():
            return _national(path, indicator, package.crs, area)
    cover = package.coverage(layer.id)
    if cover is not None:
        (cover,) = mended(np.array([cover], dtype=object))
        return _within(area, cover, "lagets dekningsflate")
    if layer.coverage.rule == "kommunen":
        if BOUNDARY not in package:
            return Mapped(None, "kommunegrensen er ikke i datapakken")
        rows = geometries(package.read(BOUNDARY, bbox=area.bounds, columns=[]))
        return _within(area, union(mended(rows)), "kommunegrensen")
    return Mapped(None, "datapakken har ingen dekningsflate for laget")


def _within(area: BaseGeometry, cover: BaseGeometry, what: str) -> Mapped:
    outside = float(shapely.area(shapely.difference(area, cover)))
    total = float(shapely.area(area))
    if outside <= min(SLIVER_M2, total / 2):
        return Mapped(1.0, f"hele området er innenfor {what}")
    if total - outside <= min(SLIVER_M2, total / 2):
        return Mapped(0.0, f"området er utenfor {what}")
    dekar = format_number(outside / 1000, 1)
    return Mapped(1 - outside / total, f"{dekar} dekar av området er utenfor {what}")


def _national(path: Path, indicator: Indicator, crs: str, area: BaseGeometry) -> Mapped:
    """Read a national coverage map: what it does not call unmapped is mapped, the rest is not."""
    frame = to_crs(read_file(path).frame, crs, what=path.name)
    frame = frame[np.asarray(shapely.intersects(geometries(frame), area))]
    shapes = mended(geometries(frame))
    if indicator.property not in frame.columns:
        return Mapped(None, f"{path.name} har ikke kolonnen «{indicator.property}»")
    values = frame[indicator.property].astype("string").str.strip().str.casefold()
    warned = {value.casefold() for value in indicator.threshold or ()}
    irrelevant = values.isin(NOT_RELEVANT).to_numpy(dtype=bool)
    missing = values.isin(NOT_MAPPED | warned).to_numpy(dtype=bool)
    missing = missing | (values.isna().to_numpy() & (indicator.threshold is not None))
    # Where the map says both, the place is not taken for mapped.
    cover = shapely.difference(union(shapes[~irrelevant & ~missing]), union(shapes[missing]))
    found = _within(area, cover, f"kartlagt område i {path.name}")
    relevant = found.share != 0.0 or not _covers(union(shapes[irrelevant]), area)
    return Mapped(found.share, found.text, relevant)


def _covers(cover: BaseGeometry, area: BaseGeometry) -> bool:
    return _within(area, cover, "").whole is True
