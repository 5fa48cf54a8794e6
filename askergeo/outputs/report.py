"""What all outputs share: the report, unique names and cell values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from askergeo.compare import is_comparison
from askergeo.numbers import HIDDEN, UNKNOWN, format_number

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from askergeo.background import Background
    from askergeo.result import Column, MapLayer, Missing, Result, SourceRecord, Table

__all__ = [
    "NO_DATE",
    "STOP",
    "NotRun",
    "Report",
    "Topic",
    "attributions",
    "cell_text",
    "clean_text",
    "closing_lines",
    "shown_columns",
    "split_warnings",
    "still_title",
    "stop_lines",
    "unsure_text",
]

# Control characters that neither XML nor a workbook may hold.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

# The warning of an uncertain parameter, see :meth:`askergeo.parameters.Parameters.warnings`.
_UNSURE = re.compile(r"Parameteren «.+» .*er usikker\b", re.DOTALL)
NO_DATE = "ukjent"
# What every output says first of numbers that must not be published.
STOP = "Må ikke publiseres"
# Columns of a table of closing lines, and their names in the line: what makes up the boundary.
_CLOSING = {
    "grense_m2": "kommunens areal",
    "rader_m2": "rader",
    "ikke_dekket_m2": "ikke dekket",
    "talt_dobbelt_m2": "talt flere ganger",
}
# Lines of a table that are written out.
_MOST_LINES = 20
# The same of a check that has two sides only.
_TWO_SIDES = {"helhet_m2": "helheten", "deler_m2": "delene"}


@dataclass(frozen=True, kw_only=True)
class NotRun:
    """An analysis that could not be run, and the layers it lacks (or why it stopped)."""

    analysis: str
    title: str
    missing: tuple[Missing, ...] = ()
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Topic:
    """What a report says of one question: a result, or of a scenario the difference and two runs.

    Parameters
    ----------
    analysis
        Identifier of the analysis.
    results
        The results as people read them, the difference first: place in the report, result, and
        the side of a scenario that it is: «for», «etter», or nothing.
    """

    analysis: str
    results: tuple[tuple[int, Result, str], ...]

    @property
    def lead(self) -> Result:
        """The result that the topic's sentence is taken from."""
        return self.results[0][1]

    @property
    def scenario(self) -> str:
        """Name of the scenario that it compares with; empty when there is none."""
        made = [result.provenance.scenario for _, result, _ in self.results if result.provenance]
        return next((name for name in made if name), "")


@dataclass(frozen=True, kw_only=True)
class Report:
    """Suppressed results on their way out; only :mod:`askergeo.outputs.write` makes one.

    ``more`` names the files that lie beside the four, with what the page calls them. ``background``
    is the quiet map under the answers; ``language`` is that of the pages' own texts; ``pictures``
    names the pictures and texts for print that were made.
    """

    results: tuple[Result, ...]
    title: str
    not_run: tuple[NotRun, ...] = ()
    more: Mapping[str, str] = field(default_factory=dict)
    background: Background | None = None
    language: str = "nb"
    pictures: tuple[str, ...] = ()

    @property
    def created(self) -> datetime:
        """Latest time at which a result was made; fixed when no result tells."""
        times = [
            datetime.fromisoformat(result.provenance.created)
            for result in self.results
            if result.provenance and result.provenance.created
        ]
        aware = [t if t.tzinfo else t.replace(tzinfo=UTC) for t in times]
        return max(aware, default=datetime(2000, 1, 1, tzinfo=UTC)).astimezone(UTC)

    @property
    def sources(self) -> tuple[SourceRecord, ...]:
        """Every source once."""
        found = [s for r in self.results if r.provenance for s in r.provenance.sources]
        return tuple(dict.fromkeys(found))

    @property
    def reading_order(self) -> tuple[tuple[int, Result], ...]:
        """Results as people read them, with their places in ``results``.

        Of an analysis that was run with a scenario the difference stands first, and the two runs
        say which they are.
        """
        by_analysis: dict[str, list[int]] = {}
        for place, result in enumerate(self.results):
            by_analysis.setdefault(result.analysis, []).append(place)
        order: list[tuple[int, Result]] = []
        for places in by_analysis.values():
            differences = [place for place in places if is_comparison(self.results[place])]
            runs = [place for place in places if place not in differences]
            order += [(place, self.results[place]) for place in differences]
            compared = bool(differences)
            order += [(place, _named_run(self.results[place], compared=compared)) for place in runs]
        return tuple(order)

    @property
    def topics(self) -> tuple[Topic, ...]:
        """Results by the question they answer, each with a page of its own."""
        of_analysis: dict[str, list[tuple[int, Result]]] = {}
        for place, result in self.reading_order:
            of_analysis.setdefault(result.analysis, []).append((place, result))
        return tuple(
            Topic(analysis=analysis, results=tuple(_with_sides(members)))
            for analysis, members in of_analysis.items()
        )

    @property
    def example(self) -> bool:
        """Whether any source is the embedded example municipality."""
        return any(source.example for source in self.sources)

    def names(self, kind: str) -> dict[tuple[int, str], str]:
        """Give each table (``"tables"``) or map layer (``"layers"``) its name in the files.

        The name is the analysis and the part's own name, so that it stays the same whatever else
        the report holds.
        """
        taken: set[str] = set()
        names = {}
        for number, result in enumerate(self.results):
            for part in getattr(result, kind):
                plain = part.name
                if not plain.startswith(result.analysis):
                    plain = f"{result.analysis}_{plain}"
                names[number, part.name] = unique(identifier(plain), taken)
        return names


