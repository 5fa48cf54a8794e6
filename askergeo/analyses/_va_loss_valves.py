"""Closed valves and pipes between parts of the network: who gets a reserve when they are opened.

Each is opened in the network and the walk of failures done again. Two that close a part without a
source of its own between them help only together, and are opened together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._reach_tables import counted_table, person_column
from askergeo.analyses._va_loss_points import named_places, node_name
from askergeo.analyses._va_loss_scene import (
    MANY_BEHIND,
    NO_SOURCE,
    ONE_SOURCE,
    ONE_SOURCE_ONE_PIPE,
    WEIGHTS,
    reserve_states,
)
from askergeo.numbers import format_number
from askergeo.result import Column, Finding, Status
from askergeo.va._supply_network import supply_pipes
from askergeo.va.customers import piece_lines
from askergeo.va.supply import lost, reserve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.analyses._va_loss_scene import Scene
    from askergeo.result import Table
    from askergeo.va.supply import Lost

    Truth = NDArray[np.bool_]
    Whole = NDArray[np.int64]

__all__ = ["Opening", "Tried", "openings", "valve_findings", "valve_table", "valve_warnings"]

_LACK: Final = (MANY_BEHIND, ONE_SOURCE, ONE_SOURCE_ONE_PIPE)
_NAMED: Final = 3
_ONE: Final = (ONE_SOURCE, ONE_SOURCE_ONE_PIPE)


@dataclass(frozen=True, eq=False)
class _Closed:
    """A closed valve or pipe: its id, its layer and place, and the parts on its sides."""

    name: str
    layer: str
    point: shapely.Geometry
    node: int
    pieces: Whole
    sides: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Opening:
    """What opening some closed valves or pipes together gives.

    Parameters
    ----------
    names, layer, point
        Their ids, and the layer and place of the first.
    source, reserve
        Pieces that get a second source, and a reserve, (m,).
    answer
        What each failure takes then.
    """

    names: tuple[str, ...]
    layer: str
    point: shapely.Geometry
    source: Truth
    reserve: Truth
    answer: Lost

    @property
    def title(self) -> str:
        """Name what is opened; many by their number."""
        *most, last = self.names
        if len(most) > _NAMED:
            return f"{', '.join(most[:_NAMED])} og {len(self.names) - _NAMED} til"
        return f"{', '.join(most)} og {last}" if most else last


@dataclass(frozen=True, eq=False)
class Tried:
    """The openings that help, and how many closed valves and pipes there are and were tried."""

    openings: tuple[Opening, ...]
    known: int
    tried: int


def openings(scene: Scene) -> Tried:
    """Open what is closed, first between parts with different sources, and keep what helps."""
    part = _parts(scene)
    every = _closed(scene, part)
    apart = [one for one in every if len(one.sides) > 1]
    supplied = np.zeros(int(part.max(initial=-1)) + 1, dtype=np.bool_)
    supplied[part[scene.pipes.sources]] = True
    worth = _worth(scene, part, len(supplied))
    groups = [
        group
        for group in _groups(apart, supplied)
        if len({side for one in group for side in one.sides if supplied[side]}) > 1
    ]
    # Those within one part give another way for the water, and no other source.
    inside = [[one] for one in every if len(one.sides) == 1 and supplied[one.sides[0]]]

    def lacking(group: list[_Closed]) -> tuple[float, str]:
        return -sum(worth[side] for side in {k for one in group for k in one.sides}), group[0].name

    groups = sorted(groups, key=lacking) + sorted(inside, key=lacking)
    groups = groups[: int(scene.parameters["va_bortfall_ventiler_antall"])]
    found = [_open(scene, group) for group in groups]
    if len(groups) > 1:
        together = _open(scene, [one for group in groups for one in group])
        alone = sum(_gives(scene, one) for one in found)
        if _gives(scene, together) >= alone + float(scene.parameters["va_bortfall_grense"]):
            found.append(together)
    good = [one for one in found if _gives(scene, one) > 0]
    return Tried(tuple(good), len(every), sum(map(len, groups)))


def _gives(scene: Scene, one: Opening) -> float:
    """Sum those that get a second source and those that get a reserve."""
    value = scene.weights[:, scene.rank]
    return float(value[one.source].sum() + value[one.reserve].sum())


def _parts(scene: Scene) -> Whole:
    """Give each node, and each closed end after them, the number of the part it is in."""
    from scipy.sparse import coo_array  # noqa: PLC0415  (heavy)
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415  (heavy)

    count, start, end = scene.pipes.opened()
    joined = coo_array((np.ones(len(start), np.int8), (start, end)), shape=(count, count))
    return np.asarray(connected_components(joined, directed=False)[1], dtype=np.int64)


def _worth(scene: Scene, part: Whole, parts: int) -> NDArray[np.float64]:
    """Sum those that have only one source by the part that they are in."""
    _, start, _ = scene.pipes.opened()
    value = np.where(np.isin(scene.state, _LACK), scene.weights[:, scene.rank], 0.0)
    sums = np.bincount(part[start], weights=value, minlength=parts)
    return np.asarray(sums, dtype=np.float64)


def _closed(scene: Scene, part: Whole) -> list[_Closed]:
    """List the closed valves and pipes that are not asked to be out of use."""
    network, pipes = scene.network, scene.pipes
    _, start, end = pipes.opened()
    ends = np.stack([start, end], axis=1)
    at = np.stack([pipes.start, pipes.end], axis=1)
    found = []
    none = np.zeros(0, np.int64)
    for node in np.setdiff1d(np.flatnonzero(network.shut & network.valve), scene.gone).tolist():
        piece, side = np.nonzero((at == node) & ~scene.out[:, None])
        row, known = int(network.node_row[node]), scene.layers.va_node
        name = (
            str(known["node_id"].iloc[row])
            if known is not None and row >= 0
            else node_name(network, scene.layers, node)
        )
        sides = tuple(np.unique(part[ends[piece, side]]).tolist())
        point = shapely.Point(*network.xy[node])
        found.append(_Closed(name, "va_node", point, node, none, sides))
    lines = piece_lines(network)
    shut = network.closed & ~scene.out
    for row in np.unique(network.row[shut]).tolist():
        pieces = np.flatnonzero(shut & (network.row == row)).astype(np.int64)
        sides = tuple(np.unique(part[at[pieces]]).tolist())
        point = shapely.line_interpolate_point(lines[pieces[0]], 0.5, normalized=True)
        name = str(scene.ids[pieces[0]])
        found.append(_Closed(name, "va_ledning", point, -1, pieces, sides))
    return sorted(found, key=lambda one: one.name)


def _groups(every: list[_Closed], supplied: Truth) -> list[list[_Closed]]:
    """Put together those that meet at the same part without a source of its own."""
    group = list(range(len(every)))
    by_part: dict[int, int] = {}
    for place, one in enumerate(every):
        for side in one.sides:
            if supplied[side]:
                continue
            first = by_part.setdefault(side, place)
            old, new = group[place], group[first]
            group = [new if mine == old else mine for mine in group]
    return [
        [one for one, mine in zip(every, group, strict=True) if mine == number]
        for number in dict.fromkeys(group)
    ]


def _open(scene: Scene, group: list[_Closed]) -> Opening:
    shut, closed = scene.network.shut.copy(), scene.network.closed.copy()
    shut[[one.node for one in group if one.node >= 0]] = False
    closed[np.concatenate([one.pieces for one in group])] = False
    sources = np.zeros(scene.network.nodes, dtype=np.bool_)
    sources[scene.pipes.sources] = True
    pipes = supply_pipes(
        replace(scene.network, shut=shut, closed=closed),
        sources,
        crossings=str(scene.parameters["va_bortfall_kryss"]) == "ja",
        without=scene.out,
        gone=scene.gone,
    )
    answer = lost(pipes, np.zeros((pipes.nodes, len(WEIGHTS))), scene.weights)
    many = float(scene.parameters["va_bortfall_grense"])
    state = reserve_states(pipes, reserve(pipes), answer.pipe[:, scene.rank], many)
    has = state != NO_SOURCE
    return Opening(
        names=tuple(one.name for one in group),
        layer=group[0].layer,
        point=group[0].point,
        source=has & np.isin(scene.state, _ONE) & ~np.isin(state, _ONE),
        reserve=has & np.isin(scene.state, _LACK) & ~np.isin(state, _LACK),
        answer=answer,
    )


def valve_table(scene: Scene, tried: Tried) -> Table | None:
    """List what opening each gives; ``None`` when none of them helps."""
    if not tried.openings or scene.hung is None:
        return None
    value = scene.weights[:, scene.rank]
    before = scene.answer.source[:, scene.rank]
    records: list[dict[str, Any]] = []
    for one in tried.openings:
        spared = before - one.answer.source[:, scene.rank]
        most = int(np.argmax(spared))
        records.append(
            {
                "rad": f"aapne {' '.join(one.names)}",
                "aapne": one.title,
                "kilde_til": value[one.source].sum(),
                "reserve": value[one.reserve].sum(),
                "stanser": node_name(scene.network, scene.layers, int(scene.pipes.sources[most]))
                if spared[most] > 0
                else "",
                "spart": spared[most],
                "navn": named_places(scene.places, one.source | one.reserve),
            }
        )

    def count(title: str) -> Column:
        if scene.people_known:
            return person_column(title)
        return Column(title=title, unit="adresser", decimals=0)

    who = "Bosatte" if scene.people_known else "Adresser"
    return counted_table(
        "stengte_ventiler",
        "Stengte ventiler som kan gi reservevann",
        records,
        {
            "aapne": Column(title="Åpnes"),
            "kilde_til": count(f"{who} som får en kilde til"),
            "reserve": count(f"{who} som får reservevann"),
            "stanser": Column(title="Når denne kilden stanser …"),
            "spart": count(f"… mister disse ikke lenger vannet ({who.lower()})"),
            "navn": Column(title="Skoler og institusjoner"),
        },
        note=_note(tried),
    )


def valve_findings(scene: Scene, tried: Tried, table: Table | None) -> tuple[Finding, ...]:
    """Point at the closed valves and pipes that somebody gets a second source by."""
    if table is None:
        return ()
    who = "bosatte" if scene.people_known else "adresser"
    found = []
    for one, (_, row) in zip(tried.openings, table.frame.iterrows(), strict=True):
        more, way = row["kilde_til"], row["reserve"]
        told = [
            f"{format_number(float(value))} {who} får {what}"
            for value, what in ((more, "en kilde til"), (way, "reservevann"))
            if not pd.isna(value) and value
        ]
        if not told:
            continue
        found.append(
            Finding(
                rule="va.bortfall.stengt_ventil",
                title=f"{one.title} er stengt, og kan gi reservevann",
                status=Status.HIT_YELLOW,
                text=f"Når den åpnes: {', og '.join(told)}.",
                layer=one.layer,
                row=one.names[0],
                action=f"Vurder å kunne åpne {one.title}, og prøv trykket i en modell.",
                geometry=one.point,
            )
        )
    return tuple(found)


def valve_warnings(scene: Scene, tried: Tried) -> tuple[str, ...]:
    """Say that closed valves were tried, where none of them helps."""
    if tried.openings or not tried.tried or scene.hung is None:
        return ()
    return (
        f"{_tried_words(tried)} Ingen av dem gir en kilde til eller reservevann når den åpnes.",
    )


def _tried_words(tried: Tried) -> str:
    return (
        f"Stengte ventiler og ledninger i vannettet: {tried.known}. Prøvd åpnet: {tried.tried}, "
        "først de mellom deler av nettet som har hver sin kilde."
    )


def _note(tried: Tried) -> str:
    return (
        f"{_tried_words(tried)} De som stenger for samme stykke uten kilde, er åpnet sammen, og "
        "bare det som hjelper, er vist; alle sammen bare om det hjelper mange flere enn hver for "
        "seg. Hvorfor ventilen er stengt, og om trykket og vannet "
        "holder når den åpnes, er ikke regnet."
    )
