"""Tables and map of the forecast by district."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from askergeo.analyses._forecast_sums import AHEAD, ALTERNATIVES, TOTAL
from askergeo.geometry import geometries
from askergeo.population.people import age_in_grade
from askergeo.result import Column, ColumnSum, MapLayer, RowSum, Style, StyleClass, Table
from askergeo.school._layers import year_text
from askergeo.school.forecast import CAUSES

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from askergeo.analyses._forecast_sums import Summed, Zones
    from askergeo.school.forecast import Forecast

__all__ = [
    "LONG",
    "account_table",
    "cause_table",
    "change_layer",
    "grade_table",
    "long_table",
    "row_of",
    "short_name",
    "short_table",
]

LONG: Final = "framskriving"
_TITLES: Final = {"hoved": "Hovedalternativet", "lav": "Lavt", "hoy": "Høyt"}
_BAND: Final = "80 av 100 utfall er ventet innenfor."
_HALF: Final = 10
#: Classes of change over ten years (%): from, title, colour.
_CLASSES: Final = (
    (20.0, "Vokser mer enn 20 %", "#b2182b"),
    (5.0, "Vokser 5–20 %", "#ef8a62"),
    (-5.0, "Omtrent som nå (±5 %)", "#f7f7f7"),
    (-20.0, "Minker 5–20 %", "#67a9cf"),
    (-np.inf, "Minker mer enn 20 %", "#2166ac"),
)


def row_of(group: str, zone: str, year: int) -> str:
    """Label of a row of the long table."""
    return f"{group}|{zone}|{year}"


def _people(title: str, description: str = "") -> Column:
    return Column(
        title=title,
        unit="personer",
        decimals=0,
        persons=True,
        modelled=True,
        description=description,
    )


def long_table(parts: Sequence[Summed]) -> Table:
    """Write a row a group, district and year: three alternatives and the band."""
    frames, sums = [], []
    for part in parts:
        ids, years = part.ids, part.years
        order = [len(ids) - 1, *range(len(ids) - 1)]
        frames += [_long_rows(part, at) for at in order]
        sums += [
            RowSum(
                row_of(part.group.id, TOTAL, int(year)),
                tuple(row_of(part.group.id, one, int(year)) for one in ids[:-1]),
            )
            for year in years
        ]
    return Table(
        name=LONG,
        title="Bosatte etter alder, krets og år i tre alternativer",
        frame=pd.concat(frames),
        columns={
            "gruppe": Column(title="Alder"),
            "omraade": Column(title="Krets"),
            "aar": Column(title="1. januar"),
            **{name: _people(title) for name, title in _TITLES.items()},
            "nedre": _band("Usikkerhet, nedre"),
            "ovre": _band("Usikkerhet, øvre"),
        },
        row_sums=tuple(sums),
        note="Elevene skoleåret 2027/28 er de som er 6–15 år 1. januar 2028. Usikkerheten er rundt "
        f"hovedalternativet: {_BAND} Lavt og høyt alternativ er andre forutsetninger.",
        group="Framskriving",
    )


def _long_rows(part: Summed, at: int) -> pd.DataFrame:
    """Rows of one district: a year each."""
    return pd.DataFrame(
        {
            "gruppe": part.group.title,
            "omraade": part.titles[at],
            "aar": part.years,
            **{name: part.count[name][:, at] for name in ALTERNATIVES},
            "nedre": part.low[:, at],
            "ovre": part.high[:, at],
        },
        index=[row_of(part.group.id, part.ids[at], int(year)) for year in part.years],
    )


def _band(title: str) -> Column:
    return Column(
        title=title,
        unit="personer",
        decimals=0,
        derived_from=("hoved",),
        description=_BAND,
    )


def short_name(part: Summed) -> str:
    """Name of the short table of a group."""
    return f"kort_{part.group.id}"


def short_table(part: Summed) -> Table:
    """Write a row a district: now, and in 5, 10 and 20 years."""
    last = len(part.years) - 1
    steps = [0, *(one for one in AHEAD if one <= last)]
    half = min(_HALF, last)
    first, then = int(part.years[0]), int(part.years[half])
    main = part.count["hoved"]
    columns: dict[str, np.ndarray] = {f"a{part.years[at]}": main[at] for at in steps}
    repeats = {f"a{part.years[at]}": ("hoved", int(part.years[at])) for at in steps}
    for name in ("lav", "hoy"):
        columns[f"{name}_{then}"] = part.count[name][half]
        repeats[f"{name}_{then}"] = (name, then)
    frame = pd.DataFrame({"omraade": part.titles, **columns}, index=part.ids)
    frame["endring"] = main[half] - main[0]
    frame["prosent"] = _percent(frame["endring"], main[0])
    told = (f"a{first}", f"a{then}") if f"a{then}" in columns else (f"a{first}",)
    titles = {
        **{f"a{part.years[at]}": f"1.1.{part.years[at]}" for at in steps},
        f"lav_{then}": f"Lavt 1.1.{then}",
        f"hoy_{then}": f"Høyt 1.1.{then}",
    }
    return Table(
        name=short_name(part),
        title=f"{part.group.title}: bosatte nå og framover, hovedalternativet",
        frame=frame.loc[[TOTAL, *part.ids[:-1]]],
        columns={
            "omraade": Column(title="Krets"),
            **{name: _people(title) for name, title in titles.items()},
            "endring": Column(
                title=f"Endring {first}–{then}", unit="personer", decimals=0, derived_from=told
            ),
            "prosent": Column(
                title=f"Endring {first}–{then}", unit="%", decimals=0, derived_from=told
            ),
        },
        row_sums=(RowSum(TOTAL, tuple(part.ids[:-1])),),
        repeats={
            (zone, column): (LONG, row_of(part.group.id, zone, year), alternative)
            for zone in part.ids
            for column, (alternative, year) in repeats.items()
        },
        group="Kort",
    )


def _percent(change: pd.Series, start: np.ndarray) -> np.ndarray:
    change_values = change.to_numpy(dtype=np.float64)
    share = np.full_like(change_values, np.nan)
    np.divide(100 * change_values, start, out=share, where=start > 0)
    return share


def account_table(whole: Summed, forecast: Forecast) -> Table:
    """Write a row a district and period: who is born, dies and moves; the account closes."""
    main = forecast.alternatives["hoved"]
    zones = whole.zones
    flows = {
        "fodte": zones.sum(np.asarray(main.births)),
        "dode": -zones.sum(main.deaths.sum(axis=2)),
        "flytting": zones.sum(main.migration.sum(axis=2)),
        "bolig": zones.sum(main.housing.sum(axis=2)),
        "skalering": zones.sum(main.scaling.sum(axis=2)),
    }
    last = len(whole.years) - 1
    ends = sorted({min(_HALF, last), last})
    frames, sums = [], []
    repeats: dict[tuple[Hashable, str], tuple[str, Hashable, str]] = {}
    for end in ends:
        year, first = int(whole.years[end]), int(whole.years[0])
        labels = [f"{one}|{year}" for one in whole.ids]
        order = [labels[-1], *labels[:-1]]
        frame = pd.DataFrame(
            {
                "omraade": whole.titles,
                "periode": f"{first}–{year}",
                "start": whole.count["hoved"][0],
                **{name: _total(flow[:end].sum(axis=0)) for name, flow in flows.items()},
                "slutt": whole.count["hoved"][end],
            },
            index=labels,
        )
        frames.append(frame.loc[order])
        sums.append(RowSum(labels[-1], tuple(labels[:-1])))
        for zone, label in zip(whole.ids, labels, strict=True):
            repeats[label, "start"] = (LONG, row_of("alle", zone, first), "hoved")
            repeats[label, "slutt"] = (LONG, row_of("alle", zone, year), "hoved")
    return Table(
        name="regnskap",
        title="Hva som endrer folketallet i hver krets, hovedalternativet",
        frame=pd.concat(frames),
        columns={
            "omraade": Column(title="Krets"),
            "periode": Column(title="1. januar"),
            "start": _people("Bosatte ved start"),
            "fodte": _people("Født"),
            "dode": _people("Døde"),
            "flytting": _people("Flytting, netto"),
            "bolig": _people("Nye boliger, netto"),
            "skalering": _people("Skalering til framskrivingen"),
            "slutt": _people("Bosatte ved slutt"),
        },
        row_sums=tuple(sums),
        column_sums=(
            ColumnSum("slutt", ("start", "fodte", "dode", "flytting", "bolig", "skalering")),
        ),
        repeats=repeats,
        note="Start pluss alt i midten er slutt, i hver krets. Flytting er det som de siste årene "
        "tilsier, utenom boligprogrammet.",
        group="Årsaker",
    )


def _total(zones: np.ndarray) -> np.ndarray:
    return np.append(zones, zones.sum())


def cause_table(part: Summed) -> Table:
    """Write a row a district: where the children of the group in ten years come from."""
    half = min(_HALF, len(part.years) - 1)
    first, then = int(part.years[0]), int(part.years[half])
    frame = pd.DataFrame(
        {
            "omraade": part.titles,
            **{name: part.causes[name][half] for name in CAUSES},
            "sum": part.count["hoved"][half],
            "start": part.count["hoved"][0],
        },
        index=part.ids,
    )
    return Table(
        name=f"aarsaker_{part.group.id}",
        title=f"Årsaker, {part.group.title}: hvor de {then} kommer fra",
        frame=frame.loc[[TOTAL, *part.ids[:-1]]],
        columns={
            "omraade": Column(title="Krets"),
            "arskull": _people(f"Bodde her {first}"),
            "fodte": _people(f"Født etter {first}"),
            "flytting": _people("Flytting, netto"),
            "bolig": _people("Nye boliger, netto"),
            "skalering": _people("Skalering til framskrivingen"),
            "sum": _people(f"I alt {then}"),
            "start": _people(f"Til sammenligning: {first}"),
        },
        row_sums=(RowSum(TOTAL, tuple(part.ids[:-1])),),
        column_sums=(ColumnSum("sum", tuple(CAUSES)),),
        repeats={
            (zone, column): (LONG, row_of(part.group.id, zone, year), "hoved")
            for zone in part.ids
            for column, year in (("sum", then), ("start", first))
        },
        note="Flytting, boliger og skalering gjelder både barna selv og foreldrene før barna ble "
        "født.",
        group="Årsaker",
    )


def grade_table(forecast: Forecast, groups: Sequence[Summed]) -> Table:
    """Write a row a school year: children of the whole municipality by grade."""
    main = forecast.alternatives["hoved"]
    whole = main.count.sum(axis=1)
    years = np.asarray(main.years, dtype=np.int64)
    grades = {f"t{grade}": whole[:, age_in_grade(grade)] for grade in range(1, 11)}
    low, high = [f"t{grade}" for grade in range(1, 8)], [f"t{grade}" for grade in range(8, 11)]
    frame = pd.DataFrame(
        {
            "skoleaar": [year_text(int(year) - 1) for year in years],
            **{name: grades[name] for name in low},
            "sum_1_7": sum(grades[name] for name in low),
            **{name: grades[name] for name in high},
            "sum_8_10": sum(grades[name] for name in high),
        },
        index=[str(year) for year in years],
    )
    sums = {"6_12": "sum_1_7", "13_15": "sum_8_10"}
    return Table(
        name="trinn",
        title="Barn i alder for hvert trinn i hele kommunen, hovedalternativet",
        frame=frame,
        columns={
            "skoleaar": Column(title="Skoleår"),
            **{name: _people(f"Trinn {name[1:]}") for name in low},
            "sum_1_7": _people("Trinn 1–7"),
            **{name: _people(f"Trinn {name[1:]}") for name in high},
            "sum_8_10": _people("Trinn 8–10"),
        },
        column_sums=(ColumnSum("sum_1_7", tuple(low)), ColumnSum("sum_8_10", tuple(high))),
        repeats={
            (str(year), sums[part.group.id]): (
                LONG,
                row_of(part.group.id, TOTAL, int(year)),
                "hoved",
            )
            for part in groups
            if part.group.id in sums
            for year in years
        },
        note="Alle barn i alderen, også dem i private skoler. Elever ved hver skole står i "
        "«askergeo skole».",
        group="Framskriving",
    )


def change_layer(part: Summed, table: Table, *, visible: bool) -> MapLayer:
    """Draw the districts by how the group has changed since the start, year by year."""
    zones: Zones = part.zones
    drawn = [str(one) for one in zones.frame.index if str(one) in table.frame.index]
    at = [part.ids.index(one) for one in drawn]
    main = part.count["hoved"][:, at]
    start, first = main[:1], int(part.years[0])
    share = np.divide(100 * (main - start), start, out=np.full_like(main, np.nan), where=start > 0)
    titles = [title for _, title, _ in _CLASSES]
    kinds = np.select([share >= limit for limit, _, _ in _CLASSES], titles, "Ukjent")
    years = {int(year): f"klasse_{year}" for year in part.years[1:]}
    rows = table.frame.loc[drawn].copy()
    rows[list(years.values())] = kinds[1:].T
    shapes = zones.frame.loc[drawn]
    long_rows = {year: [row_of(part.group.id, one, year) for one in drawn] for year in part.years}
    return MapLayer(
        name=f"endring_{part.group.id}",
        title=f"{part.group.title}: endring siden {first}",
        frame=gpd.GeoDataFrame(rows, geometry=geometries(shapes), crs=shapes.crs),
        columns={
            **table.columns,
            **{
                name: Column(title=f"Endring {first}–{year}, klasse")
                for year, name in years.items()
            },
        },
        style=Style(
            column=years[int(part.years[min(_HALF, len(part.years) - 1)])],
            classes=tuple(
                StyleClass(value=title, label=title, fill=fill, stroke="#4d4d4d")
                for _, title, fill in _CLASSES
            ),
            width=0.3,
            opacity=0.75,
        ),
        rows_of=table.name,
        visible=visible,
        years=years,
        follows={
            (one, name): tuple((LONG, long_rows[when][k], "hoved") for when in (first, year))
            for year, name in years.items()
            for k, one in enumerate(drawn)
        },
    )
