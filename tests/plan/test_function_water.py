"""Water and sewage of a plan on networks drawn by hand: room by dates, and heights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from askergeo.datapackage import DataPackage, Origin
from askergeo.network.cache import FOLDER
from askergeo.parameters import load_parameters
from askergeo.plan import _kept, _water_growth
from askergeo.plan.catalogue import load_rules
from askergeo.plan.map_layers import asked_uses
from askergeo.plan.methods import Question, ask_method
from askergeo.plan.place import Place
from askergeo.plan.uses import use_of
from askergeo.result import Status

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.plan.answer import MapAnswer

CRS = "EPSG:25832"
ORIGIN = Origin(title="Test", fetched="2026-01-01", licence="CC0", attribution="", owner="")
X, Y = 560_000.0, 6_620_000.0
HOME = "1110"
PARAMETERS = load_parameters("plansjekk")
ROOM, HEIGHT = "funksjon.va.kapasitet", "funksjon.va.hoyde"


def at(x: float, y: float) -> shapely.Point:
    return shapely.Point(X + x, Y + y)


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(X + x, Y + y) for x, y in points])


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(X + west, Y + south, X + east, Y + north)


def layer(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def package_of(path: Path, **layers: pd.DataFrame) -> DataPackage:
    made = DataPackage.create(path / "p", municipality="9999", name="prøve", example=True)
    for name, frame in layers.items():
        made.write(name, frame, origin=ORIGIN)
    return DataPackage.open(path / "p")


def ask(
    package: DataPackage, name: str, shape: shapely.Geometry | None = None, **changed: Any
) -> MapAnswer:
    rule = load_rules()[name]
    assert rule.asks is not None
    home = box(10, 10, 50, 50) if shape is None else shape
    uses = layer([home], objekt=["f0"], kode=[HOME], bruk=[use_of(HOME).name])
    none = gpd.GeoDataFrame(geometry=[], crs=CRS)
    place = Place(home, uses, none, frozenset(), {})
    parameters = PARAMETERS.override(changed) if changed else PARAMETERS
    mine = asked_uses(place.uses, rule.asks.uses)
    question = Question(rule, mine, place, package, parameters)
    return ask_method(rule.asks.method, question)


def plants(**columns: Any) -> gpd.GeoDataFrame:
    """Treatment plants, and a waterworks with room for all."""
    count = len(columns["kapasitet_pe"])
    wide = {"kapasitet_pe": 10**6, "belastning_pe": 1}
    return layer(
        [at(1_000 * k, 0) for k in range(count + 1)],
        anlegg_id=[*(f"R{k}" for k in range(count)), "V"],
        navn=[*(f"Rense {k}" for k in range(count)), "Verket"],
        type=["renseanlegg"] * count + ["vannverk"],
        **{name: [*values, wide.get(name)] for name, values in columns.items()},
    )


# --- Room by dates, from the register alone ------------------------------------------------------


def test_room_follows_the_dates_of_the_plant(tmp_path: Path) -> None:
    package = package_of(
        tmp_path,
        va_anlegg=plants(
            kapasitet_pe=[1_000], belastning_pe=[1_100], ny_kapasitet_pe=[2_000],
            ny_kapasitet_aar=[2032],
        ),
    )  # fmt: skip
    before = ask(package, ROOM, boliger_ferdig=2030)
    assert before.status == Status.HIT_RED
    assert before.hits[0].what.endswith("i bruk i 2030; plass fra 2032")
    assert ask(package, ROOM, boliger_ferdig=2032).status == Status.NO_HIT


def test_what_the_plan_itself_fills_is_yellow(tmp_path: Path) -> None:
    package = package_of(tmp_path, va_anlegg=plants(kapasitet_pe=[1_000], belastning_pe=[900]))
    assert ask(package, ROOM, boliger=20).status == Status.NO_HIT
    many = ask(package, ROOM, boliger=200)
    assert many.status == Status.HIT_YELLOW
    assert "og planen gir" in many.hits[0].what
    assert "ingen dato for mer plass er kjent" in many.hits[0].what


def test_a_closed_plant_is_held_against_the_one_that_takes_over(tmp_path: Path) -> None:
    frame = plants(
        kapasitet_pe=[500, 1_000], belastning_pe=[400, 700], til_aar=[2028, None],
        til_anlegg_id=["R1", None],
    )  # fmt: skip
    zone = layer(
        [box(0, 0, 90, 90)], sone_id=["Z"], type=["renseanlegg"], anlegg_id=["R0"], navn=["Z"]
    )
    package = package_of(tmp_path, va_anlegg=frame, va_sone=zone)
    assert ask(package, ROOM, boliger_ferdig=2028).status == Status.NO_HIT
    later = ask(package, ROOM, boliger_ferdig=2029)
    assert later.status == Status.HIT_RED
    assert "Rense 1 (tar over for Rense 0) har 1100\u00a0pe av 1000\u00a0pe" in later.hits[0].what
    alone = package_of(tmp_path / "b", va_anlegg=frame.assign(til_anlegg_id=None), va_sone=zone)
    assert "ingen tar over" in ask(alone, ROOM, boliger_ferdig=2029).hits[0].what


def test_unknown_load_is_never_room(tmp_path: Path) -> None:
    frame = plants(kapasitet_pe=[1_000])
    answer = ask(package_of(tmp_path, va_anlegg=frame), ROOM, boliger=5)
    assert answer.status == Status.NOT_IMPLEMENTED
    assert "Renseanlegget: belastning er ikke i datapakken." in answer.remark


# --- Room along the way ---------------------------------------------------------------------------


def served(tmp_path: Path, people: int, station_l_s: float) -> DataPackage:
    """One sewer past the plan to a station, and on to a plant with 1 000 pe."""
    count = 10
    pipes = layer(
        [line((0, 0), (100, 0)), line((100, 0), (200, 0))],
        ledning_id=["S1", "S2"],
        type=["spillvann"] * 2,
        dimensjon_mm=[200, 200],
        hoyde_fra=[12.0, 11.0],
        hoyde_til=[11.0, 10.0],
        funksjon=["hovedledning"] * 2,
    )
    frame = layer(
        [at(100, 0), at(200, 0), at(0, 900)],
        anlegg_id=["PS", "RA", "VV"],
        navn=["Stasjonen", "Rensa", "Verket"],
        type=["pumpestasjon", "renseanlegg", "vannverk"],
        kapasitet_pe=[None, 1_000, None],
        belastning_pe=[None, people, None],
        kapasitet_l_s=[station_l_s, None, None],
        kapasitet_m3_dogn=[None, None, 5_000.0],
        til_anlegg_id=["RA", None, None],
    )
    homes = layer(
        [at(5 * k, 8) for k in range(count)], adresse_id=[f"A{k}" for k in range(count)],
        boliger=[1] * count,
    )  # fmt: skip
    living = pd.DataFrame(
        {
            "adresse_id": [f"A{k}" for k in range(count)],
            "alder": [40] * count,
            "antall": [people // count] * count,
        }
    )
    return package_of(tmp_path, va_ledning=pipes, va_anlegg=frame, adresse=homes, befolkning=living)


def test_the_tightest_station_below_the_plan_is_told(tmp_path: Path) -> None:
    wide = ask(served(tmp_path / "a", 500, 50.0), ROOM, boliger=10)
    assert wide.status == Status.NO_HIT, wide.remark
    assert "Stasjonen er den trangeste nedenfor planen" in wide.remark
    assert "Avløpsledning S" in wide.remark
    narrow = ask(served(tmp_path / "b", 500, 1.0), ROOM, boliger=10)
    assert narrow.status == Status.HIT_RED
    assert narrow.hits[0].what.startswith("Stasjonen er den trangeste")
    full = ask(served(tmp_path / "c", 990, 50.0), ROOM, boliger=10)
    assert full.status == Status.HIT_YELLOW
    assert full.hits[0].what.startswith("Renseanlegget har 990")


# --- Heights -------------------------------------------------------------------------------------


def on_a_hill(
    tmp_path: Path, *, ground: float, bottom: float | None = 18.0, basin: float | None = None
) -> DataPackage:
    """Mains past the plan, whose ground is told by the manhole beside it."""
    pipes = layer(
        [line((0, 0), (100, 0)), line((0, 2), (100, 2))],
        ledning_id=["V", "S"],
        type=["vann", "spillvann"],
        trykksone=["T1", None],
        hoyde_fra=[None, bottom],
        hoyde_til=[None, bottom],
    )
    nodes = layer(
        [at(30, 5), at(5_000, 0), at(6_000, 0)],
        node_id=["K", "T", "B"],
        type=["kum", "kum", "basseng" if basin is not None else "kum"],
        hoyde=[ground, 60.0, basin],
        trykksone=[None, "T1", "T1"],
    )
    return package_of(tmp_path, va_ledning=pipes, va_node=nodes)


@pytest.mark.parametrize(
    ("ground", "status", "word"),
    [
        (40.0, Status.NO_HIT, ""),
        (61.5, Status.HIT_YELLOW, "1,5\u00a0m over det vanntrykket når"),
        (19.0, Status.HIT_YELLOW, "0,3\u00a0m for lavt for selvfall"),
    ],
)
def test_a_plan_too_high_or_too_low_needs_pumping(
    tmp_path: Path, ground: float, status: Status, word: str
) -> None:
    answer = ask(on_a_hill(tmp_path, ground=ground), HEIGHT)
    assert answer.status == status, answer.remark
    assert word in (answer.hits[0].what if answer.hits else "")
    assert "de nærmeste kummenes" in answer.remark


def test_a_basin_sets_the_level_less_the_pressure_at_the_tap(tmp_path: Path) -> None:
    # 90 m less 25.5 m of water is 64.5 m.
    assert ask(on_a_hill(tmp_path / "a", ground=64.0, basin=90.0), HEIGHT).status == Status.NO_HIT
    high = ask(on_a_hill(tmp_path / "b", ground=66.0, basin=90.0), HEIGHT)
    assert "1,5\u00a0m over" in high.hits[0].what


def test_a_sewer_without_bottom_is_unknown_and_no_pass(tmp_path: Path) -> None:
    answer = ask(on_a_hill(tmp_path, ground=40.0, bottom=None), HEIGHT)
    assert answer.status == Status.NOT_MAPPED
    assert "bunnen av avløpsledningen" in answer.remark


def test_loads_are_kept_for_the_next_plan_until_the_package_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = served(tmp_path, 500, 50.0)
    first = ask(package, ROOM, boliger=10)
    (kept,) = (package.path / FOLDER).glob("vavekst-*.npz")
    reckoned = _water_growth._reckoned
    monkeypatch.setattr(_water_growth, "_reckoned", lambda *_: pytest.fail("reckoned again"))
    monkeypatch.setattr(_kept, "_last", {})
    again = ask(DataPackage.open(package.path), ROOM, boliger=10)
    assert (again.status, again.remark) == (first.status, first.remark)
    # What cannot be read is made anew, and so is that of other layers.
    monkeypatch.setattr(_water_growth, "_reckoned", reckoned)
    monkeypatch.setattr(_kept, "_last", {})
    kept.write_bytes(kept.read_bytes()[:300])
    assert ask(package, ROOM, boliger=10).remark == first.remark
    narrow = package.read("va_anlegg").assign(kapasitet_l_s=[1.0, None, None])
    package.write("va_anlegg", narrow, origin=ORIGIN, overwrite=True)
    assert ask(DataPackage.open(package.path), ROOM, boliger=10).status == Status.HIT_RED
