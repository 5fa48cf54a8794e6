"""Read a timetable in NeTEx, the Nordic profile (XML, zip or folder)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    import geopandas as gpd

    from askergeo.sources.feed import Around, Feed

__all__ = ["read_netex"]


def read_netex(
    path: str | Path,
    *,
    stops: gpd.GeoDataFrame | None = None,
    around: Around | None = None,
    today: dt.date | None = None,
) -> Feed:
    """Read a NeTEx feed; ``stops`` gives places of quays that the file lacks."""
    raise NotImplementedError
