"""All files or none, nothing overwritten unasked, and no small count in any of them."""

from __future__ import annotations

import json
import re
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pyogrio
import pytest

from askergeo.errors import MissingFileError, OverwriteError, ParameterError, StorageError
from askergeo.outputs import json_output
from askergeo.outputs.write import FILES, Extra, check_free, write_all
from askergeo.result import Column, Fact, Result, RowSum, Table

# What a report of one small result has.
OWN = {*FILES.values(), "saksfremlegg.txt", "tilgjengelighet.html", "bilder"}


def contents(folder: Path) -> dict[str, bytes]:
    """Every file in a folder and below, by its name seen from there."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_files_are_written_and_listed_and_nothing_else(small: Result, tmp_path: Path) -> None:
    paths = write_all([small], tmp_path / "ut")
    assert {p.name for p in (tmp_path / "ut").iterdir()} == OWN
    listed = json.loads(paths["json"].read_text(encoding="utf-8"))["filer"]
    assert sorted(listed) == sorted(contents(tmp_path / "ut"))
    assert paths["side"] == tmp_path / "ut" / "index.html"
    assert [p.name for p in tmp_path.iterdir()] == ["ut"]


def test_a_report_is_not_overwritten_unasked(small: Result, tmp_path: Path) -> None:
    write_all([small], tmp_path / "ut")
    before = contents(tmp_path / "ut")
    with pytest.raises(OverwriteError, match=r"index\.html"):
        write_all([small], tmp_path / "ut", title="Ny")
    assert contents(tmp_path / "ut") == before


def test_only_own_files_are_replaced(small: Result, tmp_path: Path) -> None:
    write_all([small], tmp_path / "ut")
    (tmp_path / "ut" / "notat.txt").write_text("mitt")
    write_all([small], tmp_path / "ut", overwrite=True, title="Ny tittel")
    assert (tmp_path / "ut" / "notat.txt").read_text() == "mitt"
    assert "Ny tittel" in (tmp_path / "ut" / "index.html").read_text(encoding="utf-8")
    assert {p.name for p in (tmp_path / "ut").iterdir()} == {*OWN, "notat.txt"}


@pytest.mark.parametrize("failing", ["askergeo.gpkg", "resultat.json"])
def test_a_full_disk_leaves_the_old_report_whole(
    small: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    write_all([small], tmp_path / "ut")
    before = contents(tmp_path / "ut")
    rename = Path.rename

    def full(self: Path, target: Path) -> Path:
        if self.name == failing and "gamle" not in str(target):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(StorageError, match="No space left"):
        write_all([small], tmp_path / "ut", overwrite=True, title="Ny")
    monkeypatch.undo()
    assert contents(tmp_path / "ut") == before
    assert [p.name for p in tmp_path.iterdir()] == ["ut"]


def _text(text: str) -> Extra:
    def write(_report: object, path: Path) -> None:
        path.write_text(text)

    return Extra(title="Til <arkivet>", write=write)


def test_a_caller_adds_files_that_the_page_links_to(small: Result, tmp_path: Path) -> None:
    paths = write_all([small], tmp_path / "ut", more={"a.html": _text("a"), "b.pdf": _text("b")})
    assert {p.name for p in (tmp_path / "ut").iterdir()} == {*OWN, "a.html", "b.pdf"}
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
    assert {p.name for p in (tmp_path / "ut").iterdir()} == OWN


def test_a_failing_added_file_leaves_the_old_report_whole(small: Result, tmp_path: Path) -> None:
    write_all([small], tmp_path / "ut", more={"b.pdf": _text("gammel")})
    before = contents(tmp_path / "ut")

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
    assert contents(tmp_path / "ut") == before
    assert [p.name for p in tmp_path.iterdir()] == ["ut"]


def test_an_added_file_that_cannot_move_brings_the_old_ones_back(
    small: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = {"a.html": _text("gammel"), "b.pdf": _text("gammel")}
    write_all([small], tmp_path / "ut", more=more)
    before = contents(tmp_path / "ut")
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
    assert contents(tmp_path / "ut") == before


@pytest.mark.parametrize("name", ["index.html", "../ut.html", "mappe/a.html"])
def test_an_added_file_has_a_name_of_its_own(small: Result, tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="names for more files"):
        write_all([small], tmp_path / "ut", more={name: _text("a")})
    assert list(tmp_path.iterdir()) == []


def test_a_failing_writer_leaves_nothing(
    small: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(report: object, path: Path, files: object) -> None:
        path.write_text("halv")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(json_output, "write_json", full)
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
    page = page[: page.index('id="askergeo-side"')]
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


def test_several_topics_have_a_start_page_and_a_page_each(small: Result, tmp_path: Path) -> None:
    results = [small, replace(small, analysis="skole")]
    write_all(results, tmp_path / "ut", title="To")
    made = contents(tmp_path / "ut")
    assert {"index.html", f"tema/{small.analysis}.html", "tema/skole.html"} <= made.keys()
    assert b'href="tema/skole.html"' in made["index.html"]
    assert b'href="../askergeo.gpkg"' in made["tema/skole.html"]


def test_files_of_an_earlier_report_go_and_those_of_others_stay(
    small: Result, tmp_path: Path
) -> None:
    out = tmp_path / "ut"
    write_all([small, replace(small, analysis="skole")], out)
    (out / "tema" / "mitt.html").write_text("mitt")
    (out / "bilder" / "mitt.svg").write_text("mitt")
    write_all([small], out, overwrite=True)
    assert {p.name for p in (out / "tema").iterdir()} == {"mitt.html"}
    assert "skole-kart.svg" not in {p.name for p in (out / "bilder").iterdir()}
    (out / "tema" / "mitt.html").unlink()
    write_all([small], out, overwrite=True)
    assert not (out / "tema").exists()
    assert (out / "bilder" / "mitt.svg").read_text() == "mitt"


@pytest.mark.parametrize(
    "names",
    [
        ["../utenfor.txt", "tema/../notat.txt", "notat.txt", "/etc/passwd", "tema\\x.html"],
        ["tema/mitt.txt", "bilder/sub/x.svg", "tema", "", ".", 7, None, ["tema/x.html"]],
        "tema/x.html",
        {"tema/x.html": 1},
        None,
    ],
)
def test_a_list_of_files_that_lies_takes_nothing_away(
    small: Result, tmp_path: Path, names: object
) -> None:
    out = tmp_path / "ut"
    write_all([small], out)
    (tmp_path / "utenfor.txt").write_text("mitt")
    (out / "notat.txt").write_text("mitt")
    (out / "tema").mkdir()
    (out / "tema" / "mitt.txt").write_text("mitt")
    document = json.loads((out / "resultat.json").read_text(encoding="utf-8"))
    (out / "resultat.json").write_text(json.dumps(document | {"filer": names}))
    write_all([small], out, overwrite=True)
    assert (tmp_path / "utenfor.txt").read_text() == "mitt"
    assert (out / "notat.txt").read_text() == "mitt"
    assert (out / "tema" / "mitt.txt").read_text() == "mitt"


@pytest.mark.parametrize("text", ["", "[]", "7", "[" * 100_000, "\x00", '{"filer": 1e999}'])
def test_an_earlier_list_that_cannot_be_read_is_passed_over(
    small: Result, tmp_path: Path, text: str
) -> None:
    out = tmp_path / "ut"
    out.mkdir()
    (out / "resultat.json").write_text(text)
    write_all([small], out, overwrite=True)
    assert json.loads((out / "resultat.json").read_text(encoding="utf-8"))["filer"]


def test_nothing_is_written_through_a_link(small: Result, tmp_path: Path) -> None:
    other, out = tmp_path / "andres", tmp_path / "ut"
    other.mkdir()
    out.mkdir()
    (out / "tema").symlink_to(other)
    with pytest.raises(OverwriteError, match="vanlig mappe"):
        write_all([small, replace(small, analysis="skole")], out, overwrite=True)
    assert list(other.iterdir()) == []
    assert [p.name for p in out.iterdir()] == ["tema"]


def test_pages_of_another_language_mark_what_is_norwegian(small: Result, tmp_path: Path) -> None:
    page = write_all([small], tmp_path / "ut", language="en")["side"].read_text(encoding="utf-8")
    assert '<html lang="en">' in page
    assert '<p class="sentence" lang="nb">515' in page
    with pytest.raises(ParameterError, match="«de»"):
        write_all([small], tmp_path / "de", language="de")
    assert not (tmp_path / "de").exists()
