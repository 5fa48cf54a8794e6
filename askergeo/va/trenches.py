"""Pipes of the same trench, and the stretches of street that they are renewed by.

Pipes with the same trench id share a trench. Where the id is missing, a pipe shares the trench of
the pipe of another kind that lies along it within a distance. Trenches of the same street that
touch are a stretch; long stretches are cut in equal parts, short ones join others they touch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.geometry import components

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Whole = NDArray[np.int64]
    Lines = NDArray[np.object_]

__all__ = ["merge_short", "same_trench", "street_of", "stretches", "touching", "trench_metres"]

# Places along a pipe that are held against the pipes around, and how many must lie beside one.
_PLACES: Final = (1 / 6, 1 / 2, 5 / 6)
_MUST: Final = 2


def same_trench(lines: Lines, kind: Whole, trench_id: NDArray[np.object_], metres: float) -> Whole:
    """Find which pipes lie in the same trench, as a number each.

    Parameters
    ----------
    lines
        The pipes, (n,); missing ones are alone.
    kind
        What they carry, (n,): only pipes of different kinds share a trench without an id.
    trench_id
        Id of the trench, ``None`` unknown, (n,).
    metres
        How far from each other they may lie.

    Examples
    --------
    >>> pair = np.array([shapely.LineString([(0, y), (50, y)]) for y in (0, 1)], dtype=object)
    >>> same_trench(pair, np.array([0, 1]), np.array([None, None], dtype=object), 3.0).tolist()
    [0, 0]
    """
    codes, _ = pd.factorize(pd.Series(trench_id, dtype=object))
    known = np.flatnonzero(codes >= 0)
    first = np.full(codes.max(initial=-1) + 1, -1, dtype=np.int64)
    first[codes[known][::-1]] = known[::-1]
    beside, other = _beside(lines, kind, codes, metres)
    one = np.concatenate([known, beside])
    two = np.concatenate([first[codes[known]], other])
    return np.asarray(components(one, two, len(lines)), dtype=np.int64)


def _beside(lines: Lines, kind: Whole, codes: Whole, metres: float) -> tuple[Whole, Whole]:
    """Pair each pipe without an id with the one of another kind that lies along most of it."""
    drawn = np.flatnonzero(~(shapely.is_missing(lines) | shapely.is_empty(lines)))
    if not len(drawn):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    tree = shapely.STRtree(lines[drawn])
    # Two ids are two trenches; a pipe without one may lie in the trench of one with.
    asked = drawn[codes[drawn] < 0]
    places = [shapely.line_interpolate_point(lines[asked], at, normalized=True) for at in _PLACES]
    points = np.concatenate(places)
    point, found = tree.query(points, predicate="dwithin", distance=metres)
    pipe, other = asked[point % max(len(asked), 1)], drawn[found]
    may = kind[pipe] != kind[other]
    away = shapely.distance(points[point[may]], lines[other[may]])
    near = pd.DataFrame({"pipe": pipe[may], "other": other[may], "away": away})
    sums = near.groupby(["pipe", "other"])["away"].agg(["size", "sum"]).reset_index()
    sums = sums[sums["size"] >= _MUST]
    sums = sums.sort_values(["pipe", "size", "sum", "other"], ascending=[True, False, True, True])
    best = sums.drop_duplicates("pipe")
    return best["pipe"].to_numpy(np.int64), best["other"].to_numpy(np.int64)


def street_of(lines: Lines, streets: Lines, names: NDArray[np.object_], metres: float) -> Whole:
    """Place in ``names`` of the street nearest to the middle of each pipe, −1 for none, (n,).

    Parameters
    ----------
    lines
        The pipes.
    streets, names
        Streets with a name.
    metres
        How far away the street may be.
    """
    found = np.full(len(lines), -1, dtype=np.int64)
    drawn = np.flatnonzero(~(shapely.is_missing(lines) | shapely.is_empty(lines)))
    if not len(drawn) or not len(streets):
        return found
    middle = shapely.line_interpolate_point(lines[drawn], 0.5, normalized=True)
    pipe, street = shapely.STRtree(streets).query_nearest(
        middle, max_distance=metres, all_matches=False
    )
    code, _ = pd.factorize(pd.Series(names, dtype=object))
    found[drawn[pipe]] = code[street]
    return found


def touching(lines: Lines, trench: Whole, near: float) -> tuple[Whole, Whole]:
    """Pair the trenches that have pipes within a distance of each other, each pair once.

    Parameters
    ----------
    lines, trench
        The pipes and their trenches, numbered from 0, (n,).
    near
        The distance, metres.
    """
    drawn = np.flatnonzero(~(shapely.is_missing(lines) | shapely.is_empty(lines)))
    tree = shapely.STRtree(lines[drawn])
    one, two = tree.query(lines[drawn], predicate="dwithin", distance=near)
    one, two = trench[drawn[one]], trench[drawn[two]]
    size = int(trench.max(initial=0)) + 1
    pairs = np.unique((one * size + two)[one < two])
    return pairs // size, pairs % size


def stretches(
    lines: Lines,
    kind: Whole,
    trench: Whole,
    street: Whole,
    metres: Numbers,
    *,
    pairs: tuple[Whole, Whole],
    longest: float,
) -> Whole:
    """Find which stretch of street each pipe is of, as a number each, (n,).

    Parameters
    ----------
    lines, kind, trench, street, metres
        The pipes, what they carry, their trenches (numbered from 0), streets (−1 without a name)
        and lengths.
    pairs
        Trenches that touch: those of the same street are of the same stretch.
    longest
        A stretch that is longer is cut in equal parts; a trench is never cut.
    """
    own = _street_of_trench(trench, street, metres)
    one, two = pairs
    like = own[one] == own[two]
    joined = components(one[like].astype(np.intp), two[like].astype(np.intp), len(own))
    length = trench_metres(trench, kind, trench, metres)
    part = _parts(lines, trench, np.asarray(joined, dtype=np.int64), length, longest)
    pair = np.stack([joined, part], axis=1)
    return np.unique(pair, axis=0, return_inverse=True)[1].ravel().astype(np.int64)[trench]


def merge_short(length: Numbers, pairs: tuple[Whole, Whole], least: float) -> Whole:
    """Let stretches that are too short join others that they touch; the number of each after.

    Short ones join each other first; those that are short still join the longest one they touch.

    Parameters
    ----------
    length
        Metres of each stretch, (s,); one of no length neither joins nor is joined.
    pairs
        Stretches that touch.
    least
        A stretch shorter than this is too short.

    Examples
    --------
    >>> touch = np.array([0, 1]), np.array([1, 2])
    >>> merge_short(np.array([300.0, 40.0, 0.0]), touch, 100.0).tolist()
    [0, 0, 2]
    """
    there = length > 0
    one, two = pairs
    both = there[one] & there[two] & (one != two)
    one, two = one[both].astype(np.intp), two[both].astype(np.intp)
    short = there & (length < least)
    mine = short[one] & short[two]
    after = components(one[mine], two[mine], len(length)).astype(np.int64)
    total = np.bincount(after, weights=length)
    left = (total < least) & (total > 0)
    a, b = (np.concatenate(pair) for pair in ((after[one], after[two]), (after[two], after[one])))
    ask = left[a] & ~left[b]
    a, b = a[ask], b[ask]
    order = np.lexsort((b, -total[b], a))
    a, first = np.unique(a[order], return_index=True)
    into = np.arange(len(total))
    into[a] = b[order][first]
    return into[after]


def _street_of_trench(trench: Whole, street: Whole, metres: Numbers) -> Whole:
    """Street of most metres of each trench."""
    frame = pd.DataFrame({"trench": trench, "street": street, "metres": metres})
    sums = frame.groupby(["trench", "street"])["metres"].sum().reset_index()
    sums = sums.sort_values(["trench", "metres", "street"], ascending=[True, False, True])
    return sums.drop_duplicates("trench")["street"].to_numpy(np.int64)


def _parts(lines: Lines, trench: Whole, joined: Whole, length: Numbers, longest: float) -> Whole:
    """Cut long stretches by the order of their trenches along the stretch's main direction."""
    part = np.zeros(len(length), dtype=np.int64)
    total = np.bincount(joined, weights=length)
    count = np.maximum(np.ceil(total / longest), 1).astype(np.int64)
    middle = _middles(lines)
    xy = np.zeros((len(length), 2))
    xy[trench[::-1]] = middle[::-1]
    order = np.argsort(joined, kind="stable")
    first = np.searchsorted(joined[order], np.arange(len(total) + 1))
    for number in np.flatnonzero(count > 1):
        mine = order[first[number] : first[number + 1]]
        place = xy[mine] - xy[mine].mean(axis=0)
        _, _, axes = np.linalg.svd(place, full_matrices=False)
        along = mine[np.argsort(place @ axes[0], kind="stable")]
        half = np.cumsum(length[along]) - length[along] / 2
        part[along] = np.floor(half / total[number] * count[number]).astype(np.int64)
    return part


