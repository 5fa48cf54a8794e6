"""Tables of the overview that count places: centres, schools and kindergartens."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from askergeo.analyses._overview_tables import label_of
from askergeo.centres import load_centres
from askergeo.result import Column, ColumnSum, RowSum, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

__all__ = ["LEVELS", "centre_tables", "expected_centres", "kindergarten_table", "school_table"]

LEVELS = {"kommunesenter": "Kommunesenter", "lokalsenter": "Lokalsenter", "naersenter": "Nærsenter"}
_UNKNOWN = "Ukjent"


def expected_centres(boundary: gpd.GeoDataFrame) -> dict[str, int]:
    """How many centres of each level the municipality's plan has; empty when not known."""
    known = load_centres("asker")
    number = set(boundary["kommunenummer"].astype(str))
    return dict(known.expected) if number == {known.municipality} else {}


def centre_tables(centres: gpd.GeoDataFrame, expected: Mapping[str, int]) -> list[Table]:
    """Count the centres of each level, and list them."""
    counts = centres["niva"].value_counts()
    placed = [int(counts.get(level, 0)) for level in LEVELS]
    planned = [expected.get(level) for level in LEVELS]
    lacking = [None if n is None else max(n - m, 0) for n, m in zip(planned, placed, strict=True)]
    named = _named_without_place(centres) if expected else {}
    unplaced = [
        None if n is None else min(named[lv], n) for lv, n in zip(LEVELS, lacking, strict=True)
    ]
    unnamed = [None if n is None else n - (m or 0) for n, m in zip(lacking, unplaced, strict=True)]
    summary = pd.DataFrame(
        {
            "niva": list(LEVELS.values()),
            "stedfestet": placed,
            "uten_sted": pd.array(unplaced, dtype="Int64"),
            "uten_navn": pd.array(unnamed, dtype="Int64"),
            "i_planen": pd.array(planned, dtype="Int64"),
        },
        index=list(LEVELS),
    )
    number: dict[str, Any] = {"unit": "sentre", "decimals": 0}
    levels = Table(
        name="senterstruktur",
        title="Senterstruktur",
        frame=summary,
        columns={
            "niva": Column(title="Nivå"),
            "stedfestet": Column(title="Stedfestet", **number),
            "uten_sted": Column(title="Navn kjent, sted ukjent", **number),
            "uten_navn": Column(title="Navn mangler", **number),
            "i_planen": Column(title="I kommunens plan", **number),
        },
        note=f"Antallet i planen: {load_centres('asker').expected_source}."
        if expected
        else "Hvor mange sentre planen har, er ikke kjent.",
    )
    return [levels, _centre_list(centres)]


def _named_without_place(centres: gpd.GeoDataFrame) -> dict[str, int]:
    """How many centres of each level are known by name, have no position and are not placed."""
    placed = set(centres["navn"])
    names = [one for one in load_centres("asker").without_position if one.name not in placed]
    return {level: sum(one.level == level for one in names) for level in LEVELS}


def _centre_list(centres: gpd.GeoDataFrame) -> Table:
    listed = centres[["navn", "niva"]].copy()
    sure = label_of("senter", "konfidens")
    listed["konfidens"] = (
        centres["konfidens"].map(sure).fillna("") if "konfidens" in centres else ""
    )
    rank = listed["niva"].map({level: place for place, level in enumerate(LEVELS)})
    listed = listed.assign(rank=rank).sort_values(["rank", "navn"]).drop(columns="rank")
    listed["niva"] = listed["niva"].map(LEVELS).fillna(listed["niva"])
    return Table(
        name="sentre",
        title="Sentre",
        frame=listed,
        columns={
            "navn": Column(title="Navn"),
            "niva": Column(title="Nivå"),
            "konfidens": Column(title="Sikkerhet", description="Den minst sikre av navn og sted."),
        },
    )


def _grades(schools: gpd.GeoDataFrame) -> pd.Series[Any]:
    """Write the grades of each school: «Trinn 1–7»."""
    if not {"trinn_fra", "trinn_til"} <= set(schools.columns):
        return pd.Series(_UNKNOWN, index=schools.index)
    first, last = schools["trinn_fra"], schools["trinn_til"]
    known = first.notna() & last.notna()
    text = pd.Series("Trinn ukjent", index=schools.index, dtype=object)
    text[known] = (
        "Trinn " + first[known].astype(int).astype(str) + "–" + last[known].astype(int).astype(str)
    )
    return text


