"""What only the ledger can say of two runs: the growth of each year without and with a scenario."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from askergeo.compare import SCENARIO
from askergeo.result import YearChart

if TYPE_CHECKING:
    from askergeo.result import Result

__all__ = ["compare"]


def compare(base: Result, other: Result, difference: Result) -> Result:  # noqa: ARG001
    """Draw the years of both runs beside each other.

    Parameters
    ----------
    base, other
        The results without and with the scenario.
    difference
        What the general comparison made of them.
    """
    charts = []
    for table in difference.tables:
        north = ("nord", f"nord{SCENARIO}")
        if table.name in {"vekst_aar", "jobber_aar"} and set(north) <= set(table.columns):
            charts.append(
                YearChart(
                    name=table.name,
                    title=f"{table.title}, nord for linjen",
                    table=table.name,
                    year="aar",
                    columns=north,
                    stacked=False,
                    kind="slag",
                    colours={"nord": "#2b6ca3", f"nord{SCENARIO}": "#f0b14a"},
                )
            )
    return replace(difference, charts=tuple(charts))
