"""Where a model lies, when its coordinates are its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from askergeo._place import centres, in_norway

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["local_warning"]

_MOST: Final = 0.5


def local_warning(places: NDArray[np.object_], crs: object) -> tuple[str, ...]:
    """Say that the map does not show where the net is, when most nodes lie outside Norway."""
    if crs is None or not len(places) or in_norway(centres(places), crs).mean() > _MOST:
        return ()
    told = (
        "Modellen har egne koordinater: kartet viser ikke hvor nettet ligger, og målestokken "
        "gjelder ikke. Legg modellen til på nytt med --crs når systemet er kjent."
    )
    return (told,)
