"""All files or none, nothing overwritten unasked, and no small count in any of them."""

from __future__ import annotations

import json
import re
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import openpyxl
import pandas as pd
import pyogrio
import pytest

from askergeo.errors import MissingFileError, OverwriteError, StorageError
from askergeo.outputs import write as writing
from askergeo.outputs.write import FILES, Extra, check_free, write_all
from askergeo.result import Column, Fact, Result, RowSum, Table


def test_the_four_files_are_written_and_nothing_else(small: Result, tmp_path: Path) -> None:
    paths = write_all([small], tmp_path / "ut")
    assert {p.name for p in (tmp_path / "ut").iterdir()} == set(FILES.values())
    assert paths["side"] == tmp_path / "ut" / "index.html"
    assert [p.name for p in tmp_path.iterdir()] == ["ut"]


def test_a_report_is_not_overwritten_unasked(small: Result, tmp_path: Path) -> None:
    write_all([small], tmp_path / "ut")
    before = {p.name: p.read_bytes() for p in (tmp_path / "ut").iterdir()}
    with pytest.raises(OverwriteError, match=r"index\.html"):
        write_all([small], tmp_path / "ut", title="Ny")
    assert {p.name: p.read_bytes() for p in (tmp_path / "ut").iterdir()} == before


def test_only_own_files_are_replaced(small: Result, tmp_path: Path) -> None:
    write_all([small], tmp_path / "ut")
    (tmp_path / "ut" / "notat.txt").write_text("mitt")
    write_all([small], tmp_path / "ut", overwrite=True, title="Ny tittel")
    assert (tmp_path / "ut" / "notat.txt").read_text() == "mitt"
    assert "Ny tittel" in (tmp_path / "ut" / "index.html").read_text(encoding="utf-8")
    assert len(list((tmp_path / "ut").iterdir())) == len(FILES) + 1


