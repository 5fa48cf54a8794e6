"""The forms that a review leaves in for other programs: our own JSON, and SARIF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from askergeo import __version__
from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from askergeo.plan.review import Found, Review

__all__ = ["as_json", "as_sarif"]

_LEVELS: Final = {Status.HIT_RED: "error", Status.HIT_YELLOW: "warning"}


def as_json(review: Review, changes: Mapping[str, Sequence[Found]] | None = None) -> dict[str, Any]:
    """Write a review as the object that ``--json`` gives; its schema is published.

    Parameters
    ----------
    review
        The review.
    changes
        From `askergeo.plan.review.changed`, when two versions were compared.
    """
    rules = review.rules
    written: dict[str, Any] = {
        "askergeo": __version__,
        "oppsummering": review.sentence,
        "funn": [_found(one) for one in review.found],
        "uten_funn": [
            {"regel": name, "tittel": rules[name].title, "status": status.value}
            | _answer(review, name)
            for name, status in review.clean.items()
        ],
        "ikke_kontrollert": [
            {"regel": name, "tittel": rules[name].title, "grunn": why}
            for name, why in review.not_asked.items()
        ],
    }
    if changes is not None:
        written["endringer"] = {name: [_found(one) for one in c] for name, c in changes.items()}
    return written


def _found(one: Found) -> dict[str, Any]:
    return {
        "regel": one.rule.id,
        "status": one.status.value,
        "tittel": one.rule.title,
        "melding": one.text,
        "lov": one.rule.reference,
        "gjor": one.rule.action,
        "objekter": list(one.objects),
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
            }
    return {}


def as_sarif(review: Review) -> dict[str, Any]:
    """Write a review as SARIF 2.1.0, the form that code review tools read."""
    rules = review.rules
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "askergeo plansjekk",
                        "version": __version__,
                        "rules": [
                            {
                                "id": rule.id,
                                "shortDescription": {"text": rule.title},
                                "fullDescription": {"text": rule.guidance},
                                "help": {"text": f"{rule.action} {rule.reference}"},
                            }
                            for rule in rules.values()
                        ],
                    }
                },
                "results": [_sarif_result(one) for one in review.found],
            }
        ],
    }


def _sarif_result(one: Found) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": one.rule.id,
        "level": _LEVELS[one.status],
        "message": {"text": f"{one.rule.title}: {one.text}"},
        "properties": {"objekter": list(one.objects), "areal_m2": one.area_m2, "lag": one.layer},
    }
    if one.file:
        place: dict[str, Any] = {"artifactLocation": {"uri": one.file}}
        if one.line:
            place["region"] = {"startLine": one.line}
        result["locations"] = [{"physicalLocation": place}]
    return result
