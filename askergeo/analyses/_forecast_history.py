"""The back-test of the forecast by district on the package's own history of residents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from askergeo.analyses._forecast_backtest import chosen_windows, cohort_maker, run_backtest
from askergeo.analyses._forecast_sums import NO_ZONE, zone_sums
from askergeo.errors import LayerError
from askergeo.population.backtest import Series, make_series
from askergeo.population.faults import fault_frame
from askergeo.population.people import AGES, People
from askergeo.school.areas import Areas
from askergeo.school.forecast import make_forecast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from askergeo.analyses._forecast_backtest import Backtest
    from askergeo.parameters import Parameters
    from askergeo.population.backtest import Forecaster

__all__ = ["backtest_of_history"]


def backtest_of_history(
    areas: Areas,
    history: pd.DataFrame | None,
    names: Mapping[str, str],
    parameters: Parameters,
) -> Backtest:
    """Test the model on the history, and tell its errors by primary district.

    The model knows the residents of each area to T and nothing else: no housing programme and no
    projection of the whole, as nobody kept those that were in force then. A history of the whole
    municipality only is tested by cohort ratios.

    Parameters
    ----------
    areas
        The parts today: they say which district each area of the history is in.
    history
        The layer ``befolkning_historikk``.
    names
        Name of each primary district, or of each unit where there are none.
    parameters
        The sets ``prognose`` and ``etterproving``; ``etterprov`` is T.

    Raises
    ------
    LayerError
        When there is no history.
    ParameterError
        When T cannot be tested.
    """
    if history is None:
        raise LayerError(
            "Etterprøving trenger bosatte for tidligere år, og laget «befolkning_historikk» "
            "mangler.",
            remedy="Legg det til, eller etterprøv på SSBs tall med --folketall FIL --kommune NR.",
        )
    series = make_series(history)
    until, horizon = int(parameters["etterprov"]), int(parameters["etterprov_horisont"])
    places = _places(areas, series.areas)
    if places is None:
        windows = chosen_windows(series.whole("alle"), parameters)
        maker = cohort_maker(windows, float(parameters["kohort_styrke"]))
        return run_backtest(series, maker, until=until, horizon=horizon, names={})
    known = Series(
        places.index, series.years, series.count[:, series.areas.get_indexer(places.index)]
    )
    districts = pd.Index(sorted(places["krets"].unique()))
    member = districts.get_indexer(places["krets"])
    by_district = Series(districts, known.years, zone_sums(known.count, member, len(districts)))
    return run_backtest(
        by_district,
        _engine(known, places, member, len(districts), parameters),
        until=until,
        horizon=horizon,
        names=names,
    )


def _places(areas: Areas, ids: pd.Index) -> gpd.GeoDataFrame | None:
    """Return the areas of the history with their district; ``None`` when none is known today."""
    frame = areas.frame
    column = max(("enhet", "barnekrets"), key=lambda one: int(ids.isin(frame[one].dropna()).sum()))
    size = pd.Series(areas.people.count.sum(axis=1), index=frame.index)
    # A unit that is cut by a border is told with the district where most of it lives.
    order = size.sort_values(ascending=False, kind="stable").index
    main = frame.loc[order].drop_duplicates(column).dropna(subset=[column]).set_index(column)
    there = ids[ids.isin(main.index)]
    if not len(there):
        return None
    known = main.loc[there]
    district = known["barnekrets"].astype(object)
    if column == "barnekrets" or frame["barnekrets"].isna().all():
        district = pd.Series(there, index=there, dtype=object)
    return gpd.GeoDataFrame(
        {"navn": known["navn"], "krets": district.where(district.notna(), NO_ZONE)},
        geometry=known.geometry.array,
        index=pd.Index(there, name="del_id"),
        crs=frame.crs,
    )


def _engine(
    known: Series,
    places: gpd.GeoDataFrame,
    member: NDArray[np.intp],
    zones: int,
    parameters: Parameters,
) -> Callable[[int], Forecaster]:
    """Make the forecaster of each T: the package's own model, with what was known then."""

    def maker(until: int) -> Forecaster:
        seen = known.until(until)

        def forecast(_series: Series, ahead: int) -> NDArray[np.float64]:
            chosen = parameters.override({"prognose_aar": ahead})
            made = make_forecast(_areas(seen, places), historikk=_rows(seen), parameters=chosen)
            return zone_sums(made.alternatives["hoved"].count[1 : ahead + 1], member, zones)

        return forecast

    return maker


def _areas(seen: Series, places: gpd.GeoDataFrame) -> Areas:
    """Make the parts of a year: an area of the history each."""
    frame = gpd.GeoDataFrame(
        {
            "enhet": places.index.astype(str),
            "navn": places["navn"].to_numpy(),
            "barnekrets": places["krets"].to_numpy(),
            "ungdomskrets": pd.array([None] * len(places), dtype="str"),
            "boliger": np.nan,
        },
        geometry=places.geometry.array,
        index=places.index,
        crs=places.crs,
    )
    people = People(frame.index, int(seen.years[-1]), seen.count[-1])
    nobody = pd.Series([], index=pd.Index([], name="adresse_id"), dtype="str")
    return Areas(frame, nobody, people, 0, fault_frame())


def _rows(seen: Series) -> pd.DataFrame:
    """Write a series as the layer ``befolkning_historikk``."""
    shape = seen.count.shape
    return pd.DataFrame(
        {
            "omraade_id": np.tile(np.repeat(seen.areas.to_numpy(dtype=object), AGES), shape[0]),
            "aar": np.repeat(seen.years, shape[1] * AGES),
            "alder": np.tile(np.arange(AGES), shape[0] * shape[1]),
            "antall": seen.count.ravel(),
        }
    )
