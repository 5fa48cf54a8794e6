"""Who gets better or poorer access to public transport with a scenario, home by home.

The two runs carry who lives where and in which class (``Result.microdata``), which no output ever
sees; here they meet, and leave as sums in whole tens and as addresses without numbers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from askergeo.analyses._reach_tables import counted_table, person_column
from askergeo.analyses._stops_map import CLASS_COLOURS, CLASS_SIGNS, STOP_LAYERS
from askergeo.charts import FlowChart
from askergeo.numbers import HARD_SPACE
from askergeo.result import Column, Fact, MapLayer, Style, StyleClass
from askergeo.transport.access import CLASSES, UNKNOWN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.analyses._stops_scene import Scene
    from askergeo.result import Result, Table

__all__ = ["compare", "microdata_of"]

# Layers that a reader finds the way by.
_GROUND: Final = ("land_og_sjo", "nullvekstlinje")
_WORDS: Final = (*CLASSES, UNKNOWN)
_STATES: Final = {
    "Bedre": StyleClass(value="Bedre", label="Bedre", fill="#0072b2", stroke="#003a5c"),
    "Dårligere": StyleClass(value="Dårligere", label="Dårligere", fill="#d55e00", stroke="#6b2f00"),
    "Ny adresse": StyleClass(
        value="Ny adresse", label="Ny adresse", fill="#cc79a7", stroke="#7a3f61"
    ),
    "Fjernet adresse": StyleClass(
        value="Fjernet adresse", label="Fjernet adresse", fill="#000000", stroke="#000000"
    ),
    "Ukjent": StyleClass(
        value="Ukjent", label="Ukjent i den ene", fill="#ffffff", stroke="#8c8c8c", dash=True
    ),
}


def microdata_of(scene: Scene) -> pd.DataFrame:
    """Keep of each home what the comparison needs, under what it is known by in another run."""
    points = gpd.GeoSeries(scene.people.points)
    frame = pd.DataFrame(
        {
            "x": points.x.to_numpy(),
            "y": points.y.to_numpy(),
            "bosatte": scene.homes.count,
            "klasse": scene.homes.klasse,
        },
        index=pd.Index(scene.people.ids, name="id"),
    )
    # Dwellings that stand in the very same place cannot be told apart in another run.
    return frame[~frame.index.duplicated()]


def compare(base: Result, other: Result, difference: Result) -> Result:
    """Add to a difference who moves from which class to which.

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
    index = one.index.append(two.index.difference(one.index, sort=False))
    before, after = one.reindex(index), two.reindex(index)
    table, flows = _sums_table(before, after), _flow_table(before, after)
    moved = _moved(before, after, base)
    kept = [layer for layer in difference.layers if layer.name not in (*STOP_LAYERS, "ruter")]
    ground = [layer for layer in other.layers if layer.name in _GROUND]
    stops = [layer for layer in other.layers if layer.name in STOP_LAYERS]
    return replace(
        difference,
        template=_template(difference, table),
        facts=_facts(difference, table),
        tables=(
            table,
            *([flows] if len(flows.frame) else []),
            *(_narrowed(one) for one in difference.tables),
        ),
        layers=(
            *ground,
            *(
                replace(layer, on_page=layer.name != "adresser")
                for layer in kept
                if layer.name not in _GROUND
            ),
            moved,
            *(replace(layer, title=f"{layer.title}, med scenario") for layer in stops),
        ),
        charts=(
            FlowChart(
                name="flytting",
                title="Bosatte fra klasse til klasse med scenarioet",
                table="flytting",
                source="fra",
                target="til",
                value="bosatte",
                colours=dict(zip(CLASS_SIGNS.values(), (*CLASS_COLOURS, "#bdbdbd"), strict=True)),
            ),
        )
        if len(flows.frame)
        else (),
    )


_SUMS: Final = {
    "bedre": "Får en bedre klasse",
    "daarligere": "Får en dårligere klasse",
    "lik": "Beholder klassen",
    "ukjent": "Har ukjent klasse uten eller med scenario",
}


def _codes(frame: pd.DataFrame) -> NDArray[np.intp]:
    """Return the place of each home's class in `_WORDS`; −1 for a home that is not there."""
    return np.asarray(pd.Index(_WORDS).get_indexer(pd.Index(frame["klasse"])), dtype=np.intp)


def _stay(before: pd.DataFrame, after: pd.DataFrame) -> NDArray[np.float64]:
    """Count those at each home who are there in both runs."""
    one, two = (frame["bosatte"].fillna(0).to_numpy(dtype=np.float64) for frame in (before, after))
    return np.asarray(np.minimum(one, two), dtype=np.float64)