def _named_run(result: Result, *, compared: bool) -> Result:
    """Say in the title whether a run is with the scenario or without it."""
    scenario = result.provenance.scenario if result.provenance else ""
    if scenario:
        return replace(result, title=f"{result.title} – med scenario {scenario}")
    return replace(result, title=f"{result.title} – uten scenario") if compared else result


def _with_sides(members: list[tuple[int, Result]]) -> list[tuple[int, Result, str]]:
    """Say which run of a comparison is before and which is after."""
    if not any(is_comparison(result) for _, result in members):
        return [(place, result, "") for place, result in members]
    found: list[tuple[int, Result, str]] = []
    for place, result in members:
        # Of two runs without a scenario the second is the one after.
        after = bool(result.provenance and result.provenance.scenario) or any(
            side == "for" for _, _, side in found
        )
        side = "" if is_comparison(result) else "etter" if after else "for"
        found.append((place, result, side))
    return found


def split_warnings(warnings: Sequence[str]) -> tuple[list[str], list[str]]:
    """Part what is wrong or lacking from the parameters that are merely uncertain."""
    unsure = [text for text in warnings if _UNSURE.match(text)]
    return [text for text in warnings if text not in unsure], unsure


def unsure_text(count: int) -> str:
    """Say in one line how many parameters are uncertain."""
    return "1 parameter er usikker" if count == 1 else f"{format_number(count)} parametre er usikre"


def stop_lines(results: Iterable[Result]) -> tuple[str, ...]:
    """Say why results must not be published, a line a reason; nothing when all may be.

    Examples
    --------
    >>> from askergeo.result import Result
    >>> one = Result(analysis="a", title="A", template="", unpublishable=("Arealet går ikke opp.",))
    >>> stop_lines([one, one])
    ('Må ikke publiseres: Arealet går ikke opp.',)
    """
    reasons = (clean_text(reason) for result in results for reason in result.unpublishable)
    return tuple(f"{STOP}: {reason}" for reason in dict.fromkeys(reasons))


def attributions(result: Result) -> list[str]:
    """List whom a result's sources must be credited to, each once."""
    sources = result.provenance.sources if result.provenance else ()
    # A layer that a scenario changes names the owners of both.
    names = (name for s in sources for name in s.attribution.split("; "))
    return list(dict.fromkeys(name for name in names if name))


def closing_lines(result: Result) -> tuple[tuple[str, str], ...]:
    """Write the closing lines of area accounts: boundary = rows + not covered − counted twice.

    They are the rows of tables with the columns ``grense_m2``, ``rader_m2``, ``ikke_dekket_m2``
    and ``talt_dobbelt_m2``, named by ``regnskap``, with what ``grense`` says of the boundary
    first; or ``helhet_m2`` and ``deler_m2``, named by
    ``kontroll``. A comparison has two of each and no line.

    Returns
    -------
    tuple
        ``(name, line)``, in bokmål.
    """
    if is_comparison(result):
        return ()
    lines = []
    for table in result.tables:
        parts = next((one for one in (_CLOSING, _TWO_SIDES) if set(one) <= set(table.columns)), {})
        if not parts:
            continue
        if len(table.frame) > _MOST_LINES:
            count = format_number(len(table.frame))
            lines.append((clean_text(table.title), f"{count} linjer; se tabellen."))
            continue
        # Which boundary it is, where it comes from and its date: once, above its lines.
        for text in table.frame["grense"].unique() if "grense" in table.columns else ():
            lines.append(("Grensen", clean_text(text)))  # noqa: PERF401  (one list, in order)
        for label, row in zip(table.frame.index, table.frame.to_dict("records"), strict=True):
            name = clean_text(row.get("regnskap", row.get("kontroll", label)))
            lines.append((name, _closing_line(row, parts)))
    return tuple(lines)


