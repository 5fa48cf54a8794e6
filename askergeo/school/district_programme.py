"""Solves the programme of a division with HiGHS: relaxed, or with whole choices.

HiGHS (Huangfu and Hall 2018) runs on one thread with a seed, so that the same input gives the same
answer unless the clock stops it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from askergeo.errors import AskergeoError
from askergeo.school.district_model import rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from askergeo.school.district_model import Cut, Model

__all__ = ["Answer", "MissingDistrictSolverError", "relaxed", "whole"]

_HALF = 0.5
_SAME = 1e-9
_BROKEN = 1e-6
_HEURISTICS = (
    "mip_heuristic_run_rens", "mip_heuristic_run_rins", "mip_heuristic_run_root_reduced_cost",
)  # fmt: skip
_SCALED_MEAN = 100.0


class MissingDistrictSolverError(AskergeoError, ImportError):
    """The solver is not installed."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What HiGHS found.

    Parameters
    ----------
    values
        Each choice, (n,); ``None`` when nothing was found.
    value, bound
        Objective, with what missing places cost, and what none can be below (``inf`` when proven
        that none exists).
    prices
        Reduced cost of each choice, (n,); only of the relaxed programme.
    missing
        Places missing at each school, (s,).
    full
        Schools whose places hold the relaxed programme back.
    stopped
        Whether the clock ended it.
    """

    values: NDArray[np.float64] | None
    value: float
    bound: float
    prices: NDArray[np.float64] | None = None
    missing: NDArray[np.float64] | None = None
    full: NDArray[np.int64] | None = None
    stopped: bool = False

    def chosen(self, model: Model) -> NDArray[np.int64] | None:
        """School of each group."""
        if self.values is None:
            return None
        found = np.full(len(model.members), -1, dtype=np.int64)
        taken = self.values > _HALF
        found[model.group[taken]] = model.school[taken]
        return found


def _highs() -> Any:  # noqa: ANN401  (an untyped module)
    try:
        return import_module("highspy")
    except ImportError as error:
        raise MissingDistrictSolverError(
            f"Å dele inn i skolekretser krever en løser som ikke er installert ({error.name}).",
            remedy='Skriv «pip install ".[analyse,skole]"» i mappen med askergeo.',
        ) from None


def relaxed(
    model: Model,
    costs: NDArray[np.float64],
    cuts: Sequence[Cut],
    active: NDArray[np.bool_],
    *,
    penalty: float | None = None,
) -> Answer:
    """Solve with choices that may be parts: a bound, and what each choice costs beyond it.

    With ``penalty`` places may be missing, at that cost each.
    """
    highspy = _highs()
    count = len(costs)
    solver, scale = _load(model, costs, cuts, active, np.arange(count), penalty=penalty)
    solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return Answer(None, np.inf, np.inf)
    if status != highspy.HighsModelStatus.kOptimal:
        raise RuntimeError(f"HiGHS ended the relaxed programme as {status}")
    solution = solver.getSolution()
    value = float(solver.getObjectiveValue()) * scale
    values = np.array(solution.col_value)
    first = len(np.unique(model.group))
    full = np.array(solution.row_dual)[first : first + int(active.sum())] < -_SAME
    return Answer(
        values[:count],
        value,
        value,
        prices=np.array(solution.col_dual)[:count] * scale,
        missing=values[count:] if penalty is not None else None,
        full=np.unique(model.row_school[np.flatnonzero(active)[full[: int(active.sum())]]]),
    )


def whole(
    model: Model,
    costs: NDArray[np.float64],
    cuts: Sequence[Cut],
    active: NDArray[np.bool_],
    *,
    columns: NDArray[np.int64] | None = None,
    given: NDArray[np.int64] | None = None,
    start: NDArray[np.int64] | None = None,
    penalty: float | None = None,
    gap: float = 0.0,
    enough: float = np.inf,
    nodes: int | None = None,
    look: bool = True,
    until: float = np.inf,
    seed: int = 1,
) -> Answer:
    """Solve with whole choices.

    Parameters
    ----------
    model, costs, cuts
        The programme, the objective of each choice and the rules written out.
    active
        Rows of capacity that are in the programme, (r,).
    columns
        Choices that may be taken; all when ``None``.
    given
        Choices that are taken already; theirs are the groups that ``columns`` must not have.
    start
        A plan to begin from, as the school of each group.
    penalty
        What a missing place costs; no place may be missing when ``None``.
    gap
        Relative gap that is good enough.
    enough
        A bound that is good enough.
    nodes
        Most nodes to look at.
    look
        Whether to look for plans; without, the time goes to the bound.
    until
        When the clock stops it (``time.monotonic``).
    seed
        Of the solver's own choices.
    """
    highspy = _highs()
    columns = np.arange(len(costs)) if columns is None else columns
    given = np.zeros(0, dtype=np.int64) if given is None else given
    left = until - time.monotonic()
    if left <= 0:
        return Answer(None, np.inf, -np.inf, stopped=True)
    solver, scale = _load(
        model, costs, cuts, active, columns, penalty=penalty, given=given, whole=True
    )
    fixed_cost = float(costs[given].sum())
    solver.setOptionValue("random_seed", int(seed))
    solver.setOptionValue("mip_rel_gap", float(gap))
    solver.setOptionValue("mip_abs_gap", 1e-7)
    if np.isfinite(left):
        solver.setOptionValue("time_limit", float(left))
    if not look:
        for name in _HEURISTICS:
            solver.setOptionValue(name, False)
        solver.setOptionValue("mip_heuristic_effort", 0.0)
    if nodes is not None:
        solver.setOptionValue("mip_max_nodes", int(nodes))
    if start is not None:
        _begin(solver, highspy, model, columns, start)
    if np.isfinite(enough):
        _stop_at(solver, (enough - fixed_cost) / scale)
    solver.run()
    status = solver.getModelStatus()
    stopped = status == highspy.HighsModelStatus.kTimeLimit
    if status == highspy.HighsModelStatus.kInfeasible:
        return Answer(None, np.inf, np.inf)
    info = solver.getInfo()
    bound = float(info.mip_dual_bound) * scale + fixed_cost
    if info.primal_solution_status != int(highspy.SolutionStatus.kSolutionStatusFeasible):
        return Answer(None, np.inf, bound, stopped=stopped)
    solution = np.array(solver.getSolution().col_value)
    values = np.zeros(len(costs))
    values[columns] = solution[: len(columns)]
    values[given] = 1.0
    missing = solution[len(columns) :] if penalty is not None else None
    value = float(solver.getObjectiveValue()) * scale + fixed_cost
    return Answer(values, value, bound, missing=missing, stopped=stopped)


def _load(
    model: Model,
    costs: NDArray[np.float64],
    cuts: Sequence[Cut],
    active: NDArray[np.bool_],
    columns: NDArray[np.int64],
    *,
    penalty: float | None,
    given: NDArray[np.int64] | None = None,
    whole: bool = False,
) -> tuple[Any, float]:
    """Give HiGHS the programme of some of the choices; its objective is in parts of ``scale``."""
    highspy = _highs()
    given = np.zeros(0, dtype=np.int64) if given is None else given
    count = len(costs)
    written, limits = rows_of(cuts, count)
    capacity_rows = np.flatnonzero(active)
    upper = np.concatenate([model.limits[capacity_rows], limits])
    rows = sparse.vstack([model.loads[capacity_rows], written]).tocsc()
    upper = upper - np.asarray(rows[:, given].sum(axis=1)).ravel()
    rows = rows[:, columns].tocsr()
    groups, number = np.unique(model.group[columns], return_inverse=True)
    one = sparse.csr_matrix(
        (np.ones(len(columns)), (number, np.arange(len(columns)))),
        shape=(len(groups), len(columns)),
    )
    # A row without choices must still hold: what is given already may break it.
    has_choices = np.diff(rows.indptr) > 0
    kept = np.flatnonzero(has_choices | (upper < -_BROKEN) | (len(given) == 0))
    matrix = sparse.vstack([one, rows[kept]]).tocsr()
    lower = np.concatenate([np.ones(len(groups)), np.full(len(kept), -highspy.kHighsInf)])
    upper = np.concatenate([np.ones(len(groups)), upper[kept]])
    objective = costs[columns]
    most = np.ones(len(columns))
    if penalty is not None:
        schools = len(model.problem.schools)
        capacity = np.flatnonzero(kept < len(capacity_rows))
        relief = sparse.csr_matrix(
            (
                np.full(len(capacity), -1.0),
                (len(groups) + capacity, model.row_school[capacity_rows[kept[capacity]]]),
            ),
            shape=(matrix.shape[0], schools),
        )
        matrix = sparse.hstack([matrix, relief]).tocsr()
        objective = np.concatenate([objective, np.full(schools, penalty)])
        most = np.concatenate([most, np.full(schools, highspy.kHighsInf)])
    scale = max(float(np.abs(costs[columns]).mean()), 1.0) / _SCALED_MEAN
    programme = highspy.HighsLp()
    programme.num_col_, programme.num_row_ = matrix.shape[1], matrix.shape[0]
    programme.col_cost_ = objective / scale
    programme.col_lower_, programme.col_upper_ = np.zeros(matrix.shape[1]), most
    programme.row_lower_, programme.row_upper_ = lower, upper
    programme.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    programme.a_matrix_.start_ = matrix.indptr
    programme.a_matrix_.index_ = matrix.indices
    programme.a_matrix_.value_ = matrix.data
    if whole:
        kinds = [highspy.HighsVarType.kInteger] * len(columns)
        kinds += [highspy.HighsVarType.kContinuous] * (matrix.shape[1] - len(columns))
        programme.integrality_ = kinds
    solver = highspy.Highs()
    solver.silent()
    solver.setOptionValue("threads", 1)
    solver.passModel(programme)
    return solver, scale


def _begin(
    solver: Any,  # noqa: ANN401  (an untyped class)
    highspy: Any,  # noqa: ANN401  (an untyped module)
    model: Model,
    columns: NDArray[np.int64],
    start: NDArray[np.int64],
) -> None:
    """Begin from a plan; HiGHS finds what the missing places must be."""
    taken = (start[model.group[columns]] == model.school[columns]).astype(float)
    solver.setSolution(len(columns), np.arange(len(columns), dtype=np.int32), taken)
    del highspy


def _stop_at(solver: Any, enough: float) -> None:  # noqa: ANN401  (an untyped class)
    """Stop when the bound is good enough."""

    def look(event: Any) -> None:  # noqa: ANN401  (an untyped class)
        if event.data_out.mip_dual_bound >= enough:
            event.data_in.user_interrupt = True

    asked: Callable[[Any], None] = look
    solver.cbMipInterrupt.subscribe(asked)
