"""Poor maps of pipes: all nine questions are answered, or say why not; unknown is never zero."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.datapackage import DataPackage, Origin
from askergeo.errors import AskergeoError
from askergeo.ingest import add_file
from askergeo.privacy import suppress
from askergeo.run import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from askergeo.result import Result

CRS: Final = "EPSG:25832"
X, Y = 570_000, 6_630_000
ORIGIN = Origin("prøvedata", "2026-01-01", "CC0 1.0", "Prøve", "Prøve")
VERBS: Final = (
    "va", "va_topologi", "va_spor", "va_bortfall", "va_fornyelse", "va_vekst", "va_brannvann",
    "va_hydraulikk", "va_lekkasje",
)  # fmt: skip


def line(*places: tuple[float, ...]) -> shapely.LineString:
    return shapely.LineString([(X + one[0], Y + one[1], *one[2:]) for one in places])


def points(*places: tuple[float, float]) -> list[shapely.Point]:
    return [shapely.Point(X + x, Y + y) for x, y in places]


def town(path: Path) -> DataPackage:
    """Everything but pipes: a street with twelve houses, 25 persons in each, and one meter."""
    made = DataPackage.create(path, name="Prøve")
    street = [(20 + 40 * k, 8) for k in range(12)]

    def frame(shapes: list[shapely.Geometry], **columns: Any) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)

    ids = [f"a{k}" for k in range(12)]
    area = shapely.box(X - 500, Y - 500, X + 2_000, Y + 2_000)
    made.write("kommunegrense", frame([area], kommunenummer=["3203"], kommunenavn=["Asker"],
                                      omfang=["land"]), origin=ORIGIN)  # fmt: skip
    made.write("adresse", frame(points(*street), adresse_id=ids, adressetekst=ids), origin=ORIGIN)
    people = pd.DataFrame({"adresse_id": ids, "alder": 40, "kjonn": "kvinne", "antall": 25})
    made.write("befolkning", people, origin=ORIGIN)
    houses = [shapely.box(X + x - 5, Y, X + x + 5, Y + 9) for x, _ in street]
    made.write("bygning", frame(houses, bygning_id=ids, bygningstype=[111] * 12), origin=ORIGIN)
    road = frame([line((0, -4), (500, -4))], veg_id=[1], vegtype=["bilveg"])
    made.write("veg", road, origin=ORIGIN)
    meter = pd.DataFrame({"sone_id": ["Z", "Z"], "aar": [2024, 2025], "inn_m3": [90.0, np.nan],
                          "ut_m3": 0.0, "forbruk_m3": [60.0, 50.0], "umaalt_m3": 0.0})  # fmt: skip
    made.write("va_maaling", meter, origin=ORIGIN)
    return made


def add(package: DataPackage, layer: str, frame: gpd.GeoDataFrame, **more: Any) -> pd.DataFrame:
    """Add a file to the package, and return what was mended or set aside."""
    path = package.path.parent / f"{package.path.name}_{layer}.gpkg"
    frame.to_file(path)
    add_file(package, layer, path, fetched="2026-05-01", **more)
    return package.read_avvik(layer)


#: id, type, function, the node it says it starts at, the line.
FAULTY: Final = (
    ("V1", "vann", None, "N1", line((0, 0, 5.0), (100, 0, 4.0))),
    ("V2", "vann", None, "borte", line((100.3, 0), (200, 0))),
    ("V3", "vann", None, None, line((200, 0), (300, 0))),
    ("V3", "vann", None, None, line((300, 0), (400, 0))),
    ("V4", "vann", None, None, line((600, 0), (700, 0))),
    ("V5", "vann", None, None, line((50, 50), (50, 50))),
    ("V6", "vann", None, None, line((100, 0), (120, 20), (120, -20), (100, 0))),
    ("V7", "vann", None, None, shapely.MultiLineString([line((200, 0), (200, 40)),
                                                        line((200, 60), (200, 90))])),
    ("V8", "vann", None, None, shapely.LineString()),
    ("V9", "vann", None, None, None),
    ("P1", "vann", "pumpe", None, line((300, 0), (301, 0))),
    ("S1", "spillvann", None, None, line((0, 5), (100, 5))),
    ("S2", "avlop_felles", None, None, line((100, 5), (200, 5))),
    ("S3", "kloakk", None, None, line((200, 5), (300, 5))),
    ("O1", "overvann", None, None, line((0, 9), (90, 9))),
    ("O2", None, None, None, line((0, 12), (90, 12))),
)  # fmt: skip


def faulty(package: DataPackage) -> dict[str, pd.DataFrame]:
    count = len(FAULTY)
    pipes = gpd.GeoDataFrame(
        {
            "ledning_id": [one[0] for one in FAULTY],
            "type": [one[1] for one in FAULTY],
            "funksjon": [one[2] for one in FAULTY],
            "fra_node_id": [one[3] for one in FAULTY],
            "materiale": (["?", "PVC", "SJG", None] * count)[:count],
            "dimensjon_mm": ([None, 0, 150] * count)[:count],
            "anleggsaar": ([2099, 0, 1970, None] * count)[:count],
            "eier": "kommunal",
        },
        geometry=[one[4] for one in FAULTY],
        crs=CRS,
    )
    nodes = gpd.GeoDataFrame(
        {
            "node_id": ["N1", "N2", "N2", "H1", "PS"],
            "type": ["kilde", "kum", "kum", "hydrant", "pumpestasjon"],
            "hoyde": [80.0, None, None, 10.0, 10.0],
        },
        geometry=points((0, 0), (100, 0), (200, 0), (300, 3), (301, 0)),
        crs=CRS,
    )
    works = gpd.GeoDataFrame(
        {"anlegg_id": ["R1", "R2", "R3"], "type": "renseanlegg", "kapasitet_pe": [300, None, 50],
         "fra_aar": [None, 2031, None], "til_aar": [None, None, 2019]},
        geometry=points((200, 5), (202, 5), (203, 5)), crs=CRS,
    )  # fmt: skip
    frames = {"va_ledning": pipes, "va_node": nodes, "va_anlegg": works}
    return {layer: add(package, layer, frame) for layer, frame in frames.items()}


def bare(kind: str) -> Callable[[DataPackage], dict[str, pd.DataFrame]]:
    """Five pipes of one type in a row, and nothing more: no attributes, nodes or facilities."""

    def fill(package: DataPackage) -> dict[str, pd.DataFrame]:
        pipes = gpd.GeoDataFrame(
            {"ledning_id": [f"L{k}" for k in range(5)], "type": kind},
            geometry=[line((100 * k, 0), (100 * k + 100, 0)) for k in range(5)],
            crs=CRS,
        )
        return {"va_ledning": add(package, "va_ledning", pipes)}

    return fill


MAPS: Final = {"feil": (faulty, "V1"), "bare vann": (bare("vann"), "L1"),
               "bare spillvann": (bare("spillvann"), "L1")}  # fmt: skip
#: Why a question cannot be answered: a word of the refusal.
UNANSWERED: Final = {
    "feil": {},
    "bare vann": {
        "va_spor": "Ingen kilde", "va_bortfall": "Ingen kilde", "va_fornyelse": "kommunal",
        "va_brannvann": "va_node", "va_hydraulikk": "kilde",
    },
    "bare spillvann": {
        "va_bortfall": "vannledninger", "va_fornyelse": "kommunal", "va_brannvann": "va_node",
        "va_hydraulikk": "vannledning",
    },
}  # fmt: skip


class Answers:
    """A package with one map of pipes, what was set aside, and what each verb says."""

    def __init__(self, name: str, folder: Path) -> None:
        fill, pipe = MAPS[name]
        self.name = name
        self.package = town(folder / "pakke")
        self.set_aside = fill(self.package)
        self.said: dict[str, Result | AskergeoError] = {}
        for verb in VERBS:
            overrides = {"va_spor_fra": pipe} if verb == "va_spor" else {}
            try:
                self.said[verb] = suppress(run(verb, self.package, overrides=overrides))
            except AskergeoError as error:
                self.said[verb] = error

    def of(self, verb: str) -> Result:
        result = self.said[verb]
        assert not isinstance(result, AskergeoError), result
        return result


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answers]:
    return {name: Answers(name, tmp_path_factory.mktemp("va")) for name in MAPS}


@pytest.mark.parametrize("name", MAPS)
def test_each_verb_answers_or_says_what_is_missing(answers: dict[str, Answers], name: str) -> None:
    refused = {
        verb: said for verb, said in answers[name].said.items() if isinstance(said, AskergeoError)
    }
    assert {verb: word in str(refused.get(verb)) for verb, word in UNANSWERED[name].items()} == (
        dict.fromkeys(refused, True)
    )
    assert all(one.remedy for one in refused.values())


def test_every_row_is_in_the_layer_or_set_aside_with_its_reason(
    answers: dict[str, Answers],
) -> None:
    poor = answers["feil"]
    told = poor.set_aside["va_ledning"]
    assert told.loc[told["regel"] == "dobbel_id", "rad"].tolist() == [4]  # told of, and kept
    lost = told[told["regel"].isin(
        ["uten_utstrekning", "mangler_geometri", "ukjent_kode", "mangler_verdi"]
    )]  # fmt: skip
    assert lost.groupby("regel")["rad"].apply(list).to_dict() == {
        "uten_utstrekning": [6], "mangler_geometri": [9, 10],
        "ukjent_kode": [14], "mangler_verdi": [16],
    }  # fmt: skip
    assert len(poor.package.read("va_ledning")) == len(FAULTY) - lost["rad"].nunique()


def test_the_faults_are_named_and_counted(answers: dict[str, Answers]) -> None:
    result = answers["feil"].of("va_topologi")
    listed = result.table("reparasjoner").frame
    found = listed.groupby("feil")["id"].apply(list).to_dict()
    assert found["Glippe til en node"] == ["V2"]
    assert found["Noden finnes ikke"] == ["V2"]
    assert found["Ledning som begynner og slutter samme sted"] == ["V6"]
    assert found["Pumpe uten kurve"] == ["P1"]
    assert found["Node eller anlegg som ikke er i bruk"] == ["R2", "R3"]
    assert set(found["Umulig anleggsår"]) == {"V1", "V4", "S2"}
    assert "V4" in found["Del som henger for seg selv"]
    assert any("R2, R3" in one and "2026" in one for one in result.warnings)


@pytest.mark.parametrize("name", MAPS)
def test_the_first_table_is_the_share_that_is_missing(
    answers: dict[str, Answers], name: str
) -> None:
    first = answers[name].of("va").tables[0]
    assert first.name == "mangler"
    whole = first.frame.loc["alle"]
    assert whole["km"] == pytest.approx(answers[name].package.read("va_ledning").length.sum() / 1e3)
    if name != "feil":
        asked = first.frame.columns.drop(["type", "hvem_eier", "km", "linje"])
        assert set(whole[asked].dropna()) == {100.0}


def test_a_plant_of_unknown_capacity_is_not_called_one_with_room(
    answers: dict[str, Answers],
) -> None:
    growth = answers["feil"].of("va_vekst")
    assert growth.facts["uten_kapasitet"].value == 1
    # One is in use, the other opens in 2031.
    assert (growth.facts["anlegg"].value, growth.facts["apner"].value) == (1, 1)
    assert answers["bare vann"].of("va_vekst").facts["fulle"].value is None


def test_the_backlog_of_a_net_without_any_known_age_is_unknown(
    answers: dict[str, Answers],
) -> None:
    renewal = answers["feil"].of("va_fornyelse")
    share = renewal.table("nett").frame["etterslep_andel"]
    assert share.notna().to_dict() == {"vann": True, "avlop": False, "overvann": True}
    assert renewal.facts["etterslep_andel_avlop"].value is None
    assert any("spillvanns- og fellesledningene har både" in one for one in renewal.warnings)


def test_no_metre_disappears(answers: dict[str, Answers]) -> None:
    """What is in the network and what is listed as left out make up the layer."""
    poor = answers["feil"]
    length = poor.package.read("va_ledning").length.sum()
    after = poor.of("va_topologi").layer("nettet_etter").frame["lengde_m"].sum()
    listed = poor.of("va_topologi").table("reparasjoner").frame
    out = listed[listed["endring"] == "Ikke med i nettet."]
    assert after + out["meter"].fillna(0).sum() == pytest.approx(length)


@pytest.mark.parametrize("name", ["bare vann", "bare spillvann"])
def test_unknown_is_not_zero(answers: dict[str, Answers], name: str) -> None:
    poor = answers[name]
    topology = poor.of("va_topologi")
    assert topology.facts["deler"].value is None
    assert ".. deler" in topology.sentence
    renewal = poor.of("va").table("fornyelse").frame
    assert renewal["faktisk"].isna().all()
    assert "Fornyet" not in poor.of("va").sentence
    # Nobody said who is connected: the share is between nothing and all, and not known.
    connected = poor.of("va_vekst").table("tilknytning").frame
    assert connected["av_kjente"].isna().all()
    assert connected[["andel", "hoyst"]].to_numpy().tolist() == [[0.0, 100.0]] * 2
