"""Leakage from meters: what runs into a zone less what runs on and what is used.

The national measure is the share of the water delivered that is lost (KOSTRA). A number that is
missing makes what depends on it unknown; a leakage below zero is left as it is, since it tells of a
meter that is wrong. Unavoidable losses follow the formula of the International Water Association's
task force on water losses (Lambert and others, 1999): 18 l a day for each km of main and 0.8 l for
each connection, for each metre of pressure, and the index is the leakage over them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.errors import LayerError
from askergeo.va.columns import column_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

__all__ = ["LEAK_COLUMNS", "METERS", "by_year", "leakage", "trends", "unavoidable_l_s"]

#: Columns of ``va_maaling`` that are amounts of a year.
METERS: Final = ("inn_m3", "ut_m3", "forbruk_m3", "umaalt_m3")
LEAK_COLUMNS: Final = (
    "sone_id", "aar", "inn_m3", "ut_m3", "levert_m3", "forbruk_m3", "umaalt_m3", "hoyst_m3",
    "lekkasje_m3", "andel", "l_s", "l_s_km", "l_abonnent_d", "natt_l_s", "natt_lekkasje_l_s", "ili",
)  # fmt: skip
_DAY_S: Final = 86_400
# Of Lambert's formula: litres a day for a metre of pressure, a km of main, and a connection.
_MAIN_L: Final = 18.0
_CONNECTION_L: Final = 0.8
_LEAST_YEARS: Final = 3


def leakage(
    va_maaling: pd.DataFrame,
    *,
    length_km: pd.Series | None = None,
    connections: pd.Series | None = None,
    pressure_m: float = np.nan,
    night_l_h: float = np.nan,
) -> pd.DataFrame:
    """Reckon the leakage of each zone and year.

    Parameters
    ----------
    va_maaling
        The layer; a zone has each year once.
    length_km, connections
        Kilometres of main and number of connections, by zone; a zone that is not there is unknown.
    pressure_m
        Mean pressure, metres of water; NaN unknown.
    night_l_h
        What a connection uses at night, litres an hour; NaN unknown.

    Returns
    -------
    pandas.DataFrame
        A row a zone and year, by zone and year, with :data:`LEAK_COLUMNS`. ``levert_m3`` is what
        runs in and not on; ``hoyst_m3`` is that less metered use, ``lekkasje_m3`` less estimated
        use without a meter too; ``andel`` is the share of what is delivered; ``l_s_km`` litres a
        second for a km; ``ili`` the leakage over the unavoidable.

    Raises
    ------
    LayerError
        When a zone has a year twice.
    """
    rows = va_maaling.sort_values(["sone_id", "aar"], kind="stable").reset_index(drop=True)
    zone, year = rows["sone_id"].astype(str), rows["aar"].astype(int)
    twice = pd.DataFrame({"z": zone, "y": year}).duplicated()
    if twice.any():
        at = int(np.flatnonzero(twice)[0])
        raise LayerError(
            f"Laget «va_maaling» har sone {zone[at]} to ganger i {year[at]}.",
            remedy="Behold én rad for hver sone og hvert år.",
        )
    read = {name: column_numbers(rows, name) for name in (*METERS, "natt_l_s")}
    seconds = np.array([_year_days(int(one)) * _DAY_S for one in year], dtype=np.float64)
    delivered = read["inn_m3"] - read["ut_m3"]
    most = delivered - read["forbruk_m3"]
    lost = most - read["umaalt_m3"]
    km = _of_zone(zone, length_km)
    taps = _of_zone(zone, connections)
    rate = lost * 1000 / seconds
    floor = unavoidable_l_s(km, taps, pressure_m)
    return pd.DataFrame(
        {
            "sone_id": zone,
            "aar": year,
            "inn_m3": read["inn_m3"],
            "ut_m3": read["ut_m3"],
            "levert_m3": delivered,
            "forbruk_m3": read["forbruk_m3"],
            "umaalt_m3": read["umaalt_m3"],
            "hoyst_m3": most,
            "lekkasje_m3": lost,
            "andel": _over(lost, delivered),
            "l_s": rate,
            "l_s_km": _over(rate, km),
            "l_abonnent_d": _over(rate * _DAY_S, taps),
            "natt_l_s": read["natt_l_s"],
            "natt_lekkasje_l_s": read["natt_l_s"] - taps * night_l_h / 3600,
            "ili": _over(rate, floor),
        }
    )


def unavoidable_l_s(length_km: Reals, connections: Reals, pressure_m: float) -> Reals:
    """Leakage that even a net in very good order has, litres a second.

    The customers' own pipes are not counted: how long they are is not known.

    Examples
    --------
    >>> round(float(unavoidable_l_s(np.array([10.0]), np.array([500.0]), 50.0)[0]), 3)
    0.336
    """
    each_day = (_MAIN_L * length_km + _CONNECTION_L * connections) * pressure_m
    return np.asarray(each_day / _DAY_S, dtype=np.float64)


def by_year(zones: pd.DataFrame) -> pd.DataFrame:
    """Sum the zones of each year; a sum is unknown where a zone's part is.

    Zones without a row in a year that other years have are counted in ``uten_rad``: the sums of
    such a year are of fewer zones. The parts of a zone that leak less than nothing are in the sum
    as they are.

    Returns
    -------
    pandas.DataFrame
        Index the year; ``soner``, ``uten_rad``, the amounts, ``andel`` and ``l_s``.
    """
    everywhere = zones["sone_id"].nunique()
    rows = []
    for year, part in zones.groupby("aar"):
        amounts = {
            name: float(part[name].to_numpy(dtype=np.float64).sum())
            for name in ("levert_m3", "forbruk_m3", "umaalt_m3", "lekkasje_m3", "l_s")
        }
        rows.append(
            {
                "aar": int(str(year)),
                "soner": len(part),
                "uten_rad": everywhere - len(part),
                **amounts,
                "andel": float(_over(
                    np.array([amounts["lekkasje_m3"]]), np.array([amounts["levert_m3"]])
                )[0]),
            }
        )  # fmt: skip
    names = ["aar", "soner", "uten_rad", "levert_m3", "forbruk_m3", "umaalt_m3", "lekkasje_m3",
             "l_s", "andel"]  # fmt: skip
    return pd.DataFrame(rows, columns=names)


def trends(zones: pd.DataFrame) -> pd.Series:
    """Change of the share lost, in percentage points a year, by zone.

    The slope of the straight line through the years (least squares); NaN with fewer than three
    known years.
    """
    found = {}
    for zone, part in zones.groupby("sone_id"):
        known = part[part["andel"].notna()]
        if len(known) < _LEAST_YEARS:
            found[str(zone)] = np.nan
            continue
        year = known["aar"].to_numpy(dtype=np.float64)
        share = 100 * known["andel"].to_numpy(dtype=np.float64)
        off = year - year.mean()
        found[str(zone)] = float((off * (share - share.mean())).sum() / (off**2).sum())
    return pd.Series(found, dtype=np.float64)


def _of_zone(zone: pd.Series, values: pd.Series | None) -> Reals:
    if values is None:
        return np.full(len(zone), np.nan)
    return np.asarray(zone.map(values).to_numpy(dtype=np.float64, na_value=np.nan))


def _over(part: Reals, whole: Reals) -> Reals:
    """Divide; NaN where the whole is unknown, zero or below it."""
    good = whole > 0
    return np.where(good, part / np.where(good, whole, 1.0), np.nan)


def _year_days(year: int) -> int:
    return 366 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 365
