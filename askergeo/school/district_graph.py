"""The graph of neighbouring units: what hangs together, what is enclosed, and what parts it.

A district *hangs together* when, in each connected part of the whole graph, its units are connected
through its own units; in the part where its school lies, the unit of the school counts as its own
(so that two schools in one unit can have a district each). A unit is *enclosed* by a district when
every way from it to the municipality's boundary or the sea passes through that district; no
district may enclose what is not its own, neither a unit nor another whole district. At the boundary
nothing is enclosed, and in a part of the graph that never reaches the boundary nothing is either:
there the question has no answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from numpy.typing import NDArray

    from askergeo.school.district_problem import Problem

__all__ = ["Graph", "join", "make_graph"]


class Graph:
    """Neighbours of each unit, the connected part of each, and which of them lie at the edge.

    Parameters
    ----------
    neighbours
        Units beside each unit, ascending.
    edge
        Units from which the outside is reached; every unit of a part that never reaches it.
    """

    def __init__(self, neighbours: list[list[int]], edge: NDArray[np.bool_]) -> None:
        self.neighbours = neighbours
        self.part = _parts(neighbours)
        reaches = np.zeros(self.part.max(initial=-1) + 1, dtype=bool)
        reaches[self.part[edge]] = True
        self.edge = edge | ~reaches[self.part]
        self.rim = np.flatnonzero(self.edge).tolist()

    def reach(self, starts: Iterable[int], within: Collection[int]) -> set[int]:
        """Units of ``within`` that are reached from the starts through ``within``."""
        seen = {unit for unit in starts if unit in within}
        stack = list(seen)
        while stack:
            for unit in self.neighbours[stack.pop()]:
                if unit in within and unit not in seen:
                    seen.add(unit)
                    stack.append(unit)
        return seen

    def reach_around(self, starts: Iterable[int], blocked: Collection[int]) -> set[int]:
        """Units that are reached from the starts without passing a blocked one."""
        seen = {unit for unit in starts if unit not in blocked}
        stack = list(seen)
        while stack:
            for unit in self.neighbours[stack.pop()]:
                if unit not in blocked and unit not in seen:
                    seen.add(unit)
                    stack.append(unit)
        return seen

    def beside(self, members: Collection[int]) -> set[int]:
        """Units outside ``members`` that have a neighbour in it."""
        return {n for unit in members for n in self.neighbours[unit] if n not in members}

    def pieces(self, members: Collection[int], home: int) -> list[tuple[set[int], int]]:
        """Pieces of a district that do not hang together, each with the unit it should reach.

        The unit is the school's where the piece lies in that part of the graph; else a unit of the
        largest piece there.
        """
        loose: list[tuple[set[int], int]] = []
        left = set(members)
        by_part: dict[int, list[set[int]]] = {}
        if home >= 0:
            root = self.reach([home], left | {home})
            left -= root
            by_part[int(self.part[home])] = [root]
        while left:
            piece = self.reach([min(left)], left)
            left -= piece
            by_part.setdefault(int(self.part[min(piece)]), []).append(piece)
        for part, found in by_part.items():
            rooted = home >= 0 and part == self.part[home]
            main = found[0] if rooted else max(found, key=lambda p: (len(p), -min(p)))
            anchor = home if rooted else min(main)
            loose += [(piece, anchor) for piece in found if piece is not main]
        return loose

    def enclosed(self, members: Collection[int]) -> list[set[int]]:
        """Return groups of units that cannot reach the outside without passing ``members``."""
        free = self.reach_around(self.rim, members)
        left = {u for u in range(len(self.neighbours)) if u not in free and u not in members}
        found = []
        while left:
            group = self.reach([min(left)], left)
            left -= group
            found.append(group)
        return found


def make_graph(problem: Problem) -> Graph:
    """Return the graph of the problem's pairs; a pair may be given twice or both ways."""
    neighbours: list[set[int]] = [set() for _ in range(len(problem.units))]
    for first, second in problem.pairs.tolist():
        if first != second:
            neighbours[first].add(second)
            neighbours[second].add(first)
    return Graph([sorted(found) for found in neighbours], np.asarray(problem.edge, dtype=bool))


def join(pairs: NDArray[np.int64], places: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the shortest links that join the parts of the graph to one.

    An island has no neighbour on the map, but its pupils go somewhere: by the bridge or the ferry
    that the map of neighbours does not know. The links are straight lines between the units'
    places, the shortest that make one whole of the parts (a minimum spanning tree of them).

    Parameters
    ----------
    pairs
        Neighbours, (p, 2).
    places
        East and north of each unit, in metres, (u, 2).

    Returns
    -------
    ndarray, (k, 2)
        Links to add to the pairs; to be told to the reader, for nobody has seen the road.

    Examples
    --------
    >>> join(np.array([[0, 1]]), np.array([[0.0, 0.0], [1.0, 0.0], [5.0, 0.0], [9.0, 0.0]]))
    array([[1, 2],
           [2, 3]])
    """
    neighbours: list[list[int]] = [[] for _ in range(len(places))]
    for first, second in np.asarray(pairs, dtype=int).reshape(-1, 2).tolist():
        neighbours[first].append(second)
        neighbours[second].append(first)
    part = _parts(neighbours)
    links = []
    while len(part) and part.max():
        inside = part == part[0]
        near, far = np.flatnonzero(inside), np.flatnonzero(~inside)
        apart = np.hypot(*(places[near, None] - places[None, far]).transpose(2, 0, 1))
        first, second = np.unravel_index(int(apart.argmin()), apart.shape)
        links.append((near[first], far[second]))
        part[part == part[far[second]]] = part[0]
        if len(np.unique(part)) == 1:
            break
    return np.array(links, dtype=np.int64).reshape(-1, 2)


def _parts(neighbours: list[list[int]]) -> NDArray[np.int64]:
    """Return the number of the connected part of each unit."""
    part = np.full(len(neighbours), -1, dtype=np.int64)
    count = 0
    for start in range(len(neighbours)):
        if part[start] >= 0:
            continue
        part[start] = count
        stack = [start]
        while stack:
            for unit in neighbours[stack.pop()]:
                if part[unit] < 0:
                    part[unit] = count
                    stack.append(unit)
        count += 1
    return part
