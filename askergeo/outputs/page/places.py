"""Writes the names that a page can search for as a small section of its data.

Positions are whole metres from the page's origin, each as the difference from the one before;
addresses are gathered by street. ``assets/js/40-search.js`` reads it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import ArrayLike

    from askergeo.background import Background

__all__ = ["places_section"]


def places_section(background: Background, origin: Sequence[float]) -> bytes:
    """Return the section ``places`` of a page's data.

    Parameters
    ----------
    background
        Holds the names.
    origin
        Easting and northing that the page counts its coordinates from.

    Returns
    -------
    bytes
        JSON in UTF-8, not compressed; empty when there are no names.
    """
    places = background.places
    streets = _streets(background.addresses, origin)
    if not places and not streets:
        return b""
    kinds = list(dict.fromkeys(place.kind for place in places))
    number = {kind: at for at, kind in enumerate(kinds)}
    document = {
        "kinds": kinds,
        "names": [place.name for place in places],
        "kind": [number[place.kind] for place in places],
        "x": _steps([place.x for place in places], origin[0]),
        "y": _steps([place.y for place in places], origin[1]),
        "rank": [place.rank for place in places],
        "addresses": streets,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _streets(addresses: pd.DataFrame | None, origin: Sequence[float]) -> dict[str, Any]:
    """Gather addresses, sorted by street, in one text of house numbers a street."""
    if addresses is None or not len(addresses):
        return {}
    streets = addresses["gate"].to_numpy(dtype=object)
    first = np.flatnonzero(np.concatenate([[True], streets[1:] != streets[:-1]]))
    numbers = np.split(addresses["nummer"].to_numpy(dtype=object), first[1:])
    return {
        "streets": streets[first].tolist(),
        "numbers": [",".join(one) for one in numbers],
        "x": _steps(addresses["x"], origin[0]),
        "y": _steps(addresses["y"], origin[1]),
    }


def _steps(values: ArrayLike, origin: float) -> list[int]:
    """Write positions as whole metres from the one before, the first from the origin."""
    metres = np.rint(np.asarray(values, dtype=np.float64) - origin).astype(np.int64)
    steps: list[int] = np.diff(metres, prepend=0).tolist()
    return steps
