"""Finished runs side by side: their key figures, and how far each is from the first."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from askergeo.numbers import HIDDEN, UNKNOWN, format_number

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Answer", "Comparison", "Row", "answers", "compare"]

# Where a run with a scenario has the answer: base, scenario, difference.
_WITH_SCENARIO = 1


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one run says of one analysis."""

    analysis: str
    title: str
    sentence: str
    stops: tuple[str, ...]
    facts: dict[str, dict[str, Any]]
    parameters: dict[str, str]
    package: str
    scenario: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One key figure: its text in each run, and the difference from the first."""

    title: str
    unit: str
    values: tuple[str, ...]
    differences: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One analysis in several runs; a run that does not have it has ``None``."""

    title: str
    answers: tuple[Answer | None, ...]
    rows: tuple[Row, ...]
    parameters: tuple[Row, ...]


def answers(path: Path) -> dict[str, Answer]:
    """Read the answers of a ``resultat.json`` by analysis; with a scenario, the scenario's.

    A file that is missing or is something else has none.
    """
    try:
        results = json.loads(path.read_text(encoding="utf-8"))["resultater"]
        by_analysis: dict[str, list[dict[str, Any]]] = {}
        for one in results:
            by_analysis.setdefault(str(one["analyse"]), []).append(one)
        return {name: _answer(found) for name, found in by_analysis.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def compare(runs: Sequence[dict[str, Answer]]) -> list[Comparison]:
    """Put runs side by side, analysis by analysis."""
    names = dict.fromkeys(name for run in runs for name in run)
    return [_compared([run.get(name) for run in runs]) for name in names]


def _answer(found: list[dict[str, Any]]) -> Answer:
    """Return the answer of one analysis: the last but for the difference."""
    one = found[min(_WITH_SCENARIO, len(found) - 1)]
    origin = one["opphav"] or {}
    return Answer(
        analysis=str(one["analyse"]),
        title=str(found[0]["tittel"]),
        sentence=str(one["setning"]),
        stops=tuple(
            dict.fromkeys(str(why) for part in found for why in part["ma_ikke_publiseres"])
        ),
        facts=dict(one["nokkeltall"]),
        parameters={str(p["tittel"]): _parameter(p) for p in one["parametre"]},
        package=str(origin.get("datapakke", "")),
        scenario=str(origin.get("scenario", "")),
    )


def _parameter(record: dict[str, Any]) -> str:
    from askergeo.parameters import value_text  # noqa: PLC0415  (numpy)

    return value_text(record["verdi"], str(record.get("enhet", "")))


def _compared(found: list[Answer | None]) -> Comparison:
    there = [one for one in found if one is not None]
    names = dict.fromkeys(name for one in there for name in one.facts)
    titles = dict.fromkeys(name for one in there for name in one.parameters)
    set_to = {
        title: [one.parameters.get(title, "–") if one else "–" for one in found] for title in titles
    }
    return Comparison(
        title=there[0].title,
        answers=tuple(found),
        rows=tuple(_row([one.facts.get(name) if one else None for one in found]) for name in names),
        parameters=tuple(
            Row(title=title, unit="", values=tuple(texts), differences=())
            for title, texts in set_to.items()
            if len(set(texts)) > 1
        ),
    )


def _row(facts: list[dict[str, Any] | None]) -> Row:
    """Write a key figure; what is unknown or hidden in one run has no difference."""
    known = next(one for one in facts if one is not None)
    first = _number(facts[0])
    differences = []
    for one in facts[1:]:
        number = _number(one)
        if first is None or number is None:
            differences.append("")
            continue
        text = format_number(number - first, _decimals(known))
        plus = number > first and text.strip("0,") != ""
        differences.append(f"+{text}" if plus else text)
    return Row(
        title=str(known["tittel"]),
        unit=str(known["enhet"]),
        values=tuple(_text(one) for one in facts),
        differences=tuple(differences),
    )


def _text(fact: dict[str, Any] | None) -> str:
    if fact is None:
        return "–"
    if fact["skjult"]:
        return HIDDEN
    value = fact["verdi"]
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "ja" if value else "nei"
    return str(value) if isinstance(value, str) else format_number(value, _decimals(fact))


def _number(fact: dict[str, Any] | None) -> float | None:
    value = fact["verdi"] if fact and not fact["skjult"] else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _decimals(fact: dict[str, Any]) -> int:
    return int(fact["desimaler"] or 0)
