"""What always holds for ways by public transport."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from askergeo.network.transit import travel_times
from tests.network.transit_world import DATE, World, random_world

SMALL = settings(max_examples=10, deadline=None)
FEW = settings(max_examples=4, deadline=None)
SEEDS = st.integers(0, 10_000)
EIGHT = 8 * 3600
#: Beyond what any way here takes.
LONG = 6 * 3600


def arrivals(world, starts, **options):
    """Arrival at each place from each, at each of the starts."""
    net, places = world.network(), world.snapped()
    return np.array([
        travel_times(
            net, places, places, first_s=start, last_s=start + 1, limit_s=LONG, **options
        ).median + start
        for start in starts
    ])  # fmt: skip


@SMALL
@given(SEEDS, st.lists(st.integers(-900, 3600), min_size=3, max_size=3, unique=True))
def test_leaving_earlier_never_arrives_later(seed, offsets):
    world = random_world(seed)
    found = arrivals(world, [EIGHT + offset for offset in sorted(offsets)])
    assert (np.diff(found, axis=0) >= 0).all()


@SMALL
@given(SEEDS, st.integers(-900, 3600))
def test_another_trip_makes_nothing_slower(seed, offset):
    world = random_world(seed)
    layers = world.layers
    # Half of the trips, then all of them.
    some = layers["rutetur"].iloc[::2]
    fewer = replace(world, layers={**layers, "rutetur": some})
    start = [EIGHT + offset]
    assert (arrivals(world, start) <= arrivals(fewer, start)).all()


@FEW
@given(SEEDS, st.integers(-900, 3600))
def test_more_transfers_longer_walks_and_less_margin_make_nothing_slower(seed, offset):
    world = random_world(seed)
    start = [EIGHT + offset]
    for strict, mild in (
        ({"rutesok_bytter": 0}, {"rutesok_bytter": 1}),
        ({"rutesok_bytter": 1}, {"rutesok_bytter": 4}),
        ({"rutesok_bytte_gang_min": 0.0}, {"rutesok_bytte_gang_min": 24.0}),
        ({"rutesok_bytte_s": 300}, {"rutesok_bytte_s": 0}),
        ({"rutesok_gang_min": 1.0}, {"rutesok_gang_min": 48.0}),
    ):
        found = (arrivals(world.changed(**one), start) for one in (mild, strict))
        assert np.less_equal(*found).all()


@SMALL
@given(SEEDS, st.integers(-900, 3600), st.sampled_from([60, 90, 400]), st.integers(1, 20))
def test_against_time_gives_the_same_as_along_it(seed, offset, step, count):
    world = random_world(seed)
    net, places = world.network(), world.snapped()
    first = EIGHT + offset
    window = {"first_s": first, "last_s": first + step * count, "step_s": step}
    one, other = (
        travel_times(net, places, places, **window, percentiles=(10, 90), against=against)
        for against in (True, False)
    )
    for name in ("median", "best", "worst", "share"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    for rank in (10, 90):
        np.testing.assert_array_equal(one.percentiles[rank], other.percentiles[rank])


@SMALL
@given(SEEDS, st.integers(-900, 3600))
def test_a_day_later_is_the_same_when_everything_runs_a_day_later(seed, offset):
    world = random_world(seed)
    days = world.layers["rutedag"]
    later = {**world.layers, "rutedag": days.assign(dato=days["dato"] + pd.Timedelta(days=1))}
    moved = World(later, world.stops, world.places, world.overrides, world.block)
    start = {"first_s": EIGHT + offset, "last_s": EIGHT + offset + 1}
    tomorrow = (DATE + pd.Timedelta(days=1)).strftime("%Y-%m-%d")
    found = [
        travel_times(net, world.snapped(), world.snapped(), **start).median
        for net in (world.network(), moved.network(tomorrow))
    ]
    np.testing.assert_array_equal(*found)
