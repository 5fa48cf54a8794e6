"""What the tables, the map and the text of hydraulics are made from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from askergeo.va.cost import pipe_costs, read_prices
from askergeo.va.hydraulics import fire_flows, run_epanet
from askergeo.va.model_export import placed_model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.terrain import Terrain
    from askergeo.va.hydraulics import FireFlow, HydraulicRun
    from askergeo.va.model_export import PlacedModel

__all__ = [
    "CLASSES",
    "GOOD",
    "HIGH",
    "LOW",
    "NO_WATER",
    "TOO_LOW",
    "UNKNOWN",
    "Scene",
    "clock",
    "has_patterns",
    "make_scene",
]

#: Classes of pressure, from none to too much, and unknown.
NO_WATER, TOO_LOW, LOW, GOOD, HIGH, UNKNOWN = range(6)
CLASSES: Final = (NO_WATER, TOO_LOW, LOW, GOOD, HIGH, UNKNOWN)
# Hydrants that are tried: fewer in a large net, where each takes longer.
_MOST_FIRES, _LEAST_FIRES = 200, 20
_FIRE_NODES: Final = 700_000
_HOUR_S: Final = 3600
_PATTERN: Final = re.compile(
    r"^\[PATTERNS\][^\n]*\n(?:[ \t\r]*(?:;[^\n]*)?\n)*[ \t]*[^\s\[;]", re.MULTILINE | re.IGNORECASE
)
_DAY_S: Final = 86_400


@dataclass(frozen=True, kw_only=True, eq=False)  # arrays have no single answer to ==
class Scene:
    """The run and what is asked of it; nodes that are taps only, (k,), pipes, (p,).

    ``pressure`` is (t, k) in bar, NaN unknown or without water; ``lowest`` and ``highest`` over the
    times; ``no_water`` which nodes some hour have no way to a source.
    """

    placed: PlacedModel
    run: HydraulicRun
    taps: NDArray[np.int64]
    pressure: NDArray[np.float64]
    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]
    no_water: NDArray[np.bool_]
    kind: NDArray[np.int8]
    people: NDArray[np.float64] | None
    pipes: NDArray[np.int64]
    speed: NDArray[np.float64]
    fires: tuple[FireFlow, ...]
    fires_untried: int
    costs: pd.DataFrame | None
    limits: Mapping[str, float]
    settings: Mapping[str, Any]

    def name(self, tap: int) -> str:
        """Id of a tap."""
        return str(self.run.node[self.taps[tap]])

    @property
    def when(self) -> str:
        """When a pressure is the worst: a model without hours has the mean demand only."""
        return self.demand if self.run.steady else "i den verste timen"

    @property
    def busiest(self) -> str:
        """When the hydrants are tried."""
        return self.demand if self.run.steady else "i timen med mest forbruk"

    @property
    def demand(self) -> str:
        """What the one demand of a run without hours is."""
        first = "ved forbruket modellen begynner med"
        return first if has_patterns(self.placed.model.text) else "ved middelforbruk"


def make_scene(
    frames: Mapping[str, pd.DataFrame],
    terrain: Terrain | None,
    parameters: Parameters,
    year: int | None = None,
) -> Scene:
    """Find or make the model, run it, and class its nodes."""
    placed = placed_model(frames, terrain, parameters, year)
    limits = {
        name: float(parameters[f"va_hydraulikk_{name}"])
        for name in ("lavest_bar", "hoyest_bar", "brann_bar", "brann_l_s", "fart_hoy", "fart_lav")
    }
    hours = float(parameters["va_hydraulikk_timer"])
    by_pressure = parameters["va_hydraulikk_trykkavhengig"] == "ja"
    settings: dict[str, Any] = {"pressure_driven": by_pressure}
    driven = None
    if by_pressure:
        driven = (0.0, float(parameters["va_hydraulikk_krever_m"]), 0.5)
        settings["required_m"] = driven[1]
    run = run_epanet(placed.model, pressure_driven=driven, duration_h=hours if hours >= 0 else None)
    taps = np.flatnonzero(run.junction)
    names = run.node[taps]
    unknown = pd.Index(names).isin(placed.heights_unknown)
    pressure = np.where(unknown, np.nan, run.pressure_bar[:, taps])
    no_water = np.asarray(~run.reached[:, taps].all(axis=0), dtype=np.bool_)
    lowest, highest = _extremes(pressure)
    real = run.pipe
    if placed.made:
        # Shut valves are pipes in the model, and none in the ground.
        real = real & pd.Index(run.link).isin(placed.lines.index)
    pipes = np.flatnonzero(real)
    people = None
    if placed.people is not None:
        people = placed.people.reindex(names).fillna(0).to_numpy(dtype=np.float64)
    fires = _fires(placed, limits)
    return Scene(
        placed=placed,
        run=run,
        taps=taps,
        pressure=pressure,
        lowest=lowest,
        highest=highest,
        no_water=no_water,
        kind=_classes(lowest, highest, no_water, limits),
        people=people,
        pipes=pipes,
        speed=np.abs(run.velocity_m_s[:, pipes]).max(axis=0, initial=0.0),
        fires=fires,
        fires_untried=len(placed.hydrants) - len(fires),
        costs=_costs(run, pipes, parameters),
        limits=limits,
        settings=settings,
    )


def _extremes(
    pressure: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lowest and highest of each column; NaN where nothing is known."""
    low = np.where(np.isnan(pressure), np.inf, pressure).min(axis=0)
    high = np.where(np.isnan(pressure), -np.inf, pressure).max(axis=0)
    return np.where(np.isinf(low), np.nan, low), np.where(np.isinf(high), np.nan, high)


