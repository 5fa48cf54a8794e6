"""What a conversion or a stock is the sum of: products of at most three factors, each with a time.

A term is ``constant × a × b × c`` tonnes of a gas per hectare, where ``a``, ``b`` and ``c`` point
at factors. A total is spread evenly over its years (one year: all at once). A rate runs until its
years are over or what it takes from is used up. So a path, its sum, and both ways of finding the
uncertainty come from the same terms.

No double count. The organic soil of a conversion either leaves at once (the stock) or decays (the
rate), never both, and decay never takes more than the stock. A factor of the conversion itself
takes the place of the pool's stock and rate; one for ``samlet`` takes the place of all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from askergeo.carbon._rules import SHARE_OF_BEFORE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from askergeo.carbon.classes import LandClass
    from askergeo.carbon.factors import Factors

__all__ = ["Setting", "Term", "Terms", "change_terms", "stock_terms", "used_factors"]

# The factor that is always one, in front of the others; the depth of peat comes after them.
ONE: Final = -1
DRAINED: Final = (
    ("organisk_jord", "CO2"),
    ("opplost_karbon", "CO2"),
    ("organisk_jord", "CH4"),
    ("organisk_jord", "N2O"),
)


class Setting(NamedTuple):
    """What holds for all conversions: the mineral soil, and whether lost growth counts."""

    mineral_soil: str
    lost_growth: bool = False


class Term(NamedTuple):
    """One product. ``span`` is years; ``life`` is what a rate takes from, and how fast it goes."""

    pool: str
    gas: str
    constant: float
    factors: tuple[int, ...]
    rate: bool
    span: float
    stock: tuple[float, tuple[int, ...]] = (np.inf, ())
    drain: tuple[tuple[float, int], ...] = ()

    @property
    def at_once(self) -> bool:
        """Whether all of it comes in the first year."""
        return not self.rate and self.span == 1


class Terms:
    """The terms of several conversions, to be reckoned together.

    Parameters
    ----------
    lists
        The terms of each conversion.
    size
        Number of factors, the depth of peat included.
    """

    def __init__(self, lists: Sequence[Sequence[Term]], size: int) -> None:
        terms = [term for one in lists for term in one]
        self.terms = terms
        self.owner = np.repeat(np.arange(len(lists)), [len(one) for one in lists])
        self.count = len(lists)
        self.size = size
        self._constant = np.array([term.constant for term in terms])
        self._index = _padded([term.factors for term in terms], 3, size)
        self._rate = np.array([term.rate for term in terms], dtype=bool)
        self._span = np.array([term.span for term in terms])
        self._stock = np.array([term.stock[0] for term in terms])
        self._stock_index = _padded([term.stock[1] for term in terms], 2, size)
        self._drain = np.array([[*(c for c, _ in t.drain), 0, 0][:2] for t in terms]).reshape(-1, 2)
        self._drain_index = _padded([tuple(i for _, i in t.drain) for t in terms], 2, size)

    def cumulative(
        self, values: NDArray[np.float64], years: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Tonnes of gas per hectare up to and with each year.

        Parameters
        ----------
        values
            The factors, the depth last, (size, s): s sets of values.
        years
            Years after the conversion, (y,).

        Returns
        -------
        numpy.ndarray
            (t, y, s)
        """
        x = np.vstack([values, np.ones((1, values.shape[1]))])
        amount = self._constant[:, None] * x[self._index].prod(axis=1)
        drained = (self._drain[:, :, None] * x[self._drain_index]).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            life = self._stock[:, None] * x[self._stock_index].prod(axis=1) / drained
        # Nothing that drains lasts for ever, an empty stock no time at all.
        life = np.where(drained > 0, life, np.inf)
        share = np.minimum(years[None, :], self._span[:, None])
        spread = np.where(
            self._rate[:, None], share, share / np.where(self._rate, 1, self._span)[:, None]
        )
        lasting = np.where(
            self._rate[:, None, None],
            np.minimum(spread[:, :, None], life[:, None, :]),
            spread[:, :, None],
        )
        return np.asarray(amount[:, None, :] * lasting)


def _padded(rows: Sequence[tuple[int, ...]], width: int, size: int) -> NDArray[np.intp]:
    filled = [[*(size if i == ONE else i for i in row), *[size] * width][:width] for row in rows]
    return np.array(filled, dtype=np.intp).reshape(-1, width)


