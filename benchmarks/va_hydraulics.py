"""Hydraulic models: a town of 100 000 pipes as an .inp file, read and run, beside wntr.

Nine reservoirs feed a grid of streets with a main in each, and from the crossings service pipes go
to the customers, two to a main, who take a little each.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.case import Case

if TYPE_CHECKING:
    from pathlib import Path

SIDE = 129
SERVICES = 67_000
_SOURCES = 9
_SEED = 20_263
_FILE = "nett.inp"


def cases() -> list[Case]:
    """Return the cases."""
    pipes = 2 * SIDE * (SIDE - 1) + SERVICES + _SOURCES
    return [
        Case(
            name="va-inp",
            work=f"read an .inp file of {pipes} pipes: elements, places, checks with line numbers "
            "and EPANET's own opening",
            ours=_read,
            prepare=_write,
            peer="wntr WaterNetworkModel(file) (no checks)",
            run_peer=_read_by_wntr,
            difference=_apart,
            needs=("wntr",),
            rounds=2,
            group="va",
        ),
        Case(
            name="va-hydraulikk",
            work=f"pressures and flows of {pipes} pipes from the file, one hour",
            ours=_run,
            prepare=_write,
            peer="wntr EpanetSimulator (its model read beforehand)",
            load_peer=lambda folder: _wntr_model(folder / _FILE),
            run_peer=_run_by_wntr,
            difference=_apart,
            needs=("wntr",),
            rounds=2,
            group="va",
        ),
    ]


def _write(folder: Path) -> None:
    """Write the model: metres, l/s, Hazen-Williams."""
    random = np.random.default_rng(_SEED)
    column, row = (one.ravel() for one in np.meshgrid(np.arange(SIDE), np.arange(SIDE)))
    height = 20 + 10 * np.sin(column / 40) + 5 * np.cos(row / 25)
    take = random.uniform(0.002, 0.01, SERVICES)
    street = np.arange(SERVICES) % len(column)
    index = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    start = np.concatenate([index[:, :-1].ravel(), index[:-1].ravel()])
    end = np.concatenate([index[:, 1:].ravel(), index[1:].ravel()])
    size = random.choice([100, 150, 200, 300], len(start), p=[0.2, 0.4, 0.3, 0.1])
    fed = index[SIDE // 6 :: SIDE // 3, SIDE // 6 :: SIDE // 3].ravel()[:_SOURCES]
    lines = ["[JUNCTIONS]"]
    lines += [f" n{k} {height[k]:.2f} 0" for k in range(len(column))]
    lines += [f" s{k} {height[at]:.2f} {take[k]:.4f}" for k, at in enumerate(street)]
    lines += ["[RESERVOIRS]", *(f" k{k} 90" for k in range(_SOURCES)), "[PIPES]"]
    lines += [
        f" r{k} n{a} n{b} 60 {mm} 120 0 Open"
        for k, (a, b, mm) in enumerate(zip(start, end, size, strict=True))
    ]
    lines += [f" t{k} n{at} s{k} 15 32 140 0 Open" for k, at in enumerate(street)]
    lines += [f" m{k} k{k} n{node} 100 500 130 0 Open" for k, node in enumerate(fed)]
    lines += ["[OPTIONS]", " Units LPS", " Headloss H-W", " Accuracy 0.0001", " Trials 200"]
    lines += ["[TIMES]", " Duration 0", "[COORDINATES]"]
    lines += [f" n{k} {60 * column[k]} {60 * row[k]}" for k in range(len(column))]
    lines += [
        f" s{k} {60 * column[at] + 9} {60 * row[at] + 2 * (k % 7)}" for k, at in enumerate(street)
    ]
    lines += [f" k{k} {60 * column[node] + 20} {60 * row[node] + 20}" for k, node in enumerate(fed)]
    (folder / _FILE).write_text("\n".join([*lines, "[END]"]) + "\n")


def _read(folder: Path) -> Any:  # noqa: ANN401
    from askergeo.sources.inp import read_inp  # noqa: PLC0415

    model = read_inp(folder / _FILE)
    links = [one for one in model.elements if one.ends is not None]
    length = sum(float(one.columns["lengde_m"].value or 0) for one in links)
    return np.array([len(model.elements) - len(links), len(links), length])


def _read_by_wntr(folder: Path) -> Any:  # noqa: ANN401
    model = _new_wntr_model(folder / _FILE)
    length = sum(pipe.length for _, pipe in model.pipes())
    return np.array([model.num_nodes, model.num_links, length])


def _new_wntr_model(file: Path) -> Any:  # noqa: ANN401
    from wntr.network import WaterNetworkModel  # noqa: PLC0415  (an extra, and heavy)

    return WaterNetworkModel(str(file))


@lru_cache(maxsize=1)
def _wntr_model(file: Path) -> Any:  # noqa: ANN401
    return _new_wntr_model(file)


def _run(folder: Path) -> Any:  # noqa: ANN401
    from askergeo.va.hydraulics import run_epanet  # noqa: PLC0415

    run = run_epanet(folder / _FILE)
    return run.pressure_m[0, np.argsort(run.node)]


def _run_by_wntr(folder: Path) -> Any:  # noqa: ANN401
    from wntr.sim import EpanetSimulator  # noqa: PLC0415  (an extra, and heavy)

    simulator = EpanetSimulator(_wntr_model(folder / _FILE))
    found = simulator.run_sim(file_prefix=str(folder / "wntr")).node["pressure"].iloc[0]
    return found.sort_index().to_numpy(dtype=np.float64)


def _apart(ours: Any, theirs: Any) -> float:  # noqa: ANN401
    return float(np.abs(ours - theirs).max())
