"""The back-test of a forecast as tables and a sentence: how far off it was, and was it worth it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.numbers import format_number
from askergeo.population.backtest import (
    GROUPS,
    LAST,
    MODEL,
    NAIVE,
    TREND,
    Series,
    backtest,
    beaten,
)
from askergeo.population.ratios import Window, best_window, fit_ratios, project, windows_errors
from askergeo.result import Column, Fact, RowSum, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from askergeo.parameters import Parameters
    from askergeo.population.backtest import Forecaster

__all__ = [
    "WHOLE",
    "Backtest",
    "backtest_tables",
    "backtest_words",
    "chosen_windows",
    "cohort_maker",
    "run_backtest",
    "window_text",
]

WHOLE: Final = "I alt"
_METHODS: Final = {MODEL: "Modellen", LAST: "Som i fjor", TREND: "Lineær trend"}
#: Years that a forecast must know before it is tested over and over.
_KNOWN: Final = 4
# Persons: shares of fewer are not told.
_FEW: Final = 20
# Percent: where a rounded number would say «none» or «all».
_SMALL: Final = 0.1
_ALMOST_ALL: Final = 99.0
_SCHOOL: Final = "6–15 år"
_PARTS: Final = ("6–12 år", "13–15 år")
_GROUP: Final = "Etterprøving"


@dataclass(frozen=True, eq=False)
class Backtest:
    """What the back-tests of one forecast gave.

    Parameters
    ----------
    until
        T of the test that is told in full.
    rows
        Its measures, by area, group and years ahead, as :func:`beaten` gives them.
    years
        Measures of all years T that can be tested, for the sum of the areas: also with ``fra``.
    names
        Name of each area.
    """

    until: int
    rows: pd.DataFrame
    years: pd.DataFrame
    names: Mapping[str, str]


def chosen_windows(comparable: Series, parameters: Parameters) -> Callable[[int], Window]:
    """Make a function from T to the years that ratios are averaged over, chosen on years to T.

    Parameters
    ----------
    comparable
        Places that the choice is made by, each by itself.
    parameters
        The set ``etterproving``.
    """
    parents = int(parameters["kohort_voksne_fra"]), int(parameters["kohort_voksne_til"])
    windows = [
        Window(int(years), int(newborn), float(follow), parents)
        for years in parameters["kohort_aar"]
        for newborn in parameters["kohort_fodte_aar"]
        for follow in parameters["kohort_fodte_folger"]
    ]
    horizon = int(parameters["etterprov_horisont"])
    errors = windows_errors(comparable.count, windows, horizon=horizon)
    first = int(comparable.years[0])
    return lambda until: best_window(errors, windows, last=until - first)


def cohort_maker(windows: Callable[[int], Window], strength: float) -> Callable[[int], Forecaster]:
    """Make the forecaster by cohort ratios of each T."""

    def maker(until: int) -> Forecaster:
        window = windows(until)
        return lambda series, ahead: project(
            series.count[-1], fit_ratios(series.count, window, strength=strength), ahead
        )

    return maker


def run_backtest(
    series: Series,
    maker: Callable[[int], Forecaster],
    *,
    until: int,
    horizon: int,
    names: Mapping[str, str],
) -> Backtest:
    """Test from one year, and from all the others that can be tested.

    Parameters
    ----------
    series
        All years that are known.
    maker
        Gives the forecast to test for each T; it may look at nothing later.
    until
        T of the test that is told in full.
    horizon
        Most years ahead.
    names
        Name of each area.

    Raises
    ------
    ParameterError
        When ``until`` cannot be tested.
    """
    rows = beaten(backtest(series, maker(until), until=until, horizon=horizon, whole=WHOLE))
    earliest = min(until, int(series.years[0]) + _KNOWN)
    others = [
        beaten(backtest(series, maker(year), until=year, horizon=horizon, whole=WHOLE)).assign(
            fra=year
        )
        for year in range(earliest, int(series.years[-1]))
    ]
    years = pd.concat(others, ignore_index=True)
    whole = years[years["omraade"] == WHOLE].reset_index(drop=True)
    return Backtest(until, rows, whole, names)


def backtest_tables(test: Backtest) -> tuple[Table, ...]:
    """Return the tables: in short, from every T, and year by year ahead."""
    return _short_table(test), _years_table(test), _steps_table(test)


def _error_column(method: str) -> Column:
    return Column(
        title=f"{_METHODS[method]} bommer",
        unit="personer per årskull",
        decimals=1,
        derived_from=("faktisk",),
        description="Gjennomsnittlig absolutt feil for ett årskull (ett alderstrinn).",
    )


_IMPROVED: Final = Column(
    title="Modellen er bedre enn den beste enkle",
    unit="%",
    decimals=0,
    derived_from=("faktisk",),
    description="1 − modellens feil / feilen til den beste av de to enkle metodene, valgt i "
    "ettertid. Negativt der den enkle er best.",
)
_MAPE: Final = Column(
    title="Modellens feil",
    unit="% av dem som var der",
    decimals=1,
    derived_from=("faktisk",),
    description="Absolutte feil lagt sammen, i prosent av dem som var der (vektet MAPE).",
)
_BIAS: Final = Column(
    title="Modellens skjevhet",
    unit="%",
    decimals=1,
    derived_from=("faktisk",),
    description="Feilen i summen av årskullene: pluss er for mange.",
)


def _short_table(test: Backtest) -> Table:
    """One row an area and group: the mean of the years ahead."""
    rows = _ordered(_averaged(test.rows, ["omraade", "gruppe"]))
    rows.insert(2, "navn", _named(rows["omraade"], test))
    # Of few persons, a share tells who they are; their number stands in the other table only.
    few = rows["faktisk"] < _FEW
    rows.loc[few, [f"{MODEL}_mape", f"{MODEL}_bias", *_sum_columns()]] = np.nan
    frame = rows[["navn", "gruppe", *_measures(), *_sum_columns()]]
    ahead = int(test.rows["horisont"].max())
    return Table(
        name="etterproving",
        title=f"Etterprøving i snitt {_ahead(1, ahead)}, fra 1. januar {test.until}",
        frame=_indexed(frame, rows, ["omraade", "gruppe"]),
        columns={
            "navn": Column(title="Område"),
            "gruppe": Column(title="Alder"),
            **_undescribed(),
            **_sum_columns(),
        },
        note=f"Modellen har bare sett årene til og med {test.until}. Feilen er målt for hvert "
        "årskull for seg: et skoletrinn er ett årskull. De to enkle metodene er at hver alder får "
        "samme tall som i fjor, og at hver alder følger en rett linje gjennom alle årene.",
        group=_GROUP,
    )


def _steps_table(test: Backtest) -> Table:
    """One row an area, group and year ahead."""
    rows = _ordered(test.rows)
    rows.insert(1, "navn", _named(rows["omraade"], test))
    expected = [f"{method}_sum" for method in _METHODS]
    frame = rows[["navn", "gruppe", "horisont", "aar", "faktisk", *expected, *_measures()]]
    return Table(
        name="etterproving_aar",
        title=f"Etterprøving år for år fram, fra 1. januar {test.until}",
        frame=_indexed(frame, rows, ["omraade", "gruppe", "horisont"]),
        columns={
            "navn": Column(title="Område"),
            "gruppe": Column(title="Alder"),
            "horisont": Column(title="År fram", unit="år", decimals=0),
            "aar": Column(title="1. januar"),
            "faktisk": Column(title="Bosatte", unit="personer", decimals=0, persons=True),
            **{
                name: Column(
                    title=f"{title} ventet",
                    unit="personer",
                    decimals=0,
                    derived_from=("faktisk",),
                )
                for name, title in zip(expected, _METHODS.values(), strict=True)
            },
            **_measure_columns(),
        },
        row_sums=_row_sums(rows),
        note="Summen er summen av områdenes egne framskrivinger.",
        group=_GROUP,
    )


def _years_table(test: Backtest) -> Table:
    """One row a T and group, for the sum of the areas."""
    rows = _averaged(test.years, ["fra", "gruppe"])
    frame = rows[["fra", "gruppe", *_measures(), *_sum_columns()]]
    return Table(
        name="etterproving_flere",
        title="Er det flaks? Den samme etterprøvingen fra hvert år som kan prøves",
        frame=_indexed(frame, rows, ["fra", "gruppe"]),
        columns={
            "fra": Column(title="Sett til 1. januar"),
            "gruppe": Column(title="Alder"),
            **_undescribed(),
            **_sum_columns(),
        },
        note="Summen av områdene, i snitt over årene fram. Det siste året har bare ett år å prøves "
        "mot.",
        group=_GROUP,
    )


def _measures() -> list[str]:
    errors = [f"{method}_mae" for method in _METHODS]
    return [*errors, "forbedring", f"{MODEL}_mape", f"{MODEL}_bias"]


def _measure_columns() -> dict[str, Column]:
    errors = {f"{method}_mae": _error_column(method) for method in _METHODS}
    return errors | {"forbedring": _IMPROVED, f"{MODEL}_mape": _MAPE, f"{MODEL}_bias": _BIAS}


def _sum_columns() -> dict[str, Column]:
    """Return the columns of how far off the sum of a group was."""
    return {
        f"{method}_sumfeil": Column(
            title=f"Feil i summen, {title.lower()}",
            unit="%",
            decimals=1,
            description="Absolutt feil i summen av årskullene, i snitt over årene fram.",
        )
        for method, title in _METHODS.items()
    }


def _undescribed() -> dict[str, Column]:
    """Return the columns of measures where no counts of persons stand beside them."""
    return {name: replace(one, derived_from=()) for name, one in _measure_columns().items()}


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """Put the whole first, then each area."""
    first = rows["omraade"] == WHOLE
    rest = rows[~first].sort_values("omraade", kind="stable")
    return pd.concat([rows[first], rest], ignore_index=True)


def _averaged(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Mean over the years ahead; the improvement is of the means."""
    numbers = ["faktisk", *(one for one in _measures() if one != "forbedring")]
    sums = {f"{name}_sumfeil": rows[f"{name}_bias"].abs() for name in _METHODS}
    mean = rows.assign(**sums).groupby(keys, sort=False)[[*numbers, *sums]].mean().reset_index()
    best = mean[[f"{name}_mae" for name in NAIVE]].min(axis=1)
    mean["forbedring"] = (100 * (1 - mean[f"{MODEL}_mae"] / best)).where(best > 0)
    return mean


