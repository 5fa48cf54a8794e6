"""Write a timetable as GTFS or NeTEx: the same feed gives the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.sources.feed import Feed

__all__ = ["write_gtfs", "write_netex"]


def write_gtfs(feed: Feed, path: str | Path) -> Path:
    """Write a feed as a GTFS zip."""
    raise NotImplementedError


def write_netex(feed: Feed, path: str | Path) -> Path:
    """Write a feed as a NeTEx zip in the Nordic profile."""
    raise NotImplementedError
