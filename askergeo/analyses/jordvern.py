"""The farmland ledger: tilled and tillable land that plans and decisions convert, year by year.

A conversion is a decision, not a building (KOSTRA): a reguleringsplan in force, or a decision on
land, with another purpose than farming. Each place counts in the first that took it. See
docs/metode-jordvern.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from askergeo.analyses import _farmland_tables as tables
from askergeo.analyses._background import land_and_sea
from askergeo.analyses._carbon_plans import municipal_plans
from askergeo.analyses._farmland_decisions import BUILT, decisions
from askergeo.analyses._farmland_land import TILLABLE, farmland
from askergeo.analyses._farmland_sums import CHANGE, planned, split, taken, taken_pieces
from askergeo.analyses._land import cover_frame, land_boundary
from askergeo.analyses._land_account import balance_table, fault_findings, unpublishable
from askergeo.geometry import geometries, union
from askergeo.numbers import format_number
from askergeo.overlay.door import check_crs_of
from askergeo.result import Fact, Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from askergeo.analyses._land import LandBoundary
    from askergeo.analyses._land_account import NamedAccount
    from askergeo.parameters import Parameters
    from askergeo.result import Finding, MapLayer, SourceRecord, Table

__all__ = ["jordvern"]


@dataclass(frozen=True)
class _Ledger:
    """Decided and planned conversions, with the accounts that they are from.

    ``last`` is the last year of any decision, on farmland or not.
    """

    rows: pd.DataFrame
    last: int | None
    planned: pd.DataFrame | None
    accounts: tuple[NamedAccount, ...]
    layers: tuple[MapLayer, ...]
    findings: tuple[Finding, ...]


def jordvern(
    ar5: gpd.GeoDataFrame,
    *,
    kommunegrense: gpd.GeoDataFrame,
    reguleringsplan: gpd.GeoDataFrame | None = None,
    reguleringsplan_formaal: gpd.GeoDataFrame | None = None,
    arealvedtak: gpd.GeoDataFrame | None = None,
    kommuneplan: gpd.GeoDataFrame | None = None,
    kommuneplan_forslag: gpd.GeoDataFrame | None = None,
    ar5_tidligere: gpd.GeoDataFrame | None = None,
    dyrkbar_jord: gpd.GeoDataFrame | None = None,
    kilder: Mapping[str, SourceRecord] | None = None,
    parameters: Parameters,
) -> Result:
    """Account for farmland that is converted, against the vision of none.

    Parameters
    ----------
    ar5, kommunegrense
        Layers of the catalogue, in the same projected CRS in metres.
    reguleringsplan, reguleringsplan_formaal, arealvedtak
        Plans in force and decisions, those that are there.
    kommuneplan, kommuneplan_forslag
        What is planned.
    ar5_tidligere
        AR5 of an earlier date: farmland that has been built on since is only there.
    dyrkbar_jord
        Tillable land.
    kilder
        Where each layer comes from.
    parameters
        The set ``jordvern``.

    Raises
    ------
    CrsError
        When a layer is in another CRS.
    """
    layers = {
        "kommuneplan": kommuneplan,
        "kommuneplan_forslag": kommuneplan_forslag,
        "reguleringsplan": reguleringsplan,
        "reguleringsplan_formaal": reguleringsplan_formaal,
        "arealvedtak": arealvedtak,
        "ar5_tidligere": ar5_tidligere,
        "dyrkbar_jord": dyrkbar_jord,
    }
    boundary = land_boundary(
        kommunegrense, parameters["grense"], (kilder or {}).get("kommunegrense")
    )
    there = {name: frame for name, frame in layers.items() if frame is not None}
    check_crs_of({"ar5": ar5, "kommunegrense": kommunegrense, **there}, boundary.crs)
    ledger = _ledger(ar5, there, boundary, parameters)
    known = dyrkbar_jord is not None
    first = int(parameters["fra_aar"])
    decided = tables.year_table(ledger.rows, first, ledger.last, parameters["nullvisjon_dekar"])
    template, facts = _statement(decided, ledger)
    reported = tables.reported_table(str(kommunegrense["kommunenummer"].iloc[0]))
    return Result(
        analysis="jordvern",
        title="Jordvern: omdisponert dyrket og dyrkbar jord",
        template=template,
        facts=facts,
        tables=(
            decided,
            *_case_tables(ledger, first, known=known),
            *((tables.planned_table(ledger.planned),) if ledger.planned is not None else ()),
            *((reported,) if reported else ()),
            balance_table(ledger.accounts, boundary),
        ),
        layers=(
            land_and_sea(union(geometries(boundary.frame)), None, boundary.crs),
            *ledger.layers,
        ),
        findings=(*cover_frame({"ar5": ar5}, "ar5").findings, *ledger.findings),
        warnings=(*boundary.warnings, *_warnings(ledger, there)),
        reading=_reading(boundary, first),
        unpublishable=unpublishable(ledger.accounts),
    )


def _ledger(
    ar5: gpd.GeoDataFrame,
    layers: Mapping[str, gpd.GeoDataFrame],
    boundary: LandBoundary,
    parameters: Parameters,
) -> _Ledger:
    kinds = parameters["dyrket_arealtyper"]
    tillable = layers.get("dyrkbar_jord")
    earlier = layers.get("ar5_tidligere")
    maps = [ar5] if earlier is None else [ar5, earlier]
    land = farmland(maps, tillable, kinds)
    found = decisions(
        layers.get("reguleringsplan"),
        layers.get("reguleringsplan_formaal"),
        layers.get("arealvedtak"),
        parameters,
        boundary.crs,
    )
    known = tillable is not None
    first = int(parameters["fra_aar"])
    rows, account = taken(land.frame, found.frame, boundary)
    cut = taken_pieces(land.frame, found.frame, boundary)
    built = (cut["slag"] == BUILT).to_numpy(dtype=bool)
    drawn = [tables.ledger_layer("omdisponert", "Omdisponert jord", cut[built], first)]
    if (~built).any():
        title = "Jord til grønnstruktur, annet og ukjent formål"
        drawn.append(tables.ledger_layer("annet", title, cut[~built], first))
    accounts = [account]
    findings = [*land.findings(), *found.findings]
    laid_out = None
    names = tuple(name for name in ("kommuneplan", "kommuneplan_forslag") if name in layers)
    if names:
        plans, faults = municipal_plans(layers, parameters, names)
        findings += faults
        now = land.frame if earlier is None else farmland([ar5], tillable, kinds).frame
        laid_out, account = planned(now, plans, boundary)
        laid_out = split(laid_out, tillable_known=known)
        accounts.append(account)
    return _Ledger(
        rows=split(rows, tillable_known=known),
        last=found.last,
        planned=laid_out,
        accounts=tuple(accounts),
        layers=tuple(drawn),
        findings=(*findings, *fault_findings(accounts)),
    )


def _case_tables(ledger: _Ledger, first: int, *, known: bool) -> tuple[Table, ...]:
    if not len(ledger.rows):
        return ()
    return (
        tables.case_table(ledger.rows),
        tables.purpose_table(ledger.rows, first, tillable_known=known),
    )


def _statement(decided: Table, ledger: _Ledger) -> tuple[str, dict[str, Fact]]:
    frame = decided.frame
    years = [str(label) for label in frame.index if str(label).isdigit()]
    # Where tillable land is unknown, what is tilled is all that can be told.
    known = bool(frame["dyrkbar"].notna().any())
    shown, land = ("sum", "dyrket og dyrkbar jord") if known else ("dyrket", "dyrket jord")
    facts = {}
    told = "Ingen vedtatte planer eller vedtak har år, så omdisponering per år er ukjent."
    if years:
        facts["sum"] = Fact(
            title=f"Omdisponert {years[0]}–{years[-1]}, {land}",
            value=float(frame[shown].loc[years].sum()),
            unit="dekar",
            decimals=1,
        )
        facts["siste"] = Fact(
            title=f"Omdisponert i {years[-1]}",
            value=float(frame[shown].loc[years[-1]]),
            unit="dekar",
            decimals=1,
            cell=("per_aar", years[-1], shown),
        )
        told = (
            f"Fra {years[0]} til {years[-1]} er {{sum}} dekar {land} vedtatt omdisponert til "
            f"utbygging, {{siste}} dekar av det i {years[-1]}. Nullvisjonen er 0."
        )
    if ledger.planned is None:
        return told, facts
    shown = "sum" if ledger.planned["dyrkbar"].notna().any() else "dyrket"
    land = "dyrket og dyrkbar jord" if shown == "sum" else "dyrket jord"
    sums = ledger.planned.groupby("sak", sort=False)[shown].sum()
    plan = str(next(name for name in sums.index if name != CHANGE))
    facts["planlagt"] = _laid_out(plan, float(sums.loc[plan]))
    told += f" {plan} legger ut {{planlagt}} dekar {land} til framtidig utbygging"
    if CHANGE in sums.index:
        change = float(sums.loc[CHANGE])
        facts["endring"] = _laid_out(
            "Spart i forslaget" if change < 0 else "Økt i forslaget", abs(change)
        )
        verb = "sparer" if change < 0 else "tar"
        more = "av dem, netto" if change < 0 else "mer, netto"
        told += f", og forslaget {verb} {{endring}} dekar {more}"
    return f"{told}.", facts


def _laid_out(title: str, value: float) -> Fact:
    return Fact(title=title, value=value, unit="dekar", decimals=1)


def _warnings(ledger: _Ledger, layers: Mapping[str, gpd.GeoDataFrame]) -> tuple[str, ...]:
    warnings = []
    if "dyrkbar_jord" not in layers:
        warnings.append("Dyrkbar jord er ikke kartlagt i datapakken. Summene er derfor ukjent.")
    if "ar5_tidligere" not in layers:
        warnings.append(
            "Jord som er bygd ned og tatt ut av AR5, er ikke med. Tallene for tidligere år er "
            "derfor for lave. Legg til laget «ar5_tidligere»."
        )
    unknown = ledger.rows[ledger.rows["slag"] == "ukjent formål"]
    if len(unknown):
        area = format_number(unknown["areal_m2"].sum() / 1e3, 1)
        warnings.append(
            f"{area} dekar jord er i planer og vedtak der formålet er ukjent. De er ikke i summen."
        )
    undated = ledger.rows[ledger.rows["aar"].isna() & (ledger.rows["slag"] == BUILT)]
    if len(undated):
        area = format_number(undated["areal_m2"].sum() / 1e3, 1)
        warnings.append(f"{area} dekar er omdisponert i planer og vedtak uten dato («ukjent år»).")
    return tuple(warnings)


def _reading(boundary: LandBoundary, first: int) -> tuple[str, ...]:
    count = (
        "Det som telles, er vedtak, ikke bygging: reguleringsplaner i kraft og vedtak om areal, "
        "der formålet ikke er landbruk. Slik teller også KOSTRA."
    )
    once = (
        "Et areal telles i det første vedtaket som tok det til utbygging. Ligger en seinere plan "
        "eller et seinere vedtak over det samme, telles det ikke igjen. Jord som en plan fører "
        "tilbake til landbruk, trekkes ikke fra."
    )
    land = (
        "Dyrket jord er fulldyrka, overflatedyrka og innmarksbeite i AR5. "
        f"{TILLABLE} som også er dyrket, er talt som dyrket."
    )
    apart = (
        "Jord som går til grønnstruktur, sjø, forsvar eller ukjent formål, står for seg og er "
        "ikke i summen. LNFR er ikke omdisponering."
    )
    years = f"Eldre år enn {first} står i én rad. Planer og vedtak uten dato står som ukjent år."
    area = f"Arealet er {boundary.text}, målt i {boundary.crs}."
    return count, once, land, apart, years, area
