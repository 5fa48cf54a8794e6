"""The wheel, installed away from the checkout: all its data, one top-level name, and it runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.slow


def run(*command, cwd, **environment):
    """Run a command without this checkout on its path."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=cwd, env={**clean, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """Build the wheel as pip does, without the network."""
    out = tmp_path_factory.mktemp("hjul")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out), cwd=ROOT)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel, tmp_path_factory):
    """Install the wheel to a folder of its own; what it depends on is here already."""
    target = tmp_path_factory.mktemp("installert")
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index")
    run(*pip, "--target", str(target), str(wheel), cwd=target)
    return target


@pytest.fixture
def askergeo(installed, tmp_path):
    """Run the installed command from another folder, with a cold cache of compiled kernels."""

    def call(*arguments):
        return run(
            sys.executable, "-m", "askergeo", *arguments, cwd=tmp_path,
            PYTHONPATH=str(installed), NUMBA_CACHE_DIR=str(tmp_path / "kjerner"),
        )  # fmt: skip

    return call


def test_the_wheel_holds_askergeo_alone_with_all_its_data(wheel):
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"askergeo"}
    for folder, inside in (("layers", "layers"), ("cli", "cli"), ("askergeo", "")):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                relative = path.relative_to(ROOT / folder).as_posix()
                assert "/".join(filter(None, ("askergeo", inside, relative))) in names
    assert not any("test" in name.split("/") or name.endswith(".pyc") for name in names)


def test_the_command_is_declared(wheel):
    with zipfile.ZipFile(wheel) as opened:
        (entry,) = [name for name in opened.namelist() if name.endswith("entry_points.txt")]
        assert "askergeo = askergeo.__main__:main" in opened.read(entry).decode()


def test_the_installed_package_is_the_one_that_runs(installed, tmp_path):
    code = "import askergeo, askergeo.cli.main as m; print(askergeo.__file__); print(m.__file__)"
    said = run(sys.executable, "-c", code, cwd=tmp_path, PYTHONPATH=str(installed)).stdout
    assert all(line.startswith(str(installed)) for line in said.splitlines())


def test_help_and_catalogue_run_elsewhere(askergeo):
    assert askergeo("--help").stdout.startswith("Bruk: askergeo")
    layers = json.loads(askergeo("katalog", "--json").stdout)
    assert len(layers) == len(list((ROOT / "layers").glob("*.yml")))
    assert "strandsone" in json.loads(askergeo("parametre", "--json").stdout)


def test_the_demo_runs_elsewhere(askergeo, tmp_path):
    paths = askergeo("demo", "--ut", "eksempel").stdout.splitlines()
    assert [Path(path).name for path in paths] == [
        "index.html",
        "askergeo.gpkg",
        "askergeo.xlsx",
        "resultat.json",
    ]
    assert all((tmp_path / path).is_file() for path in paths)
