"""Tables of what the map of pipes knows: what is lacking, materials, dimensions, ages, renewal."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from askergeo.charts import YearChart
from askergeo.numbers import format_number
from askergeo.result import Column, RowSum, Table
from askergeo.va.state import ATTRIBUTES, OWNERS, TYPES, counted, lacking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from askergeo.va.state import PipeState

__all__ = [
    "ALL",
    "COLOURS",
    "age_chart",
    "age_table",
    "dimension_table",
    "lack_tables",
    "material_table",
]

ALL: Final = "alle"
#: The usual colours of the types.
COLOURS: Final = {
    "vann": "#0072b2",
    "spillvann": "#009e73",
    "avlop_felles": "#cc3311",
    "overvann": "#111111",
    "ukjent": "#7f7f7f",
}
_KM: Final = 1e3
_PERCENT: Final = 100.0
_DECADE: Final = 10
_NO_CLASS: Final = "Ukjent"
_KNOWN_UNTIL: Final = 1900


def lack_tables(state: PipeState) -> tuple[Table, Table]:
    """List the share that lacks each attribute by type and owner: of the length, and of the pipes.

    The rows are every type and owner that the map has, each type, and all; a type that has one
    owner is one row.
    """
    both = lacking(state, ["type", "eier"])
    sums = lacking(state, ["type"])
    every = lacking(state, [])
    parts: list[pd.DataFrame] = []
    labels: list[str] = []
    names: list[tuple[str, str]] = []
    for kind, title in TYPES.items():
        if kind not in sums.index:
            continue
        own = [one for one in OWNERS if (kind, one) in both.index]
        for owner in own if len(own) > 1 else ():
            parts.append(both.loc[[(kind, owner)]])
            labels.append(f"{kind}/{owner}")
            names.append((title, OWNERS[owner]))
        parts.append(sums.loc[[kind]])
        labels.append(kind)
        names.append((title, "Alle eiere" if len(own) > 1 else OWNERS[own[0]]))
    parts.append(every)
    labels.append(ALL)
    names.append(("Alle", "Alle eiere"))
    values = pd.concat(parts).set_axis(labels, axis=0)
    note = (
        "«..» betyr at egenskapen ikke er spurt etter: bunnhøyde gjelder selvfallsledninger, "
        "trykksone gjelder vann. Umulige verdier (år 0 eller etter i dag, dimensjon 0, materiale "
        "«ukjent») regnes som manglende. Alle ledninger i kartet er med, også de ute av drift."
    )
    return (
        _lack_table("mangler", "Andel av lengden som mangler", values, names, "_m", note),
        _lack_table("mangler_antall", "Andel av ledningene som mangler", values, names, "", note),
    )


def _lack_table(  # noqa: PLR0917  (two tables that differ in each)
    name: str,
    title: str,
    values: pd.DataFrame,
    names: Sequence[tuple[str, str]],
    suffix: str,
    note: str,
) -> Table:
    frame = pd.DataFrame(names, index=values.index, columns=["type", "hvem_eier"])
    if suffix:
        frame["km"] = values["meter"] / _KM
    else:
        frame["ledninger"] = values["ledninger"].astype(int)
    size = (
        {"km": Column(title="Lengde", unit="km", decimals=1)}
        if suffix
        else {"ledninger": Column(title="Ledninger", decimals=0)}
    )
    for one in ATTRIBUTES:
        asked = values[f"{one}_spurt{suffix}"]
        share = _PERCENT * values[f"{one}_mangler{suffix}"] / asked.where(asked > 0)
        frame[one] = share
    return Table(
        name=name,
        title=f"{title}, etter type og eier",
        frame=frame,
        columns={
            "type": Column(title="Type"),
            # «eier» is the share that lacks an owner.
            "hvem_eier": Column(title="Eier"),
            **size,
            **{
                one: Column(title=f"Uten {text[:1].lower()}{text[1:]}", unit="%", decimals=1)
                for one, text in ATTRIBUTES.items()
            },
        },
        note=note
        + (" En ledning uten linje og målt lengde har ingen lengde å telle." * bool(suffix)),
    )


def _decades(state: PipeState) -> NDArray[np.object_]:
    """Name the decade that each pipe was laid in, (n,)."""
    year = state.frame["anleggsaar"].to_numpy(dtype=float)
    first = np.floor(np.nan_to_num(year) / _DECADE).astype(int) * _DECADE
    told = np.array([f"{one}–{one + 9}" for one in first], dtype=object)
    told[first < _KNOWN_UNTIL] = f"Før {_KNOWN_UNTIL}"
    told[np.isnan(year)] = _NO_CLASS
    return told


def _in_order(labels: pd.Index) -> list[str]:
    """Order decades: before 1900 first, unknown last."""
    first = [one for one in labels if str(one).startswith("Før")]
    last = [one for one in labels if one == _NO_CLASS]
    return [*first, *sorted(set(labels) - set(first) - set(last)), *last]


def _length_table(
    sums: pd.DataFrame,
    first: Column,
    titles: dict[str, str],
    **table: Any,  # noqa: ANN401
) -> Table:
    """Make a table of kilometres with a sum of each row and column."""
    frame = sums / _KM
    shown = list(frame.columns)
    frame["sum"] = frame.sum(axis=1)
    parts = tuple(str(one) for one in frame.index)
    frame.loc[ALL] = frame.sum()
    total = float(frame["sum"].iloc[-1])
    frame["andel"] = _PERCENT * frame["sum"] / total if total > 0 else np.nan
    frame.insert(0, "klasse", [*parts, "Alle"])
    frame.index = pd.Index([*parts, ALL])
    frame.columns.name = None
    return Table(
        frame=frame,
        columns={
            "klasse": first,
            **{one: Column(title=titles[one], unit="km", decimals=1) for one in shown},
            "sum": Column(title="I alt", unit="km", decimals=1),
            "andel": Column(title="Andel", unit="%", decimals=1),
        },
        row_sums=(RowSum(ALL, parts),),
        **table,
    )


def _types(state: PipeState) -> dict[str, str]:
    present = set(state.frame["type"])
    return {one: title for one, title in TYPES.items() if one in present}


def age_table(state: PipeState) -> Table:
    """Sum kilometres in use by the decade they were laid in, and by type."""
    titles = _types(state)
    sums = counted(state, _decades(state), list(titles), state.frame["i_bruk"].to_numpy())
    return _length_table(
        sums.reindex(_in_order(sums.index)),
        Column(title="Lagt"),
        titles,
        name="alder",
        title="Ledninger i bruk etter tiåret de ble lagt",
        note="Ledninger som er fornyet senere, står der de ble lagt.",
    )


def age_chart(state: PipeState) -> YearChart:
    """Draw the age distribution."""
    titles = _types(state)
    return YearChart(
        name="aldersfordeling",
        title="Kilometer ledning etter tiåret de ble lagt",
        table="alder",
        year="klasse",
        columns=tuple(titles),
        colours={one: COLOURS[one] for one in titles},
    )


def dimension_table(state: PipeState, limits: Sequence[float]) -> Table:
    """Sum kilometres in use by class of dimension, and by type."""
    size = state.frame["dimensjon_mm"].to_numpy(dtype=float)
    bounds = sorted(limits)
    texts = [format_number(one) for one in bounds]
    names = [
        f"Under {texts[0]} mm",
        *(f"{one} til under {other} mm" for one, other in pairwise(texts)),
        f"{texts[-1]} mm og mer",
        _NO_CLASS,
    ]
    place = np.where(np.isnan(size), len(names) - 1, np.searchsorted(bounds, size, side="right"))
    rows = np.array(names, dtype=object)[place]
    titles = _types(state)
    sums = counted(state, rows, list(titles), state.frame["i_bruk"].to_numpy())
    return _length_table(
        sums.reindex([one for one in names if one in sums.index]),
        Column(title="Dimensjon"),
        titles,
        name="dimensjoner",
        title="Ledninger i bruk etter dimensjon",
    )


def material_table(state: PipeState) -> Table:
    """Sum kilometres in use by material and decade; the most used material first."""
    material = state.frame["materiale"].fillna(_NO_CLASS).to_numpy(dtype=object)
    in_use = state.frame["i_bruk"].to_numpy()
    sums = pd.DataFrame(
        {
            "materiale": material[in_use],
            "tiaar": _decades(state)[in_use],
            "m": np.nan_to_num(state.frame["lengde_m"].to_numpy())[in_use],
        }
    ).pivot_table(index="materiale", columns="tiaar", values="m", aggfunc="sum", fill_value=0.0)
    order = sums.sum(axis=1).sort_values(ascending=False, kind="stable").index
    rows = [
        *(one for one in order if one != _NO_CLASS),
        *(one for one in order if one == _NO_CLASS),
    ]
    decades = _in_order(sums.columns)
    renamed = {one: f"t{at}" for at, one in enumerate(decades)}
    return _length_table(
        sums.loc[rows, decades].rename(columns=renamed),
        Column(title="Materiale"),
        {short: title for title, short in renamed.items()},
        name="materialer",
        title="Ledninger i bruk etter materiale og tiår",
        note="Materialet er koden eieren bruker.",
    )
