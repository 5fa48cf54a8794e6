"""Pipes and manholes in SOSI, GML and GeoPackage; every attribute may be missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely

from askergeo.catalogue import load_catalogue
from askergeo.errors import AskergeoError
from askergeo.sources.intake import take_in

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUE = load_catalogue()
HEAD = """.HODE
..TEGNSETT UTF-8
..SOSI-VERSJON 4.5
..TRANSPAR
...KOORDSYS 22
...ORIGO-NØ 0 0
...ENHET 0.01
..OMRÅDE
...MIN-NØ 6630000 580000
...MAX-NØ 6631000 581000
"""
NORSK_VANN = "http://skjema.geonorge.no/SOSI/produktspesifikasjon/Norskvann-Innmaltgeometri/2.2"

ENDS = "<app:fraKobling>A</app:fraKobling><app:tilKobling>B</app:tilKobling>"


def _line(number: int, kind: str, rows: str) -> str:
    north = 663_000_000 + 1000 * number
    return f".KURVE {number}:\n..OBJTYPE {kind}\n{rows}..NØ\n{north} 58000000\n{north} 58010000\n"


def _point(number: int, kind: str, rows: str) -> str:
    return f".PUNKT {number}:\n..OBJTYPE {kind}\n{rows}..NØ\n663000000 {58_000_000 + number}\n"


@pytest.fixture
def sosi(tmp_path: Path) -> Path:
    path = tmp_path / "va.sos"
    path.write_text(
        HEAD
        + _line(
            1,
            "Vannledning",
            "..SID 11\n..EGS_LEDNING\n...L_TEMA VL\n...MATERIAL SJG\n...DIMENSJON 160\n"
            "...ANLEGGSÅR 1965\n...STATUS D\n",
        )
        + _line(2, "SPILLVANNSLEDNING", "..SID 12\n..EGS_LEDNING\n...L_TEMA SPP\n")
        + _line(3, "AvløpFelles", "..SID 13\n..EGS_LEDNING\n...L_TEMA AF\n...DIMENSJON -1\n")
        + _point(4, "Kum", "..SID 21\n..EGS_PUNKT\n...P_TEMA KUM\n...ANLEGGSÅR 1970\n")
        + _point(5, "Stengeventil", "..SID 22\n..EGS_PUNKT\n...P_TEMA SVA\n")
        + _point(6, "VADRIFTSDATA", "..SID 23\n")
        + ".SLUTT\n",
        "utf-8",
    )
    return path


def test_sosi_pipes(sosi: Path):
    taken = take_in(sosi, CATALOGUE["va_ledning"], mapping="va_ledning_sosi")
    frame = taken.frame.set_index("ledning_id")
    assert frame["type"].to_dict() == {"11": "vann", "12": "spillvann", "13": "avlop_felles"}
    assert frame["dimensjon_mm"].isna().to_dict() == {"11": False, "12": True, "13": True}
    assert frame.loc["11", "dimensjon_mm"] == 160
    assert frame.loc["11", "anleggsaar"] == 1965
    assert frame["materiale"].fillna("").to_dict() == {"11": "SJG", "12": "", "13": ""}
    assert frame["funksjon"].fillna("").to_dict() == {"11": "", "12": "pumpeledning", "13": ""}
    # The negative dimension is unknown, and told.
    assert len(taken.avvik) == 1
    assert taken.rows_read == 3


def test_sosi_points(sosi: Path):
    frame = take_in(sosi, CATALOGUE["va_node"], mapping="va_node_sosi").frame
    assert frame.set_index("node_id")["type"].to_dict() == {"21": "kum", "22": "ventil"}
    assert frame["anleggsaar"].tolist()[0] == 1970


def test_sosi_with_nothing_of_it(tmp_path: Path):
    path = tmp_path / "annet.sos"
    path.write_text(HEAD + _point(1, "VADRIFTSDATA", "..SID 1\n") + ".SLUTT\n", "utf-8")
    with pytest.raises(AskergeoError, match="Vannledning"):
        take_in(path, CATALOGUE["va_ledning"], mapping="va_ledning_sosi")


def test_norsk_vann_gml(tmp_path: Path):
    pipes = "".join(
        f'<gml:featureMember><app:VA_Ledning gml:id="l{number}"><app:identifikasjon>'
        f"<app:Identifikasjon><app:guid>g{number}</app:guid></app:Identifikasjon>"
        f"</app:identifikasjon><app:bruk>{use}</app:bruk>{more}<app:beliggenhet>"
        f'<gml:LineString gml:id="k{number}" srsName="urn:ogc:def:crs:EPSG::25832">'
        f"<gml:posList>580000 663000{number} 580100 663000{number}</gml:posList>"
        "</gml:LineString></app:beliggenhet></app:VA_Ledning></gml:featureMember>"
        for number, use, more in (
            (1, "vann", ENDS + "<app:indreDiameter>0.1516</app:indreDiameter>"),
            (2, "avløpFelles", "<app:ytreDiameter>0.4</app:ytreDiameter>"),
            (3, "drensledning", ""),
        )
    )  # fmt: skip
    path = tmp_path / "ledning.gml"
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><gml:FeatureCollection gml:id="x" '
        f'xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:app="{NORSK_VANN}">'
        f"{pipes}</gml:FeatureCollection>",
        "utf-8",
    )
    taken = take_in(path, CATALOGUE["va_ledning"], mapping="va_ledning_norskvann")
    frame = taken.frame.set_index("ledning_id")
    assert frame["type"].to_dict() == {"g1": "vann", "g2": "avlop_felles", "g3": "overvann"}
    assert frame.loc["g1", "fra_node_id"] == "A"
    assert frame["dimensjon_mm"].fillna(0).to_dict() == {"g1": 152, "g2": 400, "g3": 0}


def test_geopackage_example(tmp_path: Path):
    path = tmp_path / "va.gpkg"
    lines = shapely.linestrings([[(580000, 6630000 + k), (580100, 6630000 + k)] for k in range(3)])
    gpd.GeoDataFrame(
        {"SID": ["1", "2", "3"], "S_FCODE": ["VL", "SPP", "XX"], "Dimensjon": [100, None, 5],
         "Eier": ["Kommunal", "Borettslag", None]},
        geometry=list(lines), crs="EPSG:25832",
    ).to_file(path, layer="ledning")  # fmt: skip
    taken = take_in(path, CATALOGUE["va_ledning"], mapping="va_ledning_gemini")
    frame = taken.frame.set_index("ledning_id")
    assert frame["type"].to_dict() == {"1": "vann", "2": "spillvann"}
    assert frame["eier"].fillna("").to_dict() == {"1": "kommunal", "2": ""}
    assert frame["anleggsaar"].isna().all()
    # A code that nobody knows is set aside with its row, and told.
    assert taken.rows_set_aside == 1
    assert "XX" in taken.avvik["tekst"].iloc[0]


def test_a_column_that_must_be_there_is_still_asked_for(tmp_path: Path):
    path = tmp_path / "va.gpkg"
    gpd.GeoDataFrame(
        {"SID": ["1"]}, geometry=[shapely.LineString([(580000, 6630000), (580100, 6630000)])],
        crs="EPSG:25832",
    ).to_file(path, layer="ledning")  # fmt: skip
    with pytest.raises(AskergeoError, match="S_FCODE"):
        take_in(path, CATALOGUE["va_ledning"], mapping="va_ledning_gemini")


def test_roads_own_pipes_and_manholes(shared_data: Path):
    folder = shared_data / "format"
    pipes = take_in(
        folder / "403_Rorledning.gml", CATALOGUE["va_ledning"], mapping="nvdb_rorledning"
    ).frame
    # Counted in the file: 9 of 370 are a municipality's, and four of them are no pipes.
    assert pipes["eier"].value_counts().to_dict() == {"annen": 358, "kommunal": 5, "privat": 3}
    assert pipes["funksjon"].value_counts().to_dict() == {"stikkledning": 1}
    assert pipes["anleggsaar"].isna().all()
    manholes = take_in(folder / "403_NVDB_Kum.gml", CATALOGUE["va_node"], mapping="nvdb_kum").frame
    assert int(manholes["anleggsaar"].eq(2013).sum()) == 228
