"""What each rate of renewal does to the nets: a table of the rates, and one of every year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from askergeo.charts import YearChart
from askergeo.numbers import format_number
from askergeo.result import Column, Table
from askergeo.va.renewal import LONG, MEDIA, MIDDLE, SHORT, TITLES, years_to_renew

if TYPE_CHECKING:
    from askergeo.analyses._va_renewal_scene import Scene

__all__ = [
    "ADOPTED", "LIVES", "course_tables", "finite", "rate_label", "rate_table", "three_lives",
]  # fmt: skip

#: The alternatives as columns: the life that each is at.
LIVES: Final = {"kort": SHORT, "middels": MIDDLE, "lang": LONG}
#: The parameters that have the adopted rate of each net.
ADOPTED: Final = ("va_fornyelse_takt_vann", "va_fornyelse_takt_avlop")
_KM: Final = 1_000.0
_PERCENT: Final = 100.0
# Rates are rounded to a hundredth of a per cent.
_ALIKE: Final = 5.1e-5


def three_lives(name: str, title: str, unit: str, decimals: int) -> dict[str, Column]:
    """Return the columns of a number at short, middle and long life."""
    return {
        f"{name}_{key}": Column(title=f"{title}, {key} levetid", unit=unit, decimals=decimals)
        for key in LIVES
    }


def finite(value: float) -> float:
    """Return a number, NaN where it is infinite."""
    return value if np.isfinite(value) else float("nan")


def rate_label(rate: float) -> str:
    """Write a rate as a label of rows and columns: 0.014 is ``1.4``.

    Examples
    --------
    >>> rate_label(0.014), rate_label(0.0053), rate_label(0.02)
    ('1.4', '0.53', '2')
    """
    return f"{round(_PERCENT * rate, 2):g}"


def rate_table(scene: Scene) -> Table:
    """Tell what each rate does to each net over the years."""
    horizon = int(scene.parameters["va_fornyelse_framover_aar"])
    rows = {}
    for medium, name in enumerate(MEDIA):
        for one in scene.courses[medium]:
            rows[f"{name}_{rate_label(one.rate)}"] = {
                "nett": TITLES[medium],
                "takt": _PERCENT * one.rate,
                "hva": _what(scene, medium, one.rate),
                "aar": finite(years_to_renew(one.rate)),
                "km": one.rate * scene.metres(medium) / _KM,
                "alder_naa": one.age[0],
                "alder": one.age[-1],
                "etterslep_naa": one.backlog_m[MIDDLE, 0] / _KM,
                **{f"etterslep_{key}": one.backlog_m[at, -1] / _KM for key, at in LIVES.items()},
                "hendelser_naa": one.events[MIDDLE, 0],
                **{f"hendelser_{key}": one.events[at, -1] for key, at in LIVES.items()},
            }
    end = f"om {horizon} år"
    return Table(
        name="takter",
        title=f"Hva hver takt gjør på {horizon} år",
        frame=pd.DataFrame.from_dict(rows, orient="index"),
        columns={
            "nett": Column(title="Nett"),
            "takt": Column(title="Takt", unit="% i året", decimals=2),
            "hva": Column(title="Hva"),
            "aar": Column(title="År å fornye alt", unit="år", decimals=1),
            "km": Column(title="Fornyes i året", unit="km", decimals=2),
            "alder_naa": Column(title="Middelalder nå", unit="år", decimals=1),
            "alder": Column(title=f"Middelalder {end}", unit="år", decimals=1),
            "etterslep_naa": Column(title="Etterslep nå", unit="km", decimals=1),
            **three_lives("etterslep", f"Etterslep {end}", "km", 1),
            "hendelser_naa": Column(title="Hendelser i året nå", decimals=1),
            **three_lives("hendelser", f"Hendelser i året {end}", "", 1),
        },
        note="De ledningene som har mest risiko per meter, fornyes først. Alle tall er ventede "
        "verdier. Nettet vokser ikke.",
    )


def _what(scene: Scene, medium: int, rate: float) -> str:
    """Say whose rate it is."""
    words = []
    # NaN, without a rate, is like no rate.
    if abs(scene.rates[medium] - rate) < _ALIKE:
        words.append("i planen" if scene.budget is None else "det budsjettet gir")
    actual = scene.actual[medium]
    if actual.years and abs(actual.share - rate) < _ALIKE:
        words.append(f"faktisk {actual.years[0]}–{actual.years[-1]}")
    return ", ".join(words)


def course_tables(scene: Scene) -> tuple[tuple[Table, ...], tuple[YearChart, ...]]:
    """Tell backlog and events of water and sewage by year at each rate, with a chart each."""
    tables, charts = [], []
    for medium in range(2):
        for what, title, unit in (
            ("etterslep", "Etterslep", "km"),
            ("hendelser", "Ventede hendelser i året", ""),
        ):
            if not scene.courses[medium]:
                continue
            table = _course_table(scene, medium, what, title, unit)
            tables.append(table)
            charts.append(
                YearChart(
                    name=table.name, title=table.title, table=table.name, year="aar",
                    columns=tuple(one for one in table.frame.columns if one != "aar"),
                    stacked=False, levels=True,
                )
            )  # fmt: skip
    return tuple(tables), tuple(charts)


def _course_table(scene: Scene, medium: int, what: str, title: str, unit: str) -> Table:
    courses = scene.courses[medium]
    data: dict[str, Any] = {"aar": [str(one) for one in courses[0].years]}
    columns = {"aar": Column(title="År")}
    for one in courses:
        values = one.backlog_m[MIDDLE] / _KM if what == "etterslep" else one.events[MIDDLE]
        name = f"takt_{rate_label(one.rate)}"
        data[name] = values
        said = f"{format_number(_PERCENT * one.rate, 2)} % i året"
        columns[name] = Column(title=said, unit=unit, decimals=1)
    return Table(
        name=f"{what}_{MEDIA[medium]}",
        title=f"{title} ved hver takt: {TITLES[medium].lower()}",
        frame=pd.DataFrame(data, index=data["aar"]),
        columns=columns,
        note="Ved middels levetid.",
        group="Taktene år for år",
    )
