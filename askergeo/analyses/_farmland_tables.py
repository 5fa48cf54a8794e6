"""Tables and map of the farmland ledger."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Final

import pandas as pd

from askergeo.analyses._farmland_decisions import BUILT, OTHER, UNKNOWN
from askergeo.analyses._farmland_land import TILLABLE
from askergeo.analyses._land_account import DEKAR
from askergeo.carbon._table import parse_number, parse_table
from askergeo.overlay.account import AREA
from askergeo.result import Column, ColumnSum, MapLayer, RowSum, Style, StyleClass, Table

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = [
    "TOTAL",
    "case_table",
    "ledger_layer",
    "planned_table",
    "purpose_table",
    "reported_table",
    "year_label",
    "year_table",
]

TOTAL: Final = "i_alt"
NO_YEAR: Final = "ukjent år"
_REPORTED: Final = "jordvern_rapportert.csv"
_SUMS: Final = ["dyrket", "dyrkbar", "sum"]
_COLOURS: Final = {
    "Fulldyrka jord": "#b35806",
    "Overflatedyrka jord": "#e08214",
    "Innmarksbeite": "#8c6bb1",
    TILLABLE: "#e6c27a",
}
#: m²: less cannot be seen, and is how two outlines differ.
_SEEN: Final = 1.0


def _dekar(title: str) -> Column:
    return Column(title=title, unit="dekar", decimals=1)


def year_label(year: object, first: int) -> str:
    """Label of a year: years before the first are one row, and so is no year.

    Examples
    --------
    >>> year_label(2014, 2015), year_label(2015, 2015), year_label(pd.NA, 2015)
    ('før 2015', '2015', 'ukjent år')
    """
    if year is None or pd.isna(year):  # type: ignore[call-overload]
        return NO_YEAR
    number = int(str(year))
    return str(number) if number >= first else f"før {first}"


def year_table(rows: pd.DataFrame, first: int, last: int | None, goal: float) -> Table:
    """One row a year: what is converted, against the goal; other purposes apart.

    Parameters
    ----------
    rows
        ``aar``, ``slag``, ``dyrket``, ``dyrkbar`` and ``sum`` of each decision.
    first, last
        First year with a row of its own, and the last year that any decision is of.
    goal
        Dekar a year that the vision allows.
    """
    labels = rows["aar"].map(lambda year: year_label(year, first))
    built = rows[rows["slag"] == BUILT].groupby(labels)[_SUMS].sum(min_count=1)
    years = [str(year) for year in range(first, (last or first - 1) + 1)]
    old = f"før {first}"
    index = [
        *([old] if (labels == old).any() else []),
        *years,
        *([NO_YEAR] if (labels == NO_YEAR).any() else []),
    ]
    frame = built.reindex(index)
    # Nothing was taken in a year without decisions: that is known where the kind of land is.
    known = rows[_SUMS].notna().any()
    for column in _SUMS:
        if known[column] or not len(rows):
            frame[column] = frame[column].fillna(0.0)
    for name, kind in (("annet", OTHER), ("ukjent", UNKNOWN)):
        apart = rows[rows["slag"] == kind]
        frame[name] = (apart[AREA] / DEKAR).groupby(labels).sum().reindex(index).fillna(0.0)
    parts = tuple(frame.index)
    frame.loc[TOTAL] = frame.sum(min_count=1)
    frame.insert(0, "aar", [*parts, "I alt"])
    frame.index.name = None
    single = frame.index.isin(years)
    frame["mal"] = pd.Series(goal, index=frame.index).where(single)
    frame["over"] = frame["sum"] - frame["mal"]
    return Table(
        name="per_aar",
        title="Dyrket og dyrkbar jord omdisponert per år",
        frame=frame,
        columns={
            "aar": Column(title="År"),
            "dyrket": _dekar("Dyrket jord"),
            "dyrkbar": _dekar("Dyrkbar jord"),
            "sum": _dekar("Omdisponert i alt"),
            "annet": _dekar("Til grønnstruktur og annet, utenfor summen"),
            "ukjent": _dekar("Ukjent formål, utenfor summen"),
            "mal": _dekar("Nullvisjonen"),
            "over": _dekar("Over nullvisjonen"),
        },
        row_sums=(RowSum(TOTAL, parts),) if parts else (),
        column_sums=(ColumnSum("sum", ("dyrket", "dyrkbar")),),
        note="Året er det første vedtaket som tok arealet. Dyrkbar jord som også er dyrket, er "
        "talt som dyrket. Vedtak telles, ikke bygging. «..» er ukjent, ikke null.",
    )


def case_table(rows: pd.DataFrame) -> Table:
    """One row a plan or decision that takes farmland."""
    table = rows.assign(
        utbygging=rows["sum"].where(rows["slag"] == BUILT, 0.0),
        annet=(rows[AREA] / DEKAR).where(rows["slag"] == OTHER, 0.0),
        ukjent=(rows[AREA] / DEKAR).where(rows["slag"] == UNKNOWN, 0.0),
    )
    for column in ("dyrket", "dyrkbar"):
        table[column] = table[column].where(table["slag"] == BUILT, 0.0)
    table["dato"] = pd.to_datetime(table["dato"])
    keys = ["kilde", "sak", "dato"]
    values = ["dyrket", "dyrkbar", "utbygging", "annet", "ukjent"]
    frame = table.groupby(keys, sort=False, dropna=False)[values].sum(min_count=1).reset_index()
    frame = frame.sort_values(["dato", "sak"], ascending=[False, True]).reset_index(drop=True)
    frame["dato"] = [None if pd.isna(one) else one.date() for one in frame["dato"]]
    return Table(
        name="per_plan",
        title="Omdisponert per plan og vedtak",
        frame=frame,
        columns={
            "kilde": Column(title="Kilde"),
            "sak": Column(title="Plan eller vedtak"),
            "dato": Column(title="Dato"),
            "dyrket": _dekar("Dyrket jord"),
            "dyrkbar": _dekar("Dyrkbar jord"),
            "utbygging": _dekar("Omdisponert i alt"),
            "annet": _dekar("Til grønnstruktur og annet, utenfor summen"),
            "ukjent": _dekar("Ukjent formål, utenfor summen"),
        },
        column_sums=(ColumnSum("utbygging", ("dyrket", "dyrkbar")),),
        note="Bare areal som ingen tidligere plan eller vedtak har tatt.",
    )


def purpose_table(rows: pd.DataFrame, first: int, *, tillable_known: bool) -> Table:
    """One row a purpose group, with the kinds of land apart, from the first year on."""
    recent = rows[(rows["aar"] >= first).fillna(value=False).to_numpy(dtype=bool)]
    area = recent.assign(dekar=recent[AREA] / DEKAR)
    frame = area.pivot_table(
        index=["slag", "gruppe"], columns="jord", values="dekar", aggfunc="sum", fill_value=0.0
    )
    frame = frame.reindex(columns=list(_COLOURS), fill_value=0.0)
    if not tillable_known:
        frame[TILLABLE] = float("nan")
    frame = frame.set_axis(["fulldyrka", "overflatedyrka", "beite", "dyrkbar"], axis=1)
    order = {BUILT: 0, OTHER: 1, UNKNOWN: 2}
    frame = frame.reset_index().rename_axis(columns=None)
    frame["_rang"] = frame["slag"].map(order)
    frame = frame.sort_values(["_rang", "gruppe"]).drop(columns="_rang").reset_index(drop=True)
    return Table(
        name="per_formaal",
        title=f"Omdisponert fra {first}, etter formål",
        frame=frame,
        columns={
            "slag": Column(title="Slag"),
            "gruppe": Column(title="Arealformål"),
            "fulldyrka": _dekar("Fulldyrka jord"),
            "overflatedyrka": _dekar("Overflatedyrka jord"),
            "beite": _dekar("Innmarksbeite"),
            "dyrkbar": _dekar("Dyrkbar jord"),
        },
        note="Bare utbygging er i summen av omdisponert jord. Annet formål er grønnstruktur, sjø, "
        "forsvar og lignende.",
    )


def planned_table(rows: pd.DataFrame) -> Table:
    """One row a plan and purpose group: farmland that is laid out and not decided on."""
    keys = ["sak", "gruppe"]
    frame = rows.groupby(keys, sort=False)[_SUMS].sum(min_count=1).reset_index()
    totals = rows.groupby("sak", sort=False)[_SUMS].sum(min_count=1)
    parts = []
    for case, own in frame.groupby("sak", sort=False):
        total = totals.loc[[case]].reset_index().assign(gruppe="I alt")
        parts.append(pd.concat([own.sort_values("gruppe"), total], ignore_index=True))
    frame = pd.concat(parts, ignore_index=True) if parts else frame
    return Table(
        name="planlagt",
        title="Dyrket og dyrkbar jord i kommuneplanens nye utbyggingsområder",
        frame=frame,
        columns={
            "sak": Column(title="Plan"),
            "gruppe": Column(title="Arealformål"),
            "dyrket": _dekar("Dyrket jord"),
            "dyrkbar": _dekar("Dyrkbar jord"),
            "sum": _dekar("I alt"),
        },
        column_sums=(ColumnSum("sum", ("dyrket", "dyrkbar")),),
        note="Framtidig utbygging over jord som er dyrket eller dyrkbar i dag. Dette er planlagt, "
        "ikke omdisponert, og er ikke med i summen per år. Negativt tall er jord som forslaget "
        "sparer.",
    )


def reported_table(municipality: str) -> Table | None:
    """Return the series that the municipality has reported, when it is known."""
    text = (files("askergeo") / "data" / _REPORTED).read_text(encoding="utf-8")
    lines = parse_table(text, _REPORTED, ("kommunenummer", "aar", "dekar", "kilde", "sikkerhet"))
    own = [line.cells for line in lines if line.cells["kommunenummer"] == municipality]
    if not own:
        return None
    frame = pd.DataFrame(
        {
            "aar": [int(one["aar"]) for one in own],
            "dekar": [parse_number(one["dekar"]) for one in own],
            "kilde": [one["kilde"] for one in own],
        }
    )
    return Table(
        name="rapportert",
        title="Rapportert omdisponering",
        frame=frame,
        columns={
            "aar": Column(title="År", unit="år", decimals=0),
            "dekar": Column(title="Dyrket og dyrkbar jord", unit="dekar", decimals=0),
            "kilde": Column(title="Kilde"),
        },
        note="Tallene kommunen har rapportert, til sammenligning. De er ikke blandet med tallene "
        "som er regnet her: rapporteringen følger sakene, regnestykket følger kartet.",
    )


def ledger_layer(name: str, title: str, pieces: gpd.GeoDataFrame, first: int) -> MapLayer:
    """Draw farmland that is taken, by kind of land."""
    frame = pieces[(pieces[AREA] >= _SEEN).to_numpy()].reset_index(drop=True)
    frame = frame.assign(
        dekar=frame[AREA] / DEKAR, periode=frame["aar"].map(lambda one: year_label(one, first))
    )
    columns = {
        "jord": Column(title="Jord"),
        "dekar": _dekar("Areal"),
        "sak": Column(title="Plan eller vedtak"),
        "periode": Column(title="År"),
        "gruppe": Column(title="Arealformål"),
        "slag": Column(title="Slag"),
    }
    classes = tuple(
        StyleClass(value=kind, label=kind, fill=colour, stroke="#4d4d4d")
        for kind, colour in _COLOURS.items()
        if (frame["jord"] == kind).any()
    )
    return MapLayer(
        name=name,
        title=title,
        frame=frame[[*columns, "geometry"]],
        columns=columns,
        style=Style(column="jord", classes=classes, opacity=0.85, width=0.2),
    )
