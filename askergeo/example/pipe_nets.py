"""A net of one medium while it is laid: pipes in trenches, nodes, and what cuts them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely
import shapely.ops
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from askergeo.example.shapes import line_array

if TYPE_CHECKING:
    from askergeo.example.land import Array
    from askergeo.example.pipe_streets import Trenches

__all__ = ["Net", "accumulate", "cut_pipes", "links_between", "net_of", "ways_out"]

#: Metres that the pipes of a medium lie beside the middle of the trench (east, north).
BESIDE: Final = {"vann": (0.0, 0.0), "avlop": (1.1, 0.7), "overvann": (-1.1, -0.7)}


@dataclass
class Net:
    """Nodes and pipes of one medium; ``start`` and ``end`` of a pipe are rows of the nodes."""

    nodes: pd.DataFrame
    pipes: pd.DataFrame

    def ends(self) -> Array:
        """Rows of the nodes at the two ends of each pipe (m, 2)."""
        return self.pipes[["start", "end"]].to_numpy()


def net_of(trenches: Trenches, links: Array, medium: str, ends: Array | None = None) -> Net:
    """Lay a pipe in each link, from the first end to the second, or as ``ends`` (m, 2) says."""
    given = trenches.ends[links]
    ends = given if ends is None else ends
    used, index = np.unique(ends, return_inverse=True)
    turned = given[:, 0] != ends[:, 0]
    lines = trenches.lines[links].copy()
    lines[turned] = shapely.reverse(lines[turned])
    shift = np.array(BESIDE[medium])
    lines = shapely.transform(lines, lambda xy: np.round(xy + shift, 2))
    xy = np.round(trenches.xy[used] + shift, 2)
    nodes = pd.DataFrame(
        {"x": xy[:, 0], "y": xy[:, 1], "hoyde": trenches.z[used], "type": "kum", "trench": used}
    )
    index = index.reshape(-1, 2)
    pipes = pd.DataFrame(
        {"start": index[:, 0], "end": index[:, 1], "link": links, "geometry": lines}
    )
    return Net(nodes, pipes)


def links_between(trenches: Trenches, pairs: Array) -> Array:
    """Return the link of each pair of nodes (n, 2); -1 where there is none."""
    count = len(trenches.xy)
    known, link = trenches.by_ends
    low, high = np.sort(pairs, axis=1).T
    at = np.minimum(np.searchsorted(known, low * count + high), len(known) - 1)
    return np.where(known[at] == low * count + high, link[at], -1)


def ways_out(graph: csr_array, sources: Array) -> tuple[Array, Array]:
    """Distance of each node from the nearest source, and the node before it (-9999 none)."""
    metres, before, _ = dijkstra(
        graph, directed=False, indices=sources, min_only=True, return_predecessors=True
    )
    return metres, before


def accumulate(before: Array, metres: Array, weight: Array) -> Array:
    """Sum weights of all nodes behind each node of a tree, itself included."""
    total = weight.astype(float).copy()
    order = np.argsort(-np.where(np.isfinite(metres), metres, -1.0), kind="stable")
    for node in order.tolist():
        if before[node] >= 0:
            total[before[node]] += total[node]
    return total


def cut_pipes(net: Net, pipes: Array, node: dict[str, Any], *, gap: float = 0.0) -> Array:
    """Cut pipes in the middle and return the rows of the new nodes.

    With a ``gap`` (metres) two nodes are made with a short pipe between them, a device; the rows
    returned are those of the first of them, and the devices are the last pipes of the net, in
    the order of ``pipes``.
    """
    old = net.pipes.loc[pipes].reset_index(drop=True)
    lines = old["geometry"].to_numpy()
    half = shapely.length(lines) / 2
    stops = [half - gap / 2, half + gap / 2] if gap else [half]
    at = [shapely.get_coordinates(shapely.line_interpolate_point(lines, s)).round(2) for s in stops]
    first = len(net.nodes)
    count = len(pipes)
    ends = net.nodes["hoyde"].to_numpy()
    level = (ends[old["start"]] + ends[old["end"]]) / 2
    made = [
        pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1], "hoyde": level, "trench": -1, **more})
        for xy, more in zip(at, (node, {"type": "kum"}), strict=False)
    ]
    net.nodes = pd.concat([net.nodes, *made], ignore_index=True)
    rows = first + np.arange(count)
    far = rows + count * (len(stops) - 1)
    front = [shapely.ops.substring(a, 0, s) for a, s in zip(lines, stops[0], strict=True)]
    back = [shapely.ops.substring(a, s, a.length) for a, s in zip(lines, stops[-1], strict=True)]
    parts = [
        old.assign(end=rows, geometry=_ended(front, at[0], -1)),
        old.assign(start=far, geometry=_ended(back, at[-1], 0)),
    ]
    if gap:
        short = line_array(np.stack([at[0], at[1]], axis=1))
        parts.append(old.assign(start=rows, end=far, geometry=short))
    net.pipes = pd.concat([net.pipes.drop(index=pipes.tolist()), *parts], ignore_index=True)
    return np.asarray(rows)


def _ended(lines: list[Any], xy: Array, which: int) -> Array:
    """Give lines exact rounded end points, so that the pieces still meet."""
    coordinates, owner = shapely.get_coordinates(np.array(lines, dtype=object), return_index=True)
    opening = np.r_[True, owner[1:] != owner[:-1]]
    at = np.flatnonzero(opening if which == 0 else np.r_[opening[1:], True])
    coordinates[at] = xy
    return np.asarray(shapely.linestrings(coordinates, indices=owner))


def symmetric(ends: Array, weight: Array, count: int) -> csr_array:
    """Return a symmetric graph; parallel pipes must not be there."""
    both = (np.r_[weight, weight], (np.r_[ends[:, 0], ends[:, 1]], np.r_[ends[:, 1], ends[:, 0]]))
    return csr_array(coo_array(both, shape=(count, count)))
