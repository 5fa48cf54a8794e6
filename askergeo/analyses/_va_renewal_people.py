"""Who lose water, or the way out for their sewage, when a pipe fails; main roads and streets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from askergeo.analyses._va_loss_scene import WEIGHTS, Layers, make_scene
from askergeo.analyses._va_loss_sewage import sewers_of
from askergeo.errors import LayerError
from askergeo.geometry import geometries
from askergeo.privacy import THRESHOLD, whole_tens
from askergeo.va.institutions import KINDS
from askergeo.va.trenches import street_of

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.va._net_model import PipeNetwork

    Numbers = NDArray[np.float64]
    Whole = NDArray[np.int64]
    Truth = NDArray[np.bool_]

__all__ = ["Losing", "main_roads", "streets_of", "who_lose"]

_MAIN = ("E", "R", "F")


class Losing(NamedTuple):
    """Residents and institutions that lose the service by each row of ``va_ledning``, (n,).

    Residents are in whole tens, 1 to 4 as their mean: whoever loses it when one pipe fails is among
    those who do when the pipe above does, and of two risks a household could be told. NaN unknown.
    ``notes`` say in bokmål what is not known, and why.
    """

    persons: Numbers
    institutions: Numbers
    notes: tuple[str, ...]


def who_lose(layers: dict[str, Any], parameters: Parameters, year: int | None = None) -> Losing:
    """Find who lose the service when each pipe fails, as far as the layers tell.

    Parameters
    ----------
    layers
        Layers of the catalogue by their ids.
    parameters
        The sets ``va_bortfall`` and ``va_nett``.
    year
        The present year: facilities that do not run then supply none.
    """
    known = Layers.of(layers, year)
    count = len(known.va_ledning)
    persons, places = np.full(count, np.nan), np.full(count, np.nan)
    if known.adresse is None or known.befolkning is None:
        note = (
            "Hvem som mister vann og avløp, er ukjent: lagene «adresse» og «befolkning» mangler. "
            "Konsekvensen er etter dimensjon og veg."
        )
        return Losing(persons, places, (note,))
    notes = []
    for of, what in ((_water, "vannet"), (_sewage, "avløpet")):
        try:
            network, people, homes = of(known, parameters)
        except LayerError as error:
            notes.append(f"Hvem som mister {what}, er ukjent: {error.message}")
            continue
        _to_rows(persons, network, people)
        _to_rows(places, network, homes)
    return Losing(_tens_or_few(persons), places, tuple(notes))


def _tens_or_few(persons: Numbers) -> Numbers:
    """Round residents to whole tens; 1 to 4 are their mean, so that few are not none."""
    few = (persons > 0) & (persons < THRESHOLD)
    return np.where(few, THRESHOLD / 2, whole_tens(persons))


def _to_rows(rows: Numbers, network: PipeNetwork, values: Numbers) -> None:
    """Give each row of the layer the most that any of its pieces takes."""
    np.fmax.at(rows, network.row, values)


def _water(layers: Layers, parameters: Parameters) -> tuple[PipeNetwork, Numbers, Numbers]:
    scene = make_scene(layers, parameters)
    return scene.network, *_counts(scene.answer.pipe)


def _sewage(layers: Layers, parameters: Parameters) -> tuple[PipeNetwork, Numbers, Numbers]:
    """Find who have no other way to a plant or an outlet."""
    sewers = sewers_of(layers, parameters)
    return sewers.network, *_counts(sewers.answer.pipe[: sewers.network.edges])


def _counts(loss: Numbers) -> tuple[Numbers, Numbers]:
    """Return residents and institutions of rows of losses, (m,) each."""
    kinds = [WEIGHTS.index(kind) for kind in KINDS]
    return loss[:, WEIGHTS.index("bosatte")], loss[:, kinds].sum(axis=1)


def main_roads(
    va_ledning: gpd.GeoDataFrame, veg: gpd.GeoDataFrame | None, metres: float
) -> Truth | None:
    """Tell which pipes lie under a main road, (n,); ``None`` when no road has a category."""
    if veg is None or "vegkategori" not in veg or not veg["vegkategori"].notna().any():
        return None
    main = veg[veg["vegkategori"].isin(_MAIN).fillna(value=False).to_numpy(dtype=bool)]
    lines = geometries(main)
    names = np.full(len(main), "", dtype=object)
    return np.asarray(street_of(geometries(va_ledning), lines, names, metres) >= 0, np.bool_)


def streets_of(
    lines: NDArray[np.object_], veg: gpd.GeoDataFrame | None, metres: float
) -> tuple[Whole, tuple[str, ...]]:
    """Give each pipe the nearest street with a name: its place among the names, −1 for none."""
    if veg is None or "navn" not in veg:
        return np.full(len(lines), -1, dtype=np.int64), ()
    roads = geometries(veg)
    names = veg["navn"].astype("string").str.strip()
    named = names.notna().to_numpy() & names.ne("").fillna(value=False).to_numpy(dtype=bool)
    named &= ~(shapely.is_missing(roads) | shapely.is_empty(roads))
    own = names[named].to_numpy(dtype=object)
    known = tuple(dict.fromkeys(str(one) for one in own))
    return street_of(lines, roads[named], own, metres), known
