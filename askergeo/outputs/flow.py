"""Lays out flow diagrams (Sankey): bars for where from and where to, ribbons for how much.

Only what a table shows after suppression is drawn; what is not drawn is counted and said. The
drawing itself is in :mod:`askergeo.outputs.flow_svg`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo._text import listed
from askergeo.numbers import format_number
from askergeo.outputs.report import clean_text
from askergeo.outputs.symbols import colour

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from askergeo.charts import FlowChart
    from askergeo.result import Result, Table

__all__ = [
    "MOST_LABELS",
    "OTHER",
    "Bar",
    "Drawing",
    "Flows",
    "Ribbon",
    "flows",
    "lay_out",
    "text_width",
    "wrapped",
]

OTHER: Final = "Annet"
# Bars a side: more cannot be told apart.
MOST_LABELS: Final = 15
# Colours that colour-blind readers tell apart (Okabe and Ito), for labels that bring none.
_PALETTE: Final = (
    *("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#d55e00", "#0072b2"),
    *("#a6cee3", "#fdbf6f", "#b2df8a", "#cab2d6", "#ffff99", "#fb9a99", "#80b1d3"),
)
_OTHER_COLOUR: Final = "#bdbdbd"
# What gathered labels are called: the second where the table has an «Annet» of its own.
_GATHERED: Final = (OTHER, f"{OTHER}, samlet")
# Points of a line of text, and the gap between bars, for each point of the font.
_LINE, _GAP = 1.25, 0.8
# Advance widths of Helvetica in thousandths of the size; others take that of a capital.
_WIDTHS: Final = {
    char: width
    for chars, width in (
        ("ijl'|", 222),
        (" .,:;!/ftI\u00a0", 280),
        ("r-()[]", 335),
        ("cksvxyzJ", 500),
        ("0123456789abdeghnopquå+=«»–?", 560),
        ("FTZLøß", 611),
        ("ABEKPSVXYÅ", 667),
        ("CDHNRUwÆ&", 730),
        ("GOQØ", 780),
        ("mMæ%", 890),
        ("W@…", 1000),
    )
    for char in chars
}
# Fonts that stand in for Helvetica are up to an eighth wider.
_WIDER = 1.13
_BIGGEST = 3


@dataclass(frozen=True, kw_only=True)
class Flows:
    """What a diagram shows.

    Parameters
    ----------
    name, title
        Of the chart.
    source_title, target_title
        What the bars are.
    unit, decimals
        Of the values.
    rows
        ``(from, to, value)``, the value above zero; each pair once.
    colours
        ``#rrggbb`` of every label.
    notes
        What is not drawn or gathered, in bokmål.
    """

    name: str
    title: str
    source_title: str
    target_title: str
    unit: str
    decimals: int
    rows: tuple[tuple[str, str, float], ...]
    colours: Mapping[str, str]
    notes: tuple[str, ...] = ()

    def text(self, value: float) -> str:
        """Write a value with its unit."""
        return format_number(value, self.decimals, unit=self.unit)

    @property
    def total(self) -> float:
        """Sum of all flows."""
        return sum(value for *_, value in self.rows)

    @property
    def summary(self) -> str:
        """The diagram in words: how much in all, and the biggest flows."""
        biggest = sorted(self.rows, key=lambda row: -row[2])[:_BIGGEST]
        said = [f"{one} → {other} {self.text(value)}" for one, other, value in biggest]
        which = "Den eneste" if len(said) == 1 else "De største"
        return (
            f"«{self.source_title}» står til venstre, «{self.target_title}» til høyre. I alt "
            f"{self.text(self.total)}. {which}: {'; '.join(said)}."
        )


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A bar with its label; all measures in points from the top left corner."""

    label: str
    value: float
    top: float
    height: float
    lines: tuple[str, ...]
    text_top: float


@dataclass(frozen=True, kw_only=True)
class Ribbon:
    """A ribbon; it is ``thickness`` high at both ends."""

    source: str
    target: str
    value: float
    left_top: float
    right_top: float
    thickness: float


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """Bars and ribbons in their places."""

    height: float
    left: tuple[Bar, ...]
    right: tuple[Bar, ...]
    ribbons: tuple[Ribbon, ...]


def flows(result: Result, chart: FlowChart) -> Flows | None:
    """Read what a diagram shows from the table that it draws.

    Rows that are sums of others, and rows that are hidden, unknown, negative or without a label,
    are not drawn; the notes say how many.

    Parameters
    ----------
    result
        A suppressed result.
    chart
        One of its charts.

    Returns
    -------
    Flows or None
        None when there is nothing to draw.

    Raises
    ------
    KeyError
        When the result has no such table, or the table no such column.
    """
    table = result.table(chart.table)
    found, notes = _readable(table, chart)
    if not found:
        return None
    rows, more = _gathered(found)
    column = table.columns[chart.value]
    drawn = Flows(
        name=chart.name,
        title=clean_text(chart.title),
        source_title=clean_text(table.columns[chart.source].title),
        target_title=clean_text(table.columns[chart.target].title),
        unit=clean_text(column.unit),
        decimals=column.decimals or 0,
        rows=rows,
        colours=_colours(rows, chart.colours),
    )
    gathered = tuple(
        f"«{label}» til {side} er {format_number(count)} grupper på høyst "
        f"{drawn.text(largest)} hver."
        for side, label, count, largest in more
    )
    return Flows(**{**vars(drawn), "notes": (*notes, *gathered)})


