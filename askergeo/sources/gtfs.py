"""Read a timetable in GTFS (zip or folder)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime
    from pathlib import Path

    from askergeo.sources.feed import Around, Feed

__all__ = ["read_gtfs"]


def read_gtfs(
    path: str | Path, *, around: Around | None = None, today: datetime.date | None = None
) -> Feed:
    """Read a GTFS feed."""
    raise NotImplementedError
