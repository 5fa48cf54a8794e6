"""How a plan works: the way to stop, school and services, side of the nullvekstlinje, water."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from askergeo.plan.answer import MapAnswer

__all__ = ["METHODS"]

METHODS: Final[dict[str, Callable[..., MapAnswer]]] = {}
