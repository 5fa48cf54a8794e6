"""The start page of a report: what was asked, what each map says in a sentence, and its state."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import yaml

from askergeo.catalogue import load_catalogue
from askergeo.errors import MunicipalityError
from askergeo.messages import messages
from askergeo.municipalities import check_municipality
from askergeo.outputs._svg import data_uri
from askergeo.outputs.page.build import page_name
from askergeo.outputs.page.sections import topic_question, topic_title
from askergeo.outputs.page.shell import policy, render, styles
from askergeo.outputs.printed import previews
from askergeo.outputs.report import NO_DATE, split_warnings
from askergeo.result import Severity

if TYPE_CHECKING:
    from askergeo.outputs.printed import Ground
    from askergeo.outputs.report import NotRun, Report, Topic

__all__ = ["start_html", "statement_html", "themes", "topic_state"]

# Bytes of all pictures together, and of one: a larger one is left to the topic's own page.
_PICTURES: Final = 1_200_000
_PICTURE: Final = 120_000
_STATES: Final = {
    "stopp": "✖",
    "feil": "▲",
    "merknader": "●",
    "i_orden": "✔",
}
_SIZE: Final = re.compile(r'viewBox="0 0 (\d+) (\d+)"')


def start_html(report: Report, ground: Ground | None = None) -> str:
    """Return the start page, with a small picture of each topic's map.

    Parameters
    ----------
    report
        Suppressed results.
    ground
        What lies under the maps, when it has been read already.
    """
    sheets = styles(with_map=False)
    drawn = previews(report, ground)
    room = _PICTURES
    cards = []
    for topic in report.topics:
        picture = _picture(drawn.get(topic.analysis, ""), room)
        room -= len(picture["data"]) if picture else 0
        cards.append(_card(report, topic, picture))
    states = [card["state"] for card in cards]
    return render(
        "start.html.j2",
        report.language,
        {
            "report": report,
            "groups": _grouped(cards, report.language),
            "counts": [
                (state, _STATES[state], states.count(state)) for state in _STATES if state in states
            ],
            "stops": list(
                dict.fromkeys(why for result in report.results for why in result.unpublishable)
            ),
            "municipalities": _municipalities(report),
            "scenarios": list(dict.fromkeys(t.scenario for t in report.topics if t.scenario)),
            "not_run": [_not_run(absent, report.language) for absent in report.not_run],
            "missing": _missing(report),
            "sources": report.sources,
            "no_date": NO_DATE,
            "created": report.created.strftime("%d.%m.%Y"),
            "sheets": sheets,
            "policy": policy((), sheets),
        },
    )


def statement_html(report: Report) -> str:
    """Return the page that tells how accessible the pages are, for the municipality to fill in."""
    sheets = styles(with_map=False)
    values = {
        "report": report,
        "created": report.created.strftime("%d.%m.%Y"),
        "sheets": sheets,
        "policy": policy((), sheets),
    }
    return render("statement.html.j2", report.language, values)


def topic_state(topic: Topic) -> str:
    """Return how a topic stands: ``stopp``, ``feil``, ``merknader`` or ``i_orden``.

    Uncertain parameters alone make no remark: every answer has some.
    """
    results = [result for _, result, _ in topic.results]
    severities = {finding.severity for result in results for finding in result.findings}
    if any(result.unpublishable for result in results):
        return "stopp"
    if Severity.ERROR in severities:
        return "feil"
    noted = any(split_warnings(result.warnings)[0] or result.missing for result in results)
    return "merknader" if noted or Severity.WARNING in severities else "i_orden"


@lru_cache(maxsize=1)
def themes() -> dict[str, list[str]]:
    """Return the themes in the order shown, with the analyses of each."""
    text = (files("askergeo") / "data" / "tema.yml").read_text(encoding="utf-8")
    found: dict[str, list[str]] = yaml.safe_load(text)
    return found


def _card(report: Report, topic: Topic, picture: dict[str, Any] | None) -> dict[str, Any]:
    state = topic_state(topic)
    return {
        "analysis": topic.analysis,
        "title": topic_title(topic, report.language),
        "own_title": topic_title(topic, report.language) == topic.lead.title,
        "question": topic_question(topic, report.language),
        "own_question": topic_question(topic, report.language) == topic.lead.question,
        "sentence": topic.lead.sentence,
        "state": state,
        "sign": _STATES[state],
        "reasons": list(
            dict.fromkeys(why for _, result, _ in topic.results for why in result.unpublishable)
        ),
        "href": page_name(report, topic),
        "picture": picture,
    }


def _grouped(cards: list[dict[str, Any]], language: str) -> list[dict[str, Any]]:
    """Put the cards under their themes; what is in none comes last."""
    say = messages(language).say
    known = {analysis for members in themes().values() for analysis in members}
    groups = [
        {
            "id": f"tema-{theme}",
            "title": say(f"tema.gruppe.{theme}"),
            "cards": [card for card in cards if card["analysis"] in members],
        }
        for theme, members in themes().items()
    ]
    others = [card for card in cards if card["analysis"] not in known]
    groups.append({"id": "tema-annet", "title": say("tema.gruppe.annet"), "cards": others})
    return [group for group in groups if group["cards"]]


def _picture(svg: str, room: int) -> dict[str, Any] | None:
    """Return a small map as a data URI, when there is one and there is room for it."""
    size = _SIZE.search(svg)
    data = data_uri(svg)
    if size is None or len(data) > min(room, _PICTURE):
        return None
    return {"data": data, "width": size[1], "height": size[2]}


def _municipalities(report: Report) -> list[str]:
    """Name the municipalities that the results are of."""
    numbers = dict.fromkeys(r.provenance.municipality for r in report.results if r.provenance)
    return [_municipality(number) for number in numbers if number]


def _municipality(number: str) -> str:
    try:
        return str(check_municipality(number))
    except MunicipalityError:
        return number


def _not_run(absent: NotRun, language: str) -> dict[str, Any]:
    texts = messages(language).texts
    title = texts.get(f"tema.{absent.analysis}.tittel", absent.title)
    return {
        "title": absent.title if language == "nb" else title,
        "reason": absent.reason,
        "missing": [(lack, _where(lack.layer)) for lack in absent.missing],
    }


def _missing(report: Report) -> list[dict[str, Any]]:
    """List the layers that answers lacked, each once, with what follows and where to order."""
    found: dict[str, dict[str, Any]] = {}
    for result in report.results:
        for lack in result.missing:
            one = found.setdefault(
                lack.layer,
                {
                    "layer": lack.layer,
                    "title": lack.title,
                    "consequences": {},
                    "where": _where(lack.layer),
                },
            )
            one["consequences"].setdefault(lack.consequence)
    return list(found.values())


def _where(layer: str) -> str:
    """Say where a layer is ordered; nothing when the catalogue does not know it."""
    catalogue = load_catalogue()
    return catalogue[layer].order.where if layer in catalogue else ""
