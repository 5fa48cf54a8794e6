"""What a hydraulic model is here, and what a run of it gives."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]
    Numbers = NDArray[np.int64]
    Truth = NDArray[np.bool_]

__all__ = [
    "BAR_M",
    "GUESS_COLUMNS",
    "HOUR_S",
    "JUNCTION",
    "PIPES",
    "PUMP",
    "RESERVOIR",
    "STEADY",
    "TANK",
    "EpanetModel",
    "FireFlow",
    "HydraulicRun",
    "pressure_unit_m",
]

#: Metres of water in one bar: 100 kPa ÷ (1000 kg/m³ × 9.80665 m/s²).
BAR_M: Final = 100_000 / (1000 * 9.80665)
#: EPANET's kinds of nodes, and of links: pipes with a check valve and without, and pumps.
JUNCTION, RESERVOIR, TANK = 0, 1, 2
PIPES: Final = (0, 1)
PUMP: Final = 2
HOUR_S: Final = 3600
#: Demand that varies less than this share of it is the same all the time.
STEADY: Final = 0.01
GUESS_COLUMNS: Final = ("antatt", "antall", "av", "grunnlag")
# EPANET's PSI is a foot over 0.4333 of water.
_PSI_M: Final = 0.3048 / 0.4333
_KPA_M: Final = 0.3048 / (0.4333 * 6.895)


@dataclass(frozen=True, kw_only=True)
class EpanetModel:
    """A model that EPANET reads.

    Parameters
    ----------
    name
        What the model is called.
    text
        The model as an .inp file.
    guesses
        What stands on something else than the layers: columns :data:`GUESS_COLUMNS`.
    """

    name: str
    text: str
    guesses: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(GUESS_COLUMNS)))


@dataclass(frozen=True, kw_only=True, eq=False)  # arrays have no single answer to ==
class HydraulicRun:
    """What EPANET answers: ``t`` times, ``n`` nodes and ``m`` links, in EPANET's order.

    Parameters
    ----------
    seconds
        Time of each answer from the beginning, (t,).
    clock_s
        Seconds from midnight of the first answer, where the model tells it.
    node, node_kind, elevation_m
        Id, :data:`JUNCTION`, :data:`RESERVOIR` or :data:`TANK`, and height, (n,).
    head_m
        Level that the water would rise to, (t, n), metres above the model's zero.
    pressure_m
        Metres of water over the node, (t, n); NaN where no open way leads from a source.
    demand_l_s
        What is delivered, (t, n); at sources and tanks what runs in.
    deficit_l_s
        What is asked for and not delivered, (t, n).
    reached
        Whether an open way leads from a source or tank, (t, n).
    link, link_kind, start, end, length_m, diameter_mm
        Id, EPANET's kind, nodes, and sizes, (m,).
    flow_l_s, velocity_m_s
        (t, m); the flow is negative against the link's direction.
    warnings
        EPANET's number of each warning, and the times (seconds) at which it was given.
    failed_pumps
        Pumps that cannot lift what is asked of them at some time.
    """

    seconds: Numbers
    clock_s: int
    node: NDArray[np.object_]
    node_kind: Numbers
    elevation_m: Reals
    head_m: Reals
    pressure_m: Reals
    demand_l_s: Reals
    deficit_l_s: Reals
    reached: Truth
    link: NDArray[np.object_]
    link_kind: Numbers
    start: Numbers
    end: Numbers
    length_m: Reals
    diameter_mm: Reals
    flow_l_s: Reals
    velocity_m_s: Reals
    warnings: dict[int, tuple[int, ...]]
    failed_pumps: tuple[str, ...]

    @property
    def junction(self) -> Truth:
        """Nodes that are neither source nor tank, (n,)."""
        return np.asarray(self.node_kind == JUNCTION)

    @property
    def asked_l_s(self) -> Reals:
        """What is asked for in all at each time, (t,), l/s."""
        asked = (self.demand_l_s + self.deficit_l_s)[:, self.junction]
        return np.asarray(asked.sum(axis=1), dtype=np.float64)

    @property
    def steady(self) -> bool:
        """Whether as much is asked for at all times: such a run has no hour with most demand."""
        asked = self.asked_l_s
        return bool(asked.max() - asked.min() <= STEADY * abs(asked).max())

    @property
    def pipe(self) -> Truth:
        """Links that are pipes, (m,)."""
        return np.isin(self.link_kind, PIPES)

    @property
    def pressure_bar(self) -> Reals:
        """Pressures in bar, (t, n)."""
        return self.pressure_m / BAR_M

    def pressures(self) -> pd.DataFrame:
        """Pressures in metres: a row a time in seconds, a column a node."""
        return pd.DataFrame(self.pressure_m, index=self.seconds, columns=self.node)

    def flows(self) -> pd.DataFrame:
        """Flows in l/s: a row a time in seconds, a column a link."""
        return pd.DataFrame(self.flow_l_s, index=self.seconds, columns=self.link)


@dataclass(frozen=True, kw_only=True)
class FireFlow:
    """What a node gives when water is taken out for a fire.

    Parameters
    ----------
    node
        The node.
    asked_l_s
        What was asked for.
    pressure_bar
        Pressure at the node while it is taken out; NaN where the node has no water.
    available_l_s
        Most that can be taken out with the pressure that a fire outlet needs, up to ``most_l_s``;
        0 when the pressure is too low before anything is taken out.
    most_l_s
        The most that was tried.
    lowest_bar, lowest_node
        The lowest pressure among the other nodes with a demand, while ``asked_l_s`` is taken out.
    enough
        Whether the pressure is at least what a fire outlet needs.
    """

    node: str
    asked_l_s: float
    pressure_bar: float
    available_l_s: float
    most_l_s: float
    lowest_bar: float
    lowest_node: str
    enough: bool


def pressure_unit_m(text: str, *, customary: bool) -> float:
    """Metres of water in a model's unit of pressure.

    EPANET takes psi in models with US units, whatever the options say, and in others metres unless
    the options say kPa.

    Examples
    --------
    >>> pressure_unit_m("[OPTIONS]", customary=False)
    1.0
    >>> round(pressure_unit_m("[OPTIONS]", customary=True), 3)
    0.703
    """
    if customary:
        return _PSI_M
    kpa = re.search(r"^\s*PRESSURE\s+KPA\b", text, re.MULTILINE | re.IGNORECASE)
    return _KPA_M if kpa else 1.0
