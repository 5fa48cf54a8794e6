"""The faults of the map of pipes as a result: tables, layers, findings, and the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.analyses import find
from askergeo.analyses._va_topology_map import _GROUPS
from askergeo.analyses._va_topology_tables import ATTRIBUTES, LACKS
from askergeo.analyses.va_topologi import va_topologi
from askergeo.errors import LayerError
from askergeo.parameters import load_parameters
from askergeo.privacy import suppress
from askergeo.va.network import RULES

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.result import Result

P = load_parameters("va_nett")


def layers() -> dict[str, gpd.GeoDataFrame]:
    lines = {
        "V1": [(0, 0), (100, 0)],
        "V2": [(100.3, 0), (200, 0)],
        "V3": [(50, -20), (50, 20)],
        "V4": [(500, 0), (560, 0)],
    }
    pipes = gpd.GeoDataFrame(
        {
            "ledning_id": list(lines),
            "type": "vann",
            "materiale": ["PVC", None, "PVC", "SJG"],
            "dimensjon_mm": [150, 150, None, 100],
            "anleggsaar": [1990, None, 2099, 1970],
        },
        geometry=[shapely.LineString(one) for one in lines.values()],
        crs="EPSG:25832",
    )
    works = gpd.GeoDataFrame(
        {"anlegg_id": ["VV"], "type": ["vannverk"]},
        geometry=[shapely.Point(0, 0)],
        crs="EPSG:25832",
    )
    return {"va_ledning": pipes, "va_anlegg": works}


@pytest.fixture(scope="module")
def result() -> Result:
    return va_topologi(**layers(), parameters=P)


def test_the_counts_are_those_of_the_list(result: Result) -> None:
    counts = result.table("feil").frame
    listed = result.table("reparasjoner").frame
    lacks = result.table("mangler").frame
    assert sorted(counts.index) == sorted([*RULES, "alle"])
    # Those that were found stand first: the page shows the first rows only.
    nothing = (counts["sum"] == 0).to_numpy()[:-1]
    assert nothing.any()
    assert (np.diff(nothing.astype(int)) >= 0).all()
    assert counts.index[-1] == "alle"
    assert counts.loc["alle", "sum"] == counts["sum"].iloc[:-1].sum()
    structural = counts.drop(index=[*LACKS, "alle"])["sum"].sum()
    assert structural == len(listed)
    told = counts.loc[list(ATTRIBUTES), "sum"].sum()
    assert told == result.facts["opplysninger"].value > 0
    assert structural - told == result.facts["feil"].value
    assert lacks["mangler"].tolist() == ["materiale, anleggsår", "dimensjon"]
    assert result.facts["mangler"].value == len(lacks)


def test_a_pipe_that_lacks_much_is_drawn_once(result: Result) -> None:
    drawn = result.layer("va_mangler").frame
    assert len(drawn) == result.facts["mangler"].value
    assert set(drawn["mangler"]) == set(result.table("mangler").frame["mangler"])


def test_each_fault_has_reason_place_change_and_confidence(result: Result) -> None:
    listed = result.table("reparasjoner").frame.set_index("id")
    gap = listed.loc["V2"][lambda rows: rows["feil"] == "Glippe mellom to ender"].iloc[0]
    assert (gap["x"], gap["y"], round(gap["meter"], 2)) == (100.3, 0.0, 0.3)
    assert gap["endring"] == "Endene er koblet sammen."
    assert gap["rad"] == 2
    text = listed[["grunn", "endring", "sikkerhet"]]
    assert (text != "").all().all()
    assert text.notna().all().all()


def test_the_layers_show_before_and_after(result: Result) -> None:
    before = result.layer("ledninger_for").frame.set_index("ledning_id")["tilstand"]
    assert before.to_dict() == {
        "V1": "Uendret", "V2": "Endret i nettet", "V3": "Uendret", "V4": "Uendret",
    }  # fmt: skip
    after = result.layer("nettet_etter").frame
    state = after.groupby("ledning_id")["tilstand"].first().to_dict()
    assert state == {
        "V1": "Har kilde eller utløp", "V2": "Har kilde eller utløp",
        "V3": "Henger for seg selv", "V4": "Henger for seg selv",
    }  # fmt: skip
    assert after["lengde_m"].sum() == pytest.approx(layers()["va_ledning"].length.sum())
    assert len(result.layer("va_feil").frame) == len(result.table("reparasjoner").frame)


def test_every_rule_has_its_colour_and_its_place_in_a_table() -> None:
    grouped = {rule for rules, _ in _GROUPS.values() for rule in rules}
    assert grouped | set(LACKS) == set(RULES)


def test_findings_name_what_matters_first(result: Result) -> None:
    rules = [one.rule for one in result.findings]
    assert rules[0] in {"va_topologi.krysning", "va_topologi.los_ende", "va_topologi.egen_del"}
    assert all(one.text and one.action for one in result.findings)
    assert "4 ledninger" in result.sentence


def test_no_source_is_said_and_not_taken_for_supply() -> None:
    told = va_topologi(va_ledning=layers()["va_ledning"], parameters=P)
    assert any("ingen vannverk" in one for one in told.warnings)
    assert set(told.table("deler").frame["forsynt"]) == {"Ukjent"}


def test_an_empty_layer_is_refused() -> None:
    with pytest.raises(LayerError, match="ingen ledninger"):
        va_topologi(va_ledning=layers()["va_ledning"].iloc[:0], parameters=P)


def test_it_counts_no_persons(result: Result) -> None:
    assert suppress(result).table("feil").frame.equals(result.table("feil").frame)
    assert not any(one.persons for table in result.tables for one in table.columns.values())


def test_a_mended_gap_shows_in_the_comparison(result: Result) -> None:
    mended = layers()
    mended["va_ledning"].loc[1, "geometry"] = shapely.LineString([(100, 0), (200, 0)])
    change = result.compare(va_topologi(**mended, parameters=P))
    assert change.tables
    assert isinstance(change.sentence, str)


def test_the_analysis_asks_for_columns_that_the_catalogue_has() -> None:
    from askergeo.catalogue import load_catalogue  # noqa: PLC0415

    catalogue, asked = load_catalogue(), find("va_topologi")
    assert asked.absent({"va_ledning"}) == ()
    for layer, columns in asked.columns.items():
        known = set(catalogue[layer].columns)
        assert {one.rstrip("*") for one in columns} <= known


def test_the_command_writes_the_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import askergeo.cli.va_topology as verb  # noqa: PLC0415

    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(verb, "run_and_write", lambda *some: asked.append(some))
    from askergeo.cli.main import run  # noqa: PLC0415

    code = run(["va", "topologi", "--data", str(tmp_path), "--ut", "x"])
    assert code == 0
    assert asked[0][0] == "va_topologi"


#: Kinds of fault that the example's map does not have.
_NOT_PLANTED = (
    "uten_linje", "ukjent_type", "for_kort", "sloyfe", "node_ukjent", "node_motsier",
    "node_byttet", "krysning_kum", "node_dobbel", "punkt_uten_sted", "anlegg_koblet",
    "anlegg_utenfor", "pumpe_uten_kurve",
)  # fmt: skip


@pytest.mark.slow
def test_the_planted_faults_are_found_all_and_only(demo_folder: Path) -> None:
    import json  # noqa: PLC0415

    from askergeo.datapackage import DataPackage  # noqa: PLC0415
    from askergeo.run import run  # noqa: PLC0415

    package = DataPackage.open(demo_folder / "datapakke")
    text = (demo_folder / "datapakke" / "nokkel.json").read_text(encoding="utf-8")
    key = json.loads(text)["va"]["feil"]
    listed = run("va_topologi", package).table("reparasjoner").frame
    by = dict(iter(listed.groupby("feil")))

    def ids(*rules: str) -> set[str]:
        frames = [by[RULES[one].title] for one in rules if RULES[one].title in by]
        return set(pd.concat(frames)["id"]) if frames else set()

    def planted(name: str) -> set[str]:
        return {one["ledning_id"] for one in key[name]}

    assert ids("glippe_ende", "glippe_node", "glippe_linje") == planted("glipper") | planted(
        "nesten_t"
    )
    assert ids("los_ende") == planted("lose_ender")
    assert ids("motfall", "motfall_terreng") == planted("feil_retning")
    assert ids("egen_del") == {one["ledning_id"][0] for one in key["lose_deler"]}
    assert ids("node_utenfor", "node_ved_siden") == {
        one["node_id"] for one in key["ventil_utenfor"]
    }
    assert ids("umulig_aar") == set(key["aar_0"]) | set(key["aar_2099"])
    assert ids("null_lengde", "null_lengde_node") == set(key["null_lengde"])
    # The plant to come has no pipes yet.
    assert ids("punkt_ikke_i_drift") == set(key["anlegg_uten_ledning"])
    assert ids("ikke_i_drift") == set(key["ute_av_drift"])
    assert {RULES[one].title for one in _NOT_PLANTED}.isdisjoint(by)
    for rules, name, other in (
        (("krysning",), "kryss_uten_node", "krysser"),
        (("dobbel", "dobbel_ulik", "delvis_dobbel"), "dobbelt", "lik"),
    ):
        rows = pd.concat([by[RULES[one].title] for one in rules if RULES[one].title in by])
        found = {frozenset(pair) for pair in zip(rows["id"], rows["annen_id"], strict=True)}
        assert found == {frozenset((one["ledning_id"], one[other])) for one in key[name]}
