"""Speed profiles: how fast whom walks where, and what each edge then costs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import yaml

from askergeo._nearest import nearest
from askergeo.errors import ParameterError
from askergeo.network.graph import KINDS
from askergeo.parameters import Parameter, Parameters

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import NDArray

    from askergeo.network.graph import WalkGraph

__all__ = [
    "Costs",
    "Profile",
    "UnknownShares",
    "edge_costs",
    "find_profile",
    "load_profiles",
    "metres",
    "unknown_shares",
]

STAIRS = KINDS.index("trapp")
# Slopes are kept as float32: 1:12 itself must not be taken for steeper than 1:12.
SLOPE_ROUNDING = 1e-6
KMH = 3.6
TITLES = {
    "fart": "Gangfart på flatt",
    "stigning": "Regel for stigning",
    "stigning_grenser": "Grenser mellom trinn i stigning",
    "stigning_faktorer": "Fart i hvert trinn av stigning",
    "stigning_storst": "Største stigning som er fremkommelig",
    "trapp_faktor": "Fart i trapp",
    "ubroytet_faktor": "Fart på vei som ikke er brøytet, om vinteren",
}


@dataclass(frozen=True, kw_only=True, eq=False)  # arrays have no single answer to ==
class Costs:
    """What it costs to walk each of ``m`` edges.

    Parameters
    ----------
    forward, backward
        From start to end and from end to start, (m,); ``inf`` where the profile cannot go.
        A part of an edge costs its share of the whole.
    access
        Cost of a metre off the network (between a point and its edge).
    unit
        ``"s"`` or ``"m"``.
    """

    forward: NDArray[np.float64]
    backward: NDArray[np.float64]
    access: float
    unit: str


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A kind of walker.

    Parameters
    ----------
    id, title
        Name in the program, and for people.
    speed
        Metres a second on the flat.
    limits, factors
        Steps of slope (rise over run, either way) and the factor of the speed up to each, the
        last one beyond them all; both empty when the slope follows Tobler's rule.
    steepest
        Pieces steeper than this cannot be passed; ``inf`` when all can.
    stairs, unploughed
        Factor of the speed on stairs (in the place of the slope) and on ways that are not cleared
        of snow in winter; 0 where the profile cannot go.
    values
        The same as data: value, unit, source and confidence of each.
    """

    id: str
    title: str
    speed: float
    limits: tuple[float, ...]
    factors: tuple[float, ...]
    steepest: float
    stairs: float
    unploughed: float
    values: Parameters

    def warnings(self) -> tuple[str, ...]:
        """One line for each value that is uncertain."""
        return tuple(f"{self.title}: {line}" for line in self.values.warnings())


class UnknownShares(NamedTuple):
    """Share of the network's length (0–1) where something is not known."""

    slope: float
    ploughed: float


def load_profiles() -> dict[str, Profile]:
    """Read the profiles that the program knows, by their id.

    Examples
    --------
    >>> profiles = load_profiles()
    >>> list(profiles), round(profiles["voksen"].speed * 300)
    (['voksen', 'voksen_4_8', 'eldre', 'rullator', 'barn'], 417)
    """
    return dict(_profiles())


def find_profile(name: str) -> Profile:
    """Return one profile.

    Raises
    ------
    ParameterError
        When there is none of that name; the nearest and all known names are given.
    """
    profiles = _profiles()
    if name in profiles:
        return profiles[name]
    near = nearest(name, profiles, count=2)
    hint = f" Mente du {' eller '.join(f'«{word}»' for word in near)}?" if near else ""
    raise ParameterError(
        f"Gangprofilen «{name}» finnes ikke.{hint}",
        remedy=f"Kjente gangprofiler er {', '.join(profiles)}.",
    )


def metres(graph: WalkGraph) -> Costs:
    """Costs that are the length in the plane, the same both ways, metres."""
    return Costs(forward=graph.length, backward=graph.length, access=1.0, unit="m")


def edge_costs(graph: WalkGraph, profile: Profile, *, winter: bool = False) -> Costs:
    """Seconds that a profile takes along each edge, both ways.

    An edge with one piece that cannot be passed cannot be passed in that direction. Unknown slope
    counts as flat, and unknown clearing of snow as cleared: :func:`unknown_shares` says how much
    of the network that is.

    Parameters
    ----------
    graph
        The walking graph.
    profile
        Who walks.
    winter
        Whether ways that are not cleared of snow are slower or closed.
    """
    return Costs(
        forward=_seconds(graph, profile, 1, winter=winter),
        backward=_seconds(graph, profile, -1, winter=winter),
        access=1 / profile.speed,
        unit="s",
    )


def unknown_shares(graph: WalkGraph) -> UnknownShares:
    """Share of the length where the slope, and whether snow is cleared, are unknown."""
    length = graph.piece_length.astype(np.float64)
    total = length.sum()
    if not total:
        return UnknownShares(0.0, 0.0)
    edge_of_piece = np.repeat(graph.ploughed, np.diff(graph.piece_ptr))
    return UnknownShares(
        slope=float(length[np.isnan(graph.piece_slope)].sum() / total),
        ploughed=float(length[edge_of_piece < 0].sum() / total),
    )


def _seconds(graph: WalkGraph, profile: Profile, sign: int, *, winter: bool) -> NDArray[np.float64]:
    if not graph.edges:
        return np.empty(0)
    slope = sign * np.nan_to_num(graph.piece_slope.astype(np.float64), nan=0.0)
    factor = _stepped(slope, profile) if profile.factors else _tobler(slope)
    with np.errstate(divide="ignore"):
        piece = graph.piece_length / factor
        # The pieces are float32: they say how an edge's slope is spread, not how long it is.
        pieces = np.add.reduceat(np.c_[piece, graph.piece_length], graph.piece_ptr[:-1], axis=0)
        pace = np.where(
            graph.kind == STAIRS, np.divide(1.0, profile.stairs), pieces[:, 0] / pieces[:, 1]
        )
        if winter:
            pace = np.where(graph.ploughed == 0, pace / profile.unploughed, pace)
    return np.asarray(graph.length * pace / profile.speed, dtype=np.float64)


def _tobler(slope: NDArray[np.float64]) -> NDArray[np.float64]:
    """Tobler's (1993) hiking function as a factor that is 1 on the flat."""
    return np.asarray(np.exp(-3.5 * (np.abs(slope + 0.05) - 0.05)))


def _stepped(slope: NDArray[np.float64], profile: Profile) -> NDArray[np.float64]:
    grade = np.abs(slope) - SLOPE_ROUNDING
    factor = np.asarray(profile.factors)[np.searchsorted(profile.limits, grade)]
    return np.where(grade > profile.steepest, 0.0, factor)


@cache
def _profiles() -> dict[str, Profile]:
    text = (files("askergeo") / "data" / "gangprofiler.yml").read_text(encoding="utf-8")
    return {name: _profile(name, record) for name, record in yaml.safe_load(text).items()}


def _profile(name: str, record: Mapping[str, Any]) -> Profile:
    values = Parameters(
        name,
        [
            Parameter(name=key, title=TITLES[key], **entry)
            for key, entry in record.items()
            if key != "title"
        ],
    )
    stepped = values["stigning"] == "trinn"
    return Profile(
        id=name,
        title=record["title"],
        speed=values["fart"] / KMH,
        limits=tuple(values["stigning_grenser"]) if stepped else (),
        factors=tuple(values["stigning_faktorer"]) if stepped else (),
        steepest=values["stigning_storst"] if stepped else np.inf,
        stairs=values["trapp_faktor"],
        unploughed=values["ubroytet_faktor"],
        values=values,
    )
