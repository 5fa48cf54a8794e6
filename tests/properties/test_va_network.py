"""What must always be true of the network of pipes, whatever the lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st

from askergeo.parameters import load_parameters
from askergeo.va.network import VANN, pipe_network
from askergeo.va.topology import topology

if TYPE_CHECKING:
    from random import Random

P = load_parameters("va_nett")
#: Rules that say a whole row is not in the network.
OUT = {"uten_linje", "ukjent_type", "ikke_i_drift", "null_lengde", "dobbel", "for_kort"}

# A coarse grid with a little disorder makes ends that meet, nearly meet, cross and overlap.
place = st.builds(
    lambda x, y, dx, dy: (x + dx, y + dy),
    st.integers(0, 6).map(lambda one: 5.0 * one),
    st.integers(0, 6).map(lambda one: 5.0 * one),
    st.sampled_from([0.0, 0.0, 0.005, 0.3, 1.3]),
    st.sampled_from([0.0, 0.0, -0.005, 0.4, 0.9]),
)
line = st.lists(place, min_size=2, max_size=4)
lines = st.lists(line, min_size=1, max_size=14)
stands = st.lists(
    st.tuples(st.sampled_from(["kum", "ventil", "hydrant", "kilde"]), place), max_size=8
)


def frames(
    drawn: list[list[tuple[float, float]]], points: list[tuple[str, tuple[float, float]]]
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    pipes = gpd.GeoDataFrame(
        {"ledning_id": [f"L{k}" for k in range(len(drawn))], "type": "vann"},
        geometry=[shapely.LineString(one) for one in drawn],
        crs="EPSG:25832",
    )
    nodes = gpd.GeoDataFrame(
        {"node_id": [f"N{k}" for k in range(len(points))], "type": [one[0] for one in points]},
        geometry=[shapely.Point(one[1]) for one in points],
        crs="EPSG:25832",
    )
    return pipes, nodes


@settings(max_examples=60, deadline=None)
@given(lines, stands)
def test_no_pipe_and_no_metre_is_lost(
    drawn: list[list[tuple[float, float]]], points: list[tuple[str, tuple[float, float]]]
) -> None:
    pipes, nodes = frames(drawn, points)
    network, repairs = pipe_network(pipes, nodes, medium=VANN, parameters=P)
    told = repairs.frame()
    out = set(told.loc[told["regel"].isin(OUT), "rad"])
    part = told[told["regel"] == "delvis_dobbel"].groupby("rad")["meter"].sum()
    length = np.bincount(network.row, network.length_m, minlength=len(pipes))
    for row, metres in enumerate(pipes.length):
        if row in out:
            assert length[row] == 0
        else:
            # What bends a line to meet another changes its drawn length; its own is kept.
            assert length[row] + part.get(row, 0.0) == pytest.approx(metres, abs=1e-6)
    assert (network.length_m > 0).all()
    assert (network.start != network.end).all()
    gone = told.loc[(told["lag"] == "va_node") & (told["regel"] == "node_utenfor"), "rad"]
    assert set(gone) == set(np.flatnonzero(network.node_at < 0))


@settings(max_examples=40, deadline=None)
@given(lines, stands)
def test_components_and_arcs_are_those_of_networkx(
    drawn: list[list[tuple[float, float]]], points: list[tuple[str, tuple[float, float]]]
) -> None:
    network, _ = pipe_network(*frames(drawn, points), medium=VANN, parameters=P)
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(network.nodes))
    graph.add_edges_from(zip(network.start.tolist(), network.end.tolist(), strict=True))
    theirs = {frozenset(one) for one in nx.connected_components(graph)}
    ours = {frozenset(np.flatnonzero(network.component == one).tolist())
            for one in np.unique(network.component)}  # fmt: skip
    assert ours == theirs
    assert np.diff(network.arc_ptr).tolist() == [graph.degree(v) for v in range(network.nodes)]


@settings(max_examples=40, deadline=None)
@given(lines)
def test_what_touches_at_its_ends_hangs_together(drawn: list[list[tuple[float, float]]]) -> None:
    pipes, nodes = frames(drawn, [])
    network, _ = pipe_network(pipes, nodes, medium=VANN, parameters=P)
    kept = sorted(set(network.row.tolist()))
    part = {row: int(network.component[network.start[network.row == row][0]]) for row in kept}
    shapes = pipes.geometry.array
    for one in kept:
        for other in kept:
            ends = shapely.boundary(shapes[one])
            if not shapely.is_empty(ends) and shapely.distance(ends, shapes[other]) == 0:
                assert part[one] == part[other]


def answer(pipes: gpd.GeoDataFrame, nodes: gpd.GeoDataFrame) -> tuple[object, ...]:
    """What the network says, by the rows' own names: parts with their metres, and the faults."""
    network, repairs = pipe_network(pipes, nodes, medium=VANN, parameters=P)
    ids = pipes["ledning_id"].to_numpy()[network.row]
    parts = sorted(
        (
            sorted(set(ids[network.component[network.start] == one])),
            round(float(network.length_m[network.component[network.start] == one].sum()), 6),
        )
        for one in np.unique(network.component)
    )
    told = repairs.frame()
    return parts, told.groupby("regel").size().to_dict()


@settings(max_examples=40, deadline=None)
@given(lines, stands, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_the_way_lines_are_drawn_change_nothing(
    drawn: list[list[tuple[float, float]]],
    points: list[tuple[str, tuple[float, float]]],
    chance: Random,
) -> None:
    pipes, nodes = frames(drawn, points)
    turned = pipes.copy()
    turn = [chance.random() < 0.5 for _ in drawn]
    turned["geometry"] = [
        shapely.reverse(one) if flag else one
        for one, flag in zip(turned.geometry, turn, strict=True)
    ]
    order = list(range(len(pipes)))
    chance.shuffle(order)
    assert answer(turned.iloc[order].reset_index(drop=True), nodes.iloc[::-1]) == answer(
        pipes, nodes
    )


@settings(max_examples=30, deadline=None)
@given(lines, stands)
def test_nothing_in_the_source_is_changed(
    drawn: list[list[tuple[float, float]]], points: list[tuple[str, tuple[float, float]]]
) -> None:
    pipes, nodes = frames(drawn, points)
    before = [pipes.copy(deep=True), nodes.copy(deep=True)]
    topology(pipes, nodes, parameters=P)
    assert_geodataframe_equal(pipes, before[0])
    assert_geodataframe_equal(nodes, before[1])
