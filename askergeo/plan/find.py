"""Finds the plans in files, folders and zip files, when each is a plan of its own."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from askergeo.errors import AskergeoError, MissingFileError, SourceError
from askergeo.sources._kinds import Kind, kind_of
from askergeo.sources._zip import unpack
from askergeo.stores.lockfile import LOCK_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Plan", "find_plans"]

# What a plan file is called, and what it may be called when its content says so.
_SURE: Final = frozenset({".gml", ".sos", ".sosi", ".gpkg", ".geojson", ".shp", ".fgb", ".zip"})
_MAYBE: Final = {".xml": Kind.GML, ".json": Kind.GDAL}
_FOLDER: Final = ".gdb"
# Bytes that a zip file with several plans may hold unpacked.
_MOST: Final = 4_000_000_000


@dataclass(frozen=True)
class Plan:
    """A plan to review: ``name`` is where it lies, as seen from what was given."""

    name: str
    files: tuple[Path, ...]

    @property
    def stem(self) -> str:
        """The plan's name without folders and the file's ending."""
        last = PurePosixPath(self.name)
        return last.stem if len(self.files) == 1 else last.name


def find_plans(
    given: Sequence[Path], unpacked: Path, *, leave_out: Path | None = None
) -> tuple[Plan, ...]:
    """Find the plans in what was given, in the order that they are given and named in.

    Parameters
    ----------
    given
        A file is a plan. In a folder each plan file is a plan, and the plan files of a folder
        below are one plan. A zip file with several plan files is as a folder.
    unpacked
        Empty folder that such zip files are unpacked in.
    leave_out
        A folder that is not looked in: where results are written.

    Raises
    ------
    MissingFileError
        When something that was given does not exist.
    SourceError
        When a folder is a data package, or there are no plans.
    """
    plans: list[Plan] = []
    for path in given:
        if not path.exists():
            raise MissingFileError(f"Finner ikke {path}.", remedy="Se etter skrivefeil i navnet.")
        if path.is_dir() and path.suffix.lower() != _FOLDER:
            if (path / LOCK_NAME).exists():
                raise SourceError(
                    f"{path} er en datapakke, ikke en mappe med planer.",
                    remedy=f"Skriv «--data {path}», og oppgi planene for seg.",
                )
            prefix = f"{path.name}/" if len(given) > 1 else ""
            plans += _in_folder(path, prefix, unpacked, leave_out)
        else:
            plans += _of_files([path], "", unpacked)
    once: dict[tuple[Path, ...], Plan] = {}
    for plan in plans:
        once.setdefault(plan.files, plan)
    if not once:
        told = ", ".join(str(path) for path in given)
        raise SourceError(
            f"Fant ingen planfiler i {told}.",
            remedy="Plansjekken leser GML, SOSI, GeoPackage, GeoJSON, Shapefile, FileGDB og zip.",
        )
    return tuple(once.values())


def _in_folder(top: Path, prefix: str, unpacked: Path, leave_out: Path | None) -> Iterator[Plan]:
    for at, below, names in os.walk(top):
        folder = Path(at)
        below[:] = sorted(one for one in below if not _hidden(folder / one, leave_out))
        bases = [one for one in below if one.lower().endswith(_FOLDER)]
        below[:] = [one for one in below if one not in bases]
        files = [folder / one for one in sorted([*names, *bases]) if _is_plan(folder / one)]
        if folder == top:
            yield from _of_files(files, prefix, unpacked)
        elif files:
            yield Plan(prefix + folder.relative_to(top).as_posix(), tuple(files))


def _hidden(folder: Path, leave_out: Path | None) -> bool:
    own = leave_out is not None and folder.resolve() == leave_out.resolve()
    return own or folder.name.startswith(".") or (folder / LOCK_NAME).exists()


def _is_plan(path: Path) -> bool:
    suffix = path.suffix.lower()
    if path.name.startswith((".", "~")):
        return False
    if path.is_dir() or suffix in _SURE:
        return path.is_dir() or path.is_file()
    try:
        return suffix in _MAYBE and kind_of(path) is _MAYBE[suffix]
    except (AskergeoError, OSError):
        return True  # its row tells what is wrong with it


def _of_files(files: Iterable[Path], prefix: str, unpacked: Path) -> Iterator[Plan]:
    """Give each file as a plan; a zip file with several gives each of them."""
    for file in files:
        if file.suffix.lower() == ".zip" and _datasets(file) > 1:
            inside = unpacked / f"{len(list(unpacked.iterdir()))}"
            inside.mkdir()
            try:
                unpack(file, inside, most=_MOST)
            except SourceError:
                yield Plan(prefix + file.name, (file,))  # its row tells what is wrong with it
                continue
            yield from _in_folder(inside, f"{prefix}{file.name}/", unpacked, None)
        else:
            yield Plan(prefix + file.name, (file,))


def _datasets(archive: Path) -> int:
    """Count the data sets that a zip file names."""
    try:
        with zipfile.ZipFile(archive) as opened:
            names = [PurePosixPath(one.filename) for one in opened.infolist() if not one.is_dir()]
    except (zipfile.BadZipFile, OSError):
        return 1
    bases = {part for name in names for part in name.parents if part.suffix.lower() == _FOLDER}
    alone = [name for name in names if name.suffix.lower() in _SURE and not bases & {*name.parents}]
    return len(bases) + len(alone)