def _sums_table(before: pd.DataFrame, after: pd.DataFrame) -> Table:
    """Count who gets a better and who a poorer class, in whole tens."""
    old, new, stay = _codes(before), _codes(after), _stay(before, after)
    known = _known(old) & _known(new)
    rows = {
        "bedre": known & (new < old),
        "daarligere": known & (new > old),
        "lik": (old == new) & (old >= 0),
        "ukjent": (old >= 0) & (new >= 0) & (old != new) & ~known,
    }
    records = [
        {"rad": label, "hva": _SUMS[label], "bosatte": stay[mine].sum()}
        for label, mine in rows.items()
    ]
    return counted_table(
        "bytter",
        "Hvem får bedre og dårligere tilgang",
        records,
        {"hva": Column(title="Bosatte som"), "bosatte": person_column("Bosatte")},
        note="Bare bosatte som er der både uten og med scenario, er med.",
    )


def _flow_table(before: pd.DataFrame, after: pd.DataFrame) -> Table:
    """Count those who move from each class to each other, in whole tens."""
    old, new, stay = _codes(before), _codes(after), _stay(before, after)
    records = [
        {
            "rad": f"{first}_{second}",
            "fra": CLASS_SIGNS[was],
            "til": CLASS_SIGNS[becomes],
            "bosatte": stay[mine].sum(),
        }
        for first, was in enumerate(_WORDS)
        for second, becomes in enumerate(_WORDS)
        if first != second and (mine := (old == first) & (new == second)).any()
    ]
    return counted_table(
        "flytting",
        "Bosatte fra klasse til klasse",
        records,
        {
            "fra": Column(title="Fra klasse"),
            "til": Column(title="Til klasse"),
            "bosatte": person_column("Bosatte"),
        },
        note="Bare bosatte som er der både uten og med scenario, er med.",
    )


def _known(codes: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell which homes are there and have a class."""
    return np.asarray((codes >= 0) & (codes < len(CLASSES)), dtype=np.bool_)


def _narrowed(table: Table) -> Table:
    """Leave the shares out of the comparison of classes: the counts of three runs are wide."""
    if not table.name.startswith("klasser_"):
        return table
    kept = {name: one for name, one in table.columns.items() if not name.startswith("andel_")}
    return replace(table, frame=table.frame[list(kept)], columns=kept)


def _facts(difference: Result, table: Table) -> dict[str, Fact]:

    facts = dict(difference.facts)
    for label in ("bedre", "daarligere"):
        value: Any = table.frame.loc[label, "bosatte"]
        facts[f"flytter_{label}"] = Fact(
            title=_SUMS[label],
            value=None if pd.isna(value) else int(value),
            unit="personer",
            persons=True,
            cell=("bytter", label, "bosatte"),
            hidden=(label, "bosatte") in table.hidden,
        )
    return facts


def _template(difference: Result, table: Table) -> str:
    """Say how many move, and the shares without and with the scenario."""
    name = (difference.provenance.scenario if difference.provenance else "") or "scenarioet"
    name = name.replace("{", "{{").replace("}", "}}")
    some = {label: _some(table, label) for label in ("bedre", "daarligere")}
    better = "{flytter_bedre} bosatte" if some["bedre"] else "ingen bosatte"
    worse = "{flytter_daarligere}" if some["daarligere"] else "ingen"
    if any(some.values()):
        moved = (
            f"Med {name} får {better} bedre tilgang til kollektivtransport, og {worse} dårligere."
        )
    else:
        moved = (
            f"Med {name} får ingen bosatte bedre eller dårligere tilgang til kollektivtransport."
        )
    if "andel_god_scenario" not in difference.facts:
        return moved
    return (
        f"{moved} Andelen med svært god eller god tilgang går fra {{andel_god}} til "
        f"{{andel_god_scenario}}{HARD_SPACE}%."
    )


def _some(table: Table, label: str) -> bool:
    """Tell whether anybody is in a row; a hidden count is of somebody."""
    return bool(table.frame[["bosatte"]].fillna(1).loc[label, "bosatte"])


def _moved(before: pd.DataFrame, after: pd.DataFrame, base: Result) -> MapLayer:
    """Draw the homes that change class, without a number of persons."""
    old, new = _codes(before), _codes(after)
    known = _known(old) & _known(new)
    state = np.select(
        [old < 0, new < 0, known & (new < old), known & (new > old), old != new],
        ["Ny adresse", "Fjernet adresse", "Bedre", "Dårligere", "Ukjent"],
        default="",
    )
    signs = np.array([*(CLASS_SIGNS[word] for word in _WORDS), "finnes ikke"], dtype=object)
    crs = next(layer.frame.crs for layer in base.layers)
    frame = gpd.GeoDataFrame(
        {"endring": state, "fra": signs[old], "til": signs[new]},
        geometry=gpd.points_from_xy(after["x"].fillna(before["x"]), after["y"].fillna(before["y"])),
        crs=crs,
        index=before.index,
    )
    return MapLayer(
        name="flytting",
        title="Adresser som får bedre eller dårligere tilgang",
        frame=frame[state != ""],
        columns={
            "endring": Column(title="Med scenarioet"),
            "fra": Column(title="Klasse uten scenario"),
            "til": Column(title="Klasse med scenario"),
        },
        style=Style(column="endring", classes=tuple(_STATES.values()), size=1.6, width=0.1),
        note="Alle adresser som endres, er med, også dem uten bosatte.",
    )
