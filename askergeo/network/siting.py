"""Where to put new services: from costs and weights to the best places, proven where it can be.

Two questions. *Maximal covering*: which places bring most people within a limit of a service?
*p-median*: which places shorten people's way to the nearest service most? Both are one integer
programme here, the maximal covering problem (Church and ReVelle 1974): a p-median is a covering
problem in which a client counts once for each step by which the way can be shortened. It is
modelled by spopt and solved by HiGHS through PuLP.

The programme is made small without changing its answer: clients that no candidate helps are left
out, clients that the same candidates help are one, and a candidate that helps nobody whom another
does not help as much is dropped.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from askergeo.errors import AskergeoError, ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["MissingSolverError", "Siting", "maximal_covering", "p_median"]

# spopt writes every client against every candidate: more pairs than this take minutes to write.
_MOST_PAIRS = 20_000_000
# Gains nearer than this share of the whole are the same: rounding in sums.
_SAME = 1e-9
_HALF = 0.5


class MissingSolverError(AskergeoError, ImportError):
    """The packages that place services are not installed."""


@dataclass(frozen=True, kw_only=True, eq=False)  # arrays have no single answer to ==
class Siting:
    """The places chosen, and how good they are known to be.

    Parameters
    ----------
    chosen
        Columns of the cost matrix, ascending; fewer than asked for when more would not help.
    gain
        What they give: weight newly covered, or weight × cost saved.
    bound
        No choice of as many places gives more.
    optimal
        Whether that is proven of this choice.
    candidates, rows
        Size of the programme after what does not change the answer was left out.
    """

    chosen: NDArray[np.int64]
    gain: float
    bound: float
    optimal: bool
    candidates: int
    rows: int

    @property
    def gap(self) -> float:
        """Share of the bound that a better choice might still add, 0–1."""
        return max(0.0, (self.bound - self.gain) / self.bound) if self.bound > 0 else 0.0


@dataclass(frozen=True)
class _Programme:
    """Which candidates (columns, by number) help which rows, and what each row is worth."""

    helps: Flags
    worth: Floats
    candidate: NDArray[np.int64]


def maximal_covering(
    cost: Floats,
    weights: Floats,
    count: int,
    *,
    limit: float,
    served: Flags | None = None,
    time_limit_s: float = 60.0,
) -> Siting:
    """Choose the places that bring most weight within a limit.

    Parameters
    ----------
    cost
        From each of ``c`` clients to each of ``j`` candidates, (c, j); ``inf`` where there is no
        way.
    weights
        Of each client, (c,), at least 0.
    count
        How many places to choose.
    limit
        Largest cost that counts as covered.
    served
        Clients that are covered already, (c,): they count for nothing new.
    time_limit_s
        After so many seconds the best choice found is given, with the bound.

    Returns
    -------
    Siting
        ``gain`` is the weight that is covered by the chosen and was not before.

    Raises
    ------
    ParameterError
        When the input does not fit together, holds NaN, or is too large.
    MissingSolverError
        When spopt, PuLP or HiGHS is not installed.

    Examples
    --------
    >>> cost = np.array([[1.0, 9.0], [1.0, 1.0], [9.0, 1.0]])
    >>> found = maximal_covering(cost, np.array([5.0, 1.0, 2.0]), 1, limit=3)
    >>> found.chosen.tolist(), found.gain, found.optimal
    ([0], 6.0, True)
    """
    _check(cost, weights, count)
    helps = cost <= limit
    live = weights > 0
    if served is not None:
        live &= ~np.asarray(served, dtype=bool)
    return _solve(_merged(helps[live], weights[live]), count, time_limit_s)


def p_median(
    cost: Floats,
    weights: Floats,
    count: int,
    *,
    present: Floats,
    time_limit_s: float = 60.0,
) -> Siting:
    """Choose the places that save most weight × cost on the way to the nearest service.

    Parameters
    ----------
    cost, weights, count, time_limit_s
        As :func:`maximal_covering`.
    present
        Cost from each client to the nearest service that is there already, (c,), finite: where
        there is none, what having none is counted as.

    Returns
    -------
    Siting
        ``gain`` is the weighted cost saved; the weighted cost that remains is
        ``(weights * present).sum() - gain``.

    Raises
    ------
    ParameterError
        When the input does not fit together, holds NaN, or is too large.
    MissingSolverError
        When spopt, PuLP or HiGHS is not installed.

    Examples
    --------
    >>> cost = np.array([[1.0, 9.0], [1.0, 1.0], [9.0, 1.0]])
    >>> found = p_median(cost, np.array([5.0, 1.0, 2.0]), 1, present=np.full(3, 10.0))
    >>> found.chosen.tolist(), found.gain
    ([0], 56.0)
    """
    _check(cost, weights, count)
    if not np.isfinite(present).all():
        raise ParameterError(
            "Kostnaden til nærmeste tjeneste i dag er ukjent eller uendelig for noen.",
            remedy="Sett et tak på gangtiden, og la ukjente stå utenfor.",
        )
    saving = np.maximum(present[:, None] - cost, 0.0)
    live = (weights > 0) & (saving.max(axis=1, initial=0.0) > 0)
    return _solve(_merged(*_steps(saving[live], weights[live])), count, time_limit_s)


def _check(cost: Floats, weights: Floats, count: int) -> None:
    if cost.ndim != 2 or len(weights) != len(cost) or not cost.shape[1]:  # noqa: PLR2004
        raise ParameterError(
            f"Kostnadene har formen {cost.shape} og vektene {weights.shape}.",
            remedy="Gi en rad for hver klient og en kolonne for hver kandidat, minst én.",
        )
    if np.isnan(cost).any() or not np.isfinite(weights).all() or (weights < 0).any():
        raise ParameterError(
            "Kostnader eller vekter er ukjente eller under 0.",
            remedy="La klienter og kandidater uten kjent gangtid stå utenfor.",
        )
    if count < 1:
        raise ParameterError(
            f"Antall nye steder er {count}.", remedy="Oppgi et helt tall på minst 1."
        )


def _steps(saving: Floats, weights: Floats) -> tuple[Flags, Floats]:
    """Write each client as steps: a row for each saving that it can have, with what it adds.

    The candidates that save at least so much help the row. The best candidate that is chosen
    helps all the steps up to its own saving, and these add up to it.
    """
    clients, candidates = saving.shape
    order = np.argsort(-saving, axis=1, kind="stable")
    ranked = np.take_along_axis(saving, order, axis=1)
    step = ranked - np.concatenate([ranked[:, 1:], np.zeros((clients, 1))], axis=1)
    reached = np.zeros((clients, candidates), dtype=bool)
    packed, worth = [], []
    for rank in range(candidates):
        reached[np.arange(clients), order[:, rank]] = True
        rows = step[:, rank] > 0
        packed.append(np.packbits(reached[rows], axis=1))
        worth.append(weights[rows] * step[rows, rank])
    bits = np.concatenate(packed) if packed else np.zeros((0, 0), np.uint8)
    keys, total = _same_rows(bits, np.concatenate([np.zeros(0), *worth]))
    return np.unpackbits(keys, axis=1, count=candidates).astype(bool), total


def _same_rows(bits: NDArray[np.uint8], worth: Floats) -> tuple[NDArray[np.uint8], Floats]:
    """Add up the worth of rows that are alike."""
    keys, number = np.unique(bits, axis=0, return_inverse=True)
    total = np.bincount(number.ravel(), weights=worth, minlength=len(keys))
    return keys, total.astype(np.float64)


def _merged(helps: Flags, worth: Floats) -> _Programme:
    """Leave out and merge what does not change the answer."""
    candidate = np.flatnonzero(helps.any(axis=0))
    if len(candidate):
        candidate = candidate[~_dominated(helps[:, candidate])]
    helps = helps[:, candidate]
    some = helps.any(axis=1)
    keys, total = _same_rows(np.packbits(helps[some], axis=1), worth[some])
    helps = np.unpackbits(keys, axis=1, count=len(candidate)).astype(bool)
    return _Programme(helps, total, candidate)


def _dominated(helps: Flags) -> Flags:
    """Tell the candidates all of whose rows another helps too; of equals the first is kept."""
    number = helps.astype(np.float32)
    common = (number.T @ number).astype(np.int64)
    own = common.diagonal()
    inside = common == own[:, None]
    larger = own[None, :] > own[:, None]
    place = np.arange(len(own))
    earlier = (own[None, :] == own[:, None]) & (place[None, :] < place[:, None])
    return np.asarray((inside & (larger | earlier)).any(axis=1))


def _gain(programme: _Programme, columns: NDArray[np.int64]) -> float:
    return float(programme.worth[programme.helps[:, columns].any(axis=1)].sum())


def _solve(programme: _Programme, count: int, time_limit_s: float) -> Siting:
    rows, candidates = programme.helps.shape
    size = {"candidates": candidates, "rows": rows}
    everything = np.arange(candidates)
    if candidates <= count:
        # All that help can be taken.
        gain = _gain(programme, everything)
        return Siting(chosen=programme.candidate, gain=gain, bound=gain, optimal=True, **size)
    if rows * candidates > _MOST_PAIRS:
        raise ParameterError(
            f"Oppgaven er for stor: {rows} grupper av klienter og {candidates} kandidater.",
            remedy="Velg færre kandidater, for eksempel med større avstand mellom dem.",
        )
    columns, bound = _programmed(programme, count, time_limit_s)
    first = _greedy(programme, count)
    if _gain(programme, first) > _gain(programme, columns):
        columns = first
    gain = _gain(programme, columns)
    bound = min(max(bound, gain), float(programme.worth.sum()))
    optimal = bound - gain <= _SAME * max(bound, 1.0)
    chosen = np.sort(programme.candidate[columns])
    return Siting(
        chosen=chosen, gain=gain, bound=gain if optimal else bound, optimal=optimal, **size
    )


def _greedy(programme: _Programme, count: int) -> NDArray[np.int64]:
    """Take the candidate that adds most, one after the other: never nothing, seldom the best."""
    left, chosen = programme.worth.copy(), []
    for _ in range(count):
        added = left @ programme.helps
        best = int(added.argmax())
        if added[best] <= 0:
            break
        chosen.append(best)
        left[programme.helps[:, best]] = 0.0
    return np.array(chosen, dtype=np.int64)


def _programmed(
    programme: _Programme, count: int, time_limit_s: float
) -> tuple[NDArray[np.int64], float]:
    """Let spopt write the programme and HiGHS solve it: the columns chosen, and the bound."""
    pulp, locate = _solver()
    # In shares of the largest row, so that the solver's tolerances mean the same for any weights.
    scale = float(programme.worth.max())
    with warnings.catch_warnings():
        # spopt still writes its programmes as PuLP 2 did.
        warnings.simplefilter("ignore")
        model = locate.MCLP.from_cost_matrix(
            np.where(programme.helps, 0.0, 1.0), programme.worth / scale, 0.0, count
        )
        solver = pulp.HiGHS(msg=False, timeLimit=time_limit_s, gapRel=0.0)
        model.problem.solve(solver)
        values = [variable.varValue or 0.0 for variable in model.fac_vars]
        bound = -float(model.problem.solverModel.getInfo().mip_dual_bound)
    columns = np.flatnonzero(np.array(values) > _HALF)[:count]
    return columns, bound * scale if math.isfinite(bound) else math.inf


def _solver() -> tuple[Any, Any]:
    """Import spopt and PuLP, which only this needs."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import_module("highspy")
            return import_module("pulp"), import_module("spopt.locate")
    except ImportError as error:
        raise MissingSolverError(
            f"Å plassere tjenester krever en løser som ikke er installert ({error.name}).",
            remedy='Skriv «pip install ".[analyse,plassering]"» i mappen med askergeo.',
        ) from None
