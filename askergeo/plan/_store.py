"""Keeps what a package's forecasts end in, in its folder: the next plan need not wait for them.

The file only saves time, as that of the walking graph does (`askergeo.network.cache`): when it
cannot be written, or not be read again, the forecast is made.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from contextlib import suppress
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from askergeo import __version__
from askergeo.network.cache import FOLDER
from askergeo.stores.arrays import write_arrays

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from askergeo.datapackage import DataPackage
    from askergeo.scenario import ScenarioView

__all__ = ["stored"]

# A package is often asked with a few parameters changed.
_MOST: Final = 4


def stored(
    package: DataPackage | ScenarioView,
    name: str,
    said: object,
    make: Callable[[], Mapping[str, Any]],
    *,
    code: tuple[str, ...],
) -> Mapping[str, Any]:
    """Return arrays and texts that were kept in the package's folder, or make and keep them.

    Parameters
    ----------
    package
        Package, or a scenario laid over one.
    name
        What they are: the beginning of the file's name.
    said
        What they depend on, beside the code: values that JSON can hold.
    make
        Makes them: arrays of numbers, flags or text, none of objects.
    code
        Patterns of the files under ``askergeo`` that decide what is kept: what other code made is
        never read.
    """
    text = json.dumps([__version__, _digest(code), said], sort_keys=True, default=str)
    key = hashlib.sha256(text.encode()).hexdigest()[:32]
    folder = Path(getattr(package, "scenario_path", package.path)) / FOLDER
    path = folder / f"{name}-{key}.npz"
    found = _load(path)
    if found is not None:
        return found
    made = {part: np.asarray(value) for part, value in make().items()}
    # A full or read-only disk costs time, never the answer.
    with suppress(OSError):
        write_arrays(path, made)
        _remove_old(folder, name, path)
    return made


@lru_cache(maxsize=8)
def _digest(code: tuple[str, ...]) -> str:
    whole = hashlib.sha256()
    root = Path(str(files("askergeo")))
    for pattern in code:
        for path in sorted(root.glob(pattern)):
            whole.update(path.name.encode())
            whole.update(path.read_bytes())
    return whole.hexdigest()


def _load(path: Path) -> Mapping[str, Any] | None:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            return {name: kept[name] for name in kept.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _remove_old(folder: Path, name: str, newest: Path) -> None:
    kept = [path for path in folder.glob(f"{name}-*.npz") if path != newest]
    kept.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in kept[_MOST - 1 :]:
        with suppress(OSError):
            path.unlink()
