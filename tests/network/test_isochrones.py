"""Isochrones against hand-counted streets, networkx, shapely, and PostGIS when it is here."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pytest
import shapely
import shapely.ops
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from askergeo.errors import ParameterError
from askergeo.network import _union
from askergeo.network.graph import WalkGraph
from askergeo.network.isochrones import isochrone, isochrone_fast, isochrone_lines
from askergeo.network.profiles import Costs
from askergeo.network.snapping import Places

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Two unions of the same buffers differ by rounding only (m²).
SAME_M2 = 1e-6
GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "make_golden.py"


def graph_of(lines: Sequence[Sequence[tuple[float, float]]]) -> WalkGraph:
    """A graph of lines that meet in their ends; arcs are left out, for nothing here follows them."""
    ends = np.array([[line[0], line[-1]] for line in lines], dtype=float)
    xy, node = np.unique(ends.reshape(-1, 2), axis=0, return_inverse=True)
    node = node.reshape(-1, 2).astype(np.int32)
    length = shapely.length([shapely.LineString(line) for line in lines])
    counts = [len(line) for line in lines]
    m = len(lines)
    return WalkGraph(
        crs="EPSG:25832",
        xy=xy,
        z=np.full(len(xy), np.nan, np.float32),
        start=node[:, 0],
        end=node[:, 1],
        length=length,
        piece_ptr=np.arange(m + 1),
        piece_length=length.astype(np.float32),
        piece_slope=np.full(m, np.nan, np.float32),
        kind=np.zeros(m, np.int8),
        ploughed=np.full(m, -1, np.int8),
        source=np.arange(m, dtype=np.int32),
        coordinates=np.concatenate([np.array(line, dtype=float) for line in lines]),
        coordinate_ptr=np.concatenate([[0], np.cumsum(counts)]),
        component=np.zeros(len(xy), np.int32),
        arc_ptr=np.zeros(len(xy) + 1, np.int64),
        arc_head=np.zeros(0, np.int32),
        arc_edge=np.zeros(0, np.int32),
        arc_forward=np.zeros(0, np.bool_),
    )


def network_of(graph: WalkGraph, forward=None, backward=None, *, access: float = 1.0):
    forward = graph.length if forward is None else np.asarray(forward, float)
    backward = forward if backward is None else np.asarray(backward, float)
    return SimpleNamespace(
        graph=graph, costs=Costs(forward=forward, backward=backward, access=access, unit="m")
    )


def places(edge: Sequence[int], share: Sequence[float], access: Sequence[float]) -> Places:
    count = len(edge)
    return Places(
        row=np.arange(count, dtype=np.int32),
        edge=np.array(edge, np.int32),
        share=np.array(share, float),
        access=np.array(access, float),
        count=count,
        unsnapped=np.empty(0, np.int32),
        distance=np.empty(0),
    )


def node_costs(network, seeds: Places, *, inward: bool = False) -> np.ndarray:
    """Search with scipy from (or to) a point outside that stands for all seeds."""
    graph, costs = network.graph, network.costs
    n = graph.nodes
    start, end = graph.start[seeds.edge], graph.end[seeds.edge]
    ahead, back = costs.forward[seeds.edge], costs.backward[seeds.edge]
    if inward:
        ahead, back = back, ahead
    access = seeds.access * costs.access
    tails, heads = (graph.start, graph.end) if not inward else (graph.end, graph.start)
    rows = np.concatenate([tails, heads, np.full(2 * len(start), n)])
    columns = np.concatenate([heads, tails, start, end])
    with np.errstate(invalid="ignore"):
        to_start = np.where(np.isinf(back), np.inf, access + seeds.share * back)
        to_end = np.where(np.isinf(ahead), np.inf, access + (1 - seeds.share) * ahead)
    values = np.concatenate([costs.forward, costs.backward, to_start, to_end])
    order = np.argsort(-values, kind="stable")  # of parallel arcs the cheapest is set last
    dense = np.full((n + 1, n + 1), np.inf)
    dense[rows[order], columns[order]] = values[order]
    kept = np.isfinite(dense)
    matrix = coo_array((dense[kept], np.nonzero(kept)), shape=dense.shape).tocsr()
    return dijkstra(matrix, indices=n)[:n]


def parts(network, seeds: Places, limit: float, *, inward: bool = False):
    found = isochrone_lines(
        network, node_costs(network, seeds, inward=inward), seeds, limit, inward=inward
    )
    return [
        (int(e), round(float(a), 9), round(float(b), 9))
        for e, a, b in zip(found.edge, found.start, found.stop, strict=True)
    ]


STREET = graph_of([[(0, 0), (100, 0)], [(100, 0), (200, 0)], [(100, 0), (100, 40), (100, 80)]])


def test_partial_edges_from_a_place_in_the_middle_of_one() -> None:
    seed = places([0], [0.5], [10.0])
    assert parts(network_of(STREET), seed, 9) == []
    assert parts(network_of(STREET), seed, 30) == [(0, 0.3, 0.7)]
    # 60 m to the node at 100; 20 m left in each of the two other streets.
    assert parts(network_of(STREET), seed, 80) == [(0, 0.0, 1.0), (1, 0.0, 0.2), (2, 0.0, 0.25)]


def test_the_line_of_a_part_is_cut_from_that_of_the_edge() -> None:
    network, seed = network_of(STREET), places([2], [0.25], [0.0])
    found = isochrone_lines(network, node_costs(network, seed), seed, 50)
    lines = dict(zip(found.edge.tolist(), found.lines(STREET), strict=True))
    assert lines[2].wkt == "LINESTRING (100 0, 100 40, 100 70)"
    assert lines[0].wkt == "LINESTRING (70 0, 100 0)"
    assert found.length(STREET) == pytest.approx(shapely.length(list(lines.values())))


def test_the_middle_of_an_edge_that_both_ends_fall_short_of() -> None:
    ring = graph_of([[(0, 0), (0, 60), (60, 60), (60, 0)], [(0, 0), (60, 0)]])
    seed = places([1], [0.5], [0.0])
    first, second = parts(network_of(ring), seed, 90)[:2]
    assert first == (0, 0.0, round(60 / 180, 9))
    assert second == (0, round(120 / 180, 9), 1.0)
    # From 120 m on they meet.
    assert parts(network_of(ring), seed, 120) == [(0, 0.0, 1.0), (1, 0.0, 1.0)]


def test_direction_and_what_cannot_be_walked() -> None:
    one = graph_of([[(0, 0), (100, 0)]])
    seed = places([0], [0.5], [0.0])
    assert parts(network_of(one, [100.0], [200.0]), seed, 20) == [(0, 0.4, 0.7)]
    assert parts(network_of(one, [100.0], [200.0]), seed, 20, inward=True) == [(0, 0.3, 0.6)]
    assert parts(network_of(one, [100.0], [np.inf]), seed, 20) == [(0, 0.5, 0.7)]
    assert parts(network_of(one, [np.inf], [np.inf]), seed, 20) == []


def test_unreached_nodes_are_unknown_or_endless() -> None:
    seed = places([0], [0.5], [0.0])
    for nothing in (np.inf, np.nan):
        costs = np.full(STREET.nodes, nothing)
        found = isochrone_lines(network_of(STREET), costs, seed, 20)
        assert found.edge.tolist() == [0]


def random_streets(seed: int, side: int = 6) -> WalkGraph:
    """Crooked streets of blocks about 70 m, some missing, some with bends."""
    rng = np.random.default_rng(seed)
    xy = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1) * 70.0
    xy = (xy + rng.uniform(-25, 25, xy.shape)).round(2) + np.array([600_000, 6_640_000])
    lines = []
    for i, j in np.ndindex(side, side):
        for other in ((i + 1, j), (i, j + 1)):
            if max(other) < side and rng.random() < 0.9:
                bends = np.linspace(xy[i, j], xy[other], int(rng.integers(2, 6)))
                bends[1:-1] += rng.uniform(-8, 8, bends[1:-1].shape)
                lines.append([tuple(point) for point in bends])
    return graph_of(lines)


def networkx_lines(network, seeds: Places, limit: float) -> list[shapely.LineString]:
    """Reached lines by networkx and shapely: every edge cut at the seeds, distances to the cuts."""
    graph = network.graph
    net, whole = nx.Graph(), []
    for e in range(graph.edges):
        line = shapely.LineString(
            graph.coordinates[graph.coordinate_ptr[e] : graph.coordinate_ptr[e + 1]]
        )
        own = np.flatnonzero(seeds.edge == e)
        own = own[np.argsort(seeds.share[own])]
        stops = [
            ("n", int(graph.start[e])),
            *[("s", int(k)) for k in own],
            ("n", int(graph.end[e])),
        ]
        shares = [0.0, *seeds.share[own], 1.0]
        for a, b, low, high in zip(stops[:-1], stops[1:], shares[:-1], shares[1:], strict=True):
            middle = ("m", len(whole))  # keeps parallel edges apart
            half = (high - low) * line.length / 2
            net.add_edge(a, middle, weight=half)
            net.add_edge(middle, b, weight=half)
            whole.append((a, b, line, low, high))
    for k, access in enumerate(seeds.access):
        net.add_edge("outside", ("s", k), weight=float(access))
    cost = nx.single_source_dijkstra_path_length(net, "outside", weight="weight")
    found = []
    for a, b, line, low, high in whole:
        length = (high - low) * line.length
        ahead, back = limit - cost.get(a, np.inf), limit - cost.get(b, np.inf)
        cuts = [(0, min(ahead, length))] if ahead > 0 else []
        cuts += [(max(length - back, 0), length)] if back > 0 else []
        if len(cuts) == 2 and cuts[0][1] >= cuts[1][0]:
            cuts = [(0, length)]
        found += [
            shapely.ops.substring(line, low * line.length + first, low * line.length + last)
            for first, last in cuts
            if last - first > 1e-6
        ]
    return found


@pytest.mark.parametrize("seed", range(4))
def test_reached_lines_are_those_of_networkx(seed: int) -> None:
    network = network_of(random_streets(seed))
    rng = np.random.default_rng(seed)
    last = network.graph.edges - 1
    seeds = places([0, 0, last, 30], rng.uniform(0, 1, 4), rng.uniform(0, 20, 4))
    found = isochrone_lines(network, node_costs(network, seeds), seeds, 150.0)
    ours = shapely.union_all(found.lines(network.graph))
    theirs = shapely.union_all(networkx_lines(network, seeds, 150.0))
    assert found.length(network.graph).sum() == pytest.approx(ours.length, abs=1e-3)
    assert ours.length == pytest.approx(theirs.length, abs=1e-3)
    assert shapely.hausdorff_distance(ours, theirs) < 1e-3


@pytest.mark.parametrize("quad_segs", [4, 8, 16])
def test_the_exact_polygon_is_the_union_of_the_buffers(quad_segs: int) -> None:
    network = network_of(random_streets(5))
    seeds = places([20], [0.4], [5.0])
    costs = node_costs(network, seeds)
    lines = isochrone_lines(network, costs, seeds, 260.0).lines(network.graph)
    ours = isochrone(network, costs, seeds, 260.0, width_m=22, quad_segs=quad_segs)
    plain = shapely.union_all(shapely.buffer(lines, 22, quad_segs=quad_segs))
    assert shapely.symmetric_difference(ours, plain).area < SAME_M2
    assert len(plain.interiors) > 3
    assert len(ours.interiors) == len(plain.interiors)
    assert ours.is_valid


def test_the_fast_way_is_taken_and_not_the_union_of_everything(monkeypatch) -> None:
    def refuse(_shapes):
        raise AssertionError

    streets = [shapely.LineString([(0, y), (500, y)]) for y in range(0, 300, 50)]
    # Right angles, shared ends, parallels just touching (width 25) and a street given twice.
    crossing = [shapely.LineString([(x, 0), (x, 250)]) for x in range(0, 600, 100)]
    ring = shapely.LineString([(0, 700), (300, 700), (300, 1000), (0, 1000), (0, 700.5)])
    island = shapely.LineString([(150, 850), (151, 850)])
    lines = np.array([*streets, *crossing, streets[0], ring, island])
    plain = shapely.union_all(shapely.buffer(lines, 25, quad_segs=8))
    monkeypatch.setattr(_union.shapely, "union_all", refuse)
    ours = _union.buffer_union(lines, 25, 8)
    monkeypatch.undo()
    assert shapely.symmetric_difference(ours, plain).area < SAME_M2
    holes = [sorted(len(part.interiors) for part in one.geoms) for one in (ours, plain)]
    assert holes[0] == holes[1]


def test_rings_that_do_not_close_are_left_to_geos(monkeypatch) -> None:
    lines = np.array(
        [shapely.LineString([(0, 0), (50, 10)]), shapely.LineString([(50, 10), (60, 80)])]
    )
    monkeypatch.setattr(_union, "_assembled", lambda _boundary: None)
    plain = shapely.union_all(shapely.buffer(lines, 30, quad_segs=8))
    assert shapely.symmetric_difference(_union.buffer_union(lines, 30, 8), plain).area < SAME_M2


line_ends = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), min_size=2, max_size=5)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(line_ends, min_size=1, max_size=12),
    st.sampled_from([5, 20, 50]),
    st.sampled_from([2, 8]),
)
def test_any_lines_on_a_lattice_give_the_union_of_their_buffers(
    given_lines, width, quad_segs
) -> None:
    # Whole coordinates: many share ends, run together, or lie exactly two widths apart.
    lines = np.array([shapely.LineString(line) for line in given_lines])
    lines = lines[shapely.length(lines) > 0]
    plain = shapely.union_all(shapely.buffer(lines, width, quad_segs=quad_segs))
    ours = _union.buffer_union(shapely.remove_repeated_points(lines), width, quad_segs)
    assert shapely.symmetric_difference(ours, plain).area < SAME_M2


def share_of_union(one: shapely.Geometry, two: shapely.Geometry) -> float:
    return shapely.intersection(one, two).area / shapely.union(one, two).area


@pytest.mark.parametrize(("cell", "least"), [(2.0, 0.999), (5.0, 0.996), (10.0, 0.985)])
def test_the_fast_polygon_shares_what_is_promised(cell: float, least: float) -> None:
    for seed in range(3):
        network = network_of(random_streets(seed, side=9))
        seeds = places([60], [0.5], [0.0])
        costs = node_costs(network, seeds)
        exact = isochrone(network, costs, seeds, 300.0)
        fast = isochrone_fast(network, costs, seeds, 300.0, cell_m=cell)
        assert fast.is_valid
        assert share_of_union(exact, fast) >= least


def test_the_fast_polygon_keeps_holes_and_lies_where_it_should() -> None:
    block = graph_of([[(0, 0), (200, 0), (200, 200)], [(0, 0), (0, 200), (200, 200)]])
    network, seed = network_of(block), places([0], [0.0], [0.0])
    costs = node_costs(network, seed)
    fast = isochrone_fast(network, costs, seed, 1000.0, width_m=30, cell_m=2)
    assert len(fast.interiors) == 1
    assert shapely.Polygon(fast.interiors[0]).area == pytest.approx(140**2, rel=1e-3)
    assert fast.bounds == pytest.approx((-30, -30, 230, 230), abs=0.1)


def test_larger_limits_hold_the_smaller_and_share_the_search() -> None:
    network, seeds = network_of(random_streets(3)), places([10], [0.1], [3.0])
    costs = node_costs(network, seeds)
    for draw in (isochrone, isochrone_fast):
        small, middle, large = draw(network, costs, seeds, [80.0, 160.0, 240.0])
        assert small.area < middle.area < large.area
        assert shapely.difference(small, middle).area < 1
        assert shapely.difference(middle, large).area < 1
        assert middle.equals(draw(network, costs, seeds, 160.0))


def test_nothing_reached_is_an_empty_polygon() -> None:
    network, seeds = network_of(STREET), places([0], [0.5], [50.0])
    costs = node_costs(network, seeds)
    assert isochrone(network, costs, seeds, 20.0).is_empty
    assert isochrone_fast(network, costs, seeds, 20.0).is_empty


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"limit": -1.0}, "Grensen"),
        ({"limit": np.nan}, "Grensen"),
        ({"width_m": 0.0}, "bredden"),
        ({"costs_at_nodes": np.zeros(2)}, "kostnader"),
    ],
)
def test_bad_input_is_refused(options, text: str) -> None:
    seeds = places([0], [0.5], [0.0])
    given_ = {"costs_at_nodes": np.zeros(STREET.nodes), "seeds": seeds, "limit": 10.0} | options
    with pytest.raises(ParameterError, match=text):
        isochrone(network_of(STREET), **given_)


def test_a_cell_larger_than_the_width_is_refused() -> None:
    seeds = places([0], [0.5], [0.0])
    with pytest.raises(ParameterError, match="større enn bredden"):
        isochrone_fast(network_of(STREET), np.zeros(STREET.nodes), seeds, 10.0, width_m=5, cell_m=6)


UNION_SQL = """SELECT json_build_object('wkb', encode(ST_AsBinary(
    (SELECT ST_Union(ST_Buffer(g, 30, 'quad_segs=16')) FROM line)), 'hex'))"""


@pytest.mark.slow
def test_postgis_unites_the_buffers_of_networkx_edges_to_the_same(
    require_tool: Callable[[str], str],
) -> None:
    maker = runpy.run_path(str(GOLDEN))
    if maker["bin_folder"]() is None:
        require_tool("postgres")
    network = network_of(random_streets(11))
    seeds = places([12, 40], [0.3, 0.8], [4.0, 0.0])
    ours = isochrone(network, node_costs(network, seeds), seeds, 170.0)
    with maker["server"](maker["bin_folder"]()) as psql:
        answer = maker["ask"](psql, {"line": networkx_lines(network, seeds, 170.0)}, UNION_SQL)
    theirs = shapely.from_wkb(bytes.fromhex(answer["wkb"]))
    assert shapely.symmetric_difference(ours, theirs).area < 1e-5 * theirs.area
