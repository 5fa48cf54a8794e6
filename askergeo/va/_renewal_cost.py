"""What it costs to renew pipes: by the metre, and less for those that share a trench."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.va._renewal_stock import Stock

    Numbers = NDArray[np.float64]
    Whole = NDArray[np.int64]

__all__ = ["pipe_costs", "trench_costs"]


def pipe_costs(stock: Stock, per_metre: Numbers) -> Numbers:
    """Cost of each pipe alone, kroner, (n,)."""
    return np.asarray(stock.length_m * per_metre, dtype=np.float64)


def trench_costs(
    project: Whole, trench: Whole, kind: Whole, alone: Numbers, *, share: float, count: int
) -> Numbers:
    """Cost of each project when the pipes of a trench share the digging, kroner, (count,).

    In each trench the kind that costs most alone is paid in full, the others a share of theirs.

    Parameters
    ----------
    project, trench, kind, alone
        Of each pipe: its project, trench and kind, and what it costs alone.
    share
        Part that each further kind costs.
    count
        Number of projects.

    Examples
    --------
    >>> one, kinds = np.zeros(2, int), np.array([0, 1])
    >>> trench_costs(one, one, kinds, np.array([1e3, 600.0]), share=0.5, count=1).tolist()
    [1300.0]
    """
    frame = pd.DataFrame({"project": project, "trench": trench, "kind": kind, "alone": alone})
    sums = frame.groupby(["project", "trench", "kind"])["alone"].sum()
    most = sums.groupby(level=["project", "trench"]).max()
    every = sums.groupby(level=["project", "trench"]).sum()
    cost = most + share * (every - most)
    of = cost.index.get_level_values("project").to_numpy()
    return np.bincount(of, weights=cost.to_numpy(), minlength=count).astype(np.float64)
