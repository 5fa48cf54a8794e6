"""Writes the page: one file that needs nothing else, for people who never open a map tool.

All text from the data goes through the template's escaping or, in the map, through
``textContent``; the policy in the head lets only this file's own scripts and styles run.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jinja2

from askergeo.compare import is_comparison, moved_facts
from askergeo.errors import DataQualityError
from askergeo.numbers import format_number
from askergeo.outputs.marker import outline
from askergeo.outputs.page.mapdata import map_data
from askergeo.outputs.page.tables import CONTENTS_FROM, short, table_groups
from askergeo.outputs.report import (
    NO_DATE,
    STOP,
    attributions,
    clean_text,
    closing_lines,
    split_warnings,
    stop_lines,
    symbols,
    unsure_text,
)
from askergeo.parameters import value_text
from askergeo.result import Severity, names_unit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from askergeo.outputs.report import Report
    from askergeo.result import Finding, MapLayer, Result

__all__ = ["PAGE_LIMIT", "page_html", "write_page"]

# Bytes that a page may have: what a slow mobile line loads in some seconds.
PAGE_LIMIT = 5_000_000
# Bytes for all maps, rows for a table and findings for a result: the first that fits is used.
_SIZES = ((3_200_000, 25, 25), (1_500_000, 25, 20), (500_000, 15, 10), (0, 10, 5))
# Findings for information of one kind that the page lists; the workbook has them all.
_OF_A_KIND = 3
_SEVERITY = {
    Severity.ERROR: ("feil", "✖", "Feil"),
    Severity.WARNING: ("advarsel", "▲", "Advarsel"),
    Severity.INFO: ("info", "ℹ", "Til orientering"),
}


def write_page(report: Report, path: Path) -> None:
    """Write ``index.html``.

    Parameters
    ----------
    report
        Suppressed results.
    path
        The file to write.

    Raises
    ------
    DataQualityError
        When the text alone is larger than a page may be.
    """
    path.write_text(page_html(report), encoding="utf-8", newline="\n")


def page_html(report: Report) -> str:
    """Return the page, at most :data:`PAGE_LIMIT` bytes in UTF-8."""
    for budget, rows, findings in _SIZES:
        html = _render(report, budget, rows, findings)
        if len(html.encode()) <= PAGE_LIMIT:
            return html
    raise DataQualityError(
        f"Siden blir større enn {PAGE_LIMIT // 1_000_000} MB selv uten kart.",
        remedy="Kjør færre analyser om gangen, eller kort ned tekstene i dataene.",
    )


def _render(report: Report, budget: int, rows: int, findings: int) -> str:
    """Fill the template with maps of at most ``budget`` bytes together."""
    share = budget // max(len(report.results), 1)
    names = report.names("layers")
    sections: list[dict[str, Any]] = []
    maps: list[dict[str, Any] | None] = [None] * len(report.results)
    for number, result in report.reading_order:
        data, notes = map_data(result, share) if budget else (None, ())
        if not budget and result.layers:
            notes = ("Kartet er for stort for denne siden og ligger i GeoPackage-filen.",)
        maps[number] = data
        sections.append(
            _section(
                number,
                result,
                data=data,
                notes=notes,
                rows=rows,
                findings=findings,
                names=names,
            )
        )
    leaflet, leaflet_style = _leaflet()
    script = _asset("page.js")
    style = _asset("page.css")
    return _template().render(
        report=report,
        sections=sections,
        maps=_json(maps),
        script=script,
        style=style,
        leaflet=leaflet,
        leaflet_style=leaflet_style,
        scripts=" ".join(_hash(text) for text in (leaflet, script)),
        styles=" ".join(_hash(text) for text in (leaflet_style, style)),
        no_date=NO_DATE,
        stop=STOP,
        stops=stop_lines(result for _, result in report.reading_order),
        created=report.created.strftime("%d.%m.%Y"),
    )


def _section(
    number: int,
    result: Result,
    *,
    data: dict[str, Any] | None,
    notes: tuple[str, ...],
    rows: int,
    findings: int,
    names: dict[tuple[int, str], str],
) -> dict[str, Any]:
    """Return what the template shows of one result."""
    on_map = {layer["table"]: layer["name"] for layer in data["layers"]} if data else {}
    # Of a difference only the layers that differ need a legend.
    compared = is_comparison(result)
    drawn = [layer for layer in result.layers if layer.on_page]
    shown = [layer for layer in drawn if len(layer.frame) or not compared]
    same = [layer for layer in result.layers if compared and not len(layer.frame)]
    if same:
        listed = ", ".join(layer.title.partition(":")[0] for layer in same)
        notes = (*notes, f"Like i begge kjøringene: {listed}.")
    heavy = [layer.title for layer in result.layers if not layer.on_page and len(layer.frame)]
    if heavy:
        notes = (*notes, f"Bare i GeoPackage-filen: {', '.join(heavy)}.")
    plain, unsure = split_warnings(result.warnings)
    groups = table_groups(result, number, rows, on_map)
    many = len(result.tables) > CONTENTS_FROM
    ranked = _looked_at(result.findings)[:findings]
    return {
        "id": f"analyse-{number + 1}",
        "number": number,
        "result": result,
        "sentence": result.sentence,
        "warnings": plain,
        "unsure": unsure,
        "unsure_text": unsure_text(len(unsure)),
        "facts": [
            (fact.title, fact.text(), "" if names_unit(fact.title, fact.unit) else fact.unit)
            for fact in moved_facts(result).values()
        ],
        "map": data is not None,
        "notes": notes,
        "legend": [_legend(layer, names[number, layer.name]) for layer in shown],
        "stops": stop_lines([result]),
        "closing": closing_lines(result),
        "groups": groups,
        "contents": [table for group in groups for table in group["tables"]] if many else [],
        "findings": [_finding(finding) for finding in ranked],
        "more_findings": len(result.findings) - len(ranked),
        "parameters": [_parameter(record) for record in result.parameters],
        "attributions": attributions(result),
    }


def _legend(layer: MapLayer, file_name: str) -> dict[str, Any]:
    """Name every class in words beside its colours, with the unit."""
    kind = layer.frame.geometry.geom_type.dropna()
    shape = "flate"
    if len(kind):
        first = str(kind.iloc[0])
        shape = "punkt" if "Point" in first else "linje" if "Line" in first else "flate"
    column = layer.columns.get(layer.style.column)
    drawn = symbols(layer.style, layer.title)
    if layer.style.column in layer.frame:
        named = {item.value for item in layer.style.classes}
        if layer.frame[layer.style.column].isin(list(named)).all():
            drawn = drawn[:-1]
    return {
        "name": layer.name,
        "title": layer.title,
        "visible": layer.visible,
        "count": format_number(len(layer.frame)),
        "heading": column.header if column else "",
        "shape": shape,
        # Lines are drawn as wide as on the map only where the width tells something.
        "widths": len({symbol.width for symbol in drawn}) > 1,
        "symbols": drawn,
        "note": layer.note,
        "file_name": file_name,
    }


def _looked_at(findings: Sequence[Finding]) -> list[Finding]:
    """Rank findings, the worst first; of what is only for information a few of each kind."""
    ranked = sorted(findings, key=lambda finding: list(_SEVERITY).index(finding.severity))
    seen: Counter[tuple[str, str]] = Counter()
    kept = []
    for finding in ranked:
        kind = (finding.rule, finding.title)
        seen[kind] += 1
        if finding.severity is not Severity.INFO or seen[kind] <= _OF_A_KIND:
            kept.append(finding)
    return kept


def _finding(finding: Finding) -> dict[str, str]:
    css, icon, word = _SEVERITY[finding.severity]
    return {
        "css": css,
        "icon": icon,
        "word": word,
        "title": finding.title,
        "text": short(clean_text(finding.text)),
        "action": short(clean_text(finding.action)),
        "law": finding.law,
    }


def _parameter(record: Any) -> dict[str, Any]:  # noqa: ANN401  (a plain record)
    return {
        "title": record["tittel"],
        "value": value_text(record["verdi"], record["enhet"]),
        "confidence": record["sikkerhet"],
        "source": record["kilde"],
    }


def _json(data: Any) -> str:  # noqa: ANN401  (whatever JSON holds)
    """Write JSON that cannot end the element it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in ("<", ">", "&", "\u2028", "\u2029"):
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@lru_cache(maxsize=4)
def _asset(name: str) -> str:
    return (files("askergeo.outputs.page") / "assets" / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _leaflet() -> tuple[str, str]:
    """Return Leaflet's script and style from its package, without what would be fetched."""
    folder = files("xstatic.pkg.leaflet") / "data"
    script = (folder / "leaflet.js").read_text(encoding="utf-8")
    style = (folder / "leaflet.css").read_text(encoding="utf-8")
    script = re.sub(r"\n//# sourceMappingURL=.*", "", script).replace("</script", "<\\/script")
    return script, re.sub(r"[^;{}]*url\([^)]*\)[^;}]*;?", "", style)


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = format_number
    environment.filters["outline"] = outline
    return environment.from_string(_asset("topic.html.j2"))
