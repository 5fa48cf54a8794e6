"""What a pipe out of use does to the pressure of those who still have water, by EPANET."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from askergeo.analyses._reach_tables import counted_table
from askergeo.errors import AskergeoError
from askergeo.numbers import format_number
from askergeo.result import Column, Finding, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from askergeo.analyses._va_loss_scene import Scene
    from askergeo.result import Table
    from askergeo.va.hydraulics import HydraulicRun

__all__ = ["pressure_check"]

_MODEL: Final = ("va_modell", "va_node", "va_ledning", "va_anlegg")


def pressure_check(scene: Scene) -> tuple[Table | None, tuple[Finding, ...]]:
    """Shut the pipes that carry most, one at a time, in the model of the package.

    Only pipes that nobody is cut off by are tried: behind the others there is no water at all.
    Without a model there is no table; a model that cannot be run is told of.
    """
    from askergeo.va._hydraulic_devices import is_whole_model  # noqa: PLC0415  (heavy)

    if not is_whole_model(scene.layers.va_modell):
        return None, ()
    frames: dict[str, pd.DataFrame] = {
        name: frame for name in _MODEL if (frame := getattr(scene.layers, name)) is not None
    }
    try:
        return _table(scene, frames), ()
    except AskergeoError as error:
        finding = Finding(
            rule="va.bortfall.modell",
            title="Den hydrauliske modellen kunne ikke kjøres",
            status=Status.ERROR,
            severity=Severity.WARNING,
            text=f"Trykket med ledninger stengt er ikke regnet: {error.message}",
            layer="va_modell",
            action=error.remedy,
        )
        return None, (finding,)


def _table(scene: Scene, frames: Mapping[str, pd.DataFrame]) -> Table:
    from askergeo.va.hydraulics import (  # noqa: PLC0415  (EPANET is loaded only where it is used)
        package_model,
        pressures_without,
        run_epanet,
    )

    model = package_model(frames)
    limit = float(scene.parameters["va_bortfall_trykk_bar"])
    now = run_epanet(model)
    before = _lowest(now)
    records: list[dict[str, Any]] = []
    for link in _tried(scene, now):
        after = _lowest(pressures_without(model, [str(now.link[link])]))
        worse = (after < limit) & (before >= limit)
        records.append(
            {
                "rad": str(now.link[link]),
                "ledning": str(now.link[link]),
                "vannforing": np.abs(now.flow_l_s[:, link]).max(),
                "lave_naa": int((before < limit).sum()),
                "nye_lave": int(worse.sum()),
                "uten_vann": int((np.isnan(after) & ~np.isnan(before)).sum()),
                "lavest": np.nanmin(after) if not np.isnan(after).all() else np.nan,
            }
        )
    nodes = "noder"
    return counted_table(
        "trykk",
        "Trykket hos dem som fortsatt har vann, når en ledning er stengt (EPANET)",
        records,
        {
            "ledning": Column(title="Ledning stengt"),
            "vannforing": Column(title="Største vannføring i den nå", unit="l/s", decimals=1),
            "lave_naa": Column(title="Under grensen nå", unit=nodes, decimals=0),
            "nye_lave": Column(title="Kommer under grensen", unit=nodes, decimals=0),
            "uten_vann": Column(title="Mister vannet i modellen", unit=nodes, decimals=0),
            "lavest": Column(title="Laveste trykk da", unit="bar", decimals=2),
        },
        note=f"Grensen er {format_number(limit, 1)} bar. Ledningene er de som fører mest av dem "
        f"ingen er avskåret av; hver er stengt alene gjennom hele modellens tid.{_mean(now)}",
    )


def _mean(run: HydraulicRun) -> str:
    """Say that a model with one demand does not have the hour with most of it."""
    if not run.steady:
        return ""
    demand = format_number(float(run.asked_l_s[0]), 1)
    return (
        f" Modellen har ett forbruk ({demand} l/s), lest som middelforbruket: timen med mest "
        "forbruk er ikke med, og trykkene er lavere da."
    )


def _lowest(run: HydraulicRun) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the lowest pressure (bar) at each junction; NaN where water never or not always is."""
    pressure = run.pressure_bar[:, run.junction]
    return np.asarray(pressure.min(axis=0), dtype=np.float64)


def _tried(scene: Scene, run: HydraulicRun) -> list[int]:
    """Return the pipes of the model that carry most, of those nobody is cut off by."""
    alone = set(scene.ids[scene.head >= 0].tolist())
    known = set(scene.ids.tolist()) - alone
    flow = np.abs(run.flow_l_s).max(axis=0)
    pipes = [k for k in np.flatnonzero(run.pipe).tolist() if str(run.link[k]) in known]
    pipes.sort(key=lambda k: (-flow[k], str(run.link[k])))
    return pipes[: int(scene.parameters["va_bortfall_trykk_antall"])]
