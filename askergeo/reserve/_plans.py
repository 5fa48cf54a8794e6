"""From plan rows to ground for development: codes, status, levels and overlaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo._avvik import KEPT, SET_ASIDE
from askergeo.numbers import format_number
from askergeo.reserve._door import surfaces_of
from askergeo.reserve._ground import Ground, cut, cut_pairs, meeting
from askergeo.reserve._ledger import Ledger
from askergeo.reserve.rules import load_purposes, words

if TYPE_CHECKING:
    from collections.abc import Sized

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters
    from askergeo.reserve._door import Faults

__all__ = ["NOW", "PlanRows", "development", "read_rows"]

NOW: Final = 1
STATUSES: Final = (1, 2, 3)
KIND: Final = ["plan", "hovedkode", "gruppe", "arealstatus"]
# Overlaps that take less than this from a row (m²) are summed, but not listed.
LISTED = 0.01


@dataclass(frozen=True)
class PlanRows:
    """Rows of the plans with their own ground.

    Parameters
    ----------
    shapes
        Valid polygons, a row each.
    table
        ``plan``, ``rad`` (the row's label), ``formaal_kode``, ``hovedkode``, ``gruppe``,
        ``utbygging``, ``arealstatus`` (0 in a reguleringsplan), ``vertikalniva``, ``planstatus``.
    """

    shapes: Geometries
    table: pd.DataFrame

    def take(self, rows: NDArray[np.bool_]) -> PlanRows:
        """Return some of them."""
        return PlanRows(self.shapes[rows], self.table[rows].reset_index(drop=True))


def read_rows(
    kommuneplan: gpd.GeoDataFrame, reguleringsplan: gpd.GeoDataFrame | None, faults: Faults
) -> PlanRows:
    """Read the rows of both plans that have a usable geometry."""
    parts = [_read("kommuneplan", kommuneplan, faults)]
    if reguleringsplan is not None:
        parts.append(_read("reguleringsplan", reguleringsplan, faults))
    shapes = np.concatenate([part.shapes for part in parts])
    table = pd.concat([part.table for part in parts], ignore_index=True)
    return PlanRows(shapes, table)


def _read(plan: str, frame: gpd.GeoDataFrame, faults: Faults) -> PlanRows:
    shapes = surfaces_of(plan, frame, faults)
    codes = _numbers(frame["formaal_kode"])
    known = load_purposes(plan).reindex(codes)
    table = pd.DataFrame(
        {
            "plan": plan,
            "rad": frame.index.to_numpy().astype(object),
            "formaal_kode": frame["formaal_kode"].to_numpy(dtype=object),
            "hovedkode": known["hovedkode"].fillna(0).to_numpy(dtype=np.int64),
            "gruppe": known["gruppe"].fillna("").to_numpy(dtype=object),
            "utbygging": known["utbygging"].fillna("ukjent").to_numpy(dtype=object),
            "arealstatus": _status(frame, faults) if plan == "kommuneplan" else 0,
            "vertikalniva": _texts(frame, "vertikalniva"),
            "planstatus": _texts(frame, "planstatus"),
        }
    )
    here = ~shapely.is_missing(shapes)
    return PlanRows(shapes[here], table[here].reset_index(drop=True))


def _numbers(values: pd.Series) -> NDArray[np.int64]:
    """Codes as whole numbers; −1 for what is none."""
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    whole = np.isfinite(numbers) & (numbers == np.floor(numbers))
    return np.where(whole, numbers, -1).astype(np.int64)


def _texts(frame: gpd.GeoDataFrame, column: str) -> NDArray[np.object_]:
    """Return codes as text, empty where blank; ``None`` in all rows without the column."""
    if column not in frame.columns:
        return np.full(len(frame), None, dtype=object)
    codes = _numbers(frame[column])
    return np.where(codes < 0, "", codes.astype(str)).astype(object)


def _status(frame: gpd.GeoDataFrame, faults: Faults) -> NDArray[np.int64]:
    status = _numbers(frame["arealstatus"])
    blank = frame["arealstatus"].isna().to_numpy()
    unknown = ~np.isin(status, STATUSES) & ~blank
    labels = frame.index.to_numpy()
    faults.add("kommuneplan", labels[blank], "arealstatus mangler; regnet som nåværende", KEPT)
    names = frame.loc[unknown, "arealstatus"].astype(str).to_numpy(dtype=object)
    text = "arealstatus «" + names + "» er ukjent; regnet som nåværende"
    faults.add("kommuneplan", labels[unknown], text, KEPT)
    return np.where(blank | unknown, NOW, status)


def development(
    rows: PlanRows, rules: Parameters, faults: Faults
) -> tuple[PlanRows, Ground, pd.DataFrame, Ledger]:
    """Follow the rows to ground for development, each place once.

    Returns
    -------
    PlanRows, Ground, DataFrame, Ledger
        The rows with the ground that each keeps; the same as polygons by kind; the kinds; and
        the account so far.
    """
    ledger = Ledger(rows.shapes, f"{_count(rows.shapes)} rader med areal, slik de er tegnet")
    rows = _adopted(rows, rules, ledger)
    rows = _known(rows, faults, ledger)
    rows = _on_ground(rows, rules, ledger)
    rows = _once(rows, faults, ledger)
    rows = _regulated(rows, ledger)
    chosen = (rows.table["utbygging"] == "ja").to_numpy()
    rows = _drop(rows, ~chosen, "ikke_utbygging", "grønt, LNFR, sjø og forsvar", ledger)
    kinds, number = _kinds(rows.table)
    ground = Ground(rows.shapes, number).parts()
    return rows, ground, kinds, ledger


def _kinds(table: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.intp]]:
    number = np.asarray(table.groupby(KIND, sort=True).ngroup(), dtype=np.intp)
    kinds = table[KIND].drop_duplicates().sort_values(KIND).reset_index(drop=True)
    return kinds, number


def _count(some: Sized) -> str:
    return format_number(len(some))


def _drop(
    rows: PlanRows, gone: NDArray[np.bool_], rule: str, note: str, ledger: Ledger
) -> PlanRows:
    taken = float(shapely.area(rows.shapes[gone]).sum())
    rows = rows.take(~gone)
    ledger.record(rule, rows.shapes, taken, note)
    return rows


def _adopted(rows: PlanRows, rules: Parameters, ledger: Ledger) -> PlanRows:
    status = rows.table["planstatus"]
    if status.isna().all():
        note = "planstatus står ikke i lagene; alle rader er regnet som endelig vedtatt"
        ledger.unused("planstatus", note)
        return rows
    gone = (status.notna() & ~status.isin(words(rules, "planstatus"))).to_numpy()
    return _drop(rows, gone, "planstatus", "rader med annen eller ukjent planstatus", ledger)


def _known(rows: PlanRows, faults: Faults, ledger: Ledger) -> PlanRows:
    """Leave out codes that say nothing about development, each of them named."""
    gone = (rows.table["utbygging"] == "ukjent").to_numpy()
    table = rows.table[gone]
    names = table["formaal_kode"].astype("string").fillna("(tom)").to_numpy(dtype=object)
    known = (table["gruppe"] != "").to_numpy()
    why = np.where(known, "er udefinert (gruppe 19)", "står ikke i kodelisten").astype(object)
    area = shapely.area(rows.shapes[gone])
    for plan in table["plan"].unique():
        here = (table["plan"] == plan).to_numpy()
        text = "arealformål «" + names[here] + "» " + why[here] + "; raden er ikke vurdert"
        labels = table["rad"].to_numpy(dtype=object)[here]
        faults.add(plan, labels, text, SET_ASIDE, area=area[here])
    listed = ", ".join(f"«{name}»" for name in sorted(set(names)))
    note = f"ikke vurdert: {listed}" if listed else "alle koder er kjent"
    return _drop(rows, gone, "ukjent_kode", note, ledger)


def _on_ground(rows: PlanRows, rules: Parameters, ledger: Ledger) -> PlanRows:
    level = rows.table["vertikalniva"]
    if level.isna().all():
        ledger.unused("ikke_paa_grunnen", "vertikalnivå står ikke i lagene")
        return rows
    gone = (level.notna() & (level != "") & ~level.isin(words(rules, "bakkenivaa"))).to_numpy()
    note = "reguleringsplan på andre nivåer enn grunnen; tomt nivå er grunnen"
    return _drop(rows, gone, "ikke_paa_grunnen", note, ledger)


def _once(rows: PlanRows, faults: Faults, ledger: Ledger) -> PlanRows:
    """Give each place to one row of its plan: the smallest polygon, for it is drawn on top."""
    first, second = meeting(rows.shapes, rows.shapes)
    plan = rows.table["plan"].to_numpy()
    some = (first < second) & (plan[first] == plan[second])
    first, second = first[some], second[some]
    # Prepared polygons answer fastest when they are the larger one.
    size = shapely.area(rows.shapes)
    first, second = (
        np.where(size[first] >= size[second], first, second),
        np.where(size[first] >= size[second], second, first),
    )
    over = ~shapely.touches(rows.shapes[first], rows.shapes[second])
    first, second = first[over], second[over]
    rank = _ranks(rows, np.union1d(first, second))
    lower = np.where(rank[first] > rank[second], first, second)
    upper = np.where(rank[first] > rank[second], second, first)
    done = cut_pairs(rows.shapes, lower, rows.shapes[upper])
    listed = np.flatnonzero(done.taken >= LISTED)
    for name in np.unique(plan[listed]):
        here = listed[plan[listed] == name]
        labels = rows.table["rad"].to_numpy(dtype=object)[here]
        reason = "overlapper en annen rad i planen; arealet regnes til den minste flaten"
        faults.add(name, labels, reason, KEPT, area=done.taken[here])
    note = (
        f"{_count(listed)} rader overlapper en mindre flate i samme plan, som får arealet"
        if len(listed)
        else "ingen rader overlapper"
    )
    ledger.record("overlapp", done.shapes, float(done.taken.sum()), note)
    return PlanRows(done.shapes, rows.table)


def _ranks(rows: PlanRows, some: NDArray[np.intp]) -> NDArray[np.int64]:
    """Which row keeps shared ground, the lowest first; the rows' order plays no part."""
    shapes = rows.shapes[some]
    table = rows.table.loc[some, ["hovedkode", "arealstatus"]].reset_index(drop=True)
    table["m2"] = np.round(shapely.area(shapes), 3)
    table["form"] = shapely.to_wkb(shapely.normalize(shapes), hex=True)
    table["navn"] = rows.table.loc[some, "rad"].astype(str).to_numpy()
    order = table.sort_values(["m2", "hovedkode", "arealstatus", "form", "navn"]).index.to_numpy()
    rank = np.full(len(rows.shapes), -1, dtype=np.int64)
    rank[some[order]] = np.arange(len(some))
    return rank


def _regulated(rows: PlanRows, ledger: Ledger) -> PlanRows:
    general = (rows.table["plan"] == "kommuneplan").to_numpy()
    if general.all():
        ledger.unused("regulert", "ingen reguleringsplaner; kommuneplanen står alene")
        return rows
    done = cut(rows.shapes, rows.shapes[~general], general)
    note = "reguleringsplanens formål gjelder foran kommuneplanens, også der det ikke er utbygging"
    ledger.record("regulert", done.shapes, float(done.taken.sum()), note)
    return PlanRows(done.shapes, rows.table)
