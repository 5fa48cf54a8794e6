"""Which detailed plans count in the land reserve: the status of each, and what is unknown of them.

The purposes of a reguleringsplan have no status; the outline of the plan has it, under the same
``planid``. A plan counts when its status is known and among those that the rules name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.catalogue import load_catalogue
from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.result import Column, Finding, RowSum, Severity, Status, Table

if TYPE_CHECKING:
    from collections.abc import Collection

    import geopandas as gpd

__all__ = ["DetailedPlans", "read_plans"]

_DEKAR: Final = 1e3
_NO_OUTLINE: Final = "planen står ikke i laget «reguleringsplan»"
_NO_STATUS: Final = "planstatus mangler"
_SEVERAL: Final = "planen står flere ganger, med ulik planstatus"


@dataclass(frozen=True)
class DetailedPlans:
    """Detailed plans with their status.

    Parameters
    ----------
    frame
        Purposes with ``planstatus`` (missing where it is unknown); without that column when there
        are no outlines to read it from.
    plans
        Index ``planid``: ``plannavn``, ``ikrafttredelse``, ``planstatus`` and ``grunn`` (why the
        status is unknown; empty where it is known).
    findings
        Plans whose status is unknown, and plans in force without digital purposes.
    tables
        How many plans have each status, and whether they count.
    """

    frame: gpd.GeoDataFrame
    plans: pd.DataFrame
    findings: tuple[Finding, ...] = ()
    tables: tuple[Table, ...] = field(default=())


def read_plans(
    purposes: gpd.GeoDataFrame,
    outlines: gpd.GeoDataFrame | None,
    accepted: Collection[str],
) -> DetailedPlans:
    """Give each purpose the status of its plan.

    Parameters
    ----------
    purposes
        Layer ``reguleringsplan_formaal``.
    outlines
        Layer ``reguleringsplan``; without it no status is known.
    accepted
        Codes of the status that counts, as text.
    """
    planid = purposes["planid"].astype("string").fillna("(uten plan-id)")
    area = _areas(purposes).groupby(planid.to_numpy()).sum()
    if outlines is None:
        plans = pd.DataFrame({"plannavn": "", "planstatus": pd.NA, "grunn": ""}, index=area.index)
        return DetailedPlans(purposes.drop(columns="planstatus", errors="ignore"), plans)
    plans = _statuses(outlines)
    plans = plans.reindex(plans.index.union(area.index))
    plans["grunn"] = plans["grunn"].fillna(_NO_OUTLINE)
    plans["plannavn"] = plans["plannavn"].fillna("")
    plans["formaal_m2"] = area.reindex(plans.index).fillna(0.0)
    counts = plans["planstatus"].astype("string").isin(accepted).fillna(value=False)
    frame = purposes.assign(planstatus=planid.map(plans["planstatus"]).astype("Int64"))
    findings = (*_unknown(plans), *_without_purposes(plans[counts.to_numpy(dtype=bool)], outlines))
    return DetailedPlans(frame, plans, findings, (_table(plans, accepted),))


def _areas(frame: gpd.GeoDataFrame) -> pd.Series:
    """Area of each row as it is drawn, m²."""
    return pd.Series(shapely.area(geometries(frame)), index=frame.index).fillna(0.0)


def _statuses(outlines: gpd.GeoDataFrame) -> pd.DataFrame:
    """One row a plan: its status when the rows agree on one."""
    planid = outlines["planid"].astype("string").fillna("(uten plan-id)")
    status = (
        pd.to_numeric(outlines["planstatus"], errors="coerce").astype("Int64")
        if "planstatus" in outlines
        else pd.Series(pd.NA, index=outlines.index, dtype="Int64")
    )
    groups = status.groupby(planid.to_numpy())
    count, first = groups.nunique(), groups.first()
    known = set(load_catalogue()["reguleringsplan"].columns["planstatus"].codes or {})
    odd = ~first.isin(known) & first.notna()
    reason = np.select(
        [count > 1, first.isna(), odd],
        [_SEVERAL, _NO_STATUS, "planstatus «" + first.astype("string").fillna("") + "» er ukjent"],
        "",
    )
    table = pd.DataFrame({"planstatus": first.where(reason == ""), "grunn": reason})
    for name in ("plannavn", "ikrafttredelse"):
        if name in outlines:
            table[name] = outlines[name].groupby(planid.to_numpy()).first()
    if "plannavn" not in table:
        table["plannavn"] = ""
    return table


def _unknown(plans: pd.DataFrame) -> list[Finding]:
    """One finding for each plan with purposes whose status nobody knows."""
    some = plans[(plans["grunn"] != "") & (plans["formaal_m2"] > 0)]
    return [
        Finding(
            rule="arealreserve.planstatus",
            title="Planens status er ukjent",
            status=Status.NOT_MAPPED,
            severity=Severity.WARNING,
            text=f"{planid}: {reason}. Planens {format_number(area / _DEKAR, 1)} dekar formål er "
            "ikke med, og kommuneplanens formål gjelder der i regnestykket.",
            layer="reguleringsplan",
            row=str(planid),
            action="Før inn planen med planstatus i laget «reguleringsplan».",
        )
        for planid, reason, area in zip(some.index, some["grunn"], some["formaal_m2"], strict=True)
    ]


def _without_purposes(plans: pd.DataFrame, outlines: gpd.GeoDataFrame) -> list[Finding]:
    """One finding for each plan in force that is only an outline."""
    bare = plans.index[plans["formaal_m2"] == 0]
    rows = outlines[outlines["planid"].astype("string").isin(bare)]
    shapes = geometries(rows)
    return [
        Finding(
            rule="arealreserve.uten_formaal",
            title="Planen har ikke digitale formål",
            status=Status.NOT_MAPPED,
            severity=Severity.WARNING,
            text=f"{planid} er vedtatt, men har ingen formål i laget. Kommuneplanens formål "
            f"gjelder i regnestykket på planens {format_number(area / _DEKAR, 1)} dekar.",
            layer="reguleringsplan",
            row=str(planid),
            action="Digitaliser formålene i planen.",
            geometry=shape,
        )
        for planid, area, shape in zip(
            rows["planid"], shapely.area(shapes), shapely.point_on_surface(shapes), strict=True
        )
    ]


def _table(plans: pd.DataFrame, accepted: Collection[str]) -> Table:
    codes = load_catalogue()["reguleringsplan"].columns["planstatus"].codes or {}
    records = {}
    for code, label in codes.items():
        some = plans[(plans["planstatus"] == code).fillna(value=False).astype(bool)]
        if len(some):
            counts = "ja" if str(code) in accepted else "nei"
            records[f"status_{code}"] = (f"{code} {label}", counts, some)
    unknown = plans[plans["planstatus"].isna()]
    if len(unknown):
        records["ukjent"] = ("Ukjent", "nei", unknown)
    rows = [
        [label, counts, len(some), float(some["formaal_m2"].sum()) / _DEKAR]
        for label, counts, some in records.values()
    ]
    names = ["status", "med", "planer", "formaal_dekar"]
    frame = pd.DataFrame(rows, columns=names, index=pd.Index(list(records)))
    parts = tuple(frame.index)
    sums = [["I alt", "", frame["planer"].sum(), frame["formaal_dekar"].sum()]]
    frame = pd.concat([frame, pd.DataFrame(sums, columns=names, index=["i_alt"])])
    return Table(
        name="planstatus",
        title="Reguleringsplaner etter status",
        frame=frame.astype({"planer": "int64"}),
        columns={
            "status": Column(title="Planstatus"),
            "med": Column(title="Med i reserven"),
            "planer": Column(title="Planer", unit="planer", decimals=0),
            "formaal_dekar": Column(title="Formål, slik de er tegnet", unit="dekar", decimals=1),
        },
        row_sums=(RowSum("i_alt", parts),),
        note="Bare planer med «ja» er med. Under de andre gjelder kommuneplanens formål i "
        "regnestykket.",
    )
