"""Emissions when land changes class, in the first year and the years that follow.

Methods: the stock-difference method of the IPCC's 2006 Guidelines volume 4 chapter 2 (equations
2.5 and 2.25), the emission factors of drained organic soils of the 2013 Wetlands Supplement
chapter 2, and sums of gases by their global warming potential.

Emission is positive and uptake negative throughout, in tonnes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from askergeo.carbon._frames import FATES, Key, conversions_of, depths_of, unique_rows
from askergeo.carbon._shared import (
    Depth,
    by_owner,
    check_missing,
    depth_of,
    levels_of,
    placeholders,
    setting_of,
)
from askergeo.carbon._terms import Setting, Terms, change_terms, used_factors
from askergeo.carbon.classes import load_classes
from askergeo.carbon.factors import factor_warnings
from askergeo.errors import ParameterError
from askergeo.parameters import Parameter, Parameters, value_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.carbon._terms import Term
    from askergeo.carbon.factors import Factors

__all__ = ["Emissions", "change", "soil_range"]

MAX_YEARS: Final = 500
ORGANIC_POOLS: Final = ("organisk_jord", "opplost_karbon")


class _Path(NamedTuple):
    """The factors at their value (k, 1), and the years of the path."""

    centre: NDArray[np.float64]
    span: NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, eq=False)  # frames have no single answer to ==
class Emissions:
    """Emissions of conversions; positive is emission, tonnes of CO2 equivalents unless said.

    Parameters
    ----------
    rows
        Index of the conversions: ``fra``, ``til``, ``areal_ha``, ``engang_t`` (what comes in the
        first year alone), ``per_aar_t`` (the sum over the years of all that comes yearly),
        ``sum_t``, ``organisk_t`` (the part of the sum that is from organic soil), and
        ``plassholdere`` (ids of placeholder factors behind the row).
    paths
        Same index, one column a year (1, 2 …): t CO2e that year.
    parts
        One row for each conversion, pool, gas and horizon: ``rad`` (label of the conversion),
        ``beholdning``, ``gass``, ``horisont``, ``gass_t`` (tonnes of the gas) and ``sum_t``.
    path
        Index year: ``engang_t``, ``per_aar_t``, ``sum_t`` and ``samlet_t`` (the sum so far).
    years
        Length of the path.
    factors
        The factors that were used.
    used
        Ids of the factors behind the numbers.
    parameters
        What was chosen, with range and source.
    """

    rows: pd.DataFrame
    paths: pd.DataFrame
    parts: pd.DataFrame
    path: pd.DataFrame
    years: int
    factors: Factors
    used: tuple[str, ...]
    parameters: Parameters
    terms: Terms = field(repr=False)
    areas: NDArray[np.float64] = field(repr=False)
    levels: NDArray[np.float64] = field(repr=False)

    @property
    def total(self) -> float:
        """Sum over all conversions and years, t CO2e."""
        return float(self.rows["sum_t"].sum())

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """Placeholders in use and uncertain choices, in bokmål."""
        return (*factor_warnings(self.factors, self.used), *self.parameters.warnings())

    def totals(
        self, values: NDArray[np.float64], by_year: NDArray[np.float64] | None = None
    ) -> NDArray[np.float64]:
        """Total for each of ``s`` sets of factor values (k, s): t CO2e, (s,).

        ``by_year`` (one weight for each year of the path) gives a weighted sum of the years'
        emissions in the total's place.
        """
        terms, weights = self._merged
        if by_year is None:
            last = np.array([float(self.years)])
            return np.asarray(weights @ terms.cumulative(values, last)[:, 0, :])
        until = terms.cumulative(values, np.arange(1.0, self.years + 1))
        summed = np.tensordot(weights, until, axes=1)
        return np.asarray(by_year @ np.diff(summed, axis=0, prepend=0.0))

    @cached_property
    def _merged(self) -> tuple[Terms, NDArray[np.float64]]:
        """Terms that differ by their constant alone, put together over all conversions."""
        weights = self.areas[self.terms.owner] * _potentials(self.terms, self.factors)
        sums: dict[Term, float] = {}
        for weight, term in zip(weights, self.terms.terms, strict=True):
            alike = term._replace(pool="", constant=1.0)
            sums[alike] = sums.get(alike, 0.0) + float(weight) * term.constant
        return Terms([list(sums)], self.terms.size), np.array(list(sums.values()))


def change(
    conversions: pd.DataFrame,
    factors: Factors,
    *,
    mineral_soil: str,
    years: int = 20,
    peat_depth_m: float | Depth | None = None,
    peat: str = "graves_ut",
    lost_growth: bool = False,
) -> Emissions:
    """Emissions of land that changes class, in the first year and the years that follow.

    Parameters
    ----------
    conversions
        ``fra``, ``til`` and one of ``areal_daa``, ``areal_ha`` and ``areal_m2``; ``torvdybde_m``
        and ``torv`` may give the depth and the fate of the peat of each row, and ``tegn`` −1
        that the change is one that is spared: its area and emissions are subtracted.
    factors
        From :func:`askergeo.carbon.factors.load_factors`.
    mineral_soil
        The IPCC's class of mineral soil, which no Norwegian map gives.
    years
        Length of the path. Mineral soil and litter change over 20 years; drained peat emits for
        as long as there is peat.
    peat_depth_m
        Depth of peat in metres where the rows do not say it.
    peat
        What happens to peat under land that is built on: ``graves_ut`` (dug out, and all of it
        counted as emitted in the first year) or ``dreneres`` (stays, and decays).
    lost_growth
        Whether the growth that felled forest would have had is counted too.

    Raises
    ------
    DataQualityError
        When a class is unknown, an area, a depth or a factor is missing, or mineral soil is to
        become organic or the other way.
    ParameterError
        When a parameter has a value that is not allowed.

    Examples
    --------
    >>> from askergeo.carbon import load_factors
    >>> one = pd.DataFrame({"fra": ["myr"], "til": ["bebygd_tett"], "areal_daa": [10.0]})
    >>> result = change(one, load_factors(), mineral_soil="spodisk", peat_depth_m=1.0)
    >>> round(result.total, 1), round(502 * 44 / 12, 1)
    (1840.7, 1840.7)
    """
    if not 1 <= years <= MAX_YEARS:
        raise ParameterError(f"Antall år = {years} skal være fra 1 til {MAX_YEARS}.")
    setting = setting_of(factors, mineral_soil, lost_growth=lost_growth)
    depth = depth_of(peat_depth_m)
    table = conversions_of(conversions, peat)
    depths = depths_of(conversions, table.organic, known=depth is not None)
    keys, codes = unique_rows(map(Key, table.before, depths, table.after, table.dug_out))
    classes = load_classes()
    built = [
        change_terms(
            classes[key.before],
            classes[key.after],
            factors,
            setting,
            depth=key.depth,
            dug_out=key.dug_out,
        )
        for key in keys
    ]
    check_missing(built)
    terms = Terms([one for one, _ in built], len(factors.frame) + 1)
    used = [factors.frame.index[i] for i in used_factors(terms) if i < len(factors.frame)]
    levels = levels_of(factors, depth)
    rows, paths, parts = _tables(
        table.frame, codes, terms, factors, _Path(levels[:1].T, np.arange(1, years + 1))
    )
    rows["plassholdere"] = placeholders(terms, factors)[codes]
    return Emissions(
        rows=rows,
        paths=paths,
        parts=parts,
        path=_path(rows, paths),
        years=years,
        factors=factors,
        used=tuple(used),
        parameters=_parameters(factors, setting, depth, peat, years),
        terms=terms,
        areas=np.bincount(codes, weights=rows["areal_ha"], minlength=len(keys)).astype("float64"),
        levels=levels,
    )


def soil_range(
    conversions: pd.DataFrame,
    factors: Factors,
    *,
    years: int = 20,
    peat_depth_m: float | Depth | None = None,
    peat: str = "graves_ut",
    lost_growth: bool = False,
) -> pd.Series:
    """Total emission, t CO2e, for each class of mineral soil that the zone has.

    The class is not known, so a total is to be shown with the smallest and largest of these.
    """
    found = {
        soil: change(
            conversions,
            factors,
            mineral_soil=soil,
            years=years,
            peat_depth_m=peat_depth_m,
            peat=peat,
            lost_growth=lost_growth,
        ).total
        for soil in factors.soil_types
    }
    return pd.Series(found, name="sum_t", dtype="float64")


def _potentials(terms: Terms, factors: Factors) -> NDArray[np.float64]:
    return np.array([factors.gwp[term.gas] for term in terms.terms])


def _tables(
    frame: pd.DataFrame, codes: NDArray[np.intp], terms: Terms, factors: Factors, path: _Path
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Rows, paths and parts of :class:`Emissions`."""
    gas = terms.cumulative(path.centre, path.span.astype("float64"))[:, :, 0]
    co2e = gas * _potentials(terms, factors)[:, None]
    area = frame["areal_ha"].to_numpy()
    at_once = np.array([term.at_once for term in terms.terms], dtype=bool)[:, None]
    first = by_owner(terms, np.where(at_once, co2e, 0.0))[:, -1]
    later = by_owner(terms, np.where(at_once, 0.0, co2e))[:, -1]
    rows = frame.assign(engang_t=first[codes] * area, per_aar_t=later[codes] * area)
    rows["sum_t"] = rows["engang_t"] + rows["per_aar_t"]
    peat = np.array([term.pool in ORGANIC_POOLS for term in terms.terms], dtype=bool)[:, None]
    rows["organisk_t"] = by_owner(terms, np.where(peat, co2e, 0.0))[codes, -1] * area
    yearly = np.diff(by_owner(terms, co2e), axis=1, prepend=0.0)
    paths = pd.DataFrame(yearly[codes] * area[:, None], index=frame.index, columns=path.span)
    return rows, paths, _parts(frame, codes, terms, gas[:, -1], co2e[:, -1])


