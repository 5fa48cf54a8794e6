"""Lines for elements that are in the layers and not in the model: pipes drawn, or a whole network.

What a model cannot do without is never made up: a pipe without diameter, a node without height and
a pump without curve are refused, all at once and by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import shapely

from askergeo.errors import LayerError, collect
from askergeo.numbers import format_number
from askergeo.sources._inp_changes import by_id
from askergeo.sources._inp_text import EPANET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from askergeo.sources._inp_changes import Edits, Placer
    from askergeo.sources._inp_elements import Model

__all__ = ["add_new"]

_SHOWN: Final = 5
_WATER: Final = ("vann",)
_MM: Final = 1000.0
# A word of the model: no blanks, quotes, brackets or comments.
_ID: Final = re.compile(r'[^\s;"\[\]]{1,31}')
Row = dict[str, Any]


@dataclass
class _Lacking:
    """What cannot be written, by reason."""

    names: dict[str, list[str]] = field(default_factory=dict)

    def note(self, what: str, name: str) -> None:
        self.names.setdefault(what, []).append(name)

    def refuse(self) -> None:
        if not self.names:
            return
        said = []
        for what, names in self.names.items():
            more = f" og {format_number(len(names) - _SHOWN)} til" if len(names) > _SHOWN else ""
            said.append(f"{what}: {', '.join(names[:_SHOWN])}{more}")
        raise LayerError(
            f"Modellen kan ikke skrives:\n{collect(said)}",
            remedy="Fyll ut det som mangler i lagene; en pumpe får kurven sin på linjen i [PUMPS] "
            "i va_modell, eller ved at en kurve i [CURVES] har pumpens id.",
        )


def add_new(
    model: Model,
    frames: Mapping[str, pd.DataFrame],
    edits: Edits,
    placer: Placer,
    *,
    demand: float,
    roughness: float | None = None,
) -> None:
    """Add a line for each element of the layers that the model lacks.

    ``demand`` is l/s of one unit of a new junction's base demand, and ``roughness`` is for pipes
    that do not say theirs. A model that has elements already takes only those that hang together
    with it; one without takes the whole network of its kind.

    Raises
    ------
    LayerError
        When an element lacks what the model cannot do without.
    """
    links = _rows(frames, "va_ledning", "ledning_id")
    nodes = _rows(frames, "va_node", "node_id")
    known_links = {one.id for one in model.elements if one.layer == "va_ledning"}
    known_nodes = {one.id for one in model.elements if one.layer == "va_node"}
    water = model.program == EPANET
    fresh = {
        name: row
        for name, row in links.items()
        if name not in known_links and (row.get("type") in _WATER) is water
    }
    if known_nodes:
        fresh = _attached(fresh, known_nodes, edits)
    lacking = _Lacking()
    ends = [end for name, row in fresh.items() for end in _ends(name, row, lacking)]
    # A pump or valve of the model's own lines may stand between nodes of the layers.
    ends += [end for one in model.elements for end in one.ends or ()]
    writer = _Writer(model=model, edits=edits, placer=placer, lacking=lacking, demand=demand)
    wanted = [name for name in dict.fromkeys(ends) if name not in known_nodes]
    for name in wanted:
        if name in nodes:
            writer.node(name, nodes[name])
        else:
            lacking.note("Noder som ikke er i va_node", name)
    shut = _shut(fresh, nodes)
    for name, row in fresh.items():
        rough = _number(row, "ruhet")
        rough = roughness if rough is None else rough
        if water:
            writer.water(name, row, rough, closed=name in shut)
        else:
            writer.sewer(name, row, rough)
        writer.bends(name, row)
    lacking.refuse()
    silent = sum(1 for name in wanted if name in nodes and name not in known_nodes
                 and _number(nodes[name], "behov_l_s") is None
                 and nodes[name].get("type") not in ("kilde", "basseng"))  # fmt: skip
    if water and silent:
        edits.remarks.append(
            f"{format_number(silent)} nye noder har ukjent behov; de er skrevet uten."
        )


def _rows(frames: Mapping[str, pd.DataFrame], layer: str, key: str) -> dict[str, Row]:
    if layer not in frames:
        return {}
    return by_id(frames[layer], key)


def _attached(fresh: dict[str, Row], known: set[str], edits: Edits) -> dict[str, Row]:
    """Keep the new links that hang together with the model's nodes, through one another too."""
    reached = set(known)
    left = dict(fresh)
    found: dict[str, Row] = {}
    grew = True
    while grew:
        near = {
            name: row
            for name, row in left.items()
            if row.get("fra_node_id") in reached or row.get("til_node_id") in reached
        }
        grew = bool(near)
        found |= near
        reached |= {
            str(row[column]) for row in near.values() for column in ("fra_node_id", "til_node_id")
        }
        left = {name: row for name, row in left.items() if name not in near}
    if left:
        edits.remarks.append(
            f"{format_number(len(left))} ledninger henger ikke sammen med modellen og er ikke med."
        )
    return found


