"""The share connected and the homes near a main, by hand and against published shares."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.va.connection import NO, UNKNOWN, YES, connected, mains, share_of, straight

CRS = "EPSG:25832"


def test_shares_are_those_that_asker_reports() -> None:
    # KOSTRA 2022: 87 % have municipal water, 94 % municipal sewage.
    assert share_of(87, 13, 0).known == share_of(87, 13, 0).low == share_of(87, 13, 0).high == 87
    assert share_of(94, 6, 0).low == 94


def test_the_unknown_widen_the_share_and_are_never_a_no() -> None:
    share = share_of(80, 10, 10)
    assert (share.low, share.high) == (80, 90)
    assert share.known == pytest.approx(88.9, abs=0.05)
    assert np.isnan(share_of(0, 0, 10).known)
    assert np.isnan(share_of(0, 0, 0).low)


def test_an_address_without_a_row_or_an_answer_is_unknown() -> None:
    register = pd.DataFrame(
        {
            "adresse_id": ["a", "b", "c", "c"],
            "vann": pd.array([True, None, False, True], dtype="boolean"),
        }
    )
    ids = np.array(["a", "b", "c", "d"], dtype=object)
    assert connected(ids, register, "vann").tolist() == [YES, UNKNOWN, YES, UNKNOWN]
    assert connected(ids, register.iloc[:3], "vann")[2] == NO
    assert (connected(ids, register, "avlop") == UNKNOWN).all()
    assert (connected(ids, None, "vann") == UNKNOWN).all()


def test_only_municipal_mains_in_use_count_and_metres_are_shapelys() -> None:
    lines = [shapely.LineString([(0, y), (100, y)]) for y in (0, 10, 20, 30, 40)]
    pipes = gpd.GeoDataFrame(
        {
            "type": ["vann"] * 4 + ["spillvann"],
            "eier": ["kommunal", "privat", None, "kommunal", "kommunal"],
            "status": ["i drift", None, "Nedlagt 1990", None, None],
            "funksjon": [None, None, None, "overforing", None],
        },
        geometry=lines,
        crs=CRS,
    )
    used = np.array([True, True, False, True, True])
    found = mains(pipes, "vann", without=["overforing"], used=used)
    assert found.tolist() == [0]
    assert mains(pipes, "avlop", without=[], used=used).tolist() == [4]
    assert mains(pipes[["type", "geometry"]], "vann", without=[], used=used).tolist() == [0, 1, 3]
    points = np.array([shapely.Point(50, -30), shapely.Point(50, 500), None], dtype=object)
    away = straight(points, np.array(lines, dtype=object)[found], 100.0)
    assert away[:2].tolist() == [30, np.inf]
    assert np.isnan(away[2])
