"""Parts of the land account: plans, areas, themes and patches, on cases worked out by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.analyses._land import cover_frame, land_boundary, plan_frame
from askergeo.analyses._land_areas import area_accounts, division
from askergeo.analyses._land_fragments import fragmentation, linked, measures, merged
from askergeo.analyses._land_parts import planned_use
from askergeo.analyses._land_plans import plan_accounts
from askergeo.analyses._land_theme_account import theme_account
from askergeo.analyses._land_themes import chosen_themes, themes_of
from askergeo.errors import CrsError, ParameterError
from askergeo.parameters import load_parameters
from askergeo.result import Missing

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.analyses._land_parts import LandPart

CRS = "EPSG:25832"


def frame(*shapes: Any, crs: str = CRS, **columns: Any) -> gpd.GeoDataFrame:
    made = [shapely.box(*shape) if isinstance(shape, tuple) else shape for shape in shapes]
    whole = {
        name: pd.array(values, dtype="Int64") if name in WHOLE else values
        for name, values in columns.items()
    }
    return gpd.GeoDataFrame(whole, geometry=made, crs=crs)


WHOLE = ("arealtype", "grunnforhold", "formaal_kode", "arealstatus", "vertikalniva")
# 1 000 m × 1 000 m: forest to the west, farmland, bog, and built to the east.
LIMIT = frame((0, 0, 1000, 1000), omfang=["land"])
LAND = frame(
    (0, 0, 500, 1000),
    (500, 0, 700, 1000),
    (700, 0, 800, 1000),
    (800, 0, 1000, 1000),
    arealtype=[30, 21, 60, 11],
    grunnforhold=[44, 45, 45, 98],
)
BOUNDARY = land_boundary(LIMIT)
COVER = cover_frame({"ar5": LAND})
PLAN = plan_frame(
    frame(
        (0, 0, 600, 1000),
        (600, 0, 800, 500),
        (600, 500, 800, 1000),
        (800, 0, 1000, 900),
        formaal_kode=[5100, 1110, 1110, 1001],
        arealstatus=[1, 2, 1, 3],
    )
)
DRAFT = plan_frame(
    frame((0, 0, 800, 1000), (800, 0, 1000, 1000), formaal_kode=[5100, 1001], arealstatus=[1, 1])
)


def parameters(**overrides: Any) -> Any:
    return load_parameters("areal", overrides)


def table(part: LandPart, name: str) -> pd.DataFrame:
    return next(one.frame for one in part.tables if one.name == name)


def rules(part: LandPart) -> list[str]:
    return [finding.rule for finding in part.findings]


# ---- reguleringsplaner


def case(
    outlines: gpd.GeoDataFrame, purposes: gpd.GeoDataFrame, cover: Any = COVER, **overrides: Any
) -> LandPart:
    themes, _ = themes_of({"ar5": cover.frame}, cover, parameters())
    return plan_accounts(
        BOUNDARY,
        cover,
        outlines,
        plan_frame(purposes, "reguleringsplan"),
        themes=themes,
        parameters=parameters(**overrides),
    )


def plans(*shapes: Any, ids: list[str]) -> gpd.GeoDataFrame:
    return frame(*shapes, planid=ids, plannavn=[f"Plan {one}" for one in ids])


def purposes(*shapes: Any, ids: list[str], codes: list[int], levels: list[Any]) -> gpd.GeoDataFrame:
    return frame(*shapes, planid=ids, formaal_kode=codes, vertikalniva=levels)


def test_plans_over_each_other_each_have_their_own_account() -> None:
    found = case(
        plans((400, 0, 600, 100), (500, 0, 700, 100), ids=["a", "b"]),
        purposes(
            (400, 0, 600, 100),
            (500, 0, 700, 100),
            ids=["a", "b"],
            codes=[1110, 2010],
            levels=[2, None],
        ),
    )
    rows = table(found, "plan_formaal").set_index(["planid", "klassenavn"])["m2"]
    assert rows.to_dict() == {
        ("a", "Skog"): 10_000.0,
        ("a", "Fulldyrka jord"): 10_000.0,
        ("b", "Fulldyrka jord"): 20_000.0,
    }
    summary = table(found, "planer")
    assert summary["areal_dekar"].tolist() == [20.0, 20.0]
    assert summary["dyrket_dekar"].tolist() == [10.0, 20.0]
    assert summary["skog_dekar"].tolist() == [10.0, 0.0]
    assert table(found, "plan_balanse")["gar_opp"].tolist() == ["ja", "ja"]
    assert rules(found) == ["areal.planer_over_hverandre"]


def test_gap_overlap_and_what_is_outside_a_plan_are_named_and_the_line_closes() -> None:
    found = case(
        plans((0, 0, 100, 100), ids=["a"]),
        purposes(
            (0, 0, 60, 50),
            (50, 0, 120, 50),
            (55, 0, 60, 50),
            ids=["a"] * 3,
            codes=[1110, 2010, 3040],
            levels=[2, 2, 2],
        ),
    )
    line = table(found, "plan_balanse").loc["a"]
    # Once to 50, twice to 55, three times to 60, once to 100: (10 + 5) · 50 beyond the first time.
    assert line["areal_m2"] == 10_000.0
    assert line["rader_m2"] == 5_000.0 + 500.0 + 250.0
    assert line["ikke_dekket_m2"] == 5_000.0
    assert line["talt_dobbelt_m2"] == 750.0
    assert line["gar_opp"] == "ja"
    summary = table(found, "planer").loc["a"]
    assert summary["uten_formaal_dekar"] == 5.0
    assert summary["formaal_dekar"] == 5.0
    assert summary["utenfor_m2"] == 1_000.0
    assert rules(found) == ["areal.plan_uten_formaal", "areal.plan_overlapp", "areal.plan_utenfor"]
    rows = table(found, "plan_formaal").set_index("formaal")["m2"]
    assert rows["Uten formål"] == 5_000.0


def test_other_vertical_levels_are_rows_but_take_no_land() -> None:
    found = case(
        plans((0, 0, 100, 100), ids=["a"]),
        purposes(
            (0, 0, 100, 100), (0, 0, 100, 40), ids=["a"] * 2, codes=[3040, 2010], levels=[2, 1]
        ),
    )
    summary = table(found, "planer").loc["a"]
    assert summary["utbygging_dekar"] == 0.0
    assert summary["andre_nivaa_dekar"] == 4.0
    rows = table(found, "plan_formaal")
    assert rows["niva"].tolist() == ["På grunnen eller vannoverflaten", "Under grunnen"]
    assert table(found, "plan_balanse")["rader_m2"].tolist() == [10_000.0]


def test_land_with_a_gap_and_an_overlap_under_overlapping_purposes_closes() -> None:
    land = frame((0, 0, 60, 100), (50, 0, 90, 100), arealtype=[30, 60])
    found = case(
        plans((0, 0, 100, 100), ids=["a"]),
        purposes(
            (0, 0, 58, 100), (52, 0, 100, 100), ids=["a"] * 2, codes=[1110, 2010], levels=[2, 2]
        ),
        cover_frame({"ar5": land}),
    )
    line = table(found, "plan_balanse").loc["a"]
    # Land twice over 10 m, purposes twice over 6 m inside it: rows 10 + 6 + 6 of 100 m beyond.
    assert line["talt_dobbelt_m2"] == pytest.approx(2_200.0, abs=1e-9)
    assert line["ikke_dekket_m2"] == pytest.approx(1_000.0, abs=1e-9)
    assert line["gar_opp"] == "ja"


def test_purposes_of_a_plan_without_outline_and_unknown_codes_are_named() -> None:
    found = case(
        plans((0, 0, 100, 100), ids=["a"]),
        purposes(
            (0, 0, 100, 100), (0, 0, 50, 50), ids=["a", "x"], codes=[7777, 1110], levels=[2, 2]
        ),
    )
    assert set(rules(found)) == {"areal.ukjent_kode", "areal.plan_uten_omriss"}
    row = table(found, "plan_formaal").iloc[0]
    assert (row["formaal"], row["utbygging"]) == ("ukjent kode 7777", "ukjent")


def test_an_outline_in_two_rows_is_one_plan() -> None:
    found = case(
        plans((0, 0, 50, 100), (50, 0, 100, 100), ids=["a", "a"]),
        purposes((0, 0, 100, 100), ids=["a"], codes=[1110], levels=[2]),
    )
    assert table(found, "planer")["areal_dekar"].tolist() == [10.0]
    assert rules(found) == []


def test_one_plan_may_be_asked_for_and_shows_its_purposes_on_the_map() -> None:
    outlines = plans((0, 0, 100, 100), (500, 0, 600, 100), ids=["a", "b"])
    inside = purposes(
        (0, 0, 100, 100), (500, 0, 600, 100), ids=["a", "b"], codes=[1110, 1110], levels=[2, 2]
    )
    found = case(outlines, inside, plan=["b"])
    assert table(found, "planer").index.tolist() == ["b"]
    themes = table(found, "plan_tema").set_index("tema")["i_utbygging_m2"]
    assert themes["Dyrket jord"] == 10_000.0
    assert themes["Myr og organisk jord"] == 10_000.0
    assert [layer.name for layer in found.layers] == ["plan_formaal", "planer"]
    with pytest.raises(ParameterError, match="«c»"):
        case(outlines, inside, plan=["c"])


def test_a_theme_that_no_layer_tells_of_is_unknown_in_a_plan() -> None:
    found = case(
        plans((0, 0, 100, 100), ids=["a"]),
        purposes((0, 0, 100, 100), ids=["a"], codes=[1110], levels=[2]),
    )
    summary = table(found, "planer").loc["a"]
    assert np.isnan(summary["naturtype_dekar"])
    assert summary["myr_dekar"] == 0.0


def test_a_plan_in_another_zone_is_refused() -> None:
    outlines = plans((0, 0, 100, 100), ids=["a"]).set_crs("EPSG:25833", allow_override=True)
    inside = purposes((0, 0, 100, 100), ids=["a"], codes=[1110], levels=[2])
    with pytest.raises(CrsError, match="reguleringsplan"):
        case(outlines, inside)


# ---- areas


def areas(*shapes: Any, ids: list[str], names: list[str]) -> gpd.GeoDataFrame:
    return frame(*shapes, grunnkretsnummer=ids, grunnkretsnavn=names)


def test_areas_and_what_is_outside_them_are_the_municipality() -> None:
    layer = areas(
        (0, 0, 600, 1000),
        (600, 0, 700, 1000),
        (700, 0, 800, 400),
        ids=["1", "2", "2"],
        names=["Vest", "Midt", "Midt"],
    )
    found = area_accounts(
        BOUNDARY,
        COVER,
        division({"grunnkrets": layer}),
        {"kommuneplan": PLAN, "kommuneplan_forslag": DRAFT},
    )
    rows = table(found, "omraader").set_index("omraade")
    assert rows["areal_dekar"].to_dict() == {
        "Vest": 600.0,
        "Midt": 140.0,
        "Utenfor inndelingen": 260.0,
        "Sum av radene": 1000.0,
    }
    assert rows["framtidig_dekar"].tolist() == [0.0, 90.0, 10.0, 100.0]
    assert rows["naavaerende_dekar"].tolist() == [0.0, 50.0, 230.0, 280.0]
    assert rows["endring_dekar"].tolist() == [0.0, -90.0, -10.0, -100.0]
    detail = table(found, "omraader_arealdekke").set_index(["omraade", "gruppe"])
    assert detail.loc[("Midt", "Myr"), "dekar"] == 40.0
    assert detail.loc[("Midt", "Myr"), "framtidig_dekar"] == 40.0
    assert detail.loc[("Utenfor inndelingen", "Bebygd og samferdsel"), "uten_plan_dekar"] == 20.0
    assert table(found, "omraader_balanse")["gar_opp"].tolist() == ["ja", "ja"]


def test_overlapping_areas_are_counted_in_each_and_named() -> None:
    layer = areas((0, 0, 600, 1000), (500, 0, 1000, 1000), ids=["1", "2"], names=["A", "B"])
    found = area_accounts(BOUNDARY, COVER, division({"grunnkrets": layer}), {})
    rows = table(found, "omraader")["areal_dekar"].to_dict()
    assert rows == {
        "1": 600.0,
        "2": 500.0,
        "utenfor": 0.0,
        "i_alt": 1100.0,
        "talt_flere_ganger": -100.0,
    }
    assert rules(found) == ["areal.overlapp"]
    assert found.others[0].account.closes


def test_which_areas_are_chosen() -> None:
    grunnkrets = areas((0, 0, 10, 10), ids=["1"], names=["A"])
    own = frame((0, 0, 10, 10), omraade_id=["x"], navn=[None])
    found = division({"grunnkrets": grunnkrets, "inndeling": own})
    assert not isinstance(found, Missing)
    assert (found.layer, found.frame["omraade"].tolist()) == ("inndeling", ["x"])
    assert isinstance(division({}), Missing)
    with pytest.raises(ParameterError, match="ikke i datapakken"):
        division({"grunnkrets": grunnkrets}, "tettsted")
    with pytest.raises(ParameterError, match="Mente du «grunnkrets»"):
        division({"grunnkrets": grunnkrets}, "grunkrets")


def test_school_districts_of_one_stage_at_a_time() -> None:
    layer = frame(
        (0, 0, 500, 1000),
        (500, 0, 1000, 1000),
        (0, 0, 1000, 1000),
        krets_id=["1", "2", "3"],
        navn=["A", "B", "C"],
        trinn=["barnetrinn", "barnetrinn", "ungdomstrinn"],
    )
    first = division({"skolekrets": layer}, "skolekrets")
    second = division({"skolekrets": layer}, "skolekrets:ungdomstrinn")
    assert not isinstance(first, Missing)
    assert not isinstance(second, Missing)
    assert first.frame["omraade"].tolist() == ["A", "B"]
    assert second.frame["omraade"].tolist() == ["C"]
    with pytest.raises(ParameterError, match="bare én inndeling"):
        division({"grunnkrets": areas((0, 0, 1, 1), ids=["1"], names=["A"])}, "grunnkrets:x")


# ---- themes


def themes(layers: dict[str, Any], **overrides: Any) -> LandPart:
    chosen = parameters(**overrides)
    found, _ = themes_of({"ar5": LAND, **layers}, COVER, chosen)
    used = {"kommuneplan": PLAN, "kommuneplan_forslag": DRAFT}
    return theme_account(BOUNDARY, COVER, found, used, chosen_themes(chosen))


def test_farmland_and_bog_by_what_the_plans_do() -> None:
    rows = table(themes({}), "tema")
    farmed = rows.loc["dyrket"]
    assert farmed["areal_dekar"] == 200.0
    assert farmed["framtidig_dekar"] == 50.0
    assert farmed["naavaerende_dekar"] == 50.0
    assert farmed["annet_dekar"] == 100.0
    assert farmed["endring_dekar"] == -50.0
    bog = rows[rows["tema"] == "Myr og organisk jord"].set_index("klasse")["areal_dekar"]
    assert bog.to_dict() == {"I alt": 300.0, "Myr": 100.0, "Organisk jord utenom myr": 200.0}


def test_a_theme_without_layer_has_no_numbers_and_an_empty_one_zeros() -> None:
    rows = table(themes({"naturtype": frame((5000, 0, 5010, 10), verdi=["stor"])}), "tema")
    assert rows.loc["dyrkbar_jord", "areal_dekar":"endring_dekar"].isna().all()
    assert rows.loc["dyrkbar_jord", "dekning"] == "Laget mangler"
    assert rows.loc["naturtype", "areal_dekar"] == 0.0


def test_classes_that_overlap_are_each_counted_once_and_together_once() -> None:
    nature = frame(
        (0, 0, 100, 100), (50, 0, 150, 100), (60, 0, 150, 100), verdi=["stor", "noe", "noe"]
    )
    part = themes({"naturtype": nature})
    rows = table(part, "tema")
    mine = rows[rows["tema"] == "Naturtyper"].set_index("klasse")["areal_dekar"].to_dict()
    assert mine == {"I alt": 15.0, "Noe verdi": 10.0, "Stor verdi": 10.0}
    detail = table(part, "tema_arealdekke")
    assert detail.loc[detail["tema"] == "Naturtyper", "gruppe"].tolist() == ["Skog", "Skog"]
    assert set(table(part, "tema_balanse")["gar_opp"]) == {"ja"}
    assert part.unpublishable == ()


def test_the_shore_zone_is_100_m_of_land() -> None:
    coast = frame(shapely.LineString([(0, 1000), (1000, 1000)]), kystkontur_id=["1"])
    rows = table(themes({"kystkontur": coast, "kommunegrense": LIMIT}), "tema")
    assert rows.loc["strandsone", "areal_dekar"] == pytest.approx(100.0, rel=1e-9)
    assert rows.loc["strandsone", "framtidig_dekar"] == 0.0
    assert rows.loc["strandsone", "naavaerende_dekar"] == pytest.approx(20.0, rel=1e-9)
    assert rows.loc["strandsone", "uten_plan_dekar"] == pytest.approx(20.0, rel=1e-9)


def test_flood_zone_of_one_interval_and_an_unknown_theme() -> None:
    flood = frame((0, 0, 100, 100), (0, 0, 500, 100), gjentaksintervall=[200, 1000])
    flood["gjentaksintervall"] = flood["gjentaksintervall"].astype("Int64")
    rows = table(themes({"flom": flood}, tema="flom"), "tema")
    assert rows.loc["flom", "areal_dekar"] == 10.0
    with pytest.raises(ParameterError, match="ikke et tema"):
        themes({}, tema="flaum")


def test_unknown_codes_and_status_are_neither_now_nor_future() -> None:
    plan = plan_frame(
        frame(
            *[(0, 0, 1, 1)] * 6,
            formaal_kode=[1110, 1110, 1110, 1110, 9999, 3040],
            arealstatus=[1, 2, 3, None, 2, 2],
        )
    )
    assert planned_use(plan).tolist() == [
        "Nåværende utbygging",
        "Framtidig utbygging",
        "Nåværende utbygging",
        "Ukjent formål eller status",
        "Ukjent formål eller status",
        "Annet formål",
    ]


# ---- how whole nature is


def boxes(*corners: tuple[float, ...]) -> Any:
    return np.array([shapely.box(*one) for one in corners], dtype=object)


def test_mesh_size_by_hand() -> None:
    found = measures(boxes((0, 0, 600, 1000), (700, 0, 1000, 1000)), 1e6)
    assert found["flater"] == 2
    assert found["maskevidde_km2"] == pytest.approx(0.6**2 + 0.3**2)
    assert (found["median_dekar"], found["storste_dekar"]) == (450.0, 600.0)
    nothing = measures(boxes(), 1e6)
    assert nothing["maskevidde_km2"] == 0.0
    assert np.isnan(nothing["median_dekar"])


def test_edges_join_and_corners_do_not() -> None:
    shapes = boxes((0, 0, 10, 10), (10, 0, 20, 10), (20, 10, 30, 20), (40, 0, 50, 10))
    for matching in (True, False):
        assert sorted(shapely.area(merged(shapes, matching=matching))) == [100.0, 100.0, 200.0]


def test_groups_go_from_patch_to_patch() -> None:
    shapes = boxes((0, 0, 10, 10), (50, 0, 60, 10), (100, 0, 110, 10), (151, 0, 160, 10))
    assert linked(shapes, 40.0).tolist() == [0, 0, 0, 1]
    assert len(set(linked(shapes, 39.0).tolist())) == 4


def test_patches_now_and_when_the_plan_is_built() -> None:
    # The plan takes the bog of 700–800 × 0–500, and a belt that cuts the forest in two.
    plan = plan_frame(
        frame(
            (700, 0, 800, 500),
            (0, 400, 500, 450),
            (0, 450, 500, 500),
            formaal_kode=[1110, 2010, 3040],
            arealstatus=[2, 2, 2],
        )
    )
    found = fragmentation(BOUNDARY, COVER, {"kommuneplan": plan}, parameters(gront_avstand_m=50.0))
    rows = table(found, "fragmentering").set_index(["tilstand", "klasse"])
    whole = rows.xs("Natur samlet", level="klasse")
    assert whole["flater"].tolist() == [2, 3]
    assert whole["areal_dekar"].tolist() == [600.0, 525.0]
    assert whole["maskevidde_km2"].tolist() == pytest.approx(
        [0.5**2 + 0.1**2, 0.2**2 + 0.275**2 + 0.05**2]
    )
    assert rows.loc[("I dag", "Jordbruk"), "areal_dekar"] == 200.0
    green = table(found, "gronnstruktur")
    # Forest and bog lie 200 m apart; the road is 50 m wide.
    assert green["omraader"].tolist() == [2, 2]
    assert green["storste_dekar"].tolist() == [500.0, 475.0]
    assert green["store_flater"].tolist() == [2, 2]


def test_farmland_may_be_natural_and_the_boundary_cuts() -> None:
    limit = land_boundary(frame((0, 0, 1000, 500), omfang=["land"]))
    chosen = parameters(natur_grupper="Skog,Myr,Jordbruk")
    found = fragmentation(limit, COVER, {}, chosen)
    whole = table(found, "fragmentering").iloc[0]
    assert (whole["flater"], whole["areal_dekar"]) == (1, 400.0)
    assert whole["maskevidde_km2"] == pytest.approx(0.4**2 / 0.5)
    with pytest.raises(ParameterError, match="ingen av gruppene Skau"):
        fragmentation(limit, COVER, {}, parameters(natur_grupper="Skau"))


def test_an_earlier_date_is_a_state_of_its_own() -> None:
    earlier = cover_frame({"ar5": frame((0, 0, 1000, 1000), arealtype=[30])}, name="ar5_tidligere")
    found = fragmentation(BOUNDARY, COVER, {}, parameters(), earlier=earlier)
    whole = table(found, "fragmentering").query("klasse == 'Natur samlet'").set_index("tilstand")
    assert whole["maskevidde_km2"].to_dict() == pytest.approx({"Tidligere": 1.0, "I dag": 0.26})


# ---- the example, as its report wrote it


@pytest.fixture(scope="module")
def tables(demo_folder: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """Tables of the example's land account and shore zone: table, row, column."""
    report = json.loads((demo_folder / "resultat.json").read_text(encoding="utf-8"))
    found = {}
    for result in report["resultater"]:
        if result["analyse"] in ("areal", "strandsone"):
            for one in result["tabeller"]:
                names = [column["navn"] for column in one["kolonner"]]
                found[one["navn"]] = {
                    row["rad"]: dict(zip(names, row["verdier"], strict=True))
                    for row in one["rader"]
                }
    return found


