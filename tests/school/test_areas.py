"""Parts of a municipality: who lives in each, and everything that is wrong with the input."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from askergeo.crs import CRS_OF_RECORD
from askergeo.errors import LayerError
from askergeo.population.people import AGES
from askergeo.school.areas import Areas, make_areas, place

# Two units side by side, 100 m each; primary districts cut the second in two; one lower-secondary
# district is all of it but the last 20 m.
X0, Y0 = 580_000.0, 6_630_000.0


def _box(left: float, right: float) -> shapely.Polygon:
    return box(X0 + left, Y0, X0 + right, Y0 + 100)


def _frame(columns: dict[str, list[object]], shapes: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS_OF_RECORD)


def _units() -> gpd.GeoDataFrame:
    return _frame(
        {"grunnkretsnummer": ["99990101", "99990102"], "grunnkretsnavn": ["Vest", "Øst"]},
        [_box(0, 100), _box(100, 200)],
    )


def _districts() -> gpd.GeoDataFrame:
    return _frame(
        {
            "krets_id": ["B1", "B2", "U1"],
            "navn": ["Berg", "Dal", "Alle"],
            "trinn": ["barnetrinn", "barnetrinn", "ungdomstrinn"],
            "skole_id": ["S1", "S2", "S3"],
        },
        [_box(0, 150), _box(150, 200), _box(0, 180)],
    )


def _addresses(at: dict[str, float], homes: int = 1) -> gpd.GeoDataFrame:
    points = [shapely.Point(X0 + x, Y0 + 50) for x in at.values()]
    return _frame({"adresse_id": list(at), "boliger": [homes] * len(at)}, points)


def _residents(rows: list[tuple[str, float | None, float | None]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["adresse_id", "alder", "antall"])
    return frame.astype({"adresse_id": "str", "alder": "Int64", "antall": "Int64"})


AT = {"a": 50.0, "b": 120.0, "c": 160.0, "d": 190.0, "far": 900.0}


def _made(rows: list[tuple[str, float | None, float | None]]) -> Areas:
    return make_areas(
        _addresses(AT, homes=3),
        _residents(rows),
        year=2026,
        grunnkrets=_units(),
        skolekrets=_districts(),
    )


def test_parts_are_where_units_and_districts_meet() -> None:
    areas = _made([("a", 7, 2), ("a", 8, 1), ("b", 7, 4), ("c", 7, 8), ("d", 7, 16)])
    frame = areas.frame
    assert list(frame.index) == [
        "99990101/B1/U1",
        "99990102/B1/U1",
        "99990102/B2/U1",
        "99990102/B2/–",
    ]
    assert list(frame["enhet"]) == ["99990101", "99990102", "99990102", "99990102"]
    assert list(frame["navn"]) == ["Vest", "Øst", "Øst", "Øst"]
    assert frame["ungdomskrets"].isna().tolist() == [False, False, False, True]
    # Hand-made: the widths are 100, 50, 30 and (without lower-secondary district) 50 m.
    assert frame.area.round().tolist() == [10_000, 5_000, 3_000, 5_000]
    assert areas.people.count[:, 7].tolist() == [2, 4, 8, 16]
    assert areas.people.count[0, 8] == 1
    assert areas.people.year == 2026
    assert frame["boliger"].tolist() == [3, 3, 3, 3]
    assert areas.address["b"] == "99990102/B1/U1"
    assert pd.isna(areas.address["far"])


def test_districts_alone_make_units() -> None:
    areas = make_areas(
        _addresses(AT), _residents([("c", 3, 5)]), year=2026, skolekrets=_districts()
    )
    assert areas.frame["enhet"].tolist() == ["B1", "B2", "B2"]
    assert areas.people.count.sum() == 5


def test_a_place_for_coming_dwellings_is_a_part_without_people() -> None:
    homes = _frame({"prosjekt_id": ["P"]}, [shapely.Point(X0 + 20, Y0 + 10)])
    areas = make_areas(
        _addresses({"c": 160.0}),
        _residents([("c", 3, 5)]),
        year=2026,
        grunnkrets=_units(),
        skolekrets=_districts(),
        boligprogram=homes,
    )
    assert areas.frame.index.tolist() == ["99990101/B1/U1", "99990102/B2/U1"]
    assert areas.people.count.sum(axis=1).tolist() == [0, 5]
    assert np.isnan(areas.frame["boliger"].iloc[0])


def test_who_is_placed_nowhere_is_counted_and_told() -> None:
    areas = _made([("a", 7, 10), ("nobody", 8, 20), ("far", 9, 6), ("a", None, 7), ("b", 8, -3)])
    assert areas.people.count.sum() == 10
    assert areas.unplaced == 20 + 6 + 7
    told = areas.faults.set_index("regel")["tekst"]
    assert told["bosatt_ukjent_adresse"].startswith("20 personer")
    assert told["bosatt_uten_omraade"].startswith("6 personer")
    assert told["bosatt_uten_alder"].startswith("7 personer")
    assert "bosatt_uten_antall" in told.index
    assert areas.faults.set_index("regel")["rad"]["adresse_uten_enhet"] == "far"
    assert set(areas.faults.query("regel == 'adresse_uten_ungdomskrets'")["rad"]) == {"d", "far"}


def test_few_persons_are_not_told_by_number() -> None:
    areas = _made([("a", 7, 10), ("nobody", 8, 3)])
    text = areas.faults.set_index("regel")["tekst"]["bosatt_ukjent_adresse"]
    assert "3" not in text
    assert text.startswith("Færre enn 5")


@pytest.mark.parametrize(
    ("column", "row", "value", "rule"),
    [
        ("skole_id", 1, None, "krets_uten_skole"),
        ("skole_id", 1, " ", "krets_uten_skole"),
        ("trinn", 2, None, "krets_uten_trinn"),
        ("geometry", 1, None, "krets_uten_flate"),
        ("krets_id", 1, "B1", "krets_dobbel"),
        ("geometry", 1, _box(130, 200), "krets_overlapp"),
        ("geometry", 1, _box(170, 200), "barnekrets_dekker_ikke"),
    ],
)
def test_faults_of_districts_are_named(column: str, row: int, value: object, rule: str) -> None:
    districts = _districts()
    districts.loc[row, column] = value
    areas = make_areas(
        _addresses(AT),
        _residents([("a", 7, 10)]),
        year=2026,
        grunnkrets=_units(),
        skolekrets=districts,
    )
    assert rule in set(areas.faults["regel"])
    sound = _made([("a", 7, 10)])
    assert rule not in set(sound.faults["regel"])


def test_an_address_in_two_districts_belongs_to_the_first() -> None:
    districts = _districts()
    districts.loc[1, "geometry"] = _box(100, 200)
    areas = make_areas(
        _addresses({"b": 120.0}), _residents([("b", 7, 1)]), year=2026, skolekrets=districts
    )
    assert areas.frame["barnekrets"].tolist() == ["B1"]
    assert "5,0 dekar" in areas.faults.set_index("regel")["tekst"]["krets_overlapp"].replace(
        "\u00a0", " "
    )


def test_an_age_that_nobody_has_is_told() -> None:
    rows = [("a", age, 20) for age in range(90) if age not in {6, 40}]
    areas = _made(rows)
    assert areas.faults.query("regel == 'alder_mangler'")["rad"].tolist() == ["6 år", "40 år"]
    few = _made([("a", age, 2) for age in range(90) if age != 6])
    assert "alder_mangler" not in set(few.faults["regel"])


def test_a_long_hole_of_ages_is_told_whole() -> None:
    rows = [("a", age, 20) for age in range(90) if not 6 <= age <= 15]
    told = _made(rows).faults.query("regel == 'alder_mangler'")["rad"]
    assert told.tolist() == [f"{age} år" for age in range(6, 16)]


def test_nothing_to_place_in_is_an_error() -> None:
    with pytest.raises(LayerError, match="mangler"):
        make_areas(_addresses(AT), _residents([]), year=2026)
    with pytest.raises(LayerError, match="Ingen adresse"):
        make_areas(_addresses({"far": 900.0}), _residents([]), year=2026, grunnkrets=_units())


@settings(max_examples=10, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*AT, "nobody"]),
            st.one_of(st.none(), st.integers(-2, 125)),
            st.integers(0, 30),
        ),
        max_size=40,
    )
)
def test_everyone_is_placed_or_counted_as_unplaced(
    rows: list[tuple[str, float | None, float | None]],
) -> None:
    areas = _made(rows)
    assert areas.people.count.sum() + areas.unplaced == sum(number for *_, number in rows)
    assert areas.people.count.shape == (len(areas.frame), AGES)


def test_place_agrees_with_asking_each_polygon() -> None:
    rng = np.random.default_rng(3)
    points = shapely.points(rng.uniform(0, 10, (400, 2)))
    left = rng.uniform(0, 8, (12, 2))
    polygons = shapely.box(left[:, 0], left[:, 1], left[:, 0] + 2, left[:, 1] + 2)
    inside = shapely.intersects(points[:, None], polygons[None, :])
    expected = np.where(inside.any(axis=1), inside.argmax(axis=1), -1)
    assert place(points, polygons).tolist() == expected.tolist()
