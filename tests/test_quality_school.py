"""Remarks on schools, districts and housing as they come in, with the faults named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely

from askergeo.catalogue import load_catalogue
from askergeo.quality import inspect
from askergeo.sources.intake import take_in

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

X, Y = 580_000.0, 6_630_000.0
LAYERS = load_catalogue()


def frame(geometry: list[shapely.Geometry], **columns: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=geometry, crs="EPSG:25832")


def remarks(layer: str, rows: pd.DataFrame) -> list[tuple[int, str, str]]:
    kept, avvik = inspect(rows, LAYERS[layer])
    assert len(kept) == len(rows)
    assert set(avvik["handling"]) <= {"beholdt"}
    return list(avvik[["rad", "regel", "tekst"]].itertuples(index=False, name=None))


def schools(**changes: list[object]) -> gpd.GeoDataFrame:
    columns = {
        "skole_id": ["a", "b", "c"],
        "navn": ["Nord", "Sør", "Videregående"],
        "trinn_fra": [1, 8, 11],
        "trinn_til": [7, 10, 13],
        "eierform": ["kommunal", "kommunal", "fylkeskommunal"],
        "paralleller": [2.0, 3.0, None],
    }
    points = [shapely.Point(X + 100.0 * k, Y) for k in range(3)]
    return frame(points, **(columns | changes))


def test_sound_schools_give_no_remark() -> None:
    assert remarks("skole", schools()) == []


@pytest.mark.parametrize(
    ("changes", "row", "rule"),
    [
        ({"trinn_fra": [None, 8, 11]}, 1, "uten_trinn"),
        ({"trinn_til": [7, None, 13]}, 2, "uten_trinn"),
        ({"trinn_fra": [1, 10, 11], "trinn_til": [7, 8, 13]}, 2, "trinn_ombyttet"),
        ({"paralleller": [None, 3.0, None]}, 1, "uten_kapasitet"),
    ],
)
def test_a_school_with_a_fault_is_named(
    changes: dict[str, list[object]], row: int, rule: str
) -> None:
    (found,) = remarks("skole", schools(**changes))
    assert found[:2] == (row, rule)
    assert f"«{['Nord', 'Sør', 'Videregående'][row - 1]}»" in found[2]


def test_own_capacity_counts_and_a_private_school_needs_none() -> None:
    own = schools(paralleller=[None, 3.0, None], kapasitet=[100, None, None])
    assert remarks("skole", own) == []
    private = schools(paralleller=[None, 3.0, None], eierform=["privat", "kommunal", "kommunal"])
    assert remarks("skole", private) == []


def test_a_file_that_tells_no_places_at_all_gives_no_list_of_all_schools() -> None:
    assert remarks("skole", schools(paralleller=[None, None, None])) == []


def test_districts_without_school_or_on_the_same_ground() -> None:
    boxes = [shapely.box(X + left, Y, X + left + 100, Y + 100) for left in (0, 90, 200, 100)]
    rows = frame(
        boxes,
        krets_id=["1", "2", "3", "4"],
        navn=["A", "B", "C", "D"],
        trinn=["barnetrinn", "barnetrinn", "barnetrinn", "ungdomstrinn"],
        skole_id=["a", "b", None, "u"],
    )
    assert remarks("skolekrets", rows) == [
        (2, "kretser_overlapper", "«B» overlapper «A» (1000\u00a0m²)."),
        (3, "uten_skole", "Kretsen «C» har ingen skole."),
    ]


def test_neighbours_that_share_a_sliver_do_not_overlap() -> None:
    boxes = [shapely.box(X, Y, X + 100, Y + 100), shapely.box(X + 99.95, Y, X + 200, Y + 100)]
    rows = frame(boxes, krets_id=["1", "2"], navn=["A", "B"], trinn=["barnetrinn"] * 2,
                 skole_id=["a", "b"])  # fmt: skip
    assert remarks("skolekrets", rows) == []


def test_dwellings_to_be_torn_down_are_named_and_kept() -> None:
    rows = frame(
        [shapely.Point(X, Y), shapely.Point(X, Y + 1)],
        prosjekt_id=["P1", "P2"],
        boligtype=["enebolig", "smaahus"],
        aar=[2030, 2031],
        boliger=[-4, 12],
    )
    (found,) = remarks("boligprogram", rows)
    assert found[:2] == (1, "negative_boliger")
    assert "4 boliger regnes som rivning" in found[2]


def test_negative_ages_and_counts_are_set_aside_with_the_row(tmp_path: Path) -> None:
    file = tmp_path / "folk.csv"
    file.write_text("adresse_id;alder;antall\na;-3;1\nb;7;-2\nc;7;2\n", encoding="utf-8")
    taken = take_in(file, LAYERS["befolkning"])
    assert taken.frame["adresse_id"].tolist() == ["c"]
    assert sorted(set(taken.avvik["rad"])) == [1, 2]
    assert any("-3" in text and "alder" in text for text in taken.avvik["tekst"])


def test_a_year_and_school_told_twice_in_the_pupils(tmp_path: Path) -> None:
    file = tmp_path / "elever.csv"
    text = "skole_id;aar;trinn;antall\na;2025;1;20\na;2025;1;20\na;2025;1;22\na;2025;11;3\n"
    file.write_text(text, encoding="utf-8")
    taken = take_in(file, LAYERS["elevtall"])
    assert taken.frame["antall"].tolist() == [20, 22]
    rules = set(zip(taken.avvik["rad"], taken.avvik["regel"], strict=True))
    assert {(2, "dobbel_rad"), (3, "dobbel_id"), (4, "ugyldig_verdi")} <= rules


def test_the_kindergartens_of_asker(shared_data: Path) -> None:
    file = shared_data / "asker/asker_3203_barnehager_2024.geojson"
    taken = take_in(file, LAYERS["barnehage"], mapping="udir_barnehage")
    count = taken.avvik["regel"].value_counts().to_dict()
    assert count == {"koordinat_null": 4, "uten_kapasitet": 1}
    lacks = taken.frame[taken.frame["kapasitet"].isna()]["navn"].tolist()
    told = taken.avvik.loc[taken.avvik["regel"] == "uten_kapasitet", "tekst"].tolist()
    assert len(lacks) == 1
    assert f"«{lacks[0]}»" in told[0]


def test_the_schools_of_asker(shared_data: Path) -> None:
    file = shared_data / "asker/asker_3203_grunnskoler_nsr_partial_coords.csv"
    taken = take_in(file, LAYERS["skole"], mapping="udir_skole")
    told = taken.avvik[taken.avvik["handling"] == "beholdt"]
    assert told["regel"].tolist() == ["uten_trinn"]
    assert "Akademiet" in told["tekst"].iloc[0]
    aside = taken.avvik[taken.avvik["handling"] == "satt til side"]
    assert len(aside) == taken.rows_set_aside == 21
    assert np.isfinite(shapely.get_coordinates(taken.frame.geometry.to_numpy())).all()


def test_a_school_at_null_or_far_outside_is_set_aside_and_one_just_outside_is_told() -> None:
    places = [shapely.Point(0, 0), shapely.Point(X + 4_000, Y), shapely.Point(X + 1_500, Y)]
    rows = schools().set_geometry(gpd.GeoSeries(places, crs="EPSG:25832"))
    boundary = shapely.box(X - 1_000, Y - 1_000, X + 1_000, Y + 1_000)
    kept, avvik = inspect(rows, LAYERS["skole"], boundary=boundary)
    assert kept["navn"].tolist() == ["Videregående"]
    told = sorted(avvik[["rad", "regel", "handling"]].itertuples(index=False, name=None))
    assert told == [
        (1, "koordinat_null", "satt til side"),
        (2, "utenfor_kommunen", "satt til side"),
        (3, "utenfor_kommunen", "beholdt"),
    ]


def test_the_same_school_twice_is_named() -> None:
    rows = schools(skole_id=["a", "a", "c"])
    (found,) = remarks("skole", rows)
    assert found == (2, "dobbel_id", "«a» står på en tidligere rad.")