def _readable(
    table: Table, chart: FlowChart
) -> tuple[dict[tuple[str, str], float], tuple[str, ...]]:
    """Add up the rows that can be drawn, and say how many cannot."""
    totals = {row_sum.total for row_sum in table.row_sums}
    parts = ~table.frame.index.isin(list(totals))
    hidden = {label for label, name in table.hidden if name == chart.value}
    secret = table.frame.index.isin(list(hidden)) & parts
    values = pd.to_numeric(table.frame[chart.value], errors="coerce").to_numpy(
        dtype=np.float64, na_value=np.nan
    )
    ends = [table.frame[name].astype(object) for name in (chart.source, chart.target)]
    blank = [end.isna() | (end.astype("string").str.strip() == "") for end in ends]
    nameless = np.any([one.to_numpy(dtype=bool, na_value=True) for one in blank], axis=0) & parts
    unknown = ~np.isfinite(values) & parts & ~secret
    negative = (values < 0) & parts & ~secret
    shown = parts & ~secret & ~unknown & ~negative & ~nameless & (values > 0)
    counts = {
        ("skjult", "skjulte"): int(secret.sum()),
        ("ukjent", "ukjente"): int(unknown.sum()),
        ("negativ", "negative"): int(negative.sum()),
        ("uten fra eller til",) * 2: int((nameless & ~secret & ~unknown & ~negative).sum()),
    }
    left_out = [
        f"{format_number(count)} {why[count > 1]}" for why, count in counts.items() if count
    ]
    rows: dict[tuple[str, str], float] = defaultdict(float)
    for one, other, value in zip(
        *(end[shown].map(clean_text) for end in ends), values[shown], strict=True
    ):
        rows[one, other] += float(value)
    count = sum(counts.values())
    if not count:
        return rows, ()
    drawn = "rad er" if count == 1 else "rader er"
    return rows, (f"{format_number(count)} {drawn} ikke tegnet: {listed(left_out)}.",)


def _gathered(
    found: Mapping[tuple[str, str], float],
) -> tuple[tuple[tuple[str, str, float], ...], list[tuple[str, str, int, float]]]:
    """Gather the smallest labels of a side that has too many of them."""
    names: list[dict[str, str]] = []
    notes = []
    taken = {label for pair in found for label in pair}
    other = _GATHERED[OTHER in taken]
    for side, word in enumerate(("venstre", "høyre")):
        sums: dict[str, float] = defaultdict(float)
        for pair, value in found.items():
            sums[pair[side]] += value
        ranked = sorted(sums, key=lambda label: (-sums[label], label))
        small = ranked[MOST_LABELS - 1 :] if len(ranked) > MOST_LABELS else []
        names.append(dict.fromkeys(small, other))
        if small:
            notes.append((word, other, len(small), sums[small[0]]))
    rows: dict[tuple[str, str], float] = defaultdict(float)
    for (source, target), value in found.items():
        rows[names[0].get(source, source), names[1].get(target, target)] += value
    return tuple((*pair, value) for pair, value in rows.items()), notes


def _colours(rows: Sequence[tuple[str, str, float]], given: Mapping[str, str]) -> dict[str, str]:
    """Give every label a colour, the same on both sides."""
    sums: dict[str, float] = defaultdict(float)
    for source, target, value in rows:
        sums[source] += value
        sums[target] += value
    colours = {label: colour(given.get(label, "")) for label in sums}
    left = [name for name in _PALETTE if name not in colours.values()] or list(_PALETTE)
    bare = [
        label for label in sorted(sums, key=lambda one: (-sums[one], one)) if not colours[label]
    ]
    gathered = [label for label in bare if label in _GATHERED]
    colours |= dict.fromkeys(gathered, _OTHER_COLOUR)
    plain = [label for label in bare if label not in gathered]
    return colours | {label: left[at % len(left)] for at, label in enumerate(plain)}


