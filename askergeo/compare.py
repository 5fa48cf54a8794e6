"""The difference between two runs of the same analysis: with a scenario, and without it.

Rows are matched by their index label. A row, value or feature that only one run has stays
unknown (``..``) in the other: unknown is never zero.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from askergeo._text import listed
from askergeo.analyses import ANALYSES, ON_REQUEST
from askergeo.errors import ParameterError
from askergeo.numbers import HARD_SPACE
from askergeo.parameters import value_text
from askergeo.result import (
    Column,
    ColumnSum,
    Fact,
    Finding,
    MapLayer,
    Result,
    RowSum,
    Severity,
    Status,
    Style,
    StyleClass,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.result import Provenance, SourceRecord

__all__ = [
    "CHANGE",
    "SCENARIO",
    "compare",
    "comparison_sums",
    "is_comparison",
    "moved_facts",
]

# Suffixes of the columns and facts of a comparison; the plain name is the base.
SCENARIO = "_scenario"
CHANGE = "_endring"

# Column that says whether a row or feature is new, removed, changed or as before.
STATE = "endring"
# Blue, vermilion and yellow of Okabe and Ito's palette: told apart without red and green.
_STYLE = Style(
    fill="#bdbdbd",
    column=STATE,
    opacity=0.8,
    classes=(
        StyleClass(value="ny", label="Ny med scenario", fill="#0072b2", stroke="#003a5c"),
        StyleClass(value="fjernet", label="Borte med scenario", fill="#d55e00", stroke="#6b2f00"),
        StyleClass(value="endret", label="Endret", fill="#f0e442", stroke="#5c5600"),
    ),
)
# Geometries closer than this (in metres) are the same.
_SAME_PLACE = 0.001
_SENTENCE_FACTS = 3
_HOW_TO_READ = (
    "Tabellene viser hver størrelse uten scenario, med scenario og endringen "
    "(med minus uten). «..» betyr at raden bare finnes i den ene kjøringen."
)


def compare(base: Result, other: Result) -> Result:
    """Return the difference ``other − base``.

    Parameters
    ----------
    base, other
        Results of the same analysis, before suppression: without and with the scenario.

    Returns
    -------
    Result
        Each numeric column ``c`` as ``c`` (base), ``c_scenario`` and ``c_endring``; map layers
        with the features that are new, removed or changed; facts likewise; findings for
        parameters and sources that differ.

    Raises
    ------
    ParameterError
        When the results answer different questions.
    """
    if base.analysis != other.analysis:
        raise ParameterError(
            f"«{base.title}» ({base.analysis}) og «{other.title}» ({other.analysis}) er to ulike "
            "analyser og kan ikke sammenlignes.",
            remedy="Kjør samme analyse på grunnlaget og på scenarioet.",
        )
    name = (other.provenance.scenario if other.provenance else "") or "scenarioet"
    facts = _facts(base.facts, other.facts)
    findings = (*_parameter_findings(base, other), *_source_findings(base, other))
    changed = tuple(f.text for f in findings if f.severity is Severity.WARNING)
    both = dict.fromkeys((*base.warnings, *other.warnings, *changed))
    difference = replace(
        other,
        title=f"{base.title}: endring med {name}",
        template=_template(base.facts, facts, name),
        facts=facts,
        tables=tuple(
            _table(table, other.table(table.name))
            for table in base.tables
            if any(table.name == its.name for its in other.tables)
        ),
        layers=tuple(
            _layer(layer, other.layer(layer.name))
            for layer in base.layers
            if any(layer.name == its.name for its in other.layers)
        ),
        findings=(*findings, *_unmatched(base, other), *_new_findings(base, other)),
        warnings=tuple(both),
        missing=tuple(dict.fromkeys((*base.missing, *other.missing))),
        reading=(_HOW_TO_READ, *other.reading),
        # A diagram shows amounts; the difference of two has negative ones.
        charts=(),
        unpublishable=tuple(dict.fromkeys((*base.unpublishable, *other.unpublishable))),
        provenance=_provenance(base.provenance, other.provenance),
        microdata=None,
    )
    analysis = {**ANALYSES, **ON_REQUEST}.get(base.analysis)
    more = analysis.load_comparison() if analysis is not None else None
    return more(base, other, difference) if more is not None else difference


def comparison_sums(names: Collection[str]) -> list[tuple[str, tuple[str, ...]]]:
    """List the sums «scenario = base + change» among the names of columns or facts.

    Examples
    --------
    >>> comparison_sums(["bosatte", "bosatte_scenario", "bosatte_endring", "navn"])
    [('bosatte_scenario', ('bosatte', 'bosatte_endring'))]
    """
    return [
        (name + SCENARIO, (name, name + CHANGE))
        for name in names
        if name + SCENARIO in names and name + CHANGE in names
    ]


def is_comparison(result: Result) -> bool:
    """Whether a result is the difference between two runs."""
    return _HOW_TO_READ in result.reading


def moved_facts(result: Result) -> dict[str, Fact]:
    """Return the facts that are listed: of a comparison those that the scenario changes.

    Whether a hidden or unknown figure changes cannot be told, and so it stays. The result itself
    keeps every fact.
    """
    facts = {name: fact for name, fact in result.facts.items() if fact.listed}
    if not is_comparison(result):
        return facts
    moved: dict[str, Fact] = {}
    for name, fact in facts.items():
        new, change = facts.get(name + SCENARIO), facts.get(name + CHANGE)
        if new is None:
            # A part of a figure, which follows with the figure, or a text that is as before.
            continue
        if change is not None and change.value == 0 and not change.hidden:
            continue
        if change is not None and not change.hidden and fact.value is None and new.value is None:
            continue
        moved |= {name: fact, name + SCENARIO: new} | ({name + CHANGE: change} if change else {})
    return moved


def _is_code(column: Column) -> bool:
    """Whether a number is a year or a code, which cannot be subtracted."""
    whole = column.decimals == 0 and not column.persons and not column.derived_from
    return whole and column.unit in ("", "år")


def _is_number(column: Column, values: pd.Series) -> bool:
    numeric = pd.api.types.is_numeric_dtype(values.dtype)
    return numeric and not pd.api.types.is_bool_dtype(values.dtype) and column.decimals is not None


def _pair(
    one: pd.DataFrame, two: pd.DataFrame, columns: Mapping[str, Column]
) -> tuple[pd.DataFrame, dict[str, Column]]:
    """Put two frames side by side, rows matched by label, in the order of the first."""
    index = one.index.append(two.index.difference(one.index, sort=False))
    one, two = one.reindex(index), two.reindex(index)
    data: dict[str, Any] = {}
    described: dict[str, Column] = {}
    numeric = [n for n, c in columns.items() if n in two and _is_number(c, one[n])]
    for name, column in columns.items():
        if name not in numeric:
            data[name] = one[name].where(one[name].notna(), two.get(name))
            described[name] = column
            continue
        data[name], data[name + SCENARIO] = one[name], two[name]
        unit = "prosentpoeng" if column.unit == "%" else column.unit
        scenario = tuple(source + SCENARIO for source in column.derived_from if source in numeric)
        described[name] = replace(column, title=f"{column.title}, uten scenario")
        described[name + SCENARIO] = replace(
            column, title=f"{column.title}, med scenario", derived_from=scenario
        )
        if _is_code(column):
            continue
        data[name + CHANGE] = two[name] - one[name]
        described[name + CHANGE] = replace(
            column,
            title=f"{column.title}, endring",
            unit=unit,
            derived_from=(*column.derived_from, *scenario),
        )
    return pd.DataFrame(data, index=index), described


def _table(one: Table, two: Table) -> Table:
    """Compare two tables; the sums hold for base, scenario and change alike."""
    frame, columns = _pair(one.frame, two.frame, one.columns)
    state = _state(one.frame.index, two.frame.index, frame.index)
    if (state != "").any():
        frame[STATE] = state
        columns[STATE] = Column(title="Rad", description="Om raden er ny eller borte med scenario.")
    sums = [ColumnSum(total, parts) for total, parts in comparison_sums(columns)]
    for suffix in ("", SCENARIO, CHANGE):
        for column_sum in one.column_sums:
            names = [name + suffix for name in (column_sum.total, *column_sum.parts)]
            if all(name in columns for name in names):
                sums.append(ColumnSum(names[0], tuple(names[1:])))
    hidden = {(label, column) for label, column in one.hidden if column in columns}
    hidden |= {(label, column + SCENARIO) for label, column in two.hidden}
    hidden |= {(label, column + CHANGE) for label, column in one.hidden | two.hidden}
    return Table(
        name=one.name,
        title=f"{one.title}: uten og med scenario",
        frame=frame,
        columns=columns,
        row_sums=_row_sums(one.row_sums, two.row_sums),
        column_sums=tuple(sums),
        hidden=frozenset(cell for cell in hidden if cell[1] in columns),
        note=one.note,
        group=one.group,
    )


def _row_sums(one: Iterable[RowSum], two: Iterable[RowSum]) -> tuple[RowSum, ...]:
    """Merge the sums of the matched rows: a part may belong to one of the runs only."""
    merged: dict[Hashable, dict[Hashable, None]] = {}
    kept: list[RowSum] = []
    twice = [s.total for s in one]
    for row_sum in (*one, *two):
        # A total with several breakdowns keeps each of them as it is.
        if twice.count(row_sum.total) > 1:
            kept.append(row_sum)
        else:
            merged.setdefault(row_sum.total, {}).update(dict.fromkeys(row_sum.parts))
    sums = [RowSum(total, tuple(parts)) for total, parts in merged.items()]
    return tuple(dict.fromkeys([*sums, *kept]))


def _state(one: pd.Index, two: pd.Index, index: pd.Index) -> NDArray[np.object_]:
    state = np.where(index.isin(one), np.where(index.isin(two), "", "fjernet"), "ny")
    return state.astype(object)


def _layer(one: MapLayer, two: MapLayer) -> MapLayer:
    """Keep the features that differ, with the scenario's geometry where there is one."""
    plain_one, plain_two = _plain(one), _plain(two)
    described = {name: column for name, column in one.columns.items() if name in plain_one}
    frame, columns = _pair(plain_one, plain_two, described)
    state = _state(one.frame.index, two.frame.index, frame.index)
    before = one.frame.geometry.reindex(frame.index)
    after = two.frame.geometry.reindex(frame.index)
    both = state == ""
    state[both & _differs(plain_one, plain_two, before, after, frame.index)] = "endret"
    geometry = after.where(state != "fjernet", before)
    frame[STATE] = state
    columns[STATE] = Column(title="Endring", description="ny, fjernet eller endret med scenario")
    changed = _geo(frame, geometry)[state != ""]
    hidden = {(label, name + end) for label, name in one.hidden for end in ("", CHANGE)}
    hidden |= {(label, name + end) for label, name in two.hidden for end in (SCENARIO, CHANGE)}
    same = int((state == "").sum())
    alike = "objekt er likt" if same == 1 else "objekter er like"
    return MapLayer(
        name=one.name,
        title=f"{one.title}: endret med scenario",
        frame=changed,
        columns=columns,
        style=_STYLE,
        rows_of=one.rows_of,
        hidden=frozenset(c for c in hidden if c[1] in columns and c[0] in changed.index),
        note=f"Laget viser bare det som er endret; {same} {alike} i begge kjøringene.",
        on_page=one.on_page,
    )


