"""Fixtures for all tests: the real data beside the checkout, and tools of other makers."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = REPOSITORY.parent / "shared" / "data"


def pytest_configure(config: pytest.Config) -> None:
    """Let the order below count: xdist would begin with the modules of most tests."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow modules where processes share the tests, so that none ends alone.

    Those that need no demo come first, or all processes would wait for the demo at once.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    demo = {item.path for item in items if "demo_run" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: (item.path not in slow, item.path in slow & demo))


def skip_or_fail(reason: str) -> None:
    """Skip on a laptop; fail in CI, where everything must be there."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder with the real data (see its SOURCES.md)."""
    if not SHARED.is_dir():
        skip_or_fail("the real data (../shared/data) is not beside the checkout")
    return SHARED


@pytest.fixture(scope="session")
def require_tool() -> Callable[[str], str]:
    """Return the path of a program from Debian's packages, or skip."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            skip_or_fail(f"the program {name} is not installed")
        return str(path)

    return find


@pytest.fixture
def surface(tmp_path: Path) -> Callable[..., Path]:
    """Write a GeoTIFF of a surface ``height(x, y)`` over a square at the origin; see its body."""
    import numpy as np  # noqa: PLC0415  (loaded only where it is used)
    import rasterio  # noqa: PLC0415
    from affine import Affine  # noqa: PLC0415

    def write(height, *, cell, side=200.0, nodata=None, transform=None, hole=None):
        count = round(side / cell)
        middle = (np.arange(count) + 0.5) * cell
        z = height(middle[None, :], side - middle[:, None]) + np.zeros((count, count))
        if hole:
            z[hole] = np.nan if nodata is None else nodata
        path = tmp_path / "terreng.tif"
        grid = transform or Affine(cell, 0, 0, 0, -cell, side)
        with rasterio.open(
            path, "w", driver="GTiff", width=count, height=count, count=1, crs="EPSG:25832",
            transform=grid, dtype="float32", nodata=nodata,
        ) as out:  # fmt: skip
            out.write(z.astype(np.float32), 1)
        return path

    return write


@dataclass(frozen=True)
class Demo:
    """What ``askergeo demo`` wrote and said, as if it were where this process has it.

    ``made`` is where it was written.
    """

    folder: Path
    made: Path
    out: str
    err: str


def run_quietly(arguments: list[str]) -> tuple[int, str, str]:
    """Run the command line in this process; return the exit code and both streams."""
    from askergeo.cli.main import run  # noqa: PLC0415  (loaded only where it is used)

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(arguments)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The small example municipality with its report, of this process's own; never write in it.

    One process makes it and the others copy it: it costs a minute.
    """
    own = tmp_path_factory.mktemp("demo") / "kopi"
    base = tmp_path_factory.getbasetemp()
    made = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "demo-til-alle"
    said = made / "sagt.json"
    with FileLock(f"{made}.lock"):
        if not said.exists():
            # What a failed attempt left.
            shutil.rmtree(made, ignore_errors=True)
            made.mkdir()
            code, out, err = run_quietly(["demo", "--ut", str(made / "eksempel")])
            assert code == 0, err
            said.write_text(json.dumps([out, err]), encoding="utf-8")
    shutil.copytree(made, own)
    out, err = json.loads(said.read_text("utf-8").replace(str(made), str(own)))
    return Demo(own / "eksempel", made / "eksempel", out, err)


@pytest.fixture(scope="session")
def demo_folder(demo_run: Demo) -> Path:
    """Folder that ``askergeo demo`` wrote; the data package is ``datapakke`` in it."""
    return demo_run.folder


@pytest.fixture(scope="session")
def asker_package(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Path:
    """Data package of Asker, built from the real extracts once; never write in it."""
    folder = tmp_path_factory.mktemp("asker") / "asker"
    source = str(shared_data / "asker")
    code, _, err = run_quietly(["data", "bygg", str(folder), "asker", "--fra", source])
    assert code == 0, err
    return folder
