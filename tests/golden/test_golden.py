"""The analyses against answers that PostGIS gave, and those against PostGIS when it is here.

``make_golden.py`` beside this file makes the answers and says how.
"""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from askergeo.analyses.strandsone import strandsone
from askergeo.analyses.tettsted_avgrens import avgrens
from askergeo.catalogue import load_codes
from askergeo.datapackage import DataPackage
from askergeo.overlay.account import AREA, account
from askergeo.parameters import load_parameters
from askergeo.run import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from askergeo.result import Result

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "postgis.json").read_text(encoding="utf-8"))
MAKER = runpy.run_path(str(HERE / "make_golden.py"))
CRS = "EPSG:25832"
# Relative: two versions of GEOS round differently in the last digits.
EXACT = 1e-9


def frame(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def buildings(shapes: list[Any], kinds: list[int]) -> gpd.GeoDataFrame:
    return frame(
        shapes,
        bygning_id=[str(number) for number in range(len(shapes))],
        bygningstype=pd.array(kinds, dtype="Int64"),
    )


@pytest.fixture(scope="module")
def shore() -> Result:
    case = MAKER["shore_case"]()
    whole = shapely.box(0, -1200, 3000, 1500)
    sea = whole.difference(case["land"][0])
    return strandsone(
        frame(case["coast"]),
        kommunegrense=frame([whole], omfang=["med_sjo"]),
        vann=frame([sea, *case["lake"]], vanntype=["hav", "innsjo"]),
        byggegrense_sjo=frame([*case["limit_area"], *case["limit_line"]]),
        bygning=buildings(case["house"], [111] * len(case["house"])),
        ar5=frame(case["farm"], arealtype=pd.array([21, 23], dtype="Int64")),
        veg=frame(case["road"], vegtype=["bilveg"], vegkategori=["F"]),
        jernbane=frame(case["rail"]),
        parameters=load_parameters("strandsone"),
    )


@pytest.mark.parametrize(
    ("golden", "table", "row", "column"),
    [
        ("brutto", "belte", "i_alt", "brutto_dekar"),
        ("belte", "belte", "i_alt", "belte_dekar"),
        ("fastland", "belte", "fastland", "belte_dekar"),
        ("unntatt", "belte", "i_alt", "unntatt_dekar"),
        ("gjelder", "belte", "i_alt", "gjelder_dekar"),
        ("kyst", "belte", "i_alt", "kyst_km"),
        ("kyst_fastland", "belte", "fastland", "kyst_km"),
        ("bygningsnaer", "tilgjengelighet", "bygningsnaer", "alt"),
        ("dyrket", "tilgjengelighet", "dyrket", "alt"),
        ("veg", "tilgjengelighet", "veg", "alt"),
        ("jernbane", "tilgjengelighet", "jernbane", "alt"),
        ("tilgjengelig", "tilgjengelighet", "tilgjengelig", "alt"),
    ],
)
def test_shore_zone(shore: Result, golden: str, table: str, row: str, column: str) -> None:
    found = shore.table(table).frame.loc[row, column] * 1000
    assert found == pytest.approx(GOLDEN["strandsone"][golden], rel=EXACT)


def test_buildings_in_the_belt(shore: Result) -> None:
    found = shore.table("bygninger").frame.loc["i_alt", "alle"]
    assert found == GOLDEN["strandsone"]["bygninger"]


def test_one_limit_cuts_nothing_off(shore: Result) -> None:
    assert [finding.rule for finding in shore.findings] == ["strandsone.byggegrense"]


def test_arcs_of_32_segments_lose_almost_nothing() -> None:
    golden = GOLDEN["strandsone"]
    assert 0 < 1 - golden["brutto"] / golden["brutto_fin"] < 1e-4


def test_settlements() -> None:
    case = MAKER["village_case"]()
    ids = [str(number) for number in range(len(case["house"]))]
    result = avgrens(
        buildings(case["house"], case["kind"]),
        kommunegrense=frame([shapely.box(-5000, -5000, 9000, 9000)], omfang=["land"]),
        adresse=frame([shapely.point_on_surface(one) for one in case["house"]], adresse_id=ids),
        befolkning=pd.DataFrame({"adresse_id": ids, "antall": case["people"]}),
        parameters=load_parameters("tettsted_avgrens"),
    )
    table, golden = result.table("tettsteder").frame, GOLDEN["tettsted"]
    assert table.loc["tettsteder", "bosatte"] == golden["bosatte"]
    assert table.loc["kommune", "bosatte"] == golden["alle"]
    assert table.loc["tettsteder", "satellitter"] == golden["satellitter"]
    assert table.index.str.isdigit().sum() == golden["tettsteder"]
    assert table.loc["tettsteder", "areal_km2"] * 1e6 == pytest.approx(golden["areal"], rel=EXACT)


def overlay_account(*names: str) -> Any:
    case = MAKER["overlay_case"]()
    themes = {
        "land": frame(case["land"], art=case["land_kind"]),
        "plan": frame(case["plan"], art=case["plan_kind"]),
        "fare": frame([shapely.union_all(case["hazard"])]),
    }
    by = {name: ["art"] for name in names if name != "fare"}
    return account({name: themes[name] for name in names}, by=by, boundary=frame(case["area"]))


def test_overlay_of_land_cover() -> None:
    found, golden = overlay_account("land"), GOLDEN["overlay"]
    rows = found.rows.set_index("land.art")[AREA]
    for kind in range(4):
        assert rows[kind] == pytest.approx(golden[f"land {kind}"], rel=EXACT)
    assert found.balance.boundary_m2 == pytest.approx(golden["grense"], rel=EXACT)
    assert found.balance.not_covered_m2 == pytest.approx(golden["land ikke"], rel=EXACT)
    assert found.balance.counted_twice_m2 == pytest.approx(golden["land to ganger"], rel=EXACT)
    assert found.closes


def test_overlay_of_land_cover_and_plans() -> None:
    found = overlay_account("land", "plan")
    rows = found.labelled().replace("ikke dekket", "ikke").set_index(["land.art", "plan.art"])[AREA]
    mine = {
        f"par {land} {plan}": area for (land, plan), area in rows.drop(("ikke", "ikke")).items()
    }
    golden = {name: area for name, area in GOLDEN["overlay"].items() if name.startswith("par")}
    assert mine == pytest.approx(golden, rel=EXACT, abs=1e-6)
    plans = found.overlaps[found.overlaps.tema == "plan"]
    twice = plans[AREA].sum()
    assert twice == pytest.approx(GOLDEN["overlay"]["plan to ganger"], rel=EXACT)
    assert found.closes


def test_overlay_of_three_themes() -> None:
    found = overlay_account("fare", "plan", "land")
    hit = found.rows[found.rows[["fare.dekket", "plan.dekket", "land.dekket"]].all(axis=1)]
    rows = hit.set_index(["land.art", "plan.art"])[AREA]
    mine = {f"fare {land} {plan}": area for (land, plan), area in rows.items()}
    golden = {name: area for name, area in GOLDEN["overlay"].items() if name.startswith("fare")}
    assert mine == pytest.approx(golden, rel=EXACT, abs=1e-6)
    assert found.closes


def test_asker_from_n1000(shared_data: Path) -> None:
    case = MAKER["real_case"]()
    result = strandsone(
        frame(case["coast"]),
        kommunegrense=frame(case["area"], omfang=["med_sjo"]),
        vann=frame(case["sea"], vanntype=["hav"] * len(case["sea"])),
        parameters=load_parameters("strandsone"),
    )
    total, golden = result.table("belte").frame.loc["i_alt"], GOLDEN["asker_n1000"]
    assert total["belte_dekar"] * 1000 == pytest.approx(golden["belte"], rel=EXACT)
    assert total["kyst_km"] * 1000 == pytest.approx(golden["kyst"], rel=EXACT)
    assert len(result.table("oyer").frame) == golden["landmasser"]


def test_area_account_of_asker_from_n1000(shared_data: Path) -> None:
    file = MAKER["N1000"]
    names = ["ApentOmrade", "Havflate", "Innsjo", "Myr", "Skog", "Tettbebyggelse"]
    parts = [gpd.read_file(file, layer=name)[["geometry"]].assign(art=name) for name in names]
    case = MAKER["real_case"]()
    land = pd.concat(parts, ignore_index=True)
    found = account({"n1000": land}, by={"n1000": ["art"]}, boundary=frame(case["area"]))
    assert found.closes
    rows = found.rows.set_index("n1000.art")[AREA]
    sea = found.balance.boundary_m2 - GOLDEN["asker_n1000"]["land"]
    assert rows["Havflate"] == pytest.approx(sea, rel=EXACT)
    # The six classes of this map leave nothing in Asker and do not overlap there.
    assert found.balance.not_covered_m2 == found.balance.counted_twice_m2 == 0


@pytest.fixture(scope="module")
def land(demo_folder: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """Tables of the land account as the example's report wrote them: table, row, column."""
    report = json.loads((demo_folder / "resultat.json").read_text(encoding="utf-8"))
    found = next(one for one in report["resultater"] if one["analyse"] == "areal")
    tables = {}
    for table in found["tabeller"]:
        names = [column["navn"] for column in table["kolonner"]]
        tables[table["navn"]] = {
            row["rad"]: dict(zip(names, row["verdier"], strict=True)) for row in table["rader"]
        }
    return tables


def golden_land(kind: str) -> dict[tuple[int, ...], float]:
    found = {tuple(name.split()): area for name, area in GOLDEN["areal"].items()}
    return {tuple(map(int, name[1:])): m2 for name, m2 in found.items() if name[0] == kind}


def test_extent_of_land_cover(land: Any) -> None:
    rows = {name: row["m2"] for name, row in land["utstrekning"].items()}
    golden = {str(kind): m2 for (kind,), m2 in golden_land("dekke").items()}
    assert {name: rows[name] for name in golden} == pytest.approx(golden, rel=EXACT)
    assert rows["i_alt"] == pytest.approx(GOLDEN["areal"]["grense"], rel=EXACT)


def test_land_cover_by_planned_purpose(land: Any) -> None:
    status = {1: "Nåværende", 2: "Framtidig"}
    golden = {
        f"{plan // 10}|{status[plan % 10]}|{cover}": m2
        for (cover, plan), m2 in golden_land("plan").items()
    }
    mine = {
        name: row["m2"]
        for name, row in land["planmatrise"].items()
        if row["m2"] > 0.5 and row["status"] in status.values()
    }
    # Two sums of thousands of pieces: absolute, a ten thousandth of a square metre.
    assert mine == pytest.approx(golden, rel=EXACT, abs=1e-4)


def test_what_the_proposal_changes(land: Any) -> None:
    flows: dict[tuple[str, str], float] = {}
    cover: dict[tuple[str, str], float] = {}
    codes, status = load_codes("kommuneplan_formaal"), {1: "nåværende", 2: "framtidig"}
    label = {
        code * 10 + number: f"{purpose.name}, {word}"
        for code, purpose in codes.items()
        for number, word in status.items()
    }
    for (old, new, kind), m2 in golden_land("endring").items():
        ends = label[old], label[new]
        flows[ends] = flows.get(ends, 0) + m2
        way = "lagt_til" if old == 51001 else "tatt_ut"
        cover[str(kind), way] = cover.get((str(kind), way), 0) + m2
    mine = {(row["fra"], row["til"]): row["m2"] for row in land["planendring_strommer"].values()}
    assert mine == pytest.approx(flows, rel=EXACT, abs=1e-4)
    classes = {row["klassenavn"]: name for name, row in land["utstrekning"].items()}
    rows = {
        (classes[name], way): row[way] * 1000
        for name, row in land["planendring_arealdekke"].items()
        for way in ("lagt_til", "tatt_ut")
        if name in classes and row[way] > 0.0005
    }
    assert rows == pytest.approx(cover, rel=EXACT, abs=1e-4)


def test_land_account_of_asker(asker_package: Path) -> None:
    found = run("areal", DataPackage.open(asker_package))
    rows, golden = found.table("utstrekning").frame["m2"], GOLDEN["asker_areal"]
    classes = {"skog": 0, "apent": 2, "bebygd": 3}
    assert {name: rows[name] for name in classes} == pytest.approx(
        {name: golden[f"dekke {kind}"] for name, kind in classes.items()}, rel=EXACT
    )
    assert rows["ikke_dekket"] == pytest.approx(golden["ikke dekket"], rel=EXACT)
    assert rows["i_alt"] == pytest.approx(golden["grense"], rel=EXACT)
    assert golden["dekke 1"] == 0  # the map has no bog there
    assert "myr" not in rows


def test_postgis_gives_the_recorded_answers(require_tool: Callable[[str], str]) -> None:
    if MAKER["bin_folder"]() is None:
        require_tool("postgres")
    found = MAKER["answers"]()
    for case, golden in GOLDEN.items():
        if case != "laget_med" and case in found:
            assert found[case] == pytest.approx(golden, rel=EXACT), case
