"""Which pipe each address has its water or sewage by, and who lives and works there.

The register of connections (``va_tilknytning``) is believed where it says something. Where it is
silent the nearest pipe within a distance is taken, and marked as a guess. An address beyond that is
unknown: it is not taken for one without a connection.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.geometry import geometries
from askergeo.va._net_model import AVLOP, VANN

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters
    from askergeo.va._net_model import PipeNetwork

    Truth = NDArray[np.bool_]

__all__ = [
    "HOW",
    "PIPE_GUESSED",
    "REGISTERED",
    "UNCONNECTED",
    "UNKNOWN",
    "WHOLLY_GUESSED",
    "Customers",
    "customers",
    "nearest_piece",
    "piece_lines",
]

#: How it is known which pipe an address hangs on.
UNKNOWN, REGISTERED, PIPE_GUESSED, WHOLLY_GUESSED, UNCONNECTED = range(5)
#: The same in bokmål, in that order.
HOW: Final = (
    "Ukjent: for langt fra en ledning, uten sted eller med ukjent register",
    "Register: tilknyttet, og ledningen er kjent",
    "Register: tilknyttet, men ledningen er antatt (den nærmeste)",
    "Antatt: den nærmeste ledningen, uten opplysning i registeret",
    "Register: ikke tilknyttet",
)
# Columns of the register for each medium; storm water has none.
_REGISTER: Final = {VANN: ("vann", "vann_ledning_id"), AVLOP: ("avlop", "avlop_ledning_id")}


@dataclass(frozen=True, eq=False)
class Customers:
    """Addresses and the pieces of pipe that they hang on, (a,) each.

    Parameters
    ----------
    ids
        ``adresse_id``, each once.
    points
        Places; missing where the address has none.
    piece
        Piece of the network; −1 for none.
    how
        Place in `HOW`.
    distance_m
        From the address to the piece; NaN without one.
    residents, dwellings, vulnerable
        Counts; all NaN when the layer does not tell. Vulnerable are the oldest.
    unplaced
        Residents whose address is not in the layer of addresses.
    """

    ids: NDArray[np.object_]
    points: Geometries
    piece: NDArray[np.int64]
    how: NDArray[np.int8]
    distance_m: NDArray[np.float64]
    residents: NDArray[np.float64]
    dwellings: NDArray[np.float64]
    vulnerable: NDArray[np.float64]
    unplaced: int

    @property
    def connected(self) -> Truth:
        """Addresses that hang on a piece."""
        return np.asarray(self.piece >= 0, dtype=np.bool_)

    def by_piece(self, values: NDArray[np.float64], pieces: int) -> NDArray[np.float64]:
        """Sum values of addresses over the pieces they hang on, (pieces,); unknown adds nothing."""
        on = self.connected
        return np.bincount(
            self.piece[on], weights=np.nan_to_num(values[on]), minlength=pieces
        ).astype(np.float64)


def piece_lines(network: PipeNetwork) -> Geometries:
    """Return the line of each piece of the network, (m,)."""
    count = np.diff(network.coordinate_ptr)
    lines = shapely.linestrings(
        network.coordinates, indices=np.repeat(np.arange(network.edges), count)
    )
    return np.asarray(lines, dtype=object)


def customers(
    network: PipeNetwork,
    adresse: gpd.GeoDataFrame,
    befolkning: pd.DataFrame | None = None,
    va_tilknytning: pd.DataFrame | None = None,
    *,
    va_ledning: gpd.GeoDataFrame,
    parameters: Parameters,
) -> Customers:
    """Hang every address on the pipe that it is known, or guessed, to be connected to.

    Parameters
    ----------
    network
        The network of the medium that is asked for.
    adresse, befolkning, va_tilknytning
        Layers of the catalogue; without the register every connection is a guess.
    va_ledning
        The layer that the network is made of.
    parameters
        The set ``va_bortfall``.

    Returns
    -------
    Customers
    """
    known = adresse.drop_duplicates("adresse_id").reset_index(drop=True)
    ids = known["adresse_id"].astype(str)
    points = geometries(known)
    connected, named = _register(network, ids, va_tilknytning, va_ledning)
    lines = piece_lines(network)
    piece = _named_piece(network, points, named, lines)
    how = np.where(piece >= 0, REGISTERED, UNKNOWN).astype(np.int8)
    no = connected == 0
    piece[no], how[no] = -1, UNCONNECTED
    ask = np.flatnonzero((piece < 0) & ~no)
    near = nearest_piece(
        lines,
        points[ask],
        may_have_customers(network, va_ledning, parameters["va_bortfall_ikke_kunder"]),
        float(parameters["va_bortfall_tilknytning_m"]),
    )
    piece[ask] = near
    guess = np.where(connected[ask] == 1, PIPE_GUESSED, WHOLLY_GUESSED)
    how[ask] = np.where(near >= 0, guess, UNKNOWN)
    distance = np.full(len(ids), np.nan)
    on = (piece >= 0) & _placed(points)
    distance[on] = shapely.distance(points[on], lines[piece[on]])
    residents, vulnerable, unplaced = _people(
        ids, befolkning, int(parameters["va_bortfall_sarbar_alder"])
    )
    return Customers(
        ids=ids.to_numpy(dtype=object),
        points=points,
        piece=piece,
        how=how,
        distance_m=distance,
        residents=residents,
        dwellings=_numbers(known, "boliger"),
        vulnerable=vulnerable,
        unplaced=unplaced,
    )


def may_have_customers(
    network: PipeNetwork, va_ledning: gpd.GeoDataFrame, without: Sequence[str]
) -> Truth:
    """Tell which pieces an address may be guessed to hang on, by the function of their pipe."""
    if "funksjon" not in va_ledning:
        return np.ones(network.edges, dtype=np.bool_)
    kinds = va_ledning["funksjon"].astype("string").fillna("").to_numpy(dtype=object)
    return np.asarray(~np.isin(kinds[network.row].astype(str), list(without)), dtype=np.bool_)


def nearest_piece(
    lines: Geometries, points: Geometries, allowed: Truth, limit_m: float
) -> NDArray[np.int64]:
    """Return the nearest allowed piece within a distance (m) of each point; −1 for none.

    Of several just as near the first is taken.
    """
    found = np.full(len(points), -1, dtype=np.int64)
    pieces, asked = np.flatnonzero(allowed), np.flatnonzero(_placed(points))
    if not len(pieces) or not len(asked):
        return found
    tree = shapely.STRtree(lines[pieces])
    which, piece = tree.query_nearest(points[asked], max_distance=limit_m)
    order = np.lexsort((pieces[piece], which))
    which, first = np.unique(which[order], return_index=True)
    found[asked[which]] = pieces[piece[order][first]]
    return found


def _placed(points: Geometries) -> Truth:
    return np.asarray(~(shapely.is_missing(points) | shapely.is_empty(points)), dtype=np.bool_)


def _register(
    network: PipeNetwork,
    ids: pd.Series,
    register: pd.DataFrame | None,
    va_ledning: gpd.GeoDataFrame,
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Return whether each address is connected (−1 unknown), and the row of its pipe (−1)."""
    connected = np.full(len(ids), -1, dtype=np.int8)
    row = np.full(len(ids), -1, dtype=np.int64)
    if register is None or network.medium not in _REGISTER:
        return connected, row
    told, pipe = _REGISTER[network.medium]
    mine = register.drop_duplicates("adresse_id").set_index(
        register["adresse_id"].drop_duplicates().astype(str)
    )
    mine = mine.reindex(ids)
    if pipe in mine:
        names = pd.Index(va_ledning["ledning_id"].astype(str))
        names = names[~names.duplicated()]
        place = np.flatnonzero(~va_ledning["ledning_id"].astype(str).duplicated())
        at = names.get_indexer(pd.Index(mine[pipe].astype("string").fillna("").astype(str)))
        row = np.where(at >= 0, place[at], -1).astype(np.int64)
        connected[row >= 0] = 1
    if told in mine:
        said = mine[told].astype("boolean")
        connected = np.where(
            said.isna(), connected, said.fillna(value=False).astype(np.int8)
        ).astype(np.int8)
    return connected, np.where(connected == 0, -1, row).astype(np.int64)


