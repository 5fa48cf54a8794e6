"""The example is deterministic, agrees with its key and can be stored."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely

from askergeo.errors import MissingFileError, ParameterError
from askergeo.example import answer_key, build_example, make_example
from askergeo.example.land import SIZES, Land
from askergeo.example.plots import find_room
from askergeo.example.residents import AGE_GROUPS
from askergeo.example.shapes import erase, tiles
from askergeo.example.terrain import make_terrain


def digest(example):
    total = hashlib.sha256(example.terrain.tobytes())
    for name in sorted(example.frames):
        frame = example.frames[name]
        plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
        total.update(plain.to_csv().encode())
        if "geometry" in frame.columns:
            total.update(b"".join(shapely.to_wkb(frame.geometry.to_numpy())))
    return total.hexdigest()


def test_same_seed_gives_the_same_municipality(example):
    again = make_example("liten", 3203)
    assert digest(again) == digest(example)
    assert again.key == example.key


def test_another_seed_gives_other_terrain(example):
    land = Land.start(SIZES["liten"], 7)
    make_terrain(land)
    other = np.maximum(land.arrays["z"], 0)
    assert not np.allclose(other, example.terrain[::2, ::2], atol=20)


def test_unknown_size_is_refused():
    with pytest.raises(ParameterError, match="liten, asker"):
        make_example("stor")


def test_key_agrees_with_the_layers(example):
    key, frames = example.key, example.frames
    people = frames["befolkning"]
    assert 4_500 < key["innbyggere"] < 5_600
    assert people["antall"].sum() == key["innbyggere"]
    for low, high in AGE_GROUPS:
        inside = people[people["alder"].between(low, high)]["antall"].sum()
        assert inside == key["innbyggere_etter_alder"][f"{low}-{high}"]
    assert frames["bygning"]["boliger"].sum() == key["boliger"]
    assert frames["adresse"]["boliger"].sum() == key["boliger"]
    assert frames["befolkning_rute"]["bosatte"].sum() == key["innbyggere"]
    assert frames["kystkontur"].length.sum() == pytest.approx(key["kystlinje_m"], rel=1e-9)
    grense = frames["kommunegrense"].set_index("omfang").area
    assert grense["land"] == pytest.approx(key["landareal_m2"], rel=1e-9)
    assert grense["med_sjo"] == pytest.approx(key["areal_med_sjo_m2"], rel=1e-9)


def test_ages_follow_a_norwegian_pyramid(example):
    people = example.frames["befolkning"]
    share = people.groupby(pd.cut(people["alder"], [-1, 17, 66, 79, 120]))["antall"].sum()
    share = (share / share.sum()).tolist()
    assert share[0] == pytest.approx(0.23, abs=0.05)
    assert share[2] == pytest.approx(0.11, abs=0.04)
    assert share[3] == pytest.approx(0.05, abs=0.025)


def test_every_address_has_its_building(example):
    house = example.frames["bygning"].set_index("bygning_id")
    address = example.frames["adresse"]
    assert address["bygning_id"].is_unique
    home = house.geometry[address["bygning_id"]].reset_index(drop=True)
    assert address.within(home).all()
    assert set(example.frames["befolkning"]["adresse_id"]) <= set(address["adresse_id"])


def test_there_are_new_buildings_by_the_shore(example):
    belt = example.key["strandsone"]
    assert 0 < belt["nye_bygg_senterpunkt"] <= belt["nye_bygg_omriss"]


def test_planned_changes_are_in_the_plans(example):
    now, new = example.frames["kommuneplan"], example.frames["kommuneplan_forslag"]
    changes = pd.DataFrame(example.key["planendringer"])
    assert set(changes["endring"]) == {"uendret", "tatt ut", "ny"}
    future = changes[changes["fra_status"] == 2]["areal_m2"].sum()
    assert now[now["arealstatus"] == 2].area.sum() == pytest.approx(future, rel=1e-6)
    future = changes[changes["til_status"] == 2]["areal_m2"].sum()
    assert new[new["arealstatus"] == 2].area.sum() == pytest.approx(future, rel=1e-6)


def test_stored_package_reads_back(tmp_path, example):
    told = []
    package = build_example(
        tmp_path / "bygd", progress=lambda share, text: told.append((share, text))
    )
    assert package.example
    assert package.municipality == "9999"
    assert package.verify() == []
    assert told[-1] == (1.0, "Ferdig")
    assert answer_key(package)["innbyggere"] == example.key["innbyggere"]
    assert set(package.layer_ids) == {*example.frames, "terreng"}
    back = package.read("senter").sort_values("senter_id", ignore_index=True)
    assert back["navn"].tolist() == example.frames["senter"]["navn"].tolist()
    with rasterio.open(package.raster_path("terreng")) as raster:
        assert raster.res == (10.0, 10.0)
        assert raster.read(1).max() == pytest.approx(example.terrain.max())
    (package.path / "nokkel.json").unlink()
    with pytest.raises(MissingFileError, match=r"nokkel\.json"):
        answer_key(package)


@pytest.mark.slow
def test_large_size_has_the_promised_scale():
    example = make_example("asker")
    frames = example.frames
    assert example.key["boliger"] == 42_000
    assert example.key["innbyggere"] == pytest.approx(98_000, rel=0.03)
    assert len(frames["veg"]) + len(frames["sti"]) >= 90_000
    assert len(frames["ar5"]) >= 60_000
    plans = ("kommuneplan", "reguleringsplan", "reguleringsplan_formaal")
    assert sum(len(frames[name]) for name in plans) >= 10_000
    assert shapely.is_valid(frames["ar5"].geometry.to_numpy()).all()
    assert frames["ar5"].area.sum() == pytest.approx(example.key["areal_med_sjo_m2"], rel=1e-9)
    assert len(frames["grunnkrets"]) == 250
    assert frames["skolekrets"]["trinn"].value_counts().to_dict() == {
        "barnetrinn": 28,
        "ungdomstrinn": 13,
    }
    municipal = frames["skole"].query("eierform == 'kommunal'")
    assert municipal["fra_aar"].isna().sum() == 40
    assert len(frames["boligprogram"]) == 60
    transport = example.key["transport"]
    assert transport["rutetabell"]["stopp_hverdag"] > 50_000
    assert frames["ruteavgang"]["holdeplass_id"].nunique() == len(frames["holdeplass"]) - 1
    assert frames["arbeidsplass"]["ansatte"].sum() == sum(transport["arbeidsplasser"].values())
    assert sum(transport["soner"]["innbyggere"].values()) == example.key["innbyggere"]


def test_find_room_keeps_the_first_of_those_that_collide():
    boxes = shapely.box(np.array([0, 1, 2, 10]), 0, np.array([1.5, 2.5, 3.5, 11]), 1)
    assert find_room(boxes).tolist() == [True, False, True, True]


def test_erase_equals_the_plain_difference():
    disk = shapely.Point(0, 0).buffer(10, quad_segs=200)
    lines = shapely.linestrings([[[-20, y], [20, y]] for y in (-12, -5, 0, 5)])
    expected = shapely.length(shapely.difference(lines, disk))
    assert np.allclose(shapely.length(erase(lines, disk)), expected)
    assert shapely.area(tiles(disk)).sum() == pytest.approx(disk.area)
