"""Writes ``resultat.json``: the whole report but the geometry, after a published schema.

The schema is ``askergeo/data/schema/resultat.schema.json``. Numbers are plain; ``null`` is
unknown, or hidden when the row's ``skjult`` names the column.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from askergeo.charts import LedgerChart, PyramidChart, YearChart
from askergeo.outputs.geopackage import file_layers
from askergeo.outputs.report import clean_text, hidden_rows, is_unknown, label_text, shown_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from askergeo.charts import Chart
    from askergeo.outputs.report import NotRun, Report
    from askergeo.result import Column, Fact, Finding, Missing, Provenance, Result, Table

__all__ = ["FORMAT", "report_document", "schema", "write_json"]

# Raised when a reader of the old form would misread the new one.
FORMAT = 1


def write_json(report: Report, path: Path, files: Sequence[str] = ()) -> None:
    """Write a report as JSON, UTF-8.

    Parameters
    ----------
    report
        Suppressed results.
    path
        The file to write.
    files
        Names of all files of the report, relative to its folder.
    """
    document = report_document(report) | {"filer": list(files)}
    text = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def schema() -> dict[str, Any]:
    """Return the JSON schema of ``resultat.json``."""
    path = files("askergeo") / "data" / "schema" / "resultat.schema.json"
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def report_document(report: Report) -> dict[str, Any]:
    """Return a report as plain lists, dicts, numbers and text."""
    layers = file_layers(report)
    return {
        "format": FORMAT,
        "tittel": report.title,
        "eksempel": report.example,
        "resultater": [_result(number, r, layers) for number, r in enumerate(report.results)],
        "ikke_kjort": [_not_run(absent) for absent in report.not_run],
    }


def _result(
    number: int, result: Result, layers: Mapping[tuple[int, str], list[str]]
) -> dict[str, Any]:
    return {
        "analyse": result.analysis,
        "tittel": result.title,
        "ma_ikke_publiseres": [clean_text(reason) for reason in result.unpublishable],
        "setning": result.sentence,
        "nokkeltall": {name: _fact(fact) for name, fact in result.facts.items()},
        "tabeller": [_table(table) for table in result.tables],
        "kartlag": [
            {
                "navn": layer.name,
                "tittel": layer.title,
                "geopackage_lag": layers[number, layer.name],
                "rader": len(layer.frame),
                "kolonner": [_column(name, layer.columns[name]) for name in shown_columns(layer)],
                "merknad": layer.note,
            }
            for layer in result.layers
        ],
        "diagrammer": [_chart(chart) for chart in result.charts],
        "funn": [_finding(finding) for finding in result.findings],
        "parametre": [{k: plain(v) for k, v in record.items()} for record in result.parameters],
        "forbehold": list(result.warnings),
        "mangler": [_missing(lack) for lack in result.missing],
        "slik_leser_du": list(result.reading),
        "opphav": _provenance(result.provenance) if result.provenance else None,
    }


def _fact(fact: Fact) -> dict[str, Any]:
    return {
        "tittel": fact.title,
        "verdi": None if fact.hidden else plain(fact.value),
        "enhet": fact.unit,
        "desimaler": fact.decimals,
        "personer": fact.persons,
        "skjult": fact.hidden,
    }


def _column(name: str, column: Column) -> dict[str, Any]:
    return {
        "navn": name,
        "tittel": column.title,
        "enhet": column.unit,
        "desimaler": column.decimals,
        "personer": column.persons,
        "forklaring": column.description,
    }


def _table(table: Table) -> dict[str, Any]:
    columns = shown_columns(table)
    hidden = hidden_rows(table, columns)
    cells = [table.frame[name].astype(object).tolist() for name in columns]
    rows = [
        {
            "rad": label_text(label),
            "verdier": [
                None if label in hidden[name] else plain(values[at])
                for name, values in zip(columns, cells, strict=True)
            ],
            "skjult": [name for name in columns if label in hidden[name]],
        }
        for at, label in enumerate(table.frame.index)
    ]
    return {
        "navn": table.name,
        "tittel": table.title,
        "kolonner": [_column(name, table.columns[name]) for name in columns],
        "rader": rows,
        "radsummer": [
            {"sum": label_text(s.total), "deler": [label_text(part) for part in s.parts]}
            for s in table.row_sums
        ],
        "kolonnesummer": [{"sum": s.total, "deler": list(s.parts)} for s in table.column_sums],
        "merknad": table.note,
    }


def _chart(chart: Chart) -> dict[str, Any]:
    about = {"navn": chart.name, "tittel": chart.title, "tabell": chart.table}
    return about | _drawn_columns(chart)


def _drawn_columns(chart: Chart) -> dict[str, Any]:
    """Name the columns that a chart draws, and the colours it gives them."""
    if isinstance(chart, PyramidChart):
        return {"grupper": chart.group, "sider": list(chart.sides), "omriss": list(chart.outlines)}
    if isinstance(chart, LedgerChart):
        return {
            "rad": label_text(chart.row),
            "start": chart.start,
            "slutt": chart.end,
            "kommet_til": list(chart.added),
            "gatt_fra": list(chart.taken),
        }
    colours = {str(label): str(code) for label, code in chart.colours.items()}
    if isinstance(chart, YearChart):
        return {
            "aar": chart.year,
            "verdier": list(chart.columns),
            "stablet": chart.stacked,
            "mal": chart.target,
            "slag": chart.kind,
            "farger": colours,
        }
    return {"fra": chart.source, "til": chart.target, "verdi": chart.value, "farger": colours}


def _finding(finding: Finding) -> dict[str, Any]:
    place = None
    if finding.geometry is not None and not shapely.is_empty(finding.geometry):
        point = shapely.get_coordinates(shapely.point_on_surface(finding.geometry))[0]
        place = [round(float(number), 2) for number in point]
    return {
        "regel": finding.rule,
        "tittel": finding.title,
        "status": finding.status.value,
        "alvor": finding.severity.value,
        "tekst": finding.text,
        "hjemmel": finding.law,
        "lag": finding.layer,
        "rad": finding.row,
        "tiltak": finding.action,
        "sted": place,
    }


def _missing(lack: Missing) -> dict[str, Any]:
    return {"lag": lack.layer, "tittel": lack.title, "folge": lack.consequence}


def _not_run(absent: NotRun) -> dict[str, Any]:
    return {
        "analyse": absent.analysis,
        "tittel": absent.title,
        "grunn": absent.reason,
        "mangler": [_missing(lack) for lack in absent.missing],
    }


def _provenance(made: Provenance) -> dict[str, Any]:
    return {
        "versjon": made.version,
        "kommando": made.command,
        "laget": made.created,
        "kommune": made.municipality,
        "koordinatsystem": made.crs,
        "datapakke": made.package,
        "datapakke_sti": made.package_path,
        "scenario": made.scenario,
        "scenario_sti": made.scenario_path,
        "programvare": dict(made.software),
        "kilder": [
            {
                "lag": s.layer,
                "tittel": s.title,
                "opphav": s.origin,
                "dato": s.date,
                "sha256": s.sha256,
                "rader": s.rows,
                "lisens": s.licence,
                "navngivelse": s.attribution,
                "koordinatsystem": s.crs,
                "eier": s.owner,
                "dekning": s.coverage,
                "eksempel": s.example,
            }
            for s in made.sources
        ],
    }


def plain(value: Any) -> Any:  # noqa: ANN401, PLR0911  (whatever a frame holds, a line each)
    """Return a value that JSON can hold; NaN and infinity are unknown."""
    if is_unknown(value):
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return _list(value)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return clean_text(value)


def _list(values: Sequence[Any]) -> list[Any]:
    return [plain(value) for value in values]
