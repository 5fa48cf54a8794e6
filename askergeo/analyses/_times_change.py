"""Who travels quicker and who slower by public transport with a scenario, home by home.

The two runs carry who lives where and how long each travels (``Result.microdata``), which no
output ever sees; here they meet, and leave as sums and as homes without numbers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._reach_tables import counted_table, person_column
from askergeo.analyses._times_scene import KINDS
from askergeo.analyses._times_tables import ALL, ZONES
from askergeo.compare import SCENARIO
from askergeo.numbers import HARD_SPACE
from askergeo.result import Column, Fact, MapLayer, Style, StyleClass
from askergeo.transport.competition import CAR, TRANSIT, ratio_class

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from askergeo.analyses._times_scene import Scene
    from askergeo.result import Result, Table

__all__ = ["compare", "microdata_of", "states_of"]

# A journey that is longer or shorter by less than this (minutes) is as before.
_SAME: Final = 1.0
_STATES: Final = {
    "ny": ("Får en reise", "#08306b"),
    "raskere": ("Raskere", "#4292c6"),
    "som_for": ("Som før", "#ffffff"),
    "saktere": ("Saktere", "#e69f00"),
    "borte": ("Mister reisen", "#d55e00"),
    "ukjent": ("Ukjent", "#ffffff"),
}
_GOOD: Final = ("like_rask", "inntil_1_5")
# Layers that would cover what changes.
_COVERING: Final = ("adresser_", "ruter_")
# Layers that the answer lies on.
_GROUND: Final = ("land_og_sjo", "nullvekstlinje")


def microdata_of(scene: Scene) -> pd.DataFrame:
    """Keep of each home what the comparison needs, under what it is known by in another run."""
    xy = shapely.get_coordinates(scene.people.points)
    data: dict[str, Any] = {
        "x": xy[:, 0],
        "y": xy[:, 1],
        "bosatte": scene.people.total,
        "sone": scene.zone,
    }
    for kind in scene.destinations:
        data[kind] = scene.minutes(TRANSIT, kind)
        data[f"bil_{kind}"] = scene.minutes(CAR, kind)
    frame = pd.DataFrame(data, index=pd.Index(scene.people.ids.astype(str), name="id"))
    frame.attrs = {
        "typer": scene.destinations,
        "soner": scene.zones is not None,
        "crs": str(scene.layers.senter.crs),
    }
    # Dwellings that stand in the very same place cannot be told apart in another run.
    return frame[~frame.index.duplicated()]


def compare(base: Result, other: Result, difference: Result) -> Result:
    """Add to a difference who travels quicker and who slower.

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
    kinds = [kind for kind in one.attrs["typer"] if kind in two.attrs["typer"]]
    index = one.index.append(two.index.difference(one.index, sort=False))
    before, after = one.reindex(index), two.reindex(index)
    states = {kind: states_of(before[kind].to_numpy(), after[kind].to_numpy()) for kind in kinds}
    table = _table(before, after, states, zones=bool(one.attrs["soner"]))
    layers = tuple(_drawn(layer, base) for layer in difference.layers)
    template, facts = _statement(difference, table, kinds)
    return replace(
        difference,
        template=template,
        facts=facts,
        tables=(table, *difference.tables),
        layers=(*layers, *_layers(before, after, states, one.attrs["crs"])),
    )


def _drawn(layer: MapLayer, base: Result) -> MapLayer:
    """Draw land and line under what differs, and leave out of the page what would cover it."""
    if layer.name in _GROUND and layer.frame.empty:
        return base.layer(layer.name)
    if layer.name.startswith(_COVERING):
        return replace(layer, on_page=False)
    return replace(layer, visible=False)


def _statement(
    difference: Result, table: Table, kinds: Sequence[str]
) -> tuple[str, Mapping[str, Fact]]:
    """State how the median moves, and how many travel quicker and slower."""
    facts = dict(difference.facts)
    median = f"median_{TRANSIT}"
    names = (median, median + SCENARIO)
    if not kinds or any(name not in facts or facts[name].value is None for name in names):
        return difference.template, facts
    kind, row = kinds[0], f"{kinds[0]}_{ALL}"
    told = {
        "raskere": "Raskere kollektivreise",
        "saktere": "Saktere kollektivreise",
        "ny": "Får en kollektivreise",
        "borte": "Mister kollektivreisen",
    }
    for name, title in told.items():
        value: Any = table.frame[name].get(row)
        facts[f"{name}_{kind}"] = Fact(
            title=f"{title} til {_lower(KINDS[kind])}",
            value=None if pd.isna(value) else int(value),
            unit="personer",
            persons=True,
            cell=(table.name, row, name),
        )
    scenario = (difference.provenance.scenario if difference.provenance else "") or "scenarioet"
    scenario = scenario.replace("{", "{{").replace("}", "}}")
    where = _lower(KINDS[kind])
    said = f"går kollektivreisen til {where} fra {{{median}}} til {{{median}{SCENARIO}}}"
    if facts[names[0]].text() == facts[names[1]].text():
        said = f"er kollektivreisen til {where} som før, {{{median}}}"
    template = (
        f"Med {scenario} {said}{HARD_SPACE}minutter i median. "
        f"{{raskere_{kind}}} bosatte får minst ett minutt raskere reise og {{saktere_{kind}}} "
        "saktere"
    )
    if facts[f"ny_{kind}"].value != 0:
        template += f"; {{ny_{kind}}} får en reise der det ikke var noen"
    if facts[f"borte_{kind}"].value != 0:
        template += f"; {{borte_{kind}}} mister reisen"
    template += "."
    return template, facts


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]