def _plain(layer: MapLayer) -> pd.DataFrame:
    """Return a layer's columns without the classes of its years, which tables tell better."""
    told = {column for _, column in layer.follows}
    years = {name for name in layer.years.values() if name != layer.style.column} | told
    return pd.DataFrame(layer.frame.drop(columns=[layer.frame.geometry.name, *years]))


def _geo(frame: pd.DataFrame, geometry: gpd.GeoSeries) -> gpd.GeoDataFrame:
    import geopandas as gpd  # noqa: PLC0415  (heavy; privacy needs only the suffixes above)

    return gpd.GeoDataFrame(frame, geometry=geometry, crs=geometry.crs)


def _differs(
    one: pd.DataFrame,
    two: pd.DataFrame,
    before: gpd.GeoSeries,
    after: gpd.GeoSeries,
    index: pd.Index,
) -> NDArray[np.bool_]:
    """Tell which features have another place or another value."""
    import shapely  # noqa: PLC0415  (heavy; privacy needs only the suffixes above)

    same = shapely.equals_exact(
        shapely.normalize(before.to_numpy()), shapely.normalize(after.to_numpy()), _SAME_PLACE
    )
    differs = np.asarray(~same)
    for name in one.columns.intersection(two.columns):
        left, right = one[name].reindex(index), two[name].reindex(index)
        unlike = (left != right).fillna(value=True).to_numpy(dtype=bool)
        differs |= unlike & ~(left.isna() & right.isna()).to_numpy()
    return differs