def _closing_line(row: Mapping[Hashable, Any], parts: Mapping[str, str]) -> str:
    said = [f"{name} {format_number(row[key], 1)}" for key, name in parts.items()]
    sides = " ".join(
        f"{sign} {text}" for sign, text in zip(("=", "+", "−"), said[1:], strict=False)
    )
    line = f"{said[0][:1].upper()}{said[0][1:]} m² {sides}."
    if "differanse_m2" in row:
        line += f" Differanse {format_number(row['differanse_m2'], 6)} m²."
    closes = row.get("gar_opp")
    return line if closes is None else f"{line} Går {'' if closes == 'ja' else 'ikke '}opp."


def identifier(text: str) -> str:
    """Return an ASCII name for a layer or sheet.

    Examples
    --------
    >>> identifier("Bosatte på øya!")
    'bosatte_paa_oeya'
    """
    plain = text.lower().replace("æ", "ae").replace("ø", "oe").replace("å", "aa")
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_") or "uten_navn"


def unique(name: str, taken: set[str], *, length: int = 63) -> str:
    """Return the name, numbered when it is taken (upper and lower case alike)."""
    candidate, number = name[:length], 1
    while candidate.lower() in taken:
        number += 1
        candidate = f"{name[: length - len(str(number)) - 1]}_{number}"
    taken.add(candidate.lower())
    return candidate


def clean_text(value: object) -> str:
    """Return text without the control characters that files cannot hold."""
    return _CONTROL.sub("\ufffd", str(value))


def is_unknown(value: object) -> bool:
    """Whether a cell is empty: None, NaN, NA or NaT."""
    return (
        value is None
        or value is pd.NA
        or value is pd.NaT
        or (isinstance(value, float | np.floating) and bool(np.isnan(value)))
    )


def cell_text(value: object, column: Column, *, hidden: bool = False) -> str:
    """Write a cell for people, without its unit.

    Examples
    --------
    >>> from askergeo.result import Column
    >>> cell_text(1234.5, Column(title="Areal", unit="dekar", decimals=1))
    '1234,5'
    >>> cell_text(3, Column(title="Bosatte", persons=True), hidden=True)
    ':'
    """
    if hidden:
        return HIDDEN
    if is_unknown(value):
        # A missing number is unknown; a missing text is just not there.
        return "" if column.decimals is None else UNKNOWN
    if isinstance(value, bool | np.bool_):
        return "ja" if value else "nei"
    if isinstance(value, datetime | date):
        return value.strftime("%d.%m.%Y")
    if isinstance(value, int | float | np.number) and column.decimals is not None:
        return format_number(float(value), column.decimals)
    return clean_text(value)


def still_title(layer: MapLayer) -> str:
    """Title of a layer, with the year that is drawn where nobody can choose another.

    Examples
    --------
    >>> from askergeo.result import MapLayer, Style
    >>> still_title(MapLayer(
    ...     name="a", title="Plass", frame=None, columns={}, style=Style(column="b"),
    ...     years={2026: "a", 2027: "b"}, year_names={2027: "2027/28"},
    ... ))
    'Plass (2027/28)'
    """
    shown = [year for year, column in layer.years.items() if column == layer.style.column]
    year = layer.year_names.get(shown[0], str(shown[0])) if shown else ""
    return f"{layer.title} ({year})" if year else layer.title


def shown_columns(part: Table | MapLayer) -> tuple[str, ...]:
    """Columns that people see: the described ones, geometry aside."""
    return tuple(name for name in part.columns if name in part.frame.columns)


def label_text(label: Hashable) -> str:
    """Row label as text, the same in every file."""
    return clean_text(label)


def hidden_rows(part: Table | MapLayer, columns: Sequence[str]) -> dict[str, set[Hashable]]:
    """Labels of the hidden cells of each column."""
    found: dict[str, set[Hashable]] = {name: set() for name in columns}
    for label, name in part.hidden:
        if name in found:
            found[name].add(label)
    return found
