"""What fire outlets give in a model: alone, and together, with the pressure that is needed.

EPANET solves the hour with most demand, with the model held open; what is drawn is forced. Every
solution starts afresh, so that no answer depends on those before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import numpy as np
import shapely
from scipy.spatial import cKDTree

from askergeo.errors import SourceError
from askergeo.va._hydraulic_engine import COUNT_LINKS, COUNT_NODES, Project
from askergeo.va._hydraulic_fire import demand_span
from askergeo.va._hydraulic_model import BAR_M, JUNCTION, STEADY
from askergeo.va._hydraulic_reader import flow_units, reached_nodes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.va.model_export import PlacedModel

    Numbers = NDArray[np.float64]
    Whole = NDArray[np.int64]

__all__ = ["NO", "UNKNOWN", "YES", "FireModel"]

NO, UNKNOWN, YES = 0, 1, 2
#: What an outlet gives is found to this.
STEP_L_S: Final = 0.5
# Loss of head grows with the flow to this (Hazen-Williams).
_POWER: Final = 1.852
# Halvings of how two outlets share what is drawn.
_SPLITS: Final = 7
# EPANET's warning that the equations were not solved.
_UNBALANCED: Final = 1
# Tries by the shape of the curve before plain halving.
_SHAPED: Final = 5


class FireModel:
    """A model that is held open while outlets draw water; used in a ``with``.

    Parameters
    ----------
    placed
        The model, and where its nodes are.
    ids, xy
        The outlets: ``node_id``, (h,), and place, (h, 2).
    parameters
        The sets ``va_brannvann`` and ``va_hydraulikk``.

    Notes
    -----
    An outlet is the node with its id; else the nearest node of the model, within the distance that
    an outlet may be from its pipe. Outlets that are neither, or whose height is not known, are not
    in the model.
    """

    def __init__(
        self, placed: PlacedModel, ids: NDArray[np.object_], xy: Numbers, parameters: Parameters
    ) -> None:
        self.placed, self.required = placed, float(parameters["va_hydraulikk_brann_bar"])
        self.most_l_s = float(parameters["va_brannvann_annen_l_s"])
        self.ids, self.xy = ids, xy
        self.reach = float(parameters["va_brannvann_ledning_m"])
        self.solved = 0
        self.steady, self.demand_l_s = False, np.nan
        self._project: Project | None = None
        self._known: dict[tuple[int, ...], int] = {}

    def __enter__(self) -> Self:
        model = self.placed.model
        with Project(model.text, model.name) as project:
            project.demand_driven()
            busiest, least, most = demand_span(project)
            when = project.time("pattern_start") + busiest
            self.steady = most - least <= STEADY * abs(most)
            self.demand_l_s = most * flow_units(project).flow
        self._project = project = Project(model.text, model.name).__enter__()
        try:
            self._prepare(project, when)
        except BaseException:
            project.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._project is not None:
            self._project.__exit__(kind, error, trace)

    def _prepare(self, project: Project, when: int) -> None:
        project.demand_driven()
        project.set_time("duration", 0)
        project.set_time("pattern_start", when)
        self.node = self._nodes(project)
        for one in np.unique(self.node[self.node >= 0]):
            project.add_demand(int(one), 0.0)
        count, links = project.count(COUNT_NODES), project.count(COUNT_LINKS)
        units = flow_units(project)
        self._flow, self._length = units.flow, units.length
        self._elevation = project.values("node", "elevation", count)
        self._still = np.full(count, np.nan)
        if self._solve():
            head = project.values("node", "head", count)
            self._still = (head - self._elevation) * units.length / BAR_M
            is_open = project.values("link", "status", links) > 0
            self._still[~reached_nodes(*project.ends(), is_open, project.types("node"))] = -np.inf

    def _nodes(self, project: Project) -> Whole:
        """Find the node of each outlet, (h,); −1 when the model does not have it."""
        names, kind = project.names("node"), project.types("node")
        usable = (kind == JUNCTION) & ~np.isin(names, list(self.placed.heights_unknown))
        at = {str(names[one]): int(one) for one in np.flatnonzero(usable)}
        found = np.array([at.get(str(one), -1) for one in self.ids], dtype=np.int64)
        every = set(names.tolist())
        lost = np.flatnonzero((found < 0) & ~np.isin(self.ids, list(every)))
        places = self.placed.places[[one in at for one in self.placed.places.index]]
        if len(lost) and len(places):
            tree = cKDTree(shapely.get_coordinates(places.to_numpy(dtype=object)))
            away, near = tree.query(self.xy[lost])
            good = away <= self.reach
            found[lost[good]] = [at[str(one)] for one in places.index[near[good]]]
        return found

    def _solve(self) -> bool:
        """Solve what is drawn now; false where EPANET finds no answer."""
        if self._project is None:
            return False
        self.solved += 1
        try:
            self._project.begin()
            return self._project.step()[1] != _UNBALANCED
        except SourceError:
            return False

    def _pressures(self, draws: Sequence[tuple[int, float]]) -> Numbers:
        """Pressures at nodes that draw at the same time, bar; NaN where there is no answer."""
        project = self._project
        if project is None:
            return np.full(len(draws), np.nan)
        for node, l_s in draws:
            project.change_last_demand(node, l_s / self._flow)
        solved = self._solve()
        head = np.array([project.node(node, "head") - self._elevation[node] for node, _ in draws])
        for node, _ in draws:
            project.change_last_demand(node, 0.0)
        return head * self._length / BAR_M if solved else np.full(len(draws), np.nan)

    def alone(self, outlet: int) -> float:
        """Most that an outlet gives, l/s, up to ``most_l_s``; NaN when the model does not tell."""
        node = int(self.node[outlet])
        still = float(self._still[node]) if node >= 0 else np.nan
        if np.isnan(still):
            return np.nan
        if still < self.required:
            return 0.0
        pressure = float(self._pressures([(node, self.most_l_s)])[0])
        if np.isnan(pressure) or pressure >= self.required:
            return np.nan if np.isnan(pressure) else self.most_l_s
        return self._between(node, (0.0, still), (self.most_l_s, pressure))

    def _between(self, node: int, low: tuple[float, float], high: tuple[float, float]) -> float:
        """Narrow the flow between one that goes and one that does not, (l/s, bar) each.

        The next try is where the curve through both would cross, a little to the side that was
        not moved last; after some such tries the middle.
        """
        side, tries = -1.0, 0
        while high[0] - low[0] > STEP_L_S:
            crossing = self._crossing(low, high) + side * 0.45 * STEP_L_S
            inside = low[0] + 0.1 * STEP_L_S < crossing < high[0] - 0.1 * STEP_L_S
            guess = crossing if inside and tries < _SHAPED else (low[0] + high[0]) / 2
            tries += 1
            pressure = float(self._pressures([(node, guess)])[0])
            if np.isnan(pressure):
                return np.nan
            if pressure >= self.required:
                low, side = (guess, pressure), 1.0
            else:
                high, side = (guess, pressure), -1.0
        return low[0]

    def _crossing(self, low: tuple[float, float], high: tuple[float, float]) -> float:
        share = (low[1] - self.required) / (low[1] - high[1])
        one, two = low[0] ** _POWER, high[0] ** _POWER
        return float((one + share * (two - one)) ** (1 / _POWER))

    def together(self, outlets: tuple[int, ...], each: Numbers, total: float) -> int:
        """Tell whether outlets that draw at the same time give ``total`` litres a second.

        Two share it as is best for the one with the lower pressure; more than two by what each
        gives alone (``each``).
        """
        key = tuple(sorted(outlets))
        if key not in self._known:
            weights = np.maximum(each[list(key)], STEP_L_S)
            parts: dict[int, float] = {}
            for one, part in zip(key, weights / weights.sum(), strict=True):
                node = int(self.node[one])
                parts[node] = parts.get(node, 0.0) + float(part)
            nodes = list(parts)
            if min(nodes) < 0:
                answer = UNKNOWN
            elif len(nodes) == 2:  # noqa: PLR2004  (a pair)
                answer = self._pair((nodes[0], nodes[1]), parts[nodes[0]], total)
            else:
                draws = [(node, total * part) for node, part in parts.items()]
                answer = self._judge(self._pressures(draws))
            self._known[key] = answer
        return self._known[key]

    def _judge(self, pressures: Numbers) -> int:
        if np.isnan(pressures).any():
            return UNKNOWN
        return YES if (pressures >= self.required).all() else NO

    def _pair(self, nodes: tuple[int, int], share: float, total: float) -> int:
        """Seek a share at which both have the pressure.

        Where both lack it, any other share makes it worse for one of them, and there is none.
        """
        low, high = 0.0, 1.0
        for _ in range(_SPLITS):
            found = self._pressures([(nodes[0], share * total), (nodes[1], (1 - share) * total)])
            answer = self._judge(found)
            if answer != NO or (found < self.required).all():
                return answer
            if found[0] < self.required:
                high = share
            else:
                low = share
            share = (low + high) / 2
        return NO

    @property
    def groups(self) -> int:
        """How many sets of outlets were tried together."""
        return len(self._known)
