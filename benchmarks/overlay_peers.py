"""The engines that overlays are measured against: loaded and indexed first, then asked."""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

__all__ = ["DuckDB", "PostGIS", "SedonaDB"]

PAIRS_SQL = """
SELECT l.id AS land, p.id AS plan, ST_Area(ST_Intersection(l.geom, p.geom)) AS area
FROM land l JOIN plan p ON ST_Intersects(l.geom, p.geom)
"""
# A server with room: all is in its memory, and it may use as many processes as there are cores.
_SETTINGS = {
    "listen_addresses": "''", "fsync": "off", "shared_buffers": "1GB", "work_mem": "256MB",
    "jit": "off", "max_parallel_workers_per_gather": str(os.cpu_count() or 1),
    "max_parallel_workers": str(os.cpu_count() or 1), "parallel_setup_cost": "0",
    "parallel_tuple_cost": "0", "min_parallel_table_scan_size": "0",
}  # fmt: skip


class SedonaDB:
    """SedonaDB with both layers as tables in memory."""

    name = "SedonaDB, loaded"

    def __init__(self, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
        import sedonadb  # noqa: PLC0415  (a peer: loaded where it is used)

        self._session: Any = sedonadb.connect()
        for name, layer in layers.items():
            frame = layer[["id", "geometry"]].rename_geometry("geom")
            self._session.create_data_frame(frame).to_memtable().to_view(name)

    @staticmethod
    def absent() -> str:
        """Say why it cannot be run; empty when it can."""
        return _lacking("sedonadb", "geoarrow")

    def pairs(self) -> pd.DataFrame:
        """Return the area of every pair of rows that meet."""
        return self._session.sql(PAIRS_SQL).to_pandas()


class DuckDB:
    """DuckDB with its spatial extension, both layers in memory with an R-tree."""

    name = "DuckDB spatial, loaded and indexed"

    def __init__(self, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
        self._session: Any = _duckdb()
        for name, layer in layers.items():
            wkb = shapely.to_wkb(layer.geometry.to_numpy())
            self._session.register("given", pd.DataFrame({"id": layer["id"], "wkb": wkb}))
            table = self._session.sql("SELECT id, ST_GeomFromWKB(wkb) AS geom FROM given")
            table.create(name)
            self._session.execute(f"CREATE INDEX {name}_index ON {name} USING RTREE (geom)")

    @staticmethod
    def absent() -> str:
        """Say why it cannot be run; empty when it can."""
        lacking = _lacking("duckdb")
        if lacking:
            return lacking
        import duckdb  # noqa: PLC0415

        try:
            _duckdb()
        except duckdb.Error:
            return "the spatial extension could not be fetched"
        return ""

    def pairs(self) -> pd.DataFrame:
        """Return the area of every pair of rows that meet."""
        return self._session.execute(PAIRS_SQL).df()


def _duckdb() -> Any:  # noqa: ANN401  (untyped)
    """Connect with the spatial extension: from its wheel, installed before, or fetched now."""
    import duckdb  # noqa: PLC0415

    session = duckdb.connect()
    found = importlib.util.find_spec("duckdb_extension_spatial")
    if found is not None and found.origin:
        folder = Path(found.origin).parent / "extensions" / f"v{duckdb.__version__}"
        session.execute(f"LOAD '{folder / 'spatial.duckdb_extension'}'")
        return session
    try:
        session.execute("LOAD spatial")
    except duckdb.Error:
        session.execute("INSTALL spatial")
        session.execute("LOAD spatial")
    return session


class PostGIS:
    """A private PostgreSQL server with PostGIS, both layers loaded, indexed and analysed."""

    name = "PostGIS, loaded and indexed"

    def __init__(self, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
        import psycopg  # noqa: PLC0415

        self._session = psycopg.connect(
            host=str(_server()), user="bench", dbname="postgres", autocommit=True
        )
        self._session.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        for name, layer in layers.items():
            self._load(name, layer)

    @staticmethod
    def absent() -> str:
        """Say why it cannot be run; empty when it can."""
        lacking = _lacking("psycopg")
        if not lacking and _programs() is None:
            return "not installed: PostgreSQL with PostGIS"
        return lacking

    def _load(self, name: str, layer: gpd.GeoDataFrame) -> None:
        run = self._session.execute
        run(f"CREATE UNLOGGED TABLE {name} (id integer, geom geometry)")
        shapes = shapely.to_wkb(layer.geometry.to_numpy(), hex=True)
        with self._session.cursor().copy(f"COPY {name} FROM STDIN") as copy:
            for row in zip(layer["id"].tolist(), shapes, strict=True):
                copy.write_row(row)
        run(f"CREATE INDEX ON {name} USING gist (geom)")
        run(f"ALTER TABLE {name} SET (parallel_workers = {os.cpu_count() or 1})")
        run(f"VACUUM ANALYZE {name}")

    def pairs(self) -> pd.DataFrame:
        """Return the area of every pair of rows that meet."""
        rows = self._session.execute(PAIRS_SQL).fetchall()
        return pd.DataFrame(rows, columns=["land", "plan", "area"])


def _programs() -> Path | None:
    """Folder of the newest PostgreSQL that has PostGIS; ``None`` when there is none."""
    found = [
        path
        for path in Path("/usr/lib/postgresql").glob("*/bin")
        if (path / "initdb").is_file()
        and Path(f"/usr/share/postgresql/{path.parent.name}/extension/postgis.control").is_file()
    ]
    return max(found, key=lambda path: int(path.parent.name), default=None)


@lru_cache(maxsize=1)
def _server() -> Path:
    """Start a server of our own, stopped when the process ends; the folder of its socket."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="askergeo-postgis-"))
    # The server refuses to run as root.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    control = [*as_user, f"{programs}/pg_ctl", "-D", f"{folder}/data", "-w"]

    def call(*command: str) -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def stop() -> None:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False,
                       stdout=subprocess.DEVNULL, cwd="/")  # fmt: skip
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    call(*as_user, f"{programs}/initdb", "-D", f"{folder}/data", "-A", "trust", "-E", "UTF8",
         "--locale=C", "-U", "bench", "-N")  # fmt: skip
    options = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
    options += f" -c unix_socket_directories={folder}"
    call(*control, "-l", f"{folder}/log", "-o", options, "start")
    return folder


def _lacking(*modules: str) -> str:
    absent = [name for name in modules if importlib.util.find_spec(name) is None]
    return f"not installed: {', '.join(absent)}" if absent else ""
