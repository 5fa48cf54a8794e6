"""The analyses of water and sewage: the state of the net, failures, renewal, growth, hydraulics.

Each answers a question of its own; those in :data:`VA` are part of every report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from askergeo.analyses._va_fire_verbs import FIRE
from askergeo.analyses._va_growth_verbs import GROWTH
from askergeo.analyses._va_hydraulic_verbs import HYDRAULICS, LEAKS
from askergeo.analyses._va_loss_verbs import FAILURES, TRACES
from askergeo.analyses._va_renewal_verbs import RENEWAL
from askergeo.analyses._va_state_verbs import STATE
from askergeo.analyses._va_topology_verbs import TOPOLOGY

if TYPE_CHECKING:
    from askergeo.analyses._analysis import Analysis

__all__ = ["VA", "VA_ON_REQUEST"]

VA: tuple[Analysis, ...] = (STATE,)

VA_ON_REQUEST: tuple[Analysis, ...] = (
    TOPOLOGY,
    TRACES,
    FAILURES,
    HYDRAULICS,
    LEAKS,
    RENEWAL,
    GROWTH,
    FIRE,
)
