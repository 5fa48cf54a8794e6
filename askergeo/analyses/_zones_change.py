"""Who changes zone when the line is moved: what lay north and lies south, and the other way.

The two runs carry where each thing is (``Result.microdata``), which no output ever sees; here they
meet, and leave as sums from zone to zone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo._text import listed
from askergeo.analyses._zones_tables import NAMES, SIGNS
from askergeo.compare import SCENARIO
from askergeo.geometry import polygons_of, union
from askergeo.result import Column, Fact, MapLayer, RowSum, Style, StyleClass, Table
from askergeo.transport.zones import NORTH, SIDES, SOUTH

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from askergeo.analyses._zones_counted import Counted
    from askergeo.result import Result

__all__ = ["compare", "microdata_of"]

_KM2 = 1e6
_TOTAL: Final = "sum"
# m²: less is what two drawings of the same line leave.
_LEAST = 1.0
# Layers that are drawn whole, as the scenario has them, and those that are drawn anew or not.
_WHOLE: Final = ("land_og_sjo", "soner", "sentre")
_LEFT_OUT: Final = ("usikkert_belte", "nullvekstlinje")
_NEW: Final = "ikke_i_begge"
_STYLE: Final = Style(
    fill="#bdbdbd",
    column="skifte",
    opacity=0.7,
    classes=(
        StyleClass(value="nord → sør", label="▼ Nord → sør", fill="#e69f00", stroke="#7a5400",
                   dash=True),
        StyleClass(value="sør → nord", label="▲ Sør → nord", fill="#0072b2", stroke="#00486f"),
        StyleClass(value="annet", label="? Til eller fra ukjent", fill="#bdbdbd", stroke="#4d4d4d",
                   dash=True),
    ),
)  # fmt: skip


def microdata_of(counted: Mapping[str, Counted]) -> pd.DataFrame:
    """Keep of each thing what the comparison needs: its kind, its key, its zone and how many."""
    parts = [
        pd.DataFrame({"slag": name, "key": one.key, "sone": one.zone, "antall": one.count})
        for name, one in counted.items()
    ]
    frame = (
        pd.concat(parts, ignore_index=True)
        if parts
        else pd.DataFrame(columns=["slag", "key", "sone", "antall"])
    )
    frame.attrs = {name: (one.title, one.unit, one.persons) for name, one in counted.items()}
    return frame


def compare(base: Result, other: Result, difference: Result) -> Result:
    """Add to a difference what changes zone, and where.

    Parameters
    ----------
    base, other
        The runs without and with the scenario, with their microdata.
    difference
        What :func:`askergeo.compare.compare` made of them.
    """
    one, two = base.microdata, other.microdata
    if one is None or two is None:
        return difference
    ground = _ground(base, other)
    table = _table(one, two, ground, difference)
    layers = [
        _after(layer, other)
        if layer.name in _WHOLE
        else replace(layer, visible=layer.name == "delte_planer")
        for layer in difference.layers
        if layer.name not in _LEFT_OUT
    ]
    drawn = _layer(ground, base)
    template, facts = _statement(table, difference)
    return replace(
        difference,
        template=template,
        facts=facts,
        tables=(table, *(_centres(its, base, other) for its in difference.tables)),
        layers=(
            *layers[:2],
            *((drawn,) if drawn is not None else ()),
            *layers[2:],
            *_lines(base, other),
        ),
    )


def _statement(table: Table, difference: Result) -> tuple[str, dict[str, Fact]]:
    """State how many change zone, each way."""
    name = (difference.provenance.scenario if difference.provenance else "") or "scenarioet"
    name = name.replace("{", "{{").replace("}", "}}")
    facts = dict(difference.facts)
    ways = []
    for a, b in ((a, b) for a in SIDES for b in SIDES if a != b):
        row = f"{a}_{b}"
        shown = [
            column
            for column in ("bosatte", "arbeidsplasser", "areal_km2")
            if row in table.frame.index and column in table.columns and table.frame.loc[row, column]
        ]
        # The area is stated where nobody is known to live or work.
        shown = (
            shown[:1] if shown == ["areal_km2"] else [one for one in shown if one != "areal_km2"]
        )
        facts |= {f"skifter_{column}_{row}": _moved(table, row, column) for column in shown}
        if shown:
            way = f"fra {NAMES[a].lower()} til {NAMES[b].lower()}"
            units = {"areal_km2": "km²"}
            words = [f"{{skifter_{column}_{row}}} {units.get(column, column)}" for column in shown]
            ways.append(f"{listed(words)} {way}")
    if not ways:
        return f"Med {name} skifter ingen sone.", facts
    return f"Med {name} går {listed(ways)} for nullvekstlinjen.", facts


def _moved(table: Table, row: str, column: str) -> Fact:
    its = table.columns[column]
    value: Any = table.frame.loc[row, column]
    decimals = its.decimals or 0
    return Fact(
        title=f"{its.title}, {_words(*row.split('_'))}",
        value=round(float(value), decimals) if decimals else round(float(value)),
        unit=its.unit,
        decimals=decimals,
        persons=its.persons,
        cell=(table.name, row, column),
    )


def _after(layer: MapLayer, other: Result) -> MapLayer:
    """Draw all of the scenario's own layer: zones that moved a little are still zones."""
    found = {one.name: one for one in other.layers}
    if layer.name not in found:
        return layer
    own = found[layer.name]
    # Counts stand in the tables, which protect them together.
    kept = {
        name: column
        for name, column in own.columns.items()
        if not column.persons and not column.derived_from
    }
    frame = own.frame[[*kept, own.frame.geometry.name]]
    title = own.title if layer.name == "land_og_sjo" else f"{own.title}, med scenario"
    return replace(own, frame=frame, columns=kept, title=title, rows_of="")


