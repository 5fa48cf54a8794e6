from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from askergeo.errors import CrsError, LayerError, SourceError
from askergeo.sources.csvfile import read_csv

if TYPE_CHECKING:
    from pathlib import Path


def table(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "tabell.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_dialects(tmp_path: Path, encoding: str, separator: str):
    lines = [["navn", "antall"], ["Høn", "1"], ["Næs", "2"]]
    text = "\n".join(separator.join(line) for line in lines)
    frame = read_csv(table(tmp_path, text, encoding)).frame
    assert frame.to_dict("list") == {"navn": ["Høn", "Næs"], "antall": [1, 2]}


def test_decimal_comma_and_grouped_thousands(tmp_path: Path):
    frame = read_csv(table(tmp_path, "a;b;c\n1,5;1 234;0301\n-2,25;12 345;0219\n")).frame
    assert frame["a"].tolist() == [1.5, -2.25]
    assert frame["b"].tolist() == [1234, 12345]
    assert frame["c"].tolist() == ["0301", "0219"]


def test_title_and_notes_are_logged_and_never_data(tmp_path: Path):
    text = "07459: Personer\n\nregion;alder;2020\nK-3025 Asker;0 år;900\nK-3025 Asker;1 år;..\nKilde: SSB\n"
    read = read_csv(table(tmp_path, text))
    assert len(read.frame) == 2
    assert read.faults["regel"].tolist() == ["annen_linje", "annen_linje", "uten_tall"]
    assert read.frame["2020"].isna().tolist() == [False, True]


def test_quotes_may_hold_separators_and_line_breaks(tmp_path: Path):
    frame = read_csv(table(tmp_path, 'navn;merknad\nA;"to; deler"\nB;"to\nlinjer"\n')).frame
    assert frame["merknad"].tolist() == ["to; deler", "to\nlinjer"]


@pytest.mark.parametrize(
    ("names", "crs"),
    [
        ("lat;lon", None),
        ("breddegrad;lengdegrad", None),
        ("nord;øst", "EPSG:25832"),
        ("Y;X", "EPSG:25832"),
    ],
)
def test_coordinates_by_their_names(tmp_path: Path, names: str, crs: str | None):
    values = "59,8;10,4" if crs is None else "6630000,5;580000"
    frame = read_csv(table(tmp_path, f"id;{names}\n1;{values}\n2;;\n"), crs=crs).frame
    assert frame.crs.to_epsg() == (25832 if crs else 4326)
    assert frame.geometry.iloc[0].y == pytest.approx(6_630_000.5 if crs else 59.8)
    assert frame.geometry.isna().tolist() == [False, True]


def test_epsg_column_unknown_crs_and_own_names(tmp_path: Path):
    frame = read_csv(table(tmp_path, "Nord;Øst;EPSG-kode\n6630000;580000;25832\n")).frame
    assert frame.crs.to_epsg() == 25832
    path = table(tmp_path, "nord;øst\n6630000;580000\n")
    with pytest.raises(CrsError, match="«øst» og «nord»"):
        read_csv(path)
    path = table(tmp_path, "E_koord;N_koord\n580000;6630000\n")
    frame = read_csv(path, crs="EPSG:25832", coordinates=("E_koord", "N_koord")).frame
    assert frame.geometry.iloc[0].x == 580_000
    with pytest.raises(LayerError, match="«feil»"):
        read_csv(path, crs="EPSG:25832", coordinates=("feil", "N_koord"))


def test_unreadable_coordinate_is_logged(tmp_path: Path):
    read = read_csv(table(tmp_path, "id;lat;lon\n1;59.8;10.4\n2;ukjent;10.4\n"))
    assert read.faults["rad"].tolist() == [1]
    assert read.frame.geometry.isna().tolist() == [False, True]


@pytest.mark.parametrize(
    "text",
    [
        "bare tekst uten kolonner\nog en linje til\n",
        "Lisensen gjelder, som før.\nUten komma\nÉn, to, tre\nHeller ikke her\n",
        "a;a\n1;2\n",
        "\x00a;b\n1;2\n",
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, text: str):
    with pytest.raises(SourceError):
        read_csv(table(tmp_path, text))
