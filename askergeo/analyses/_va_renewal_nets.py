"""Tables of the nets: backlog and need, what has been renewed, materials, and what is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from askergeo.analyses._va_renewal_courses import LIVES, finite, three_lives
from askergeo.analyses._va_renewal_tables import TOTAL, budget_text
from askergeo.numbers import format_number
from askergeo.result import Column, ColumnSum, RowSum, Table
from askergeo.va.renewal import MEDIA, MIDDLE, TITLES, years_to_renew

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from askergeo.analyses._va_renewal_scene import Scene
    from askergeo.va._renewal_stock import Stock

    Numbers = NDArray[np.float64]

__all__ = [
    "actual_table", "event_table", "known_of", "known_table", "life_table", "material_table",
    "need_table", "net_table", "pace_table",
]  # fmt: skip

_KM: Final = 1_000.0
_PERCENT: Final = 100.0
_DECADE: Final = 10


def known_of(stock: Stock, medium: int) -> bool:
    """Tell whether any pipe of a net has both material and year."""
    both = (stock.material >= 0) & (stock.laid >= 0)
    return bool((both & (stock.medium == medium)).any())


def net_table(scene: Scene) -> Table:
    """Tell of each net its age, its backlog and its events."""
    found = scene.found
    rows = {}
    for medium, name, mine, told in _nets(scene):
        metres = found.stock.length_m[mine]
        total = float(metres.sum())
        behind = told * found.past[:, mine] @ metres / _KM
        rows[name] = {
            "nett": TITLES[medium],
            "km": total / _KM,
            "alder": told * float(found.age[mine] @ metres) / total,
            **{f"etterslep_{key}": behind[at] for key, at in LIVES.items()},
            "etterslep_andel": _PERCENT * behind[MIDDLE] * _KM / total,
            "hendelser": float(found.events[MIDDLE, mine].sum()),
        }
    return Table(
        name="nett",
        title="Nettet i dag: alder og etterslep",
        frame=pd.DataFrame.from_dict(rows, orient="index"),
        columns={
            "nett": Column(title="Nett"),
            "km": Column(title="Lengde", unit="km", decimals=1),
            "alder": Column(title="Middelalder", unit="år", decimals=0),
            **three_lives("etterslep", "Etterslep", "km", 1),
            "etterslep_andel": Column(title="Etterslep, andel", unit="%", decimals=1),
            "hendelser": Column(title="Ventede hendelser i året", decimals=1),
        },
        note="Etterslepet er lengden som er eldre enn forventet levetid. Kort, middels og lang "
        "er levetidene i tabellen «levetider».",
    )


def _nets(scene: Scene) -> Iterator[tuple[int, str, NDArray[np.bool_], float]]:
    """Give the nets that have pipes: the net, its name, its pipes, and 1 where its age is known.

    The age of a net without one pipe of known material and year is not that of another: NaN.
    """
    stock = scene.found.stock
    for medium, name in enumerate(MEDIA):
        mine = stock.medium == medium
        if stock.length_m[mine].sum() > 0:
            yield medium, name, mine, 1.0 if known_of(stock, medium) else np.nan


def need_table(scene: Scene) -> Table:
    """Tell of each net what its lives say must be renewed."""
    found, horizon = scene.found, int(scene.parameters["va_fornyelse_framover_aar"])
    failing = found.ages.failing(found.year, float(horizon))[:, found.ages.of]
    later = found.ages.past(found.year + horizon)[:, found.ages.of]
    rows = {}
    for medium, name, mine, told in _nets(scene):
        metres = found.stock.length_m[mine]
        part = told * _PERCENT / metres.sum() / horizon
        need, clear = part * (failing[:, mine] @ metres), part * (later[:, mine] @ metres)
        rows[name] = {
            "nett": TITLES[medium],
            **{f"behov_{key}": need[at] for key, at in LIVES.items()},
            **{f"fjerner_{key}": clear[at] for key, at in LIVES.items()},
        }
    return Table(
        name="behov",
        title="Behovet for fornyelse",
        frame=pd.DataFrame.from_dict(rows, orient="index"),
        columns={
            "nett": Column(title="Nett"),
            **three_lives("behov", "Behov", "% i året", 2),
            **three_lives(
                "fjerner", f"Takt som fjerner etterslepet på {horizon} år", "% i året", 2
            ),
        },
        note="Behovet er det som etter levetidene når slutten av livet de neste "
        f"{format_number(horizon)} årene, i snitt.",
    )


def pace_table(scene: Scene) -> Table:
    """Tell of each net how fast it has been renewed, and how fast the plan renews it."""
    years = scene.actual[0].years
    when = f" {years[0]}–{years[-1]}" if years else ""
    rows = {}
    for medium, name, _, _ in _nets(scene):
        share, own = scene.actual[medium].share, scene.rates[medium]
        rows[name] = {
            "nett": TITLES[medium],
            "faktisk": _PERCENT * share,
            "aar_faktisk": finite(years_to_renew(share)),
            "takt_plan": _PERCENT * own,
            "aar_plan": finite(years_to_renew(own)),
        }
    budget = budget_text(scene)
    title = "Takt i planen" if not budget else f"Takt som {budget} gir"
    return Table(
        name="tempo",
        title="Hvor fort nettet fornyes",
        frame=pd.DataFrame.from_dict(rows, orient="index"),
        columns={
            "nett": Column(title="Nett"),
            "faktisk": Column(title=f"Fornyet i året, snitt{when}", unit="%", decimals=2),
            "aar_faktisk": Column(title="År å fornye alt, som nå", unit="år", decimals=1),
            "takt_plan": Column(title=title, unit="% i året", decimals=2),
            "aar_plan": Column(title="År å fornye alt, med planen", unit="år", decimals=1),
        },
        note="" if budget else "Overvann har ingen egen takt: det fornyes sammen med de andre.",
    )


def actual_table(scene: Scene) -> Table | None:
    """Tell what has been renewed by year, and KOSTRA's mean of three years."""
    first = scene.actual[0]
    if not first.years:
        return None
    data: dict[str, Any] = {"aar": [str(one) for one in first.metres.index]}
    columns = {"aar": Column(title="År")}
    mean: dict[str, Any] = {"aar": f"Snitt {first.years[0]}–{first.years[-1]}"}
    for medium, name in enumerate(MEDIA):
        one, total = scene.actual[medium], scene.metres(medium)
        data[name] = one.metres.to_numpy() / _KM
        data[f"andel_{name}"] = _PERCENT * one.metres.to_numpy() / total if total else np.nan
        mean[name] = one.metres.to_numpy()[-len(one.years) :].mean() / _KM
        mean[f"andel_{name}"] = _PERCENT * one.share
        columns[name] = Column(title=TITLES[medium], unit="km", decimals=2)
        columns[f"andel_{name}"] = Column(title=f"{TITLES[medium]}, andel", unit="%", decimals=2)
    frame = pd.DataFrame(data, index=data["aar"])
    frame.loc["snitt"] = mean
    return Table(
        name="fornyet",
        title="Fornyet år for år",
        frame=frame,
        columns=columns,
        note="Andelen er fornyet lengde av kommunale ledninger i bruk nå. Snittet av de tre siste "
        "årene er slik KOSTRA regner. Det siste året er det siste som noen ledning er fornyet i; "
        "er det ikke ført ferdig, er snittet for lavt.",
        group="Grunnlaget",
    )