def _lines(base: Result, other: Result) -> tuple[MapLayer, ...]:
    """Draw the line before and after."""
    found = [
        layer.frame[["geometry"]].assign(linje=words)
        for run, words in ((base, "Uten scenario"), (other, "Med scenario"))
        for layer in run.layers
        if layer.name == "nullvekstlinje"
    ]
    if not found:
        return ()
    return (
        MapLayer(
            name="nullvekstlinje",
            title="Nullvekstlinjen uten og med scenario",
            frame=gpd.GeoDataFrame(pd.concat(found, ignore_index=True), crs=found[0].crs),
            columns={"linje": Column(title="Linjen")},
            style=Style(
                width=0.8,
                stroke="#6a0dad",
                column="linje",
                classes=(
                    StyleClass(value="Uten scenario", label="Uten scenario", stroke="#4d4d4d",
                               dash=True),
                    StyleClass(value="Med scenario", label="Med scenario", stroke="#6a0dad"),
                ),
            ),
        ),
    )  # fmt: skip


def _ground(base: Result, other: Result) -> dict[tuple[str, str], Any]:
    """Return the area that goes from each zone to each other."""
    before, after = (
        {str(label): shape for label, shape in run.layer("soner").frame.geometry.items()}
        for run in (base, other)
    )
    return {
        (one, two): union(polygons_of(shapely.intersection(before[one], after[two])))
        for one in before
        for two in after
    }


def _table(
    one: pd.DataFrame,
    two: pd.DataFrame,
    ground: Mapping[tuple[str, str], Any],
    difference: Result,
) -> Table:
    kinds = [str(name) for name in one.attrs if name in two.attrs]
    flows = {name: _flows(one, two, name) for name in kinds}
    used = [
        side
        for side in SIDES
        if any(side in pair and shapely.area(shape) > 0 for pair, shape in ground.items())
        or any(side in pair and amount for flow in flows.values() for pair, amount in flow.items())
    ]
    pairs = [(a, b) for a in used for b in used]
    pairs.sort(key=lambda pair: pair[0] == pair[1])
    labels = [f"{a}_{b}" for a, b in pairs]
    sums = [RowSum(_TOTAL, tuple(labels))]
    sums += [RowSum(f"fra_{a}", tuple(f"{a}_{b}" for b in used)) for a in used]
    sums += [RowSum(f"til_{b}", tuple(f"{a}_{b}" for a in used)) for b in used]
    words = [_words(a, b) for a, b in pairs] + ["Sum"]
    words += [f"{NAMES[a]} uten scenario" for a in used]
    words += [f"{NAMES[b]} med scenario" for b in used]
    index = pd.Index([*labels, *(its.total for its in sums)], dtype=object)
    area = {pair: shapely.area(shape) / _KM2 for pair, shape in ground.items()}
    data: dict[str, Any] = {"skifte": words, "areal_km2": _column(area, pairs, used)}
    columns = {
        "skifte": Column(title="Fra → til"),
        "areal_km2": Column(title="Areal", unit="km²", decimals=2),
    }
    repeats: dict[tuple[Hashable, str], tuple[str, Hashable, str]] = {}
    own = difference.table("soner").columns if kinds else {}
    for name in kinds:
        title, unit, persons = one.attrs[name]
        data[name] = _column(flows[name], pairs, used)
        columns[name] = Column(title=title, unit=unit, decimals=0, persons=persons)
        lost = any(_NEW in pair and amount for pair, amount in flows[name].items())
        if persons and name in own and not lost:
            repeats |= {(f"fra_{a}", name): ("soner", a, name) for a in used}
            repeats |= {(f"til_{b}", name): ("soner", b, name + SCENARIO) for b in used}
    return Table(
        name="soneskifte",
        title="Det som skifter sone",
        frame=pd.DataFrame(data, index=index),
        columns=columns,
        row_sums=tuple(sums),
        repeats=repeats,
        note="Bare det som er likt stedfestet i begge kjøringene, er med. For prosjekter som "
        "linjen deler, er minste flytting mellom sonene regnet.",
    )


