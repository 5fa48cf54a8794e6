"""The climate budget's table with the row for forest and other land use filled in.

The emissions are those of :mod:`askergeo.analyses.karbon`, spread evenly over the years of
building: each year's share emits at once in its year, and yearly in the years that follow. Rows and
columns are those of the municipality's own table, else of Asker's.
See docs/metode-klimabudsjett.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.analyses._background import land_and_sea
from askergeo.analyses._carbon_budget import ABSENT, read_budget
from askergeo.analyses._carbon_map import map_layers
from askergeo.analyses._carbon_reckoned import (
    Settings,
    cases_of,
    interval,
    main_case,
)
from askergeo.analyses._carbon_tables import factor_table, left_out_table, share_table
from askergeo.analyses._carbon_takings import CHANGE, takings
from askergeo.analyses._land import land_boundary
from askergeo.analyses._land_account import balance_table, fault_findings, unpublishable
from askergeo.analyses.karbon import (
    LAWN,
    lawn_uptake,
    placeholder_count,
    placeholder_warning,
)
from askergeo.charts import YearChart
from askergeo.errors import ParameterError
from askergeo.geometry import geometries, union
from askergeo.numbers import format_number
from askergeo.overlay.door import check_crs_of
from askergeo.result import Column, ColumnSum, Fact, Result, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.analyses._carbon_budget import Budget, Heading
    from askergeo.analyses._carbon_reckoned import Case
    from askergeo.analyses._carbon_takings import Takings
    from askergeo.carbon import Emissions
    from askergeo.parameters import Parameters
    from askergeo.result import SourceRecord

__all__ = ["build_weights", "klimabudsjett"]

#: Years after the last of building that are shown: mineral soil and litter are done by then.
_AFTER: Final = 20
# Layers that say what land is, and what is to be built.
_LAND_LAYERS: Final = (
    "ar5", "kommuneplan", "kommuneplan_forslag", "reguleringsplan", "reguleringsplan_formaal",
    "arealvedtak",
)  # fmt: skip
_FIRST_BUDGET: Final = "budsjett"
#: Name of the table by year, and of its chart.
_YEARS: Final = "per_aar"


@dataclass(frozen=True)
class _Years:
    """The years of building, both ends included, and the last that is told of."""

    first: int
    last: int
    end: int


@dataclass(frozen=True)
class _Row:
    """Emissions by calendar year: ``aar`` index; ``engang_t``, ``per_aar_t``, ``sum_t``, range."""

    years: _Years
    frame: pd.DataFrame

    def cell(self, heading: Heading) -> float | None:
        """Tonnes of a heading; ``None`` for what a plan cannot tell."""
        known = heading.kind != "mal" and heading.year >= self.years.first
        return float(self.frame["sum_t"].loc[heading.year]) if known else None

    def ends(self, heading: Heading) -> tuple[float, float]:
        """Range of a heading that has tonnes."""
        low, high = self.frame["lav_t"], self.frame["hoy_t"]
        return float(low.loc[heading.year]), float(high.loc[heading.year])


def klimabudsjett(
    ar5: gpd.GeoDataFrame,
    *,
    kommunegrense: gpd.GeoDataFrame,
    kommuneplan: gpd.GeoDataFrame | None = None,
    kommuneplan_forslag: gpd.GeoDataFrame | None = None,
    reguleringsplan: gpd.GeoDataFrame | None = None,
    reguleringsplan_formaal: gpd.GeoDataFrame | None = None,
    arealvedtak: gpd.GeoDataFrame | None = None,
    ar5_tidligere: gpd.GeoDataFrame | None = None,
    karbonfaktor: pd.DataFrame | None = None,
    klimabudsjett: pd.DataFrame | None = None,
    kilder: Mapping[str, SourceRecord] | None = None,
    parameters: Parameters,
) -> Result:
    """Fill in the row for land use.

    Parameters
    ----------
    ar5, kommunegrense
        Layers of the catalogue, in the same projected CRS in metres.
    kommuneplan, kommuneplan_forslag, reguleringsplan, reguleringsplan_formaal, arealvedtak
        The plans and decisions, those that are there.
    ar5_tidligere
        AR5 as it was before the decisions of the years since.
    karbonfaktor, klimabudsjett
        Own factors, and the municipality's own table.
    kilder
        Where each layer comes from.
    parameters
        The set ``klimabudsjett``.

    Raises
    ------
    CrsError
        When a layer is in another CRS.
    LayerError, ParameterError
        When what is asked is not there, or the years do not go together.
    SourceError
        When a factor cannot be used.
    """
    layers = {
        "kommuneplan": kommuneplan,
        "kommuneplan_forslag": kommuneplan_forslag,
        "reguleringsplan": reguleringsplan,
        "reguleringsplan_formaal": reguleringsplan_formaal,
        "arealvedtak": arealvedtak,
        "ar5_tidligere": ar5_tidligere,
    }
    boundary = land_boundary(
        kommunegrense, parameters["grense"], (kilder or {}).get("kommunegrense")
    )
    there = {name: frame for name, frame in layers.items() if frame is not None}
    check_crs_of({"ar5": ar5, "kommunegrense": kommunegrense, **there}, boundary.crs)
    settings = Settings.read(parameters, karbonfaktor)
    budget = read_budget(
        klimabudsjett,
        str(kommunegrense["kommunenummer"].iloc[0]),
        parameters["kolonner"],
        parameters["rad"],
    )
    found = takings(ar5, layers, boundary, parameters)
    years = _years(parameters, budget)
    case = _case(found, settings, years, parameters)
    row = None if case is None else _by_calendar(case.emissions, settings, years)
    accounts = [] if found.account is None else [found.account]
    template, facts = _statement(case, row, budget, parameters["rad"])
    details = _details(budget, case, row, settings)
    return Result(
        analysis="klimabudsjett",
        title="Klimabudsjettet: skog og annen arealbruk",
        template=template,
        facts=facts,
        tables=(
            _budget_table(budget, row, parameters["rad"]),
            *details,
            *((left_out_table(found),) if len(found.left_out) else ()),
            *((balance_table(accounts, boundary),) if accounts else ()),
        ),
        layers=(
            land_and_sea(union(geometries(boundary.frame)), None, boundary.crs),
            *map_layers(found, settings, _AFTER),
        ),
        charts=tuple(_year_chart(one) for one in details if one.name == _YEARS),
        findings=(*found.findings, *fault_findings(accounts)) if accounts else found.findings,
        warnings=(
            *(() if case is None else placeholder_warning(settings, case.emissions.used)),
            *(() if case is None or not lawn_uptake(case) else (LAWN,)),
            *_early(years, parameters, kilder or {}),
            *budget.warnings,
            *boundary.warnings,
            *found.warnings,
        ),
        reading=_reading(budget),
        unpublishable=unpublishable(accounts) if accounts else (),
    )


def _details(
    budget: Budget, case: Case | None, row: _Row | None, settings: Settings
) -> tuple[Table, ...]:
    """Say how the row was filled, when it was."""
    if case is None or row is None:
        return ()
    return (
        _year_table(row, case),
        _footnotes(budget, case, settings, row.years),
        share_table([case], settings),
        factor_table(settings, case.emissions.used),
    )


def build_weights(first: int, last: int, end: int) -> NDArray[np.float64]:
    """How much of each year after building falls in each calendar year.

    Parameters
    ----------
    first, last
        Years of building, both included; each builds the same share.
    end
        Last calendar year.

    Returns
    -------
    ndarray
        (end − first + 1, the same): row the calendar year, column the year after building.

    Examples
    --------
    >>> build_weights(2024, 2025, 2026).tolist()
    [[0.5, 0.0, 0.0], [0.5, 0.5, 0.0], [0.0, 0.5, 0.5]]
    """
    count = end - first + 1
    weights = np.zeros((count, count))
    for start in range(last - first + 1):
        at = np.arange(start, count)
        weights[at, at - start] += 1 / (last - first + 1)
    return weights


def _years(parameters: Parameters, budget: Budget) -> _Years:
    """Years of building: as given, else the year of the decisions, else the first budget year."""
    one_year = int(parameters["vedtaksaar"])
    planned = [one.year for one in budget.headings if one.kind == _FIRST_BUDGET]
    default = one_year or (planned[0] if planned else max(one.year for one in budget.headings))
    first = int(parameters["fra_aar"]) or default
    length = 1 if one_year else int(parameters["byggeaar"])
    last = int(parameters["til_aar"]) or first + length - 1
    if last < first:
        raise ParameterError(
            f"Siste byggeår {last} er før første byggeår {first}.",
            remedy="Sett «fra_aar» og «til_aar» sammen.",
        )
    shown = max(one.year for one in budget.headings)
    return _Years(first, last, max(last + _AFTER, shown))


def _early(
    years: _Years, parameters: Parameters, sources: Mapping[str, SourceRecord]
) -> tuple[str, ...]:
    """Warn of plans that are reckoned as built before the data were made."""
    dates = [sources[layer].date[:4] for layer in _LAND_LAYERS if layer in sources]
    newest = max((int(one) for one in dates if one.isdigit()), default=years.first)
    if int(parameters["vedtaksaar"]) or years.first >= newest:
        return ()
    return (
        (
            f"Første byggeår er satt til {years.first}, men dataene er fra {newest}. Det som ikke "
            "er bygd ennå, er da regnet som bygd for tidlig. Sett «fra_aar», og «kolonner» til år "
            "som kommer."
        ),
    )


def _case(
    found: Takings,
    settings: Settings,
    years: _Years,
    parameters: Parameters,
) -> Case | None:
    """Reckon the plan, the package or the year that is filled in, to the last year."""
    if not len(found.frame):
        return None
    cases = cases_of(found, settings, years.end - years.first + 1)
    if parameters["endring"] == "planendring":
        return next(case for case in cases if case.title == CHANGE)
    return main_case(cases, found.main)


def _by_calendar(emissions: Emissions, settings: Settings, years: _Years) -> _Row:
    weights = build_weights(years.first, years.last, years.end)
    path = emissions.path
    frame = pd.DataFrame(
        {name: weights @ path[name].to_numpy() for name in ("engang_t", "per_aar_t", "sum_t")},
        index=pd.RangeIndex(years.first, years.end + 1, name="aar"),
    )
    ranges = [interval(emissions, settings, row) for row in weights]
    frame["lav_t"], frame["hoy_t"] = zip(*ranges, strict=True)
    return _Row(years, frame)


def _budget_table(budget: Budget, row: _Row | None, name: str) -> Table:
    frame = budget.cells.astype(object)
    notes = pd.Series("", index=frame.index)
    if row is not None:
        ranges = []
        for heading in budget.headings:
            value = row.cell(heading)
            frame.loc[name, heading.name] = value
            if value is not None:
                low, high = row.ends(heading)
                ranges.append(f"{heading.year}: {format_number(low)} til {format_number(high)}")
        notes[name] = f"95 %-intervall {'; '.join(ranges)}. Se fotnotene." if ranges else ""
    frame = frame.mask(frame.isna(), ABSENT)
    frame.insert(0, "sektor", frame.index)
    frame["merknad"] = notes
    titles = {
        one.name: Column(title=one.title, unit="tonn CO2e", decimals=0) for one in budget.headings
    }
    return Table(
        name="klimabudsjett",
        title="Klimabudsjett",
        frame=frame.reset_index(drop=True),
        columns={
            "sektor": Column(title="Sektor"),
            **titles,
            "merknad": Column(title="Merknad"),
        },
        note=f"{_others(budget)} «{ABSENT}» er ikke null: et mål kan "
        "ikke regnes fra en plan, og før første byggeår sier planen ingenting om utslippet.",
    )


def _others(budget: Budget) -> str:
    """Say where the other rows are from, when any of them has a number."""
    if not budget.source:
        return "De andre radene har ingen tall."
    return f"De andre radene er hentet fra: {budget.source}."


def _year_table(row: _Row, case: Case) -> Table:
    unit = "t CO2e"
    return Table(
        name=_YEARS,
        title=f"Utslipp per kalenderår: {case.title}",
        frame=row.frame.reset_index(),
        columns={
            "aar": Column(title="År", unit="år", decimals=0),
            "engang_t": Column(title="Engangsutslipp", unit=unit, decimals=1),
            "per_aar_t": Column(title="Årlige utslipp", unit=unit, decimals=1),
            "sum_t": Column(title="Sum", unit=unit, decimals=1),
            "lav_t": Column(title="Lav", unit=unit, decimals=1),
            "hoy_t": Column(title="Høy", unit=unit, decimals=1),
        },
        column_sums=(ColumnSum("sum_t", ("engang_t", "per_aar_t")),),
        note="Lav og høy rommer 95 % av usikkerheten i faktorene.",
    )


def _year_chart(table: Table) -> YearChart:
    """Draw the emissions of each year: at once, and what goes on year after year."""
    return YearChart(
        name=_YEARS,
        title=table.title,
        table=table.name,
        year="aar",
        columns=("engang_t", "per_aar_t"),
        colours={"engang_t": "#8a6d3b", "per_aar_t": "#f0b14a"},
    )


def _footnotes(budget: Budget, case: Case, settings: Settings, years: _Years) -> Table:
    built = case.rows["areal_ha"].sum() * 10
    flagged = placeholder_count(settings, case.emissions.used)
    texts = [
        (
            f"Raden gjelder {case.title}. Det er ikke hele sektoren: skogens tilvekst, hogst og "
            "utslipp fra areal som ikke endrer bruk, er ikke med."
        ),
        (
            f"{format_number(built, 1)} dekar blir tett dekke, plen og hage (netto når noe "
            f"spares), jevnt fordelt over {years.first}–{years.last}."
        ),
        (
            "Engangsutslippet (biomasse, og torv som graves ut) står i byggeåret. Strø og "
            "mineraljord er fordelt over 20 år etter byggeåret, drenert torv så lenge det er torv."
        ),
        f"Faktorene er FNs klimapanels nivå 1, {settings.zone} sone, mineraljord "
        f"{settings.mineral_soil}, GWP fra {settings.factors[settings.zone].gwp_report}."
        + (f" {flagged}." if flagged else ""),
        f"Faktorfiler: {', '.join(case.emissions.factors.origin)}.",
        _others(budget),
    ]
    frame = pd.DataFrame({"nummer": range(1, len(texts) + 1), "tekst": texts})
    return Table(
        name="fotnoter",
        title="Fotnoter til klimabudsjettet",
        frame=frame,
        columns={"nummer": Column(title="Nr.", decimals=0), "tekst": Column(title="Fotnote")},
    )


def _statement(
    case: Case | None, row: _Row | None, budget: Budget, name: str
) -> tuple[str, dict[str, Fact]]:
    filled = [] if row is None else [one for one in budget.headings if row.cell(one) is not None]
    if case is None or row is None:
        return f"Raden «{name}» er ikke fylt ut: det som er valgt, tar ikke nytt areal.", {}
    if not filled:
        late = f"alle årene i tabellen er før {row.years.first}, det første byggeåret"
        return f"Raden «{name}» kan ikke fylles ut: {late}.", {}
    facts = {}
    parts = []
    position = list(budget.cells.index).index(name)
    for heading in filled:
        low, high = row.ends(heading)
        key = heading.name
        cell = ("klimabudsjett", position, key)
        unit = "t CO2e"
        facts[key] = Fact(title=heading.title, value=row.cell(heading), unit=unit, cell=cell)
        facts[f"{key}_lav"] = Fact(title=f"{heading.title}, lav", value=low, unit=unit)
        facts[f"{key}_hoy"] = Fact(title=f"{heading.title}, høy", value=high, unit=unit)
        parts.append(f"{{{key}}} tonn CO2e i {heading.year} ({{{key}_lav}} til {{{key}_hoy}})")
    flagged = case.emissions.rows["plassholdere"].str.len().gt(0).any()
    doubt = " Faktorene er plassholdere." if flagged else ""
    told = " og ".join(parts)
    first, last = row.years.first, row.years.last
    years = f"forutsatt utbygd {first}" + (f"–{last}" if last > first else "")
    return f"Raden «{name}» blir {told} for {case.title}, {years}.{doubt}", facts


def _reading(budget: Budget) -> tuple[str, ...]:
    return (
        (
            f"Tabellen «Klimabudsjett» har samme rader og kolonner som {budget.layout}, og kan "
            "limes inn. Raden for arealbruk gjelder planen eller vedtakene som er valgt, ikke hele "
            "sektoren."
        ),
        f"«{ABSENT}» betyr at tallet ikke finnes. Det er ikke null.",
        (
            "Utbyggingen er fordelt jevnt over byggeårene. Skjer den raskere eller seinere, "
            "flytter utslippet seg mellom årene, men summen er den samme."
        ),
        _others(budget),
    )