def lay_out(drawn: Flows, *, zone: float, size: float, most_lines: int) -> Drawing:
    """Place bars, labels and ribbons so that no label covers another.

    Every bar has a slot as high as its label or itself, whichever is higher; the scale is the same
    for all bars and ribbons.

    Parameters
    ----------
    drawn
        What is shown.
    zone
        Width of the labels' columns, in points.
    size
        Font size, in points.
    most_lines
        Lines that the name in a label may take; a longer name ends in «…».

    Returns
    -------
    Drawing
        With the top at 0.
    """
    order = _order(drawn.rows)
    sums = [_sums(drawn.rows, side) for side in (0, 1)]
    most = max(map(len, order))
    scale = size * (16 + 1.6 * most) / drawn.total
    line, gap = _LINE * size, _GAP * size
    slots = []
    for side in (0, 1):
        labels = {
            label: (*wrapped(label, zone, size, most_lines), drawn.text(sums[side][label]))
            for label in order[side]
        }
        heights = {
            label: max(sums[side][label] * scale, len(lines) * line)
            for label, lines in labels.items()
        }
        slots.append((labels, heights))
    total = [sum(heights.values()) + gap * (len(heights) - 1) for _, heights in slots]
    height = max(total)
    bars = []
    for side, (labels, heights) in enumerate(slots):
        spread = (height - total[side]) / (len(labels) + 1)
        at, placed = spread, []
        for label, lines in labels.items():
            long = sums[side][label] * scale
            placed.append(
                Bar(
                    label=label,
                    value=sums[side][label],
                    top=at + (heights[label] - long) / 2,
                    height=long,
                    lines=lines,
                    text_top=at + (heights[label] - len(lines) * line) / 2,
                )
            )
            at += heights[label] + gap + spread
        bars.append(tuple(placed))
    return Drawing(
        height=height, left=bars[0], right=bars[1], ribbons=_ribbons(drawn.rows, bars, scale)
    )


def _sums(rows: Sequence[tuple[str, str, float]], side: int) -> dict[str, float]:
    sums: dict[str, float] = defaultdict(float)
    for row in rows:
        sums[str(row[side])] += row[2]
    return sums


def _order(rows: Sequence[tuple[str, str, float]]) -> tuple[list[str], list[str]]:
    """Largest first to the left; to the right where most comes from, so that few ribbons cross."""

    def rank(label: str, place: float) -> tuple[bool, float, str]:
        return label in _GATHERED, place, label

    left_sums, right_sums = _sums(rows, 0), _sums(rows, 1)
    left = sorted(left_sums, key=lambda label: rank(label, -left_sums[label]))
    place = {label: at for at, label in enumerate(left)}
    centre: dict[str, float] = defaultdict(float)
    for source, target, value in rows:
        centre[target] += place[source] * value / right_sums[target]
    return left, sorted(right_sums, key=lambda label: rank(label, centre[label]))


def _ribbons(
    rows: Sequence[tuple[str, str, float]], bars: Sequence[Sequence[Bar]], scale: float
) -> tuple[Ribbon, ...]:
    """Stack the ribbons of each bar in the order of the bars at their other ends."""
    place = [{bar.label: at for at, bar in enumerate(side)} for side in bars]
    tops = [{bar.label: bar.top for bar in side} for side in bars]
    ordered = sorted(rows, key=lambda row: (place[0][row[0]], place[1][row[1]]))
    right: dict[tuple[str, str], float] = {}
    for source, target, value in sorted(rows, key=lambda row: (place[1][row[1]], place[0][row[0]])):
        right[source, target] = tops[1][target]
        tops[1][target] += value * scale
    ribbons = []
    for source, target, value in ordered:
        ribbons.append(
            Ribbon(
                source=source,
                target=target,
                value=value,
                left_top=tops[0][source],
                right_top=right[source, target],
                thickness=value * scale,
            )
        )
        tops[0][source] += value * scale
    return tuple(ribbons)


def text_width(text: str, size: float) -> float:
    """Estimate how wide a text is, on the safe side, in the unit of ``size``."""
    return sum(_WIDTHS.get(char, 730) for char in text) * size * _WIDER / 1000


def wrapped(label: str, zone: float, size: float, most: int) -> list[str]:
    """Break a label into lines no wider than ``zone``, at most ``most``; long words are cut."""
    lines = [""]
    for word in label.split():
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, size) <= zone:
            lines[-1] = longer
            continue
        pieces = _pieces(word, zone, size)
        lines += pieces if lines[-1] else []
        if not lines[0]:
            lines = pieces
    if len(lines) <= most:
        return lines
    head, comma, tail = label.rpartition(", ")
    if comma and most > 1 and text_width(tail, size) <= zone:
        # What follows the last comma («framtidig») tells labels apart.
        return [*wrapped(head, zone, size, most - 1), tail]
    last = lines[most - 1]
    while last and text_width(f"{last}…", size) > zone:
        last = last[:-1]
    return [*lines[: most - 1], f"{last.rstrip(' -,')}…"]


def _pieces(word: str, zone: float, size: float) -> list[str]:
    """Cut a word that is wider than a line, with hyphens."""
    pieces = []
    while text_width(word, size) > zone:
        # No line of one or two letters.
        at = max(len(word) - 3, 1)
        while at > 1 and text_width(f"{word[:at]}-", size) > zone:
            at -= 1
        pieces.append(f"{word[:at]}-")
        word = word[at:]
    return [*pieces, word]