def _classes(
    lowest: NDArray[np.float64],
    highest: NDArray[np.float64],
    no_water: NDArray[np.bool_],
    limits: Mapping[str, float],
) -> NDArray[np.int8]:
    """Class each node by its worst hour; too little goes before too much."""
    worst = [
        no_water,
        np.isnan(lowest),
        lowest < limits["brann_bar"],
        lowest < limits["lavest_bar"],
        highest > limits["hoyest_bar"],
    ]
    return np.select(worst, [NO_WATER, UNKNOWN, TOO_LOW, LOW, HIGH], GOOD).astype(np.int8)


def _fires(placed: PlacedModel, limits: Mapping[str, float]) -> tuple[FireFlow, ...]:
    """Try the hydrants one by one; of very many those that are spread evenly through the list."""
    chosen = placed.hydrants
    most = _FIRE_NODES // max(len(placed.places), 1)
    most = min(max(most, _LEAST_FIRES), _MOST_FIRES)
    if len(chosen) > most:
        at = np.linspace(0, len(chosen) - 1, most).round().astype(int)
        chosen = tuple(chosen[one] for one in at)
    if not chosen:
        return ()
    return tuple(
        fire_flows(
            placed.model,
            chosen,
            limits["brann_l_s"],
            required_bar=limits["brann_bar"],
            beyond=False,
        )
    )


def _costs(
    run: HydraulicRun, pipes: NDArray[np.int64], parameters: Parameters
) -> pd.DataFrame | None:
    prices = read_prices(parameters["va_hydraulikk_rorpris"])
    return pipe_costs(run.diameter_mm[pipes], run.length_m[pipes], prices) if prices else None


def has_patterns(text: str) -> bool:
    r"""Whether a model's text has any pattern.

    Examples
    --------
    >>> has_patterns("[PATTERNS]\n;id\n 1 1.0 1.2"), has_patterns("[PATTERNS]\n;id\n\n[TIMES]")
    (True, False)
    """
    return bool(_PATTERN.search(text))


def clock(scene: Scene, at: int) -> str:
    """Time of a step, as the model's clock shows it; from the second day with its number."""
    seconds = int(scene.run.seconds[at])
    day, rest = divmod(seconds + scene.run.clock_s, _DAY_S)
    text = f"{rest // _HOUR_S:02d}:{rest % _HOUR_S // 60:02d}"
    return f"dag {day + 1} kl. {text}" if scene.run.seconds[-1] >= _DAY_S else f"kl. {text}"
