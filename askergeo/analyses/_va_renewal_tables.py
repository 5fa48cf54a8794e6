"""Tables of the plan: the projects in order, the plan by year, and what is in no project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.charts import YearChart
from askergeo.numbers import format_number
from askergeo.parameters import value_text
from askergeo.privacy import rounded
from askergeo.result import Column, ColumnSum, RowSum, Table
from askergeo.va.renewal import FOUL, MEDIA, TITLES, WATER, bound

if TYPE_CHECKING:
    from askergeo.analyses._va_renewal_scene import Scene

__all__ = [
    "TOTAL", "budget_text", "costs", "left_table", "names_of", "plan_chart", "plan_table",
    "project_table", "share_of_best",
]  # fmt: skip

#: Label of rows that are sums.
TOTAL: Final = "sum"
#: Projects outside the plan that are listed, the next in order.
NEXT: Final = 200
_MILLION: Final = 1e6
_PERCENT: Final = 100.0
_KM: Final = 1_000.0


def names_of(scene: Scene) -> pd.Series:
    """Street of each project, numbered when the street has several in the list."""
    frame = scene.made.frame
    code = frame["gate"].to_numpy(dtype=np.int64)
    names = pd.Series(
        [scene.streets[one] if one >= 0 else "Uten vegnavn" for one in code], index=frame.index,
        dtype=object,
    )  # fmt: skip
    several = names.map(names.value_counts()) > 1
    number = names.groupby(names).cumcount() + 1
    return names.where(~several, names + ", del " + number.astype(str))


def costs(kroner: pd.Series, scene: Scene) -> dict[str, pd.Series]:
    """Low, middle and high cost in million kroner."""
    spread = float(scene.parameters["va_fornyelse_kr_usikkerhet"]) / _PERCENT
    middle = kroner / _MILLION
    return {"kr_lav": middle * (1 - spread), "kr": middle, "kr_hoy": middle * (1 + spread)}


def project_table(scene: Scene) -> Table:
    """List the projects of the plan in order, and those that come next."""
    planned = int((scene.year_of > 0).sum())
    rows = scene.order[: planned + NEXT]
    own = scene.made.frame.iloc[rows]
    year = scene.year_of[rows]
    length = own[list(MEDIA)].sum(axis=1)
    frame = pd.DataFrame(
        {
            "nr": np.arange(1, len(rows) + 1),
            "gate": names_of(scene).iloc[rows],
            "aar": [str(one) if one > 0 else "etter planen" for one in year],
            "groft_m": own["groft_m"],
            **{name: own[name] for name in MEDIA},
            "ledninger": own["ledninger"],
            "eldste": own["eldste"],
            "forbi": _PERCENT * own["forbi_m"] / length,
            "hendelser": own["hendelser"],
            "sjanse": -_PERCENT * np.expm1(-own["ahead"]),
            "personer": own["personer"],
            "institusjoner": own["institusjoner"],
            "risiko": own["risiko"],
            "metode": np.where(own["grøft"], "Grøft", "Strømpe"),
            **costs(own["kr"], scene),
        }
    )
    frame.index = pd.Index(own["prosjekt"].astype(str), name=None)
    rest = len(scene.order) - len(rows)
    more = f" {format_number(rest)} prosjekter til er ikke vist." if rest else ""
    table = Table(
        name="prosjekter",
        title="Gateprosjekter i rekkefølge",
        frame=frame,
        columns=_project_columns(int(scene.parameters["va_fornyelse_sjanse_aar"])),
        note="Rekkefølgen er etter risiko for det prosjektet tar av rammen (kroner, eller meter "
        "når planen følger takten). Bosatte er de flest som mister vann eller avløp når en av "
        f"ledningene svikter. Prosjektene heter det samme som den første ledningen i dem.{more}",
    )
    return rounded(table)


def _project_columns(ahead: int) -> dict[str, Column]:
    return {
        "nr": Column(title="Nr.", decimals=0),
        "gate": Column(title="Gate"),
        "aar": Column(title="År"),
        "groft_m": Column(title="Grøft", unit="m", decimals=0),
        **{
            name: Column(title=title, unit="m", decimals=0)
            for name, title in zip(MEDIA, TITLES, strict=True)
        },
        "ledninger": Column(title="Ledninger", decimals=0),
        "eldste": Column(title="Eldste kjente leggeår", unit="år", decimals=0),
        "forbi": Column(title="Eldre enn forventet levetid", unit="%", decimals=0),
        "hendelser": Column(title="Ventede hendelser i året", decimals=2),
        "sjanse": Column(title=f"Sjanse for en hendelse på {ahead} år", unit="%", decimals=0),
        "personer": Column(
            title="Bosatte som mister tjenesten", unit="personer", decimals=0, persons=True
        ),
        "institusjoner": Column(title="Skoler og institusjoner som mister den", decimals=0),
        "risiko": Column(
            title="Risiko", decimals=1, derived_from=("personer",),
            description=f"Ventede hendelser på {ahead} år ganger konsekvensen, i personer.",
        ),
        "metode": Column(title="Metode"),
        **_cost_columns(),
    }  # fmt: skip


def _cost_columns() -> dict[str, Column]:
    return {
        "kr_lav": Column(title="Kostnad, lav", unit="mill. kr", decimals=1),
        "kr": Column(title="Kostnad", unit="mill. kr", decimals=1),
        "kr_hoy": Column(title="Kostnad, høy", unit="mill. kr", decimals=1),
    }


def plan_table(scene: Scene) -> Table:
    """Sum the plan by year: projects, metres, cost, and the share of the risk it takes away."""
    years, made = list(scene.plan_years), scene.made.frame
    in_plan = made[scene.year_of > 0].groupby(scene.year_of[scene.year_of > 0])
    sums = in_plan[[*MEDIA, "groft_m", "kr", "risiko"]].sum().reindex(years, fill_value=0.0)
    total = float(scene.found.risk.sum())
    frame = pd.DataFrame(
        {
            "aar": [str(one) for one in years],
            "prosjekter": in_plan.size().reindex(years, fill_value=0),
            "groft_m": sums["groft_m"] / _KM,
            **{name: sums[name] / _KM for name in MEDIA},
            **{
                f"andel_{MEDIA[one]}": _share(sums[MEDIA[one]], scene.metres(one))
                for one in (WATER, FOUL)
            },
            **costs(sums["kr"], scene),
            "risiko": _share(sums["risiko"], total),
        },
        index=years,
    )
    frame.index = pd.Index([str(one) for one in years])
    whole = frame.sum(numeric_only=True)
    frame.loc[TOTAL] = whole
    frame.loc[TOTAL, "aar"] = "I alt"
    frame["prosjekter"] = frame["prosjekter"].astype(np.int64)
    columns = {
        "aar": Column(title="År"),
        "prosjekter": Column(title="Prosjekter", decimals=0),
        "groft_m": Column(title="Grøft", unit="km", decimals=2),
        **{
            name: Column(title=title, unit="km", decimals=2)
            for name, title in zip(MEDIA, TITLES, strict=True)
        },
        "andel_vann": Column(title="Av vannettet", unit="%", decimals=2),
        "andel_avlop": Column(title="Av spillvannsnettet", unit="%", decimals=2),
        **_cost_columns(),
        "risiko": Column(title="Av risikoen i hele nettet", unit="%", decimals=1),
    }
    if scene.budget is not None:
        frame.insert(len(frame.columns) - 1, "ramme", scene.budget / _MILLION)
        frame.loc[TOTAL, "ramme"] = scene.budget / _MILLION * len(years)
        columns["ramme"] = Column(title="Budsjett", unit="mill. kr", decimals=1)
        columns = {name: columns[name] for name in frame.columns}
    return Table(
        name="plan",
        title="Planen år for år",
        frame=frame,
        columns=columns,
        row_sums=(RowSum(TOTAL, tuple(str(one) for one in years)),),
        note=_limit_text(scene),
    )


def budget_text(scene: Scene) -> str:
    """Write the budget as the planner gave it; empty when the plan follows the rates."""
    return "" if scene.budget is None else value_text(scene.budget / _MILLION, "mill. kr i året")


def _share(part: pd.Series, whole: float) -> pd.Series:
    return _PERCENT * part / whole if whole > 0 else part * np.nan


def _limit_text(scene: Scene) -> str:
    """Say what holds the plan."""
    if scene.budget is not None:
        carried = str(scene.parameters["va_fornyelse_overfor"]) == "ja"
        how = (
            "Summen til og med hvert år går aldri over budsjettet til og med det året."
            if carried
            else "Kostnaden i et år går aldri over årets budsjett; ubrukte midler overføres ikke."
        )
        return f"Planen følger budsjettet på {budget_text(scene)}, og ingen takt. {how}"
    water, foul = (
        format_number(float(scene.parameters[name]), 1)
        for name in ("va_fornyelse_takt_vann", "va_fornyelse_takt_avlop")
    )
    return (
        f"Planen følger takten: til og med hvert år er det aldri fornyet mer enn {water} % i året "
        f"av vannettet og {foul} % av spillvannsnettet. Overvann fornyes bare sammen med dem."
    )


def plan_chart() -> YearChart:
    """Draw the plan by year."""
    return YearChart(
        name="plan", title="Fornyet lengde år for år i planen", table="plan", year="aar",
        columns=MEDIA, colours={"vann": "#1f77b4", "avlop": "#2ca02c", "overvann": "#555555"},
    )  # fmt: skip


def share_of_best(scene: Scene) -> float:
    """Share of the most risk that any plan within the same kroner could take away, at least.

    NaN when the plan follows the rates.
    """
    if scene.budget is None:
        return float("nan")
    frame = scene.made.frame
    worth = frame["risiko"].to_numpy(dtype=np.float64)
    best = bound(
        worth, frame["kr"].to_numpy(dtype=np.float64), scene.budget * len(scene.plan_years)
    )
    return float(worth[scene.year_of > 0].sum()) / best if best > 0 else float("nan")


def left_table(scene: Scene) -> Table:
    """Account for every metre of the layer: in the plan, later, in no project, not municipal."""
    stock, made = scene.found.stock, scene.made
    in_project = made.of >= 0
    planned = in_project & (scene.year_of[np.maximum(made.of, 0)] > 0) if len(scene.year_of) else (
        np.zeros(len(stock), dtype=bool)
    )  # fmt: skip
    parts = {
        "I planen": planned,
        "I prosjekter etter planen": in_project & ~planned,
        "For ny til å tas med": made.young,
        "På strekninger som er for korte": made.short,
    }
    rows = {
        title: [float(stock.length_m[mine & (stock.medium == one)].sum()) / _KM for one in range(3)]
        for title, mine in parts.items()
    }
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(MEDIA))
    frame.loc["Kommunale ledninger i bruk"] = frame.sum()
    frame["alle"] = frame.sum(axis=1)
    others = pd.DataFrame(
        [{"alle": metres / _KM} for metres in stock.left_out_m.values()],
        index=[f"Ikke med: {reason.lower()}" for reason in stock.left_out_m],
    )
    frame = pd.concat([frame, others]) if len(others) else frame
    frame.insert(0, "hva", frame.index)
    return Table(
        name="grunnlag",
        title="Hva planen gjelder",
        frame=frame,
        columns={
            "hva": Column(title="Ledninger"),
            **{
                name: Column(title=title, unit="km", decimals=2)
                for name, title in zip(MEDIA, TITLES, strict=True)
            },
            "alle": Column(title="Alle", unit="km", decimals=2),
        },
        row_sums=(RowSum("Kommunale ledninger i bruk", tuple(parts)),),
        column_sums=(ColumnSum("alle", MEDIA),),
        group="Grunnlaget",
    )
