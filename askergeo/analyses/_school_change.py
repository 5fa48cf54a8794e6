"""What a scenario does to the balance: the schools whose places, pupils or first full year change.

The difference of two runs subtracts numbers; the first full year is told in words, and a school may
be new. This puts the two side by side for the schools that change.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.compare import SCENARIO
from askergeo.result import Table

if TYPE_CHECKING:
    from askergeo.result import MapLayer, Result

__all__ = ["compare"]

_NUMBERS: Final = ("elever", "plasser", "flest", "overskudd")
_WORDS: Final = ("over", "over_lav", "over_hoy")
# Pupils by which two runs may differ without it being seen.
_SEEN: Final = 0.05


def compare(base: Result, other: Result, difference: Result) -> Result:
    """Add to a difference the schools that change, with both runs beside one another.

    Parameters
    ----------
    base, other
        The runs without and with the scenario.
    difference
        What :func:`askergeo.compare.compare` made of them.
    """
    one, two = base.table("skoler"), other.table("skoler")
    index = one.frame.index.append(two.frame.index.difference(one.frame.index, sort=False))
    before, after = one.frame.reindex(index), two.frame.reindex(index)
    words = [name for name in _WORDS if name in before and name in after]
    changed = np.zeros(len(index), dtype=bool)
    for name in _NUMBERS:
        left, right = (frame[name].to_numpy(dtype=float) for frame in (before, after))
        same = (np.abs(left - right) < _SEEN) | (np.isnan(left) & np.isnan(right))
        changed |= ~same
    for name in words:
        changed |= (before[name].fillna("") != after[name].fillna("")).to_numpy(dtype=bool)
    frame = pd.DataFrame(
        {name: before[name].where(before[name].notna(), after[name]) for name in ("trinn", "skole")}
    )
    columns = {name: one.columns[name] for name in ("trinn", "skole")}
    for name in (*_NUMBERS, *words):
        title = one.columns[name].title
        text = name in words
        frame[name] = before[name].fillna("finnes ikke") if text else before[name]
        frame[name + SCENARIO] = after[name].fillna("finnes ikke") if text else after[name]
        columns[name] = replace(one.columns[name], title=f"{title}, uten scenario")
        sources = tuple(source + SCENARIO for source in one.columns[name].derived_from)
        columns[name + SCENARIO] = replace(
            one.columns[name], title=f"{title}, med scenario", derived_from=sources
        )
    table = Table(
        name="endret",
        title="Skolene som scenariet endrer",
        frame=frame.loc[changed, list(columns)],
        columns=columns,
        note="Skoler som er like i begge kjøringene, er ikke med. «–» betyr at skolen har plass i "
        "alle år.",
    )
    kept = tuple(its for its in difference.tables if its.name not in ("trinn", "andeler"))
    return replace(
        difference,
        tables=(table, *kept) if changed.any() else kept,
        # Every district changes a little in every year: the map shows how full they then are.
        layers=tuple(_with_scenario(layer) for layer in other.layers),
    )


def _with_scenario(layer: MapLayer) -> MapLayer:
    """Take a layer of the scenario's run; the tables beside it have other columns."""
    if not layer.rows_of:
        return layer
    return replace(layer, rows_of="", title=f"{layer.title}, med scenario")
