"""Residents of a municipality in five-year groups, and the pyramid of them.

Other tables of the same residents have other groups (0–5, 6–12 …). A difference between two exact
groups that nearly are the same tells of one age, so these groups are rounded to whole tens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.charts import PyramidChart
from askergeo.privacy import rounded
from askergeo.result import Column, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Ages", "age_chart", "age_table"]

_NAME: Final = "bosatte_alder"
_STEP: Final = 5
# The first age of the last group, which has no end: few are older, and a group alone would tell.
_LAST: Final = 90
_UNKNOWN: Final = "ukjent"


@dataclass(frozen=True, kw_only=True)
class Ages:
    """Residents by age at a time: ``count`` has whole years as index, NA where age is unknown."""

    column: str
    title: str
    count: pd.Series


def age_table(times: Sequence[Ages], *, title: str, note: str = "") -> Table:
    """Count residents by five-year groups, the youngest first, rounded to whole tens.

    An age that is unknown or negative has a row of its own, last. A group that nobody is in is
    zero; one of which only unknown counts are given, is unknown.

    Parameters
    ----------
    times
        A column each.
    title
        Title in bokmål.
    note
        What the reader must know, before what is said of the rounding.
    """
    sums = {one.column: _grouped(one.count) for one in times}
    keys = [f"alder_{first}" for first in range(0, _LAST + 1, _STEP)]
    if any(_UNKNOWN in found.index for found in sums.values()):
        keys.append(_UNKNOWN)
    frame = pd.DataFrame({name: found.reindex(keys, fill_value=0) for name, found in sums.items()})
    frame.insert(0, "gruppe", [_group_title(key) for key in keys])
    return rounded(
        Table(
            name=_NAME,
            title=title,
            frame=frame,
            columns={
                "gruppe": Column(title="Alder"),
                **{
                    one.column: Column(title=one.title, unit="personer", decimals=0, persons=True)
                    for one in times
                },
            },
            note=note,
        )
    )


def age_chart(times: Sequence[Ages], *, title: str) -> PyramidChart:
    """Draw the first of the times as bars and the last, when there are two, as a line."""
    return PyramidChart(
        name="alderspyramide",
        title=title,
        table=_NAME,
        group="gruppe",
        sides=(times[0].column,),
        outlines=(times[-1].column,) if len(times) > 1 else (),
    )


def _grouped(count: pd.Series) -> pd.Series:
    ages = pd.to_numeric(pd.Series(count.index)).to_numpy(dtype=np.float64, na_value=np.nan)
    known = ages >= 0
    first = np.minimum(np.where(known, ages, 0) // _STEP * _STEP, _LAST).astype(np.int64)
    keys = np.where(known, np.char.add("alder_", first.astype(str)), _UNKNOWN)
    numbers = pd.Series(pd.to_numeric(count).to_numpy(dtype=np.float64, na_value=np.nan))
    return numbers.groupby(keys).sum(min_count=1)


def _group_title(key: str) -> str:
    if key == _UNKNOWN:
        return "Ukjent alder"
    first = int(key.removeprefix("alder_"))
    return f"{first} år og eldre" if first == _LAST else f"{first}–{first + _STEP - 1} år"
