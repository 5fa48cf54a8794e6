"""The lines of a model for EPANET that is made from the map of pipes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.va._hydraulic_devices import Devices
    from askergeo.va._net_model import PipeNetwork

    Reals = NDArray[np.float64]
    Truth = NDArray[np.bool_]

__all__ = [
    "demand_lines",
    "device_lines",
    "node_lines",
    "pipe_lines",
    "place_lines",
    "rest_lines",
    "shut_lines",
]

_HOURS: Final = 24
#: EPANET refuses pipes of no length.
LEAST_M: Final = 0.1
_USE, _LEAK = "forbruk", "lekkasje"


def node_lines(node_id: NDArray[np.object_], height: Reals, taps: Truth) -> list[str]:
    return ["[JUNCTIONS]", *(f" {node_id[one]}\t{height[one]:.3f}" for one in np.flatnonzero(taps))]


def demand_lines(
    node_id: NDArray[np.object_], demand: Reals, leak: Reals, taps: Truth
) -> list[str]:
    lines = ["[DEMANDS]"]
    for one in np.flatnonzero(taps):
        if demand[one]:
            lines.append(f" {node_id[one]}\t{demand[one]:.6f}\t{_USE}")
        if leak[one]:
            lines.append(f" {node_id[one]}\t{leak[one]:.6f}\t{_LEAK}")
    return [*lines, ""]


def pipe_lines(
    network: PipeNetwork,
    link_id: NDArray[np.object_],
    ends: tuple[NDArray[np.object_], NDArray[np.object_]],
    sizes: tuple[Reals, Reals],
    kept: Truth,
) -> list[str]:
    lines = ["[PIPES]"]
    for one in np.flatnonzero(kept):
        state = "Closed" if network.closed[one] else "Open"
        length = max(float(network.length_m[one]), LEAST_M)
        lines.append(
            f" {link_id[one]}\t{ends[0][one]}\t{ends[1][one]}\t{length:.2f}"
            f"\t{sizes[0][one]:.1f}\t{sizes[1][one]:.1f}\t0\t{state}"
        )
    return lines


def shut_lines(node_id: NDArray[np.object_], twins: dict[str, int]) -> list[str]:
    """Shut pipes across the valves: EPANET cannot solve parts that hang on nothing at all."""
    lines = [
        f" {name}\t{node_id[one]}\t{name}\t{LEAST_M}\t100\t130\t0\tClosed"
        for name, one in twins.items()
    ]
    return [*lines, ""]


def device_lines(
    devices: Devices,
    pieces: dict[int, str],
    link_id: NDArray[np.object_],
    ends: tuple[NDArray[np.object_], NDArray[np.object_]],
) -> list[str]:
    """Lines of pumps and valves, in the direction that they work."""
    lines: dict[str, list[str]] = {"PUMPS": [], "VALVES": []}
    for piece, name in pieces.items():
        section, nodes, rest = devices.rows[name]
        start, end = ends[0][piece], ends[1][piece]
        if nodes[0] == end or nodes[1] == start:
            start, end = end, start
        lines[section].append(f" {link_id[piece]}\t{start}\t{end}\t{rest}")
    curves = devices.curves if pieces else ()
    return [
        "[PUMPS]", *lines["PUMPS"], "", "[VALVES]", *lines["VALVES"], "",
        "[CURVES]", *(f" {one}" for one in curves), "",
    ]  # fmt: skip


def rest_lines(parameters: Parameters) -> list[str]:
    told = parameters["va_hydraulikk_dogn"]
    shape = np.array([float(str(one).replace(",", ".")) for one in told])
    shape = shape / shape.mean()
    rows = [" ".join(f"{one:.4f}" for one in part) for part in np.array_split(shape, 4)]
    return [
        "[PATTERNS]",
        *(f" {_USE} {row}" for row in rows),
        f" {_LEAK} 1.0",
        "",
        "[TIMES]",
        f" Duration {_HOURS - 1}:00",
        " Hydraulic Timestep 1:00",
        " Pattern Timestep 1:00",
        " Report Timestep 1:00",
        "",
        "[OPTIONS]",
        " Units LPS",
        " Headloss H-W",
        " Quality None",
        "",
        "[REPORT]",
        " Messages No",
        "",
    ]


def place_lines(
    network: PipeNetwork,
    names: tuple[NDArray[np.object_], NDArray[np.object_]],
    kept: tuple[Truth, Truth],
    twins: dict[str, int],
) -> list[str]:
    nodes = [(str(names[0][one]), int(one)) for one in np.flatnonzero(kept[0])]
    places = network.xy
    lines = ["[COORDINATES]"]
    lines += [f" {name}\t{places[one, 0]:.3f}\t{places[one, 1]:.3f}"
              for name, one in (*nodes, *twins.items())]  # fmt: skip
    lines += ["", "[VERTICES]"]
    for one in np.flatnonzero(kept[1]):
        inner = slice(network.coordinate_ptr[one] + 1, network.coordinate_ptr[one + 1] - 1)
        lines += [f" {names[1][one]}\t{x:.3f}\t{y:.3f}" for x, y in network.coordinates[inner]]
    return [*lines, ""]
