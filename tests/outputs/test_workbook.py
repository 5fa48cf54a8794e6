"""The workbook as Excel finds it."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import openpyxl
import pandas as pd

from askergeo.outputs import _sheets
from askergeo.outputs._sheets import sheet_name
from askergeo.outputs.report import Report
from askergeo.outputs.workbook import write_workbook
from askergeo.privacy import suppress
from askergeo.result import Column, Result, Table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest


def written(tmp_path: Path, *results: Result) -> Path:
    path = tmp_path / "askergeo.xlsx"
    write_workbook(Report(results=tuple(map(suppress, results)), title="Rapport"), path)
    return path


def test_sheets_stand_in_order(small: Result, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(written(tmp_path, small))
    assert book.sheetnames == ["Lesmeg", "Parametre", "Kilder", "Bosatte i kretsene", "Avvik"]


def test_numbers_are_numbers_with_neutral_formats(small: Result, tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(written(tmp_path, small))["Bosatte i kretsene"]
    assert [cell.value for cell in sheet[1]] == [
        "Krets",
        "Barn (personer)",
        "Voksne (personer)",
        "I alt (personer)",
        "Andel barn (%)",
        "Areal (dekar)",
    ]
    east = sheet[4]
    assert (east[1].value, east[1].number_format) == (50, "#,##0")
    assert (round(east[4].value, 6), east[4].number_format) == (0.143, '0.0"\u00a0"%')
    assert (east[5].value, east[5].number_format) == (98765.4, "#,##0.0")


def test_hidden_and_unknown_have_their_signs(small: Result, tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(written(tmp_path, small))["Bosatte i kretsene"]
    assert (sheet["B2"].value, sheet["B2"].alignment.horizontal) == (":", "right")
    assert sheet["F3"].value == ".."


def test_headers_are_frozen_and_rows_are_an_excel_table(small: Result, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(written(tmp_path, small))
    for name in book.sheetnames[1:]:
        assert book[name].freeze_panes == "A2"
        assert len(book[name].tables) == 1
    assert book["Bosatte i kretsene"].tables["T_Bosatte_i_kretsene"].ref == "A1:F5"


def test_parameters_and_sources_are_there(small: Result, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(written(tmp_path, small))
    assert [c.value for c in book["Parametre"][2]][1:6] == [
        "Bredde på beltet",
        100,
        "m",
        "verifisert",
        "nei",
    ]
    assert [c.value for c in book["Parametre"][3]][2] == "a, b"
    assert [c.value for c in book["Kilder"][2]][:4] == [
        "Grunnkretser",
        "grunnkretser.gml",
        "2026-01-15",
        1234,
    ]
    assert book["Kilder"]["D3"].value == ".."
    assert book["Avvik"]["C2"].value == "Uten krets"


def test_lesmeg_states_the_answer_and_links_to_the_sheets(small: Result, tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(written(tmp_path, small))["Lesmeg"]
    texts = [cell.value for row in sheet.iter_rows() for cell in row if cell.value]
    assert (
        "515 personer bor i kretsene, et skjult antall av dem er barn i Nord. Tall er skjult der få "
        "personer står bak, eller der de ville røpet slike tall."
    ) in texts
    links = [cell.hyperlink.location for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert links == ["'Bosatte i kretsene'!A1"]


def test_text_from_the_data_is_never_a_formula_or_a_link(hostile: Result, tmp_path: Path) -> None:
    path = written(tmp_path, hostile)
    book = openpyxl.load_workbook(path)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert any(str(cell.value).startswith("=cmd") for cell in cells)
    assert all(cell.data_type != "f" for cell in cells)
    with zipfile.ZipFile(path) as parts:
        for name in parts.namelist():
            text = parts.read(name).decode("utf-8", "replace")
            assert "<f>" not in text
            assert "TargetMode" not in text, name
            assert "\x07" not in text


def test_years_and_codes_have_no_thousands(small: Result, tmp_path: Path) -> None:
    table = Table(
        name="y",
        title="År",
        frame=pd.DataFrame({"aar": [2026]}),
        columns={"aar": Column(title="År", decimals=0)},
    )
    sheet = openpyxl.load_workbook(written(tmp_path, replace(small, tables=(table,))))["År"]
    assert sheet["A2"].number_format == "0"


def test_titles_that_are_alike_long_or_illegal_give_legal_unique_sheets(
    small: Result, tmp_path: Path
) -> None:
    titles = [
        "Areal: land/sjø [dekar]",
        "areal: LAND/sjø [dekar]",
        "x" * 40,
        "x" * 40,
        "Avvik",
        "''",
        "History",
        "",
    ]
    tables = tuple(
        replace(small.tables[0], title=title, name=f"t{n}") for n, title in enumerate(titles)
    )
    book = openpyxl.load_workbook(written(tmp_path, replace(small, tables=tables)))
    names = [name.lower() for name in book.sheetnames]
    assert len(set(names)) == len(names) == 12
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in names)
    assert names[-1] == "avvik"


def test_headers_that_are_alike_are_numbered(small: Result, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1], "b": [2]})
    table = Table(
        name="t",
        title="Tabell",
        frame=frame,
        columns={"a": Column(title="Antall", decimals=0), "b": Column(title="antall", decimals=0)},
    )
    sheet = openpyxl.load_workbook(written(tmp_path, replace(small, tables=(table,))))["Tabell"]
    assert [c.value for c in sheet[1]] == ["Antall", "antall_2"]


def test_an_empty_table_is_written(small: Result, tmp_path: Path) -> None:
    table = replace(small.tables[0], frame=small.tables[0].frame.iloc[:0], row_sums=())
    sheet = openpyxl.load_workbook(written(tmp_path, replace(small, tables=(table,))))[
        "Bosatte i kretsene"
    ]
    assert sheet["A1"].value == "Krets"


def test_a_cut_sheet_name_ends_at_a_word() -> None:
    assert (
        sheet_name("Bygninger i strandsonen etter byggeår", set())
        == "Bygninger i strandsonen etter"
    )


def test_long_texts_fit_in_their_rows_and_the_sheet_on_a_page(
    small: Result, tmp_path: Path
) -> None:
    long = {"kilde": "Utredning om noe. " * 20, "tittel": "Avstand mellom to ting " * 4}
    record = {**small.parameters[0], **long}
    book = openpyxl.load_workbook(
        written(tmp_path, replace(small, parameters=(record,), reading=("Les dette. " * 40,)))
    )
    sheet = book["Parametre"]
    widths = [sheet.column_dimensions[chr(65 + at)].width for at in range(8)]
    assert sum(widths) < 180
    lines = len(long["kilde"]) / widths[6]
    assert 15 * lines <= sheet.row_dimensions[2].height <= 15 * lines * 1.5 + 20
    front = book["Lesmeg"]
    (line,) = (row[1].row for row in front.iter_rows() if "Les dette" in str(row[1].value))
    assert front.row_dimensions[line].height >= 15 * 440 / 100


def test_parameters_of_a_scenario_stand_once(small: Result, tmp_path: Path) -> None:
    other = replace(small, title="Med scenario")
    one = openpyxl.load_workbook(written(tmp_path, small))["Parametre"].max_row
    runs = (small, other, small.compare(other))
    assert openpyxl.load_workbook(written(tmp_path, *runs))["Parametre"].max_row == one


def test_no_findings_and_no_date_are_said(small: Result, tmp_path: Path) -> None:
    assert small.provenance is not None
    undated = tuple(replace(s, date="") for s in small.provenance.sources)
    book = openpyxl.load_workbook(
        written(
            tmp_path,
            replace(small, findings=(), provenance=replace(small.provenance, sources=undated)),
        )
    )
    assert book["Avvik"]["A2"].value == "Ingen avvik."
    assert book["Kilder"]["C2"].value == "ukjent"


def test_uncertain_parameters_take_one_line(small: Result, tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(written(tmp_path, small))["Lesmeg"]
    cautions = [row[1].value for row in sheet.iter_rows() if row[0].value == "Forbehold"]
    assert cautions == ["1 parameter er usikker; se arket Parametre."]


def test_numbers_that_must_not_be_published_are_marked_first(
    account: Callable[..., Result], tmp_path: Path
) -> None:
    book = openpyxl.load_workbook(written(tmp_path, account()))
    front = book["Lesmeg"]
    assert front["A1"].value == "Må ikke publiseres: Regnskapet «Nå» går ikke opp."
    assert front["A1"].font.bold
    assert all("Må ikke publiseres" in sheet.oddHeader.center.text for sheet in book)
    plain = openpyxl.load_workbook(written(tmp_path, account(())))
    assert plain["Lesmeg"]["A1"].value == "Rapport"
    assert plain["Avvik"].oddHeader.center.text is None


def test_the_front_sheet_has_the_closing_line(
    account: Callable[..., Result], tmp_path: Path
) -> None:
    front = openpyxl.load_workbook(written(tmp_path, account()))["Lesmeg"]
    said = {row[0].value: row[1].value for row in front.iter_rows(max_col=2)}
    hard = "\u00a0"
    assert said["Går opp? Nå"] == (
        f"Kommunens areal 1{hard}000{hard}000,0 m² = rader 999{hard}000,5 + ikke dekket 1000,0 − "
        "talt flere ganger 0,5. Differanse 0,000000 m². Går opp."
    )
    assert "«Endret arealdekke» står på siden" in said["Diagram"]


def test_a_wide_table_keeps_its_first_column_in_sight(
    account: Callable[..., Result], tmp_path: Path
) -> None:
    book = openpyxl.load_workbook(written(tmp_path, account()))
    assert book["Bred tabell"].freeze_panes == "B2"
    assert book["Lang tabell"].freeze_panes == "A2"


def test_thousands_of_findings_are_all_there(small: Result, tmp_path: Path) -> None:
    many = tuple(replace(small.findings[0], row=str(row)) for row in range(5000))
    sheet = openpyxl.load_workbook(written(tmp_path, replace(small, findings=many)))["Avvik"]
    rows = [row[7] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert rows == [str(row) for row in range(5000)]


def test_a_sheet_that_cannot_hold_all_rows_says_so(
    small: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_sheets, "ROW_LIMIT", 50)
    many = tuple(replace(small.findings[0], row=str(row)) for row in range(70))
    book = openpyxl.load_workbook(written(tmp_path, replace(small, findings=many)))
    assert book["Avvik"].max_row == 51
    said = {row[0].value: row[1].value for row in book["Lesmeg"].iter_rows(max_col=2)}
    assert "Arket «Avvik» har de første 50 av 70 rader" in said["Ikke alle rader"]
