"""The state of the map of pipes as a result."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from askergeo.analyses import _va_state_map, find
from askergeo.analyses.va import va
from askergeo.catalogue import load_catalogue
from askergeo.errors import LayerError
from askergeo.parameters import load_parameters

P = load_parameters(find("va").parameters, {"va_aar": 2026})


def pipes(**columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "ledning_id": ["a", "b", "c"],
            "type": ["vann", "vann", "spillvann"],
            "materiale": ["PVC", None, "BET"],
            "dimensjon_mm": [150, 100, 200],
            "anleggsaar": [1971, 1985, 0],
            "eier": "kommunal",
            **columns,
        },
        geometry=[shapely.LineString([(0, at), (1000, at)]) for at in (0, 10, 20)],
        crs="EPSG:25832",
    )


def test_the_tables_add_up() -> None:
    result = va(pipes(), parameters=P)
    lengths = result.table("mangler").frame
    assert lengths.loc["alle", "materiale"] == pytest.approx(100 / 3)
    assert lengths.loc["vann", "materiale"] == pytest.approx(50)
    for name in ("alder", "materialer", "dimensjoner"):
        assert result.table(name).frame.loc["alle", "sum"] == pytest.approx(3)
    assert result.table("alder").frame["klasse"].tolist() == [
        "1970–1979", "1980–1989", "Ukjent", "Alle",
    ]  # fmt: skip
    assert result.table("omraader").frame.loc["alle", "mangler"] == pytest.approx(200 / 3)


def test_each_row_of_what_is_lacking_tells_whose_pipes_it_is_about() -> None:
    table = va(pipes(eier=["kommunal", "privat", None]), parameters=P).table("mangler")
    assert table.columns["hvem_eier"].title == "Eier"
    assert table.frame[["type", "hvem_eier", "eier"]].to_numpy().tolist() == [
        ["Vann", "Kommunal", 0],
        ["Vann", "Privat", 0],
        ["Vann", "Alle eiere", 0],
        ["Spillvann", "Ukjent eier", 100],
        ["Alle", "Alle eiere", pytest.approx(100 / 3)],
    ]


def test_the_map_has_a_layer_a_medium_heavier_for_larger_pipes() -> None:
    drawn = pipes(
        type=["vann", "spillvann", "spillvann"],
        dimensjon_mm=[400, 200, None],
        funksjon=[None, "pumpeledning", None],
        status=["i drift", None, "nedlagt"],
    )
    layers = {one.name: one for one in va(drawn, parameters=P).layers}
    water, sewage = layers["ledninger_vann"], layers["ledninger_spillvann"]
    assert water.frame["vises_som"].tolist() == ["300 mm og mer"]
    assert sewage.frame["vises_som"].tolist() == [
        "Pumpeledning",
        "Ute av drift eller planlagt",
    ]
    looks = {one.value: (one.stroke, one.dash) for one in sewage.style.classes}
    assert looks["Pumpeledning"] == ("#009e73", True)
    assert looks["Ute av drift eller planlagt"][1]
    assert {one.stroke for one in water.style.classes} == {"#0072b2"}


def test_a_net_that_is_too_large_for_the_page_is_drawn_by_class(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_va_state_map, "_ON_PAGE", 2)
    layers = {one.name: one for one in va(pipes(), parameters=P).layers}
    assert not layers["ledninger_vann"].on_page
    whole = layers["ledninger_vann_samlet"]
    assert whole.on_page
    told = whole.frame.set_index("vises_som")
    assert told["ledninger"].to_dict() == {"150 til under 300 mm": 1, "Under 150 mm": 1}
    assert told.length.tolist() == pytest.approx([1000, 1000])
    assert told["km"].tolist() == pytest.approx([1, 1])


def test_the_map_has_the_nodes_and_plants_with_their_marks() -> None:
    def points(**columns: object) -> gpd.GeoDataFrame:
        count = len(next(iter(columns.values())))
        return gpd.GeoDataFrame(
            columns, geometry=[shapely.Point(at, 0) for at in range(count)], crs="EPSG:25832"
        )

    result = va(
        pipes(),
        va_node=points(node_id=["1", "2"], type=["kum", "hydrant"]),
        va_anlegg=points(anlegg_id=["R"], type=["renseanlegg"], navn=["Vika"]),
        parameters=P,
    )
    nodes = result.layer("noder")
    assert nodes.frame["type"].tolist() == ["Kum", "Hydrant"]
    assert {one.value: one.shape for one in nodes.style.classes} == {
        "Kum": "circle",
        "Hydrant": "star",
    }
    assert result.layer("anlegg").frame["navn"].tolist() == ["Vika"]


def test_many_pumping_stations_do_not_hide_the_pipes() -> None:
    def plants(pumps: int) -> gpd.GeoDataFrame:
        kinds = ["pumpestasjon"] * pumps + ["vannverk"]
        return gpd.GeoDataFrame(
            {"anlegg_id": [str(at) for at in range(len(kinds))], "type": kinds},
            geometry=[shapely.Point(at, 0) for at in range(len(kinds))],
            crs="EPSG:25832",
        )

    def shown(pumps: int) -> dict[str, tuple[int, bool]]:
        layers = va(pipes(), va_anlegg=plants(pumps), parameters=P).layers
        points = [one for one in layers if one.name in ("anlegg", "pumpestasjoner")]
        return {one.name: (len(one.frame), one.visible) for one in points}

    assert shown(12) == {"anlegg": (13, True)}
    assert shown(275) == {"pumpestasjoner": (275, False), "anlegg": (1, True)}


def test_a_net_that_is_not_there_is_not_named() -> None:
    water = pipes(type="vann", fornyet_aar=[2024, None, None])
    sentence = va(water, parameters=P).sentence
    assert "vann 33,33 %" not in sentence
    assert "vann 11,11 % mot vedtatt" in sentence
    assert "spillvann" not in sentence


def test_every_analysis_names_the_same_remedy_for_a_missing_year() -> None:
    (told,) = va(pipes(), parameters=load_parameters(find("va").parameters)).warnings
    assert "askergeo data legg-til PAKKE va_ledning FIL --dato" in told


def test_renewal_that_nobody_has_told_is_unknown_and_not_none() -> None:
    silent = va(pipes(), parameters=P)
    assert silent.table("fornyelse").frame["faktisk"].isna().all()
    # What nobody knows has no place in the sentence; the table shows that it is unknown.
    assert "Fornyet" not in silent.sentence
    assert ".." not in silent.sentence
    told = va(pipes(fornyet_aar=[2025, None, None]), parameters=P)
    assert told.table("fornyelse").frame["faktisk"].tolist() == pytest.approx([50 / 3, 0])
    assert "va.fornyelse_avlop" in {one.rule for one in told.findings}


def test_an_address_without_a_row_is_unknown() -> None:
    register = pd.DataFrame({"adresse_id": ["1", "2"], "vann": [True, False]})
    addresses = pd.DataFrame({"adresse_id": ["1", "2", "3"]})
    result = va(pipes(), va_tilknytning=register, adresse=addresses, parameters=P)
    row = result.table("kunder").frame.loc["vann"]
    assert (row["ja"], row["nei"], row["ukjent"]) == (1, 1, 1)
    assert result.table("kunder").frame.loc["avlop", "ukjent"] == 3


def test_what_cannot_be_answered_is_said() -> None:
    answers = va(pipes(), parameters=P).table("svar").frame
    assert answers.loc["lekkasje", "svar"] == "Kan ikke"
    assert "va_maaling" in answers.loc["lekkasje", "mangler"]
    assert find("va").absent({"va_ledning"}) == ()


def test_every_layer_that_an_answer_asks_for_is_read() -> None:
    answers = va(pipes(), parameters=P).table("svar").frame
    layers = load_catalogue()
    words = {word for cell in answers["mangler"] for word in cell.replace(";", " ").split()}
    assert {word for word in words if word in layers} <= set(find("va").uses)
    some = {
        "adresse": pd.DataFrame({"adresse_id": ["1"]}),
        "befolkning": pd.DataFrame({"adresse_id": ["1"]}),
        "bygning": pd.DataFrame({"bygning_id": ["1"]}),
    }
    told = va(pipes(), parameters=P, **some).table("svar").frame
    assert told.loc["bortfall", "svar"] == "Delvis"
    assert "bygning" not in told.loc["brannvann", "mangler"]


def test_an_empty_layer_is_refused() -> None:
    with pytest.raises(LayerError, match="ingen ledninger"):
        va(pipes().iloc[:0], parameters=P)
