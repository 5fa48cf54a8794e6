"""From land that is taken to tonnes: the conversions, and the emissions of each case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.analyses._carbon_shares import KINDS, shares_of
from askergeo.analyses._carbon_takings import CHANGE, KEYS
from askergeo.carbon import Depth, change, load_factors, propagate
from askergeo.overlay.account import AREA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from askergeo.analyses._carbon_takings import Takings
    from askergeo.carbon import Emissions, Factors
    from askergeo.parameters import Parameters

__all__ = [
    "ALL",
    "Case",
    "Settings",
    "cases_of",
    "conversions",
    "interval",
    "main_case",
    "per_hectare",
]

#: Title of the sum of several plans or years.
ALL: Final = "I alt"
HECTARE: Final = 1e4


@dataclass(frozen=True)
class Settings:
    """What holds for all that is reckoned.

    Parameters
    ----------
    factors
        The factors of each climate zone.
    zone, mineral_soil
        Those of the headline.
    depth, peat, lost_growth
        As :func:`askergeo.carbon.change` takes them.
    shares
        What of an area is built on, by purpose group, percent.
    area_share
        Half of the 95 % range of the areas, as a share.
    """

    factors: dict[str, Factors]
    zone: str
    mineral_soil: str
    depth: Depth
    peat: str
    lost_growth: bool
    shares: pd.DataFrame
    area_share: float

    @classmethod
    def read(cls, parameters: Parameters, own: pd.DataFrame | None) -> Settings:
        """Read them from the set ``karbon``; ``own`` is the layer ``karbonfaktor``."""
        gwp = str(parameters["gwp"])
        return cls(
            factors={
                zone: load_factors(own, zone=zone, gwp=gwp) for zone in ("boreal", "temperert")
            },
            zone=str(parameters["sone"]),
            mineral_soil=str(parameters["mineraljord"]),
            depth=Depth(
                parameters["torvdybde_m"],
                parameters["torvdybde_lav_m"],
                parameters["torvdybde_hoy_m"],
            ),
            peat=str(parameters["torv"]),
            lost_growth=parameters["tapt_tilvekst"] == "ja",
            shares=shares_of(parameters),
            area_share=parameters["arealusikkerhet"] / 100,
        )

    def reckon(
        self, frame: pd.DataFrame, years: int, *, zone: str = "", soil: str = ""
    ) -> Emissions:
        """Emissions of conversions."""
        return change(
            frame,
            self.factors[zone or self.zone],
            mineral_soil=soil or self.mineral_soil,
            years=years,
            peat_depth_m=self.depth,
            peat=self.peat,
            lost_growth=self.lost_growth,
        )


@dataclass(frozen=True)
class Case:
    """A plan, a proposal, their difference, a year, or all of several together.

    Parameters
    ----------
    title
        In bokmål.
    taken
        Rows of `askergeo.analyses._carbon_takings.Takings` that it is made of.
    rows
        Its conversions with their emissions: ``sak``, ``retning``, ``gruppe``, ``klasse``,
        ``areal_ha`` (signed), ``engang_t``, ``per_aar_t``, ``sum_t``, ``organisk_t``.
    emissions
        What they were reckoned to.
    low, high
        Range of the sum that holds 95 % of what is likely, t CO2e.
    """

    title: str
    taken: pd.DataFrame
    rows: pd.DataFrame
    emissions: Emissions
    low: float
    high: float

    @property
    def total(self) -> float:
        """Sum over the years, t CO2e."""
        return self.emissions.total


def conversions(frame: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Divide land that is taken into what it becomes; what is left alone is no conversion.

    Parameters
    ----------
    frame
        ``gruppe`` (beginning with its number), ``klasse``, ``areal_m2`` and ``tegn``.
    shares
        Percent by purpose group.
    """
    group = frame["gruppe"].astype(str).str[:2]

    def percent(kind: str) -> pd.Series:
        # Of no rows the type is not known.
        return group.map(shares[kind]).astype("float64") / 100

    parts = [
        frame.assign(fra=frame["klasse"], til=built, areal_m2=frame[AREA] * percent(kind))
        for kind, built in KINDS.items()
    ]
    joined = pd.concat(parts, ignore_index=True)
    return joined[joined[AREA] > 0].reset_index(drop=True)


def cases_of(found: Takings, settings: Settings, years: int) -> list[Case]:
    """Reckon each case; several plans or years have their sum first.

    Parameters
    ----------
    found
        The land that is taken.
    settings
        What holds for all.
    years
        Years that are summed.
    """
    frame, names = found.frame, found.names
    comparable = CHANGE in names or len(names) <= 1
    chosen = [] if comparable else [(ALL, frame)]
    chosen += [(name, frame[frame["sak"] == name]) for name in names]
    return [_case(title, taken, settings, years) for title, taken in chosen]


def _case(title: str, taken: pd.DataFrame, settings: Settings, years: int) -> Case:
    table = conversions(taken, settings.shares)
    emissions = settings.reckon(table, years)
    columns = ["areal_ha", "engang_t", "per_aar_t", "sum_t", "organisk_t"]
    rows = table[[*KEYS, "til"]].join(emissions.rows[columns])
    low, high = interval(emissions, settings)
    return Case(title, taken, rows, emissions, low, high)


def main_case(cases: Sequence[Case], main: str) -> Case:
    """Return the case that tables of detail are about: a plan or a sum, never a difference.

    Parameters
    ----------
    cases
        All of them.
    main
        What was asked about, as `askergeo.analyses._carbon_takings.Takings` says.
    """
    plans = [case for case in cases if case.title != CHANGE]
    return plans[-1] if main == CHANGE else plans[0]


def interval(
    emissions: Emissions, settings: Settings, by_year: NDArray[np.float64] | None = None
) -> tuple[float, float]:
    """Range of a sum: that of the factors, and that of the areas when it is given."""
    found = propagate(emissions, by_year=by_year)
    area = (settings.area_share * found.value) ** 2
    below, above = found.value - found.low, found.high - found.value
    return (
        found.value - float(np.sqrt(below**2 + area)),
        found.value + float(np.sqrt(above**2 + area)),
    )


def per_hectare(frame: pd.DataFrame, settings: Settings, years: int) -> pd.DataFrame:
    """Tonnes of CO2e a hectare laid out gives, by ``klasse`` and ``gruppe``: all, and organic."""
    keys = frame[["klasse", "gruppe"]].drop_duplicates().assign(areal_m2=HECTARE, tegn=1)
    table = conversions(keys, settings.shares)
    found = table[["klasse", "gruppe"]].join(
        settings.reckon(table, years).rows[["sum_t", "organisk_t"]]
    )
    return found.groupby(["klasse", "gruppe"])[["sum_t", "organisk_t"]].sum()
