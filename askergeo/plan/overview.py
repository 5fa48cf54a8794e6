"""The overview of many reviews: JSON, CSV and a workbook, a row a plan."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from askergeo import __version__
from askergeo.numbers import format_number
from askergeo.outputs.report import Report, clean_text
from askergeo.outputs.workbook import write_workbook
from askergeo.privacy import suppress_all
from askergeo.result import Column, Fact, Result, Status, Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from askergeo.result import Provenance

__all__ = ["FILES", "MARK", "Row", "document_of", "row_of", "sentence_of", "write_overview"]

#: The files of an overview; nothing else in the folder is touched by it.
FILES: Final = {"json": "oversikt.json", "csv": "oversikt.csv", "regneark": "oversikt.xlsx"}
#: What says that an ``oversikt.json`` is one of these.
MARK: Final = "plansjekk, hver plan"
# What a spreadsheet takes for the beginning of a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_WORDS: Final = {
    Status.HIT_RED: "Rød",
    Status.HIT_YELLOW: "Gul",
    Status.NOT_MAPPED: "Ikke kartlagt",
    Status.NOT_IMPLEMENTED: "Ikke kontrollert",
    Status.NO_HIT: "Ingen funn",
    Status.ERROR: "Feil",
    Status.TIMEOUT: "For lang tid",
}
_COLUMNS: Final = {
    "plan": Column(title="Plan"),
    "svar": Column(title="Svar"),
    "setning": Column(title="Oppsummering"),
    "rode": Column(title="Røde funn", decimals=0),
    "gule": Column(title="Gule funn", decimals=0),
    "ikke_kartlagt": Column(title="Tema som ikke er kartlagt", decimals=0),
    "ikke_kontrollert": Column(title="Regler som ikke er kontrollert", decimals=0),
    "feil": Column(title="Feil"),
    "sha256": Column(title="SHA-256"),
    "resultat": Column(title="Resultatfil"),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """What the overview says of one plan; the counts are missing when it has no answer.

    Parameters
    ----------
    plan
        Its name: where it lies, as seen from what was given.
    status
        The worst of its review, or ``ERROR`` or ``TIMEOUT`` when it has none.
    setning
        The review in one sentence.
    rode, gule, ikke_kartlagt, ikke_kontrollert
        Findings, and rules, by how it went.
    feil
        Why there is no answer.
    sha256
        Digest of the plan.
    resultat
        Its result file, as seen from the overview's folder.
    """

    plan: str
    status: str
    setning: str = ""
    rode: int | None = None
    gule: int | None = None
    ikke_kartlagt: int | None = None
    ikke_kontrollert: int | None = None
    feil: str = ""
    sha256: str = ""
    resultat: str = ""


def row_of(plan: str, sha256: str, document: dict[str, Any], file: str) -> Row:
    """Make the row of a plan from the object that its result file holds.

    Raises
    ------
    KeyError, TypeError
        When the object is not one of a review.
    """
    found = Counter(one["status"] for one in document["funn"])
    clean = Counter(one["status"] for one in document["uten_funn"])
    return Row(
        plan=plan,
        status=Status(document["status"]).value,
        setning=document["oppsummering"],
        rode=found[Status.HIT_RED],
        gule=found[Status.HIT_YELLOW],
        ikke_kartlagt=clean[Status.NOT_MAPPED],
        ikke_kontrollert=len(document["ikke_kontrollert"]),
        sha256=sha256,
        resultat=file,
    )


def sentence_of(rows: Sequence[Row]) -> str:
    """Say in one sentence how it went."""
    count = Counter(one.status for one in rows)
    failed = count[Status.ERROR] + count[Status.TIMEOUT]
    said = [
        f"{format_number(count[Status.HIT_RED])} med røde funn",
        f"{format_number(count[Status.HIT_YELLOW])} med gule som det verste",
        f"{format_number(failed)} som ikke lot seg kontrollere",
    ]
    plans = "1 plan" if len(rows) == 1 else f"{format_number(len(rows))} planer"
    return f"{plans}: {', '.join(said[:2])}, {said[2]}."


def document_of(rows: Sequence[Row]) -> dict[str, Any]:
    """Give the overview as plain lists, dicts, numbers and text."""
    return {
        "askergeo": __version__,
        "innhold": MARK,
        "oppsummering": sentence_of(rows),
        "planer": [asdict(one) for one in rows],
    }


def write_overview(rows: Sequence[Row], folder: Path, provenance: Provenance | None = None) -> None:
    """Write the three files of an overview.

    Parameters
    ----------
    rows
        A row a plan.
    folder
        Where they go; files of the same names are replaced.
    provenance
        Of the data that the plans were held against.

    Raises
    ------
    OSError
        When the disk refuses.
    """
    document = json.dumps(document_of(rows), ensure_ascii=False, indent=1, allow_nan=False)
    (folder / FILES["json"]).write_text(document + "\n", encoding="utf-8", newline="\n")
    # Excel reads UTF-8 in a CSV file only when it begins with the sign of it.
    (folder / FILES["csv"]).write_text(_csv(rows), encoding="utf-8-sig", newline="")
    result = _result(rows, provenance)
    report = Report(results=suppress_all([result]), title=result.title)
    write_workbook(report, folder / FILES["regneark"])


def _csv(rows: Sequence[Row]) -> str:
    """Write the rows with semicolons between, and no cell that a spreadsheet would run."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for row in rows:
        cells = _cells(row)
        writer.writerow(["" if one is None else _safe(one) for one in cells.values()])
    return text.getvalue()


def _safe(cell: str | int) -> str | int:
    """Put an apostrophe before what a spreadsheet would take for a formula.

    Examples
    --------
    >>> _safe("=1+1"), _safe("plan.gml"), _safe(3)
    ("'=1+1", 'plan.gml', 3)
    """
    if not isinstance(cell, str):
        return cell
    plain = clean_text(cell)
    return f"'{plain}" if plain.startswith(_FORMULA) else plain


def _cells(row: Row) -> dict[str, str | int | None]:
    values = asdict(row) | {"svar": _WORDS[Status(row.status)]}
    return {name: values[name] for name in _COLUMNS}


def _result(rows: Sequence[Row], provenance: Provenance | None) -> Result:
    frame = pd.DataFrame([_cells(one) for one in rows], columns=list(_COLUMNS))
    whole = dict.fromkeys(["rode", "gule", "ikke_kartlagt", "ikke_kontrollert"], "Int64")
    frame.index = pd.Index(range(1, len(frame) + 1)).astype(str)
    failed = [one for one in rows if one.feil]
    return Result(
        analysis="plansjekk",
        title="Plansjekk av mange planer",
        template="Av {planer} planer har {rode} røde funn, og {feil} lot seg ikke kontrollere.",
        facts={
            "planer": Fact(title="Planer", value=len(rows)),
            "rode": Fact(
                title="Planer med røde funn",
                value=sum(one.status == Status.HIT_RED for one in rows),
            ),
            "feil": Fact(title="Planer som ikke lot seg kontrollere", value=len(failed)),
        },
        tables=(Table(name="planer", title="Planer", frame=frame.astype(whole), columns=_COLUMNS),),
        provenance=provenance,
    )