def _facts(one: Mapping[str, Fact], two: Mapping[str, Fact]) -> dict[str, Fact]:
    """Compare the key figures; a text that changes is kept as each run has it."""
    facts: dict[str, Fact] = {}
    for name, fact in one.items():
        new = two.get(name)
        if new is None:
            facts[name] = fact
            continue
        is_text = isinstance(fact.value, str) or isinstance(new.value, str)
        if is_text and fact.value == new.value:
            facts[name] = new
            continue
        hidden = fact.hidden or new.hidden
        facts[name] = replace(fact, title=f"{fact.title}, uten scenario")
        facts[name + SCENARIO] = replace(
            new, title=f"{new.title}, med scenario", cell=_cell(new, SCENARIO)
        )
        if is_text:
            continue
        unknown = fact.value is None or new.value is None
        value = None if unknown else new.value - fact.value  # type: ignore[operator]  # numbers
        facts[name + CHANGE] = replace(
            new,
            title=f"{new.title}, endring",
            value=value,
            hidden=hidden,
            unit="prosentpoeng" if new.unit == "%" else new.unit,
            cell=_cell(new, CHANGE),
        )
    return facts


def _cell(fact: Fact, suffix: str) -> tuple[str, Hashable, str] | None:
    return (fact.cell[0], fact.cell[1], fact.cell[2] + suffix) if fact.cell else None


