"""Pressures and flows by EPANET: as the net is, with pipes shut, and with water taken for a fire.

The model is a package's own (``va_modell`` and the elements that belong to it), one that is made
from the net (:mod:`askergeo.va.model_export`), or a file. EPANET itself does the reckoning.
"""

from __future__ import annotations

import math
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from askergeo.errors import LayerError, ParameterError, SourceError
from askergeo.sources._inp_text import read_text
from askergeo.sources._inp_units import Units, units_of
from askergeo.sources.inp_writing import inp_text
from askergeo.va._hydraulic_engine import COUNT_LINKS, COUNT_NODES, Project
from askergeo.va._hydraulic_model import (
    BAR_M,
    GUESS_COLUMNS,
    JUNCTION,
    PUMP,
    EpanetModel,
    FireFlow,
    HydraulicRun,
    pressure_unit_m,
)
from askergeo.va._hydraulic_sewer import SewerRun, run_swmm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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

# EPANET's numbers of the flow units.
_FLOW_UNITS: Final = (
    "CFS", "GPM", "MGD", "IMGD", "AFD", "LPS", "LPM", "MLD", "CMH", "CMD",
)  # fmt: skip
_PUMP_FAILS: Final = 0
_HOUR_S: Final = 3600
# A fire flow is found to this.
_FLOW_STEP_L_S: Final = 0.25
_MOST_L_S: Final = 100.0


def epanet_model(source: EpanetModel | Mapping[str, pd.DataFrame] | str | Path) -> EpanetModel:
    """Return a model from a file, from the layers of a package, or as it is.

    Raises
    ------
    SourceError
        When the file is no model for EPANET, or the layers hold none.
    """
    if isinstance(source, EpanetModel):
        return source
    if not isinstance(source, str | Path):
        return package_model(source)
    found = read_text(source)
    if found.program != "epanet":
        raise SourceError(
            f"{found.name} er en modell for SWMM, ikke for EPANET.",
            remedy="Velg en modell av vannettet.",
        )
    return EpanetModel(name=found.name, text="\n".join(line.text for line in found.lines) + "\n")


def package_model(frames: Mapping[str, pd.DataFrame], model_id: str = "") -> EpanetModel:
    """Return the EPANET model that the layers ``va_modell``, ``va_node``, … hold.

    Parameters
    ----------
    frames
        Layers by name.
    model_id
        Which model; empty for the only one.

    Raises
    ------
    SourceError
        When there is no such model, or several and none is chosen.
    """
    name = model_id or _only_model(frames)
    try:
        text, _, _ = inp_text(frames, model=name)
    except LayerError:
        # The map has pipes that the model lacks, and too little is known of them to add them.
        return _as_read(frames, name)
    return EpanetModel(name=name, text=text)


def _as_read(frames: Mapping[str, pd.DataFrame], name: str) -> EpanetModel:
    """Return a model without the pipes that only the map has, and say how many those are."""
    rows = frames["va_modell"]
    rows = rows[rows["modell_id"].astype(str) == name]
    own = {str(one).split()[0] for one in rows["tekst"] if str(one).split()}
    kept = dict(frames)
    for layer, column in (("va_ledning", "ledning_id"), ("va_node", "node_id")):
        if layer in kept:
            kept[layer] = kept[layer][kept[layer][column].astype(str).isin(own)]
    text, _, _ = inp_text(kept, model=name)
    pipes = frames["va_ledning"]
    water = pipes["type"] == "vann"
    new = int((water & ~pipes["ledning_id"].astype(str).isin(own)).sum())
    row = ("Vannledninger i kartet", new, int(water.sum()), "ikke med: modellen mangler dem")
    return EpanetModel(
        name=name, text=text, guesses=pd.DataFrame([row], columns=list(GUESS_COLUMNS))
    )


def _only_model(frames: Mapping[str, pd.DataFrame]) -> str:
    rows = frames.get("va_modell")
    if rows is None or not len(rows):
        raise SourceError(
            "Datapakken har ingen modell av vannettet.",
            remedy="Legg til en .inp-fil, eller la modellen bli laget av ledningskartet.",
        )
    own = rows
    if "program" in rows:
        own = rows[rows["program"].isna() | (rows["program"] == "epanet")]
    names = sorted(set(own["modell_id"].astype(str)))
    if len(names) != 1:
        told = ", ".join(names) or "ingen for EPANET"
        raise SourceError(
            f"Datapakken har {len(names)} modeller av vannettet: {told}.",
            remedy="Velg én med «--parameter va_hydraulikk_modell=NAVN».",
        )
    return names[0]


