"""Files of a data package: written whole or not at all, hashed, swept.

A file is written under a temporary name, forced to the disk, and renamed to a name that holds the
hash of its content. It becomes part of the package only when the lock that names it has replaced
the old lock. A process that dies before that leaves files that nobody names; the next writer
removes them.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from askergeo.errors import (
    AskergeoError,
    LockedError,
    MissingFileError,
    PackageError,
    StorageError,
)
from askergeo.stores.lockfile import LOCK_NAME, STORED_FILE, Lock, format_lock, read_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "FOLDERS",
    "building",
    "is_own",
    "replace_lock",
    "require_unchanged",
    "sha256_of",
    "storage_errors",
    "store_file",
    "sweep",
    "take_over",
    "writing",
]

FOLDERS = ("lag", "avvik", "dekning")
WRITER_LOCK = ".askergeo.skriver"
SEEN = ".askergeo.sett"
TEMPORARY = re.compile(r"\.skrives-[0-9a-f]{16}.*")


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Hold the package's writer lock; afterwards remove every file of ours that no lock names.

    Readers need no lock. The operating system releases the lock when the process dies.

    Raises
    ------
    LockedError
        At once, when another process (or another thread) is writing the package.
    StorageError
        When the disk is full or refuses the write; the package is then as it was.
    """
    with storage_errors(folder):
        guard = FileLock(folder / WRITER_LOCK)
        try:
            guard.acquire(timeout=0)
        except Timeout:
            raise LockedError(
                f"En annen prosess skriver i datapakken {folder}.",
                remedy="Vent til den er ferdig, og prøv igjen.",
            ) from None
        try:
            yield
        finally:
            sweep(folder)
            guard.release()


@contextmanager
def storage_errors(folder: Path) -> Iterator[None]:
    """Turn what the disk says into a message for planners."""
    try:
        yield
    except AskergeoError:
        raise
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        remedy = (
            "Frigjør plass, eller legg datapakken på en annen disk."
            if full
            else "Sjekk at disken er tilgjengelig og at du har skrivetilgang."
        )
        what = "disken er full" if full else error.strerror or str(error)
        raise StorageError(
            f"Kan ikke skrive i {folder}: {what}. Datapakken er uendret.", remedy=remedy
        ) from error


@contextmanager
def building(path: Path) -> Iterator[Path]:
    """Give a folder to build a whole package in; it takes the place of ``path`` when all is done.

    A package that is there stays as it is until then, and for good when the building fails.

    Raises
    ------
    MissingFileError
        When the folder that ``path`` lies in does not exist.
    LockedError, StorageError
        When another process writes in ``path``, or the disk refuses.
    """
    path = path.absolute()
    parent = path.parent
    if not parent.is_dir():
        raise MissingFileError(
            f"Mappen «{parent}» finnes ikke.",
            remedy="Lag den først, eller oppgi en annen mappe.",
        )
    with storage_errors(path):
        work = Path(tempfile.mkdtemp(prefix=".askergeo-", dir=parent))
    try:
        yield work / path.name
        take_over(work / path.name, path)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def take_over(new: Path, path: Path) -> None:
    """Make ``path`` the package in ``new``: the files first, then the lock that names them.

    Raises
    ------
    LockedError, StorageError
        When another process writes in ``path``, or the disk refuses; the package is as it was.
    """
    with storage_errors(path):
        path.mkdir(exist_ok=True)
    with writing(path):
        for file in sorted(new.rglob("*")):
            target = path / file.relative_to(new)
            if file.is_dir():
                target.mkdir(exist_ok=True)
            elif file.name not in (LOCK_NAME, WRITER_LOCK, SEEN):
                os.replace(file, target)  # noqa: PTH105
        os.replace(new / LOCK_NAME, path / LOCK_NAME)  # noqa: PTH105
        _sync_folder(path)


def store_file(
    folder: Path, place: str, name: str, suffix: str, write: Callable[[Path], None]
) -> tuple[str, str, int]:
    """Let ``write`` fill a file and give it its name by content; the lock does not name it yet.

    Returns
    -------
    tuple
        Path inside the package, sha256, size in bytes.
    """
    target_folder = folder / place
    target_folder.mkdir(exist_ok=True)
    temporary = target_folder / f".skrives-{secrets.token_hex(8)}.{suffix}"
    write(temporary)
    with temporary.open("rb+") as stream:
        os.fsync(stream.fileno())
    sha256 = sha256_of(temporary)
    state = _state(temporary)
    final = target_folder / f"{name}-{sha256[:16]}.{suffix}"
    os.replace(temporary, final)  # noqa: PTH105  (one call to the system, named alike everywhere)
    _sync_folder(target_folder)
    file = f"{place}/{final.name}"
    _remember(folder, file, [sha256, *state])
    return file, sha256, state[0]


