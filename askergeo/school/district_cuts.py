"""Rules of contiguity and enclaves, written out only where a solution breaks them.

Contiguity is the (a, b)-separator inequality: when a set of units ``C`` parts unit ``v`` from the
school's unit ``h``, then ``x[v] ≤ Σ x[c ∈ C]``; in a part of the graph without the school,
``x[v] + x[w] ≤ 1 + Σ x[c ∈ C]``. For enclaves, when ``C`` parts ``v`` from the outside, then
``Σ x[c ∈ C] − x[v] ≤ |C| − 1``: who has all of the ring has what is inside. Every valid plan keeps
them all, and a plan that keeps them all is valid, so that adding them when they are broken is
exact.

Sources: Oehrlein and Haunert (2017), *A cutting-plane method for contiguity-constrained spatial
aggregation*; Fischetti et al. (2017), *Thinning out Steiner trees*, for the minimal separators;
Validi, Buchanan and Lykhovyd (2022), *Imposing contiguity constraints in political districting
models*. The inequality for enclaves is our own of the same form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import maximum_flow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from askergeo.school.district_graph import Graph
    from askergeo.school.district_model import Cut, Model

__all__ = ["beside_rules", "broken", "fractional"]

# Capacities of a flow are whole numbers: this many to one choice.
_WHOLE = 1_000_000
# A rule broken by less than this brings the bound nowhere.
_WORTH = 0.05


def broken(model: Model, assigned: NDArray[np.int64]) -> list[Cut]:
    """Return rules that a plan breaks; none when it hangs together and encloses nothing."""
    cuts: list[Cut] = []
    problem = model.problem
    for school, members in enumerate(model.districts(assigned)):
        if problem.contiguous and members:
            for piece, anchor in model.graph.pieces(members, int(problem.home[school])):
                cuts += _connect(model, school, members, piece, anchor)
        if problem.no_enclave and members:
            for group in model.graph.enclosed(members):
                cuts.append(_open_up(model, school, group))
    return list(dict.fromkeys(cuts))


def _connect(
    model: Model, school: int, members: set[int], piece: set[int], anchor: int
) -> list[Cut]:
    """Cuts that hold for a piece that does not reach its anchor: the ring at either of the two."""
    graph = model.graph
    at_piece = _facing(graph, graph.beside(piece), anchor)
    main = graph.reach([anchor], members | {anchor})
    at_anchor = _facing(graph, graph.beside(main), min(piece))
    cuts = [
        _separator(model, school, unit, anchor, ring)
        for ring in (at_piece, at_anchor)
        for unit in sorted(piece)
    ]
    return [cut for cut in cuts if cut is not None]


def _facing(graph: Graph, ring: set[int], target: int) -> set[int]:
    """Units of a ring that are reached from the target without passing the ring: enough to part."""
    outer = graph.reach_around([target], ring)
    return {unit for unit in ring if any(n in outer for n in graph.neighbours[unit])}


def _separator(
    model: Model, school: int, unit: int, anchor: int, ring: Iterable[int]
) -> Cut | None:
    """``x[unit] (+ x[anchor] − 1) ≤ Σ x[ring]``; ``None`` when a group makes it say nothing."""
    own = int(model.choice[model.group_of[unit], school])
    if own < 0:
        return None
    around = {int(model.choice[model.group_of[n], school]) for n in ring} - {-1}
    if own in around:
        return None
    terms = dict.fromkeys(sorted(around), -1.0)
    limit = 0.0
    terms[own] = 1.0
    if int(model.problem.home[school]) != anchor:
        other = int(model.choice[model.group_of[anchor], school])
        if other in around or other == own or other < 0:
            return None
        terms[other] = 1.0
        limit = 1.0
    return tuple(terms), tuple(terms.values()), limit


def _open_up(model: Model, school: int, group: set[int]) -> Cut:
    """Who has the whole ring around a unit, has the unit."""
    ring = model.graph.beside(group)
    around = sorted({int(model.choice[model.group_of[n], school]) for n in ring})
    inside = int(model.choice[model.group_of[min(group)], school])
    terms = dict.fromkeys(around, 1.0)
    if inside >= 0:
        terms[inside] = -1.0
    return tuple(terms), tuple(terms.values()), float(len(around) - 1)


def beside_rules(model: Model, column: int) -> list[Cut]:
    """Rules that a choice needs a neighbour with the same school: the nearest separators of all."""
    school = int(model.school[column])
    home = int(model.problem.home[school])
    if not model.problem.contiguous or home < 0:
        return []
    graph = model.graph
    cuts = []
    for unit in model.members[int(model.group[column])]:
        ring = graph.neighbours[unit]
        if unit == home or home in ring or graph.part[unit] != graph.part[home]:
            continue
        cuts.append(_separator(model, school, unit, home, ring))
    return [cut for cut in cuts if cut is not None]


def fractional(model: Model, values: NDArray[np.float64], *, most: int = 400) -> list[Cut]:
    """Return rules of contiguity that a fractional solution breaks, the most broken first.

    Only where the school lies in a unit: there a minimum cut between each unit and the school's
    finds the most broken rule exactly.
    """
    problem = model.problem
    found: list[tuple[float, Cut]] = []
    for school in range(len(problem.schools)):
        home = int(problem.home[school])
        columns = model.choice[model.group_of, school]
        if home < 0 or not (columns >= 0).any():
            continue
        value = np.where(columns >= 0, values[np.maximum(columns, 0)], 0.0)
        value[home] = 1.0
        found += _broken_at(model, school, home, value)
    found.sort(key=lambda item: (-item[0], item[1]))
    return list(dict.fromkeys(cut for _, cut in found[:most]))


def _broken_at(
    model: Model, school: int, home: int, value: NDArray[np.float64]
) -> list[tuple[float, Cut]]:
    """Broken rules of one school, with how much each is broken."""
    graph = model.graph
    beside_home = set(graph.neighbours[home])
    tested = [
        unit
        for unit in np.flatnonzero(value > _WORTH).tolist()
        if unit != home and unit not in beside_home and graph.part[unit] == graph.part[home]
    ]
    if not tested:
        return []
    network = _network(graph, value)
    found = []
    for unit in tested:
        need = value[unit]
        ring, cut = _min_cut(network, unit, home)
        if cut < need - _WORTH:
            rule = _separator(model, school, unit, home, ring)
            if rule is not None:
                found.append((float(need - cut), rule))
    return found


def _network(graph: Graph, value: NDArray[np.float64]) -> sparse.csr_matrix:
    """Each unit as an arc from its entrance (2u) to its exit (2u + 1), as wide as its value."""
    count = len(graph.neighbours)
    # One unit more than the value: of several cuts of the same width, that with fewest units.
    width = np.round(value * _WHOLE).astype(np.int64) + 1
    first = np.repeat(np.arange(count), [len(n) for n in graph.neighbours])
    second = np.array([n for found in graph.neighbours for n in found], dtype=np.int64)
    whole = np.full(len(first), 10 * _WHOLE)
    source = np.concatenate([2 * np.arange(count), 2 * first + 1])
    target = np.concatenate([2 * np.arange(count) + 1, 2 * second])
    size = np.concatenate([width, whole]).astype(np.int32)
    return sparse.csr_matrix((size, (source, target)), shape=(2 * count, 2 * count))


def _min_cut(network: sparse.csr_matrix, unit: int, home: int) -> tuple[list[int], float]:
    """Units of the narrowest cut between a unit and the school's, and its width."""
    flow = maximum_flow(network, 2 * unit + 1, 2 * home)
    left = (network - flow.flow).tocsr()
    left.data[left.data < 0] = 0
    left.eliminate_zeros()
    order = sparse.csgraph.breadth_first_order(
        left, 2 * unit + 1, directed=True, return_predecessors=False
    )
    seen = np.zeros(network.shape[0], dtype=bool)
    seen[order] = True
    ring = np.flatnonzero(seen[::2] & ~seen[1::2])
    ring = ring[ring != unit]
    return ring.tolist(), (flow.flow_value - len(ring)) / _WHOLE
