"""Pressures and flows by EPANET: as the net is, with pipes shut, and with water taken for a fire.

The model is a package's own (``va_modell`` and the elements that belong to it), one that is made
from the net (:mod:`askergeo.va.model_export`), or a file. EPANET itself does the reckoning.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from askergeo.va._hydraulic_engine import Project
from askergeo.va._hydraulic_fire import fire_flow, fire_flows
from askergeo.va._hydraulic_model import (
    BAR_M,
    HOUR_S,
    EpanetModel,
    FireFlow,
    HydraulicRun,
    pressure_unit_m,
)
from askergeo.va._hydraulic_reader import Reader, flow_units, indexes
from askergeo.va._hydraulic_sewer import SewerRun, run_swmm
from askergeo.va._hydraulic_source import epanet_model, package_model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

__all__ = [
    "BAR_M",
    "EpanetModel",
    "FireFlow",
    "HydraulicRun",
    "SewerRun",
    "epanet_model",
    "fire_flow",
    "fire_flows",
    "package_model",
    "pressures_without",
    "run_epanet",
    "run_swmm",
]


def run_epanet(
    model: EpanetModel | Mapping[str, pd.DataFrame] | str | Path,
    *,
    closed: Sequence[str] = (),
    pressure_driven: tuple[float, float, float] | None = None,
    duration_h: float | None = None,
) -> HydraulicRun:
    """Run EPANET, and return pressures and flows at the model's times of report.

    Parameters
    ----------
    model
        The model.
    closed
        Links that are shut, whatever the model's controls say.
    pressure_driven
        Lowest pressure at which anything comes, pressure at which all comes (metres of water), and
        the exponent between them (Wagner's); ``None`` for what the model says itself.
    duration_h
        Hours to run; ``None`` for what the model says.

    Raises
    ------
    SourceError
        When EPANET refuses the model; its faults are named with line and element.
    ParameterError
        When a link that is to be shut is not in the model.
    MissingFileError
        When EPANET is not installed.
    """
    found = epanet_model(model)
    with Project(found.text, found.name) as project:
        if duration_h is not None:
            project.set_time("duration", round(duration_h * HOUR_S))
        if pressure_driven is not None:
            _set_pressure_driven(project, found.text, pressure_driven)
        names = project.names("link")
        project.close_links(indexes(names, closed, f"ledningen i modellen {found.name}"))
        return _run(project, names)


def _set_pressure_driven(project: Project, text: str, limits: tuple[float, float, float]) -> None:
    unit = pressure_unit_m(text, customary=flow_units(project).length != 1.0)
    least, required, exponent = limits
    project.pressure_driven(least / unit, required / unit, exponent)


def _run(project: Project, names: NDArray[np.object_]) -> HydraulicRun:
    reader = Reader(project)
    first, every = project.time("report_start"), project.time("report_step")
    only = project.time("duration") == 0
    times: list[int] = []
    warnings: dict[int, list[int]] = defaultdict(list)
    project.begin()
    while True:
        now, warning = project.step()
        if warning:
            warnings[warning].append(now)
        if only or (now >= first and (now - first) % every == 0):
            times.append(now)
            reader.take()
        if project.next() <= 0:
            break
    head = reader.stacked("head")
    reached = np.array(reader.reached)
    units = reader.units
    return HydraulicRun(
        seconds=np.array(times, dtype=np.int64),
        clock_s=project.time("clock_start"),
        node=project.names("node"),
        node_kind=reader.kind,
        elevation_m=reader.elevation,
        head_m=head,
        pressure_m=np.where(reached, head - reader.elevation, np.nan),
        demand_l_s=reader.stacked("demand"),
        deficit_l_s=reader.stacked("deficit"),
        reached=reached,
        link=names,
        link_kind=reader.link_kind,
        start=reader.start,
        end=reader.end,
        length_m=project.values("link", "length", reader.links) * units.length,
        diameter_mm=project.values("link", "diameter", reader.links) * units.diameter,
        flow_l_s=reader.stacked("flow"),
        velocity_m_s=reader.stacked("velocity"),
        warnings={code: tuple(when) for code, when in sorted(warnings.items())},
        failed_pumps=tuple(str(names[one]) for one in sorted(reader.failed)),
    )


def pressures_without(
    model: EpanetModel | Mapping[str, pd.DataFrame] | str | Path,
    pipes: Sequence[str],
    *,
    pressure_driven: tuple[float, float, float] | None = None,
) -> HydraulicRun:
    """Run EPANET with pipes shut for good.

    Nodes that lose every way to a source have no pressure (NaN, and ``reached`` is false); the
    others have what is left.

    Raises
    ------
    SourceError, ParameterError, MissingFileError
        As :func:`run_epanet`.
    """
    return run_epanet(model, closed=pipes, pressure_driven=pressure_driven)
