"""What an EPANET model of the example's water needs beyond pipes and nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from askergeo.example.pipe_water import Water

__all__ = ["MODEL", "model_rows", "size_pumps"]

MODEL = "vann"


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


def model_rows(water: Water, pipes: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """Return va_modell: pumps with their curves, reduction valves with their settings, options."""
    net = water.net.pipes
    ids = pipes["ledning_id"].to_numpy()[: len(net)]
    start, end = (pipes[name].to_numpy()[: len(net)] for name in ("fra_node_id", "til_node_id"))
    level = nodes["hoyde"].to_numpy()[: len(water.net.nodes)]
    size = pipes["dimensjon_mm"].to_numpy()[: len(net)]
    lines: dict[str, list[str]] = {"PUMPS": [], "VALVES": [], "CURVES": []}
    for row in np.flatnonzero((net["funksjon"] == "pumpe").to_numpy()).tolist():
        curve = f"K{len(lines['CURVES']) + 1}"
        rise = max(float(net["rise"].iloc[row]), 5.0)
        lines["PUMPS"].append(f"{ids[row]} {start[row]} {end[row]} HEAD {curve}")
        lines["CURVES"].append(f"{curve} {net['flow'].iloc[row]:.2f} {rise + 6.0:.1f}")
    for row in np.flatnonzero((net["funksjon"] == "ventil").to_numpy()).tolist():
        setting = float(net["head"].iloc[row]) - level[net["end"].iloc[row]]
        lines["VALVES"].append(
            f"{ids[row]} {start[row]} {end[row]} {size[row]} PRV {max(setting, 1.0):.1f} 0"
        )
    lines["OPTIONS"] = ["UNITS LPS", "HEADLOSS H-W", "TRIALS 200", "ACCURACY 0.001"]
    rows = [
        ("vann", "epanet", section, k + 1, text)
        for section, texts in lines.items() for k, text in enumerate(texts)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["modell_id", "program", "seksjon", "rad", "tekst"])
