"""Schools, nursing homes, kindergartens and health: where they are, and the pipe they hang on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._buildings import in_ranges, points_of
from askergeo.va.customers import may_have_customers, nearest_piece, piece_lines

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters
    from askergeo.va._net_model import PipeNetwork
    from askergeo.va.customers import Customers

__all__ = ["KINDS", "institutions"]

#: Kinds of institutions, with their titles.
KINDS: Final = {
    "skole": "Skole",
    "barnehage": "Barnehage",
    "sykehjem": "Sykehjem eller sykehus",
    "helse": "Helsebygg",
}
# Kinds of services that are institutions.
_SERVICES: Final = {
    "skole": "skole",
    "barnehage": "barnehage",
    "sykehjem": "sykehjem",
    "legesenter": "helse",
    "helsestasjon": "helse",
}
# A building of the same kind so near (m) is the place that a register has by name already.
_SAME_PLACE_M: Final = 100.0


def institutions(
    network: PipeNetwork,
    hung: Customers,
    *,
    va_ledning: gpd.GeoDataFrame,
    parameters: Parameters,
    adresse: gpd.GeoDataFrame | None = None,
    skole: gpd.GeoDataFrame | None = None,
    barnehage: gpd.GeoDataFrame | None = None,
    tjeneste: gpd.GeoDataFrame | None = None,
    bygning: gpd.GeoDataFrame | None = None,
) -> pd.DataFrame:
    """List the institutions, each once, with the piece of pipe that it has water by.

    Parameters
    ----------
    network, hung
        The network, and what the addresses hang on.
    va_ledning, adresse, skole, barnehage, tjeneste, bygning
        Layers of the catalogue.
    parameters
        The set ``va_bortfall``.

    Returns
    -------
    DataFrame
        Columns ``id``, ``art`` (a key of `KINDS`), ``navn``, ``sted`` (point) and ``piece`` (−1
        when it is too far from any connected address and pipe). Registers come before buildings:
        a building near a place of the same kind is that place.
    """
    parts = [
        _register(skole, "skole_id", "skole"),
        _register(barnehage, "barnehage_id", "barnehage"),
        _services(tjeneste),
        _buildings(bygning, adresse, parameters),
    ]
    some = [part.assign(fra=number) for number, part in enumerate(parts) if len(part)]
    if not some:
        return _frame([], [], [], np.array([], dtype=object)).assign(piece=np.array([], np.int64))
    every = pd.concat(some, ignore_index=True)
    places = every["sted"].to_numpy(dtype=object)
    every = every[~(shapely.is_missing(places) | shapely.is_empty(places))]
    every = _once(every.reset_index(drop=True), building=len(parts) - 1)
    return every.assign(piece=_pieces(every, network, hung, va_ledning, parameters))


def _frame(ids: object, kinds: object, names: object, places: Geometries) -> pd.DataFrame:
    frame = pd.DataFrame({"id": ids, "art": kinds, "navn": names}, dtype=object)
    return frame.assign(sted=pd.Series(list(places), index=frame.index, dtype=object))


def _register(frame: gpd.GeoDataFrame | None, key: str, kind: str) -> pd.DataFrame:
    if frame is None or not len(frame):
        return _frame([], [], [], np.array([], dtype=object))
    return _frame(
        frame[key].astype(str).to_list(),
        [kind] * len(frame),
        frame["navn"].astype("string").fillna(KINDS[kind]).to_list(),
        points_of(frame),
    )


def _services(frame: gpd.GeoDataFrame | None) -> pd.DataFrame:
    if frame is None:
        return _frame([], [], [], np.array([], dtype=object))
    mine = frame[frame["type"].isin(list(_SERVICES))]
    kinds = [_SERVICES[str(one)] for one in mine["type"]]
    names = mine["navn"].astype("string") if "navn" in mine else pd.Series(pd.NA, index=mine.index)
    told = [
        KINDS[kind] if pd.isna(name) else str(name) for name, kind in zip(names, kinds, strict=True)
    ]
    return _frame(mine["tjeneste_id"].astype(str).to_list(), kinds, told, points_of(mine))


def _buildings(
    frame: gpd.GeoDataFrame | None, adresse: gpd.GeoDataFrame | None, parameters: Parameters
) -> pd.DataFrame:
    if frame is None:
        return _frame([], [], [], np.array([], dtype=object))
    homes = in_ranges(frame["bygningstype"], parameters["va_bortfall_institusjon"])
    health = in_ranges(frame["bygningstype"], parameters["va_bortfall_helse"])
    mine = frame[homes | health]
    ids = mine["bygning_id"].astype(str)
    kinds = np.where(homes[homes | health], "sykehjem", "helse")
    text = pd.Series(dtype=object)
    if adresse is not None and {"bygning_id", "adressetekst"} <= set(adresse):
        known = adresse.dropna(subset=["bygning_id", "adressetekst"])
        known = known.drop_duplicates("bygning_id")
        text = known.set_index(known["bygning_id"].astype(str))["adressetekst"]
    where = text.reindex(ids)
    names = [
        f"{KINDS[kind]}, {f'bygning {one}' if pd.isna(place) else place}"
        for kind, one, place in zip(kinds, ids, where, strict=True)
    ]
    return _frame(ids.to_list(), list(kinds), names, points_of(mine))


def _once(every: pd.DataFrame, *, building: int) -> pd.DataFrame:
    """Leave out a place that is near one of the same kind from a register before it.

    Buildings near one another are one place; two places of one register are two.
    """
    places = every["sted"].to_numpy(dtype=object)
    one, two = shapely.STRtree(places).query(places, predicate="dwithin", distance=_SAME_PLACE_M)
    kinds = every["art"].to_numpy(dtype=object)
    came = every["fra"].to_numpy(dtype=np.int64)
    alike = (kinds[one] == kinds[two]) & (two < one)
    alike &= (came[one] != came[two]) | (came[one] == building)
    gone = np.zeros(len(every), dtype=np.bool_)
    # In their order: what is left out itself hides nobody.
    for later, earlier in sorted(zip(one[alike].tolist(), two[alike].tolist(), strict=True)):
        gone[later] |= not gone[earlier]
    return every[~gone].drop(columns="fra").reset_index(drop=True)


def _pieces(
    every: pd.DataFrame,
    network: PipeNetwork,
    hung: Customers,
    va_ledning: gpd.GeoDataFrame,
    parameters: Parameters,
) -> NDArray[np.int64]:
    """Hang each place on the nearest pipe, or on that of the nearest address if that is nearer."""
    places = every["sted"].to_numpy(dtype=object)
    near = nearest_piece(
        hung.points, places, hung.connected, float(parameters["va_bortfall_sted_m"])
    )
    lines = piece_lines(network)
    piece = nearest_piece(
        lines,
        places,
        may_have_customers(network, va_ledning, parameters["va_bortfall_ikke_kunder"]),
        float(parameters["va_bortfall_tilknytning_m"]),
    )
    away = np.full(len(every), np.inf)
    away[piece >= 0] = shapely.distance(places[piece >= 0], lines[piece[piece >= 0]])
    some = np.flatnonzero(near >= 0)
    # A service pipe that ends at the place is its own; else it has water as its address has.
    some = some[shapely.distance(places[some], hung.points[near[some]]) <= away[some]]
    piece[some] = hung.piece[near[some]]
    return piece
