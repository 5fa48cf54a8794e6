"""The filters of the national DOK configuration: a small language, parsed and never executed.

``Verdikategori = 'Stor verdi'``, ``gjentaksintervall IN (20, 200, 2100)``, ``LIKE``, ``BETWEEN``,
``IS NULL``, with ``AND``, ``OR``, ``NOT`` and parentheses, as SQL means them: a comparison with a
missing value is unknown, and a row is taken only when the whole is true.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from askergeo.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

__all__ = ["Filter", "FilterError", "Test", "parse_filter", "unknown_values"]

LONGEST: Final = 4096
DEEPEST: Final = 32
Literal = str | float | bool
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<quoted>\"[^\"]+\")|(?P<number>[+-]?\d+(?:\.\d+)?)"
    r"|(?P<name>[^\W\d][\w.]*)|(?P<sign><=|>=|<>|!=|[=<>(),]))"
)
_COMPARE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}


class FilterError(CatalogueError):
    """A filter cannot be read, or does not fit the layer."""


@dataclass(frozen=True)
class Test:
    """One comparison: ``how`` is an operator, ``IN``, ``LIKE``, ``BETWEEN`` or ``NULL``."""

    __test__ = False  # not a test of pytest's

    column: str
    how: str
    literals: tuple[Literal, ...] = ()


@dataclass(frozen=True)
class _Join:
    how: str  # AND, OR, NOT
    parts: tuple[_Join | Test, ...]


@dataclass(frozen=True)
class Filter:
    """A parsed filter; made by :func:`parse_filter`."""

    text: str
    root: _Join | Test

    @property
    def tests(self) -> tuple[Test, ...]:
        """Its comparisons, in the order in which they stand."""
        return tuple(_tests(self.root))

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that it names, each once."""
        return tuple(dict.fromkeys(test.column for test in self.tests))

    def mask(
        self,
        frame: pd.DataFrame,
        *,
        names: Mapping[str, str] | None = None,
        codes: Mapping[str, Mapping[Any, str]] | None = None,
    ) -> NDArray[np.bool_]:
        """Tell which rows are taken.

        Parameters
        ----------
        frame
            The rows.
        names
            The filter's name of a column → the frame's.
        codes
            Code → label of the frame's columns; the filter may use either.

        Raises
        ------
        FilterError
            When a column is absent, or a value is of another type than the column.

        Examples
        --------
        >>> rows = pd.DataFrame({"verdi": ["stor", "noe", None]})
        >>> chosen = parse_filter("Verdi = 'Stor verdi'")
        >>> labels = {"verdi": {"stor": "Stor verdi", "noe": "Noe verdi"}}
        >>> chosen.mask(rows, names={"Verdi": "verdi"}, codes=labels).tolist()
        [True, False, False]
        """

        def values_of(name: str) -> tuple[pd.Series, Mapping[Any, str]]:
            column = (names or {}).get(name, name)
            if column not in frame:
                raise FilterError(
                    f"Filteret «{self.text}» bruker kolonnen «{name}», som laget ikke har.",
                    remedy="Ta kolonnen med når laget legges i datapakken.",
                )
            return frame[column], (codes or {}).get(column, {})

        taken = _evaluate(self.root, values_of, self.text)
        return np.asarray(taken.fillna(value=False).to_numpy(dtype=bool))


def parse_filter(text: str) -> Filter:
    """Parse a filter.

    Raises
    ------
    FilterError
        When it is not in the language, too long or too deep; the message says where.

    Examples
    --------
    >>> parse_filter("vernetype = 'AUT' AND kategori IN ('E-ARK', 'E-BER')").columns
    ('vernetype', 'kategori')
    """
    if len(text) > LONGEST:
        raise FilterError(f"Filteret er på {len(text)} tegn; {LONGEST} er det meste som leses.")
    parser = _Parser(text)
    root = parser.any_of(0)
    parser.end()
    return Filter(text, root)


