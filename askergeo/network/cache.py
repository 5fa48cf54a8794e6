"""The graphs of a data package, built once and kept under the hash of their inputs.

The file is an NPZ of plain arrays (the tables of the report as Parquet inside it), written whole
or not at all. It only saves time: when it cannot be written, or not be read again, the graph is
built from the layers.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from contextlib import suppress
from dataclasses import fields
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa

from askergeo import __version__
from askergeo.network.graph import GraphBuild, WalkGraph, build_graph
from askergeo.network.lines import barriers, walkable_lines
from askergeo.network.repair import RepairReport
from askergeo.stores.arrays import write_arrays
from askergeo.terrain import open_terrain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from askergeo.datapackage import DataPackage
    from askergeo.scenario import ScenarioView

__all__ = ["CODE", "FOLDER", "GAP", "TOLERANCE", "cached_graph", "kept_graph"]

#: Folder of a package that holds what can be made again.
FOLDER = "mellomlager"
#: Names of the parameters that decide the graph.
TOLERANCE, GAP = "toleranse_m", "glipp_m"
LINE_LAYERS = ("veg", "sti", "lenkeforslag")
LAYERS = (*LINE_LAYERS, "sperring", "terreng")
# A package is often asked with its drawn links and without: both stay.
KEPT = 2
# The code that decides what a graph holds: a cache of other code is never read.
CODE = (
    "terrain.py", "network/cache.py", "network/graph.py", "network/lines.py", "network/repair.py",
    "network/_building.py", "network/_chains.py", "network/_gaps.py", "network/_joining.py",
    "network/_kinds.py", "network/_noding.py", "network/_slopes.py",
)  # fmt: skip
TABLES = ("summary", "gaps", "moved")


class _Values(Protocol):
    def __getitem__(self, name: str, /) -> Any: ...  # noqa: ANN401  (number, text or list)


def cached_graph(
    package: DataPackage | ScenarioView, parameters: _Values, *, links: bool = False
) -> GraphBuild:
    """Return the walking graph of a package: from the package's cache, or built and put there.

    Parameters
    ----------
    package
        Package, or a scenario laid over one; a scenario's graph is kept with the scenario.
    parameters
        ``toleranse_m`` and ``glipp_m``, as :func:`build_graph` takes them.
    links
        Whether the links that a planner has drawn (layer ``lenkeforslag``) are walked.

    Raises
    ------
    LayerError, CrsError, ParameterError, PackageError
        As reading the layers and :func:`build_graph` do.
    """
    wanted = [name for name in LAYERS if name in package and (links or name != "lenkeforslag")]
    tolerance, gap = float(parameters[TOLERANCE]), float(parameters[GAP])

    def make() -> GraphBuild:
        layers = {name: package.read(name) for name in wanted if name != "terreng"}
        return build_graph(
            walkable_lines(layers.get("veg"), layers.get("sti"), lenker=layers.get("lenkeforslag")),
            tolerance_m=tolerance,
            gap_m=gap,
            terrain=open_terrain(package),
            barriers=barriers(layers["sperring"]) if "sperring" in layers else None,
        )

    return kept_graph(package, "gangnett", wanted, parameters, make)


def kept_graph(
    package: DataPackage | ScenarioView,
    name: str,
    layers: Sequence[str],
    parameters: _Values,
    make: Callable[[], GraphBuild],
    *,
    code: Sequence[str] = CODE,
) -> GraphBuild:
    """Return a graph from the package's cache, or make it and put it there.

    Parameters
    ----------
    package
        Package, or a scenario laid over one; a scenario's graph is kept with the scenario.
    name
        What the graph is called in the names of its files.
    layers
        The layers that it is made of.
    parameters
        ``toleranse_m`` and ``glipp_m``, which decide it too.
    make
        Makes it of the layers.
    code
        The modules of the program that decide what it holds.
    """
    key = _key(package, layers, parameters, code)
    folder = getattr(package, "scenario_path", package.path) / FOLDER
    path = folder / f"{name}-{key}.npz"
    found = _load(path, key)
    if found is not None:
        return found
    build = make()
    # A full or read-only disk costs time, never the answer.
    with suppress(OSError):
        _store(path, key, build)
        _remove_old(folder, path, name)
    return build


def _key(
    package: DataPackage | ScenarioView,
    layers: Sequence[str],
    parameters: _Values,
    modules: Sequence[str],
) -> str:
    """Hash of everything that decides the graph."""
    code = hashlib.sha256()
    for name in modules:
        code.update((files("askergeo") / name).read_bytes())
    said = {
        "askergeo": __version__,
        "kode": code.hexdigest(),
        "crs": package.crs,
        "lag": {name: package.record(name).sha256 for name in layers},
        TOLERANCE: float(parameters[TOLERANCE]),
        GAP: float(parameters[GAP]),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


def _store(path: Path, key: str, build: GraphBuild) -> None:
    arrays = {
        field.name: np.asarray(getattr(build.graph, field.name)) for field in fields(WalkGraph)
    }
    for name in TABLES:
        stream = io.BytesIO()
        getattr(build.report, name).to_parquet(stream)
        arrays[name] = np.frombuffer(stream.getbuffer(), dtype=np.uint8)
    arrays["warnings"] = np.array(json.dumps(build.report.warnings))
    arrays["key"] = np.array(key)
    write_arrays(path, arrays)


def _load(path: Path, key: str) -> GraphBuild | None:
    """Read a graph back; ``None`` when there is none, or the file is not what was written."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            if str(stored["key"]) != key:
                return None
            arrays = {field.name: stored[field.name] for field in fields(WalkGraph)}
            tables = {name: io.BytesIO(stored[name].tobytes()) for name in TABLES}
            warnings = tuple(json.loads(str(stored["warnings"])))
        report = RepairReport(
            summary=pd.read_parquet(tables["summary"]),
            gaps=gpd.read_parquet(tables["gaps"]),
            moved=gpd.read_parquet(tables["moved"]),
            warnings=warnings,
        )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, pa.ArrowException):
        return None
    graph = WalkGraph(**{**arrays, "crs": str(arrays["crs"])})
    return GraphBuild(graph=graph, report=report)


def _remove_old(folder: Path, newest: Path, name: str) -> None:
    """Remove all graphs of a name but the newest few; one that another process holds open stays."""
    graphs = [path for path in folder.glob(f"{name}-*.npz") if path != newest]
    graphs.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in graphs[KEPT - 1 :]:
        with suppress(OSError):
            path.unlink()
