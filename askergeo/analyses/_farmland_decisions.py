"""Plans and decisions that turn land to another use than farming, the first one first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from askergeo.analyses._carbon_plans import counted, on_ground
from askergeo.analyses._farmland_claims import first_claims
from askergeo.analyses._land import plan_findings, plan_frame
from askergeo.numbers import format_number
from askergeo.result import Finding, Severity, Status

if TYPE_CHECKING:
    from askergeo.parameters import Parameters

__all__ = ["BUILT", "OTHER", "UNKNOWN", "Decisions", "decisions"]

#: What a decision is about: development; another purpose than farming that is no development;
#: or nobody knows.
BUILT, OTHER, UNKNOWN = "utbygging", "annet formål", "ukjent formål"
_FARMING: Final = "landbruk"
_ADOPTED: Final = "3"
#: A consent after the farmland act is a conversion whatever the purpose is.
_FARM_ACT: Final = "jordlov"
_NO_PURPOSE: Final = "Formål ikke oppgitt"
#: Development before what is unknown, and that before green structure and the like: land that a
#: plan laid out to park and a later one to houses is taken by the houses.
_RANK: Final = {BUILT: 0, UNKNOWN: 1, OTHER: 2}


@dataclass(frozen=True)
class Decisions:
    """Decisions, each with the ground that it was the first to take.

    Parameters
    ----------
    frame
        ``kilde`` (reguleringsplan or vedtak), ``sak``, ``dato``, ``aar`` (missing when the date
        is), ``gruppe`` (purpose group), ``slag`` (utbygging, annet formål or ukjent formål).
    findings
        What was wrong, and what lay over ground that was taken already.
    last
        The last year of any decision, ground left or not; ``None`` without dates.
    """

    frame: gpd.GeoDataFrame
    findings: tuple[Finding, ...]
    last: int | None


def decisions(
    reguleringsplan: gpd.GeoDataFrame | None,
    formaal: gpd.GeoDataFrame | None,
    arealvedtak: gpd.GeoDataFrame | None,
    parameters: Parameters,
    crs: str,
) -> Decisions:
    """Read the decisions, and give each place to the first that takes it."""
    farming = {str(one) for one in parameters["landbruk_grupper"]}
    parts: list[gpd.GeoDataFrame] = []
    findings: list[Finding] = []
    if reguleringsplan is not None and formaal is not None:
        rows, found = _of_plans(reguleringsplan, formaal, farming)
        parts.append(rows)
        findings += found
    if arealvedtak is not None:
        rows, found = _of_decisions(arealvedtak, farming)
        parts.append(rows)
        findings += found
    columns = ["kilde", "rad", "sak", "dato", "gruppe", "slag", "geometry"]
    if not parts:
        empty: dict[str, list[object]] = {
            name: [] for name in ("kilde", "rad", "sak", "dato", "aar", "gruppe", "slag")
        }
        return Decisions(gpd.GeoDataFrame(empty, geometry=[], crs=crs), (), None)
    joined = pd.concat([part[columns] for part in parts], ignore_index=True)
    rows = gpd.GeoDataFrame(joined, geometry="geometry", crs=crs)
    rows = rows[(rows["slag"] != _FARMING).to_numpy()]
    rows["aar"] = pd.to_datetime(rows["dato"]).dt.year.astype("Int64")
    order = pd.DataFrame(
        {
            "rang": rows["slag"].map(_RANK),
            "dato": rows["dato"],
            "m2": rows.area,
            "kilde": rows["kilde"],
            "rad": rows["rad"].astype(str),
        }
    ).sort_values(["rang", "dato", "m2", "kilde", "rad"])
    claims = first_claims("planer og vedtak", rows.loc[order.index])
    findings += (*claims.findings(), *_covered(rows, claims.lost))
    years = rows["aar"].dropna()
    last = int(years.max()) if len(years) else None
    return Decisions(claims.frame.reset_index(drop=True), tuple(findings), last)


def _of_plans(
    areas: gpd.GeoDataFrame, purposes: gpd.GeoDataFrame, farming: set[str]
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    table = areas.drop_duplicates("planid").set_index("planid")
    known = purposes["planid"].isin(table.index).to_numpy()
    found = counted(
        purposes[~known],
        "jordvern.plan_mangler",
        "Formål uten planområde",
        "hører til planer som ikke er i laget reguleringsplan. De står som ukjent år",
    )
    status = _column(table, "planstatus").astype("string")
    adopted = purposes["planid"].map((status == _ADOPTED) | status.isna()).fillna(value=True)
    found += counted(
        purposes[~adopted.to_numpy(dtype=bool)],
        "jordvern.planstatus",
        "Formål i planer som ikke er vedtatt",
        "er ikke vedtak og er ikke med",
    )
    rows = plan_frame(purposes[adopted.to_numpy(dtype=bool)], "reguleringsplan")
    found += plan_findings(rows, "reguleringsplan_formaal", "reguleringsplan")
    rows, below = on_ground(rows)
    dates = pd.to_datetime(rows["planid"].map(_column(table, "ikrafttredelse")))
    undated = rows[(dates.isna() & rows["planid"].isin(table.index)).to_numpy()]
    found += below + counted(
        undated,
        "jordvern.uten_dato",
        "Formål i planer uten ikrafttredelse",
        "står som ukjent år",
    )
    names = rows["planid"].map(_column(table, "plannavn").astype("string")).fillna("")
    bare = areas[~areas["planid"].isin(purposes["planid"]).to_numpy()]
    found += counted(
        bare,
        "jordvern.uten_formaal",
        "Reguleringsplaner uten digitale formål",
        "kan ha omdisponert jord, men er ikke med. Ukjent er ikke null",
    )
    return rows.assign(
        kilde="reguleringsplan",
        rad=rows.index,
        sak=(rows["planid"].astype(str) + " " + names.astype(str)).str.strip(),
        dato=dates,
        slag=_kinds(rows, farming),
    ), found


def _of_decisions(
    frame: gpd.GeoDataFrame, farming: set[str]
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    if "formaal_kode" not in frame.columns:
        frame = frame.assign(formaal_kode=pd.array([pd.NA] * len(frame), dtype="Int64"))
    rows = plan_frame(frame)
    empty = (rows["kode"] == "").to_numpy()
    found = list(plan_findings(rows[~empty], "arealvedtak"))
    dates = pd.to_datetime(rows["vedtaksdato"])
    found += counted(
        rows[dates.isna().to_numpy()],
        "jordvern.uten_dato",
        "Vedtak uten dato",
        "står som ukjent år",
    )
    kinds = _kinds(rows, farming)
    consent = empty & (rows["sakstype"].astype(str) == _FARM_ACT).to_numpy()
    kinds = kinds.mask(consent, BUILT)
    found += counted(
        rows[empty & ~consent],
        "jordvern.uten_formaal",
        "Vedtak uten formål",
        "står som ukjent formål, utenfor summen",
    )
    names = _column(rows, "navn").astype("string").fillna("")
    return rows.assign(
        kilde="vedtak",
        rad=rows.index,
        sak=(rows["vedtak_id"].astype(str) + " " + names.astype(str)).str.strip(),
        dato=dates,
        gruppe=rows["gruppe"].mask(empty, _NO_PURPOSE),
        slag=kinds,
    ), found


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    empty = pd.Series(pd.NA, index=frame.index, dtype="object")
    return frame[name] if name in frame.columns else empty


def _kinds(rows: gpd.GeoDataFrame, farming: set[str]) -> pd.Series:
    kinds = rows["utbygging"].map({True: BUILT, False: OTHER}).fillna(UNKNOWN)
    farmed = rows["gruppe"].str[:2].isin(farming)
    return pd.Series(kinds.mask(farmed, _FARMING), index=rows.index)


def _covered(rows: gpd.GeoDataFrame, lost: pd.DataFrame) -> list[Finding]:
    """Say which decisions lie over ground that an earlier one has taken."""
    if not len(lost):
        return []
    cases = list(dict.fromkeys(rows.loc[lost["rad"], "sak"]))
    area = format_number(float(np.sum(lost["areal_m2"])) / 1e3, 1)
    return [
        Finding(
            rule="jordvern.talt_for",
            title="Areal som et tidligere vedtak alt har tatt",
            status=Status.NOT_RELEVANT,
            severity=Severity.INFO,
            text=f"{format_number(len(cases))} planer og vedtak ligger til dels over areal som en "
            f"tidligere plan eller et tidligere vedtak har tatt ({area} dekar i alt, ikke bare "
            "jordbruk). Arealet er talt én gang, i det første året.",
            row="; ".join(cases[:10]) + ("; …" if len(cases) > 10 else ""),  # noqa: PLR2004
        )
    ]
