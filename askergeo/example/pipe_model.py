"""The example's water as an EPANET model: all pipes and what drives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from askergeo.crs import CRS_OF_RECORD

if TYPE_CHECKING:
    from askergeo.example.pipe_water import Water

__all__ = ["MODEL", "model_rows", "size_pumps"]

MODEL = "vann"
#: A pump's curve: shares of its flow and of its rise.
_PUMP_CURVE = ((0.0, 1.06), (1.0, 1.0), (2.0, 0.82))


def size_pumps(water: Water) -> None:
    """Give each pump the flow that the zones behind it use at most (l/s) and the rise (m)."""
    zone, use = water.net.nodes["zone"].to_numpy(), water.net.nodes["use"].to_numpy()
    flow = np.bincount(zone, use, len(water.head))
    for k in np.argsort(-_depth(water.before), kind="stable").tolist():
        if water.before[k] >= 0:
            flow[water.before[k]] += flow[k]
    pipes = water.net.pipes
    pump = (pipes["funksjon"] == "pumpe").to_numpy()
    to = pipes["zone_to"].fillna(0).to_numpy(int)
    pipes["flow"] = np.where(pump, np.round(np.maximum(flow[to] * 1.3, 1.0), 2), np.nan)


def _depth(before: np.ndarray) -> np.ndarray:
    depth = np.zeros(len(before), int)
    here = before.copy()
    while (here >= 0).any():
        depth += here >= 0
        here = np.where(here >= 0, before[np.maximum(here, 0)], -1)
    return depth


def model_rows(
    water: Water, pipes: pd.DataFrame, nodes: pd.DataFrame, kept: set[str]
) -> pd.DataFrame:
    """Return va_modell: the lines of an EPANET model of all water pipes, made before any fault.

    Parameters
    ----------
    water
        The net, with pumps and reduction valves.
    pipes, nodes
        Rows of the layers; the first are those of the net.
    kept
        Ids of the nodes that the map of pipes has: the model has all.
    """
    pipes, nodes = pipes.iloc[: len(water.net.pipes)], nodes.iloc[: len(water.net.nodes)]
    sections = {"TITLE": ["Vannettet i Eksempelbygda (oppdiktet)"]}
    sections |= _node_lines(nodes) | _pipe_lines(water, pipes, nodes)
    sections["OPTIONS"] = ["Units LPS", "Headloss H-W", "Trials 200", "Accuracy 0.001"]
    sections["TIMES"] = ["Duration 0:00"]
    sections |= _drawn(pipes, nodes) | {"END": []}
    numbered = [(name, text) for name, texts in sections.items() for text in (f"[{name}]", *texts)]
    lost = [f"uten_sted=va_node:{one}" for one in nodes["node_id"] if one not in kept]
    about = ["tegnsett=utf-8", "linjeskift=lf", f"linjer={len(numbered)}", f"crs={CRS_OF_RECORD}"]
    about += lost
    rows = [("_askergeo", k, text) for k, text in enumerate(about)]
    rows += [(name, k + 1, text) for k, (name, text) in enumerate(numbered)]
    table = pd.DataFrame(rows, columns=["seksjon", "rad", "tekst"])
    table.insert(0, "modell_id", MODEL)
    table.insert(1, "program", "epanet")
    return table


def _node_lines(nodes: pd.DataFrame) -> dict[str, list[str]]:
    """Junctions with their use, and sources and basins as fixed levels."""
    fixed = nodes["type"].isin(["kilde", "basseng"]).to_numpy()
    columns = [nodes[name].tolist() for name in ("node_id", "hoyde", "behov_l_s")]
    lines = [(f" {name} {level:.2f}", use) for name, level, use in zip(*columns, strict=True)]
    return {
        "JUNCTIONS": [f"{lines[k][0]} {lines[k][1]:.5f}" for k in np.flatnonzero(~fixed).tolist()],
        "RESERVOIRS": [lines[k][0] for k in np.flatnonzero(fixed).tolist()],
    }


def _pipe_lines(water: Water, pipes: pd.DataFrame, nodes: pd.DataFrame) -> dict[str, list[str]]:
    """Pipes, of which one is closed at each shut valve, pumps and reduction valves."""
    net = water.net.pipes
    shut = (nodes["status"] == "stengt").to_numpy()[net["start"].to_numpy()]
    metres = shapely.length(pipes["geometry"].to_numpy())
    names = ["ledning_id", "fra_node_id", "til_node_id", "dimensjon_mm", "ruhet", "funksjon"]
    columns = [pipes[name].tolist() for name in names]
    level = nodes["hoyde"].to_numpy()
    lines: dict[str, list[str]] = {"PIPES": [], "PUMPS": [], "VALVES": [], "CURVES": []}
    for k, (name, start, end, size, rough, kind) in enumerate(zip(*columns, strict=True)):
        if kind == "pumpe":
            rise, flow = max(float(net["rise"].iloc[k]), 5.0) + 3.0, float(net["flow"].iloc[k])
            lines["PUMPS"].append(f" {name} {start} {end} HEAD K{name}")
            for share, head in _PUMP_CURVE:
                lines["CURVES"].append(f" K{name} {share * flow:.2f} {head * rise:.2f}")
        elif kind == "ventil":
            setting = max(float(net["head"].iloc[k]) - level[net["end"].iloc[k]], 1.0)
            lines["VALVES"].append(f" {name} {start} {end} {size} PRV {setting:.2f} 0")
        else:
            state = "Closed" if shut[k] else "Open"
            lines["PIPES"].append(
                f" {name} {start} {end} {metres[k]:.2f} {size} {rough:.0f} 0 {state}"
            )
    return lines


def _drawn(pipes: pd.DataFrame, nodes: pd.DataFrame) -> dict[str, list[str]]:
    """Places of the nodes and bends of the pipes."""
    xy = shapely.get_coordinates(nodes["geometry"].to_numpy()).tolist()
    places = [f" {name} {x:.2f} {y:.2f}" for name, (x, y) in zip(nodes["node_id"], xy, strict=True)]
    points, owner = shapely.get_coordinates(pipes["geometry"].to_numpy(), return_index=True)
    first = np.r_[True, owner[1:] != owner[:-1]]
    inner = ~first & ~np.r_[first[1:], True]
    ids = pipes["ledning_id"].to_numpy()[owner[inner]].tolist()
    bends = [
        f" {name} {x:.2f} {y:.2f}" for name, (x, y) in zip(ids, points[inner].tolist(), strict=True)
    ]
    return {"COORDINATES": places, "VERTICES": bends}
