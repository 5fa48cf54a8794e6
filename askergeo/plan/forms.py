"""The forms that a review leaves in for other programs: our own JSON, and SARIF."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from askergeo import __version__
from askergeo.outputs.report import clean_text
from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from askergeo.plan.catalogue import Rule
    from askergeo.plan.review import Found, Review

__all__ = ["as_json", "as_sarif", "worst_of"]

_LEVELS: Final = {Status.HIT_RED: "error", Status.HIT_YELLOW: "warning"}
_SEVERITIES: Final = {"feil": "error", "advarsel": "warning", "info": "warning"}
# The worst first; a threshold of `askergeo.plan.review.THRESHOLDS` takes the first of them.
_ORDER: Final = (
    Status.HIT_RED,
    Status.HIT_YELLOW,
    Status.NOT_MAPPED,
    Status.TIMEOUT,
    Status.ERROR,
    Status.NOT_IMPLEMENTED,
    Status.NO_HIT,
)


def worst_of(review: Review) -> Status:
    """Give the worst status of a review: a threshold is reached when it is one of its statuses."""
    return next((status for status in _ORDER if status in review.statuses), Status.NO_HIT)


def as_json(
    review: Review,
    changes: Mapping[str, Sequence[Found]] | None = None,
    basis: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Write a review as the object that ``--json`` gives; its schema is published.

    Parameters
    ----------
    review
        The review.
    changes
        From `askergeo.plan.review.changed`, when two versions were compared.
    basis
        From `askergeo.plan.basis.basis_of`: what the review rests on.
    """
    rules = review.rules
    written: dict[str, Any] = {
        "askergeo": __version__,
        "oppsummering": review.sentence,
        "status": worst_of(review).value,
        "funn": [_found(one) for one in review.found],
        "uten_funn": [
            {"regel": name, "tittel": rules[name].title, "status": status.value}
            | _answer(review, name)
            for name, status in review.clean.items()
        ],
        "ikke_kontrollert": [
            {"regel": name, "tittel": rules[name].title, "grunn": clean_text(why)}
            for name, why in review.not_asked.items()
        ],
    }
    if changes is not None:
        written["endringer"] = {name: [_found(one) for one in c] for name, c in changes.items()}
    if basis is not None:
        written["grunnlag"] = dict(basis)
    return written


def _found(one: Found) -> dict[str, Any]:
    return {
        "regel": one.rule.id,
        "status": one.status.value,
        "tittel": one.rule.title,
        "melding": clean_text(one.text),
        "merknad": clean_text(one.remark),
        "lov": one.rule.reference,
        "gjor": one.rule.action,
        "objekter": [clean_text(name) for name in one.objects],
        "areal_m2": None if one.area_m2 is None else round(one.area_m2, 2),
        "lag": one.layer,
        "fil": one.file,
        "linje": one.line,
    }


def _answer(review: Review, name: str) -> dict[str, Any]:
    """Say how near the nearest object is, and what is not mapped, for rules that ask the map."""
    for answer in review.answers:
        if answer.rule.id == name:
            return {
                "avstand_m": None if answer.distance_m is None else round(answer.distance_m, 1),
                "ikke_kartlagt_m2": (
                    None if answer.unmapped_m2 is None else round(answer.unmapped_m2, 1)
                ),
                "merknad": clean_text(answer.remark),
            }
    return {}


def as_sarif(review: Review, paths: Sequence[PurePath] = ()) -> dict[str, Any]:
    """Write a review as SARIF 2.1.0, the form that code review tools read.

    What is not mapped is a result of the kind ``open``, and what could not be checked a notice of
    the run: a tool that counts results never reads them as passed.

    Parameters
    ----------
    review
        The review.
    paths
        The plan's files; places are told by path, as seen from the working folder.
    """
    numbers = {name: number for number, name in enumerate(review.rules)}
    places = {path.name: _uri(path) for path in paths}
    unknown = [name for name, status in review.clean.items() if status == Status.NOT_MAPPED]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "askergeo plansjekk",
                        "semanticVersion": __version__,
                        "rules": [_sarif_rule(rule) for rule in review.rules.values()],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "toolConfigurationNotifications": _not_checked(review, numbers),
                    }
                ],
                "results": [
                    *(_sarif_result(one, numbers, places) for one in review.found),
                    *(_sarif_open(review.rules[name], numbers) for name in unknown),
                ],
            }
        ],
    }


def _sarif_rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.guidance or rule.title},
        "help": {"text": f"{rule.action} {rule.reference}".strip()},
        "defaultConfiguration": {"level": _SEVERITIES[rule.severity]},
    }


def _not_checked(review: Review, numbers: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "level": "note",
            "message": {"text": f"{review.rules[name].title}: {clean_text(why)}"},
            "associatedRule": {"id": name, "index": numbers[name]},
        }
        for name, why in review.not_asked.items()
    ]


def _sarif_result(
    one: Found, numbers: Mapping[str, int], places: Mapping[str, str]
) -> dict[str, Any]:
    text = clean_text(f"{one.rule.title}: {one.text} {one.remark}".strip())
    result: dict[str, Any] = {
        "ruleId": one.rule.id,
        "ruleIndex": numbers[one.rule.id],
        "level": _LEVELS[one.status],
        "message": {"text": text},
        # The same finding in the next version of the plan has the same print.
        "partialFingerprints": {
            "askergeo/v1": hashlib.sha256(repr(one.key).encode()).hexdigest()[:32]
        },
        "properties": {
            "objekter": [clean_text(name) for name in one.objects],
            "areal_m2": None if one.area_m2 is None else round(one.area_m2, 2),
            "lag": one.layer,
        },
    }
    if one.file:
        place: dict[str, Any] = {
            "artifactLocation": {"uri": places.get(one.file, _uri(PurePath(one.file)))}
        }
        if one.line:
            place["region"] = {"startLine": one.line}
        result["locations"] = [{"physicalLocation": place}]
    return result


def _sarif_open(rule: Rule, numbers: Mapping[str, int]) -> dict[str, Any]:
    return {
        "ruleId": rule.id,
        "ruleIndex": numbers[rule.id],
        "kind": "open",
        "level": "none",
        "message": {"text": f"{rule.title}: ikke kartlagt, så svaret er ukjent."},
    }


def _uri(path: PurePath) -> str:
    """Write a path as a URI: relative to the working folder when it lies there.

    Examples
    --------
    >>> from pathlib import PureWindowsPath
    >>> _uri(PureWindowsPath("plan 2025/område.gml"))
    'plan%202025/omr%C3%A5de.gml'
    >>> _uri(PureWindowsPath("C:/planer/a#1.gml"))
    'file:///C:/planer/a%231.gml'
    """
    if path.is_absolute():
        here = Path.cwd()
        if not path.is_relative_to(here):
            return path.as_uri()
        path = path.relative_to(here)
    # A colon in the first part would be read as the scheme of an address.
    return quote(path.as_posix(), safe="/")
