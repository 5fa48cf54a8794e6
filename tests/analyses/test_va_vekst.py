"""Growth on a town drawn by hand, every number worked out; and against the example's key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.analyses._va_growth_change import compare as tell
from askergeo.analyses.va_vekst import va_vekst
from askergeo.compare import compare
from askergeo.datapackage import DataPackage
from askergeo.parameters import load_parameters
from askergeo.privacy import suppress
from askergeo.result import Status

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.result import Result

CRS = "EPSG:25832"
X, Y = 560_000.0, 6_620_000.0
SETS = "va_vekst+prognose+va_nett+va_bortfall+trafikk.trafikk_m2"
HOMES = 20


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(X + x, Y + y) for x, y in points])


def at(x: float, y: float) -> shapely.Point:
    return shapely.Point(X + x, Y + y)


def layer(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def town(**plant: Any) -> dict[str, Any]:
    """Twenty homes of five along a sewer to a plant, and 100 dwellings to come in 2028."""
    told = {"kapasitet_pe": [200, 2_000], "belastning_pe": [110, 0], "til_aar": [None, None],
            "ny_kapasitet_pe": [None, None], "ny_kapasitet_aar": [None, None],
            "til_anlegg_id": [None, None], "fra_aar": [1980, 2035]}  # fmt: skip
    told |= plant
    ids = [f"A{k}" for k in range(HOMES)]
    return {
        "adresse": layer(
            [at(10 * k, 5) for k in range(HOMES)], adresse_id=ids, boliger=[1] * HOMES
        ),
        "befolkning": pd.DataFrame({"adresse_id": ids, "alder": 40, "antall": 5}),
        "va_ledning": layer(
            [line((0, 0), (100, 0)), line((100, 0), (200, 0))],
            ledning_id=["S1", "S2"], type=["spillvann"] * 2, dimensjon_mm=[160, 160],
            hoyde_fra=[12.0, 11.0], hoyde_til=[11.0, 10.0], funksjon=["hovedledning"] * 2,
        ),
        "va_anlegg": layer(
            [at(200, 0), at(900, 900)], anlegg_id=["R1", "R2"], navn=["Gammel", "Ny"],
            type=["renseanlegg"] * 2, **told,
        ),
        "va_tilknytning": pd.DataFrame(
            {"adresse_id": ids[:18], "vann": pd.array([True] * 17 + [None], dtype="boolean"),
             "avlop": pd.array([True] * 12 + [False] * 6, dtype="boolean")}
        ),
        "boligprogram": layer(
            [at(50, 30)], prosjekt_id=["P1"], navn=["Feltet"], boligtype=["enebolig"],
            aar=[2028], boliger=[100], sannsynlighet=[100.0], planid=["9999-1"],
        ),
    }  # fmt: skip


def run(layers: dict[str, Any], **changed: Any) -> Result:
    parameters = load_parameters(SETS, {"startaar": 2026, **changed})
    return va_vekst(**layers, parameters=parameters)


def test_the_plant_is_full_when_the_project_moves_in_and_the_project_waits() -> None:
    result = run(town())
    row = result.table("anlegg").frame.loc["R1"]
    # 110 pe measured and 100 dwellings of 2,2: 330 pe on 1 January 2029 against 200.
    each = load_parameters("prognose")["bosatte_per_bolig"]
    assert row["fullt_hoved"] == 2029
    assert row["hoved_2036"] == np.floor((110 + 100 * each) / 10 + 0.5) * 10
    assert "nye boliger" in row["hvorfor"]
    wait = result.table("venter").frame.loc["P1"]
    assert wait["svar"] == "Venter, ingen dato"
    (finding,) = (one for one in result.findings if one.rule == "va_plan_venter")
    assert finding.status == Status.HIT_RED
    assert "9999-1" in finding.text


def test_new_capacity_gives_the_date_that_the_project_waits_for() -> None:
    more = town(ny_kapasitet_pe=[900, None], ny_kapasitet_aar=[2032, None])
    wait = run(more).table("venter").frame.loc["P1"]
    assert (wait["svar"], wait["avlop_fra"]) == ("Venter", 2032)
    soon = town(ny_kapasitet_pe=[900, None], ny_kapasitet_aar=[2029, None])
    assert run(soon).table("venter").frame["svar"].tolist() == ["Har plass"]


def test_a_plant_that_closes_before_the_next_opens_leaves_a_gap() -> None:
    gap = town(til_aar=[2030, None], til_anlegg_id=["R2", None])
    result = run(gap)
    assert any(one.rule == "va_uten_mottaker" for one in result.findings)
    assert result.table("venter").frame.loc["P1", "avlop_fra"] == 2035
    chart = next(one for one in result.charts if one.name == "anlegg_aar_r2")
    years = result.table(chart.table).frame
    assert years.loc["2035", "overfort"] == years.loc["2035", "sum"] > 0


def test_a_delayed_plant_is_told_when_runs_are_compared() -> None:
    soon = run(town(ny_kapasitet_pe=[900, None], ny_kapasitet_aar=[2029, None]))
    late = run(town(ny_kapasitet_pe=[900, None], ny_kapasitet_aar=[2034, None]))
    told = tell(soon, late, compare(soon, late))
    assert told.facts["nye_venter"].value == 1
    # Full from 2029, and room again when the capacity comes in 2034.
    assert told.table("endret_fullt").frame.loc["R1"].tolist()[1:] == ["–", "2029", "–", "2034"]
    assert told.table("endret_venter").frame.loc["P1", "avlop_fra_med"] == 2034


def test_connection_is_kostras_and_the_unknown_are_told() -> None:
    frame = run(town()).table("tilknytning").frame
    assert frame.loc["vann", ["ja", "nei", "ukjent", "alle"]].tolist() == [90, 0, 20, 100]
    assert frame.loc["vann", ["andel", "hoyst", "av_kjente"]].tolist() == [85, 100, 100]
    assert frame.loc["avlop", ["ja", "nei", "ukjent"]].tolist() == [60, 30, 10]


def test_homes_near_the_sewer_that_are_not_connected_are_listed() -> None:
    near = run(town()).table("naer_avlop").frame
    # Six homes 5 m from the sewer.
    assert near[["adresser", "bosatte", "meter"]].to_numpy().tolist() == [[6, 30, 30]]
    assert near["kr_mid"].iloc[0] == pytest.approx(30 * 6000 / 1e6)


def test_without_plants_or_pipes_it_goes_on_and_says_so() -> None:
    whole = town()
    bare = {one: whole[one] for one in ("adresse", "befolkning", "va_tilknytning")}
    result = suppress(run(bare))
    assert "Ingen renseanlegg" in result.sentence
    pipes = {k: v for k, v in whole.items() if k != "va_ledning"}
    result = run(pipes)
    assert result.table("anlegg").frame.loc["R1", "fullt_hoved"] == 2029
    unknown = run(town(kapasitet_pe=[None, None]))
    assert unknown.table("anlegg").frame["fullt_hoved"].isna().all()
    assert unknown.table("venter").frame["svar"].tolist() == ["Ukjent"]


@pytest.mark.slow
def test_the_example_has_the_share_and_the_full_plant_of_its_key(demo_folder: Path) -> None:
    package = DataPackage.open(demo_folder / "datapakke")
    key = json.loads((demo_folder / "datapakke" / "nokkel.json").read_text("utf-8"))["va"]
    names = ("adresse", "befolkning", "va_ledning", "va_node", "va_anlegg", "va_sone",
             "va_tilknytning", "boligprogram")  # fmt: skip
    layers = {one: package.read(one) for one in names}
    parameters = load_parameters(SETS, {"startaar": 2026})
    result = va_vekst(**layers, parameters=parameters)
    shares = result.table("tilknytning").frame
    for kind in ("vann", "avlop"):
        told = key["tilknytning"][kind]
        counts = [told[f"innbyggere_{one}"] for one in ("ja", "nei", "ukjent")]
        assert shares.loc[kind, ["ja", "nei", "ukjent"]].tolist() == [
            int(np.floor(one / 10 + 0.5)) * 10 for one in counts
        ]
        share = 100 * told["andel_av_innbyggere"]
        assert shares.loc[kind, "andel"] == pytest.approx(share, abs=0.05)
        near = result.table(f"naer_{kind}").frame["luftlinje"]
        assert near.sum() == told["naer_men_ikke_tilknyttet"]
    plants = result.table("anlegg").frame
    # Without a forecast only the programme and the closing of plants move the load, as in the key.
    told = {name: one["fullt_aar"] for name, one in key["renseanlegg"]["anlegg"].items()}
    found = plants["fullt_hoved"].astype(object).where(plants["fullt_hoved"].notna(), None)
    assert found.to_dict() == told


def two_works(status: str) -> dict[str, Any]:
    """Ten homes on each side of a valve between two waterworks."""
    whole = {one: value for one, value in town().items() if one in ("adresse", "befolkning")}
    whole["va_ledning"] = layer(
        [line((0, 0), (95, 0)), line((95, 0), (200, 0))],
        ledning_id=["V1", "V2"], type=["vann"] * 2, funksjon=["hovedledning"] * 2,
    )  # fmt: skip
    whole["va_node"] = layer([at(95, 0)], node_id=["K"], type=["ventil"], status=[status])
    whole["va_anlegg"] = layer(
        [at(0, 0), at(200, 0)], anlegg_id=["VV1", "VV2"], navn=["Vest", "Øst"],
        type=["vannverk"] * 2, kapasitet_m3_dogn=[10.0, 100.0],
    )  # fmt: skip
    return whole


def test_works_are_together_only_where_open_pipes_join_them() -> None:
    apart = run(two_works("stengt"))
    # 50 residents of 175 l on each side: 8,75 m³ · (1,6 + 0,32 / 0,68) = 18,1 m³ in a day.
    frame = apart.table("vannverk").frame
    assert frame["regnet"].to_dict() == {"VV1": 20, "VV2": 20}
    assert frame["fullt_hoved"].fillna(0).to_dict() == {"VV1": 2026, "VV2": 0}
    whole = run(two_works("åpen"))
    assert whole.table("vannverk").frame["regnet"].to_dict() == {"VV1+VV2": 40}
    # Each works has its own sign on the map, pooled or not.
    for result, states in ((apart, ["Fullt", "Har plass"]), (whole, ["Har plass"] * 2)):
        signs = result.layer("anlegg").frame
        assert signs["anlegg"].tolist() == ["Vest", "Øst"]
        assert signs["klasse"].tolist() == states
        years = result.layer("anlegg").years
        assert years[2026] == "klasse"
        assert signs[years[2027]].tolist() == states
        assert [one.x - X for one in signs.geometry] == [0, 200]


def with_station(**columns: Any) -> dict[str, Any]:
    """Tell of the town with a pumping station on the way to the plant; the third row."""
    whole = town()
    anlegg = whole["va_anlegg"]
    more = layer([at(100, 0)], anlegg_id=["PS"], navn=["Stasjonen"], type=["pumpestasjon"])
    joined = pd.concat([anlegg, more], ignore_index=True)
    for name, value in columns.items():
        joined[name] = [*joined.get(name, pd.Series([None] * 3)).tolist()[:2], value]
    whole["va_anlegg"] = gpd.GeoDataFrame(joined, crs=CRS)
    return whole


def test_a_station_starts_from_its_registered_load_as_plants_do() -> None:
    each = load_parameters("prognose")["bosatte_per_bolig"]
    by_register = run(with_station(belastning_pe=30, kapasitet_l_s=2.0)).table("stasjoner").frame
    row = by_register.loc["PS"]
    assert (row["pe"], row["maalt"]) == (30, 30)
    assert row["pe_siste"] == np.floor((30 + 100 * each) / 10 + 0.5) * 10
    by_homes = run(with_station(belastning_pe=30), va_vekst_maalt="nei").table("stasjoner").frame
    assert by_homes.loc["PS", "pe"] == by_homes.loc["PS", "regnet"] > 30
    none = run(with_station(belastning_pe=None)).table("stasjoner").frame
    assert none.loc["PS", "pe"] == none.loc["PS", "regnet"]


def test_a_station_that_gets_what_it_lifts_is_not_over() -> None:
    most = run(with_station(kapasitet_l_s=9.0)).table("stasjoner").frame.loc["PS", "hoved"]
    even = run(with_station(kapasitet_l_s=most))
    assert even.table("stasjoner").frame["fullt"].isna().all()
    less = run(with_station(kapasitet_l_s=most - 0.1))
    assert less.table("stasjoner").frame["fullt"].tolist() == [2029]
    (told,) = (one for one in less.findings if one.rule == "va_stasjon_full")
    assert "2046" in told.text


def test_a_registered_load_far_from_what_is_reckoned_is_told() -> None:
    def told(registered: int) -> list[str]:
        result = run(town(belastning_pe=[registered, 0]))
        return [one.text for one in result.findings if one.rule == "va_ulik_belastning"]

    reckoned = run(town()).table("anlegg").frame.loc["R1", "regnet"]
    # Twelve homes of five by the register, and two of those nobody knows of.
    assert reckoned == 70
    assert told(60) == []
    assert told(110) == ["Registrert 110\u00a0pe, regnet 70\u00a0pe. Den registrerte er brukt."]


def test_the_sentence_names_the_plants_and_the_years() -> None:
    soon = town(ny_kapasitet_pe=[900, None], ny_kapasitet_aar=[2034, None])
    assert run(soon).sentence.startswith(
        "Gammel er fullt fra 2029 (plass igjen fra 2034) i hovedalternativet. "
        "1 er i bruk i 2026, og 1 åpner senere."
    )
    wide = run(town(kapasitet_pe=[2_000, 2_000]))
    assert wide.sentence.startswith("Ingen renseanlegg blir fulle før 2047 i hovedalternativet.")


def test_a_plant_to_come_that_nothing_is_led_to_is_told() -> None:
    (told,) = (one for one in run(town()).findings if one.rule == "va_ingenting_dit")
    assert told.title == "Ny åpner 2035, men ingenting er ført dit"
    led = run(town(til_aar=[2034, None], til_anlegg_id=["R2", None]))
    assert not any(one.rule == "va_ingenting_dit" for one in led.findings)


def test_a_project_has_room_only_when_all_its_homes_have() -> None:
    whole = town()
    part = whole["boligprogram"]
    # Ten dwellings fit beside the 110 pe; with ninety more two years later the plant is full.
    whole["boligprogram"] = gpd.GeoDataFrame(
        pd.concat([part.assign(boliger=10), part.assign(boliger=90, aar=2030)], ignore_index=True),
        crs=CRS,
    )
    result = run(whole)
    row = result.table("venter").frame.loc["P1"]
    assert (row["svar"], row["ferdig"], row["siste"]) == ("Venter, ingen dato", 2028, 2030)
    (told,) = (one for one in result.findings if one.rule == "va_plan_venter")
    assert "de første ferdige i 2028, de siste i 2030" in told.text
    assert "ikke plass i 2031, ingen dato er kjent" in told.text


def test_metered_water_is_what_the_growth_of_a_works_starts_from() -> None:
    whole = two_works("stengt")
    whole["va_sone"] = layer(
        [shapely.box(X - 50, Y - 50, X + 94, Y + 50), shapely.box(X + 96, Y - 50, X + 300, Y + 50)],
        sone_id=["M1", "M2"], type=["maalesone"] * 2,
    )  # fmt: skip
    meters = pd.DataFrame(
        {"sone_id": ["M1", "M2", "M1"], "aar": [2025, 2025, 2024], "inn_m3": [36_500.0] * 3,
         "ut_m3": [14_600.0, 0.0, 0.0], "forbruk_m3": [10_950.0, None, 1.0],
         "umaalt_m3": [3_650.0, 0.0, 1.0]}
    )  # fmt: skip
    result = run(whole | {"va_maaling": meters})
    frame = result.table("vannverk").frame
    # 60 m³ a day, 40 used and 20 lost: 40 · 1,6 + 20 = 84 in the largest day of a works of 10.
    assert frame.loc["VV1", ["bruk", "maalt", "hoved_2036"]].tolist() == [840, 60, 80]
    # What the second zone uses is unknown: as reckoned, 18 of 100.
    assert frame.loc["VV2", ["bruk", "hoved_2036"]].tolist() == [18, 20]
    assert np.isnan(frame.loc["VV2", "maalt"])
    (told,) = (one for one in result.findings if one.rule == "va_ulik_belastning")
    # 50 · 0,175 / 0,68 = 12,9 m³ in the mean day.
    assert told.text == (
        "Målt 60\u00a0m³/d i middeldøgnet 2025, regnet 10\u00a0m³/d. Den målte er brukt."
    )
    reckoned = run(whole | {"va_maaling": meters}, va_vekst_maalt="nei").table("vannverk").frame
    assert reckoned.loc["VV1", "bruk"] == 181
