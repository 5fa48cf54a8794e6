"""Heights of pipes and nodes, and the direction that sewers run."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from askergeo.va._net_model import BY_DRAWN, BY_HEIGHT, BY_NOTHING, VANN
from askergeo.va._net_pipes import DEVICES, number_of, text_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.va._net_steps import Job

    Numbers = NDArray[np.int64]
    Reals = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["Falls", "falls_of", "lowest", "pumped"]

#: Functions of pipes that are pumped.
_PUMPED = ("pumpeledning", *DEVICES)


class Falls(NamedTuple):
    """Bottom heights at the ends of pieces, (m,), and which way they run.

    ``own`` tells which heights are the pipe's, and not its nodes'.
    """

    z_start: Reals
    z_end: Reals
    direction: NDArray[np.int8]
    by: NDArray[np.int8]
    own: Flags


def pumped(va_ledning: pd.DataFrame, row: Numbers, start: Numbers, pump: Flags) -> Flags:
    """Which pieces are pumped, (m,).

    By their function; where it is not told, those that begin at a pumping station and whose bottom
    heights nobody has measured, as one does of pipes that fall.
    """
    function = text_of(va_ledning, "funksjon")[row]
    own = [np.isnan(number_of(va_ledning, name)) for name in ("hoyde_fra", "hoyde_til")]
    unmeasured = (own[0] | own[1])[row]
    return np.asarray(np.isin(function, _PUMPED) | ((function == "") & pump[start] & unmeasured))


def falls_of(
    job: Job, row: Numbers, share: Reals, *, bottoms: tuple[Reals, Reals], pressure: Flags
) -> Falls:
    """Heights at the ends of pieces, and the direction of each; water has none of its own.

    Parameters
    ----------
    job
        The layers, the medium and the parameters.
    row, share
        Row of each piece, (m,), and where it starts and ends along it, (m, 2).
    bottoms
        Bottom height of the nodes where each row begins and ends, (r,), NaN unknown.
    pressure
        Pieces that are pumped, (m,).
    """
    va_ledning = job.va_ledning
    own = [number_of(va_ledning, name) for name in ("hoyde_fra", "hoyde_til")]
    z = [np.where(np.isnan(mine), node, mine) for mine, node in zip(own, bottoms, strict=True)]
    rise = (z[1] - z[0])[row]
    inner = z[0][row][:, None] + rise[:, None] * share
    at_start, at_end = share[:, 0] <= 0, share[:, 1] >= 1
    z_start = np.where(at_start, z[0][row], inner[:, 0])
    z_end = np.where(at_end, z[1][row], inner[:, 1])
    direction = np.ones(len(row), dtype=np.int8)
    by = np.full(len(row), BY_DRAWN, dtype=np.int8)
    if job.medium == VANN:
        direction[:], by[:] = 0, BY_NOTHING
    else:
        limit = float(job.parameters["va_nett_motfall_m"])
        gravity = ~pressure & (np.abs(rise) > limit)
        direction[gravity] = np.where(rise[gravity] < 0, 1, -1)
        by[gravity] = BY_HEIGHT
    told = ~np.isnan(own[0]) & ~np.isnan(own[1])
    return Falls(z_start, z_end, direction, by, told[row])


def lowest(start: Numbers, end: Numbers, falls: Falls, nodes: int) -> Reals:
    """Lowest known bottom of the pieces at each node, (n,); NaN where none is known."""
    found = np.full(nodes, np.inf)
    for node, z in ((start, falls.z_start), (end, falls.z_end)):
        known = ~np.isnan(z)
        np.minimum.at(found, node[known], z[known])
    return np.where(np.isfinite(found), found, np.nan)