class _Reader:
    """Reads the values of a solved step, in the package's units."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.units = _units(project)
        self.nodes, self.links = project.count(COUNT_NODES), project.count(COUNT_LINKS)
        self.start, self.end = project.ends()
        self.kind, self.link_kind = project.types("node"), project.types("link")
        self.elevation = project.values("node", "elevation", self.nodes) * self.units.length
        self.series: dict[str, list[NDArray[np.float64]]] = defaultdict(list)
        self.reached: list[NDArray[np.bool_]] = []
        self.failed: set[int] = set()

    def take(self) -> None:
        """Note the values of the step that was solved last."""
        project, units = self.project, self.units
        read = {
            "head": ("node", units.length),
            "demand": ("node", units.flow),
            "deficit": ("node", units.flow),
            "flow": ("link", units.flow),
            "velocity": ("link", units.length),
        }
        for what, (kind, factor) in read.items():
            count = self.nodes if kind == "node" else self.links
            self.series[what].append(project.values(kind, what, count) * factor)
        is_open = project.values("link", "status", self.links) > 0
        self.reached.append(_reached(self.start, self.end, is_open, self.kind))
        pumps = self.link_kind == PUMP
        if pumps.any():
            state = project.values("link", "pump_state", self.links)
            self.failed.update(np.flatnonzero(pumps & (state == _PUMP_FAILS)).tolist())

    def stacked(self, what: str) -> NDArray[np.float64]:
        return np.array(self.series[what])


def _units(project: Project) -> Units:
    found = units_of(_FLOW_UNITS[project.flow_unit()])
    if found is None:  # every unit of EPANET 2.2 is known
        raise SourceError(f"Modellen {project.name} har en ukjent enhet.", remedy="Bruk LPS.")
    return found


def _reached(
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    is_open: NDArray[np.bool_],
    kind: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Which nodes an open way leads to from a source or tank, (n,)."""
    count = len(kind)
    ends = start[is_open], end[is_open]
    graph = coo_array((np.ones(len(ends[0])), ends), shape=(count, count))
    _, part = connected_components(graph, directed=False)
    return np.isin(part, part[kind != JUNCTION])


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
            project.set_time("duration", round(duration_h * _HOUR_S))
        if pressure_driven is not None:
            _set_pressure_driven(project, found.text, pressure_driven)
        names = project.names("link")
        project.close_links(_indexes(names, closed, f"ledningen i modellen {found.name}"))
        return _run(project, names)


def _set_pressure_driven(project: Project, text: str, limits: tuple[float, float, float]) -> None:
    unit = pressure_unit_m(text, customary=_units(project).length != 1.0)
    least, required, exponent = limits
    project.pressure_driven(least / unit, required / unit, exponent)


def _indexes(names: NDArray[np.object_], wanted: Sequence[str], what: str) -> list[int]:
    at = {str(name): place for place, name in enumerate(names)}
    unknown = [str(one) for one in wanted if str(one) not in at]
    if unknown:
        raise ParameterError(
            f"Fant ikke {what}: {', '.join(unknown[:10])}.",
            remedy="Bruk id-ene som står i modellen.",
        )
    return [at[str(one)] for one in wanted]


def _run(project: Project, names: NDArray[np.object_]) -> HydraulicRun:
    reader = _Reader(project)
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


def fire_flow(
    model: EpanetModel | Mapping[str, pd.DataFrame] | str | Path,
    node: str,
    l_s: float,
    *,
    required_bar: float = 1.0,
    hour: float | None = None,
) -> FireFlow:
    """Take water out at one node, and say what pressure is left; see :func:`fire_flows`."""
    return fire_flows(model, [node], l_s, required_bar=required_bar, hour=hour)[0]


def fire_flows(
    model: EpanetModel | Mapping[str, pd.DataFrame] | str | Path,
    nodes: Sequence[str],
    l_s: float,
    *,
    required_bar: float = 1.0,
    hour: float | None = None,
    most_l_s: float = _MOST_L_S,
    beyond: bool = True,
) -> list[FireFlow]:
    """Take water out at one node at a time beside the model's own demand.

    The flow is forced: all of it is taken out, whatever the pressure falls to. Tanks hold what they
    begin with.

    Parameters
    ----------
    model
        The model.
    nodes
        Nodes where a fire outlet stands.
    l_s
        What is taken out, litres a second.
    required_bar
        Pressure that is needed at the outlet meanwhile.
    hour
        Hours from the model's beginning at which it burns; ``None`` for the hour with most demand.
    most_l_s
        The most that is tried when what can be taken out is sought.
    beyond
        Whether more than ``l_s`` is tried where there is enough; ``most_l_s`` is then no more than
        that. Several times faster without.

    Raises
    ------
    SourceError, ParameterError, MissingFileError
        As :func:`run_epanet`; also when a node is a source or a tank.
    """
    found = epanet_model(model)
    with Project(found.text, found.name) as project:
        names, kind = project.names("node"), project.types("node")
        chosen = _indexes(names, nodes, f"noden i modellen {found.name}")
        tanks = [str(names[one]) for one in chosen if kind[one] != JUNCTION]
        if tanks:
            raise ParameterError(
                f"Brannvann kan ikke tas ut i kilder og bassenger: {', '.join(tanks)}.",
                remedy="Velg noder på ledningsnettet.",
            )
        project.demand_driven()
        when = _busiest_s(project) if hour is None else round(hour * _HOUR_S)
        begins = project.time("pattern_start")
        project.set_time("duration", 0)
        project.set_time("pattern_start", begins + when)
    # One run a node: demands of a node that has burnt must not stay.
    most = most_l_s if beyond else l_s
    return _burnt(found, nodes, chosen, (l_s, required_bar, most), begins + when)


