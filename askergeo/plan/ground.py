"""What the ground under a plan means: quick-clay terrain, and the carbon of bog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from askergeo.plan.answer import MapAnswer

__all__ = ["METHODS"]

METHODS: Final[dict[str, Callable[..., MapAnswer]]] = {}
