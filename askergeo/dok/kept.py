"""Keeps layers that are asked for again and again, so that their files are decoded once.

The first time a layer is asked for in a process, only what lies in the box is read; the second time
all of it is read and kept. One plan pays nothing for it, and a thousand plans read each layer once.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.datapackage import DataPackage
from askergeo.geometry import geometries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from askergeo.geometry import Geometries
    from askergeo.scenario import ScenarioView

    Box = tuple[float, float, float, float]
    Key = tuple[str, str, tuple[str, ...]]

__all__ = ["LARGEST", "ROOM", "forget", "read_box"]

#: Bytes of a file that is kept whole, and of all that are kept: in memory they take some ten times
#: as much.
LARGEST: Final = 16 * 2**20
ROOM: Final = 32 * 2**20


@dataclass(frozen=True)
class _Kept:
    frame: pd.DataFrame
    shapes: Geometries
    bounds: NDArray[np.float64]
    size: int


_ASKED: set[Key] = set()
_KEPT: OrderedDict[Key, _Kept] = OrderedDict()


def read_box(
    package: DataPackage | ScenarioView, layer: str, box: Box, columns: Sequence[str]
) -> tuple[pd.DataFrame, Geometries]:
    """Read the rows of a layer whose box meets ``box``, as `DataPackage.read` does.

    Returns
    -------
    DataFrame, ndarray
        The columns, and the geometry in two dimensions, row by row; rows without a place are left
        out.

    Raises
    ------
    LayerError, PackageError
        When the layer or a column is not there, or the file is.
    """
    record = package.record(layer)
    # A scenario over a package has no file of its own.
    if not isinstance(package, DataPackage) or record.size > LARGEST:
        return _split(package.read(layer, bbox=box, columns=columns))
    key = (str(package.path), record.sha256, tuple(columns))
    if key not in _KEPT:
        if key not in _ASKED:
            _ASKED.add(key)
            return _split(package.read(layer, bbox=box, columns=columns))
        frame, shapes = _split(package.read(layer, columns=columns))
        _keep(key, _Kept(frame, shapes, shapely.bounds(shapes), record.size))
    _KEPT.move_to_end(key)
    kept = _KEPT[key]
    west, south, east, north = box
    edges = kept.bounds.T
    rows = np.flatnonzero(
        (edges[0] <= east) & (edges[1] <= north) & (edges[2] >= west) & (edges[3] >= south)
    )
    return kept.frame.take(rows).reset_index(drop=True), kept.shapes[rows]


def forget() -> None:
    """Let go of all that is kept."""
    _ASKED.clear()
    _KEPT.clear()


def _keep(key: Key, kept: _Kept) -> None:
    _KEPT[key] = kept
    while sum(one.size for one in _KEPT.values()) > ROOM:
        _KEPT.popitem(last=False)


def _split(frame: pd.DataFrame) -> tuple[pd.DataFrame, Geometries]:
    """Take a layer apart: its columns, and its geometry where it has one."""
    shapes = geometries(frame)
    there = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    plain = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    if not there.all():
        plain, shapes = plain[there].reset_index(drop=True), shapes[there]
    if shapely.has_z(shapes).any():
        shapes = np.asarray(shapely.force_2d(shapes), dtype=object)
    return plain, shapes