def replace_lock(folder: Path, lock: Lock) -> None:
    """Replace the lock atomically: before it the old package, after it the new one."""
    temporary = folder / f".skrives-{secrets.token_hex(8)}.lock"
    with temporary.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(format_lock(lock))
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(temporary, folder / LOCK_NAME)  # noqa: PTH105
    _sync_folder(folder)


def sweep(folder: Path) -> None:
    """Remove files of ours that the lock on the disk does not name; never anybody else's."""
    try:
        named = set(read_lock(folder).files())
    except FileNotFoundError:
        named = set()
    except PackageError:
        return  # nobody knows what a broken lock named
    for place in ("", *FOLDERS):
        for path in (folder / place).glob("*"):
            inside = f"{place}/{path.name}"
            stale = STORED_FILE.fullmatch(inside) is not None and inside not in named
            if stale or TEMPORARY.fullmatch(path.name):
                # On Windows a reader may hold the file open: the next writer removes it.
                with suppress(OSError):
                    path.unlink()


def is_own(path: Path) -> bool:
    """Tell whether an unfinished ``create`` left the file or folder."""
    if path.name in FOLDERS:
        return path.is_dir() and all(
            STORED_FILE.fullmatch(f"{path.name}/{item.name}") or TEMPORARY.fullmatch(item.name)
            for item in path.iterdir()
        )
    return path.name in (WRITER_LOCK, SEEN) or TEMPORARY.fullmatch(path.name) is not None


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file's content, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def require_unchanged(folder: Path, file: str, sha256: str, *, layer: str) -> Path:
    """Return the path of a stored file, or refuse it when it is missing or changed.

    The content is hashed when size or time differ from what was seen when it was last hashed;
    what was seen stands in ``.askergeo.sett``, outside the lock, and may always be deleted.

    Raises
    ------
    PackageError
        When the file is missing, or its content is not what the lock says.
    """
    path = folder / file
    try:
        state = _state(path)
    except FileNotFoundError:
        raise PackageError(_missing(folder, file, layer), remedy=_REMEDY) from None
    if _seen(folder).get(file) == [sha256, *state]:
        return path
    if sha256_of(path) != sha256:
        raise PackageError(
            f"{path} (laget «{layer}») er endret etter at den ble lagt i datapakken.",
            remedy=_REMEDY,
        )
    _remember(folder, file, [sha256, *state])
    return path


_REMEDY = (
    "Er endringen ønsket, godta den med «askergeo data lås». Ellers: legg laget til på nytt med "
    "«askergeo data legg-til … --overskriv», eller hent pakken på nytt."
)


def _missing(folder: Path, file: str, layer: str) -> str:
    try:
        renewed = file not in read_lock(folder).files()
    except AskergeoError:
        renewed = False
    if renewed:
        return f"Laget «{layer}» er skrevet på nytt av en annen prosess; åpne {folder} igjen."
    return f"{folder / file} (laget «{layer}») mangler."


def _state(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]


def _seen(folder: Path) -> dict[str, list[object]]:
    try:
        content = json.loads((folder / SEEN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # a cache: what is not there is hashed again
    return content if isinstance(content, dict) else {}


def _remember(folder: Path, file: str, entry: list[object]) -> None:
    """Note size and time of a file that has just been hashed; a read-only package goes without."""
    temporary = folder / f".skrives-{secrets.token_hex(8)}.sett"
    with suppress(OSError):
        seen = {name: old for name, old in _seen(folder).items() if (folder / name).is_file()}
        temporary.write_text(json.dumps(seen | {file: entry}, indent=0), encoding="utf-8")
        os.replace(temporary, folder / SEEN)  # noqa: PTH105
        return
    with suppress(OSError):
        temporary.unlink()


def _sync_folder(folder: Path) -> None:
    """Force a rename to the disk; Windows and some network disks cannot, and need not."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