class _Builder:
    """Collects the terms of one conversion, and the factors that it lacks."""

    def __init__(self, factors: Factors, setting: Setting, depth: float | None) -> None:
        self.factors = factors
        self.setting = setting
        # A known depth is a number; else it is the factor after the last.
        self.depth = (1.0, len(factors.frame)) if depth is None else (depth, ONE)
        self.terms: list[Term] = []
        self.missing: list[str] = []
        self.columns = factors.columns

    def need(self, land: LandClass, pool: str, gas: str = "CO2") -> int | None:
        """Position of a factor; without one the class is noted as lacking it."""
        found = self.factors.find(land.line, pool, gas)
        if found is None:
            self.missing.append(f"klassen «{land.id}» har ingen faktor for {pool} ({gas})")
        return found

    def add(
        self,
        sign: float,
        i: int,
        *others: int,
        pool: str = "",
        stock: tuple[float, tuple[int, ...]] = (np.inf, ()),
        drain: tuple[tuple[float, int], ...] = (),
    ) -> None:
        """Add a term that begins with factor ``i`` and has its unit and horizon."""
        span = self.columns["aar"][i]
        rate = bool(self.columns["rate"][i])
        unknown = np.inf if rate else 1.0
        term = Term(
            pool=pool or str(self.columns["beholdning"][i]),
            gas=str(self.columns["gass"][i]),
            constant=sign * float(self.columns["tonn"][i]),
            factors=(i, *others),
            rate=rate,
            span=unknown if np.isnan(span) else float(span),
            stock=stock,
            drain=drain,
        )
        self.terms.append(term)

    def standing(self, land: LandClass, pool: str, sign: float) -> None:
        """Add the stock of a pool above the ground."""
        i = self.need(land, pool)
        if i is not None:
            self.add(sign, i)

    def mineral(self, land: LandClass, before: LandClass | None, sign: float) -> None:
        """Add the carbon of mineral soil under ``land``; built land has a share of ``before``'s."""
        soil = self.factors.soil(self.setting.mineral_soil)
        share = self.need(land, "mineraljord")
        if soil is None or share is None:
            return
        if self.columns["enhet"][share] == SHARE_OF_BEFORE and before is not None:
            old = self.need(before, "mineraljord")
            if old is not None:
                self.add(sign, soil, share, old)
        else:
            self.add(sign, soil, share)

    def peat(self, sign: float) -> None:
        """Add the whole stock of peat."""
        i = self.factors.soil("torv")
        if i is None:
            self.missing.append("torv har ingen faktor (jordtype «torv»)")
            return
        self.add(sign * self.depth[0], i, self.depth[1])

    def decay(self, land: LandClass, sign: float) -> None:
        """Add the yearly emission of drained peat, for as long as there is peat."""
        peat = self.factors.soil("torv")
        found = {key: self.need(land, *key) for key in DRAINED}
        if peat is None:
            self.missing.append("torv har ingen faktor (jordtype «torv»)")
            return
        stock = (float(self.columns["tonn"][peat]) * self.depth[0], (peat, self.depth[1]))
        drain = tuple(
            (float(self.columns["tonn"][i]), i)
            for key in DRAINED[:2]
            if (i := found[key]) is not None
        )
        for i in found.values():
            if i is not None:
                self.add(sign, i, stock=stock, drain=drain)


def stock_terms(
    land: LandClass, factors: Factors, setting: Setting, depth: float | None
) -> tuple[list[Term], list[str]]:
    """Carbon that stands in a class, and the factors that it lacks."""
    build = _Builder(factors, setting, depth)
    for pool in ("biomasse", "dod"):
        build.standing(land, pool, 1)
    if land.soil == "organisk":
        build.peat(1)
    else:
        build.mineral(land, None, 1)
    return build.terms, build.missing


def change_terms(
    before: LandClass,
    after: LandClass,
    factors: Factors,
    setting: Setting,
    *,
    depth: float | None,
    dug_out: bool,
) -> tuple[list[Term], list[str]]:
    """Emissions (positive) and uptake (negative) of a conversion, and the factors that it lacks."""
    build = _Builder(factors, setting, depth)
    if before.id == after.id:
        return [], []
    own = factors.pair(before.line, after.line)
    for i in own:
        build.add(1, i)
    given = {str(factors.columns["beholdning"][i]) for i in own}
    if "samlet" in given:
        return build.terms, []
    if "biomasse" not in given:
        build.standing(before, "biomasse", 1)
        _new_biomass(build, after)
    if "dod" not in given:
        build.standing(before, "dod", 1)
        build.standing(after, "dod", -1)
    if before.soil == "organisk":
        if "organisk_jord" not in given:
            _organic(build, before, after, dug_out=dug_out)
    elif "mineraljord" not in given:
        build.mineral(before, None, 1)
        build.mineral(after, before, -1)
    if setting.lost_growth and before.line[-1] == "skog":
        build.standing(before, "tilvekst", 1)
    return build.terms, build.missing


def _new_biomass(build: _Builder, after: LandClass) -> None:
    """Forest grows up to its stock; other vegetation is there after a year."""
    if after.line[-1] != "skog":
        build.standing(after, "biomasse", -1)
        return
    grown, growth = build.need(after, "biomasse"), build.need(after, "tilvekst")
    if grown is not None and growth is not None:
        tonnes = build.columns["tonn"]
        stock = (float(tonnes[grown]), (grown,))
        build.add(
            -1, growth, pool="biomasse", stock=stock, drain=((float(tonnes[growth]), growth),)
        )


def _organic(build: _Builder, before: LandClass, after: LandClass, *, dug_out: bool) -> None:
    """Peat that is dug out leaves at once; what stays decays if drained. The old decay ends."""
    if before.drained:
        build.decay(before, -1)
    if dug_out:
        build.peat(1)
    elif after.drained:
        build.decay(after, 1)


def used_factors(terms: Terms) -> list[int]:
    """Positions of the factors in use, the depth included, each once."""
    found: set[int] = set()
    for term in terms.terms:
        found.update(term.factors, term.stock[1], (i for _, i in term.drain))
    return sorted(found - {ONE})
