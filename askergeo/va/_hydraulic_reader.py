"""What EPANET has solved, read in the package's units."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from askergeo.errors import ParameterError, SourceError
from askergeo.sources._inp_units import Units, units_of
from askergeo.va._hydraulic_engine import COUNT_LINKS, COUNT_NODES, Project
from askergeo.va._hydraulic_model import JUNCTION, PUMP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# EPANET's numbers of the flow units.
_FLOW_UNITS: Final = (
    "CFS", "GPM", "MGD", "IMGD", "AFD", "LPS", "LPM", "MLD", "CMH", "CMD",
)  # fmt: skip
_PUMP_FAILS: Final = 0


class Reader:
    """Reads the values of a solved step, in the package's units."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.units = flow_units(project)
        self.nodes, self.links = project.count(COUNT_NODES), project.count(COUNT_LINKS)
        self.start, self.end = project.ends()
        self.kind, self.link_kind = project.types("node"), project.types("link")
        self.elevation = project.values("node", "elevation", self.nodes) * self.units.length
        self.series: dict[str, list[NDArray[np.float64]]] = defaultdict(list)
        self.reached: list[NDArray[np.bool_]] = []
        self.failed: set[int] = set()

    def take(self) -> None:
        """Note the values of the step that was solved last."""
        project, units = self.project, self.units
        read = {
            "head": ("node", units.length),
            "demand": ("node", units.flow),
            "deficit": ("node", units.flow),
            "flow": ("link", units.flow),
            "velocity": ("link", units.length),
        }
        for what, (kind, factor) in read.items():
            count = self.nodes if kind == "node" else self.links
            self.series[what].append(project.values(kind, what, count) * factor)
        is_open = project.values("link", "status", self.links) > 0
        self.reached.append(reached_nodes(self.start, self.end, is_open, self.kind))
        pumps = self.link_kind == PUMP
        if pumps.any():
            state = project.values("link", "pump_state", self.links)
            self.failed.update(np.flatnonzero(pumps & (state == _PUMP_FAILS)).tolist())

    def stacked(self, what: str) -> NDArray[np.float64]:
        return np.array(self.series[what])


def flow_units(project: Project) -> Units:
    found = units_of(_FLOW_UNITS[project.flow_unit()])
    if found is None:  # every unit of EPANET 2.2 is known
        raise SourceError(f"Modellen {project.name} har en ukjent enhet.", remedy="Bruk LPS.")
    return found


def reached_nodes(
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    is_open: NDArray[np.bool_],
    kind: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Which nodes an open way leads to from a source or tank, (n,)."""
    count = len(kind)
    ends = start[is_open], end[is_open]
    graph = coo_array((np.ones(len(ends[0])), ends), shape=(count, count))
    _, part = connected_components(graph, directed=False)
    return np.isin(part, part[kind != JUNCTION])


def indexes(names: NDArray[np.object_], wanted: Sequence[str], what: str) -> list[int]:
    at = {str(name): place for place, name in enumerate(names)}
    unknown = [str(one) for one in wanted if str(one) not in at]
    if unknown:
        raise ParameterError(
            f"Fant ikke {what}: {', '.join(unknown[:10])}.",
            remedy="Bruk id-ene som står i modellen.",
        )
    return [at[str(one)] for one in wanted]
