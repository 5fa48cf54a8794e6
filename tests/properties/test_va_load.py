"""What is always true of loads: residents are conserved downstream, and plants lose nothing."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from askergeo.va._load_flow import flow
from askergeo.va._load_limits import plants_of, transferred


@settings(max_examples=40, deadline=None)
@given(
    st.integers(2, 25), st.lists(st.tuples(st.integers(0, 24), st.integers(0, 24)), max_size=50),
    st.integers(0, 10_000),
)  # fmt: skip
def test_residents_downstream_conserve(count: int, pairs: list[tuple[int, int]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    kept = np.array([one for one in pairs if max(one) < count], dtype=np.int64).reshape(-1, 2)
    direction = rng.integers(-1, 2, len(kept)).astype(np.int8)
    ends = np.unique(rng.integers(0, count, 2))
    people = rng.integers(0, 100, (count, 1)).astype(float)
    length = rng.uniform(0, 90, len(kept))
    found = flow(count, kept[:, 0], kept[:, 1], length, direction, ends=ends)
    sums = found.sums(people).ravel()
    graph = nx.Graph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from(kept.tolist())
    with_end = set().union(*(nx.node_connected_component(graph, int(one)) for one in ends))
    # Who has a way to an end is counted there, once; who has none is counted nowhere.
    assert sums[-1] == people[sorted(with_end)].sum()
    assert sums[ends].sum() == sums[-1]
    assert {k for k in range(count) if found.end[k] >= 0} == with_end
    for node in with_end:
        way = found.way(node)
        assert way[-1] in ends
        assert all(sums[a] <= sums[b] for a, b in pairwise(way))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 6), st.integers(0, 10_000))
def test_closing_plants_lose_no_load(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ids = [f"R{k}" for k in range(count)]
    frame = pd.DataFrame(
        {
            "anlegg_id": ids,
            "type": "renseanlegg",
            "kapasitet_pe": 100,
            "til_aar": np.where(rng.random(count) < 0.6, rng.integers(2026, 2032, count), np.nan),
            "til_anlegg_id": [None if rng.random() < 0.3 else str(rng.choice(ids)) for _ in ids],
        }
    )
    years = np.arange(2026, 2036)
    plants = plants_of(frame, "renseanlegg", years)
    own = rng.integers(0, 100, (count, len(years))).astype(float)
    moved = transferred(plants, own)
    assert np.allclose((moved.load + moved.homeless).sum(axis=0), own.sum(axis=0))
    assert (moved.load[~plants.running] == 0).all()
    assert (moved.received <= moved.load + 1e-9).all()