def _grade_order(text: str) -> tuple[float, ...]:
    """Order «Trinn 1–7» by its numbers."""
    numbers = text.removeprefix("Trinn ").split("–")
    return tuple(map(float, numbers)) if all(map(str.isdigit, numbers)) else (math.inf,)


def _owner(frame: gpd.GeoDataFrame, layer: str) -> pd.Series[Any]:
    if "eierform" not in frame:
        return pd.Series(_UNKNOWN, index=frame.index)
    owner: pd.Series[Any] = frame["eierform"].map(label_of(layer, "eierform"))
    return owner.fillna(_UNKNOWN)


def school_table(schools: gpd.GeoDataFrame) -> Table:
    """Count schools by grades and owner, and those whose place is only about right."""
    grades, owner = _grades(schools), _owner(schools, "skole")
    frame = pd.crosstab(grades, owner)
    names = {title: f"eier_{number}" for number, title in enumerate(frame.columns)}
    frame = frame.rename(columns=names).rename_axis(index=None, columns=None)
    frame["i_alt"] = grades.value_counts()
    if "stedfesting" in schools:
        rough = schools["stedfesting"].eq("omtrentlig").fillna(value=False)
        frame["omtrentlig"] = grades[rough.astype(bool)].value_counts()
        frame["omtrentlig"] = frame["omtrentlig"].fillna(0)
    # «1–7» before «1–10» before «8–10»; those of unknown grades come last.
    labels = sorted(frame.index, key=_grade_order)
    frame = frame.loc[labels]
    frame.loc["i_alt"] = frame.sum()
    frame = frame.astype("int64")
    frame.insert(0, "trinn", [*labels, "I alt"])
    number: dict[str, Any] = {"unit": "skoler", "decimals": 0}
    columns = {"trinn": Column(title="Trinn")}
    columns |= {name: Column(title=title, **number) for title, name in names.items()}
    columns["i_alt"] = Column(title="I alt", **number)
    if "omtrentlig" in frame:
        columns["omtrentlig"] = Column(title="Herav omtrentlig plassert", **number)
    return Table(
        name="skoler",
        title="Skoler med kjent sted",
        frame=frame,
        columns=columns,
        row_sums=(RowSum("i_alt", tuple(labels)),),
        column_sums=(ColumnSum("i_alt", tuple(names.values())),),
        note="Skoler uten kjent sted er ikke i laget og ikke talt.",
    )


def kindergarten_table(kindergartens: gpd.GeoDataFrame) -> Table:
    """Count kindergartens and their places by owner."""
    owner = _owner(kindergartens, "barnehage")
    places = (
        kindergartens["kapasitet"].astype("Float64")
        if "kapasitet" in kindergartens
        else pd.Series(pd.NA, index=kindergartens.index, dtype="Float64")
    )
    frame = pd.DataFrame(
        {
            "antall": owner.value_counts(),
            "kjent": places.notna().groupby(owner).sum(),
            "ukjent": places.isna().groupby(owner).sum(),
            "plasser": places.groupby(owner).sum(min_count=1),
        }
    ).sort_index()
    labels = list(frame.index)
    frame.loc["i_alt"] = frame.sum(min_count=1)
    frame = frame.astype("Int64")
    frame.insert(0, "eierform", [*labels, "I alt"])
    number: dict[str, Any] = {"unit": "barnehager", "decimals": 0}
    return Table(
        name="barnehager",
        title="Barnehager med kjent sted",
        frame=frame,
        columns={
            "eierform": Column(title="Eierform"),
            "antall": Column(title="Antall", **number),
            "kjent": Column(title="Kjent kapasitet", **number),
            "ukjent": Column(title="Ukjent kapasitet", **number),
            "plasser": Column(title="Plasser der kapasiteten er kjent", unit="plasser", decimals=0),
        },
        row_sums=(RowSum("i_alt", tuple(labels)),),
        column_sums=(ColumnSum("antall", ("kjent", "ukjent")),),
        note="Barnehager uten kjent sted er ikke i laget og ikke talt.",
    )