@pytest.mark.parametrize("failing", ["askergeo.gpkg", "resultat.json"])
def test_a_full_disk_leaves_the_old_report_whole(
    small: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    write_all([small], tmp_path / "ut")
    before = {p.name: p.read_bytes() for p in (tmp_path / "ut").iterdir()}
    rename = Path.rename

    def full(self: Path, target: Path) -> Path:
        if self.name == failing and "gamle" not in str(target):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(StorageError, match="No space left"):
        write_all([small], tmp_path / "ut", overwrite=True, title="Ny")
    monkeypatch.undo()
    assert {p.name: p.read_bytes() for p in (tmp_path / "ut").iterdir()} == before
    assert [p.name for p in tmp_path.iterdir()] == ["ut"]


def _text(text: str) -> Extra:
    def write(_report: object, path: Path) -> None:
        path.write_text(text)

    return Extra(title="Til <arkivet>", write=write)


def test_a_caller_adds_files_that_the_page_links_to(small: Result, tmp_path: Path) -> None:
    paths = write_all([small], tmp_path / "ut", more={"a.html": _text("a"), "b.pdf": _text("b")})
    assert {p.name for p in (tmp_path / "ut").iterdir()} == {*FILES.values(), "a.html", "b.pdf"}
    assert paths["b.pdf"].read_text() == "b"
    page = paths["side"].read_text(encoding="utf-8")
    assert '<a href="a.html">Til &lt;arkivet&gt;</a>' in page
    with pytest.raises(OverwriteError, match=r"a\.html"):
        check_free(tmp_path / "ut", more=["a.html"])


def test_an_added_file_that_is_not_made_leaves_no_old_one(small: Result, tmp_path: Path) -> None:
    write_all([small], tmp_path / "ut", more={"b.pdf": _text("gammel")})
    more = {"b.pdf": Extra(title="PDF", write=None)}
    paths = write_all([small], tmp_path / "ut", overwrite=True, more=more)
    assert "b.pdf" not in paths
    assert {p.name for p in (tmp_path / "ut").iterdir()} == set(FILES.values())


def test_a_failing_added_file_leaves_the_old_report_whole(small: Result, tmp_path: Path) -> None:
    write_all([small], tmp_path / "ut", more={"b.pdf": _text("gammel")})
    before = {p.name: p.read_bytes() for p in (tmp_path / "ut").iterdir()}

    def full(report: object, path: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(StorageError):
        write_all(
            [small],
            tmp_path / "ut",
            overwrite=True,
            title="Ny",
            more={"b.pdf": Extra(title="PDF", write=full)},
        )
    assert {p.name: p.read_bytes() for p in (tmp_path / "ut").iterdir()} == before
    assert [p.name for p in tmp_path.iterdir()] == ["ut"]


def test_an_added_file_that_cannot_move_brings_the_old_ones_back(
    small: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = {"a.html": _text("gammel"), "b.pdf": _text("gammel")}
    write_all([small], tmp_path / "ut", more=more)
    before = {p.name: p.read_bytes() for p in (tmp_path / "ut").iterdir()}
    rename = Path.rename

    def full(self: Path, target: Path) -> Path:
        if self.name == "b.pdf" and "gamle" not in str(target):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(StorageError, match="No space left"):
        write_all(
            [small],
            tmp_path / "ut",
            overwrite=True,
            title="Ny",
            more={"a.html": Extra(title="HTML", write=None), "b.pdf": _text("ny")},
        )
    monkeypatch.undo()
    assert {p.name: p.read_bytes() for p in (tmp_path / "ut").iterdir()} == before


@pytest.mark.parametrize("name", ["index.html", "../ut.html", "mappe/a.html"])
def test_an_added_file_has_a_name_of_its_own(small: Result, tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="names for more files"):
        write_all([small], tmp_path / "ut", more={name: _text("a")})
    assert list(tmp_path.iterdir()) == []


def test_a_failing_writer_leaves_nothing(
    small: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(report: object, path: Path) -> None:
        path.write_text("halv")
        raise OSError(28, "No space left on device")

    writers = writing._writers() | {"json": full}
    monkeypatch.setattr(writing, "_writers", lambda: writers)
    with pytest.raises(StorageError):
        write_all([small], tmp_path / "ut")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_or_an_absent_parent_is_refused(small: Result, tmp_path: Path) -> None:
    (tmp_path / "fil").write_text("x")
    with pytest.raises(OverwriteError, match="er en fil"):
        write_all([small], tmp_path / "fil", overwrite=True)
    with pytest.raises(MissingFileError, match="finnes ikke"):
        write_all([small], tmp_path / "ingen" / "ut")


def test_the_same_result_gives_the_same_bytes(small: Result, tmp_path: Path) -> None:
    one, two = write_all([small], tmp_path / "en"), write_all([small], tmp_path / "to")
    assert {k: p.read_bytes() for k, p in one.items()} == {
        k: p.read_bytes() for k, p in two.items()
    }


def test_an_empty_report_is_written(tmp_path: Path) -> None:
    paths = write_all([], tmp_path / "ut", title="Tom")
    assert json.loads(paths["json"].read_text())["resultater"] == []
    assert len(pyogrio.list_layers(paths["geopackage"]))


def secret() -> Result:
    """A table whose small and covering counts are numbers found nowhere else."""
    frame = pd.DataFrame(
        {
            "navn": ["A", "B", "C", "I alt"],
            "n": [3, 7001, 90011, 97015],
            "tetthet": [0.31415, 271.828, 161.803, None],
        },
        index=["a", "b", "c", "alle"],
    )
    columns = {
        "navn": Column(title="Krets"),
        "n": Column(title="Bosatte", unit="personer", decimals=0, persons=True),
        "tetthet": Column(title="Tetthet", decimals=5, derived_from=("n",)),
    }
    table = Table(
        name="t",
        title="Kretser",
        frame=frame,
        columns=columns,
        row_sums=(RowSum("alle", ("a", "b", "c")),),
    )
    facts = {"b": Fact(title="Bosatte i B", value=7001, persons=True, cell=("t", "b", "n"))}
    return Result(analysis="x", title="X", template="{b} bor i B.", facts=facts, tables=(table,))


def test_no_file_holds_a_hidden_number(tmp_path: Path) -> None:
    paths = write_all([secret()], tmp_path / "ut")
    page = paths["side"].read_text(encoding="utf-8")
    page = page[: page.index('id="kartdata"')]
    texts = {"side": page, "json": paths["json"].read_text(encoding="utf-8")}
    with zipfile.ZipFile(paths["regneark"]) as book:
        texts["regneark"] = "\n".join(
            book.read(n).decode() for n in book.namelist() if n.endswith(".xml")
        )
    with closing(sqlite3.connect(paths["geopackage"])) as database:
        texts["geopackage"] = "\n".join(database.iterdump())
    for name, text in texts.items():
        assert "97015" in re.sub("\u00a0", "", text), name
        for number in ("7001", "271.828", "271,828", "0.31415", "0,31415"):
            assert number not in text, (name, number)
    # SQLite keeps deleted bytes in the file; nothing secret was ever there.
    assert b"7001" not in paths["geopackage"].read_bytes()


def test_every_form_hides_the_same_cells(small: Result, tmp_path: Path) -> None:
    paths = write_all([small], tmp_path / "ut")
    document = json.loads(paths["json"].read_text(encoding="utf-8"))["resultater"][0]
    wanted = {
        (row["rad"], name) for row in document["tabeller"][0]["rader"] for name in row["skjult"]
    }
    assert ("n", "barn") in wanted
    assert ("s", "voksne") in wanted
    for layer in ("bosatte_kretser_tabell", "bosatte_kretser"):
        frame = pyogrio.read_dataframe(
            paths["geopackage"], layer=layer, read_geometry=False
        ).set_index("rad")
        named = {
            (row, name)
            for row, text in frame["skjult"].dropna().items()
            for name in text.split(", ")
        }
        assert named == {
            cell for cell in wanted if cell[0] in frame.index and cell[1] in frame.columns
        }
        assert all(pd.isna(frame.loc[cell]) for cell in named)
    sheet = openpyxl.load_workbook(paths["regneark"])["Bosatte i kretsene"]
    headers = {
        "Barn (personer)": "barn",
        "Voksne (personer)": "voksne",
        "I alt (personer)": "sum",
        "Andel barn (%)": "andel",
    }
    rows = {"Nord": "n", "Sør": "s", "Øst": "o", "I alt": "alle"}
    colons = {
        (rows[line[0].value], headers[sheet.cell(1, cell.column).value])
        for line in sheet.iter_rows(min_row=2)
        for cell in line
        if cell.value == ":"
    }
    assert colons == wanted
