"""Carry out a mapping: filter rows, find values, look up codes, give every column its type."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo._avvik import KEPT, REPAIRED, SET_ASIDE, join_avvik, make_avvik, row_numbers
from askergeo._text import repair_code

if TYPE_CHECKING:
    from collections.abc import Mapping as AnyMapping

    from numpy.typing import NDArray

    from askergeo.catalogue import Layer, LayerColumn
    from askergeo.sources.mapping import ColumnRule, Conditions, Mapping

__all__ = ["Mapped", "apply_rules", "as_text"]

_TRUE: Final = frozenset({"true", "ja", "j", "yes", "1", "t", "sann"})
_FALSE: Final = frozenset({"false", "nei", "n", "no", "0", "f", "usann"})
_DATE: Final = re.compile(r"(?P<y>\d{4})[-/.]?(?P<m>\d\d)[-/.]?(?P<d>\d\d)(?:[T ].*|Z.*|[+]\d.*)?")
_NORWEGIAN_DATE: Final = re.compile(r"(?P<d>\d\d?)\.(?P<m>\d\d?)\.(?P<y>\d{4})")
# Whole numbers up to here are exact in a 64-bit float.
_EXACT: Final = 2**53
_DTYPES: Final[dict[str, Any]] = {
    "tekst": "str",
    "heltall": "Int64",
    "desimal": "float64",
    "dato": "datetime64[us]",
    "boolsk": "boolean",
}


class Mapped(NamedTuple):
    """Rows in the catalogue's schema, deviations, and the number of rows the filter left out."""

    frame: pd.DataFrame
    avvik: gpd.GeoDataFrame
    filtered: int


