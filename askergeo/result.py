"""What an analysis gives: tables with units, map layers, findings, one sentence, provenance.

A :class:`Result` holds numbers only; the modules in :mod:`askergeo.outputs` write it, after
:func:`askergeo.privacy.suppress` has hidden the counts of few persons.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from string import Formatter
from typing import TYPE_CHECKING, Any

from askergeo.numbers import HIDDEN, format_number

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    import folium
    import geopandas as gpd
    import pandas as pd
    import shapely

    from askergeo.charts import Chart

__all__ = [
    "Column",
    "ColumnSum",
    "Fact",
    "Finding",
    "MapLayer",
    "Missing",
    "Provenance",
    "Result",
    "RowSum",
    "Severity",
    "SourceRecord",
    "Status",
    "Style",
    "StyleClass",
    "Table",
    "names_unit",
]

# What a sentence says of numbers that are hidden.
_WHY_HIDDEN = "Tall er skjult der få personer står bak, eller der de ville røpet slike tall."


class Status(StrEnum):
    """Answer of a check, with the codes of the national DOK specification."""

    HIT_RED = "HIT-RED"
    HIT_YELLOW = "HIT-YELLOW"
    NOT_MAPPED = "NO-HIT-YELLOW"
    NO_HIT = "NO-HIT-GREEN"
    NOT_RELEVANT = "NOT-RELEVANT"
    NOT_IMPLEMENTED = "NOT-IMPLEMENTED"
    TIMEOUT = "TIMEOUT"
    ERROR = "ERROR"


class Severity(StrEnum):
    """How much a finding matters to the reader."""

    INFO = "info"
    WARNING = "advarsel"
    ERROR = "feil"


@dataclass(frozen=True, kw_only=True)
class Column:
    """What a column of a table or map layer means.

    Parameters
    ----------
    title
        Header in bokmål, without the unit.
    unit
        Unit in bokmål (``"dekar"``, ``"m"``, ``"personer"``, ``"%"``); empty for text.
    decimals
        Decimals shown to people; ``None`` for text.
    persons
        The column counts persons: small counts are suppressed before anything leaves.
    modelled
        The persons are a model's, not counted: a small difference between two runs of it tells of
        nobody, and is shown where the counts themselves are.
    derived_from
        Person columns from which this column can be recomputed; it is hidden where they are.
    description
        One sentence for the data dictionary.
    """

    title: str
    unit: str = ""
    decimals: int | None = None
    persons: bool = False
    modelled: bool = False
    derived_from: tuple[str, ...] = ()
    description: str = ""

    @property
    def header(self) -> str:
        """Title with the unit in parentheses, unless the title says it already.

        Examples
        --------
        >>> Column(title="Areal", unit="dekar").header, Column(title="Skoler", unit="skoler").header
        ('Areal (dekar)', 'Skoler')
        """
        said = not self.unit or names_unit(self.title, self.unit)
        return self.title if said else f"{self.title} ({self.unit})"


def names_unit(title: str, unit: str) -> bool:
    """Whether a title is its own unit, or ends with it: «Alle bygninger» needs no «bygninger».

    What follows a comma («Bygninger, med scenario») is not looked at.
    """
    words = title.partition(",")[0].lower().split()
    return unit.lower() in (" ".join(words), *words[-1:])


@dataclass(frozen=True)
class RowSum:
    """The row ``total`` is the sum of the rows ``parts`` (labels of the frame's index)."""

    total: Hashable
    parts: tuple[Hashable, ...]


@dataclass(frozen=True)
class ColumnSum:
    """The column ``total`` is the sum of the columns ``parts``."""

    total: str
    parts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table with units.

    Parameters
    ----------
    name
        Identifier, ASCII ``snake_case``: the key in JSON, and in the names of sheets and files.
    title
        Title in bokmål.
    frame
        The rows; the index labels are unique and identify a row.
    columns
        One :class:`Column` for each column of ``frame``, in the order shown.
    row_sums, column_sums
        Which cells are sums of others; the suppression needs all of them.
    repeats
        Cells ``(row label, column)`` that hold the same count as a cell of another table of the
        result, ``(table, row label, column)``; the suppression hides both or none.
    hidden
        Cells ``(row label, column)`` that have been suppressed (shown as ``:``).
    note
        What the reader must know to read the table.
    group
        Heading in bokmål that the page puts over neighbouring tables of the same group.
    """

    name: str
    title: str
    frame: pd.DataFrame
    columns: Mapping[str, Column]
    row_sums: tuple[RowSum, ...] = ()
    column_sums: tuple[ColumnSum, ...] = ()
    repeats: Mapping[tuple[Hashable, str], tuple[str, Hashable, str]] = field(default_factory=dict)
    hidden: frozenset[tuple[Hashable, str]] = frozenset()
    note: str = ""
    group: str = ""

    def __post_init__(self) -> None:
        unknown = [str(name) for name in self.frame.columns if name not in self.columns]
        absent = [name for name in self.columns if name not in self.frame.columns]
        if unknown or absent:
            msg = f"Table {self.name}: undescribed columns {unknown}, absent columns {absent}"
            raise ValueError(msg)
        if not self.frame.index.is_unique:
            msg = f"Table {self.name}: the index is not unique"
            raise ValueError(msg)


#: The marks of points.
SHAPES = ("circle", "square", "triangle", "diamond", "cross", "star")


@dataclass(frozen=True, kw_only=True)
class StyleClass:
    """One class of a categorised style; what is empty or 0 is as in the style itself."""

    value: Any
    label: str
    fill: str = ""
    stroke: str = ""
    dash: bool = False
    shape: str = ""
    width: float = 0.0
    size: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Style:
    """How a layer is drawn, alike on the page and in QGIS.

    Colours are ``#rrggbb``; widths and sizes are in millimetres on paper. ``shape`` is one of
    :data:`SHAPES`, for points. ``column`` and ``classes`` make the style categorised; without them
    all features look alike.
    """

    fill: str = "#9ecae1"
    stroke: str = "#3b3b3b"
    width: float = 0.3
    size: float = 2.0
    opacity: float = 1.0
    dash: bool = False
    shape: str = "circle"
    column: str = ""
    classes: tuple[StyleClass, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MapLayer:
    """A layer for the map, in the CRS of record.

    ``rows_of`` names the table whose rows these features are (same index labels): person
    columns are then hidden as they are there. A layer with ``on_page`` false is too heavy for the
    page and is in the GeoPackage only. One with ``visible`` false is switched off when the page
    opens: a background that would cover the answer. ``years`` names, for each year of a forecast,
    the column that takes the place of ``style.column`` that year (the classes are the same); the
    page then has a year slider, and the style's own column is the year that it opens with.
    ``year_names`` says what a year is called when it is no calendar year («2025/26»).
    ``follows`` names, for cells ``(row label, column)`` of this layer, the cells of tables
    ``(table, row label, column)`` that they tell of: they are hidden where one of those is.
    """

    name: str
    title: str
    frame: gpd.GeoDataFrame
    columns: Mapping[str, Column]
    style: Style = field(default_factory=Style)
    rows_of: str = ""
    hidden: frozenset[tuple[Hashable, str]] = frozenset()
    note: str = ""
    on_page: bool = True
    visible: bool = True
    years: Mapping[int, str] = field(default_factory=dict)
    year_names: Mapping[int, str] = field(default_factory=dict)
    follows: Mapping[tuple[Hashable, str], tuple[tuple[str, Hashable, str], ...]] = field(
        default_factory=dict
    )


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A key figure that the sentence states; ``cell`` is the table cell that it repeats.

    One with ``listed`` false, like a year, says nothing by itself: only the sentence shows it.
    """

    title: str
    value: float | int | str | None
    unit: str = ""
    decimals: int = 0
    persons: bool = False
    cell: tuple[str, Hashable, str] | None = None
    hidden: bool = False
    listed: bool = True

    def text(self) -> str:
        """Value for people: Norwegian number, ``:`` when suppressed, ``..`` when unknown."""
        if self.hidden:
            return HIDDEN
        if isinstance(self.value, str):
            return self.value
        return format_number(self.value, self.decimals)


def _hidden_words(fact: Fact, *, begins: bool) -> str:
    words = "en skjult andel" if fact.unit == "%" else "et skjult antall"
    return words.capitalize() if begins else words


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that the reader should look at, with place, rule and remedy."""

    rule: str
    title: str
    status: Status
    severity: Severity = Severity.INFO
    text: str = ""
    law: str = ""
    layer: str = ""
    row: str = ""
    action: str = ""
    geometry: shapely.Geometry | None = None


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A layer that was not there, and what the result therefore does not say."""

    layer: str
    title: str
    consequence: str


@dataclass(frozen=True, kw_only=True)
class SourceRecord:
    """One layer that a result rests on, as the lock of the data package records it."""

    layer: str
    title: str
    origin: str
    date: str
    sha256: str
    rows: int | None
    licence: str
    attribution: str
    crs: str = ""
    owner: str = ""
    coverage: str = ""
    example: bool = False


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What it takes to make the result again.

    ``package_path`` and ``scenario_path`` are where the data lay; a report records them relative
    to itself.
    """

    version: str
    command: str
    created: str
    municipality: str
    crs: str
    package: str
    sources: tuple[SourceRecord, ...] = ()
    software: Mapping[str, str] = field(default_factory=dict)
    scenario: str = ""
    package_path: str = ""
    scenario_path: str = ""


@dataclass(frozen=True, kw_only=True)
class Result:
    """The answer to one question.

    Parameters
    ----------
    analysis
        Identifier of the analysis (:data:`askergeo.analyses.ANALYSES`).
    title
        Title in bokmål.
    template
        The sentence that states the finding, with the facts' names in braces.
    facts
        The key figures that the sentence uses, and others worth a line.
    tables, layers, findings
        The answer itself.
    parameters
        Values in force, as :meth:`askergeo.parameters.Parameters.records` gives them.
    warnings
        What makes the answer less certain, in bokmål.
    missing
        Layers that were not there, and what follows.
    reading
        How to read the result and what it does not say, in bokmål, a paragraph each.
    charts
        Diagrams of the tables: flows, years, ages and accounts.
    unpublishable
        Why the numbers must not be published, in bokmål, a reason each: an account that does not
        close. Every output says so first, and the command ends with 1.
    question
        What the analysis asks, in bokmål; :func:`askergeo.run.run` fills it in.
    microdata
        What the comparison of two runs needs of each place and no output may see: the
        suppression takes it away.
    """

    analysis: str
    title: str
    template: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    tables: tuple[Table, ...] = ()
    layers: tuple[MapLayer, ...] = ()
    findings: tuple[Finding, ...] = ()
    parameters: tuple[Mapping[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    reading: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    unpublishable: tuple[str, ...] = ()
    provenance: Provenance | None = None
    question: str = ""
    microdata: pd.DataFrame | None = field(default=None, repr=False, compare=False)

    @property
    def sentence(self) -> str:
        """The finding in one sentence, with Norwegian numbers; a hidden one is told in words."""
        said = ""
        share = secret = False
        for literal, name, _, _ in Formatter().parse(self.template):
            # «12 %» that is hidden is «en skjult andel», without the sign.
            said += re.sub(r"^\s%", "", literal) if share else literal
            fact = self.facts[name] if name else None
            share = fact is not None and fact.hidden and fact.unit == "%"
            if fact is None:
                continue
            secret |= fact.hidden
            begins = not said or said.endswith((". ", "? ", "! "))
            said += _hidden_words(fact, begins=begins) if fact.hidden else fact.text()
        return f"{said} {_WHY_HIDDEN}" if secret else said

    def table(self, name: str) -> Table:
        """Return the table of that name.

        Raises
        ------
        KeyError
            When the result has no such table.
        """
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)

    def layer(self, name: str) -> MapLayer:
        """Return the map layer of that name.

        Raises
        ------
        KeyError
            When the result has no such layer.
        """
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(name)

    def vis(
        self, *, layers: Sequence[str] | None = None, tiles: str | None = None, height: int = 560
    ) -> folium.Map:
        """Return a map for a notebook; see :func:`askergeo.outputs.notebook_map.result_map`.

        folium's own code comes from sites outside the municipality (CDNs): what is published is the
        page of :func:`askergeo.outputs.write.write_all`.
        """
        from askergeo.outputs.notebook_map import result_map  # noqa: PLC0415  (builds on this)

        return result_map(self, layers=layers, tiles=tiles, height=height)

    def compare(self, other: Result) -> Result:
        """Return the difference ``other − self`` with its own tables, layer and sentence."""
        from askergeo.compare import compare  # noqa: PLC0415  (compare builds on this module)

        return compare(self, other)