def _named(areas: pd.Series, test: Backtest) -> pd.Series:
    return areas.map(lambda one: test.names.get(one, one))


def _indexed(frame: pd.DataFrame, rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    labels = rows[keys].astype("str").agg("|".join, axis=1)
    return frame.set_axis(pd.Index(labels.to_numpy(dtype=object)), axis=0)


def _row_sums(rows: pd.DataFrame) -> tuple[RowSum, ...]:
    """Return what is a sum of what: the areas make the whole, and two groups the school ages."""
    areas = [one for one in rows["omraade"].unique() if one != WHOLE]
    sums = []
    for step in rows["horisont"].unique():
        sums += [
            RowSum(f"{WHOLE}|{group}|{step}", tuple(f"{one}|{group}|{step}" for one in areas))
            for group in rows["gruppe"].unique()
        ]
        sums += [
            RowSum(f"{area}|{_SCHOOL}|{step}", tuple(f"{area}|{one}|{step}" for one in _PARTS))
            for area in (*areas, WHOLE)
        ]
    return tuple(sums)


def _ahead(first: int, last: int) -> str:
    return f"{first} år fram" if first == last else f"{first}–{last} år fram"


def backtest_words(test: Backtest) -> tuple[str, dict[str, Fact], tuple[str, ...]]:
    """State the finding, its facts, and where a naive forecast was better."""
    short = _averaged(test.rows, ["omraade", "gruppe"])
    own = short[(short["omraade"] == WHOLE) & (short["gruppe"] == _SCHOOL)].iloc[0]
    label = f"{WHOLE}|{_SCHOOL}"
    naive = LAST if own[f"{LAST}_mae"] <= own[f"{TREND}_mae"] else TREND
    unit = "personer per årskull"
    facts = {
        "prove_feil": Fact(
            title="Modellen bommer, 6–15 år", value=float(own[f"{MODEL}_mae"]), unit=unit,
            decimals=1, cell=("etterproving", label, f"{MODEL}_mae"),
        ),
        "prove_enkel": Fact(
            title="Den beste enkle metoden bommer, 6–15 år", value=float(own[f"{naive}_mae"]),
            unit=unit, decimals=1, cell=("etterproving", label, f"{naive}_mae"),
        ),
        "prove_prosent": Fact(
            title="Modellens feil, 6–15 år", value=float(own[f"{MODEL}_mape"]), unit="%",
            decimals=1 if own[f"{MODEL}_mape"] >= _SMALL else 2,
        ),
        "prove_forbedring": Fact(
            title="Modellen er bedre enn den beste enkle", value=float(own["forbedring"]),
            unit="%", decimals=0 if own["forbedring"] < _ALMOST_ALL else 1,
            cell=("etterproving", label, "forbedring"),
        ),
    }  # fmt: skip
    ahead = _ahead(1, int(test.rows["horisont"].max()))
    told = (
        f"Etterprøvd fra 1. januar {test.until} bommer framskrivingen med {{prove_feil}} barn per "
        f"årskull i skolealder (6–15 år) i snitt {ahead}, det er {{prove_prosent}} %. Den beste "
        f"enkle metoden («{_METHODS[naive].lower()}») bommer med {{prove_enkel}}"
    )
    better = bool(own["forbedring"] > 0)
    tail = ": framskrivingen er {prove_forbedring} % bedre." if better else ", og er altså bedre."
    return told + tail, facts, _losses(test)


def _losses(test: Backtest) -> tuple[str, ...]:
    """Say for which groups and years ahead a naive forecast of the whole was better."""
    texts = []
    whole = test.rows[test.rows["omraade"] == WHOLE]
    lost = whole[whole["forbedring"] < 0]
    if len(lost):
        groups = [
            f"{group} {_numbers(rows['horisont'].tolist())} år fram"
            for group, rows in lost.groupby("gruppe", sort=False)
        ]
        texts.append(
            f"Fra {test.until} er en enkel metode bedre enn framskrivingen for {'; '.join(groups)}."
        )
    if told := _sums_lost(whole):
        texts.append(told)
    mean = _averaged(test.years, ["fra", "gruppe"])
    for group in GROUPS:
        rows = mean[mean["gruppe"] == group]
        behind = rows.loc[rows["forbedring"] < 0, "fra"].tolist()
        if behind:
            texts.append(
                f"{group}: en enkel metode er bedre i snitt i {len(behind)} av {len(rows)} "
                f"etterprøvinger (fra {_numbers(behind)})."
            )
    return tuple(texts)


def _sums_lost(whole: pd.DataFrame) -> str:
    """Say where a naive forecast was nearer in the sum of a group of school ages."""
    off = {name: whole[f"{name}_bias"].abs() for name in _METHODS}
    naive = pd.concat([off[name] for name in NAIVE], axis=1).min(axis=1)
    lost = whole[(naive < off[MODEL]) & whole["gruppe"].isin([*_PARTS, _SCHOOL])]
    if not len(lost):
        return ""
    groups = [
        f"{group} {_numbers(rows['horisont'].tolist())} år fram"
        for group, rows in lost.groupby("gruppe", sort=False)
    ]
    return (
        "Feil i hvert årskull kan jevne seg ut i summen. Ser en bare på summen, er en enkel metode "
        f"nærmere for {'; '.join(groups)}."
    )


def _numbers(values: Sequence[int]) -> str:
    listed = [str(int(one)) for one in values]
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} og {listed[-1]}"


def window_text(window: Window) -> str:
    """Say which years the ratios are averaged over, in bokmål."""
    follow = f"{format_number(100 * window.follow, 0)} %"
    return (
        f"Kohortrater fra de siste {window.years} årene og fødte per voksen fra de siste "
        f"{window.newborn_years}; tallet på fødte følger tallet på voksne {follow}."
    )
