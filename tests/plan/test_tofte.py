"""Tofte sentrum against what is known for Asker: what is not mapped is told, and never passes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely

from askergeo.cli.main import run
from askergeo.datapackage import DataPackage
from askergeo.plan.catalogue import load_rules

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CRS = "EPSG:25832"
# What the open extracts hold of the themes that rules ask about: border, coast, roads, schools.
CLEAN_ON_THE_MAP = {"kart.kommune"}
# The shore; and lower secondary school, which is farther than the law's 4 km.
FOUND = {"kart.strandsone", "funksjon.skole.vei"}
# Asked, but the schools do not say how many pupils they have.
NOT_SAID = {"funksjon.skole.kapasitet"}
# Rules that need a layer which no open extract of Asker has.
NOT_IN_THE_PACKAGE = {
    "kart.kvikkleire.faresone", "kart.kvikkleire.aktsomhet", "kart.kvikkleire.terreng",
    "kart.marin_leire", "kart.flom", "kart.stormflo", "kart.skred.faresone",
    "kart.skred.aktsomhet", "kart.forurenset", "kart.kulturminne", "kart.stoy", "kart.dyrket",
    "kart.dyrkbar", "kart.myr", "kart.karbon", "kart.markagrense", "kart.naturtype",
    "kart.reguleringsplan", "funksjon.holdeplass", "funksjon.tettsted", "funksjon.nullvekst",
    "funksjon.nullvekst.trafikk", "funksjon.kollektiv", "funksjon.vann", "funksjon.avlop",
    "funksjon.va.kapasitet", "funksjon.va.hoyde",
}  # fmt: skip

Told = dict[str, Any]


@pytest.fixture
def checked(
    asker_package: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, Told]]:
    def check(area: Path, *more: str) -> tuple[int, Told]:
        arguments = ["plansjekk", str(area), "--data", str(asker_package), "--json", *more]
        code = run(arguments)
        return code, json.loads(capsys.readouterr().out)

    return check


def rules_of(told: Told, name: str) -> set[str]:
    return {one["regel"] for one in told[name]}


def test_tofte_is_told_what_is_known_and_what_is_not(
    checked: Callable[..., tuple[int, Told]], shared_data: Path, asker_package: Path
) -> None:
    area = shared_data / "plan" / "area" / "tofte_sentrum.geojson"
    code, told = checked(area)
    assert code == 1
    catalogue = load_rules()
    package = DataPackage.open(asker_package)
    on_map = {name for name, rule in catalogue.items() if rule.layers}
    assert rules_of(told, "funn") == FOUND
    assert rules_of(told, "uten_funn") & on_map == CLEAN_ON_THE_MAP
    unknown = rules_of(told, "ikke_kontrollert") & on_map
    why = {one["regel"]: one["grunn"] for one in told["ikke_kontrollert"]}
    assert unknown == NOT_IN_THE_PACKAGE | NOT_SAID
    # The reason names a layer that the package has not.
    for name in NOT_IN_THE_PACKAGE:
        absent = [layer for layer in catalogue[name].layers if layer not in package]
        assert any(package.catalogue[layer].title in why[name] for layer in absent), name
    # Every rule is in one list; the rest are about plans with purposes, or need their provisions.
    lists = [rules_of(told, name) for name in ("funn", "uten_funn", "ikke_kontrollert")]
    assert set.union(*lists) == set(catalogue)
    assert sum(map(len, lists)) == len(catalogue)


def test_the_belt_of_tofte_is_what_the_map_of_the_coast_says(
    checked: Callable[..., tuple[int, Told]], shared_data: Path
) -> None:
    area = shared_data / "plan" / "area" / "tofte_sentrum.geojson"
    _, told = checked(area)
    (found,) = (one for one in told["funn"] if one["regel"] == "kart.strandsone")
    plan = gpd.read_file(area).set_crs("EPSG:25833", allow_override=True).to_crs(CRS)
    source = shared_data / "asker" / "n1000_asker_oslofjord.gpkg"
    near = tuple(plan.buffer(500).total_bounds)
    coast, sea = (
        gpd.read_file(source, layer=name).to_crs(CRS).cx[near[0] : near[2], near[1] : near[3]]
        for name in ("Kystkontur", "Havflate")
    )
    belt = shapely.buffer(coast.geometry.union_all(), 100, quad_segs=64)
    expected = belt.difference(sea.geometry.union_all()).intersection(plan.geometry.iloc[0]).area
    assert found["areal_m2"] == pytest.approx(expected, rel=1e-3)
    assert found["status"] == "HIT-RED"
    assert found["lag"] == "kystkontur"


def test_a_gap_in_the_map_of_roads_makes_no_school_far(
    checked: Callable[..., tuple[int, Told]], shared_data: Path
) -> None:
    _, told = checked(shared_data / "plan" / "area" / "tofte_sentrum.geojson")
    (found,) = (one for one in told["funn"] if one["regel"] == "funksjon.skole.vei")
    # Paths that meet no road lead nowhere: the school 300 m west of the plan is still its school.
    assert "1. trinn inntil 2" in found["melding"].replace("\N{NO-BREAK SPACE}", "")
    assert "Tofte skole" in found["melding"]
    assert "1. trinn mer enn" not in found["melding"]


def test_the_threshold_decides_what_stops_a_plan(
    checked: Callable[..., tuple[int, Told]],
    shared_data: Path,
    asker_package: Path,
    tmp_path: Path,
) -> None:
    tofte = shared_data / "plan" / "area" / "tofte_sentrum.geojson"
    assert [checked(tofte, "--terskel", name)[0] for name in ("rød", "gul")] == [1, 1]
    land = DataPackage.open(asker_package).read("kommunegrense")
    coast = DataPackage.open(asker_package).read("kystkontur").geometry.union_all()
    inland = land[land["omfang"] == "land"].geometry.iloc[0].difference(coast.buffer(2_000))
    middle = max(shapely.get_parts(inland), key=shapely.area).representative_point()
    path = tmp_path / "inne.geojson"
    gpd.GeoDataFrame(geometry=[middle.buffer(100)], crs=CRS).to_file(path)
    code, told = checked(path)
    # Nothing is red; what is not known does not pass unless one asks for less.
    assert "HIT-RED" not in {one["status"] for one in told["funn"]}
    assert code == 1
    assert checked(path, "--terskel", "rød")[0] == 0
    assert checked(path, "--terskel", "gul")[0] == int(bool(told["funn"]))