def _middles(lines: Lines) -> Numbers:
    """Middle of each line, the origin where there is none, (n, 2)."""
    xy = np.zeros((len(lines), 2))
    drawn = ~(shapely.is_missing(lines) | shapely.is_empty(lines))
    xy[drawn] = shapely.get_coordinates(shapely.centroid(lines[drawn]))
    return xy


def trench_metres(trench: Whole, kind: Whole, group: Whole, metres: Numbers) -> Numbers:
    """Metres of trench of each group: in each trench those of the kind that has most.

    Parameters
    ----------
    trench, kind, group, metres
        Of each pipe, (n,); ``group`` is numbered from 0.

    Examples
    --------
    A water pipe of 100 m and two sewers of 60 m beside it are 120 m of trench.

    >>> trench_metres(np.zeros(3, int), np.array([0, 1, 1]), np.zeros(3, int),
    ...               np.array([100.0, 60.0, 60.0])).tolist()
    [120.0]
    """
    frame = pd.DataFrame({"group": group, "trench": trench, "kind": kind, "metres": metres})
    sums = frame.groupby(["group", "trench", "kind"])["metres"].sum()
    longest = sums.groupby(level=["group", "trench"]).max()
    of = longest.index.get_level_values("group").to_numpy()
    size = int(group.max(initial=-1)) + 1
    return np.bincount(of, weights=longest.to_numpy(), minlength=size).astype(np.float64)
