"""Access to public transport as the travel survey classes it: how far to a stop, and how often.

The Norwegian travel survey (TØI) puts a home in one of five classes by the walk to a stop and the
departures an hour there. Here the walk is measured on the network, the departures are read from the
timetable, and every stop within reach is looked at: a busier stop a little farther off may give a
better class than the nearest one. What the survey's table leaves open is decided by the parameters'
order of limits (see ``kollektiv.yml``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.errors import LayerError, ParameterError
from askergeo.network.departures import (
    ALL,
    Span,
    departures_of,
    per_hour,
    read_span,
    stop_places,
)
from askergeo.network.paths import Nearest, nearest
from askergeo.school.route import join_doors

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.network.paths import Network
    from askergeo.network.snapping import Places
    from askergeo.network.timetable import Timetable
    from askergeo.parameters import Parameters

    Numbers = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = [
    "CLASSES",
    "UNKNOWN",
    "Rules",
    "Walks",
    "access_from",
    "access_of",
    "class_of",
    "class_span",
    "rules_of",
    "walks_of",
]

#: The classes from best to worst.
CLASSES: Final = ("svært god", "god", "middels", "dårlig", "svært dårlig")
UNKNOWN: Final = "ukjent"
_WORST: Final = len(CLASSES) - 1
_UNKNOWN_CODE: Final = len(CLASSES)
# Metres are kept to a tenth of a millimetre: what adding up in another order changes is less.
_DECIMALS: Final = 4


@dataclass(frozen=True, eq=False)
class Rules:
    """The table of classes.

    Parameters
    ----------
    metres
        Upper limits of the bands of walking distance, ascending, (b,); the first is not part of
        its band (under 1 km), the others are (over 1.5 km is beyond).
    departures
        Lower limits of the bands of departures an hour, descending, (f − 1,); each is part of its
        band, and the last band is all below.
    code
        Row in `CLASSES` for each pair of bands, (b, f); beyond the last distance it is the worst.
    """

    metres: Numbers
    departures: Numbers
    code: NDArray[np.intp]

    def distance_band(self, metres: Numbers) -> NDArray[np.intp]:
        """Band of a distance, counted from the nearest; ``b`` is beyond the last."""
        far = np.round(metres, _DECIMALS)
        first = (far >= self.metres[0]).astype(np.intp)
        rest = (far[..., None] > self.metres[1:]).sum(axis=-1)
        return np.asarray(first + rest, dtype=np.intp)

    def departure_band(self, departures: Numbers) -> NDArray[np.intp]:
        """Band of departures an hour, counted from the most."""
        # An hour's share of a whole number of departures is not exact: 8 in two hours is 4.
        many = np.round(departures, _DECIMALS)
        return np.asarray((many[..., None] < self.departures).sum(axis=-1), dtype=np.intp)


def rules_of(parameters: Parameters) -> Rules:
    """Read the table of classes from the parameters.

    Raises
    ------
    ParameterError
        When limits are not in order, a class is unknown or lacking, or a longer walk or fewer
        departures would give a better class.
    """
    metres = _limits(parameters, "kollektiv_klasse_meter", 2)
    departures = _limits(parameters, "kollektiv_klasse_avganger", 1)
    rows = []
    for name in ("kollektiv_klasse_naer", "kollektiv_klasse_lenger"):
        words = [str(word) for word in parameters[name]]
        unknown = [word for word in words if word not in CLASSES]
        if unknown or len(words) != len(departures) + 1:
            raise ParameterError(
                f"«{name}» har {len(words)} klasser: {', '.join(words)}.",
                remedy=f"Oppgi {len(departures) + 1} klasser blant {', '.join(CLASSES)}.",
            )
        rows.append([CLASSES.index(word) for word in words])
    code = np.array(rows, dtype=np.intp)
    if (np.diff(metres) <= 0).any() or (np.diff(departures) >= 0).any() or len(metres) != len(rows):
        raise ParameterError(
            "Grensene i tilgangsklassene er ikke i rekkefølge.",
            remedy="Oppgi to stigende avstander i meter, og synkende avganger i timen.",
        )
    if (np.diff(code, axis=0) < 0).any() or (np.diff(code, axis=1) < 0).any():
        raise ParameterError(
            "Tilgangsklassene blir bedre med lengre veg eller færre avganger.",
            remedy="Se etter rekkefølgen i kollektiv_klasse_naer og kollektiv_klasse_lenger.",
        )
    return Rules(metres, departures, code)


def _limits(parameters: Parameters, name: str, least: int) -> Numbers:
    """Read a list of positive numbers."""
    given = list(parameters[name])
    try:
        numbers = [float(str(one).replace(",", ".")) for one in given]
    except ValueError:
        numbers = []
    if len(numbers) < least or not all(np.isfinite(one) and one > 0 for one in numbers):
        raise ParameterError(
            f"«{name}» = {', '.join(map(str, given))} kan ikke leses som grenser.",
            remedy="Oppgi positive tall, skilt med komma.",
        )
    return np.array(numbers)


def class_of(metres: Numbers, departures: Numbers, rules: Rules) -> NDArray[np.object_]:
    """Class of each pair of walk and departures at a stop that is served that day.

    Parameters
    ----------
    metres
        Walk to the stop; ``inf`` when no stop can be reached, NaN unknown.
    departures
        Departures an hour there; NaN unknown.
    rules
        The table.

    Returns
    -------
    numpy.ndarray
        One of `CLASSES`, or `UNKNOWN` where either is unknown and the class depends on it.
    """
    words = np.array([*CLASSES, UNKNOWN], dtype=object)
    return np.asarray(words[_codes(metres, departures, rules)], dtype=object)


def _codes(metres: Numbers, departures: Numbers, rules: Rules) -> NDArray[np.intp]:
    far, many = np.broadcast_arrays(
        np.asarray(metres, dtype=np.float64), np.asarray(departures, dtype=np.float64)
    )
    beyond = np.full(rules.code.shape[1], _WORST, dtype=np.intp)
    table = np.vstack([rules.code, beyond])
    band = rules.distance_band(far)
    code = table[band, rules.departure_band(many)]
    vague = np.isnan(far) | (np.isnan(many) & (band < len(rules.code)))
    return np.asarray(np.where(vague, _UNKNOWN_CODE, code), dtype=np.intp)


def class_span(parameters: Parameters) -> Span:
    """Span of the day whose departures decide the class."""
    name = f"kollektiv_{parameters['kollektiv_klasse_periode']}"
    return read_span(parameters[name], name)


@dataclass(frozen=True, eq=False)
class Walks:
    """Where ``n`` points and ``q`` stops meet the walking network.

    Parameters
    ----------
    network
        The network in metres.
    points, stops
        Where each meets it.
    vague
        Points whose walk is not known: not joined, or on a short part without stops, (n,).
    """

    network: Network
    points: Places
    stops: Places
    vague: Flags

    def to(self, groups: Sequence[Flags], *, limit: float = np.inf) -> Nearest:
        """Nearest stop of each group of stops, (n, k); NaN where the walk is not known."""
        stops = [self.only(group) for group in groups]
        found = nearest(self.network, self.points, stops, limit=limit)
        cost = np.round(found.cost, _DECIMALS)
        cost[self.vague] = np.nan
        target = np.where(np.isfinite(cost), found.target, -1)
        return Nearest(cost, target.astype(np.int32))

    def only(self, rows: Flags) -> Places:
        """Places of some of the stops; the rows keep their numbers."""
        stops, kept = self.stops, rows[self.stops.row]
        return replace(
            stops,
            row=stops.row[kept],
            edge=stops.edge[kept],
            share=stops.share[kept],
            access=stops.access[kept],
        )

    def doors(self, owner: NDArray[np.int32], count: int) -> Places:
        """Return the stops as entrances of ``count`` owners, such as stop places."""
        stops = self.stops
        row = owner[stops.row]
        order = np.argsort(row, kind="stable")
        missing = np.setdiff1d(np.arange(count), row)
        return replace(
            stops,
            row=row[order],
            edge=stops.edge[order],
            share=stops.share[order],
            access=stops.access[order],
            count=count,
            unsnapped=missing.astype(np.int32),
            distance=np.full(len(missing), np.nan),
        )


def walks_of(
    points: gpd.GeoSeries | gpd.GeoDataFrame,
    holdeplass: gpd.GeoDataFrame,
    network: Network,
    parameters: Parameters,
) -> Walks:
    """Join points and stops to the walking network.

    Parameters
    ----------
    points
        Points in the network's CRS.
    holdeplass
        The stops, a row each.
    network
        The walking graph with its costs in metres.
    parameters
        The set ``kollektiv``.

    Raises
    ------
    LayerError
        When the network's costs are not metres.
    CrsError
        When points or stops are in another CRS than the network.
    """
    if network.costs.unit != "m":
        raise LayerError("Gangnettet er ikke i meter.", remedy="Bruk network.profiles.metres.")
    graph, shortest = network.graph, float(parameters["kollektiv_los_del_m"])
    doors = join_doors(graph, points, parameters["kollektiv_koble_m"], shortest)
    stops = join_doors(graph, holdeplass, parameters["kollektiv_koble_holdeplass_m"], shortest)
    served = np.unique(stops.part[stops.part >= 0])
    vague = (doors.part < 0) | (doors.loose & ~np.isin(doors.part, served))
    return Walks(network, doors.places, stops.places, np.asarray(vague, dtype=np.bool_))


def access_of(
    points: gpd.GeoSeries,
    *,
    network: Network,
    holdeplass: gpd.GeoDataFrame,
    timetable: Timetable | None,
    parameters: Parameters,
) -> pd.DataFrame:
    """Class the access to public transport of each point.

    Parameters
    ----------
    points
        Points in the network's CRS.
    network
        The walking graph with its costs in metres: ``Network.of(graph, metres(graph))``.
    holdeplass
        The layer of stops.
    timetable
        The day whose departures count; ``None`` when there is no timetable.
    parameters
        A set with ``kollektiv``.

    Returns
    -------
    pandas.DataFrame
        Index of ``points``. ``klasse`` (`CLASSES` or `UNKNOWN`); of the stop that gives the class
        (the nearest of those that give it): ``holdeplass_id``, ``stoppested_id``, ``holdeplass``
        (its name), ``gangavstand_m`` and ``avganger_time``; of the nearest stop, served or not:
        ``naermeste_id``, ``naermeste`` and ``naermeste_m`` (NaN unknown, ``inf`` no way there).
        Without a timetable every class is unknown, and the distances are there.
    """
    places = stop_places(holdeplass, near_m=parameters["kollektiv_samme_sted_m"])
    departures = None if timetable is None else departures_of(timetable, places)
    walks = walks_of(points, holdeplass, network, parameters)
    return access_from(walks, holdeplass, places, departures, parameters, index=points.index)


def access_from(
    walks: Walks,
    holdeplass: gpd.GeoDataFrame,
    places: pd.Series,
    departures: pd.DataFrame | None,
    parameters: Parameters,
    *,
    index: pd.Index,
) -> pd.DataFrame:
    """Class the access of points that are joined to the network already; see `access_of`.

    Parameters
    ----------
    walks
        Where points and stops meet the network.
    holdeplass
        The layer of stops, in the order of ``walks.stops``.
    places
        Stop place of each ``holdeplass_id``.
    departures
        Departures of the day; ``None`` without a timetable.
    parameters
        A set with ``kollektiv``.
    index
        Labels of the points.
    """
    rules = rules_of(parameters)
    every = np.ones(len(holdeplass), dtype=np.bool_)
    near = walks.to([every])
    if departures is None:
        chosen = np.full(len(index), -1, dtype=np.intp)
        code = np.full(len(index), _UNKNOWN_CODE, dtype=np.intp)
        metres = many = np.full(len(index), np.nan)
    else:
        ids = holdeplass["holdeplass_id"].astype(str)
        place = ids.map(places).to_numpy(dtype=object)
        rate = per_hour(departures, class_span(parameters), pd.Index(places.unique()))[ALL]
        often = rate.reindex(place).to_numpy(dtype=np.float64)
        served = np.asarray(pd.Index(place).isin(departures["sted"].unique()), dtype=np.bool_)
        code, chosen, metres = _best(walks, often, served, rules)
        many = np.where(chosen >= 0, often[chosen], np.nan)
    words = np.array([*CLASSES, UNKNOWN], dtype=object)
    frame = pd.DataFrame({"klasse": words[code]}, index=index)
    for name, column in _names(holdeplass, places).items():
        frame[name] = pd.array(column[chosen], dtype="string")
    frame["gangavstand_m"] = metres
    frame["avganger_time"] = many
    names = _names(holdeplass, places)
    target = near.target[:, 0]
    frame["naermeste_id"] = pd.array(names["holdeplass_id"][target], dtype="string")
    frame["naermeste"] = pd.array(names["holdeplass"][target], dtype="string")
    frame["naermeste_m"] = near.cost[:, 0]
    return frame


def _best(
    walks: Walks, often: Numbers, served: Flags, rules: Rules
) -> tuple[NDArray[np.intp], NDArray[np.intp], Numbers]:
    """Class, row of the stop that gives it (−1 none) and metres to it, of each point, (n,).

    Within a band of departures the class only gets worse with the distance, so that the nearest
    stop of each band stands for all of them.
    """
    band = rules.departure_band(np.nan_to_num(often))
    groups = [served & (band == number) for number in range(rules.code.shape[1])]
    found = walks.to(groups, limit=float(rules.metres[-1]) + 1.0)
    lowest = np.r_[rules.departures, 0.0]
    codes = _codes(found.cost, lowest[None, :], rules)
    reached = found.target >= 0
    # The best class, and of the stops that give it the nearest.
    order = np.lexsort((found.cost, np.where(reached, codes, _UNKNOWN_CODE)), axis=1)[:, :1]
    point, first = np.arange(len(order)), order[:, 0]
    code, metres, row = codes[point, first], found.cost[point, first], found.target[point, first]
    # A stop beyond the last distance gives the worst class, like none at all: it is not named.
    within = (row >= 0) & (np.nan_to_num(metres, nan=np.inf) <= rules.metres[-1])
    code = np.where(walks.vague, _UNKNOWN_CODE, np.where(within, code, _WORST))
    return (
        np.asarray(code, dtype=np.intp),
        np.where(within, row, -1).astype(np.intp),
        np.where(within, metres, np.nan),
    )


def _names(holdeplass: gpd.GeoDataFrame, places: pd.Series) -> dict[str, NDArray[np.object_]]:
    """Ids and names of the stops, and one more row for none."""
    ids = holdeplass["holdeplass_id"].astype(str)
    names = holdeplass["navn"].astype(object) if "navn" in holdeplass else ids.astype(object)
    columns = {
        "holdeplass_id": ids.to_numpy(dtype=object),
        "stoppested_id": ids.map(places).to_numpy(dtype=object),
        "holdeplass": names.where(names.notna(), "uten navn").to_numpy(dtype=object),
    }
    return {name: np.append(values, [None]) for name, values in columns.items()}
