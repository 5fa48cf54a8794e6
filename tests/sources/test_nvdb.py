"""The road network as NVDB Vegnett Pluss delivers it: nested GML in three dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from askergeo.catalogue import load_catalogue
from askergeo.sources.intake import take_in

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = "https://skjema.geonorge.no/SOSI/produktspesifikasjon/NVDBVegnettPluss/1.1"
# Kind of road, category, detail, medium → vegtype and gange; None: another layer, or left out.
LINKS = [
    ("bilveg", "K", "VTKB", "", "bilveg", None),
    ("bilveg", "E", "VTKB", "U", "bilveg", None),
    ("kanalveg", "E", "KB", "", "bilveg", "forbudt"),
    ("kanalveg", "E", "VT", "", None, None),
    ("kanalveg", "F", "KB", "", "bilveg", None),
    ("rampe", "E", "VTKB", "", "bilveg", "forbudt"),
    ("gsv", "F", "VTKB", "L", "gang_sykkelveg", None),
    ("fortau", "", "VTKB", "", "fortau", None),
    ("gangfelt", "", "VTKB", "", "gangfelt", None),
    ("trapp", "", "VTKB", "", "trapp", None),
    ("sv", "F", "VTKB", "", "sykkelveg", None),
    ("bilferje", "F", "VTKB", "", "ferge", None),
    ("sti", "", "VTKB", "", None, None),
    ("tv", "S", "VTKB", "", None, None),
]


def _link(number: int, kind: str, category: str, detail: str, medium: str) -> str:
    reference = (
        "<vegsystemreferanse><Vegsystemreferanse><vegsystem><Vegsystem>"
        f"<vegkategori>{category}</vegkategori><fase>V</fase></Vegsystem></vegsystem>"
        "</Vegsystemreferanse></vegsystemreferanse>"
    )
    north = 6_640_000 + 10 * number
    return (
        f'<wfs:member><Veglenke gml:id="Veglenke.{number}"><typeVeg>{kind}</typeVeg>'
        f"<detaljnivå>{detail}</detaljnivå><konnekteringslenke>false</konnekteringslenke>"
        f"{reference if category else ''}{f'<medium>{medium}</medium>' if medium else ''}"
        '<senterlinje><gml:LineString srsName="http://www.opengis.net/def/crs/EPSG/0/5973" '
        f'srsDimension="3" gml:id="k.{number}"><gml:posList>255000 {north} 12.5 '
        f"255100 {north} 13.5</gml:posList></gml:LineString></senterlinje></Veglenke></wfs:member>"
    )


@pytest.fixture
def delivery(tmp_path: Path) -> Path:
    links = "".join(_link(number, *row[:4]) for number, row in enumerate(LINKS))
    path = tmp_path / "3203NVDBVegnettPluss.gml"
    path.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?><wfs:FeatureCollection xmlns="{SCHEMA}" '
        'xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:gml="http://www.opengis.net/gml/3.2">'
        f"{links}</wfs:FeatureCollection>",
        "utf-8",
    )
    return path


def test_roads(delivery: Path):
    intake = take_in(delivery, load_catalogue()["veg"], mapping="nvdb_veg")
    expected = [row for row in LINKS if row[4] is not None]
    frame = intake.frame
    assert frame["vegtype"].tolist() == [row[4] for row in expected]
    assert frame["gange"].astype(object).where(frame["gange"].notna(), None).tolist() == [
        row[5] for row in expected
    ]
    medium = {"": "bakke", "U": "tunnel", "L": "bru"}
    assert frame["medium"].tolist() == [medium[row[3]] for row in expected]
    assert frame["vegkategori"].fillna("").tolist() == [row[1] for row in expected]
    assert intake.rows_filtered == 3
    # Metres in the CRS of record, a height at each vertex.
    assert frame.geometry.length.between(99.9, 100.1).all()
    assert frame.geometry.has_z.all()


def test_paths(delivery: Path):
    frame = take_in(delivery, load_catalogue()["sti"], mapping="nvdb_sti").frame
    assert frame["stitype"].tolist() == ["sti", "traktorveg"]


def test_a_kind_that_nobody_knows_is_set_aside_and_reported(delivery: Path):
    delivery.write_text(delivery.read_text("utf-8").replace(">gsv<", ">svev<"), "utf-8")
    intake = take_in(delivery, load_catalogue()["veg"], mapping="nvdb_veg")
    assert intake.rows_set_aside == 1
    assert "svev" in intake.avvik["tekst"].iloc[0]