def _named_piece(
    network: PipeNetwork, points: Geometries, row: NDArray[np.int64], lines: Geometries
) -> NDArray[np.int64]:
    """Return the piece of the named pipe that is nearest each address; −1 without one."""
    found = np.full(len(row), -1, dtype=np.int64)
    order = np.argsort(network.row, kind="stable")
    rows = network.row[order]
    first, last = np.searchsorted(rows, row), np.searchsorted(rows, row, side="right")
    count = np.where(row >= 0, last - first, 0)
    who = np.repeat(np.arange(len(row)), count)
    piece = order[np.repeat(first - np.cumsum(count) + count, count) + np.arange(count.sum())]
    away = np.full(len(who), np.inf)
    placed = _placed(points)[who]
    away[placed] = shapely.distance(points[who[placed]], lines[piece[placed]])
    rank = np.lexsort((piece, away, who))
    some, start = np.unique(who[rank], return_index=True)
    found[some] = piece[rank[start]]
    return found


def _people(
    ids: pd.Series, befolkning: pd.DataFrame | None, old: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Return residents and the oldest of them by address, and those at no known address."""
    unknown = np.full(len(ids), np.nan)
    if befolkning is None:
        return unknown, unknown.copy(), 0
    at = befolkning["adresse_id"].astype(str)
    total = befolkning["antall"].groupby(at).sum()
    residents = total.reindex(ids).fillna(0).to_numpy(dtype=np.float64)
    lost = int(total.sum()) - int(residents.sum())
    if "alder" not in befolkning:
        return residents, unknown, lost
    oldest = befolkning["antall"].where(befolkning["alder"] >= old, 0).groupby(at).sum()
    return residents, oldest.reindex(ids).fillna(0).to_numpy(dtype=np.float64), lost


def _numbers(frame: pd.DataFrame, column: str) -> NDArray[np.float64]:
    if column not in frame:
        return np.full(len(frame), np.nan)
    return frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
