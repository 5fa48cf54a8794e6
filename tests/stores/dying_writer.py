"""Write a layer again and again in processes that are killed, each in a copy of its own.

``dying_writer.py calls PACKAGE FRAME OUT``: the first dies at its first call to the system, the
second at its second, and so on, until one lives; with ``lines`` at each line that runs of
askergeo/stores/folder.py, where all files are named and replaced. ``dying_writer.py timed … COUNT SEED``: each dies
after a random time. Processes are forked before pyarrow has threads, so that each starts in
milliseconds.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd

from askergeo.catalogue import load_catalogue
from askergeo.datapackage import DataPackage, Origin

if TYPE_CHECKING:
    from types import FrameType

WATCHED = {"open", "os.rename", "os.remove", "os.mkdir", "os.truncate", "shutil.copyfile"}


def write(package: Path, frame: gpd.GeoDataFrame) -> None:
    avvik = frame.head(3)[["navn", "geometry"]]
    DataPackage.open(package).write(
        "vann",
        frame,
        origin=Origin("ny", "2025-02-02"),
        overwrite=True,
        avvik=avvik,
        coverage=frame.geometry.iloc[0],
    )


def die_at(number: int, package: Path, mode: str) -> None:
    """Kill this process just before the call, or line, ``number`` that touches the package."""
    seen = 0

    def touch() -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in WATCHED and str(package) in str(arguments[0]):
            touch()

    def trace(frame: FrameType, event: str, _argument: object) -> object:
        if not frame.f_code.co_filename.endswith("folder.py"):
            return None
        if event == "line":
            touch()
        return trace

    if mode == "lines":
        sys.settrace(trace)
        return
    real = os.fsync

    def fsync(descriptor: int) -> None:
        touch()
        real(descriptor)
        touch()

    os.fsync = fsync
    sys.addaudithook(hook)


def forked(package: Path, frame: gpd.GeoDataFrame, mode: str, number: int) -> int:
    child = os.fork()
    if child == 0:
        if mode != "timed":
            die_at(number, package, mode)
        try:
            write(package, frame)
        except BaseException as error:  # noqa: BLE001  (a forked child must not return)
            sys.stderr.write(f"{error!r}\n")
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    return child


def main() -> None:
    mode, source, rows, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4])
    wkt = gpd.GeoSeries.from_wkt(rows.read_text(encoding="utf-8").splitlines(), crs="EPSG:25832")
    names = [f"ny {number}" for number in range(len(wkt))]
    data = {"vann_id": range(len(wkt)), "vanntype": ["hav"] * len(wkt), "navn": names}
    frame = gpd.GeoDataFrame(data, geometry=wkt)
    if mode != "timed":
        # Kept in memory: each child would read it anew, which is most of what a write costs.
        load_catalogue()
    numbers = count(1) if mode != "timed" else range(int(sys.argv[5]))
    chance = random.Random(int(sys.argv[6])) if mode == "timed" else None  # noqa: S311  (a test)
    for number in numbers:
        package = out / f"{number:03}"
        shutil.copytree(source, package)
        child = forked(package, frame, mode, number)
        if chance is not None:
            time.sleep(chance.uniform(0.0, 0.4))
            os.kill(child, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        (out / f"{number:03}.txt").write_text(str(status), encoding="utf-8")
        if mode != "timed" and status != -signal.SIGKILL:
            break


if __name__ == "__main__":
    main()
