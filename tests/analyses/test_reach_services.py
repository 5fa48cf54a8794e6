"""Which group each type of service belongs to: the lists, and then the layer's own column."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from askergeo.analyses._reach_people import People
from askergeo.analyses._reach_services import Services, services_of
from askergeo.parameters import load_parameters

KINDS = ("dagligvare", "legesenter", "tannlege", "holdeplass", "bibliotek")
COLUMN = ("hverdag", "helse", "helse", "hverdag", "sosial")


def read(**lists: str) -> Services:
    layer = gpd.GeoDataFrame(
        {"type": KINDS, "gruppe": COLUMN, "navn": KINDS},
        geometry=[shapely.Point(x, 0) for x in range(len(KINDS))],
        crs="EPSG:25832",
    )
    return services_of(layer, None, None, load_parameters("tettsted", lists))


def members(services: Services, group: str) -> list[Any]:
    return services.labels[services.in_group(group)].tolist()


def test_lists_decide_and_other_types_follow_the_layer() -> None:
    found = read()
    assert members(found, "hverdag") == ["dagligvare", "holdeplass"]
    assert members(found, "helse") == ["legesenter", "tannlege"]


def test_a_type_that_is_taken_out_of_a_list_does_not_come_back_through_the_layer() -> None:
    found = read(helse_typer="legesenter")
    assert members(found, "helse") == ["legesenter"]
    assert members(found, "hverdag") == ["dagligvare", "holdeplass"]


def test_an_empty_list_takes_the_group_out_and_a_type_may_be_in_several() -> None:
    found = read(helse_typer="", sosial_typer="bibliotek,holdeplass", hverdag_typer="holdeplass")
    assert list(found.groups) == ["hverdag", "sosial"]
    assert members(found, "sosial") == ["holdeplass", "bibliotek"]
    assert members(found, "hverdag") == ["holdeplass"]


@pytest.mark.parametrize("by_age", [True, False])
def test_the_age_of_nobody_is_known_only_where_ages_are(*, by_age: bool) -> None:
    people = People(
        points=np.array([shapely.Point(0, 0)], dtype=object),
        ids=np.array(["a"], dtype=object),
        persons=np.array([[1, 2, 3, 4, 5]]),
        unplaced=np.zeros(5, dtype=np.int64),
        by_age=by_age,
        unknown_cells=0,
        source="",
    )
    nobody = np.array([False])
    assert people.count("alle", nobody) == 0
    assert people.count("eldre", nobody) == (0 if by_age else pytest.approx(np.nan, nan_ok=True))
    assert people.count("alle", ~nobody) == 15
