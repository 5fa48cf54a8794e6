"""Arguments of a data package, checked before anything is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyproj

from askergeo.crs import crs_name
from askergeo.errors import CrsError, OverwriteError, ParameterError
from askergeo.stores.folder import is_own
from askergeo.stores.lockfile import LOCK_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from askergeo.stores.lockfile import Lock

__all__ = [
    "Box",
    "checked_box",
    "known_store",
    "projected",
    "require_absent",
    "require_free",
]

Box = tuple[float, float, float, float]
STORE_NAMES = ("parquet", "gpkg")


def require_free(path: Path, *, overwrite: bool) -> None:
    """Refuse a folder that holds a package, or anything that is not askergeo's."""
    if (path / LOCK_NAME).exists():
        if overwrite:
            return
        raise OverwriteError(
            f"{path} er allerede en datapakke.",
            remedy="Legg til --overskriv for å tømme den, eller velg en annen mappe.",
        )
    taken = path.exists() and (
        not path.is_dir() or not all(is_own(item) for item in path.iterdir())
    )
    if taken:
        raise OverwriteError(
            f"{path} finnes og er ikke en datapakke; --overskriv sletter aldri andres filer.",
            remedy="Velg en ny eller tom mappe.",
        )


def projected(crs: str) -> str:
    """Return the CRS as ``EPSG:nnnn``; only projected ones in metres, never Web Mercator."""
    try:
        parsed = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError:
        raise CrsError(f"Koordinatsystemet «{crs}» er ukjent.", remedy="Bruk EPSG:25832.") from None
    metres = parsed.is_projected and all(axis.unit_name == "metre" for axis in parsed.axis_info)
    if not metres or not parsed.to_epsg() or parsed.to_epsg() == 3857:  # noqa: PLR2004  (Web Mercator)
        raise CrsError(
            f"Koordinatsystemet {crs_name(crs)} kan ikke brukes til arealer og avstander.",
            remedy="Bruk EPSG:25832 (sone 32), eller 25833 og 25835 lenger nord og øst.",
        )
    return crs_name(crs)


def known_store(store: str) -> str:
    """Return the name of a format that the package can be in."""
    if store not in STORE_NAMES:
        raise ParameterError(
            f"Lagringsformatet «{store}» er ukjent.", remedy=f"Velg {' eller '.join(STORE_NAMES)}."
        )
    return store


def checked_box(bbox: Sequence[float]) -> Box:
    """Return the box as four finite numbers in order, or refuse it."""
    values = tuple(float(value) for value in bbox)
    if len(values) != 4 or not np.isfinite(values).all():  # noqa: PLR2004
        raise ParameterError(f"Utsnittet {bbox} er ikke fire tall: xmin, ymin, xmax, ymax.")
    xmin, ymin, xmax, ymax = values
    if xmin > xmax or ymin > ymax:
        raise ParameterError(f"Utsnittet {bbox} er ikke xmin, ymin, xmax, ymax i den rekkefølgen.")
    return xmin, ymin, xmax, ymax


def require_absent(path: Path, lock: Lock, layer_id: str, *, overwrite: bool) -> None:
    """Refuse to write a layer that is there, unless the caller said to replace it."""
    if layer_id in lock.layers and not overwrite:
        raise OverwriteError(
            f"Laget «{layer_id}» er allerede i datapakken {path}.",
            remedy="Legg til --overskriv for å erstatte det, eller --tillegg for å legge radene "
            "til dem som er der.",
        )
