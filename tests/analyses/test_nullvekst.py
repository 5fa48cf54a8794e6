"""The zones of a square that a line cuts in the middle, by hand; and the example's own key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, Point, box

from askergeo.analyses._zones_counted import BY_AREA, BY_BUILDING, BY_HOME
from askergeo.analyses.nullvekst import nullvekst
from askergeo.datapackage import DataPackage
from askergeo.parameters import load_parameters
from askergeo.privacy import suppress, suppress_all
from askergeo.run import run

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.result import Result

CRS = "EPSG:25832"
MIDDLE = LineString([(0, 5_000), (10_000, 5_000)])


def frame(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


BOUNDARY = frame(
    [box(0, 0, 10_000, 10_000), box(0, 0, 8_000, 10_000)],
    kommunenummer=["9999"] * 2,
    kommunenavn=["Prøve"] * 2,
    omfang=["med_sjo", "land"],
)


def homes(*rows: tuple[float, int, int]) -> dict[str, pd.DataFrame]:
    """Make addresses: metres north of the line, residents, dwellings."""
    ids = [f"A{number}" for number in range(len(rows))]
    return {
        "adresse": frame(
            [Point(1_000 + 10 * n, 5_000 + y) for n, (y, *_) in enumerate(rows)],
            adresse_id=ids,
            boliger=[row[2] for row in rows],
        ),
        "befolkning": pd.DataFrame({"adresse_id": ids, "antall": [row[1] for row in rows]}),
    }


def made(line: Any = MIDDLE, parameters: dict[str, Any] | None = None, **layers: Any) -> Result:
    return nullvekst(
        frame([line], linje_id=[1]),
        BOUNDARY,
        parameters=load_parameters("nullvekst", parameters),
        **layers,
    )


def test_each_thing_is_in_one_zone_and_the_zones_add_up() -> None:
    people = homes((100, 40, 20), (3_000, 60, 30), (-20, 10, 5), (-300, 90, 45))
    people["befolkning"].loc[4] = ["ukjent adresse", 7]
    stops = frame(
        [Point(10, 5_001), Point(10, 4_990), Point(10, 1), Point(-9, 1)],
        holdeplass_id=["a", "b", "c", "d"],
        stoppested_id=["S", "S", None, None],
    )
    result = made(
        **people,
        arbeidsplass=frame(
            [Point(1, 9_000), Point(1, 2), None], arbeidssted_id=["x", "y", "z"], ansatte=[30, 12, 8]
        ),
        holdeplass=stops,
        senter=frame(
            [Point(1, 9_000), Point(2, 4_750)], senter_id=["S1", "S2"], navn=["By", "Vik"],
            niva=["kommunesenter", "naersenter"],
        ),
        boligprogram=frame(
            [box(0, 4_900, 10, 5_300), Point(5, 5)], prosjekt_id=["P1", "P2"], navn=["Tun", "Lia"],
            boligtype=["enebolig"] * 2, aar=[2030, 2031], boliger=[100, 7],
        ),
        naeringsprogram=frame(
            [Point(5, 9_000)] * 2, prosjekt_id=["N1", "N2"], naering=["kontor"] * 2,
            aar=[2030] * 2, naering_m2=[500.0, 250.0], arbeidsplasser=[20, None],
        ),
    )  # fmt: skip
    zones = result.table("soner").frame
    assert zones["areal_km2"].tolist() == [50, 50, 0, 100]
    assert zones["land_km2"].tolist() == [40, 40, 0, 80]
    assert zones["bosatte"].tolist() == [100, 100, 7, 207]
    assert zones["boliger"].tolist() == [50, 50, 0, 100]
    assert zones["arbeidsplasser"].tolist() == [30, 12, 8, 50]
    assert zones["bosatte_andel"].tolist() == pytest.approx([10_000 / 207] * 2 + [700 / 207, 100])
    more = result.table("soner_tilbud").frame
    # The quays a and b are one stop, whose middle is 4.5 m south; d lies outside.
    assert more["holdeplasser"].tolist() == [0, 2, 1, 3]
    assert more["kommunesenter"].tolist() == [1, 0, 0, 1]
    assert more["programboliger"].tolist() == pytest.approx([75, 32, 0, 107])
    assert more["planlagte_plasser"].tolist() == [20, 0, 0, 20]
    assert more["planlagt_m2"].tolist() == [750, 0, 0, 750]
    (told,) = (text for text in result.warnings if "Planlagte arbeidsplasser er ukjent i 1" in text)
    assert "anslår dem fra m²" in told
    assert {one.layer for one in result.findings} == {"holdeplass", "arbeidsplass"}
    assert result.table("sentre").frame["avstand_m"].tolist() == [4_000, 250]
    assert result.sentence.startswith(
        "100 bosatte (48,3 %) bor nord for nullvekstlinjen og 100 sør"
    )


def test_distances_are_in_classes_and_the_unsure_are_summed() -> None:
    people = homes(
        (49, 10, 1), (51, 20, 2), (249, 30, 3), (250, 40, 4), (1_000, 50, 5), (-50, 60, 6)
    )
    table = made(**people).table("avstand")
    wanted = {
        "0-250": (60, 60), "0-50_del": (10, 0), "50-250_del": (50, 60), "250-500": (40, 0),
        "500-1000": (0, 0), "1000-inf": (50, 0), "sum": (150, 60), "usikker": (10, 0),
    }  # fmt: skip
    found = table.frame[["bosatte_nord", "bosatte_sor"]]
    assert {str(row): tuple(found.loc[row]) for row in found.index} == wanted
    for total in table.row_sums:
        parts = table.frame.loc[list(total.parts)]
        for name in table.columns:
            if name != "klasse":
                assert table.frame.loc[total.total, name] == parts[name].sum()
    # An uncertainty that is a limit itself, or beyond some of them, or none.
    exact = made(**people, parameters={"nullvekst_usikker_m": 250}).table("avstand").frame
    assert exact.loc["usikker", "bosatte"] == 120
    assert not exact.index.str.endswith("_del").any()
    wide = made(**people, parameters={"nullvekst_usikker_m": 300}).table("avstand").frame
    assert wide.loc["usikker", "bosatte"] == 160
    none = made(**people, parameters={"nullvekst_usikker_m": 0}).table("avstand").frame
    assert "usikker" not in none.index


def test_what_straddles_is_shared_by_area_and_by_residents() -> None:
    result = made(
        **homes((100, 33, 10), (200, 21, 10), (-100, 12, 4)),
        reguleringsplan=frame(
            [box(900, 4_000, 1_100, 6_000), box(900, 5_000, 1_100, 6_000), box(0, 4_999.9, 9, 9_000)],
            planid=["P1", "P2", "P3"], plannavn=["Delt", "Nord", "Flis"], planstatus=[3, 3, 2],
        ),
        grunnkrets=frame(
            [box(0, 4_500, 1_015, 5_500), box(1_015, 4_500, 2_000, 7_500)],
            grunnkretsnummer=["99990101", "99990102"], grunnkretsnavn=["Vest", None],
        ),
    )  # fmt: skip
    plans = result.table("delte_planer").frame
    assert plans.index.tolist() == ["P1"]
    assert plans.loc["P1", ["areal_nord", "areal_sor"]].tolist() == pytest.approx([50, 50])
    # Counts of persons are rounded to tens, the share to whole per cent of these.
    assert plans.loc["P1", ["bosatte_nord", "bosatte_sor"]].tolist() == [50, 10]
    assert plans.loc["P1", ["bosatte_nord_andel", "forskjell"]].tolist() == [83, 33]
    assert plans.loc["P1", "boliger_nord"] == 20
    assert plans.loc["P1", "planstatus"] == "Endelig vedtatt arealplan"
    units = result.table("delte_grunnkretser").frame
    assert units["areal_nord"].tolist() == pytest.approx([50, 250 / 3])
    assert units["bosatte_nord"].tolist() == [50, 0]
    assert units["navn"].tolist() == ["Vest", "99990102"]
    assert "delte_skolekretser" not in {table.name for table in result.tables}
    assert "P3" in made(
        parameters={"nullvekst_minste_del_m2": 0.5},
        reguleringsplan=frame([box(0, 4_999.9, 9, 9_000)], planid=["P3"], plannavn=["Flis"]),
    ).table("delte_planer").frame.index  # fmt: skip


def test_a_cell_is_shared_among_its_homes_else_its_houses_else_by_area() -> None:
    cells = frame(
        [box(x, 4_900, x + 200, 5_100) for x in (0, 200, 400)],
        rute_id=["H", "B", "A"],
        bosatte=[90, 60, 41],
    )
    houses = frame(
        [
            Point(10, 5_050),
            Point(20, 4_950),
            Point(30, 5_060),
            Point(250, 4_950),
            Point(260, 4_960),
        ],
        bygning_id=list("abcde"),
        bygningstype=[111, 111, 241, 241, 311],
        boliger=[1, 2, None, None, None],
    )
    result = made(befolkning_rute=cells, bygning=houses)
    # H: one dwelling of three north; B: two houses south; A: half each, in whole persons.
    assert result.table("soner").frame["bosatte"].tolist() in ([51, 140, 0, 191], [50, 141, 0, 191])
    table = result.table("delte_ruter").frame
    assert table["fordelt"].tolist() == [BY_HOME, BY_BUILDING, BY_AREA]
    assert table["bosatte_nord"].tolist() == [30, 0, 20]
    assert table["bosatte_sor"].tolist() == [60, 60, 20]
    assert any("ikke på adresser" in text for text in result.warnings)


def test_a_line_that_fails_gives_no_side_and_says_so_first() -> None:
    result = made(LineString([(0, 5_000), (6_000, 5_000)]), **homes((100, 40, 20)))
    assert result.sentence.startswith("Nullvekstlinjen deler ikke kommunen")
    assert any("ender" in one or "slutter" in one for one in result.warnings)
    assert result.table("soner").frame["bosatte"].tolist() == [0, 0, 40, 40]
    assert "avstand" not in {table.name for table in result.tables}
    assert [one.rule for one in result.findings] == ["nullvekst.ender_inne", "nullvekst.deler_ikke"]
    assert result.table("linje").frame.loc["stykke_1", "deler"] == "nei"
    assert result.layer("nullvekstlinje").frame["slag"].tolist() == ["Deler ikke"]


def test_the_line_table_says_what_was_added() -> None:
    row = made(LineString([(30, 5_000), (10_100, 5_000)])).table("linje").frame.loc["stykke_1"]
    assert row["lagt_til_m"] == pytest.approx(30)
    assert row["lengde_m"] == pytest.approx(10_000, abs=0.02)
    assert (row["ende_1"], row["ende_2"]) == ("forlenget 30,0 m", "når grensen")
    assert (row["retning"], row["krysser"], row["deler"]) == ("vest–øst", 2, "ja")


def test_few_persons_are_hidden_with_what_tells_of_them() -> None:
    people = homes((100, 3, 1), (3_000, 400, 150), (-3_000, 300, 120))
    plan = frame([box(0, 4_000, 2_000, 6_000)], planid=["P"], plannavn=["Delt"])
    result = suppress(made(**people, reguleringsplan=plan))
    near = result.table("avstand").frame
    assert pd.isna(near.loc["0-250", "bosatte_nord"])
    assert pd.isna(near.loc["50-250_del", "bosatte_nord"])
    # The rest of the column must not tell it: either the sum or another part is hidden too.
    assert near["bosatte_nord"].isna().sum() >= 3
    assert pd.isna(result.table("delte_planer").frame.loc["P", "bosatte_nord"])
    assert pd.isna(result.table("delte_planer").frame.loc["P", "forskjell"])
    assert result.microdata is None


def moved(by: float) -> tuple[Result, Result, Result]:
    people = homes((100, 30, 10), (-100, 50, 20), (-900, 70, 25))
    centre = frame([Point(1, 4_900)], senter_id=["S"], navn=["Vik"], niva=["lokalsenter"])
    project = frame(
        [box(0, 4_900, 10, 5_100)], prosjekt_id=["P"], navn=["Tun"], aar=[2030], boliger=[40]
    )
    layers = {**people, "senter": centre, "boligprogram": project}
    line = LineString([(0, 5_000 + by), (10_000, 5_000 + by)])
    base, other = made(**layers), made(line, **layers)
    return base, other, base.compare(other)


def test_a_moved_line_tells_who_changes_zone() -> None:
    base, other, difference = moved(-200)
    table = difference.table("soneskifte").frame
    assert table.loc["sor_nord", "bosatte"] == 50
    assert table.loc["nord_sor", "bosatte"] == 0
    assert table.loc["sor_nord", "areal_km2"] == pytest.approx(2)
    assert table.loc["sor_nord", "programboliger"] == 20
    for side in ("nord", "sor"):
        for name in ("bosatte", "boliger", "areal_km2"):
            assert table.loc[f"fra_{side}", name] == base.table("soner").frame.loc[side, name]
            assert table.loc[f"til_{side}", name] == other.table("soner").frame.loc[side, name]
    assert difference.table("sentre").frame["sone"].tolist() == ["▼\u00a0Sør → ▲\u00a0Nord"]
    assert difference.layer("soneskifte").frame["fra_til"].tolist() == ["Sør → nord"]
    assert (
        difference.sentence == "Med scenarioet går 50 bosatte fra sør til nord for nullvekstlinjen."
    )
    assert moved(0)[2].sentence == "Med scenarioet skifter ingen sone."


def test_a_centre_is_marked_as_its_label_says_and_no_empty_class_is_named() -> None:
    points = frame(
        [Point(1_000, 5_900), Point(1_000, 900)],
        senter_id=["n", "s"],
        navn=["Nordby", "Sørby"],
        niva=["lokalsenter", "lokalsenter"],
    )
    result = made(senter=points, **homes((100, 300, 90)))
    style = result.layer("sentre").style
    assert [(one.label, one.shape) for one in style.classes] == [
        ("Nord", "triangle"),
        ("Sør", "square"),
    ]
    assert len(result.layer("soner").style.classes) == 2


def test_few_who_change_zone_are_hidden_everywhere() -> None:
    base = made(**homes((100, 300, 90), (-100, 3, 1), (-900, 700, 250)))
    other = made(
        LineString([(0, 4_800), (10_000, 4_800)]),
        **homes((100, 300, 90), (-100, 3, 1), (-900, 700, 250)),
    )
    one, two, difference = suppress_all([base, other, base.compare(other)])
    table = difference.table("soneskifte").frame
    assert pd.isna(table.loc["sor_nord", "bosatte"])
    assert "et skjult antall" in difference.sentence
    assert ":" not in difference.sentence
    zones = difference.table("soner").frame.loc["nord", ["bosatte", "bosatte_scenario"]]
    assert zones.isna().any()
    north = [one.table("soner").frame.loc["nord", "bosatte"],
             two.table("soner").frame.loc["nord", "bosatte"]]  # fmt: skip
    assert any(pd.isna(value) for value in north)


def test_the_example_has_its_planted_zones(demo_folder: Path) -> None:
    package = DataPackage.open(demo_folder / "datapakke")
    key = json.loads((package.path / "nokkel.json").read_text(encoding="utf-8"))["transport"]
    result = run("nullvekst", package)
    zones = result.table("soner").frame
    supply = result.table("soner_tilbud").frame
    planted = key["soner"]
    for side in ("nord", "sor", "ukjent"):
        for column, name in (
            ("bosatte", "innbyggere"),
            ("boliger", "boliger"),
            ("arbeidsplasser", "arbeidsplasser"),
        ):
            assert zones.loc[side, column] == planted[name][side]
        assert supply.loc[side, "holdeplasser"] == planted["holdeplasser"][side]
        centres = supply.loc[side, ["kommunesenter", "lokalsenter", "naersenter"]].sum()
        assert centres == planted["sentre"][side]
        assert supply.loc[side, "programboliger"] == pytest.approx(
            planted["boliger_i_boligprogrammet"][side]
        )
        assert supply.loc[side, "planlagt_m2"] == pytest.approx(
            planted["naering_m2_i_programmet"][side]
        )
        # The key adds up the strips of a wave; ours are cut by its chords.
        assert zones.loc[side, "areal_km2"] == pytest.approx(
            planted["areal_m2"][side] / 1e6, abs=1e-4
        )
    for table, name in (
        ("delte_planer", "delte_planer"),
        ("delte_grunnkretser", "delte_grunnkretser"),
    ):
        found = result.table(table).frame
        for own, its in key[name].items():
            if own in found.index:
                assert found.loc[own, "areal_nord"] == pytest.approx(
                    100 * its["areal_nord"], abs=0.01
                )
            else:
                assert its["areal_nord"] < 1e-3
    units = result.table("delte_grunnkretser").frame
    for own, its in key["delte_grunnkretser"].items():
        exact = its["innbyggere_nord"]
        shown = units.loc[own, "bosatte_nord"]
        assert pd.isna(shown) or abs(shown - exact) <= 5
    assert np.isclose(zones.loc["sum", "bosatte"], zones["bosatte"].iloc[:3].sum())
    assert not shapely.is_empty(result.layer("soner").frame.geometry.to_numpy()).any()


def test_layers_without_rows_are_zero_and_absent_ones_are_no_column() -> None:
    none: list[Any] = []
    result = made(
        adresse=frame(none, adresse_id=none, boliger=none),
        befolkning=pd.DataFrame({"adresse_id": none, "antall": none}),
        arbeidsplass=frame(none, arbeidssted_id=none, ansatte=none),
        holdeplass=frame(none, holdeplass_id=none),
        senter=frame(none, senter_id=none, navn=none, niva=none),
        boligprogram=frame(none, prosjekt_id=none, boliger=none),
        reguleringsplan=frame(none, planid=none, plannavn=none),
        grunnkrets=frame(none, grunnkretsnummer=none),
    )
    assert result.table("soner").frame["bosatte"].tolist() == [0] * 4
    assert result.table("soner_tilbud").frame["holdeplasser"].tolist() == [0] * 4
    assert not any(table.name.startswith("delte") for table in result.tables)
    cells = made(befolkning_rute=frame(none, rute_id=none, bosatte=none))
    assert cells.table("soner").frame["bosatte"].tolist() == [0] * 4
    alone = made()
    assert "bosatte" not in alone.table("soner").frame
    assert "avstand" not in {table.name for table in alone.tables}
    assert alone.sentence == ("50,0 km² ligger nord for nullvekstlinjen og 50,0 km² sør for den.")
    suppress(alone)