def states_of(old: NDArray[np.float64], new: NDArray[np.float64]) -> NDArray[np.object_]:
    """Tell what happens to the journey from each home, (h,): minutes without and with a scenario.

    NaN is unknown and ``inf`` no journey; a key of the states for each.
    """
    with np.errstate(invalid="ignore"):
        change = new - old
    return np.select(
        [
            np.isnan(old) | np.isnan(new),
            np.isinf(old) & np.isfinite(new),
            np.isfinite(old) & np.isinf(new),
            change <= -_SAME,
            change >= _SAME,
        ],
        ["ukjent", "ny", "borte", "raskere", "saktere"],
        default="som_for",
    ).astype(object)


def _table(
    before: pd.DataFrame,
    after: pd.DataFrame,
    states: Mapping[str, NDArray[np.object_]],
    *,
    zones: bool,
) -> Table:
    """Count residents by what happens to their journey, in whole tens."""
    old = before["bosatte"].fillna(0).to_numpy(dtype=np.float64)
    new = after["bosatte"].fillna(0).to_numpy(dtype=np.float64)
    # Only who lives there both without and with the scenario can travel quicker or slower.
    persons = np.minimum(old, new)
    zone = after["sone"].fillna(before["sone"]).to_numpy(dtype=object)
    records = []
    for kind, state in states.items():
        was = np.isin(_class_of(before, kind), _GOOD)
        is_now = np.isin(_class_of(after, kind), _GOOD)
        for side in (*(("nord", "sor", "ukjent") if zones else ()), ALL):
            mine = np.ones(len(zone), dtype=bool) if side == ALL else zone == side
            if side == "ukjent" and not mine.any():
                continue
            records.append(
                {
                    "rad": f"{kind}_{side}",
                    "mal": KINDS[kind],
                    "sone": ZONES[side],
                    **{name: float(persons[mine & (state == name)].sum()) for name in _STATES},
                    "inn": float(persons[mine & ~was & is_now].sum()),
                    "ut": float(persons[mine & was & ~is_now].sum()),
                }
            )
    columns = {"mal": Column(title="Reise til"), "sone": Column(title="Sone")}
    columns |= {name: person_column(title) for name, (title, _) in _STATES.items()}
    columns["inn"] = person_column("Kommer under 1,5 ganger bilen")
    columns["ut"] = person_column("Kommer over 1,5 ganger bilen")
    return counted_table(
        "vinner_taper",
        "Hvem får raskere og saktere kollektivreise",
        records,
        columns,
        note="Raskere og saktere er minst ett minutt (median i tidsrommet). Bare bosatte som er "
        "der både uten og med scenario, er med.",
    )


def _class_of(frame: pd.DataFrame, kind: str) -> NDArray[np.object_]:
    return ratio_class(frame[kind].to_numpy(), frame[f"bil_{kind}"].to_numpy())


def _layers(
    before: pd.DataFrame,
    after: pd.DataFrame,
    states: Mapping[str, NDArray[np.object_]],
    crs: str,
) -> list[MapLayer]:
    """Draw the homes whose journey changes, without a number of persons."""
    x = after["x"].fillna(before["x"]).to_numpy()
    y = after["y"].fillna(before["y"]).to_numpy()
    layers = []
    for kind, state in states.items():
        moved = ~np.isin(state, ["som_for", "ukjent"])
        data = {
            "endring": pd.Series(state).map({name: one[0] for name, one in _STATES.items()}),
            "uten": before[kind].where(np.isfinite(before[kind])).to_numpy(),
            "med": after[kind].where(np.isfinite(after[kind])).to_numpy(),
        }
        frame = gpd.GeoDataFrame(data, geometry=gpd.points_from_xy(x, y), crs=crs)
        frame.index = before.index
        layers.append(
            MapLayer(
                name=f"endret_{kind}",
                title=f"Endret kollektivreise til {_lower(KINDS[kind])}",
                frame=frame[moved],
                columns={
                    "endring": Column(title="Endring"),
                    "uten": Column(title="Uten scenario", unit="min", decimals=1),
                    "med": Column(title="Med scenario", unit="min", decimals=1),
                },
                style=Style(
                    size=1.4,
                    width=0.1,
                    column="endring",
                    classes=tuple(
                        StyleClass(value=title, label=title, fill=fill, stroke="#5f6b7a")
                        for name, (title, fill) in _STATES.items()
                        if name not in ("som_for", "ukjent")
                    ),
                ),
                visible=kind == next(iter(states)),
                note="Alle adresser er med, også dem uten bosatte.",
            )
        )
    return layers