@pytest.fixture(scope="module")
def key(demo_folder: Path) -> dict[str, Any]:
    path = demo_folder / "datapakke" / "nokkel.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_example_areas_hold_what_was_planted_in_the_proposal(tables: Any, key: Any) -> None:
    planted = {"ny": 1, "tatt ut": -1}
    change = sum(planted.get(one["endring"], 0) * one["areal_m2"] for one in key["planendringer"])
    assert tables["omraader"]["i_alt"]["endring_dekar"] * 1000 == pytest.approx(change, abs=0.01)


def test_example_themes_are_the_keys_land_and_the_shore_zones_belt(tables: Any, key: Any) -> None:
    rows, land = tables["tema"], key["ar5_m2"]
    for theme, codes in (("dyrket", ("21", "22", "23")), ("myr", ("60",))):
        area = sum(land[code] for code in codes)
        assert rows[theme]["areal_dekar"] * 1000 == pytest.approx(area, abs=0.01)
    belt = tables["belte"]["i_alt"]["brutto_dekar"]
    assert rows["strandsone"]["areal_dekar"] == pytest.approx(belt, rel=1e-9)
    nature = tables["fragmentering"]["i_dag|Natur samlet"]["areal_dekar"]
    assert nature * 1000 == pytest.approx(sum(land[code] for code in ("30", "50", "60")), abs=1)


def test_every_closing_line_of_the_example_closes(tables: Any) -> None:
    for name in ("tema_balanse", "omraader_balanse", "plan_balanse"):
        assert {row["gar_opp"] for row in tables[name].values()} == {"ja"}
    assert len(tables["plan_balanse"]) == len(tables["planer"]) > 0
