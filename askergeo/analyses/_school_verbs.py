"""The analyses of ``askergeo skole``: places and pupils, forecast, ways and districts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from askergeo.analyses._analysis import Analysis

__all__ = ["SCHOOL", "SCHOOL_ON_REQUEST"]

SCHOOL: tuple[Analysis, ...] = ()

SCHOOL_ON_REQUEST: tuple[Analysis, ...] = ()