def _template(base: Mapping[str, Fact], facts: Mapping[str, Fact], name: str) -> str:
    """State the largest relative changes; numbers are put in later, after suppression."""
    moved = [
        (_relative(facts[key], change), key) for key, change in _changes(base, facts) if change
    ]
    quoted = name.replace("{", "{{").replace("}", "}}")
    if not moved:
        return f"Med {quoted} er alle nøkkeltallene som før."
    phrases = []
    for _, key in sorted(moved, key=lambda pair: -pair[0])[:_SENTENCE_FACTS]:
        title = base[key].title.replace("{", "{{").replace("}", "}}")
        title = title[:1].lower() + title[1:]
        unit = base[key].unit.replace("{", "{{").replace("}", "}}")
        unit = f"{HARD_SPACE if unit == '%' else ' '}{unit}" if unit else ""
        phrases.append(f"{title} fra {{{key}}} til {{{key}{SCENARIO}}}{unit}")
    rest = len(moved) - len(phrases)
    more = f"; {rest} andre nøkkeltall endres også" if rest else ""
    return f"Med {quoted} går {listed(phrases)}{more}."


def _parameter_findings(base: Result, other: Result) -> tuple[Finding, ...]:
    """Name parameters with different values: the difference is then not the scenario's alone."""
    before = {record["navn"]: record for record in base.parameters}
    after = {record["navn"]: record for record in other.parameters}
    findings = []
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name, {}).get("verdi"), after.get(name, {}).get("verdi")
        if old != new:
            title = (after.get(name) or before[name])["tittel"]
            values = f"er {value_text(old)} uten og {value_text(new)} med scenario"
            findings.append(
                Finding(
                    rule="parameter_ulik",
                    title="Ulik parameter",
                    status=Status.HIT_YELLOW,
                    severity=Severity.WARNING,
                    text=f"Parameteren «{title}» {values}; endringen har flere årsaker.",
                    action="Kjør begge med samme parametre.",
                )
            )
    return tuple(findings)


