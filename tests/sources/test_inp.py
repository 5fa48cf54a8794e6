"""EPANET and SWMM models as layers: units, ids, demands and places, against the programs' own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from askergeo.errors import SourceError
from askergeo.sources.inp import LOCAL, layers_of, placing_of, read_inp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EPANET_FILES = (
    "Hanoi", "Net1", "Net2", "Net3", "Todini_Fig2_optCost_CMH", "Todini_Fig2_solA_CMH", "latin1",
)  # fmt: skip

SMALL = """[JUNCTIONS]
 J1 10 5
 J2 12 7 P
[RESERVOIRS]
 R 50
[TANKS]
 T 30 2 1 5 10 0
[PIPES]
 P1 R J1 100 200 130 0 Open
 P2 J1 J2 50 0.4 130 Closed
 P3 J2 T 20 150 130 0 CV
[PUMPS]
 PU R J2 POWER 5
[VALVES]
 V1 J1 J2 100 PRV 30 0
[STATUS]
 PU Closed
[PATTERNS]
 P 1 2
 P 3 6
[OPTIONS]
 Units LPS
 Demand Multiplier 2
[COORDINATES]
 J1 0 0
 J2 0 0
 R 10 10
 T 20 0
[VERTICES]
 P1 5 7
[END]
"""


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / "modell.inp"
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.mark.parametrize("name", EPANET_FILES)
def test_agrees_with_wntr(shared_data: Path, name: str):
    import wntr  # noqa: PLC0415  (heavy)

    path = shared_data / "network" / f"{name}.inp"
    frames = layers_of(read_inp(path))
    theirs = wntr.network.WaterNetworkModel(str(path))
    pipes = frames["va_ledning"].set_index("ledning_id")
    nodes = frames["va_node"].set_index("node_id")
    assert set(pipes.index) == set(theirs.link_name_list)
    assert set(nodes.index) == set(theirs.node_name_list)
    for link_id, link in theirs.links():
        mine = pipes.loc[link_id]
        assert (mine["fra_node_id"], mine["til_node_id"]) == (
            link.start_node_name, link.end_node_name,
        )  # fmt: skip
        if link.link_type == "Pipe":
            assert mine["lengde_m"] == pytest.approx(link.length, rel=1e-12)
            assert mine["dimensjon_mm"] == pytest.approx(link.diameter * 1000, abs=0.5)
            assert mine["ruhet"] == link.roughness
            status = {"Open": "aapen", "Closed": "stengt"}[str(link.initial_status)]
            assert mine["status"] == ("tilbakeslag" if link.check_valve else status)
    for node_id, node in theirs.nodes():
        mine = nodes.loc[node_id]
        x, y = node.coordinates
        assert (mine.geometry.x, mine.geometry.y) == (x, y)
        if node.node_type == "Junction":
            assert mine["hoyde"] == pytest.approx(node.elevation, rel=1e-12, abs=1e-12)
            demand = 1000 * theirs.options.hydraulic.demand_multiplier * sum(
                one.base_value * (one.pattern.multipliers.mean() if one.pattern else 1.0)
                for one in node.demand_timeseries_list
            )  # fmt: skip
            assert mine["behov_l_s"] == pytest.approx(demand, rel=1e-6, abs=1e-9)


def test_reads_units_demands_and_status(written: Callable[[str], Path]):
    model = read_inp(written(SMALL))
    frames = layers_of(model)
    nodes = frames["va_node"].set_index("node_id")
    pipes = frames["va_ledning"].set_index("ledning_id")
    # 7 l/s by the mean of 1, 2, 3, 6 and the multiplier; no pattern «1», hence 5 · 2.
    assert nodes.loc["J2", "behov_l_s"] == pytest.approx(7 * 3 * 2)
    assert nodes.loc["J1", "behov_l_s"] == pytest.approx(10)
    assert nodes["type"].to_dict() == {"J1": "kum", "J2": "kum", "R": "kilde", "T": "basseng"}
    assert pipes["status"].fillna("").to_dict() == {
        "P1": "aapen", "P2": "stengt", "P3": "tilbakeslag", "PU": "stengt", "V1": "",
    }  # fmt: skip
    assert pipes["funksjon"].fillna("").to_dict() == {
        "P1": "", "P2": "", "P3": "", "PU": "pumpe", "V1": "ventil",
    }  # fmt: skip
    assert pipes.loc["PU", "lengde_m"] == 0
    # 0.4 mm is no pipe: unknown in the layer, told, and still in the model's lines.
    assert pipes["dimensjon_mm"].isna().to_dict()["P2"]
    plants = frames["va_anlegg"].set_index("anlegg_id")
    assert plants["type"].to_dict() == {
        "kilde-R": "vannverk", "basseng-T": "hoydebasseng", "pumpe-PU": "pumpestasjon",
    }  # fmt: skip
    assert plants.loc["basseng-T", "volum_m3"] == pytest.approx(np.pi / 4 * 100 * 5)
    assert list(pipes.loc["P1"].geometry.coords) == [(10, 10), (5, 7), (0, 0)]
    assert set(model.faults["regel"]) == {"for_stor_dimensjon", "samme_sted"}


def test_swmm_in_metres(shared_data: Path):
    frames = layers_of(read_inp(shared_data / "network" / "Example1b.inp"))
    nodes = frames["va_node"].set_index("node_id")
    pipes = frames["va_ledning"].set_index("ledning_id")
    assert len(nodes) == 14
    assert len(pipes) == 13
    assert nodes.loc["18", "type"] == "utlop"
    assert set(pipes["type"]) == {"overvann"}
    # Conduit 6: 400 ft, 1 ft wide, ends 1 ft above the bottom of node 21 (990 ft).
    assert pipes.loc["6", "lengde_m"] == pytest.approx(400 * 0.3048)
    assert pipes.loc["6", "dimensjon_mm"] == 305
    assert pipes.loc["6", "hoyde_til"] == pytest.approx(991 * 0.3048)
    assert nodes.loc["21", "bunnhoyde"] == pytest.approx(990 * 0.3048)
    assert nodes.loc["21", "hoyde"] == pytest.approx(993 * 0.3048)


def test_latin_letters(written: Callable[..., Path]):
    text = SMALL.replace("J1", "Jærå")
    for encoding in ("utf-8", "utf-8-sig", "latin-1"):
        model = read_inp(written(text, encoding))
        assert model.elements[0].id == "Jærå"


def test_places(written: Callable[[str], Path]):
    local = read_inp(written(SMALL))
    assert placing_of(local, None).crs == LOCAL
    assert "lokale" in placing_of(local, None).text
    text = SMALL.replace(" J1 0 0", " J1 580000 6630000").replace(" J2 0 0", " J2 580100 6630000")
    text = text.replace("R 10 10", "R 580000 6630100").replace("T 20 0", "T 580200 6630000")
    known = read_inp(written(text))
    assert placing_of(known, None).crs == "EPSG:25832"
    # The same place in degrees comes to the same place in metres.
    degrees = text
    from askergeo.crs import transformer  # noqa: PLC0415

    back = transformer("EPSG:25832", "EPSG:4326")
    for place in ("580000 6630000", "580100 6630000", "580000 6630100", "580200 6630000"):
        x, y = back.transform(*map(float, place.split()))
        degrees = degrees.replace(place, f"{x:.10f} {y:.10f}")
    there = layers_of(read_inp(written(degrees)), crs="EPSG:4326")["va_node"].geometry
    here = layers_of(known)["va_node"].geometry
    assert (there.distance(here) < 1e-3).all()


def test_without_coordinates(written: Callable[[str], Path]):
    text = SMALL.replace(" T 20 0\n", "")
    model = read_inp(written(text))
    frames = layers_of(model)
    assert "T" not in set(frames["va_node"]["node_id"])
    assert "P3" not in set(frames["va_ledning"]["ledning_id"])
    assert "Noden «T» har ingen koordinat." in set(model.faults["tekst"])
    assert "1 noder" in placing_of(model, None).text
    start, end = text.index("[COORDINATES]"), text.index("[END]")
    bare = read_inp(written(text[:start] + text[end:]))
    assert "ingen koordinater" in placing_of(bare, None).text
    frames = layers_of(bare)
    assert [len(frames[name]) for name in ("va_node", "va_ledning", "va_anlegg")] == [0, 0, 0]
    assert len(frames["va_modell"])


def test_not_a_model(written: Callable[[str], Path]):
    with pytest.raises(SourceError, match="ingen seksjoner"):
        read_inp(written("hei\n"))