def _shut(fresh: dict[str, Row], nodes: dict[str, Row]) -> set[str]:
    """Return the pipes to close for nodes that are closed valves: all of each but the first."""
    seen: set[str] = set()
    shut: set[str] = set()
    for name, row in fresh.items():
        for end in (row.get("fra_node_id"), row.get("til_node_id")):
            node = nodes.get(str(end), {})
            if node.get("type") == "ventil" and node.get("status") == "stengt":
                if end in seen:
                    shut.add(name)
                seen.add(str(end))
    return shut


def _ends(name: str, row: Row, lacking: _Lacking) -> list[str]:
    ends = [row.get("fra_node_id"), row.get("til_node_id")]
    if not all(isinstance(end, str) and end for end in ends):
        lacking.note("Ledninger uten fra_node_id eller til_node_id", name)
        return []
    return [str(end) for end in ends]


def _number(row: Row, column: str) -> float | None:
    value = row.get(column)
    return None if pd.isna(value) else float(value)


def _length(row: Row) -> float | None:
    length = _number(row, "lengde_m")
    if length is not None:
        return length
    shape = row.get("geometry")
    return float(shapely.length(shape)) if isinstance(shape, shapely.Geometry) else None


@dataclass(frozen=True, kw_only=True)
class _Writer:
    """Adds lines for nodes and links; ``demand`` is l/s of one unit of base demand."""

    model: Model
    edits: Edits
    placer: Placer
    lacking: _Lacking
    demand: float

    def node(self, name: str, row: Row) -> None:
        """Add a node with its place."""
        self._named(name)
        water = self.model.program == EPANET
        top, bottom = _number(row, "hoyde"), _number(row, "bunnhoyde")
        height = (bottom if top is None else top) if water else bottom
        if height is None:
            self.lacking.note("Noder uten høyde", name)
            return
        if water:
            self._water_node(name, row, height / self.model.units.length)
        else:
            depth = 0.0 if top is None else max(0.0, top - height)
            self._sewer_node(name, row, height / self.model.units.length, depth)
        shape = row.get("geometry")
        if isinstance(shape, shapely.Geometry) and not shapely.is_empty(shape):
            x, y = shapely.get_coordinates(shape)[0]
            self.edits.add("COORDINATES", f" {name} {' '.join(self.placer.back(x, y))}")

    def _water_node(self, name: str, row: Row, level: float) -> None:
        if row.get("type") not in ("kilde", "basseng"):
            use = _number(row, "behov_l_s")
            said = "" if use is None else f" {use / self.demand:.12g}"
            self.edits.add("JUNCTIONS", f" {name} {level:.12g}{said} ;")
            return
        self.edits.add("RESERVOIRS", f" {name} {level:.12g} ;")
        if row.get("type") == "basseng":
            self.edits.remarks.append(
                f"Bassenget «{name}» er skrevet som en kilde med fast vannstand: lagene har ikke "
                "nivåer og diameter."
            )

    def _sewer_node(self, name: str, row: Row, level: float, depth: float) -> None:
        if row.get("type") == "utlop":
            self.edits.add("OUTFALLS", f" {name} {level:.12g} FREE NO")
            return
        depth /= self.model.units.length
        self.edits.add("JUNCTIONS", f" {name} {level:.12g} {depth:.12g} 0 0 0")

    def water(self, name: str, row: Row, rough: float | None, *, closed: bool) -> None:
        """Add a pipe, a pump or a valve to an EPANET model."""
        self._named(name)
        ends = f"{row.get('fra_node_id')} {row.get('til_node_id')}"
        closed = closed or row.get("status") == "stengt"
        kind = row.get("funksjon")
        if kind == "pumpe":
            curves = (one for one in self.model.lines if one.section == "CURVES" and one.words)
            if all(one.words[0] != name for one in curves):
                self.lacking.note("Pumper uten kurve", name)
            self.edits.add("PUMPS", f" {name} {ends} HEAD {name} ;")
        elif kind == "ventil":
            size = self._needed(name, "dimensjon", _number(row, "dimensjon_mm"))
            diameter = size / self.model.units.diameter
            self.edits.add("VALVES", f" {name} {ends} {diameter:.12g} TCV 0 0 ;")
            self.edits.remarks.append(
                f"Ventilen «{name}» er skrevet som en strupeventil uten tap: lagene har ikke "
                "innstillingen."
            )
        else:
            self._pipe(name, row, rough, closed=closed)
        if closed and kind in ("pumpe", "ventil"):
            self.edits.add("STATUS", f" {name} Closed")

    def _pipe(self, name: str, row: Row, rough: float | None, *, closed: bool) -> None:
        units = self.model.units
        size = self._needed(name, "dimensjon", _number(row, "dimensjon_mm"))
        length = self._needed(name, "lengde", _length(row))
        rough = self._needed(name, "ruhet", rough)
        state = "Closed" if closed else "CV" if row.get("status") == "tilbakeslag" else "Open"
        self.edits.add(
            "PIPES",
            f" {name} {row.get('fra_node_id')} {row.get('til_node_id')} "
            f"{length / units.length:.12g} {size / units.diameter:.12g} {rough:.12g} 0 {state} ;",
        )

    def sewer(self, name: str, row: Row, rough: float | None) -> None:
        """Add a round pipe to a SWMM model."""
        self._named(name)
        if row.get("funksjon") in ("pumpe", "ventil"):
            self.lacking.note("Pumper og regulerende ventiler uten linje i va_modell", name)
            return
        scale = self.model.units.length
        size = self._needed(name, "dimensjon", _number(row, "dimensjon_mm"))
        length = self._needed(name, "lengde", _length(row))
        rough = self._needed(name, "ruhet", rough)
        ends = f"{row.get('fra_node_id')} {row.get('til_node_id')}"
        self.edits.add("CONDUITS", f" {name} {ends} {length / scale:.12g} {rough:.12g} * * 0 0")
        self.edits.add("XSECTIONS", f" {name} CIRCULAR {size / _MM / scale:.12g} 0 0 0 1")

    def bends(self, name: str, row: Row) -> None:
        """Add the vertices of a link."""
        shape = row.get("geometry")
        if isinstance(shape, shapely.Geometry):
            for x, y in shapely.get_coordinates(shape)[1:-1].tolist():
                self.edits.add("VERTICES", f" {name} {' '.join(self.placer.back(x, y))}")

    def _needed(self, name: str, what: str, value: float | None) -> float:
        """Return a value that must be there and above zero; nothing is written if it is not."""
        if value is None or value <= 0:
            self.lacking.note(f"Ledninger uten {what}", name)
            return 1.0
        return value

    def _named(self, name: str) -> None:
        if not _ID.fullmatch(name):
            self.lacking.note("Id-er som modellen ikke kan ha (mellomrom, tegn)", f"«{name}»")