def _parts(
    frame: pd.DataFrame,
    codes: NDArray[np.intp],
    terms: Terms,
    gas: NDArray[np.float64],
    co2e: NDArray[np.float64],
) -> pd.DataFrame:
    keys = ["kode", "beholdning", "gass", "horisont"]
    per_ha = pd.DataFrame(
        {
            "kode": terms.owner,
            "beholdning": [term.pool for term in terms.terms],
            "gass": [term.gas for term in terms.terms],
            "horisont": ["engang" if term.at_once else "per år" for term in terms.terms],
            "gass_t": gas,
            "sum_t": co2e,
        }
    )
    summed = per_ha.groupby(keys, sort=False, as_index=False).sum()
    rows = pd.DataFrame({"rad": frame.index, "kode": codes, "areal": frame["areal_ha"].to_numpy()})
    parts = rows.merge(summed, on="kode", how="inner")
    for column in ("gass_t", "sum_t"):
        parts[column] *= parts["areal"]
    return parts.drop(columns=["kode", "areal"])


def _path(rows: pd.DataFrame, paths: pd.DataFrame) -> pd.DataFrame:
    path = pd.DataFrame({"engang_t": 0.0, "sum_t": paths.sum(axis=0)}, index=paths.columns)
    path.index.name = "aar"
    path.loc[1, "engang_t"] = rows["engang_t"].sum()
    path.insert(1, "per_aar_t", path["sum_t"] - path["engang_t"])
    path["samlet_t"] = path["sum_t"].cumsum()
    return path


