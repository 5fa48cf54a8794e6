"""Water taken for a fire at one node after another, in a model that EPANET holds open."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo.errors import ParameterError
from askergeo.va._hydraulic_engine import COUNT_NODES, Project
from askergeo.va._hydraulic_model import BAR_M, HOUR_S, JUNCTION, EpanetModel, FireFlow
from askergeo.va._hydraulic_reader import flow_units, indexes, reached_nodes
from askergeo.va._hydraulic_source import epanet_model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

# A fire flow is found to this.
_FLOW_STEP_L_S: Final = 0.25
_MOST_L_S: Final = 100.0
# Of the flow in Hazen-Williams' loss.
_POWER: Final = 1.852
_GUESSES: Final = 4


def fire_flow(
    model: EpanetModel | Mapping[str, pd.DataFrame] | str | Path,
    node: str,
    l_s: float,
    *,
    required_bar: float = 1.0,
    hour: float | None = None,
) -> FireFlow:
    """Take water out at one node, and say what pressure is left; see :func:`fire_flows`."""
    return fire_flows(model, [node], l_s, required_bar=required_bar, hour=hour)[0]


def fire_flows(
    model: EpanetModel | Mapping[str, pd.DataFrame] | str | Path,
    nodes: Sequence[str],
    l_s: float,
    *,
    required_bar: float = 1.0,
    hour: float | None = None,
    most_l_s: float = _MOST_L_S,
    beyond: bool = True,
) -> list[FireFlow]:
    """Take water out at one node at a time beside the model's own demand.

    The flow is forced: all of it is taken out, whatever the pressure falls to. Tanks hold what they
    begin with.

    Parameters
    ----------
    model
        The model.
    nodes
        Nodes where a fire outlet stands.
    l_s
        What is taken out, litres a second.
    required_bar
        Pressure that is needed at the outlet meanwhile.
    hour
        Hours from the model's beginning at which it burns; ``None`` for the hour with most demand.
    most_l_s
        The most that is tried when what can be taken out is sought.
    beyond
        Whether more than ``l_s`` is tried where there is enough; ``most_l_s`` is then no more than
        that. Several times faster without.

    Raises
    ------
    SourceError, ParameterError, MissingFileError
        As :func:`run_epanet`; also when a node is a source or a tank.
    """
    found = epanet_model(model)
    with Project(found.text, found.name) as project:
        names, kind = project.names("node"), project.types("node")
        chosen = indexes(names, nodes, f"noden i modellen {found.name}")
        tanks = [str(names[one]) for one in chosen if kind[one] != JUNCTION]
        if tanks:
            raise ParameterError(
                f"Brannvann kan ikke tas ut i kilder og bassenger: {', '.join(tanks)}.",
                remedy="Velg noder på ledningsnettet.",
            )
        project.demand_driven()
        when = busiest_s(project) if hour is None else round(hour * HOUR_S)
        begins = project.time("pattern_start")
        project.set_time("duration", 0)
        project.set_time("pattern_start", begins + when)
    # One run a node: demands of a node that has burnt must not stay.
    most = most_l_s if beyond else l_s
    return _burnt(found, nodes, chosen, (l_s, required_bar, most), begins + when)


def _burnt(
    found: EpanetModel,
    nodes: Sequence[str],
    chosen: list[int],
    limits: tuple[float, float, float],
    pattern_start: int,
) -> list[FireFlow]:
    with Project(found.text, found.name) as project:
        project.demand_driven()
        project.set_time("duration", 0)
        project.set_time("pattern_start", pattern_start)
        for one in dict.fromkeys(chosen):
            project.add_demand(one, 0.0)
        scene = _Fire(project, *limits)
        return [scene.at(str(node), one) for node, one in zip(nodes, chosen, strict=True)]


class _Fire:
    """Solves one fire at a time in a model that is held open."""

    def __init__(self, project: Project, l_s: float, required_bar: float, most_l_s: float) -> None:
        self.project, self.l_s, self.required, self.most = project, l_s, required_bar, most_l_s
        self.units = flow_units(project)
        self.names, self.kind = project.names("node"), project.types("node")
        self.start, self.end = project.ends()
        count, self.links = len(self.names), len(self.start)
        self.elevation = project.values("node", "elevation", count)
        self.count = count
        project.begin()
        project.step()
        self.demand = project.values("node", "demand", count)

    def _pressure(self, node: int, l_s: float) -> float:
        """Pressure at the node while water is taken out there, bar."""
        project = self.project
        project.change_last_demand(node, l_s / self.units.flow)
        project.begin()
        project.step()
        metres = (project.node(node, "head") - self.elevation[node]) * self.units.length
        return float(metres / BAR_M)

    def _is_reached(self, node: int) -> bool:
        """Whether an open way leads to the node from a source, as the model is now."""
        is_open = self.project.values("link", "status", self.links) > 0
        return bool(reached_nodes(self.start, self.end, is_open, self.kind)[node])

    def at(self, name: str, node: int) -> FireFlow:
        pressure = self._pressure(node, self.l_s)
        # Where no way is open, the forced flow leaves a pressure far below any that is asked for.
        if pressure < self.required and not self._is_reached(node):
            pressure = float("nan")
        lowest, where = self._lowest(node)
        available = self._available(node, pressure)
        self.project.change_last_demand(node, 0.0)
        return FireFlow(
            node=name,
            asked_l_s=self.l_s,
            pressure_bar=pressure,
            available_l_s=available,
            most_l_s=self.most,
            lowest_bar=lowest,
            lowest_node=where,
            enough=bool(pressure >= self.required),
        )

    def _lowest(self, node: int) -> tuple[float, str]:
        """Lowest pressure among the other nodes with demand, bar, and where it is."""
        head = self.project.values("node", "head", self.count)
        bar = (head - self.elevation) * self.units.length / BAR_M
        other = (self.kind == JUNCTION) & (self.demand > 0)
        other[node] = False
        if not other.any():
            return float("nan"), ""
        at = int(np.argmin(np.where(other, bar, np.inf)))
        return float(bar[at]), str(self.names[at])

    def _available(self, node: int, pressure: float) -> float:
        """Most that can be taken out with the pressure that is needed, to within the step."""
        if math.isnan(pressure):
            return 0.0
        if pressure >= self.required:
            low, high = (self.l_s, pressure), (self.most, pressure)
            if self.most > self.l_s:
                high = (self.most, self._pressure(node, self.most))
        else:
            low, high = (0.0, self._pressure(node, 0.0)), (self.l_s, pressure)
        if not low[1] >= self.required:
            return 0.0
        return high[0] if high[1] >= self.required else self._between(node, low, high)

    def _between(self, node: int, low: tuple[float, float], high: tuple[float, float]) -> float:
        """Close in on the flow with the pressure that is needed; each end is flow and pressure.

        The loss grows about as Hazen-Williams says, so a guess is near, and a try half a step to
        each side of it mostly ends the search. Halving ends it where the guess was far off.
        """
        half = _FLOW_STEP_L_S / 2
        tries = 0
        while high[0] - low[0] > _FLOW_STEP_L_S:
            flow = (low[0] + high[0]) / 2
            if tries < _GUESSES:
                guess = _guess(low, high, self.required)
                flow = guess + (half if guess - low[0] <= half else -half)
            flow = min(max(flow, low[0] + half), high[0] - half)
            pressure = self._pressure(node, flow)
            if pressure >= self.required:
                low = flow, pressure
            else:
                high = flow, pressure
            tries += 1
        return low[0]


def _guess(low: tuple[float, float], high: tuple[float, float], required: float) -> float:
    """Flow at which a loss as the flow to Hazen-Williams' power leaves the pressure needed.

    Examples
    --------
    >>> round(_guess((0.0, 5.0), (20.0, 1.0), 1.0), 3), round(_guess((0.0, 2.0), (1.0, 0.0), 1), 3)
    (20.0, 0.688)
    """
    below, above = low[0] ** _POWER, high[0] ** _POWER
    share = (low[1] - required) / (low[1] - high[1])
    return float((below + share * (above - below)) ** (1 / _POWER))


def busiest_s(project: Project) -> int:
    """Seconds from the beginning to the time with most demand."""
    return demand_span(project)[0]


def demand_span(project: Project) -> tuple[int, float, float]:
    """Return the time with most demand (s from the beginning), and least and most, the model's."""
    count = project.count(COUNT_NODES)
    taps = project.types("node") == JUNCTION
    best, least, when = -np.inf, np.inf, 0
    project.begin()
    while True:
        now, _ = project.step()
        total = float(project.values("node", "demand", count)[taps].sum())
        least = min(least, total)
        if total > best + 1e-9:
            best, when = total, now
        if project.next() <= 0:
            return when, least, best
