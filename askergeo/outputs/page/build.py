"""Writes the page of a topic: one file that needs nothing else, for people without a map tool.

All text from the data goes through the template's escaping or, in the map, through
``textContent``; the policy in the head lets only this file's own scripts and styles run.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from askergeo.errors import DataQualityError
from askergeo.messages import messages
from askergeo.outputs.page.mapdata import map_document
from askergeo.outputs.page.pack import pack
from askergeo.outputs.page.sections import (
    ground_legend,
    legend,
    section,
    topic_question,
    topic_title,
)
from askergeo.outputs.page.shell import json_text, policy, render, script, styles
from askergeo.outputs.page.tables import Sizes
from askergeo.outputs.report import NO_DATE, attributions
from askergeo.outputs.tiles import tiles_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from askergeo.outputs.page.mapdata import PageMap
    from askergeo.outputs.report import Report, Topic
    from askergeo.result import Result

__all__ = ["PAGE_LIMIT", "is_single", "page_name", "topic_html"]

# Bytes that a page may have: what a slow mobile line loads in some seconds.
PAGE_LIMIT: Final = 5_000_000
# The first that fits is used.
_SIZES: Final = (
    Sizes(3_600_000, 25, 5_000, 25),
    Sizes(2_400_000, 25, 2_000, 20),
    Sizes(1_000_000, 15, 500, 10),
    Sizes(0, 10, 0, 5),
)
# Version of the documents in the page.
_FORMAT: Final = 2


def is_single(report: Report) -> bool:
    """Whether a report is one topic and nothing else, so that its page is the start page too."""
    return len(report.topics) == 1 and not report.not_run


def page_name(report: Report, topic: Topic) -> str:
    """Return where a topic's page lies in the folder of the report."""
    return "index.html" if is_single(report) else f"tema/{topic.analysis}.html"


def topic_html(report: Report, topic: Topic) -> str:
    """Return the page of a topic, at most :data:`PAGE_LIMIT` bytes in UTF-8.

    Raises
    ------
    DataQualityError
        When the text alone is larger than a page may be.
    """
    for sizes in _SIZES:
        html = _render(report, topic, sizes)
        if len(html.encode()) <= PAGE_LIMIT:
            return html
    raise DataQualityError(
        f"Siden blir større enn {PAGE_LIMIT // 1_000_000} MB selv uten kart.",
        remedy="Kort ned tekstene i dataene, eller kjør analysen på et mindre område.",
    )


def _render(report: Report, topic: Topic, sizes: Sizes) -> str:
    """Fill the template with as much as ``sizes`` allows."""
    say = messages(report.language).say
    named = [
        (number, result, side, f"_{side}" if side else "") for number, result, side in topic.results
    ]
    sections = [
        section(number, result, report, sizes=sizes, suffix=suffix)
        for number, result, _, suffix in named
    ]
    tables = [table for one in sections for group in one["groups"] for table in group["tables"]]
    on_page = [(_renamed(result, suffix), side) for _, result, side, suffix in named]
    documents = [table["document"] for table in tables]
    drawn = (
        map_document(on_page, report.background, budget=sizes.map, tables=documents)
        if sizes.map
        else None
    )
    notes = list(drawn.notes) if drawn else []
    if not sizes.map and any(result.layers for _, result, _, _ in named):
        notes.append(say("side.kart_for_stort"))
    if drawn and report.background:
        notes += report.background.notes
    document = _document(report, topic, drawn, documents)
    payload = {f"T{at}.rows": json_text(table["sent"]).encode() for at, table in enumerate(tables)}
    if drawn:
        payload |= drawn.sections
    by_name = {layer["name"]: layer for layer in document["layers"]}
    sheets = styles(with_map=True)
    single = is_single(report)
    return render(
        "topic.html.j2",
        report.language,
        {
            "report": report,
            "topic": topic,
            "title": topic_title(topic, report.language),
            "question": topic_question(topic, report.language),
            "sections": sections,
            "lead": sections[0],
            "legend": [
                (side, legend(result, by_name, suffix)) for _, result, side, suffix in named
            ],
            "ground": ground_legend([layer for layer in document["layers"] if layer["ground"]]),
            "map": bool(document["layers"]),
            "patterns": document.get("patterns", ()),
            "files": _files(report, topic),
            "notes": notes,
            "stops": _reasons(topic),
            "credits": _credits(report, topic),
            "no_date": NO_DATE,
            "root": "" if single else "../",
            "single": single,
            "created": report.created.strftime("%d.%m.%Y"),
            "document": json_text(document),
            "payload": pack(payload),
            "script": script(),
            "sheets": sheets,
            "policy": policy((script(),), sheets, tiles=bool(document["tiles"])),
        },
    )