class _Faults:
    """Remarks on rows, and which rows cannot be used."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._spatial = (
            isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None
        )
        self._frame: gpd.GeoDataFrame = frame
        self.crs = self._frame.crs if self._spatial else None
        self._parts: list[gpd.GeoDataFrame] = []
        self.unusable = np.zeros(len(frame), dtype=bool)

    def add(self, mask: NDArray[np.bool_], rule: str, texts: list[str], *, required: bool) -> None:
        """Record values that could not be used; without a required value the row is set aside."""
        # A row is set aside once, whatever the number of its faults.
        first = mask & ~self.unusable
        action = SET_ASIDE if required else KEPT
        chosen = [text for text, one in zip(texts, first[mask], strict=True) if one]
        self._record(first, rule, chosen, action)
        if required:
            self.unusable = self.unusable | mask

    def repaired(self, mask: NDArray[np.bool_], texts: list[str]) -> None:
        """Record values that were put right."""
        self._record(mask, "tegnfeil", texts, REPAIRED)

    def _record(self, mask: NDArray[np.bool_], rule: str, texts: list[str], action: str) -> None:
        if mask.any():
            places = None
            if self._spatial:
                places = np.asarray(self._frame.geometry.array, dtype=object)[mask]
            rows = row_numbers(self._frame)[mask]
            part = make_avvik(rows, rule, texts, action, places=places, crs=self.crs)
            self._parts.append(part)

    def table(self) -> gpd.GeoDataFrame:
        """All remarks, in the order of the rows."""
        return join_avvik(self._parts, self.crs)


def apply_rules(frame: pd.DataFrame, layer: Layer, mapping: Mapping) -> Mapped:
    """Carry out a mapping that fits the layer and the frame."""
    taken = _any_holds(frame, mapping.keep) if mapping.keep else np.ones(len(frame), dtype=bool)
    taken = taken & ~_any_holds(frame, mapping.drop)
    chosen = frame[taken]
    faults = _Faults(chosen)
    by_fold = {str(name).casefold(): str(name) for name in reversed(list(chosen.columns))}
    columns: dict[str, pd.Series] = {}
    for name, column in layer.columns.items():
        values, known = _values(chosen, name, mapping.columns.get(name), by_fold, faults)
        if column.codes is not None and values is not None:
            values = _coded(values, known, column, faults)
        columns[name] = _typed(values, column, faults, chosen.index)
    result = pd.DataFrame(columns, index=chosen.index)[~faults.unusable]
    avvik = faults.table()
    for name in layer.generated:
        result[name] = _generated(result[name], layer.columns[name])
    if faults.crs is not None:
        spatial: gpd.GeoDataFrame = chosen[~faults.unusable]
        geometry = _shaped(np.asarray(spatial.geometry.array, dtype=object), mapping.geometry)
        result = gpd.GeoDataFrame(result, geometry=geometry, crs=faults.crs)
    return Mapped(result, avvik, int((~taken).sum()))


def as_text(values: pd.Series) -> pd.Series:
    """Write values the way a mapping file names them: 500.0 is ``500``, a truth ``true``.

    Examples
    --------
    >>> as_text(pd.Series([500.0, 2.5])).tolist(), as_text(pd.Series([True])).tolist()
    (['500', '2.5'], ['true'])
    """
    # The stubs of pandas know too few types for a column of any type.
    column: Any = values
    if pd.api.types.is_bool_dtype(values):
        texts = column.map({True: "true", False: "false"}).astype("str")
    elif pd.api.types.is_float_dtype(values):
        plain = column.astype("float64")
        whole = plain.notna() & (plain == plain.round()) & (plain.abs() < _EXACT)
        texts = plain.astype("str").mask(whole, plain.where(whole, 0).astype("int64").astype("str"))
    else:
        texts = column.astype("str").str.strip()
    return pd.Series(texts.where(column.notna() & (texts != "")), index=values.index, dtype="str")


def _matches(values: pd.Series, wanted: tuple[str | None, ...]) -> NDArray[np.bool_]:
    texts = as_text(values)
    present = texts.notna().to_numpy(dtype=bool)
    if "*" in wanted:
        return present
    named = [one for one in wanted if one is not None]
    hit = texts.isin(named).to_numpy(dtype=bool)
    return hit | ~present if None in wanted else hit


def _values(
    frame: pd.DataFrame,
    name: str,
    rule: ColumnRule | None,
    by_fold: AnyMapping[str, str],
    faults: _Faults,
) -> tuple[pd.Series | None, NDArray[np.bool_]]:
    """Find the values of a column; the mask tells which are catalogue values already."""
    known = np.zeros(len(frame), dtype=bool)
    if rule is None:
        source = by_fold.get(name.casefold())
        return (frame[source] if source else None), known
    if rule.running is not None:
        numbers = pd.Series(np.arange(1, len(frame) + 1), index=frame.index)
        return rule.running + as_text(numbers), known
    if rule.constant is not None:
        return pd.Series([rule.constant] * len(frame), index=frame.index), ~known
    if rule.rules:
        return _by_rules(frame, rule)
    values = frame[rule.sources[0]]
    for other in rule.sources[1:]:
        values = as_text(values).fillna(as_text(frame[other]))
    if rule.factor is not None:
        numbers = pd.to_numeric(as_text(values).str.replace(",", "."), errors="coerce")
        # Rounded to a billionth so that 0.15 × 1000 is 150 and not 150.00000000000003.
        values = (numbers * rule.factor).round(rule.decimals).where(numbers.notna(), values)
    if rule.regex or rule.codes or rule.otherwise is not None or rule.lenient:
        return _looked_up(as_text(values), name, rule, faults)
    return values, known


def _by_rules(frame: pd.DataFrame, rule: ColumnRule) -> tuple[pd.Series, NDArray[np.bool_]]:
    values = pd.Series([rule.otherwise] * len(frame), index=frame.index, dtype=object)
    decided = np.zeros(len(frame), dtype=bool)
    for conditions, value in rule.rules:
        hit = _holds(frame, conditions) & ~decided
        values[hit] = value
        decided |= hit
    return values, values.notna().to_numpy(dtype=bool)


def _holds(frame: pd.DataFrame, conditions: Conditions) -> NDArray[np.bool_]:
    hit = np.ones(len(frame), dtype=bool)
    for name, wanted in conditions.items():
        hit &= _matches(frame[name], wanted)
    return hit


def _any_holds(frame: pd.DataFrame, choices: tuple[Conditions, ...]) -> NDArray[np.bool_]:
    hit = np.zeros(len(frame), dtype=bool)
    for conditions in choices:
        hit |= _holds(frame, conditions)
    return hit


def _looked_up(
    texts: pd.Series, name: str, rule: ColumnRule, faults: _Faults
) -> tuple[pd.Series, NDArray[np.bool_]]:
    present = texts.notna()
    found = texts
    if rule.regex:
        pattern = rule.regex if re.compile(rule.regex).groups else f"({rule.regex})"
        found = texts.str.extract(pattern, expand=True)[0]
    answers: dict[str, object] = {}
    repaired: dict[str, str] = {}
    for value in found.dropna().unique():
        if value in rule.codes:
            answers[value] = rule.codes[value]
        elif (better := repair_code(value, rule.codes)) is not None:
            answers[value], repaired[value] = rule.codes[better], better
    _report_repairs(found, name, repaired, faults)
    known = found.isin(list(answers)).to_numpy(dtype=bool)
    result = found.astype(object)
    result[known] = found[known].map(answers)
    if rule.otherwise is not None:
        rest = present.to_numpy(dtype=bool) & ~known
        result[rest] = rule.otherwise
        return result, known | rest
    if rule.lenient:
        # With codes, only what they name is known; with an expression alone, what it matches.
        return (result.where(known, None) if rule.codes else result), known
    # What the expression does not match is handed on as it stands, to be reported.
    unmatched = (present & found.isna()).to_numpy(dtype=bool)
    result[unmatched] = texts[unmatched]
    return result, known


def _report_repairs(
    texts: pd.Series, name: str, repaired: AnyMapping[str, str], faults: _Faults
) -> None:
    mended = texts.isin(list(repaired)).to_numpy(dtype=bool)
    sentences = [f"«{one}» i «{name}» er lest som «{repaired[one]}»." for one in texts[mended]]
    faults.repaired(mended, sentences)


def _coded(
    values: pd.Series, known: NDArray[np.bool_], column: LayerColumn, faults: _Faults
) -> pd.Series:
    """Look values up among the codes and their labels; damaged ones are repaired when certain."""
    codes = column.codes or {}
    by_name = {str(label).casefold(): code for code, label in codes.items()}
    by_name |= {str(code).casefold(): code for code in codes}
    texts = as_text(values)
    answers: dict[str, object] = {}
    repaired: dict[str, str] = {}
    for value in texts[~known].dropna().unique():
        code = by_name.get(value.casefold())
        if code is None:
            labels = [str(label) for label in codes.values()]
            better = repair_code(value, labels)
            if better is not None:
                code, repaired[value] = by_name[better.casefold()], better
        if code is not None:
            answers[value] = code
    mended = texts.isin(list(repaired)).to_numpy(dtype=bool) & ~known
    faults.repaired(
        mended,
        [
            f"«{value}» i «{column.name}» er lest som «{repaired[value]}»."
            for value in texts[mended]
        ],
    )
    found = texts.isin(list(answers)).to_numpy(dtype=bool) & ~known
    result = values.astype(object).copy()
    result[found] = texts[found].map(answers)
    unknown = texts.notna().to_numpy(dtype=bool) & ~known & ~found
    texts_unknown = [f"«{value}» er ikke en kode for «{column.name}»." for value in texts[unknown]]
    faults.add(unknown, "ukjent_kode", texts_unknown, required=column.required)
    result[unknown] = None
    return result


def _typed(
    values: pd.Series | None,
    column: LayerColumn,
    faults: _Faults,
    index: pd.Index,
) -> pd.Series:
    dtype = _DTYPES.get(column.type)
    if values is None:
        return pd.Series([None] * len(index), index=index, dtype=dtype or object)
    if dtype is None:
        return values
    texts = as_text(values)
    converted: pd.Series = _CONVERT[column.type](texts, values)
    wrong = (texts.notna() & converted.isna()).to_numpy(dtype=bool)
    if column.type in ("heltall", "desimal"):
        numbers = converted.astype("float64")
        low, high = column.minimum, column.maximum
        outside = pd.Series(data=False, index=index)
        if low is not None:
            outside = outside | (numbers < low)
        if high is not None:
            outside = outside | (numbers > high)
        wrong = wrong | outside.to_numpy(dtype=bool)
    sentences = [
        f"«{value}» kan ikke stå i «{column.name}» ({column.type})." for value in texts[wrong]
    ]
    faults.add(wrong, "ugyldig_verdi", sentences, required=column.required)
    typed: pd.Series = converted.mask(wrong).astype(dtype)
    return typed


def _to_text(texts: pd.Series, values: pd.Series) -> pd.Series:
    if pd.api.types.is_bool_dtype(values):
        return texts.map({"true": "ja", "false": "nei"})
    return texts


def _to_integer(texts: pd.Series, _: pd.Series) -> pd.Series:
    # Through text and not through float, so that ids of 17 digits keep every digit.
    plain = texts.str.replace(r"^(-?\d+)[.,]0+$", r"\1", regex=True)
    good = plain.str.fullmatch(r"-?\d{1,18}").fillna(value=False).astype(bool)
    return plain.where(good).map(int, na_action="ignore").astype("Int64")


def _to_decimal(texts: pd.Series, _: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(texts.str.replace(",", "."), errors="coerce").astype("float64")
    return numbers.where(np.isfinite(numbers))


def _to_date(texts: pd.Series, values: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(values):
        local = values.dt.tz_convert("Europe/Oslo").dt.tz_localize(None) if values.dt.tz else values
        return local.astype("datetime64[us]")
    parts = texts.str.extract(f"^{_DATE.pattern}$", expand=True)
    norwegian = texts.str.extract(f"^{_NORWEGIAN_DATE.pattern}$", expand=True)
    parts = parts.fillna(norwegian)
    written = parts["y"] + "-" + parts["m"].str.zfill(2) + "-" + parts["d"].str.zfill(2)
    return pd.to_datetime(written, errors="coerce", format="%Y-%m-%d").astype("datetime64[us]")


def _to_truth(texts: pd.Series, _: pd.Series) -> pd.Series:
    words = dict.fromkeys(_TRUE, True) | dict.fromkeys(_FALSE, False)
    return texts.str.lower().map(words).astype("boolean")


_CONVERT: Final[dict[str, Any]] = {
    "tekst": _to_text,
    "heltall": _to_integer,
    "desimal": _to_decimal,
    "dato": _to_date,
    "boolsk": _to_truth,
}


def _generated(values: pd.Series, column: LayerColumn) -> pd.Series:
    """Fill a key with running numbers where the source has none."""
    if values.notna().all():
        return values
    numbers = pd.Series(np.arange(1, len(values) + 1), index=values.index)
    if values.isna().all():
        numbered: pd.Series = numbers.astype(_DTYPES.get(column.type, "Int64"))
        return numbered
    start = 0
    if column.type == "heltall":
        start = int(values.max())
    filled = (numbers + start).astype(_DTYPES.get(column.type, "Int64"))
    return values.fillna(filled)


def _shaped(geometry: NDArray[np.object_], kind: str) -> NDArray[np.object_]:
    """Make points or lines of polygons when the mapping asks for it."""
    if not kind:
        return geometry
    shaped = geometry.copy()
    area = shapely.get_dimensions(geometry) == 2  # noqa: PLR2004  (two-dimensional)
    if kind == "punkt":
        shaped[area] = shapely.point_on_surface(shapely.make_valid(geometry[area]))
    else:
        shaped[area] = shapely.boundary(geometry[area])
    return shaped
