"""Lines for elements that are in the layers and not in the model: pipes drawn, or a whole network.

What a model cannot do without is never made up: a pipe without diameter, a node without height and
a pump without curve are refused, all at once and by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import shapely

from askergeo.errors import LayerError, collect
from askergeo.numbers import format_number
from askergeo.sources._inp_text import EPANET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from askergeo.sources._inp_changes import Edits, Placer
    from askergeo.sources._inp_elements import Model

__all__ = ["add_new"]

_SHOWN: Final = 5
_WATER: Final = ("vann",)
_MM: Final = 1000.0
_CLOSED: Final = {"stengt": "Closed", "tilbakeslag": "CV"}
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
    roughness: float | None = None,
) -> None:
    """Add a line for each element of the layers that the model lacks.

    A model that has elements already takes only those that hang together with it; one without
    takes the whole network of its kind.

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
        name: row for name, row in links.items()
        if name not in known_links and (row.get("type") in _WATER) is water
    }  # fmt: skip
    if known_nodes:
        fresh = _attached(fresh, known_nodes, edits)
    lacking = _Lacking()
    wanted = dict.fromkeys(end for name, row in fresh.items() for end in _ends(name, row, lacking))
    for name in wanted:
        if name in known_nodes:
            continue
        if name not in nodes:
            lacking.note("Noder som ikke er i va_node", name)
            continue
        _add_node(model, name, nodes[name], edits, placer, lacking)
    curves = {line.words[0] for line in model.lines if line.section == "CURVES" and line.words}
    shut = {name for name in wanted if name in nodes and nodes[name].get("type") == "ventil"
            and nodes[name].get("status") == "stengt"}  # fmt: skip
    for name, row in fresh.items():
        rough = _number(row, "ruhet")
        rough = roughness if rough is None else rough
        if water:
            _add_water_link(model, name, row, rough, curves, edits, lacking, shut)
        else:
            _add_sewer(model, name, row, rough, edits, lacking)
        _add_bends(name, row, edits, placer)
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
    return {str(row[key]): row for row in frames[layer].to_dict("records")}


def _attached(fresh: dict[str, Row], known: set[str], edits: Edits) -> dict[str, Row]:
    """Keep the new links that hang together with the model's nodes, through one another too."""
    reached = set(known)
    left = dict(fresh)
    found: dict[str, Row] = {}
    while True:
        near = {name: row for name, row in left.items()
                if row.get("fra_node_id") in reached or row.get("til_node_id") in reached}  # fmt: skip
        if not near:
            break
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


def _ends(name: str, row: Row, lacking: _Lacking) -> list[str]:
    ends = [row.get("fra_node_id"), row.get("til_node_id")]
    if not all(isinstance(end, str) and end for end in ends):
        lacking.note("Ledninger uten fra_node_id eller til_node_id", name)
        return []
    return [str(end) for end in ends]


def _number(row: Row, column: str) -> float | None:
    value = row.get(column)
    return None if value is None or pd.isna(value) else float(value)


def _add_node(
    model: Model, name: str, row: Row, edits: Edits, placer: Placer, lacking: _Lacking
) -> None:
    units = model.units
    kind = row.get("type")
    if model.program == EPANET:
        height = _number(row, "hoyde")
        height = _number(row, "bunnhoyde") if height is None else height
    else:
        height = _number(row, "bunnhoyde")
    if height is None:
        lacking.note("Noder uten høyde", name)
        return
    level = f"{height / units.length:.12g}"
    if model.program != EPANET:
        top = _number(row, "hoyde")
        depth = 0.0 if top is None else max(0.0, top - height) / units.length
        if kind == "utlop":
            edits.add("OUTFALLS", f" {name} {level} FREE NO")
        else:
            edits.add("JUNCTIONS", f" {name} {level} {depth:.12g} 0 0 0")
    elif kind in ("kilde", "basseng"):
        edits.add("RESERVOIRS", f" {name} {level} ;")
        if kind == "basseng":
            edits.remarks.append(
                f"Bassenget «{name}» er skrevet som en kilde med fast vannstand: lagene har ikke "
                "nivåer og diameter."
            )
    else:
        demand = _number(row, "behov_l_s")
        said = "" if demand is None else f" {demand / units.flow:.12g}"
        edits.add("JUNCTIONS", f" {name} {level}{said} ;")
    shape = row.get("geometry")
    if isinstance(shape, shapely.Geometry) and not shape.is_empty:
        x, y = shapely.get_coordinates(shape)[0]
        edits.add("COORDINATES", f" {name} {' '.join(placer.back(x, y))}")


def _length(row: Row) -> float | None:
    length = _number(row, "lengde_m")
    if length is not None:
        return length
    shape = row.get("geometry")
    return float(shapely.length(shape)) if isinstance(shape, shapely.Geometry) else None


def _add_water_link(
    model: Model, name: str, row: Row, rough: float | None, curves: set[str], edits: Edits,
    lacking: _Lacking, shut: set[str],
) -> None:  # fmt: skip
    ends = f"{row.get('fra_node_id')} {row.get('til_node_id')}"
    if row.get("funksjon") == "pumpe":
        if name not in curves:
            lacking.note("Pumper uten kurve", name)
        edits.add("PUMPS", f" {name} {ends} HEAD {name} ;")
        if row.get("status") == "stengt":
            edits.add("STATUS", f" {name} Closed")
        return
    size, length = _number(row, "dimensjon_mm"), _length(row)
    if size is None:
        lacking.note("Ledninger uten dimensjon", name)
        return
    diameter = f"{size / model.units.diameter:.12g}"
    # A node that is a closed valve shuts the pipe that leaves it.
    closed = row.get("status") == "stengt" or row.get("fra_node_id") in shut
    if row.get("funksjon") == "ventil":
        edits.add("VALVES", f" {name} {ends} {diameter} TCV 0 0 ;")
        if closed:
            edits.add("STATUS", f" {name} Closed")
        return
    if not length:
        lacking.note("Ledninger uten lengde", name)
        return
    if rough is None:
        lacking.note("Ledninger uten ruhet", name)
        return
    state = "Closed" if closed else _CLOSED.get(str(row.get("status")), "Open")
    edits.add(
        "PIPES", f" {name} {ends} {length / model.units.length:.12g} {diameter} {rough:.12g} 0 {state} ;"
    )  # fmt: skip


def _add_sewer(
    model: Model, name: str, row: Row, rough: float | None, edits: Edits, lacking: _Lacking
) -> None:
    if row.get("funksjon") in ("pumpe", "ventil"):
        lacking.note("Pumper og regulerende ventiler uten linje i va_modell", name)
        return
    size, length = _number(row, "dimensjon_mm"), _length(row)
    for value, what in ((size, "dimensjon"), (length, "lengde"), (rough, "ruhet")):
        if not value:
            lacking.note(f"Ledninger uten {what}", name)
            return
    scale = model.units.length
    ends = f"{row.get('fra_node_id')} {row.get('til_node_id')}"
    edits.add("CONDUITS", f" {name} {ends} {(length or 0) / scale:.12g} {rough:.12g} * * 0 0")
    edits.add("XSECTIONS", f" {name} CIRCULAR {(size or 0) / _MM / scale:.12g} 0 0 0 1")


def _add_bends(name: str, row: Row, edits: Edits, placer: Placer) -> None:
    shape = row.get("geometry")
    if isinstance(shape, shapely.Geometry):
        for x, y in shapely.get_coordinates(shape)[1:-1].tolist():
            edits.add("VERTICES", f" {name} {' '.join(placer.back(x, y))}")
