"""What a scenario does to the kindergartens: when areas become full, without and with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from askergeo.compare import SCENARIO

if TYPE_CHECKING:
    import pandas as pd

    from askergeo.result import MapLayer, Result, Table

    Part = TypeVar("Part", Table, MapLayer)

__all__ = ["compare"]

_STATE = "tilstand"


def compare(base: Result, other: Result, difference: Result) -> Result:
    """Write the years that areas become full as «before → after», and show the state after.

    Parameters
    ----------
    base, other
        The results without and with the scenario.
    difference
        Their difference, whose words are those of ``base``.
    """
    before, after = base.table("omraader").frame, other.table("omraader").frame
    tables = []
    for table in difference.tables:
        if table.name == "omraader":
            tables.append(replace(table, frame=_with_years(table.frame, before, after)))
        elif table.name == "balanse":
            tables.append(_with_state(table, other.table("balanse").frame))
        else:
            tables.append(table)
    there = {layer.name: layer for layer in other.layers}
    layers = tuple(
        _with_state(layer, there[layer.name].frame)
        if layer.name.startswith("plasser_") and layer.name in there
        else layer
        for layer in difference.layers
    )
    return replace(difference, tables=tuple(tables), layers=layers)


def _with_years(frame: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    frame = frame.copy()
    for name in (one for one in frame.columns if str(one).startswith("full_")):
        old, new = (part[name].reindex(frame.index).fillna("–") for part in (before, after))
        frame[name] = old.where(old == new, old + " → " + new)
    return frame


def _with_state(part: Part, after: pd.DataFrame) -> Part:
    """Take the state of the scenario; it is hidden where its numbers are."""
    frame = part.frame.copy()
    frame[_STATE] = after[_STATE].reindex(frame.index)
    own = part.columns[_STATE]
    sources = tuple(name for name in ("hoved", f"hoved{SCENARIO}") if name in part.columns)
    told = replace(own, title="Tilstand, med scenariet", derived_from=sources)
    return replace(part, frame=frame, columns={**part.columns, _STATE: told})
