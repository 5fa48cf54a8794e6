"""The analyses of ``askergeo areal``: the land account, the reserve, carbon and farmland."""

from __future__ import annotations

from askergeo.analyses._analysis import Analysis

__all__ = ["LAND"]

LAND: tuple[Analysis, ...] = ()
