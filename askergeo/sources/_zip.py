"""Unpack a zip file that a stranger made: never outside its folder, never without end."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Final

from askergeo.errors import SourceError

__all__ = ["check_members", "unpack", "unpack_dataset"]

_MAX_FILES: Final = 10_000
_MAX_BYTES: Final = 4_000_000_000
_GIGABYTE: Final = 1_000_000_000
_DATASETS: Final = (
    ".gpkg", ".fgb", ".shp", ".parquet", ".geojson", ".gml", ".sos", ".pbf", ".csv", ".tif",
)  # fmt: skip


def unpack_dataset(archive: Path, folder: Path, *, most: int = _MAX_BYTES) -> Path:
    """Unpack a zip file to ``folder`` and return the one data set in it.

    Parameters
    ----------
    archive, folder, most
        As for `unpack`.

    Raises
    ------
    SourceError
        As `unpack`, and when it holds no or several data sets.
    """
    unpack(archive, folder, most=most)
    return _only_dataset(archive, folder)


def unpack(archive: Path, folder: Path, *, most: int = _MAX_BYTES) -> None:
    """Unpack a zip file to ``folder``.

    Parameters
    ----------
    archive
        The zip file.
    folder
        Where to unpack it.
    most
        Bytes that it may hold unpacked.

    Raises
    ------
    SourceError
        When the zip is broken, encrypted or too large, or names paths outside itself.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [one for one in opened.infolist() if not one.is_dir()]
            check_members(archive, members, most)
            written = 0
            for member in members:
                target = folder / PurePosixPath(member.filename)
                target.parent.mkdir(parents=True, exist_ok=True)
                # The stated size may lie: the limit holds for the bytes that come out too.
                with opened.open(member) as source, target.open("wb") as out:
                    shutil.copyfileobj(source, out)
                    written += out.tell()
                if written > most:
                    raise _too_large(archive, most)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise SourceError(
            f"{archive.name} kan ikke pakkes ut: {error}.",
            remedy="Pakk den ut selv, og velg filen som skal leses.",
        ) from error


def check_members(archive: Path, members: list[zipfile.ZipInfo], most: int) -> None:
    """Refuse a zip file that names paths outside itself, or is too large unpacked.

    Raises
    ------
    SourceError
        With the path, or the limit.
    """
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in member.filename:
            raise SourceError(
                f"{archive.name} har en fil utenfor seg selv: «{member.filename}».",
                remedy="Filen er ikke til å stole på; hent den fra kilden.",
            )
    if len(members) > _MAX_FILES or sum(one.file_size for one in members) > most:
        raise _too_large(archive, most)


def _too_large(archive: Path, most: int) -> SourceError:
    size = f"{most // 1_000_000} MB" if most < _GIGABYTE else f"{most // _GIGABYTE} GB"
    return SourceError(
        f"{archive.name} er over {size} eller har over {_MAX_FILES} filer utpakket.",
        remedy="Pakk den ut selv, og velg filen som skal leses.",
    )


def _only_dataset(archive: Path, folder: Path) -> Path:
    found = sorted(one for one in folder.rglob("*.gdb") if one.is_dir())
    inside = set(found)
    found += sorted(
        one
        for one in folder.rglob("*")
        if one.is_file()
        and one.suffix.lower() in _DATASETS
        and not inside.intersection(one.parents)
    )
    if len(found) == 1:
        return found[0]
    names = ", ".join(str(one.relative_to(folder)) for one in found)
    raise SourceError(
        f"{archive.name} har {f'flere datasett: {names}' if found else 'ingen kartdata'}.",
        remedy="Pakk den ut, og velg filen som skal leses.",
    )
