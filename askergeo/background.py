"""The quiet map that lies under an answer, and the names to search for: from the package alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from askergeo.result import MapLayer

__all__ = ["Background", "Place"]


@dataclass(frozen=True, kw_only=True)
class Place:
    """A name that can be searched for, and perhaps stands on the map.

    Parameters
    ----------
    name
        What it is called.
    kind
        What it is, in bokmål: «skole», «senter», «adresse».
    x, y
        Where it is, in the CRS of record.
    rank
        Size of the name on the map: 1 is the largest, 0 is not written there.
    """

    name: str
    kind: str
    x: float
    y: float
    rank: int = 0


@dataclass(frozen=True, kw_only=True)
class Background:
    """What a page draws under its layers, and the names that its search knows.

    Parameters
    ----------
    layers
        In the order they are drawn, each drawn lightly; they have no columns but those of their
        styles. ``MapLayer.title`` is what the page calls it.
    places
        Names.
    crs
        The CRS of record, «EPSG:25832».
    attributions
        Whom the layers and names must be credited to.
    """

    layers: tuple[MapLayer, ...]
    places: tuple[Place, ...]
    crs: str
    attributions: tuple[str, ...] = ()
