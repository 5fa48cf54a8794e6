"""Asker's senterstruktur: what is known, how surely, and what is missing."""

from __future__ import annotations

import geopandas as gpd
import pytest

from askergeo.catalogue import load_catalogue
from askergeo.centres import CONFIDENCE, _problems, load_centres
from askergeo.errors import SourceError

ASKER = load_centres()
LOKALSENTRE = {
    *("Tofte", "Sætre", "Spikkestad", "Røyken", "Slemmestad", "Heggedal", "Holmen", "Vollen"),
    "Dikemark",
}


def test_asker_has_one_kommunesenter_and_nine_lokalsentre() -> None:
    names = {level: {c.name for c in ASKER.centres if c.level == level} for level in ASKER.expected}
    assert names["kommunesenter"] == {"Asker sentrum"}
    assert names["lokalsenter"] == LOKALSENTRE
    assert len(names["naersenter"]) == 5


def test_the_list_says_openly_what_it_lacks() -> None:
    assert ASKER.missing == {"kommunesenter": 0, "lokalsenter": 0, "naersenter": 21}
    text = " ".join(ASKER.warnings())
    assert "21 av 26 nærsentre mangler" in text
    assert "Vestre Billingstad" in text
    assert "Usikker plassering: Hvalstad, Billingstad." in text


def test_the_text_and_the_count_agree() -> None:
    assert ASKER.missing_text.startswith(
        f"{ASKER.missing['naersenter']} av {ASKER.expected['naersenter']}"
    )


def test_each_centre_has_a_source_and_a_confidence_of_name_and_of_position() -> None:
    for centre in ASKER.centres:
        assert centre.name_source
        assert centre.place_source
        assert centre.confidence in CONFIDENCE
        assert CONFIDENCE.index(centre.confidence) >= CONFIDENCE.index(centre.place_confidence)


def test_the_layer_has_the_catalogue_columns_in_the_crs_of_record() -> None:
    layer = ASKER.layer()
    senter = load_catalogue()["senter"]
    assert list(layer.columns) == [*senter.columns, "geometry"]
    assert layer.crs == "EPSG:25832"
    assert layer["senter_id"].is_unique
    assert len(layer) == 13
    assert not layer["niva"].isin(["ukjent"]).any()
    for column in ("niva", "konfidens"):
        assert set(layer[column]) <= set(senter.columns[column].codes or {})


def test_a_centre_without_a_position_is_left_out_of_the_map_and_named() -> None:
    assert {c.id for c in ASKER.without_position} == {"vestre-billingstad", "hon-landas"}
    assert not set(ASKER.layer()["senter_id"]) & {"vestre-billingstad", "hon-landas"}


def test_every_position_lies_in_asker(shared_data) -> None:
    kommuner = gpd.read_file(shared_data / "asker" / "kommuner_2024_M.geojson")
    asker = kommuner[kommuner["kommunenummer"] == "3203"].to_crs(25832).union_all()
    outside = ASKER.layer().loc[lambda f: ~f.geometry.within(asker), "navn"]
    assert outside.tolist() == []


def test_an_unknown_municipality_is_named() -> None:
    with pytest.raises(SourceError, match="«lier»"):
        load_centres("lier")


def test_faults_in_a_list_are_all_told() -> None:
    good = {
        "id": "a",
        "navn": "A",
        "niva": "lokalsenter",
        "navn_kilde": "k",
        "navn_sikkerhet": "kjent",
        "sted_kilde": "k",
        "sted_sikkerhet": "kjent",
    }
    bad = {**good, "niva": "torg", "sted_sikkerhet": "sikker", "navn_kilde": "", "lat": 59.8}
    problems = "\n".join(_problems([good, bad]))
    assert not _problems([good])
    for part in ("«navn_kilde» mangler", "«a» er brukt før", "«torg»", "sted_sikkerhet", "«lon»"):
        assert part in problems
