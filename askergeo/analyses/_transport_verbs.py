"""The analyses of transport: zones, public transport, travel times and the growth north and south.

Each answers a question of its own; those in :data:`TRANSPORT` are part of every report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from askergeo.analyses._analysis import Analysis

__all__ = ["TRANSPORT", "TRANSPORT_ON_REQUEST"]

TRANSPORT: tuple[Analysis, ...] = ()

TRANSPORT_ON_REQUEST: tuple[Analysis, ...] = ()
