"""Whom a new link would serve: breaks in the network, and links that somebody has drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from askergeo.analyses._reach_times import subset
from askergeo.geometry import geometries
from askergeo.network.paths import matrix, nearest
from askergeo.network.snapping import snap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from askergeo.geometry import Geometries
    from askergeo.network.graph import WalkGraph
    from askergeo.network.paths import Network
    from askergeo.network.snapping import Places

__all__ = ["Link", "Links", "best_links", "links_of"]

# The end of a break stands on the network; this is room for rounding.
_ON_NETWORK_M = 0.5
# Links whose ends are searched from at a time.
_CHUNK = 64


@dataclass(frozen=True)
class Links:
    """Links that could be built.

    Parameters
    ----------
    lines
        Their lines, (q,).
    names
        What to call each; empty for a break in the network, (q,).
    ends
        Where both ends meet the network: rows ``2 i`` and ``2 i + 1`` are link ``i``.
    """

    lines: Geometries
    names: NDArray[np.object_]
    ends: Places

    @property
    def unsnapped(self) -> NDArray[np.intp]:
        """Links of which an end does not meet the network, (u,)."""
        return np.unique(np.asarray(self.ends.unsnapped, dtype=np.intp) // 2)


class Link(NamedTuple):
    """What one link gives.

    ``complete`` are homes that get all groups within the limit, ``faster`` homes with a shorter
    way to some group, both as rows with persons; ``saved`` is person-minutes.
    """

    number: int
    complete: NDArray[np.bool_]
    faster: NDArray[np.bool_]
    saved: float


def links_of(
    graph: WalkGraph, gaps: gpd.GeoDataFrame, drawn: gpd.GeoDataFrame | None, reach_m: float
) -> Links:
    """Snap the ends of breaks and drawn links to the network.

    Parameters
    ----------
    gaps
        Breaks that the repair report found.
    drawn
        The layer ``lenkeforslag``.
    reach_m
        How far the end of a drawn link may be from the network.
    """
    breaks = shapely.get_parts(geometries(gaps)) if len(gaps) else np.empty(0, dtype=object)
    own = np.empty(0, dtype=object)
    names: list[str] = []
    if drawn is not None and len(drawn):
        own, row = shapely.get_parts(geometries(drawn), return_index=True)
        given = drawn["navn"].fillna("").astype(str).to_numpy() if "navn" in drawn else None
        names = [(given[r] if given is not None else "") or f"Tegnet lenke {r + 1}" for r in row]
    lines = np.concatenate([breaks, own])
    ends = np.column_stack([shapely.get_point(lines, 0), shapely.get_point(lines, -1)]).ravel()
    on = gpd.GeoSeries(ends, crs=graph.crs)
    at_break = snap(graph, on.iloc[: 2 * len(breaks)], reach_m=_ON_NETWORK_M)
    at_own = snap(graph, on.iloc[2 * len(breaks) :], reach_m=reach_m)
    names = [""] * len(breaks) + names
    return Links(lines, np.array(names, dtype=object), _joined(at_break, at_own))


def _joined(one: Places, two: Places) -> Places:
    return type(one)(
        row=np.concatenate([one.row, two.row + np.int32(one.count)]).astype(np.int32),
        edge=np.concatenate([one.edge, two.edge]),
        share=np.concatenate([one.share, two.share]),
        access=np.concatenate([one.access, two.access]),
        count=one.count + two.count,
        unsnapped=np.concatenate([one.unsnapped, two.unsnapped + np.int32(one.count)]).astype(
            np.int32
        ),
        distance=np.concatenate([one.distance, two.distance]),
    )


def best_links(
    network: Network,
    links: Links,
    homes: Places,
    *,
    targets: Mapping[str, Places],
    minutes: Mapping[str, NDArray[np.float64]],
    weights: NDArray[np.float64],
    second_per_metre: float,
    limits: tuple[float, ...],
    count: int,
) -> list[Link]:
    """Rank the links by whom they give a complete settlement, then by minutes saved.

    With the link the way to a group is the old one, or through the link in one of its two
    directions: to one end, across, and on from the other end to the nearest of the group. No
    shortest way uses a link twice, so this is exact.

    Parameters
    ----------
    network
        The network with the profile's costs, without the links.
    links, homes
        Where links and homes meet it.
    targets
        Services of each group.
    minutes
        Minutes from each home to each group now, (r,) each; ``inf`` beyond the longest limit.
    weights
        Persons of each home, (r, w): the first column ranks before the next, the last is all.
    second_per_metre
        What a metre of link costs; a link is reckoned flat.
    limits
        Minutes, ascending: complete within the first, saved up to the last.
    count
        How many links at most.
    """
    seconds = np.asarray(shapely.length(links.lines), dtype=np.float64) * second_per_metre
    onward = nearest(network, links.ends, list(targets.values()), limit=limits[-1] * 60.0).cost
    useful = _useful(np.asarray(onward, dtype=np.float64), seconds)
    now = np.column_stack([minutes[group] for group in targets]) * 60.0
    people = weights.sum(axis=1) > 0
    known = ~np.isnan(now).any(axis=1) & people
    found: list[Link] = []
    for start in range(0, len(useful), _CHUNK):
        chosen = useful[start : start + _CHUNK]
        rows = np.zeros(links.ends.count, dtype=bool)
        rows[2 * chosen] = rows[2 * chosen + 1] = True
        # Only the ends of these links are columns, in their order.
        ends = _renumbered(subset(links.ends, rows), np.flatnonzero(rows))
        inward = matrix(network, subset(homes, known), ends, limit=limits[-1] * 60.0)
        for place, number in enumerate(np.sort(chosen)):
            link = _effect(
                int(number),
                inward=inward[:, 2 * place : 2 * place + 2],
                onward=onward[2 * number : 2 * number + 2],
                seconds=float(seconds[number]),
                now=now,
                known=known,
                weights=weights,
                limits=limits,
            )
            if link is not None:
                found.append(link)
    ranked = sorted(
        found, key=lambda one: (*weights[one.complete].sum(axis=0), one.saved), reverse=True
    )
    return ranked[:count]


def _renumbered(places: Places, rows: NDArray[np.intp]) -> Places:
    return type(places)(
        row=np.searchsorted(rows, places.row).astype(np.int32),
        edge=places.edge,
        share=places.share,
        access=places.access,
        count=len(rows),
        unsnapped=np.empty(0, dtype=np.int32),
        distance=np.empty(0),
    )


def _useful(onward: NDArray[np.float64], seconds: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the links that shorten the way to some group for somebody at one of their ends."""
    pairs = onward.reshape(-1, 2, onward.shape[1])
    across = pairs[:, ::-1] + seconds[:, None, None]
    # An end that does not meet the network is NaN, and so never shorter.
    return np.flatnonzero((across < pairs).any(axis=(1, 2)))


def _effect(
    number: int,
    *,
    inward: NDArray[np.float64],
    onward: NDArray[np.float64],
    seconds: float,
    now: NDArray[np.float64],
    known: NDArray[np.bool_],
    weights: NDArray[np.float64],
    limits: tuple[float, ...],
) -> Link | None:
    """Reckon the new times of the homes that reach the link; None when nobody gains."""
    rows = np.flatnonzero(np.isfinite(inward).any(axis=1) & known)
    through = np.minimum(
        inward[rows, :1] + seconds + onward[None, 1], inward[rows, 1:] + seconds + onward[None, 0]
    )
    before = now[rows]
    after = np.fmin(before, through)
    longest = limits[-1] * 60.0
    saved = (np.minimum(before, longest) - np.minimum(after, longest)).sum(axis=1)
    gain = saved > 0
    if not gain.any():
        return None
    first = limits[0] * 60.0
    newly = (after.max(axis=1) <= first) & (before.max(axis=1) > first)
    complete, faster = (np.zeros(len(now), dtype=bool) for _ in range(2))
    complete[rows[newly]] = True
    faster[rows[gain]] = True
    persons = weights[rows, -1]
    return Link(number, complete, faster, float((saved * persons).sum() / 60.0))
