"""What a review rests on: the plan's files, the data, the rules, each by its digest.

Two reviews with the same ``nokkel`` say the same.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from askergeo import __version__
from askergeo.catalogue import built_in_folder
from askergeo.datapackage import OWN_CATALOGUE
from askergeo.stores.lockfile import LOCK_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from askergeo.datapackage import DataPackage

__all__ = ["basis_of", "plan_digest"]

# Files that belong to a Shapefile: what one says is in all of them.
_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def basis_of(
    files: Sequence[Path],
    package: DataPackage | None = None,
    scenario: DataPackage | None = None,
    *,
    options: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Say what the review of a plan rests on.

    Parameters
    ----------
    files
        The plan's files.
    package, scenario
        The data package, and a scenario over it.
    options
        What else decides the answer: parameters that were changed, the CRS that was given.

    Returns
    -------
    dict
        ``planfiler``, ``datapakke``, ``scenario``, ``regler``, ``valg`` and ``nokkel``, a digest
        of them all and of the version.
    """
    said: dict[str, Any] = {
        "planfiler": [{"navn": one.name, "sha256": plan_digest([one])} for one in files],
        "datapakke": _package(package),
        "scenario": _package(scenario),
        "regler": _rules_digest(),
        "valg": {name: value for name, value in (options or {}).items() if value},
    }
    text = json.dumps([__version__, said], ensure_ascii=False, sort_keys=True)
    return said | {"nokkel": hashlib.sha256(text.encode()).hexdigest()}


def plan_digest(files: Sequence[Path]) -> str:
    """Digest of a plan: that of its file, or of the names and digests of its files.

    Raises
    ------
    OSError
        When a file cannot be read.
    """
    if len(files) == 1 and files[0].is_file() and files[0].suffix.lower() != ".shp":
        with files[0].open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    return _digest((part, part.name) for one in files for part in _parts(one))


def _parts(file: Path) -> list[Path]:
    if file.is_dir():
        return sorted(part for part in file.iterdir() if part.is_file())
    if file.suffix.lower() != ".shp":
        return [file]
    beside = (one for one in file.parent.glob(f"{file.stem}.*"))
    return sorted(one for one in beside if one.suffix.lower() in _SHAPEFILE)


def _package(package: DataPackage | None) -> dict[str, str] | None:
    """Name a package, and give the digest of its lock, which has that of each layer."""
    if package is None:
        return None
    own = package.path / OWN_CATALOGUE
    described = [(one, f"{OWN_CATALOGUE}/{one.name}") for one in sorted(own.glob("*.*"))]
    parts = [(package.path / LOCK_NAME, LOCK_NAME), *described]
    return {"navn": package.name or package.path.name, "sha256": _digest(parts)}


@lru_cache(maxsize=1)
def _rules_digest() -> str:
    """Digest of all that rules are made of: the catalogues, code lists and parameters."""
    data, layers = Path(__file__).parents[1] / "data", built_in_folder()
    found = [(one, f"data/{one.relative_to(data).as_posix()}") for one in data.rglob("*.*")]
    found += [(one, f"layers/{one.relative_to(layers).as_posix()}") for one in layers.rglob("*.*")]
    return _digest(sorted((path, name) for path, name in found if path.is_file()))


def _digest(parts: Iterable[tuple[Path, str]]) -> str:
    whole = hashlib.sha256()
    for path, name in parts:
        whole.update(f"{name}\n{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()