def _changes(
    base: Mapping[str, Fact], facts: Mapping[str, Fact]
) -> list[tuple[str, float | int | str | None]]:
    return [(key, facts[key + CHANGE].value) for key in base if key + CHANGE in facts]


def _relative(before: Fact, change: float | str | None) -> float:
    """Size of a change against what was; facts with text have no change."""
    return abs(float(change or 0)) / max(abs(float(before.value or 0)), 1e-9)


def _source_findings(base: Result, other: Result) -> tuple[Finding, ...]:
    """Name layers with different content: those that the scenario changes, if all is well."""
    before, after = _sources(base.provenance), _sources(other.provenance)
    findings = []
    for layer in dict.fromkeys((*before, *after)):
        old, new = before.get(layer), after.get(layer)
        if old is not None and new is not None and old.sha256 == new.sha256:
            continue
        title = (new or old).title  # type: ignore[union-attr]  # one of them has the layer
        how = "er endret" if old and new else "brukes bare med" if new else "brukes bare uten"
        text = f"Laget «{title}» {how} scenario."
        if old and new:
            text = f"Laget «{title}» har ulikt innhold uten og med scenario."
        findings.append(
            Finding(
                rule="kilde_ulik",
                title="Ulikt datagrunnlag",
                status=Status.HIT_YELLOW,
                severity=Severity.INFO,
                text=text,
                layer=layer,
                action="Kontroller at det er scenarioet som har endret laget.",
            )
        )
    return tuple(findings)


def _unmatched(base: Result, other: Result) -> tuple[Finding, ...]:
    """Name tables and map layers that only one of the runs has: they are not compared."""
    before, after = _parts(base), _parts(other)
    return tuple(
        Finding(
            rule="ikke_sammenlignet",
            title="Ikke sammenlignet",
            status=Status.NOT_RELEVANT,
            severity=Severity.WARNING,
            text=f"«{(before | after)[name]}» finnes bare i den ene kjøringen.",
        )
        for name in dict.fromkeys((*before, *after))
        if name not in before or name not in after
    )


def _new_findings(base: Result, other: Result) -> tuple[Finding, ...]:
    """Keep what must be looked at with the scenario only: it may be why nothing changes."""
    before = {(finding.rule, finding.row, finding.text) for finding in base.findings}
    return tuple(
        replace(finding, title=f"{finding.title} (med scenario)")
        for finding in other.findings
        if finding.severity is not Severity.INFO
        and (finding.rule, finding.row, finding.text) not in before
    )


def _parts(result: Result) -> dict[tuple[str, str], str]:
    tables = {("tabell", table.name): table.title for table in result.tables}
    return tables | {("kart", layer.name): layer.title for layer in result.layers}


def _sources(provenance: Provenance | None) -> dict[str, SourceRecord]:
    return {source.layer: source for source in provenance.sources} if provenance else {}


def _provenance(base: Provenance | None, other: Provenance | None) -> Provenance | None:
    """Keep the scenario's provenance, with the sources of both."""
    if base is None or other is None:
        return other or base
    sources = tuple(dict.fromkeys((*base.sources, *other.sources)))
    return replace(other, sources=sources, scenario=other.scenario or "scenario")
