"""Cell suppression on bare numbers: which cells to hide so that no small one can be computed.

The cells are numbered variables tied by sums. :func:`protect` knows nothing of tables; see
:mod:`askergeo.privacy` for the rule and its limits.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

__all__ = ["Equation", "protect"]

# Room for the solver's tolerance when widths are compared.
_EPSILON = 1e-6
# Rounds of random objectives before the cells that are left get a programme each.
_ROUNDS = 12


class Equation(NamedTuple):
    """The variable ``total`` is the sum of ``parts``."""

    total: int
    parts: tuple[int, ...]


def protect(
    values: NDArray[np.float64],
    equations: Sequence[Equation],
    *,
    primary: NDArray[np.bool_],
    already: NDArray[np.bool_],
    signed: NDArray[np.bool_],
    prefer: NDArray[np.bool_],
    threshold: int,
) -> NDArray[np.bool_]:
    """Choose the cells to hide.

    Parameters
    ----------
    values
        Count of each cell (n,); NaN is unknown, and not published.
    equations
        Sums that an attacker knows.
    primary
        Cells that must not be computable (n,).
    already
        Cells hidden before, whose value may be lost (n,).
    signed
        Cells that may be negative: differences (n,).
    prefer
        Cells to hide first (n,).
    threshold
        The interval of a primary cell is at least ``threshold − 1`` wide.

    Returns
    -------
    ndarray of bool
        True for each cell that is hidden (n,).
    """
    hidden = primary | already
    if not primary.any() or not equations:
        return hidden
    # A count hidden earlier has lost its value; any value at the threshold stands in for it.
    known = np.where(already & np.isnan(values), float(threshold), values)
    system = _System.build(known, equations, signed, prefer, float(threshold - 1))
    hidden = system.close(hidden)
    while True:
        weak = system.weak(hidden, primary)
        more = [cell for cell in (system.candidate(hidden, w) for w in weak) if cell is not None]
        if not more:
            return hidden
        # Many at a time, or a large table would be audited once for each cell.
        hidden[more[: 1 + len(more) // 4]] = True
        hidden = system.close(hidden)


@dataclass(frozen=True)
class _System:
    """The cells, their sums and the width that protects."""

    values: NDArray[np.float64]
    floor: NDArray[np.float64]
    equations: tuple[Equation, ...]
    of_cell: dict[int, list[int]]
    rank: NDArray[np.int64]
    width: float

    @classmethod
    def build(
        cls,
        values: NDArray[np.float64],
        equations: Iterable[Equation],
        signed: NDArray[np.bool_],
        prefer: NDArray[np.bool_],
        width: float,
    ) -> _System:
        """Keep the equations that tell something: their total is known."""
        unique = {e for e in equations if not np.isnan(values[e.total]) and e.total not in e.parts}
        kept = tuple(sorted(unique))
        of_cell: dict[int, list[int]] = defaultdict(list)
        rank = np.zeros(len(values), dtype=np.int64)
        for number, equation in enumerate(kept):
            for cell in {equation.total, *equation.parts}:
                of_cell[cell].append(number)
            rank[equation.total] += 1
        rank[prefer] = -1
        # Zero is never hidden, so an attacker knows that a hidden whole count is at least one.
        whole = values == np.round(values)
        floor = np.where(signed, -np.inf, np.where(whole, np.minimum(1.0, values), 0.0))
        return cls(values, floor, kept, of_cell, rank, width)

    def close(self, hidden: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Hide more until no single sum gives a hidden cell away."""
        hidden = hidden.copy()
        waiting = {n for cell in np.flatnonzero(hidden) for n in self.of_cell.get(int(cell), ())}
        while waiting:
            number = min(waiting)
            waiting.discard(number)
            if self._safe(self.equations[number], hidden):
                continue
            cell = self._choose(self._members(number), hidden)
            if cell is not None:
                hidden[cell] = True
                waiting.update(self.of_cell[cell])
        return hidden

    def _members(self, number: int) -> tuple[int, ...]:
        return (self.equations[number].total, *self.equations[number].parts)

    def _safe(self, equation: Equation, hidden: NDArray[np.bool_]) -> bool:
        """Whether the sum alone leaves its hidden cells room enough."""
        parts = [cell for cell in equation.parts if hidden[cell]]
        if hidden[equation.total]:
            return bool(parts)
        slack = sum(self.values[cell] - self.floor[cell] for cell in parts)
        return not parts or (len(parts) > 1 and slack >= self.width - _EPSILON)

    def _choose(self, cells: Iterable[int], hidden: NDArray[np.bool_]) -> int | None:
        """Return the cheapest cell to hide, or None when all are hidden, zero or unknown."""
        candidates = [
            cell
            for cell in set(cells)
            if not hidden[cell] and not np.isnan(self.values[cell]) and self.values[cell] != 0
        ]
        return min(candidates, key=lambda cell: self._cost(cell, hidden), default=None)

    def _cost(self, cell: int, hidden: NDArray[np.bool_]) -> tuple[float, ...]:
        lonely = sum(
            not any(hidden[other] for other in self._members(number))
            for number in self.of_cell[cell]
        )
        return (float(self.rank[cell]), lonely, abs(float(self.values[cell])), cell)

    def candidate(self, hidden: NDArray[np.bool_], weak: int) -> int | None:
        """Return one more cell to hide for a weak cell: near it, else anywhere in its component."""
        near = [cell for number in self.of_cell[weak] for cell in self._members(number)]
        chosen = self._choose(near, hidden)
        if chosen is not None:
            return chosen
        seen, queue = {weak}, [weak]
        while queue:
            for number in self.of_cell[queue.pop()]:
                for cell in self._members(number):
                    if hidden[cell] and cell not in seen:
                        seen.add(cell)
                        queue.append(cell)
        around = [c for cell in seen for n in self.of_cell[cell] for c in self._members(n)]
        return self._choose(around, hidden)

    def weak(self, hidden: NDArray[np.bool_], primary: NDArray[np.bool_]) -> list[int]:
        """Return primary cells whose interval, given all that is published, is too narrow."""
        cells = [int(c) for c in np.flatnonzero(hidden) if self.of_cell.get(int(c))]
        numbers = sorted({number for cell in cells for number in self.of_cell[cell]})
        if not cells:
            return []
        from scipy.sparse import coo_array  # noqa: PLC0415  (heavy; only when there are sums)
        from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

        place = {cell: column for column, cell in enumerate(cells)}
        entries: dict[tuple[int, int], float] = defaultdict(float)
        for row, number in enumerate(numbers):
            equation = self.equations[number]
            for cell, sign in ((equation.total, -1.0), *((part, 1.0) for part in equation.parts)):
                if cell in place:
                    entries[(row, place[cell])] += sign
        rows, columns = np.array(list(entries), dtype=np.int64).T
        shape = (len(numbers), len(cells))
        matrix = coo_array((list(entries.values()), (rows, columns)), shape=shape).tocsr()
        # Cells and sums as the two sides of one graph: a sum joins all its cells at once.
        ends = (
            np.concatenate([rows, columns + len(numbers)]),
            np.concatenate([columns + len(numbers), rows]),
        )
        size = len(numbers) + len(cells)
        graph = coo_array((np.ones(len(ends[0])), ends), shape=(size, size))
        component = connected_components(graph, directed=False)[1][len(numbers) :]
        return [
            cell
            for label in np.unique(component[primary[cells]])
            for cell in self._weak_in(matrix, np.array(cells), component == label, primary)
        ]

    def _weak_in(
        self,
        matrix: Any,  # noqa: ANN401  (a sparse array of scipy, which publishes no types)
        cells: NDArray[np.int64],
        inside: NDArray[np.bool_],
        primary: NDArray[np.bool_],
    ) -> list[int]:
        """Attack one component of cells that are tied together."""
        own = cells[inside]
        part = matrix[:, np.flatnonzero(inside)]
        part = part[np.flatnonzero(np.diff(part.indptr))]
        audit = _Audit(part, self.values[own], self.floor[own], self.width)
        return [int(own[i]) for i in audit.narrow(np.flatnonzero(primary[own]))]


