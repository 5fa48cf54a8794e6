"""Street projects: pipes of one trench and street that are old enough to be renewed as one.

What each holds, who depends on it and what it costs; the method is in docs/metode-va.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from askergeo.va._renewal_breaks import classes_of, dimension_factor
from askergeo.va._renewal_cost import pipe_costs, trench_costs
from askergeo.va._renewal_life import MIDDLE
from askergeo.va._renewal_stock import MEDIA
from askergeo.va.trenches import merge_short, same_trench, stretches, touching, trench_metres

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.va._renewal_stock import Stock
    from askergeo.va.renewal import Assessment

    Numbers = NDArray[np.float64]
    Whole = NDArray[np.int64]

__all__ = ["Projects", "dug", "make_projects"]


@dataclass(frozen=True, eq=False)
class Projects:
    """Stretches of street that are renewed as one.

    Parameters
    ----------
    frame
        A row a project: ``gate`` (place of the street's name, −1), ``groft_m``, metres of each of
        `MEDIA`, ``ledninger``, ``risiko``, ``ahead``, ``personer``, ``institusjoner``, ``kr``,
        ``metode``, ``eldste``.
    of
        Project of each pipe, −1 for none, (n,).
    stretch, trench
        Stretch and trench of each pipe, (n,).
    young, short
        Pipes that are too young, and those on stretches that are too short, (n,).
    """

    frame: pd.DataFrame
    of: Whole
    stretch: Whole
    trench: Whole
    young: NDArray[np.bool_]
    short: NDArray[np.bool_]


def make_projects(
    found: Assessment,
    va_ledning: pd.DataFrame,
    street: Whole | None = None,
    *,
    parameters: Parameters,
) -> Projects:
    """Group the pipes that are old enough into street projects.

    Parameters
    ----------
    found
        The pipes.
    va_ledning
        The layer, for the ids of trenches and of pipes.
    street
        Place of the street of each pipe of the stock, −1 without, (n,).
    parameters
        A set that has ``va_fornyelse``.
    """
    stock = found.stock
    near = float(parameters["va_fornyelse_groft_m"])
    ids = (
        va_ledning["groft_id"].astype("string").astype(object).where(lambda one: one.notna(), None)
        if "groft_id" in va_ledning
        else pd.Series([None] * len(va_ledning), dtype=object)
    ).to_numpy(dtype=object)[stock.row]
    trench = same_trench(stock.lines, stock.medium, ids, near)
    pairs = touching(stock.lines, trench, near)
    named = np.full(len(stock), -1, np.int64) if street is None else street
    stretch = stretches(
        stock.lines, stock.medium, trench, named, stock.length_m,
        pairs=pairs, longest=float(parameters["va_fornyelse_prosjekt_maks_m"]),
    )  # fmt: skip
    young = ~_worn(found, parameters)
    least = float(parameters["va_fornyelse_prosjekt_min_m"])
    length = _worn_metres(stock, trench, stretch, ~young)
    # A trench is of one stretch, so that any of its pipes tells which.
    of_trench = np.zeros(int(trench.max(initial=-1)) + 1, dtype=np.int64)
    of_trench[trench] = stretch
    stretch = merge_short(length, (of_trench[pairs[0]], of_trench[pairs[1]]), least)[stretch]
    enough = _worn_metres(stock, trench, stretch, ~young) >= least
    mine = ~young & enough[stretch]
    of = np.full(len(stock), -1, dtype=np.int64)
    kept, of[mine] = np.unique(stretch[mine], return_inverse=True)
    names = va_ledning["ledning_id"].astype(str).to_numpy(dtype=object)[stock.row]
    frame = _project_frame(found, of, trench, named, names, count=len(kept), parameters=parameters)
    return Projects(frame, of, stretch, trench, young, ~young & ~mine)


def _worn_metres(stock: Stock, trench: Whole, stretch: Whole, worn: NDArray[np.bool_]) -> Numbers:
    """Metres of trench of the worn pipes of each stretch."""
    length = np.zeros(int(stretch.max(initial=-1)) + 1)
    if worn.any():
        told = trench_metres(trench[worn], stock.medium[worn], stretch[worn], stock.length_m[worn])
        length[: len(told)] = told
    return length


def _worn(found: Assessment, parameters: Parameters) -> NDArray[np.bool_]:
    """Tell which pipes have used enough of their life, or break far more than their net."""
    worn = found.used[MIDDLE] >= float(parameters["va_fornyelse_med_i_groft"])
    stock = found.stock
    rate = found.events[MIDDLE] / stock.length_m
    for medium in range(len(MEDIA)):
        mine = stock.medium == medium
        if mine.any():
            mean = float(found.events[MIDDLE][mine].sum() / stock.length_m[mine].sum())
            often = float(parameters["va_fornyelse_med_hendelser"]) * mean
            worn |= mine & (rate >= often) & (rate > 0)
    return np.asarray(worn, dtype=np.bool_)


def _project_frame(
    found: Assessment,
    of: Whole,
    trench: Whole,
    street: Whole,
    names: NDArray[np.object_],
    *,
    count: int,
    parameters: Parameters,
) -> pd.DataFrame:
    """Sum the pipes of each project."""
    stock = found.stock
    rows = np.flatnonzero(of >= 0)
    mine = of[rows]

    def total(values: Numbers) -> Numbers:
        return np.bincount(mine, weights=values[rows], minlength=count).astype(np.float64)

    grouped = pd.DataFrame(
        {
            "of": mine, "id": names[rows], "laid": stock.laid[rows], "gate": street[rows],
            "metres": stock.length_m[rows], "personer": found.persons[rows],
            "institusjoner": found.institutions[rows],
        }
    )  # fmt: skip
    by = grouped.groupby("of")
    known = grouped[grouped["laid"] > 0].groupby("of")["laid"].min()
    most = grouped.groupby(["of", "gate"])["metres"].sum().reset_index()
    most = most.sort_values(["of", "metres", "gate"], ascending=[True, False, True])
    frame = pd.DataFrame(index=pd.RangeIndex(count))
    # Named by its first pipe, so that a project has the same name in two runs of the same pipes.
    frame["prosjekt"] = by["id"].min()
    frame["gate"] = most.drop_duplicates("of").set_index("of")["gate"]
    frame["groft_m"] = trench_metres(
        trench[rows], stock.medium[rows], mine, stock.length_m[rows]
    )[:count]  # fmt: skip
    for medium, name in enumerate(MEDIA):
        frame[name] = total(np.where(stock.medium == medium, stock.length_m, 0.0))
    frame["ledninger"] = by.size()
    frame["eldste"] = known.reindex(frame.index)
    frame["forbi_m"] = total(found.past[MIDDLE] * stock.length_m)
    frame["hendelser"] = total(found.events[MIDDLE])
    frame["ahead"] = total(found.ahead[MIDDLE])
    frame["risiko"] = total(found.risk)
    frame["personer"], frame["institusjoner"] = by["personer"].max(), by["institusjoner"].max()
    frame["grøft"] = dug(frame, str(parameters["va_fornyelse_metode"]))
    frame["kr"] = _costs(stock, of, trench, frame["grøft"].to_numpy(dtype=bool), parameters)
    return frame


def dug(frame: pd.DataFrame, method: str) -> NDArray[np.bool_]:
    """Tell which projects are dug: all, none, or those with water pipes."""
    if method == "etter ledningene":
        return np.asarray(frame["vann"] > 0, dtype=np.bool_)
    return np.full(len(frame), method == "grøft", dtype=np.bool_)


def _costs(
    stock: Stock, of: Whole, trench: Whole, digs: NDArray[np.bool_], parameters: Parameters
) -> Numbers:
    """Cost of each project in kroner, (p,)."""
    rows = np.flatnonzero(of >= 0)
    cost = np.zeros(len(digs))
    if not len(rows):
        return cost
    limits, trenched = classes_of(parameters, "va_fornyelse_kr_groft")
    _, lined = classes_of(parameters, "va_fornyelse_kr_strompe")
    share = float(parameters["va_fornyelse_kr_sammen"])
    in_trench = pipe_costs(stock, dimension_factor(stock, limits, trenched))
    without = pipe_costs(stock, dimension_factor(stock, limits, lined))
    of_digs = digs[of[rows]]
    one, other = rows[of_digs], rows[~of_digs]
    cost += trench_costs(
        of[one], trench[one], stock.medium[one], in_trench[one], share=share, count=len(digs)
    )
    cost += np.bincount(of[other], weights=without[other], minlength=len(digs))
    return cost
