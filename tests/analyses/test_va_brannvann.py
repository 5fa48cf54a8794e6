"""Fire water as a result: with a model, without EPANET, with a scenario, and against the key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.spatial import cKDTree

from askergeo._progress import progress_to
from askergeo.analyses import find
from askergeo.analyses._va_fire_change import compare as tell
from askergeo.analyses.va_brannvann import va_brannvann
from askergeo.compare import compare
from askergeo.datapackage import DataPackage
from askergeo.errors import AskergeoError
from askergeo.parameters import load_parameters
from askergeo.privacy import suppress
from askergeo.va import _hydraulic_engine

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.result import Result

CRS = "EPSG:25832"
SETS = find("va_brannvann").parameters
P = load_parameters(SETS)


def layer(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def street(*hydrants: int, metres: int = 900) -> dict[str, Any]:
    """A main of 150 mm from a basin at 60 m, a node each 100 m, houses at 0, 300 and 800 m."""
    at = list(range(0, metres + 1, 100))
    return {
        "va_node": layer(
            [shapely.Point(x, 0) for x in at],
            node_id=[f"n{x}" for x in at],
            type=["basseng", *("hydrant" if x in hydrants else "kum" for x in at[1:])],
            hoyde=[60.0, *([0.0] * (len(at) - 1))],
            kapasitet_l_s=np.full(len(at), np.nan),
        ),
        "va_ledning": layer(
            [shapely.LineString([(x, 0), (x + 100, 0)]) for x in at[:-1]],
            ledning_id=[f"r{x}" for x in at[:-1]], type="vann", dimensjon_mm=150,
            materiale="PVC", fra_node_id=[f"n{x}" for x in at[:-1]],
            til_node_id=[f"n{x}" for x in at[1:]],
        ),
        "bygning": layer(
            [shapely.Point(x, 10) for x in (100, 300, 800, 800)],
            bygning_id=[1, 2, 3, 4], bygningstype=[111, 111, 111, 181],
        ),
    }  # fmt: skip


def run(layers: dict[str, Any], **changed: Any) -> Result:
    return va_brannvann(**layers, parameters=load_parameters(SETS, changed))


def test_the_tables_count_every_building_once() -> None:
    buildings = layer(
        [shapely.Point(x, 10) for x in (0, 300, 0, 0)],
        bygning_id=[1, 2, 3, 4], bygningstype=[111, 111, 146, 181],
    )  # fmt: skip
    nodes = layer(
        [shapely.Point(0, 0)], node_id=["h"], type=["hydrant"], kapasitet_l_s=np.array([25.0])
    )
    district = layer([shapely.box(-50, -50, 50, 50)], grunnkretsnummer=["1"])
    result = va_brannvann(nodes, bygning=buildings, grunnkrets=district, parameters=P)
    for name in ("bygningstyper", "omraader"):
        row = result.table(name).frame.loc["alle"]
        assert (row["mangler"], row["ukjent"], row["har"]) == (2, 0, 1)
    assert set(result.table("uten").frame["bygning"]) == {"2", "3"}
    assert result.sentence.startswith("1 brannuttak: av 3 bygninger mangler 2")
    assert result.table("avstand").frame["alle"].tolist() == [2, 0, 0, 0, 1, 3]
    assert find("va_brannvann").absent({"va_node"}) == ("bygning",)
    assert find("va_brannvann").load_comparison() is tell
    suppress(result)


def test_a_model_of_the_map_says_what_outlets_give_and_that_it_is_unsure() -> None:
    result = run(street(100, 300, 800), va_brannvann_annen_l_s=100.0)
    frame = result.table("uttak").frame
    assert frame["grunnlag"].tolist() == ["Modell"] * 3
    assert frame["sikkerhet"].tolist() == ["lav"] * 3
    # The farther from the basin, the less; Hazen-Williams by hand from 60 m to 1 bar.
    gives = frame["modell_l_s"].to_numpy()
    assert (np.diff(gives) <= 0).all()
    head, c = 60 - 10.197, load_parameters(SETS)["va_hydraulikk_ruhet"][1].split("=")[1]
    by_hand = 1000 * (head / (10.667 * float(c) ** -1.852 * 0.15**-4.871 * 800)) ** (1 / 1.852)
    assert gives[2] == pytest.approx(by_hand, abs=0.7)
    assert any("laget av ledningskartet" in one for one in result.reading)


def test_without_epanet_the_dimension_decides_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_hydraulic_engine, "find_spec", lambda name: None)  # noqa: ARG005
    _hydraulic_engine._library.cache_clear()
    result = run(street(100))
    _hydraulic_engine._library.cache_clear()
    assert result.table("uttak").frame["grunnlag"].tolist() == ["Etter dimensjon"]
    assert any("wntr mangler" in one for one in result.warnings)
    assert result.facts["har"].value == 1


def test_without_a_source_the_dimension_decides_and_a_named_model_must_be_there() -> None:
    bare = street(100)
    bare["va_node"].loc[0, "type"] = "kum"
    result = run(bare)
    assert result.table("uttak").frame["grunnlag"].tolist() == ["Etter dimensjon"]
    assert any("ingen kilde" in one for one in result.warnings)
    with pytest.raises(AskergeoError):
        run(bare, va_hydraulikk_modell="nett")
    quiet = run(bare, va_brannvann_modell="nei")
    assert quiet.table("uttak").frame["sikkerhet"].tolist() == ["lav"]
    assert not quiet.warnings


def test_a_measurement_that_the_model_contradicts_is_named() -> None:
    told = street(100)
    told["va_node"].loc[1, "kapasitet_l_s"] = 12.0
    assert run(told).facts["maalt"].value == 1
    (finding,) = (
        one
        for one in run(told, va_brannvann_modell="alle").findings
        if one.rule == "va_brannvann.uenige"
    )
    assert finding.text == "For 1 uttak sier målingen og modellen ulikt om uttaket gir 20 l/s."


def test_too_far_and_too_little_are_told_apart_with_the_way_to_a_main() -> None:
    """Houses by outlets of 5 l/s, 100 m from a main, and 5 km from any."""
    layers = street(100, 300)
    layers["va_node"].loc[[1, 3], "kapasitet_l_s"] = [5.0, 25.0]
    layers["bygning"] = layer(
        [shapely.Point(100, 10), shapely.Point(300, 10), shapely.Point(600, 100),
         shapely.Point(5900, 0), shapely.Point(600, 20)],
        bygning_id=[1, 2, 3, 4, 5], bygningstype=111,
    )  # fmt: skip
    result = run(layers)
    frame = result.table("mangler").frame
    columns = ["naer", "mellom", "borte", "ukjent", "alle"]
    assert frame.loc["langt", columns].tolist() == [1, 1, 1, 0, 3]
    assert frame.loc["lite", columns].tolist() == [1, 0, 0, 0, 1]
    assert frame.loc["sum", "alle"] == result.facts["mangler"].value == 4
    assert "3 har for langt til et uttak, eller for få (1 av dem er innen 50 m" in result.sentence
    (told,) = (one for one in result.findings if one.rule == "va_brannvann.mangler")
    assert told.text.startswith("4 bygninger mangler brannvann: 3 har for langt")


def test_a_model_with_guessed_dimensions_or_one_demand_says_so() -> None:
    layers = street(100, 300)
    assert not any("Dimensjonen er antatt" in one for one in run(layers).warnings)
    layers["va_ledning"]["dimensjon_mm"] = [150.0, *[np.nan] * 8]
    warned = run(layers).warnings
    assert any("Dimensjonen er antatt for 8 av 9 ledninger" in one for one in warned)


def test_each_outlet_in_the_model_is_told_as_it_is_reckoned() -> None:
    heard: list[tuple[float, str]] = []
    with progress_to(lambda share, text: heard.append((share, text))):
        run(street(100, 300, 800))
    told = [text for _, text in heard if text.startswith("Uttak")]
    assert told == [f"Uttak {n} av 3 i modellen" for n in (1, 2, 3)]
    shares = [share for share, _ in heard]
    assert shares == sorted(shares)
    assert max(shares) <= 1
    before = len(heard)
    run(street(100))
    assert len(heard) == before


def test_a_scenario_tells_who_gets_and_who_loses() -> None:
    one, two = run(street(100, 300)), run(street(300, 800))
    told = tell(one, two, compare(one, two))
    assert (told.facts["faar"].value, told.facts["mister"].value) == (1, 1)
    assert told.table("endret").frame["bygning"].tolist() == ["3", "1"]
    assert told.table("endring").frame.loc["sum", "bygninger"] == 2
    assert "får 1 bygninger brannvann" in told.sentence
    same = tell(one, one, compare(one, one))
    assert same.facts["annet_svar"].value == 0
    # Rows of the same outlet meet, wherever they stand in the list.
    rows = told.table("uttak").frame
    assert rows.loc["n300", "modell_l_s_endring"] == 0


@pytest.mark.slow
def test_the_places_without_hydrants_of_the_key_are_found_all_and_only(demo_folder: Path) -> None:
    folder = demo_folder / "datapakke"
    key = json.loads((folder / "nokkel.json").read_text("utf-8"))["va"]
    package = DataPackage.open(folder)
    layers = {one: package.read(one) for one in ("va_node", "va_ledning", "bygning")}
    result = run(layers, va_brannvann_modell="nei")
    assert result.facts["uttak"].value == key["brannvann"]["hydranter"]
    outlets = next(one.frame for one in result.layers if one.name == "brannuttak")
    tree = cKDTree(shapely.get_coordinates(outlets.geometry.to_numpy()))
    homes = shapely.get_coordinates(package.read("adresse").geometry.to_numpy())
    for metres in (50, 150):
        told = key["brannvann"][f"adresser_uten_innen_{metres}_m"]
        assert int((tree.query(homes)[0] > metres).sum()) == told
    planted = pd.DataFrame(key["feil"]["hydrantluker"])
    centres = cKDTree(planted[["x", "y"]].to_numpy())
    # Short stretches beside roads between villages are no planted ones.
    long = result.table("luker").frame.query("meter >= 500")
    away, which = centres.query(long[["ost", "nord"]].to_numpy())
    assert (away < planted["radius_m"].to_numpy()[which]).all()
    assert set(which) == set(range(len(planted)))
    buildings = next(one.frame for one in result.layers if one.name == "bygninger")
    inside = centres.query(shapely.get_coordinates(buildings.geometry.to_numpy()))[0] < 230
    assert inside.sum() > 50
    assert set(buildings["svar"][inside]) == {"Mangler"}
