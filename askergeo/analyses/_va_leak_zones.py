"""How much pipe, and how many connections, each zone with a meter has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.geometry import geometries
from askergeo.va._net_pipes import drawn_lines, text_of
from askergeo.va.status import in_use

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters

__all__ = ["ZoneFacts", "zone_facts"]

_M_KM: Final = 1000.0
_SERVICE: Final = "stikkledning"


@dataclass(frozen=True, kw_only=True)
class ZoneFacts:
    """What is known of the zones besides the meters.

    Parameters
    ----------
    names
        Name of each zone, by id.
    length_km
        Kilometres of main inside each zone that is drawn; empty without pipes.
    connections
        Addresses with municipal water; empty without the register.
    unknown
        Addresses that the register does not tell of, by zone.
    addresses
        All addresses, by zone: customers are not more than those.
    areas
        The zones as they are drawn, by id.
    """

    names: pd.Series
    length_km: pd.Series
    connections: pd.Series
    unknown: pd.Series
    addresses: pd.Series
    areas: gpd.GeoDataFrame | None


def zone_facts(
    measured: pd.Series,
    va_sone: gpd.GeoDataFrame | None,
    *,
    va_ledning: gpd.GeoDataFrame | None,
    adresse: gpd.GeoDataFrame | None,
    va_tilknytning: pd.DataFrame | None,
    parameters: Parameters,
) -> ZoneFacts:
    """Measure the pipes and count the connections of the zones that have a meter.

    Parameters
    ----------
    measured
        Zone ids with a meter.
    va_sone, va_ledning, adresse, va_tilknytning
        Layers of the catalogue; each may be absent.
    parameters
        The set ``va_nett``.
    """
    none = pd.Series(dtype=np.float64)
    ids = list(dict.fromkeys(measured.astype(str)))
    names = pd.Series(ids, index=ids)
    if va_sone is None or not len(va_sone):
        return ZoneFacts(
            names=names, length_km=none, connections=none, unknown=none, addresses=none, areas=None
        )
    zones = va_sone[va_sone["sone_id"].astype(str).isin(ids)].drop_duplicates("sone_id")
    shapes = geometries(zones)
    zones = zones[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    zones = zones.set_index(zones["sone_id"].astype(str).rename(None))
    told = text_of(zones, "navn")
    names.update(pd.Series(told, index=zones.index)[told != ""])
    areas = shapely.make_valid(geometries(zones))
    km = none if va_ledning is None else _lengths(zones.index, areas, va_ledning, parameters)
    connected, unknown, every = _connections(zones.index, areas, adresse, va_tilknytning)
    return ZoneFacts(
        names=names,
        length_km=km,
        connections=connected,
        unknown=unknown,
        addresses=every,
        areas=zones,
    )


def _lengths(
    ids: pd.Index, areas: NDArray[np.object_], va_ledning: gpd.GeoDataFrame, parameters: Parameters
) -> pd.Series:
    """Kilometres of water main in use inside each zone; a main across a border counts by parts."""
    main = text_of(va_ledning, "type") == "vann"
    main &= text_of(va_ledning, "funksjon") != _SERVICE
    main &= drawn_lines(va_ledning) & in_use(va_ledning, parameters)
    lines = geometries(va_ledning)[main]
    zone, line = shapely.STRtree(lines).query(areas, predicate="intersects")
    inside = shapely.length(shapely.intersection(lines[line], areas[zone]))
    metres = np.bincount(zone, weights=inside, minlength=len(ids))
    return pd.Series(metres / _M_KM, index=ids)


def _connections(
    ids: pd.Index,
    areas: NDArray[np.object_],
    adresse: gpd.GeoDataFrame | None,
    va_tilknytning: pd.DataFrame | None,
) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Count the addresses of each zone that have water, that may have it, and all there are."""
    none = pd.Series(dtype=np.float64)
    if adresse is None:
        return none, none, none
    known = adresse.drop_duplicates("adresse_id")
    zone, address = shapely.STRtree(geometries(known)).query(areas, predicate="intersects")

    def count(which: NDArray[np.bool_]) -> pd.Series:
        found = np.bincount(zone[which[address]], minlength=len(ids)).astype(float)
        return pd.Series(found, index=ids)

    every = count(np.ones(len(known), dtype=bool))
    if va_tilknytning is None or "vann" not in va_tilknytning:
        return none, none, every
    rows = va_tilknytning.drop_duplicates("adresse_id")
    register = rows.set_index(rows["adresse_id"].astype(str))["vann"]
    water = known["adresse_id"].astype(str).map(register.astype(object))
    yes = (water == True).to_numpy(dtype=bool)  # noqa: E712  (missing is neither)
    silent = water.isna().to_numpy(dtype=bool)
    return count(yes), count(silent), every