def _document(
    report: Report, topic: Topic, drawn: PageMap | None, tables: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Return the small document that the page's script reads first."""
    crs = report.background.crs if report.background else _crs(topic)
    said = messages(report.language)
    without = {"crs": crs, "tables": list(tables), "places": False, "layers": []}
    return {
        **(drawn.document if drawn else without),
        "format": _FORMAT,
        "analysis": topic.analysis,
        "title": topic_title(topic, report.language),
        "language": report.language,
        "created": report.created.date().isoformat(),
        "example": report.example,
        "stops": [f"{said.say('side.stopp')}: {reason}" for reason in _reasons(topic)],
        "texts": {
            f"{part}.{key}": text
            for part in ("kart", "sok")
            for key, text in said.under(part).items()
        },
        "attributions": _credits(report, topic),
        "tiles": tiles_in(crs),
    }


def _files(report: Report, topic: Topic) -> list[tuple[str, str]]:
    """Name the files beside the three that every report has, and what the page calls them."""
    say = messages(report.language).say
    known = {"saksfremlegg.txt": "side.fil.txt", "rapport.pdf": "side.fil.pdf"}
    found = [(name, say(key)) for name, key in known.items() if name in report.pictures]
    about = f"bilder/{topic.analysis.replace('_', '-')}-"
    others = [
        f"bilder/{one.analysis.replace('_', '-')}-"
        for one in report.topics
        if one.analysis != topic.analysis
    ]
    for name in report.pictures:
        # «skole-prognose-kart» begins like «skole» too.
        longer = any(name.startswith(one) and len(one) > len(about) for one in others)
        if name.startswith(about) and not longer:
            what, _, kind = name.removeprefix(about).rpartition(".")
            plain = {"kart": "side.fil.kart", "kart-bred": "side.fil.kart_bred"}
            key = plain.get(what, "side.fil.bilde")
            found.append((name, say(key, slag=kind.upper(), navn=what.replace("-", " "))))
    return [*found, *report.more.items()]


def _crs(topic: Topic) -> str:
    return next((r.provenance.crs for _, r, _ in topic.results if r.provenance), "")


def _reasons(topic: Topic) -> list[str]:
    """List why the topic's numbers must not be published, each reason once."""
    return list(
        dict.fromkeys(why for _, result, _ in topic.results for why in result.unpublishable)
    )


def _credits(report: Report, topic: Topic) -> list[str]:
    """List whom the topic's sources and its ground must be credited to, each once."""
    named = [name for _, result, _ in topic.results for name in attributions(result)]
    ground = report.background.attributions if report.background else ()
    return list(dict.fromkeys([*named, *ground]))


def _renamed(result: Result, suffix: str) -> Result:
    """End the names of tables and layers with what makes them one on the page."""
    if not suffix:
        return result
    return replace(
        result,
        tables=tuple(replace(one, name=one.name + suffix) for one in result.tables),
        layers=tuple(
            replace(
                one, name=one.name + suffix, rows_of=one.rows_of + suffix if one.rows_of else ""
            )
            for one in result.layers
        ),
        charts=(),
    )