def material_table(scene: Scene) -> Table:
    """Sum the metres of each net by material and the decade that the age is counted from."""
    stock, table = scene.found.stock, scene.found.lives
    names = np.array([table.names[one] for one in table.materials] + ["Ukjent materiale"])
    decade = np.where(stock.laid > 0, stock.laid // _DECADE * _DECADE, 0)
    long = pd.DataFrame(
        {
            "medium": stock.medium, "materiale": stock.material % len(names),
            "decade": decade, "km": stock.length_m / _KM,
        }
    )  # fmt: skip
    wide = long.pivot_table(
        index=["medium", "materiale"], columns="decade", values="km", aggfunc="sum", fill_value=0.0
    )
    known = [one for one in wide.columns.astype(int).tolist() if one > 0]
    frame = pd.DataFrame(
        {
            "nett": [TITLES[one] for one, _ in wide.index],
            "materiale": [names[one] for _, one in wide.index],
            **{f"t{one}": wide[one].to_numpy() for one in known},
            "ukjent": wide[0].to_numpy() if 0 in wide else np.zeros(len(wide)),
        },
        index=[f"{MEDIA[one]}_{code}" for one, code in wide.index],
    )
    parts = (*(f"t{one}" for one in known), "ukjent")
    frame["alle"] = frame[list(parts)].sum(axis=1)
    labels = tuple(frame.index)
    frame.loc[TOTAL] = frame.sum(numeric_only=True)
    frame.loc[TOTAL, ["nett", "materiale"]] = ["Alle", "Alle"]
    columns = {
        "nett": Column(title="Nett"),
        "materiale": Column(title="Materiale"),
        **{
            f"t{one}": Column(title=f"{one}–{one + _DECADE - 1}", unit="km", decimals=2)
            for one in known
        },
        "ukjent": Column(title="Ukjent år", unit="km", decimals=2),
        "alle": Column(title="Alle", unit="km", decimals=2),
    }
    return Table(
        name="materiale",
        title="Ledninger etter materiale og tiår",
        frame=frame,
        columns=columns,
        row_sums=(RowSum(TOTAL, labels),),
        column_sums=(ColumnSum("alle", parts),),
        note="Året er det ledningen ble fornyet, ellers det den ble lagt.",
        group="Grunnlaget",
    )


def event_table(scene: Scene) -> Table:
    """Hold the events of each net, material and period against what the table expects."""
    found = scene.found
    stock, ages, known = found.stock, found.ages, found.experience
    single = np.diff(ages.weights.indptr) == 1
    first = ages.table_row[ages.weights.indices[ages.weights.indptr[:-1]]]
    row = np.where(single, first, -1)[ages.of]
    frame = pd.DataFrame(
        {
            "medium": stock.medium, "row": row, "km": stock.length_m / _KM,
            "sett": known.observed, "ventet": known.expected, "neste": found.events[MIDDLE],
        }
    )  # fmt: skip
    sums = frame.groupby(["medium", "row"]).sum()
    told = scene.events_known
    data = pd.DataFrame(
        {
            "nett": [TITLES[one] for one, _ in sums.index],
            "materiale": [
                found.lives.title(code) if code >= 0 else "Uten materiale eller år"
                for _, code in sums.index
            ],
            "km": sums["km"].to_numpy(),
            "sett": sums["sett"].to_numpy() if told else np.full(len(sums), np.nan),
            "ventet": sums["ventet"].to_numpy() if told else np.full(len(sums), np.nan),
            "neste": (sums["neste"] / sums["km"]).to_numpy(),
        },
        index=[f"{MEDIA[one]}_{code}" for one, code in sums.index],
    )
    years = known.years
    when = f" {years[0]}–{years[-1]}" if len(years) else ""
    return Table(
        name="hendelser",
        title="Hendelser etter materiale, og det som ventes",
        frame=data,
        columns={
            "nett": Column(title="Nett"),
            "materiale": Column(title="Materiale og leggeår"),
            "km": Column(title="Lengde", unit="km", decimals=2),
            "sett": Column(title=f"Hendelser{when}", decimals=0),
            "ventet": Column(title=f"Ventet etter tabellen{when}", decimals=1),
            "neste": Column(title="Ventet nå, per km og år", decimals=3),
        },
        note=" ".join(_weights_text(scene)),
        group="Grunnlaget",
    )


def _weights_text(scene: Scene) -> Iterator[str]:
    """Say how far the municipality's own events are believed."""
    if not scene.events_known:
        yield "Ingen hendelser er lagt til: hendelsene er etter levetidstabellen alene."
        return
    known = scene.found.experience
    for medium in range(len(MEDIA)):
        if scene.metres(medium) > 0:
            weight = format_number(_PERCENT * known.weight[medium])
            times = format_number(known.net[MIDDLE, medium], 2)
            yield f"{TITLES[medium]}: {times} ganger tabellen, egne hendelser veier {weight} %."
    yield "For hvert materiale og hver ledning veier hendelsene så mye som antallet gir grunn til."


def known_table(scene: Scene) -> Table:
    """Tell how many metres of each net lack what the plan is made from."""
    stock = scene.found.stock
    lacks = {
        "materiale": stock.material < 0,
        "aar": stock.laid < 0,
        "begge": (stock.material < 0) & (stock.laid < 0),
        "dimensjon": np.isnan(stock.dimension),
        "geometri": np.array([one is None for one in stock.lines], dtype=bool),
        "bosatte": np.isnan(scene.found.persons),
    }
    rows = {}
    for medium, name in enumerate(MEDIA):
        mine = stock.medium == medium
        total = float(stock.length_m[mine].sum())
        if total:
            rows[name] = {
                "nett": TITLES[medium],
                "ledninger": int(mine.sum()),
                "km": total / _KM,
                **{
                    key: _PERCENT * float(stock.length_m[mine & out].sum()) / total
                    for key, out in lacks.items()
                },
            }
    titles = {
        "materiale": "Uten materiale", "aar": "Uten år", "begge": "Uten begge",
        "dimensjon": "Uten dimensjon", "geometri": "Uten sted", "bosatte": "Uten bosatte bak",
    }  # fmt: skip
    return Table(
        name="kjent",
        title="Hva ledningskartet mangler til planen",
        frame=pd.DataFrame.from_dict(rows, orient="index"),
        columns={
            "nett": Column(title="Nett"),
            "ledninger": Column(title="Ledninger", decimals=0),
            "km": Column(title="Lengde", unit="km", decimals=1),
            **{key: Column(title=text, unit="%", decimals=1) for key, text in titles.items()},
        },
        note="Andel av lengden. Ukjent materiale eller år regnes fordelt som de kjente ledningene "
        "av samme slag; ukjent dimensjon regnes som snittet.",
        group="Grunnlaget",
    )


def life_table(scene: Scene) -> Table:
    """List the lives in use, with their sources."""
    lives = scene.found.lives
    used = np.unique(scene.found.ages.table_row)
    frame = lives.frame.iloc[used]
    names = {"kjent": "Kjent", "usikker": "Usikker", "verifisert": "Verifisert"}
    data = pd.DataFrame(
        {
            "materiale": [lives.title(int(row)) for row in used],
            "lav": frame["lav"].to_numpy(), "middels": frame["middels"].to_numpy(),
            "hoy": frame["hoy"].to_numpy(), "hendelser": frame["hendelser_km_aar"].to_numpy(),
            "sikkerhet": frame["sikkerhet"].map(names).to_numpy(),
            "kilde": frame["kilde"].to_numpy(),
        },
        index=[f"rad_{row}" for row in used],
    )  # fmt: skip
    return Table(
        name="levetider",
        title="Levetidene som er brukt",
        frame=data,
        columns={
            "materiale": Column(title="Materiale og leggeår"),
            "lav": Column(title="Kort levetid", unit="år", decimals=0),
            "middels": Column(title="Middels levetid", unit="år", decimals=0),
            "hoy": Column(title="Lang levetid", unit="år", decimals=0),
            "hendelser": Column(title="Hendelser per km og år ved middels levetid", decimals=2),
            "sikkerhet": Column(title="Sikkerhet"),
            "kilde": Column(title="Kilde"),
        },
        group="Grunnlaget",
    )
