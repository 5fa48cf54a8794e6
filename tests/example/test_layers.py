"""The layers of Eksempelbygda are what the catalogue asks for and hang together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.catalogue import load_catalogue
from askergeo.example.plan_files import plan_proposal

LATER = {"terreng", "arealdekke", "sperring"}
# A second map of the same land cover, in other classes.
LATER |= {"grunnkart"}
# What only the user can draw, or has figures of.
DRAWN = {"lenkeforslag", "karbonfaktor", "klimabudsjett", "inndeling"}


def spatial(example):
    return {k: f for k, f in example.frames.items() if "geometry" in f.columns}


def test_has_every_layer_that_this_far_is_made(example):
    missing = set(load_catalogue()) - set(example.frames) - LATER - DRAWN
    assert not missing


def test_geometry_is_valid_and_inside_the_municipality(example):
    whole = example.frames["kommunegrense"].geometry[1].buffer(400)
    shapely.prepare(whole)
    for name, frame in spatial(example).items():
        geometry = frame.geometry.to_numpy()
        assert len(frame), name
        assert shapely.is_valid(geometry).all(), name
        assert not shapely.is_empty(geometry).any(), name
        assert shapely.covers(whole, geometry).all(), name


@pytest.mark.parametrize("layer", ["ar5", "kommuneplan", "kommuneplan_forslag"])
def test_coverage_tiles_the_municipality(example, layer):
    frame = example.frames[layer]
    assert frame.area.sum() == pytest.approx(example.key["areal_med_sjo_m2"], rel=1e-9)
    assert shapely.coverage_is_valid(frame.geometry.to_numpy())


def test_districts_tile_the_municipality(example):
    total = example.frames["grunnkrets"].area.sum()
    assert total == pytest.approx(example.key["areal_med_sjo_m2"], rel=1e-6)


def test_water_of_the_cover_is_the_water_layer(example):
    ar5, water = example.frames["ar5"], example.frames["vann"]
    sea = ar5[ar5.arealtype == 82].area.sum()
    assert sea == pytest.approx(water[water.vanntype == "hav"].area.sum(), rel=1e-6)


def test_codes_are_those_of_the_catalogue(example):
    catalogue = load_catalogue()
    for name, frame in example.frames.items():
        layer = catalogue[name]
        for column in layer.columns.values():
            if column.codes and column.name in frame.columns:
                found = set(pd.Series(frame[column.name]).dropna().unique().tolist())
                unknown = {str(v) for v in found} - {str(v) for v in column.codes}
                assert not unknown, (name, column.name, unknown)


def test_plan_faces_belong_to_their_plan(example):
    faces, plans = example.frames["reguleringsplan_formaal"], example.frames["reguleringsplan"]
    by_plan = faces.area.groupby(faces["planid"]).sum()
    assert np.allclose(by_plan[plans["planid"]], plans.area, rtol=1e-6)
    assert shapely.coverage_is_valid(faces.geometry.to_numpy())


def test_centre_structure(example):
    levels = example.frames["senter"]["niva"].value_counts().to_dict()
    assert levels == {"kommunesenter": 1, "lokalsenter": 9, "naersenter": 26}


def test_every_centre_has_a_grocer_near(example):
    centres, services = example.frames["senter"], example.frames["tjeneste"]
    shops = services[services["type"] == "dagligvare"].geometry.union_all()
    assert (centres.distance(shops) < 700).mean() > 0.85
    assert set(services["gruppe"]) == {"hverdag", "helse", "sosial"}


def test_heritage_is_of_each_kind_and_away_from_the_plan_proposal(example):
    heritage = example.frames["kulturminne"]
    assert heritage["vernetype"].value_counts().to_dict() == example.key["kulturminner"]
    assert {"AUT", "VED", "UAV", "FJE", "IKKEV"} <= set(heritage["vernetype"])
    assert heritage["kulturminne_id"].is_unique
    house = shapely.STRtree(example.frames["bygning"].geometry.to_numpy())
    hit = house.query(heritage.geometry.to_numpy(), predicate="intersects")[0]
    assert len(np.unique(hit)) < len(heritage) / 4
    site = plan_proposal(example.key)[0].shape
    assert heritage.distance(site).min() > 100


def test_what_is_looked_for_everywhere_and_what_is_not(example):
    whole = example.frames["kommunegrense"].set_index("omfang").geometry["med_sjo"]
    everywhere = {name for name, area in example.coverage.items() if area.equals(whole)}
    assert everywhere == {
        "kvikkleire_faresone", "kvikkleire_aktsomhet", "flom", "stormflo", "stoy", "dyrkbar_jord",
        "skred_aktsomhet", "skred_faresone",
    }  # fmt: skip
    # Nobody can say where all nature and all monuments are.
    assert not {"naturtype", "kulturminne", "forurenset_grunn"} & set(example.coverage)
    assert set(example.coverage) - everywhere == {"marin_leire"}


def test_rarer_slides_reach_farther_and_all_start_where_it_is_steep(example):
    zones = example.frames["skred_faresone"]
    by_period = zones.geometry.groupby(zones["gjentaksintervall"])
    whole = {period: part.union_all() for period, part in by_period}
    assert {str(period): area.area for period, area in whole.items()} == pytest.approx(
        example.key["skredfare_m2"]
    )
    assert shapely.area(shapely.difference(whole[100], whole[1000])) < 1_000
    assert shapely.area(shapely.difference(whole[1000], whole[5000])) < 1_000
    care = example.frames["skred_aktsomhet"].union_all()
    assert shapely.area(shapely.difference(whole[100], care)) < 0.05 * whole[100].area
    site = plan_proposal(example.key)[0].shape
    names = ("skred_faresone", "skred_aktsomhet", "forurenset_grunn")
    assert min(example.frames[name].distance(site).min() for name in names) > 100
