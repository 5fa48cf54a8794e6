"""What the template of a topic shows of one result, and the legend of its map."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from askergeo.compare import is_comparison, moved_facts
from askergeo.messages import messages
from askergeo.numbers import format_number
from askergeo.outputs.page.tables import CONTENTS_FROM, short, table_groups
from askergeo.outputs.report import (
    attributions,
    clean_text,
    closing_lines,
    split_warnings,
    stop_lines,
)
from askergeo.parameters import value_text
from askergeo.result import Severity, names_unit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from askergeo.outputs.page.tables import Sizes
    from askergeo.outputs.report import Report, Topic
    from askergeo.result import Finding, Result

__all__ = ["section", "topic_question", "topic_title"]

# Findings for information of one kind that the page lists; the workbook has them all.
_OF_A_KIND = 3
# Class of the style, sign, and key of the word.
_SEVERITY: Final = {
    Severity.ERROR: ("feil", "✖"),
    Severity.WARNING: ("advarsel", "▲"),
    Severity.INFO: ("info", "ℹ"),
}


def topic_title(topic: Topic, language: str) -> str:
    """Name a topic in the language of the page: the catalogue's name, or the result's own."""
    said = messages(language)
    title = topic.lead.title
    if language == "nb":
        return title
    known = said.texts.get(f"tema.{topic.analysis}.tittel", title)
    if is_comparison(topic.lead):
        return said.say("side.endring", tittel=known, scenario=topic.scenario)
    return known


def topic_question(topic: Topic, language: str) -> str:
    """Return what a topic asks, in the language of the page."""
    asked = topic.lead.question
    return messages(language).texts.get(f"tema.{topic.analysis}.sporsmal", asked)


def section(
    number: int, result: Result, report: Report, *, sizes: Sizes, suffix: str = ""
) -> dict[str, Any]:
    """Return what the template shows of one result.

    Parameters
    ----------
    number
        Its place in the report, for the ids.
    result
        A suppressed result.
    report
        The report that it is in.
    sizes
        How much of it is shown.
    suffix
        Ends the names of its tables and layers, so that each is one on the page.
    """
    say = messages(report.language).say
    compared = is_comparison(result)
    plain, unsure = split_warnings(result.warnings)
    groups = table_groups(result, number, sizes, suffix)
    many = len(result.tables) > CONTENTS_FROM
    ranked = _looked_at(result.findings)[: sizes.findings]
    return {
        "id": f"analyse-{number + 1}",
        "number": number,
        "result": result,
        "compared": compared,
        "sentence": result.sentence,
        "warnings": plain,
        "unsure": unsure,
        "unsure_text": say("side.usikker_en")
        if len(unsure) == 1
        else say("side.usikre", antall=format_number(len(unsure))),
        "facts": [
            (fact.title, fact.text(), "" if names_unit(fact.title, fact.unit) else fact.unit)
            for fact in moved_facts(result).values()
        ],
        "stops": stop_lines([result]),
        "closing": closing_lines(result),
        "groups": groups,
        "contents": [table for group in groups for table in group["tables"]] if many else [],
        "findings": [_finding(finding, report.language) for finding in ranked],
        "more_findings": len(result.findings) - len(ranked),
        "parameters": [_parameter(record) for record in result.parameters],
        "attributions": attributions(result),
        "notes": _layer_notes(result, report.language, compared=compared),
    }


def legend(
    result: Result, drawn: Mapping[str, Mapping[str, Any]], suffix: str
) -> list[dict[str, Any]]:
    """Name every class of a result's layers in words beside its colours and patterns.

    Parameters
    ----------
    result
        The result.
    drawn
        The layers of the page's document, by name: what is drawn, and how.
    suffix
        Ends the names of its layers on the page.
    """
    found = []
    # What lies on top is named first.
    for layer in reversed(result.layers):
        name = layer.name + suffix
        if name not in drawn or not (len(layer.frame) or not is_comparison(result)):
            continue
        column = layer.columns.get(layer.style.column)
        found.append(
            _legend_of(drawn[name], heading=column.header if column else "")
            | {"rest": not _all_named(layer), "note": layer.note}
        )
    return found


def ground_legend(drawn: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Name the layers of the quiet map under the answers."""
    return [_legend_of(layer, heading="") | {"rest": True, "note": ""} for layer in drawn]


def _legend_of(layer: Mapping[str, Any], *, heading: str) -> dict[str, Any]:
    symbols = layer["symbols"]
    return {
        "name": layer["name"],
        "title": layer["title"],
        "visible": layer["visible"],
        "count": format_number(layer["count"]),
        "one": layer["count"] == 1,
        "heading": heading,
        "shape": ("punkt", "linje", "flate")[layer["kind"]],
        # Lines are drawn as wide as on the map only where the width tells something.
        "widths": len({symbol["width"] for symbol in symbols}) > 1,
        "symbols": symbols,
    }


def _all_named(layer: Any) -> bool:  # noqa: ANN401  (MapLayer)
    """Whether every feature is in a class that has a name, so that there is no rest to name."""
    style = layer.style
    if not style.column or style.column not in layer.frame:
        return False
    named = [item.value for item in style.classes]
    return bool(layer.frame[style.column].isin(named).all())


def _layer_notes(result: Result, language: str, *, compared: bool) -> list[str]:
    """Say which layers are not on the map, and why."""
    say = messages(language).say
    notes = []
    same = [layer for layer in result.layers if compared and not len(layer.frame)]
    if same:
        listed = ", ".join(layer.title.partition(":")[0] for layer in same)
        notes.append(say("side.like", lag=listed))
    heavy = [layer.title for layer in result.layers if not layer.on_page and len(layer.frame)]
    if heavy:
        notes.append(say("side.bare_i_filen", lag=", ".join(heavy)))
    return notes


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


def _finding(finding: Finding, language: str) -> dict[str, str]:
    css, icon = _SEVERITY[finding.severity]
    return {
        "css": css,
        "icon": icon,
        "word": messages(language).say(f"side.alvor.{css}"),
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
