"""Cycling: how fast whom rides where, and what each edge of the walking graph then costs.

The speed follows the slope: on the flat that of the profile, a fixed loss for each per cent up and
a fixed gain for each per cent down (Parkin and Rotheram 2010), the gain up to the fall beyond which
riders brake (Flügel et al. 2019). Where riding is slower than pushing, one pushes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import yaml

from askergeo._nearest import nearest
from askergeo.errors import ParameterError
from askergeo.network._kinds import KINDS
from askergeo.network.profiles import Costs
from askergeo.parameters import Parameter, Parameters

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import NDArray

    from askergeo.network.graph import WalkGraph

__all__ = ["CycleProfile", "cycle_costs", "find_cycle_profile", "load_cycle_profiles"]

KMH = 3.6
PERCENT = 100.0
STAIRS = KINDS.index("trapp")
TITLES = {
    "fart": "Fart på flatt",
    "opp": "Tap av fart i motbakke",
    "ned": "Økt fart i medbakke",
    "ned_til": "Fallet som farten øker til",
    "fart_storst": "Største fart",
    "skyv": "Fart når sykkelen skyves",
    "trapp": "Fart i trapp",
    "fortau": "Fart på fortau",
    "gangfelt": "Fart i gangfelt",
    "sti": "Fart på sti",
    "traktorveg": "Fart på traktorveg",
}
# Kinds of edges that are ridden slower than a road, by their factor in the data.
SLOWER = ("fortau", "gangfelt", "sti", "traktorveg")


@dataclass(frozen=True, kw_only=True)
class CycleProfile:
    """A kind of cyclist.

    Parameters
    ----------
    id, title
        Name in the program, and for people.
    speed, fastest, pushing, stairs
        Metres a second on the flat, at most, pushing the bicycle, and on stairs.
    up, down
        Metres a second lost and gained for each unit of slope (rise over run) up and down.
    down_to
        Fall (rise over run) beyond which the speed no longer grows.
    kinds
        Factor of the speed by kind of edge, of those that are slower than a road.
    values
        The same as data: value, unit, source and confidence of each.
    """

    id: str
    title: str
    speed: float
    fastest: float
    pushing: float
    stairs: float
    up: float
    down: float
    down_to: float
    kinds: Mapping[str, float]
    values: Parameters

    def warnings(self) -> tuple[str, ...]:
        """One line for each value that is uncertain."""
        return tuple(f"{self.title}: {line}" for line in self.values.warnings())

    def speeds(self, slope: NDArray[np.float64]) -> NDArray[np.float64]:
        """Metres a second on a road at each slope (rise over run, up positive).

        Examples
        --------
        >>> profile = find_cycle_profile("sykkel")
        >>> (3.6 * profile.speeds(np.array([0.0, 0.05, -0.03, -0.1, 0.2]))).round(2).tolist()
        [16.8, 9.6, 19.38, 21.96, 4.0]
        """
        fall = np.minimum(np.maximum(-slope, 0.0), self.down_to)
        riding = self.speed - self.up * np.maximum(slope, 0.0) + self.down * fall
        return np.asarray(np.clip(riding, self.pushing, self.fastest), dtype=np.float64)


def load_cycle_profiles() -> dict[str, CycleProfile]:
    """Read the profiles that the program knows, by their id.

    Examples
    --------
    >>> list(load_cycle_profiles())
    ['sykkel', 'elsykkel']
    """
    return dict(_profiles())


def find_cycle_profile(name: str) -> CycleProfile:
    """Return one profile.

    Raises
    ------
    ParameterError
        When there is none of that name.
    """
    profiles = _profiles()
    if name in profiles:
        return profiles[name]
    near = nearest(name, profiles)
    hint = f" Mente du «{near[0]}»?" if near else ""
    raise ParameterError(
        f"Sykkelprofilen «{name}» finnes ikke.{hint}",
        remedy=f"Kjente sykkelprofiler er {', '.join(profiles)}.",
    )


def cycle_costs(graph: WalkGraph, profile: CycleProfile) -> Costs:
    """Seconds that a cyclist takes along each edge, both ways.

    Every edge that can be walked can be ridden or pushed along; unknown slope counts as flat.
    Roads are ridden both ways: the graph does not know which are one-way.

    Parameters
    ----------
    graph
        The walking graph.
    profile
        Who rides.

    Returns
    -------
    Costs
        Seconds; between a point and its edge the bicycle is pushed.
    """
    return Costs(
        forward=_seconds(graph, profile, 1.0),
        backward=_seconds(graph, profile, -1.0),
        access=1 / profile.pushing,
        unit="s",
    )


def _seconds(graph: WalkGraph, profile: CycleProfile, sign: float) -> NDArray[np.float64]:
    if not graph.edges:
        return np.empty(0)
    slope = sign * np.nan_to_num(graph.piece_slope.astype(np.float64), nan=0.0)
    of_kind = np.array([profile.kinds.get(kind, 1.0) for kind in KINDS])
    factor = np.repeat(of_kind[graph.kind], np.diff(graph.piece_ptr))
    # A slow path is never slower than pushing the bicycle along it.
    speed = np.maximum(profile.speeds(slope) * factor, profile.pushing)
    # The pieces are float32: they say how an edge's slope is spread, not how long it is.
    piece = graph.piece_length.astype(np.float64)
    sums = np.add.reduceat(np.c_[piece / speed, piece], graph.piece_ptr[:-1], axis=0)
    pace = np.where(graph.kind == STAIRS, 1 / profile.stairs, sums[:, 0] / sums[:, 1])
    return np.asarray(graph.length * pace, dtype=np.float64)


@cache
def _profiles() -> dict[str, CycleProfile]:
    text = (files("askergeo") / "data" / "sykkelprofiler.yml").read_text(encoding="utf-8")
    return {name: _profile(name, record) for name, record in yaml.safe_load(text).items()}


def _profile(name: str, record: Mapping[str, Any]) -> CycleProfile:
    values = Parameters(
        name,
        [
            Parameter(name=key, title=TITLES[key], **entry)
            for key, entry in record.items()
            if key != "title"
        ],
    )
    return CycleProfile(
        id=name,
        title=record["title"],
        speed=values["fart"] / KMH,
        fastest=values["fart_storst"] / KMH,
        pushing=values["skyv"] / KMH,
        stairs=values["trapp"] / KMH,
        up=PERCENT * values["opp"] / KMH,
        down=PERCENT * values["ned"] / KMH,
        down_to=values["ned_til"],
        kinds={kind: values[kind] for kind in SLOWER},
        values=values,
    )
