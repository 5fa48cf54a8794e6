"""How much water and sewage there is, where it goes, and when plants and pipes are full.

One person equivalent (pe) is a resident; a job is a part of one. A pe uses so many litres a day;
the largest day is the mean times a factor, the largest hour of that day times another. Sewage has
groundwater and rain with it (fremmedvann), and water mains leak: both are stated as shares of the
whole, and stay the same through the day. Everything is told low, middle and high: the alternative
of the forecast together with the factors of the same name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo.va._load_flow import Flow, flow
from askergeo.va._load_growth import ALTERNATIVES, Demand
from askergeo.va._load_limits import (
    Plants,
    Transfer,
    first_over,
    free_through,
    plants_of,
    transferred,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.va._net_model import PipeNetwork

    Whole = NDArray[np.int64]
    Number = NDArray[np.float64]

__all__ = [
    "ALTERNATIVES",
    "Demand",
    "Factors",
    "Flow",
    "Plants",
    "Transfer",
    "factors_of",
    "first_over",
    "flow",
    "flow_of",
    "free_through",
    "jumps_of",
    "plants_of",
    "terminals_of",
    "transferred",
]

_SECONDS: Final = 86_400.0
_NAMES: Final = {"lav": "lav", "hoved": "mid", "hoy": "hoy"}


@dataclass(frozen=True, kw_only=True)
class Factors:
    """What a resident and a job give.

    Parameters
    ----------
    pe_person, pe_job
        Person equivalents.
    litres
        A day and person, without leak.
    day, hour
        The largest day over the mean, and the largest hour over the mean of that day.
    infiltration, leak
        Shares (0–1) of the sewage that is not sewage, and of the water delivered that is lost.
    """

    pe_person: float
    pe_job: float
    litres: float
    day: float
    hour: float
    infiltration: float
    leak: float

    def pe(self, residents: Number, jobs: Number) -> Number:
        """Person equivalents of residents and jobs."""
        return np.asarray(self.pe_person * residents + self.pe_job * jobs)

    def sewage_l_s(self, pe: Number) -> Number:
        """Sewage in the largest hour, l/s, with what seeps in.

        Examples
        --------
        >>> one = Factors(
        ...     pe_person=1, pe_job=0.3, litres=172.8, day=1.5, hour=2.0, infiltration=0.5, leak=0
        ... )
        >>> float(one.sewage_l_s(np.array([1000.0]))[0])
        8.0
        """
        mean = pe * self.litres / _SECONDS
        return np.asarray(
            mean * self.day * self.hour + mean * self.infiltration / (1 - self.infiltration)
        )

    def water_l_s(self, pe: Number) -> Number:
        """Water in the largest hour, l/s, with what leaks."""
        mean = pe * self.litres / _SECONDS
        return np.asarray(mean * self.day * self.hour + mean * self.leak / (1 - self.leak))

    def water_m3_day(self, pe: Number) -> Number:
        """Water delivered in the largest day, m³, with what leaks."""
        mean = pe * self.litres / 1000.0
        return np.asarray(mean * self.day + mean * self.leak / (1 - self.leak))


def factors_of(parameters: Parameters) -> Mapping[str, Factors]:
    """Read the factors of each alternative from the set ``va_vekst``."""

    def of(name: str) -> Factors:
        word = _NAMES[name]
        return Factors(
            pe_person=float(parameters["va_vekst_pe_person"]),
            pe_job=float(parameters[f"va_vekst_pe_jobb_{word}"]),
            litres=float(parameters[f"va_vekst_l_person_{word}"]),
            day=float(parameters[f"va_vekst_doegnfaktor_{word}"]),
            hour=float(parameters[f"va_vekst_timefaktor_{word}"]),
            infiltration=float(parameters[f"va_vekst_fremmedvann_{word}"]) / 100,
            leak=float(parameters[f"va_vekst_lekkasje_{word}"]) / 100,
        )

    return {name: of(name) for name in ALTERNATIVES}


def terminals_of(
    network: PipeNetwork,
    va_node: pd.DataFrame | None,
    va_anlegg: pd.DataFrame | None,
    year: int,
) -> Whole:
    """Nodes where sewage leaves the network on a dry day: plants in use and outlets.

    An overflow takes rain only and is no end. A plant that opens later is none yet.
    """
    over = _is(va_node, network.node_row, "overlop")
    found = network.outlet & ~over
    if va_anlegg is not None and len(va_anlegg):
        plants = plants_of(va_anlegg, "renseanlegg", np.array([year]))
        node = network.facility_at[plants.row]
        waiting = (node >= 0) & (plants.opens > year)
        found[node[(node >= 0) & ~waiting]] = True
        found[node[waiting]] = False
    return np.flatnonzero(found).astype(np.int64)


def jumps_of(network: PipeNetwork, va_anlegg: pd.DataFrame | None) -> Whole:
    """Nodes of pumping stations and of the plants that they pump to by the register, (j, 2)."""
    if va_anlegg is None or "til_anlegg_id" not in va_anlegg:
        return np.zeros((0, 2), dtype=np.int64)
    ids = va_anlegg["anlegg_id"].astype(str).to_numpy(dtype=object)
    place = {one: row for row, one in reversed(list(enumerate(ids.tolist())))}
    station = va_anlegg["type"].astype("string").fillna("").eq("pumpestasjon").to_numpy(dtype=bool)
    told = va_anlegg["til_anlegg_id"].astype("string").fillna("").astype(str)
    to = np.array([place.get(one, -1) for one in told], dtype=np.int64)
    rows = np.flatnonzero(station & (to >= 0))
    pairs = np.column_stack([network.facility_at[rows], network.facility_at[to[rows]]])
    return np.asarray(pairs[(pairs >= 0).all(axis=1)], dtype=np.int64)


def flow_of(
    network: PipeNetwork,
    va_node: pd.DataFrame | None,
    va_anlegg: pd.DataFrame | None,
    year: int,
) -> Flow:
    """Find the way of sewage through a network; what is closed lets nothing through.

    Parameters
    ----------
    network
        Of sewage.
    va_node, va_anlegg
        The layers that it was made with.
    year
        The year asked about.
    """
    length = np.where(network.closed, np.inf, network.length_m)
    open_pieces = np.flatnonzero(np.isfinite(length))
    found = flow(
        network.nodes,
        network.start[open_pieces].astype(np.int64),
        network.end[open_pieces].astype(np.int64),
        network.length_m[open_pieces],
        network.direction[open_pieces],
        ends=terminals_of(network, va_node, va_anlegg, year),
        jumps=jumps_of(network, va_anlegg),
    )
    against = np.zeros(network.edges, dtype=np.bool_)
    against[open_pieces] = found.against
    through = np.full(len(found.through), -1, dtype=np.int64)
    used = found.through >= 0
    through[used] = open_pieces[found.through[used]]
    return Flow(found.order, found.parent, through, found.end, against)


def _is(frame: pd.DataFrame | None, row: NDArray[np.int32], kind: str) -> NDArray[np.bool_]:
    """Tell which nodes have a row of that type."""
    if frame is None or not len(frame):
        return np.zeros(len(row), dtype=np.bool_)
    kinds = frame["type"].astype("string").fillna("").to_numpy(dtype=object) == kind
    return np.asarray((row >= 0) & kinds[row], dtype=np.bool_)
