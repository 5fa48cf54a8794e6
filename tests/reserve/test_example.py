"""The planted changes of the plan of Eksempelbygda come out of the whole chain."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.datapackage import DataPackage
from askergeo.reserve import load_rules, reserve

LAYERS = {"reguleringsplan": "reguleringsplan_formaal", "bygning": "bygning", "veg": "veg",
          "ar5": "ar5", "arealbruk": "arealbruk"}  # fmt: skip


@pytest.fixture(scope="module")
def package(demo_folder):
    return DataPackage.open(demo_folder / "datapakke")


@pytest.fixture(scope="module")
def layers(package):
    return {name: package.read(layer) for name, layer in LAYERS.items()}


@pytest.fixture(scope="module")
def found(package, layers):
    return {
        plan: reserve(package.read(plan), **layers, rules=load_rules())
        for plan in ("kommuneplan", "kommuneplan_forslag")
    }


@pytest.fixture(scope="module")
def changes(demo_folder):
    key = json.loads((demo_folder / "datapakke" / "nokkel.json").read_text(encoding="utf-8"))
    return pd.DataFrame(key["planendringer"])


@pytest.mark.parametrize("plan", ["kommuneplan", "kommuneplan_forslag"])
def test_planted_development_comes_out_where_nothing_is_built(
    package, layers, found, changes, plan
):
    proposal = plan == "kommuneplan_forslag"
    side, kinds = ("til", ["uendret", "ny"]) if proposal else ("fra", ["uendret", "tatt ut"])
    planted = changes[changes["endring"].isin(kinds)]
    assert len(planted) >= 8
    rows = package.read(plan)
    pieces = found[plan].pieces
    for change in planted.to_dict("records"):
        middle = shapely.Point(change["x"], change["y"])
        # The patch is cut by roads and the like: all new ground of its code near its middle.
        reach = middle.buffer(2 * np.sqrt(change["areal_m2"] / np.pi))
        code, status = change[f"{side}_kode"], change[f"{side}_status"]
        patch = rows[(rows["formaal_kode"] == code) & (rows["arealstatus"] == status)]
        patch = patch[patch.within(reach)].union_all()
        assert patch.area == pytest.approx(change["areal_m2"], rel=1e-3)
        built = [layers["arealbruk"], layers["bygning"], layers["reguleringsplan"]]
        close = shapely.union_all([one[one.intersects(reach)].union_all() for one in built])
        free = patch.difference(close.buffer(10))
        reserve_here = pieces[(pieces["formaal_kode"] == code) & (pieces["arealstatus"] == status)]
        hit = reserve_here.union_all().intersection(patch).area
        # All that lies free of everything built comes out, but for narrow rests and corners.
        assert hit >= 0.9 * free.area - 250
        assert hit <= patch.area + 1e-6


def test_what_the_proposal_takes_out_is_no_longer_reserve(found, changes):
    gone = changes[changes["endring"] == "tatt ut"]
    middles = shapely.points(gone[["x", "y"]].to_numpy())
    future = found["kommuneplan_forslag"].pieces
    future = future[future["arealstatus"] == 2].union_all()
    assert not shapely.intersects(future, middles).any()


def test_the_account_closes_and_the_cover_fills_the_pieces(found):
    for one in found.values():
        lost = one.steps["tatt_m2"].sum()
        start, left = one.steps["areal_for_m2"].iloc[0], one.pieces["areal_m2"].sum()
        assert start - lost - left == pytest.approx(0, abs=1e-6)
        cover = one.pieces.filter(regex="^ar5_(?!dobbelt)").sum(axis=1)
        assert cover.to_numpy() == pytest.approx(one.pieces["areal_m2"].to_numpy(), abs=0.01)
        assert one.faults.empty
        assert one.pieces["planrad"].notna().all()
