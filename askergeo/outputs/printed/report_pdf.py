"""Sets a report as one tagged PDF: the answers on the front page, then a chapter a topic.

The content is that of the page. The typesetter and its guards are those of the filed report of a
plan review: no file, no package, no net, and texts are values, never code.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from askergeo.compare import moved_facts
from askergeo.outputs.charts import chart_svg, read_chart
from askergeo.outputs.pdf import plain_signs, set_pdf
from askergeo.outputs.printed._table import cut, paper_tables, plain_table
from askergeo.outputs.report import (
    NO_DATE,
    STOP,
    attributions,
    closing_lines,
    split_warnings,
    stop_lines,
    unsure_text,
)
from askergeo.parameters import value_text
from askergeo.result import Severity, names_unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from askergeo.outputs.printed.picture import MapPicture
    from askergeo.outputs.report import NotRun, Report
    from askergeo.result import Result

__all__ = ["report_content", "report_pdf"]

#: Where what does not fit on paper is.
_WORKBOOK: Final = "arbeidsboken askergeo.xlsx"
# Tables and remarks of a topic, and letters of a text, that paper has.
_TABLES, _FINDINGS, _LONG = 6, 12, 1200
# Columns of parameters, with their shares of the width. Nowhere else is told why one is uncertain.
_HEADS: Final = (("Parameter", 34), ("Verdi", 16), ("Sikkerhet", 12), ("Kilde", 38))
_EXAMPLE = "Eksempeldata: tallene gjelder en oppdiktet kommune, ikke en virkelig."
_SEVERITY: Final = {Severity.ERROR: "Feil", Severity.WARNING: "Advarsel"}
_METHOD: Final = (
    (
        "Alle tall er regnet ut fra kartlagene i datapakken med åpne, dokumenterte metoder. De kan "
        "regnes på nytt fra de samme dataene: askergeo gjenta resultat.json."
    ),
    (
        "Tegnet «:» betyr at tallet er skjult av hensyn til personvern: små tall på personer, og "
        "tall de kunne regnes ut av. Tegnet «..» betyr ukjent. Ukjent er aldri null."
    ),
    (
        "Kartene er forenklet til det som synes på papir. Hele geometrien ligger i askergeo.gpkg, "
        "og alle rader og kolonner i arbeidsboken askergeo.xlsx."
    ),
)


def report_pdf(report: Report, maps: Mapping[int, MapPicture]) -> bytes:
    """Set a report.

    Parameters
    ----------
    report
        Suppressed results.
    maps
        The map of each result that has one, by its place in the report.

    Returns
    -------
    bytes
        PDF 1.7 after PDF/UA-1 (ISO 14289-1), which the typesetter checks as it writes.

    Raises
    ------
    DataQualityError
        When the typesetter refuses the content.
    """
    return set_pdf(_template(), report_content(report, maps), report.created)


def report_content(report: Report, maps: Mapping[int, MapPicture]) -> dict[str, Any]:
    """Return the values that the template shows."""
    made = next((one.provenance for one in report.results if one.provenance), None)
    chapters = [
        _chapter(place, result, maps.get(place), report) for place, result in report.reading_order
    ]
    _say_once(report, chapters)
    by_place = dict(zip((place for place, _ in report.reading_order), chapters, strict=True))
    return {
        "tittel": cut(report.title, 200) or "Kartanalyser",
        "beskrivelse": f"Kartanalyser laget {report.created.strftime('%d.%m.%Y')} med askergeo.",
        "merke": _EXAMPLE if report.example else "",
        "stopp": [cut(line, _LONG) for line in stop_lines(r for _, r in report.reading_order)],
        "om": [
            ["Kommunenummer", made.municipality if made and made.municipality else NO_DATE],
            ["Dato", report.created.strftime("%d.%m.%Y")],
            ["Besvarte spørsmål", str(len(report.topics))],
        ],
        "svar": [
            by_place[topic.results[0][0]] | {"status": _status(topic.lead)}
            for topic in report.topics
        ],
        "ikke_kjort": [_not_run(one) for one in report.not_run],
        "tema": chapters,
        "parametre": _parameters(report),
        "metode": list(_METHOD),
        "kilder": _sources(report),
        "laget": [
            ["Program", f"askergeo {made.version}" if made else "askergeo"],
            ["Koordinatsystem", made.crs if made else NO_DATE],
            ["Datapakke", cut(made.package, 200) if made else NO_DATE],
        ],
    }


def _say_once(report: Report, chapters: list[dict[str, Any]]) -> None:
    """Leave out of the runs of a scenario how to read what their difference has told already."""
    said: dict[str, set[str]] = {}
    for (_, result), chapter in zip(report.reading_order, chapters, strict=True):
        known = said.setdefault(result.analysis, set())
        chapter["lesing"] = [text for text in chapter["lesing"] if text not in known]
        known.update(chapter["lesing"])


def _status(result: Result) -> str:
    if result.unpublishable:
        return STOP.lower()
    count = len(split_warnings(result.warnings)[0])
    return f"{count} forbehold" if count else ""


def _chapter(
    place: int, result: Result, picture: MapPicture | None, report: Report
) -> dict[str, Any]:
    plain, unsure = split_warnings(result.warnings)
    if unsure:
        plain.append(f"{unsure_text(len(unsure))}; «Parametre» bakerst sier hvilke, og hvorfor.")
    lacking = [f"{one.title}: {one.consequence}" for one in result.missing]
    facts = moved_facts(result).values()
    return {
        "anker": f"tema-{place}",
        "tittel": cut(result.title, 200),
        "sporsmal": cut(result.question, 400),
        "setning": cut(result.sentence, _LONG),
        "stopp": [cut(line, _LONG) for line in stop_lines([result])],
        "nokkeltall": [
            [cut(one.title, 120), cut(_with_unit(one.title, one.text(), one.unit), 160)]
            for one in facts
        ],
        "forbehold": [cut(line, _LONG) for line in (*plain, *lacking)],
        "kart": _map(picture) if picture else None,
        "diagrammer": _charts(place, result),
        "tabeller": [
            part for one in result.tables[:_TABLES] for part in paper_tables(one, _WORKBOOK)
        ],
        "flere": _more_tables(result),
        "funn": _findings(result),
        "lesing": [cut(one, _LONG) for one in result.reading],
        "gar_opp": [[cut(name, 120), cut(line, 400)] for name, line in closing_lines(result)],
        "parametre": _where_parameters(result),
        # A report of one topic has no need to tell whose the data are twice.
        "kilder": attributions(result) if len(report.results) > 1 else [],
    }


def _with_unit(title: str, text: str, unit: str) -> str:
    return text if text == ":" or not unit or names_unit(title, unit) else f"{text}\u00a0{unit}"


def _map(picture: MapPicture) -> dict[str, Any]:
    return {
        "svg": plain_signs(picture.frame),
        "alt": picture.alt,
        "tekst": picture.caption,
        "tegn": [{"svg": one.svg, "tekst": cut(one.text, 120)} for one in picture.key],
    }


def _charts(place: int, result: Result) -> list[dict[str, str]]:
    found = []
    for at, chart in enumerate(result.charts):
        drawn = read_chart(result, chart)
        if drawn is None:
            continue
        words = " ".join((drawn.summary, *drawn.notes))
        found.append(
            {
                "tittel": cut(drawn.title, 200),
                "svg": plain_signs(chart_svg(drawn, key=f"d{place}-{at}")),
                "alt": cut(f"Diagram: {drawn.title}. {words}", 1500),
                "tekst": cut(words, _LONG),
            }
        )
    return found


def _more_tables(result: Result) -> str:
    names = [f"«{cut(table.title, 100)}»" for table in result.tables[_TABLES:]]
    return f"Flere tabeller står i {_WORKBOOK}: {', '.join(names)}." if names else ""


def _findings(result: Result) -> list[str]:
    """Name what is wrong or doubtful, the worst first; what is only for information is counted."""
    order = list(_SEVERITY)
    weighty = [one for one in result.findings if one.severity in _SEVERITY]
    weighty.sort(key=lambda one: order.index(one.severity))
    found = [
        cut(f"{_SEVERITY[one.severity]}: {one.title}. {one.text} {one.action}".strip(), 500)
        for one in weighty[:_FINDINGS]
    ]
    left = len(result.findings) - len(found)
    if left:
        kinds = Counter(one.severity for one in result.findings)
        info = kinds[Severity.INFO]
        found.append(f"{left} til står i {_WORKBOOK}, {info} av dem til orientering.")
    return found


def _where_parameters(result: Result) -> str:
    """Say how many values the answer rests on; they are at the end of the report."""
    count = len(result.parameters)
    if not count:
        return ""
    what = "Parameteren" if count == 1 else f"De {count} parametrene"
    return f"{what} som svaret er regnet med, står under «Parametre» bakerst."


def _parameters(report: Report) -> list[Any]:
    """Return a table of each answer's parameters; one with the same value is listed once."""
    seen: set[tuple[str, str, str]] = set()
    tables = []
    for topic in report.topics:
        rows = []
        for _, result, _ in topic.results:
            for one in result.parameters:
                value = value_text(one["verdi"], one["enhet"])
                known = (one["navn"], one["tittel"], value)
                if known not in seen:
                    seen.add(known)
                    texts = (one["tittel"], value, one["sikkerhet"], one["kilde"])
                    rows.append([cut(text, _LONG) for text in texts])
        if rows:
            tables.append(plain_table(cut(topic.lead.title, 200), _HEADS, rows))
    return tables


def _sources(report: Report) -> Any:  # noqa: ANN401  (JSON, or nothing)
    rows = [
        [
            cut(one.title, 80),
            one.date or NO_DATE,
            cut(one.attribution or one.owner or NO_DATE, 80),
            cut(one.licence or NO_DATE, 60),
        ]
        for one in report.sources
    ]
    heads = (("Kartlag", 34), ("Dato", 14), ("Navngivelse", 30), ("Lisens", 22))
    return plain_table("Kilder", heads, rows) if rows else None


def _not_run(one: NotRun) -> str:
    lacks = ", ".join(lack.title for lack in one.missing)
    return cut(f"{one.title}: {one.reason or f'mangler {lacks}'}", _LONG)


@lru_cache(maxsize=1)
def _template() -> bytes:
    return (files("askergeo.outputs.printed") / "assets" / "rapport.typ").read_bytes()