def _words(one: str, two: str) -> str:
    if one == two:
        return f"{NAMES[one]}, som før"
    return f"{NAMES[one]} → {NAMES[two].lower()}"


def _column(
    amount: Mapping[tuple[str, str], float],
    pairs: Sequence[tuple[str, str]],
    used: Sequence[str],
) -> list[float]:
    """Amounts of the pairs, then the sums: all, from each zone, to each zone."""
    own = {pair: float(amount.get(pair, 0.0)) for pair in pairs}
    starts = [sum(own[a, b] for b in used) for a in used]
    ends = [sum(own[a, b] for a in used) for b in used]
    return [*own.values(), sum(own.values()), *starts, *ends]


def _flows(one: pd.DataFrame, two: pd.DataFrame, name: str) -> dict[tuple[str, str], float]:
    """How many go from each zone to each other: what can stay stays, the rest in proportion."""
    before, after = (
        run[run["slag"] == name].pivot_table(
            index="key", columns="sone", values="antall", aggfunc="sum", fill_value=0.0
        )
        for run in (one, two)
    )
    both = before.index.intersection(after.index)
    lost = len(before) != len(both) or len(after) != len(both)
    start, end = (
        run.reindex(index=both, columns=list(SIDES), fill_value=0.0).to_numpy(dtype=float)
        for run in (before, after)
    )
    alike = np.isclose(start.sum(axis=1), end.sum(axis=1))
    lost |= not alike.all()
    start, end = start[alike], end[alike]
    # Demolitions are negative: a flow of them goes the same way.
    sign = np.where(start.sum(axis=1) < 0, -1.0, 1.0)
    start, end = start * sign[:, None], end * sign[:, None]
    stay = np.minimum(start, end)
    out, into = start - stay, end - stay
    moved = out.sum(axis=1)
    share = np.divide(into, moved[:, None], out=np.zeros_like(into), where=moved[:, None] > 0)
    found: dict[tuple[str, str], float] = {}
    for a, side in enumerate(SIDES):
        for b, goal in enumerate(SIDES):
            amount = stay[:, a] if a == b else out[:, a] * share[:, b]
            found[side, goal] = float((amount * sign).sum())
    if lost:
        found[_NEW, _NEW] = 1.0
    return found


def _layer(ground: Mapping[tuple[str, str], Any], base: Result) -> MapLayer | None:
    """Draw the area that changes zone."""
    moved = {
        pair: shape
        for pair, shape in ground.items()
        if pair[0] != pair[1] and shapely.area(shape) > _LEAST
    }
    if not moved:
        return None
    known = {(NORTH, SOUTH): "nord → sør", (SOUTH, NORTH): "sør → nord"}
    frame = gpd.GeoDataFrame(
        {
            "skifte": [known.get(pair, "annet") for pair in moved],
            "fra_til": [_words(*pair) for pair in moved],
            "areal_km2": [shapely.area(shape) / _KM2 for shape in moved.values()],
        },
        index=pd.Index([f"{a}_{b}" for a, b in moved], dtype=object),
        geometry=list(moved.values()),
        crs=base.layer("soner").frame.crs,
    )
    return MapLayer(
        name="soneskifte",
        title="Areal som skifter sone",
        frame=frame,
        columns={
            "skifte": Column(title="Skifte"),
            "fra_til": Column(title="Fra → til"),
            "areal_km2": Column(title="Areal", unit="km²", decimals=2),
        },
        style=_STYLE,
    )


def _centres(table: Table, base: Result, other: Result) -> Table:
    """Write the zone of a centre as «before → after» where it changes."""
    if table.name != "sentre":
        return table
    before, after = (run.table("sentre").frame["sone"] for run in (base, other))
    frame = table.frame.copy()
    old, new = (
        part.reindex(frame.index).fillna(SIGNS["ukjent"]).astype(str) for part in (before, after)
    )
    frame["sone"] = old.where(old == new, old + " → " + new)
    return replace(table, frame=frame)