def _burnt(
    found: EpanetModel,
    nodes: Sequence[str],
    chosen: list[int],
    limits: tuple[float, float, float],
    pattern_start: int,
) -> list[FireFlow]:
    with Project(found.text, found.name) as project:
        project.demand_driven()
        project.set_time("duration", 0)
        project.set_time("pattern_start", pattern_start)
        for one in dict.fromkeys(chosen):
            project.add_demand(one, 0.0)
        scene = _Fire(project, *limits)
        return [scene.at(str(node), one) for node, one in zip(nodes, chosen, strict=True)]


class _Fire:
    """Solves one fire at a time in a model that is held open."""

    def __init__(self, project: Project, l_s: float, required_bar: float, most_l_s: float) -> None:
        self.project, self.l_s, self.required, self.most = project, l_s, required_bar, most_l_s
        self.units = _units(project)
        self.names, self.kind = project.names("node"), project.types("node")
        self.start, self.end = project.ends()
        count, self.links = len(self.names), len(self.start)
        self.elevation = project.values("node", "elevation", count)
        self.count = count
        project.begin()
        project.step()
        self.demand = project.values("node", "demand", count)

    def _pressure(self, node: int, l_s: float) -> float:
        """Pressure at the node while water is taken out there, bar."""
        project = self.project
        project.change_last_demand(node, l_s / self.units.flow)
        project.begin()
        project.step()
        metres = (project.node(node, "head") - self.elevation[node]) * self.units.length
        return float(metres / BAR_M)

    def _is_reached(self, node: int) -> bool:
        """Whether an open way leads to the node from a source, as the model is now."""
        is_open = self.project.values("link", "status", self.links) > 0
        return bool(_reached(self.start, self.end, is_open, self.kind)[node])

    def at(self, name: str, node: int) -> FireFlow:
        pressure = self._pressure(node, self.l_s)
        if not self._is_reached(node):
            pressure = float("nan")
        lowest, where = self._lowest(node)
        available = self._available(node, pressure)
        self.project.change_last_demand(node, 0.0)
        return FireFlow(
            node=name,
            asked_l_s=self.l_s,
            pressure_bar=pressure,
            available_l_s=available,
            most_l_s=self.most,
            lowest_bar=lowest,
            lowest_node=where,
            enough=bool(pressure >= self.required),
        )

    def _lowest(self, node: int) -> tuple[float, str]:
        """Lowest pressure among the other nodes with demand, bar, and where it is."""
        head = self.project.values("node", "head", self.count)
        bar = (head - self.elevation) * self.units.length / BAR_M
        other = (self.kind == JUNCTION) & (self.demand > 0)
        other[node] = False
        if not other.any():
            return float("nan"), ""
        at = int(np.argmin(np.where(other, bar, np.inf)))
        return float(bar[at]), str(self.names[at])

    def _available(self, node: int, pressure: float) -> float:
        """Most that can be taken out with the pressure that is needed, by halving."""
        if math.isnan(pressure):
            return 0.0
        low, high = (self.l_s, self.most) if pressure >= self.required else (0.0, self.l_s)
        if low == 0.0 and not self._pressure(node, 0.0) >= self.required:
            return 0.0
        if high <= low or self._pressure(node, high) >= self.required:
            return high
        while high - low > _FLOW_STEP_L_S:
            middle = (low + high) / 2
            if self._pressure(node, middle) >= self.required:
                low = middle
            else:
                high = middle
        return low


def _busiest_s(project: Project) -> int:
    """Seconds from the beginning to the time with most demand."""
    count = project.count(COUNT_NODES)
    taps = project.types("node") == JUNCTION
    best, when = -np.inf, 0
    project.begin()
    while True:
        now, _ = project.step()
        total = float(project.values("node", "demand", count)[taps].sum())
        if total > best + 1e-9:
            best, when = total, now
        if project.next() <= 0:
            return when
