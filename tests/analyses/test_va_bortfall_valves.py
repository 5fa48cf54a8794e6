"""Closed valves that could give a reserve, in a town with a source at each end."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from askergeo.analyses.va_bortfall import va_bortfall
from askergeo.parameters import load_parameters

CRS = "EPSG:25832"
# Verket — A — [v1] — B — [v2] — C — Nabo, and a branch with a closed valve to nowhere.
LINES = {
    "A": [(0, 0), (100, 0)],
    "B": [(100, 0), (200, 0)],
    "C": [(200, 0), (300, 0)],
    "D": [(0, 0), (0, 100)],
    "E": [(0, 100), (0, 200)],
}
PEOPLE = {"A": 60, "C": 80}


def town(*shut: str) -> dict[str, Any]:
    """Layers of the town, with valves of which some are closed."""
    valves = {"v1": (100, 0), "v2": (200, 0), "v3": (0, 100)}
    homes = [shapely.LineString(LINES[pipe]).centroid for pipe in PEOPLE]
    return {
        "va_ledning": gpd.GeoDataFrame(
            {"ledning_id": list(LINES), "type": "vann"},
            geometry=[shapely.LineString(line) for line in LINES.values()],
            crs=CRS,
        ),
        "va_node": gpd.GeoDataFrame(
            {
                "node_id": list(valves),
                "type": "ventil",
                "status": ["stengt" if one in shut else "aapen" for one in valves],
            },
            geometry=[shapely.Point(one) for one in valves.values()],
            crs=CRS,
        ),
        "va_anlegg": gpd.GeoDataFrame(
            {"anlegg_id": ["V1", "V2"], "type": "vannverk"},
            geometry=[shapely.Point(0, 0), shapely.Point(300, 0)],
            crs=CRS,
        ),
        "adresse": gpd.GeoDataFrame(
            {"adresse_id": list(PEOPLE), "boliger": 1}, geometry=homes, crs=CRS
        ),
        "befolkning": pd.DataFrame(
            {"adresse_id": list(PEOPLE), "alder": 40, "antall": list(PEOPLE.values())}
        ),
    }


PARAMETERS = load_parameters("va_bortfall+va_nett")


def test_a_closed_valve_between_two_sources_gives_all_a_second_one() -> None:
    found = va_bortfall(**town("v1", "v3"), parameters=PARAMETERS)
    table = found.table("stengte_ventiler")
    row = table.frame.iloc[0]
    assert len(table.frame) == 1
    assert (row["aapne"], row["kilde_til"], row["spart"], row["stanser"]) == ("v1", 140, 80, "V2")
    # v3 shuts off a branch with no source of its own: opening it helps nobody.
    assert "vannettet: 2. Prøvd åpnet: 1," in table.note
    # What the table says is what is found when the valve is open.
    after = va_bortfall(**town("v3"), parameters=PARAMETERS)
    assert after.table("kilder").frame["bosatte"].tolist() == [0, 0]
    assert found.table("kilder").frame["bosatte"].tolist() == [60, 80]


def test_valves_that_help_only_together_are_opened_together() -> None:
    found = va_bortfall(**town("v1", "v2"), parameters=PARAMETERS)
    rows = found.table("stengte_ventiler").frame
    assert rows[["aapne", "kilde_til"]].to_numpy().tolist() == [["v1 og v2", 140]]


def test_the_finding_says_to_open_the_valve_and_where() -> None:
    found = va_bortfall(**town("v1"), parameters=PARAMETERS)
    points = {one.row: one for one in found.findings if one.rule == "va.bortfall.enkeltpunkt"}
    assert points["V1"].layer == "va_anlegg"
    assert points["V1"].geometry == shapely.Point(0, 0)
    assert points["V1"].action.startswith("Vurder å kunne åpne v1. ")
    (valve,) = (one for one in found.findings if one.rule == "va.bortfall.stengt_ventil")
    assert (valve.layer, valve.row, valve.geometry) == ("va_node", "v1", shapely.Point(100, 0))
    # No valve mends a pipe that the homes themselves hang on.
    open_town = va_bortfall(**town(), parameters=PARAMETERS)
    assert not any("åpne" in one.action for one in open_town.findings)
    assert "stengte_ventiler" not in {table.name for table in open_town.tables}
    assert not any("Prøvd åpnet" in text for text in open_town.warnings)


def test_a_closed_pipe_is_tried_as_a_valve_is() -> None:
    layers = town()
    layers["va_ledning"]["status"] = [None, "stengt", None, None, None]
    rows = va_bortfall(**layers, parameters=PARAMETERS).table("stengte_ventiler").frame
    assert rows["aapne"].tolist() == ["B"]
    assert rows["kilde_til"].tolist() == [pytest.approx(140)]


def test_a_closed_valve_in_a_ring_gives_another_way_and_one_that_helps_nobody_is_told() -> None:
    layers = town()
    ring = gpd.GeoDataFrame(
        {"ledning_id": ["F", "G"], "type": "vann"},
        geometry=[
            shapely.LineString([(200, 0), (200, 100)]),
            shapely.LineString([(200, 100), (100, 0)]),
        ],
        crs=CRS,
    )
    layers["va_ledning"] = pd.concat([layers["va_ledning"], ring], ignore_index=True)
    layers["va_anlegg"] = layers["va_anlegg"].iloc[:1]
    layers["va_node"] = gpd.GeoDataFrame(
        {"node_id": ["v4"], "type": "ventil", "status": "stengt"},
        geometry=[shapely.Point(200, 100)],
        crs=CRS,
    )
    # All have one source and hang on A and C whether or not the ring is open.
    found = va_bortfall(**layers, parameters=PARAMETERS)
    assert any("Prøvd åpnet: 1," in text for text in found.warnings)
    assert "stengte_ventiler" not in {table.name for table in found.tables}
