"""Keeps the places and pupils of a package's schools in its folder: a forecast takes seconds.

The file only saves time, as that of the walking graph does (`askergeo.network.cache`): when it
cannot be written, or not be read again, the forecast is made.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import zipfile
from contextlib import suppress
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from askergeo import __version__
from askergeo.network.cache import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from askergeo.datapackage import DataPackage
    from askergeo.scenario import ScenarioView

__all__ = ["stored"]

# The code and data that decide what is kept: a file of other code is never read.
_CODE: Final = ("school", "population", "data/befolkning")
_NAME: Final = "skoleplass"
# A package is often asked with a few parameters changed.
_MOST: Final = 4


def stored(
    package: DataPackage | ScenarioView, said: object, make: Callable[[], Mapping[str, Any]]
) -> Mapping[str, Any]:
    """Return arrays and texts that were kept in the package's folder, or make and keep them.

    Parameters
    ----------
    package
        Package, or a scenario laid over one.
    said
        What they depend on, beside the code: values that JSON can hold.
    make
        Makes them: arrays of numbers, flags or text, none of objects.
    """
    text = json.dumps([__version__, _code(), said], sort_keys=True, default=str)
    key = hashlib.sha256(text.encode()).hexdigest()[:32]
    folder = Path(getattr(package, "scenario_path", package.path)) / FOLDER
    path = folder / f"{_NAME}-{key}.npz"
    found = _load(path)
    if found is not None:
        return found
    made = {name: np.asarray(value) for name, value in make().items()}
    # A full or read-only disk costs time, never the answer.
    with suppress(OSError):
        _write(path, made)
        _remove_old(folder, path)
    return made


@lru_cache(maxsize=1)
def _code() -> str:
    whole = hashlib.sha256()
    root = Path(str(files("askergeo")))
    for part in _CODE:
        for path in sorted((root / part).glob("*.*")):
            whole.update(path.name.encode())
            whole.update(path.read_bytes())
    return whole.hexdigest()


def _load(path: Path) -> Mapping[str, Any] | None:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            return {name: kept[name] for name in kept.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _write(path: Path, arrays: Mapping[str, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    temporary = path.with_name(f".skrives-{secrets.token_hex(8)}.npz")
    try:
        with temporary.open("wb") as target:
            np.savez(target, allow_pickle=False, **arrays)
        os.replace(temporary, path)  # noqa: PTH105  (one call to the system, named alike everywhere)
    finally:
        temporary.unlink(missing_ok=True)


def _remove_old(folder: Path, newest: Path) -> None:
    kept = [path for path in folder.glob(f"{_NAME}-*.npz") if path != newest]
    kept.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in kept[_MOST - 1 :]:
        with suppress(OSError):
            path.unlink()