def _tests(node: _Join | Test) -> Iterator[Test]:
    if isinstance(node, Test):
        yield node
    else:
        for part in node.parts:
            yield from _tests(part)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[str, str, int]] = []
        at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None or found.lastgroup is None:
                raise self._error(at)
            kind = found.lastgroup
            self._tokens.append((kind, found[kind], found.start(kind)))
            at = found.end()
        self._at = 0

    def any_of(self, depth: int) -> _Join | Test:
        if depth > DEEPEST:
            raise FilterError(f"Filteret «{self._text[:60]} …» har for mange parenteser.")
        parts = [self._all_of(depth)]
        while self._word("OR"):
            parts.append(self._all_of(depth))
        return parts[0] if len(parts) == 1 else _Join("OR", tuple(parts))

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise self._error()

    def _all_of(self, depth: int) -> _Join | Test:
        parts = [self._one(depth)]
        while self._word("AND"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else _Join("AND", tuple(parts))

    def _one(self, depth: int) -> _Join | Test:
        if self._word("NOT"):
            if depth > DEEPEST:
                raise FilterError(f"Filteret «{self._text[:60]} …» er for dypt.")
            return _Join("NOT", (self._one(depth + 1),))
        if self._sign("("):
            inner = self.any_of(depth + 1)
            self._need(")")
            return inner
        return self._test()

    def _test(self) -> _Join | Test:
        kind, word, _ = self._next()
        if kind not in ("name", "quoted"):
            raise self._error(back=True)
        column = word.strip('"')
        if self._word("IS"):
            negated = self._word("NOT")
            if not self._word("NULL"):
                raise self._error()
            return _negated(Test(column, "NULL"), negated)
        negated = self._word("NOT")
        if self._word("IN"):
            return _negated(Test(column, "IN", self._list()), negated)
        if self._word("LIKE"):
            return _negated(Test(column, "LIKE", (str(self._literal()),)), negated)
        if self._word("BETWEEN"):
            low = self._literal()
            if not self._word("AND"):
                raise self._error()
            return _negated(Test(column, "BETWEEN", (low, self._literal())), negated)
        kind, sign, _ = self._next()
        sign = "<>" if sign == "!=" else sign
        if negated or sign not in _COMPARE:
            raise self._error(back=True)
        return Test(column, sign, (self._literal(),))

    def _list(self) -> tuple[Literal, ...]:
        self._need("(")
        values = [self._literal()]
        while self._sign(","):
            values.append(self._literal())
        self._need(")")
        return tuple(values)

    def _literal(self) -> Literal:
        kind, word, _ = self._next()
        if kind == "text":
            return word[1:-1].replace("''", "'")
        if kind == "number":
            return float(word) if "." in word else int(word)
        if kind == "name" and word.lower() in ("true", "false"):
            return word.lower() == "true"
        raise self._error(back=True)

    def _next(self) -> tuple[str, str, int]:
        if self._at >= len(self._tokens):
            raise self._error()
        self._at += 1
        return self._tokens[self._at - 1]

    def _word(self, word: str) -> bool:
        return self._take(lambda kind, given: kind == "name" and given.upper() == word)

    def _sign(self, sign: str) -> bool:
        return self._take(lambda kind, given: kind == "sign" and given == sign)

    def _take(self, fits: Callable[[str, str], bool]) -> bool:
        found = self._at < len(self._tokens) and fits(*self._tokens[self._at][:2])
        self._at += found
        return found

    def _need(self, sign: str) -> None:
        if not self._sign(sign):
            raise self._error()

    def _error(self, at: int | None = None, *, back: bool = False) -> FilterError:
        if at is None:
            number = self._at - back
            at = self._tokens[number][2] if number < len(self._tokens) else len(self._text)
        rest = self._text[at : at + 20].strip() or "slutten"
        return FilterError(
            f"Filteret «{self._text}» kan ikke leses ved tegn {at + 1}: «{rest}».",
            remedy="Filtre skrives som «kolonne = 'verdi'», med IN, LIKE, AND, OR og NOT.",
        )


def _negated(test: Test, negated: bool) -> _Join | Test:
    return _Join("NOT", (test,)) if negated else test


def _evaluate(
    node: _Join | Test,
    values_of: Callable[[str], tuple[pd.Series, Mapping[Any, str]]],
    text: str,
) -> pd.Series:
    """Give true, false or missing (unknown) a row; nullable booleans reckon as SQL does."""
    if isinstance(node, Test):
        values, codes = values_of(node.column)
        return _tested(node, values, codes, text)
    parts = [_evaluate(part, values_of, text) for part in node.parts]
    if node.how == "NOT":
        inverse: pd.Series = ~parts[0]
        return inverse
    result = parts[0]
    for part in parts[1:]:
        result = result & part if node.how == "AND" else result | part
    return result


def _tested(test: Test, values: pd.Series, codes: Mapping[Any, str], text: str) -> pd.Series:
    missing = values.isna()
    if test.how == "NULL":
        return missing.astype("boolean")
    if test.how == "LIKE":
        pattern = _like(str(test.literals[0]))
        labels = values.map(codes).where(values.isin(list(codes)), values) if codes else values
        found = labels.astype("string").str.fullmatch(pattern)
        return found.astype("boolean").mask(missing)
    wanted = [_as_column(value, values, codes, text) for value in test.literals]
    if test.how == "IN":
        return values.isin(wanted).astype("boolean").mask(missing)
    if test.how == "BETWEEN":
        inside = values.ge(wanted[0]) & values.le(wanted[1])
        return inside.astype("boolean").mask(missing)
    compared: pd.Series = _COMPARE[test.how](values, wanted[0])
    return compared.astype("boolean").mask(missing)


def _like(pattern: str) -> str:
    return "(?s)" + "".join({"%": ".*", "_": "."}.get(c, re.escape(c)) for c in pattern)


def _as_column(value: Literal, column: pd.Series, codes: Mapping[Any, str], text: str) -> Any:  # noqa: ANN401
    """Return a value of the filter as one of the column: a label becomes its code."""
    for code, label in codes.items():
        if value == label:
            return code
    try:
        if pd.api.types.is_bool_dtype(column.dtype):
            return _BOOLEANS[str(value).lower()]
        if pd.api.types.is_numeric_dtype(column.dtype):
            return float(value)
        if pd.api.types.is_datetime64_any_dtype(column.dtype):
            return pd.Timestamp(str(value))
    except (KeyError, ValueError):
        raise FilterError(
            f"Filteret «{text}» sammenlikner «{column.name}» med {value!r}, "
            "men kolonnen har en annen type."
        ) from None
    return str(value)


def unknown_values(test: Test, codes: Mapping[Any, str]) -> tuple[Literal, ...]:
    """Values of an equality that a code list has neither as code nor as label."""
    if test.how not in ("=", "IN") or not codes:
        return ()
    known = {str(name) for pair in codes.items() for name in pair}
    return tuple(value for value in test.literals if str(value) not in known)
