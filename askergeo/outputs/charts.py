"""Reads and draws any chart of a result: what kind it is, decides who does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from askergeo.charts import LedgerChart, PyramidChart, YearChart
from askergeo.outputs.flow import Flows, flows
from askergeo.outputs.flow_svg import NARROW as NARROW_FLOW
from askergeo.outputs.flow_svg import WIDE as WIDE_FLOW
from askergeo.outputs.flow_svg import flow_svg
from askergeo.outputs.ledger import Ledger, ledger
from askergeo.outputs.ledger_svg import NARROW as NARROW_ROWS
from askergeo.outputs.ledger_svg import WIDE as WIDE_ROWS
from askergeo.outputs.ledger_svg import ledger_svg
from askergeo.outputs.pyramid import Pyramid, pyramid
from askergeo.outputs.pyramid_svg import pyramid_svg
from askergeo.outputs.report import attributions, identifier, stop_lines
from askergeo.outputs.year import YearBars, year_bars
from askergeo.outputs.year_svg import NARROW as NARROW_YEARS
from askergeo.outputs.year_svg import WIDE as WIDE_YEARS
from askergeo.outputs.year_svg import year_svg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from askergeo.charts import Chart
    from askergeo.result import Result

__all__ = ["Drawn", "chart_file", "chart_lines", "chart_svg", "read_chart"]

Drawn = Flows | YearBars | Pyramid | Ledger


def read_chart(result: Result, chart: Chart) -> Drawn | None:
    """Read what a chart shows from the table that it draws; None when nothing can be drawn.

    Raises
    ------
    KeyError
        When the result has no such table, or the table no such column.
    """
    if isinstance(chart, YearChart):
        return year_bars(result, chart)
    if isinstance(chart, PyramidChart):
        return pyramid(result, chart)
    if isinstance(chart, LedgerChart):
        return ledger(result, chart)
    return flows(result, chart)


def chart_svg(
    drawn: Drawn,
    *,
    key: str,
    narrow: bool = False,
    heading: Sequence[str] = (),
    footing: Sequence[str] = (),
) -> str:
    """Draw a chart as an ``svg`` element.

    Parameters
    ----------
    drawn
        What it shows.
    key
        Start of the element ids, unique on the page.
    narrow
        As wide as a phone.
    heading, footing
        Lines over and under it, for a picture that stands alone: see `chart_lines`.
    """
    if isinstance(drawn, YearBars):
        years = NARROW_YEARS if narrow else WIDE_YEARS
        return year_svg(drawn, years, key=key, heading=heading, footing=footing)
    rows = NARROW_ROWS if narrow else WIDE_ROWS
    if isinstance(drawn, Pyramid):
        return pyramid_svg(drawn, rows, key=key, heading=heading, footing=footing)
    if isinstance(drawn, Ledger):
        return ledger_svg(drawn, rows, key=key, heading=heading, footing=footing)
    flow = NARROW_FLOW if narrow else WIDE_FLOW
    return flow_svg(drawn, flow, key=key, heading=heading, footing=footing)


def chart_lines(result: Result, drawn: Drawn) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the lines over and under a chart that stands alone: stops, title, notes, sources."""
    example = result.provenance and any(one.example for one in result.provenance.sources)
    heading = (
        *stop_lines([result]),
        drawn.title,
        *(["Eksempeldata: en oppdiktet kommune."] if example else []),
        *drawn.notes,
    )
    owners = attributions(result)
    footing = (f"Kilder: {'; '.join(owners)}. Laget med askergeo.",) if owners else ()
    return heading, footing


def chart_file(result: Result, drawn: Drawn) -> str:
    """Name the file of a chart, without what kind of file it is."""
    return identifier(f"{result.analysis}_{drawn.name}").replace("_", "-")
