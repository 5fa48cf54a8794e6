"""The files of a timetable, in a zip or in a folder: read where they lie, never unpacked.

A national timetable is gigabytes; its files are read as streams, one at a time.
"""

from __future__ import annotations

import contextlib
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Final

from askergeo.errors import SourceError
from askergeo.sources._kinds import existing
from askergeo.sources._zip import check_members

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["FeedFiles", "feed_kind", "open_feed", "visible"]

# Nothing is unpacked to the disk: the limit is against a file that never ends.
_MAX_BYTES: Final = 40_000_000_000
_HEAD: Final = 4_096
_GTFS_FILES: Final = ("stops.txt", "stop_times.txt", "trips.txt", "routes.txt")
_NETEX: Final = re.compile(rb"<(?:\w+:)?PublicationDelivery\b")
_SPACE: Final = b"www.netex.org.uk/netex"


@dataclass(frozen=True, kw_only=True)
class FeedFiles:
    """The files of a feed.

    Parameters
    ----------
    path
        The zip, the folder or the one file.
    openers
        What opens each file, by its path inside.
    """

    path: Path
    openers: Mapping[str, Callable[[], IO[bytes]]]

    @property
    def names(self) -> tuple[str, ...]:
        """Paths of the files, sorted."""
        return tuple(sorted(self.openers))

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """Open a file for reading.

        Raises
        ------
        SourceError
            When the zip is broken at this file, now or as it is read.
        """
        try:
            with self.openers[name]() as stream:
                yield stream
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
            raise SourceError(
                f"{name} i {self.path.name} kan ikke pakkes ut: {error}.",
                remedy="Filen er skadet eller avkortet; last den ned på nytt.",
            ) from error


@contextlib.contextmanager
def open_feed(path: str | Path) -> Iterator[FeedFiles]:
    """Open the zip, folder or file that a feed is in.

    Raises
    ------
    MissingFileError, SourceError
        When it is not there, is broken, or is a zip that cannot be trusted.
    """
    file = existing(path)
    if file.is_dir():
        found = {
            str(PurePosixPath(one.relative_to(file))): _opener(one)
            for one in sorted(file.rglob("*"))
            if one.is_file() and not one.is_symlink()
        }
        yield FeedFiles(path=file, openers=found)
        return
    if not zipfile.is_zipfile(file):
        yield FeedFiles(path=file, openers={file.name: _opener(file)})
        return
    try:
        opened = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError) as error:
        raise SourceError(
            f"{file.name} kan ikke pakkes ut: {error}.", remedy="Last den ned på nytt."
        ) from error
    with opened:
        members = [one for one in opened.infolist() if not one.is_dir()]
        check_members(file, members, _MAX_BYTES)
        yield FeedFiles(path=file, openers={one.filename: _member(opened, one) for one in members})


def _opener(file: Path) -> Callable[[], IO[bytes]]:
    return lambda: file.open("rb")


def _member(opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: opened.open(member)


def visible(name: str) -> bool:
    """Tell whether a file is one of the feed's, not one that an operating system left."""
    parts = PurePosixPath(name).parts
    return not any(part.startswith((".", "__MACOSX")) for part in parts)


def feed_kind(path: str | Path) -> str:
    """Tell what a file, zip or folder holds: ``GTFS``, ``NeTEx``, or empty for neither.

    Raises
    ------
    MissingFileError, SourceError
        As :func:`open_feed`.
    """
    file = existing(path)
    if file.is_dir():
        # A FileGDB is a folder too, and is not to be looked through.
        if file.suffix.casefold() == ".gdb":
            return ""
    elif not zipfile.is_zipfile(file) and not _is_netex(file):
        return ""
    with open_feed(file) as files:
        names = [name for name in files.names if visible(name)]
        tables = {PurePosixPath(name).name.casefold() for name in names}
        if _GTFS_FILES[0] in tables or len(tables.intersection(_GTFS_FILES)) > 1:
            return "GTFS"
        for name in names:
            if name.casefold().endswith(".xml"):
                with files.open(name) as stream:
                    if _says_netex(stream.read(_HEAD)):
                        return "NeTEx"
    return ""


def _is_netex(file: Path) -> bool:
    with file.open("rb") as stream:
        return _says_netex(stream.read(_HEAD))


def _says_netex(head: bytes) -> bool:
    plain = head.replace(b"\0", b"")  # UTF-16
    return bool(_NETEX.search(plain)) and _SPACE in plain