def _parameters(
    factors: Factors, setting: Setting, depth: Depth | None, peat: str, years: int
) -> Parameters:
    carbon = factors.frame["verdi"].iloc[list(factors.soil_types.values())]
    chosen = factors.frame["verdi"].iloc[factors.soil_types[setting.mineral_soil]]
    listed = [
        Parameter(
            name="mineraljord",
            title="Klasse av mineraljord",
            value=setting.mineral_soil,
            choices=tuple(factors.soil_types),
            source=(
                f"ikke kartlagt i Norge: {value_text(float(chosen))} t C/ha er valgt, klassene i "
                f"sonen har fra {value_text(float(carbon.min()))} til "
                f"{value_text(float(carbon.max()))}"
            ),
        ),
        Parameter(
            name="sone",
            title="Klimasone",
            value=factors.zone,
            source="valgt: FNs klimapanel skiller mellom boreal og kald temperert sone",
        ),
        Parameter(name="aar", title="Antall år", value=years, unit="år", confidence="kjent"),
        Parameter(
            name="gwp",
            title="GWP-verdier",
            value=factors.gwp_report,
            confidence="verifisert",
            source=", ".join(f"{gas} {value_text(one)}" for gas, one in factors.gwp.items()),
        ),
        Parameter(
            name="faktorer",
            title="Faktorfiler",
            value=list(factors.origin),
            confidence="kjent",
            source=", ".join(f"sha256 {digest[:12]}" for digest in factors.origin.values()),
        ),
        Parameter(
            name="torv",
            title="Torv under det som bygges",
            value=peat,
            choices=FATES,
            source="valgt: gravd ut torv regnes som sluppet ut det første året",
        ),
        Parameter(
            name="tapt_tilvekst",
            title="Tapt tilvekst i skog er med",
            value=setting.lost_growth,
            confidence="kjent",
        ),
    ]
    if depth is not None:
        listed.append(
            Parameter(
                name="torvdybde_m",
                title="Torvdybde",
                value=depth.value,
                unit="m",
                minimum=depth.low,
                maximum=depth.high,
                source=f"oppgitt, fra {value_text(depth.low)} til {value_text(depth.high)} m",
            )
        )
    return Parameters("karbon", listed)