class _Audit:
    """An attacker with linear programming, on one component of hidden cells."""

    def __init__(
        self,
        matrix: Any,  # noqa: ANN401  (a sparse array of scipy, which publishes no types)
        values: NDArray[np.float64],
        floor: NDArray[np.float64],
        width: float,
    ) -> None:
        self.matrix = matrix
        # True values satisfy the published sums, rounding included: the attacker knows them.
        self.right = matrix @ values
        # A box keeps every programme bounded. It can only narrow the intervals found, so what is
        # found wide enough is so; its reach lets several sums move together.
        reach = 4.0 * width + 4.0
        slack = np.minimum(values - floor, reach)
        self.bounds = np.column_stack([values - slack, values + reach])
        self.low, self.high = values.copy(), values.copy()
        self.width = width
        self._exchange(slack)

    def _exchange(self, slack: NDArray[np.float64]) -> None:
        """Widen cells that stand in the same sums: what one gives, another takes."""
        columns = self.matrix.tocsc()
        groups: dict[tuple[bytes, bytes], list[int]] = defaultdict(list)
        for cell in range(len(slack)):
            span = slice(columns.indptr[cell], columns.indptr[cell + 1])
            key = (columns.indices[span].tobytes(), columns.data[span].tobytes())
            groups[key].append(cell)
        for group in groups.values():
            if len(group) > 1:
                self.high[group] += slack[group].sum() - slack[group]
                self.low[group] -= slack[group]

    def narrow(self, targets: NDArray[np.int64]) -> list[int]:
        """Return the targets whose interval stays narrower than the width."""
        random = np.random.default_rng(0)
        for _ in range(_ROUNDS):
            left = self._left(targets)
            if not len(left):
                return []
            weights = np.zeros(len(self.low))
            weights[left] = random.uniform(0.5, 1.5, len(left)) * random.choice([-1, 1], len(left))
            self._solve(weights)
        weak = []
        for target in self._left(targets):
            for sign in (1.0, -1.0):
                weights = np.zeros(len(self.low))
                weights[target] = sign
                self._solve(weights)
            if len(self._left(np.array([target]))):
                weak.append(int(target))
        return weak

    def _left(self, targets: NDArray[np.int64]) -> NDArray[np.int64]:
        wide = self.high[targets] - self.low[targets] >= self.width - _EPSILON
        return targets[~wide]

    def _solve(self, weights: NDArray[np.float64]) -> None:
        """Find one attainable solution; every cell's attained interval grows to hold it."""
        from scipy.optimize import linprog  # noqa: PLC0415  (heavy; only when there are sums)

        answer = linprog(
            -weights, A_eq=self.matrix, b_eq=self.right, bounds=self.bounds, method="highs"
        )
        if answer.status == 0:
            self.low = np.minimum(self.low, answer.x)
            self.high = np.maximum(self.high, answer.x)
