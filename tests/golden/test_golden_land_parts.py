"""Plans by purpose and patches of nature against the answers that PostGIS gave."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.analyses._land import cover_frame, land_boundary, plan_frame
from askergeo.analyses._land_fragments import linked, merged, patches, without
from askergeo.analyses._land_plans import plan_accounts
from askergeo.catalogue import load_codes
from askergeo.parameters import load_parameters

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "postgis.json").read_text(encoding="utf-8"))["delregnskap"]
CASE = runpy.run_path(str(HERE / "make_golden.py"))["parts_case"]()
CRS = "EPSG:25832"
EXACT = 1e-9
# The four kinds of land as classes of AR5, and each purpose as a code of its own.
KINDS = {0: 30, 1: 21, 2: 60, 3: 11}
CODES = (1110, 2010)


def frame(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


@pytest.fixture(scope="module")
def plans() -> Any:
    kinds = pd.array([KINDS[kind] for kind in CASE["land_kind"]], dtype="Int64")
    owner = [f"plan {number}" for number in CASE["purpose_plan"]]
    codes = [CODES[number % 2] for number in range(len(owner))]
    return plan_accounts(
        land_boundary(frame([shapely.box(0, 0, 600, 600)], omfang=["land"])),
        cover_frame({"ar5": frame(CASE["land"], arealtype=kinds)}),
        frame(CASE["plan"], planid=[f"plan {n}" for n in range(len(CASE["plan"]))]),
        plan_frame(
            frame(CASE["purpose"], planid=owner, formaal_kode=pd.array(codes, dtype="Int64")),
            "reguleringsplan",
        ),
        themes=(),
        parameters=load_parameters("areal"),
    )


def table(part: Any, name: str) -> pd.DataFrame:
    found: pd.DataFrame = next(one.frame for one in part.tables if one.name == name)
    return found


def test_purposes_by_land_cover(plans: Any) -> None:
    names = {row.name: kind for kind, row in zip(KINDS, _codes(), strict=True)}
    rows = table(plans, "plan_formaal")
    mine = {
        f"formaal {2 * int(plan.split()[1]) + CODES.index(int(code))} {names[cover]}": m2
        for plan, code, cover, m2 in rows[["planid", "kode", "klassenavn", "m2"]].to_numpy()
        if code and cover in names
    }
    golden = {name: m2 for name, m2 in GOLDEN.items() if name.startswith("formaal")}
    # Rows of less than a hundredth of a square metre are not shown.
    assert {name for name, m2 in golden.items() if m2 > 0.01} == set(mine)
    assert mine == pytest.approx({name: golden[name] for name in mine}, rel=EXACT, abs=1e-6)


def _codes() -> list[Any]:

    known = load_codes("ar5_arealtype")
    return [known[code] for code in KINDS.values()]


def test_gaps_overlaps_and_what_is_outside(plans: Any) -> None:
    summary = table(plans, "planer")
    for column, word, scale in (
        ("uten_formaal_dekar", "uten", 1000),
        ("overlapp_m2", "overlapp", 1),
        ("utenfor_m2", "utenfor", 1),
    ):
        mine = {f"{word} {name.split()[1]}": m2 * scale for name, m2 in summary[column].items()}
        golden = {name: m2 for name, m2 in GOLDEN.items() if name.split()[0] == word}
        assert {name for name, m2 in mine.items() if m2 > 1e-6} == set(golden)
        assert mine == pytest.approx(dict.fromkeys(mine, 0.0) | golden, rel=EXACT, abs=1e-6)
    assert set(table(plans, "plan_balanse")["gar_opp"]) == {"ja"}


def test_patches_of_green_now_and_without_the_plans() -> None:
    chosen = [
        shape for shape, kind in zip(CASE["land"], CASE["land_kind"], strict=True) if kind in (0, 2)
    ]
    area = CASE["area"][0]
    now = patches(np.array(chosen, dtype=object), area)
    sizes = shapely.area(now)
    assert len(now) == GOLDEN["flater"]
    assert (sizes**2).sum() == pytest.approx(GOLDEN["kvadrat"], rel=EXACT)
    assert sizes.max() == pytest.approx(GOLDEN["storste"], rel=EXACT)
    built = without(now, shapely.union_all(CASE["plan"]))
    sizes = shapely.area(built)
    assert len(built) == GOLDEN["bygd flater"]
    assert (sizes**2).sum() == pytest.approx(GOLDEN["bygd kvadrat"], rel=EXACT)
    groups = linked(built, 25.0)
    assert len(set(groups.tolist())) == GOLDEN["bygd grupper"]
    assert np.bincount(groups, sizes).max() == pytest.approx(
        GOLDEN["bygd gruppe storst"], rel=EXACT
    )


def test_the_quick_union_is_the_general_one() -> None:
    # The jagged land without its overlapping disc shares all corners.
    chosen = np.array(CASE["land"][:-1], dtype=object)
    quick, general = (merged(chosen, matching=way) for way in (True, False))
    assert shapely.union_all(quick).symmetric_difference(shapely.union_all(general)).area == 0
    assert len(quick) == len(general)
