"""Writes a report: pages, GeoPackage, workbook, JSON and more files, all or none of them."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress as ignore
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from askergeo.errors import MissingFileError, OverwriteError, StorageError
from askergeo.messages import messages
from askergeo.outputs.pdf import require_pdf
from askergeo.outputs.report import NotRun, Report
from askergeo.outputs.symbols import marked_apart
from askergeo.privacy import THRESHOLD, suppress_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from askergeo.background import Background
    from askergeo.result import Result

__all__ = ["FILES", "Extra", "NotRun", "check_free", "move_in", "report_files", "write_all"]

# The files of a report; nothing else in the folder is ever touched.
FILES = {
    "side": "index.html",
    "geopackage": "askergeo.gpkg",
    "regneark": "askergeo.xlsx",
    "json": "resultat.json",
}
# Files of a report that are not always made.
_PDF = "rapport.pdf"
_FLAT = {*FILES.values(), _PDF, "saksfremlegg.txt", "tilgjengelighet.html"}
# Folders of a report, and the names that files in them may have.
_FOLDERS = ("tema", "bilder")
_OWN = re.compile(r"tema/[a-z0-9_]+\.html|bilder/[a-z0-9_-]+\.(svg|png)")


@dataclass(frozen=True, kw_only=True)
class Extra:
    """A file of a report that its caller writes.

    Parameters
    ----------
    title
        What the page calls it, in bokmål.
    write
        Writes it from the suppressed results. ``None`` when it cannot be made this time: one from
        an earlier report is then taken away, so that old and new never lie side by side.
    """

    title: str
    write: Callable[[Report, Path], None] | None


def write_all(
    results: Sequence[Result],
    folder: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    title: str = "",
    missing: Sequence[NotRun] = (),
    threshold: int = THRESHOLD,
    more: Mapping[str, Extra] | None = None,
    background: Background | None = None,
    language: str = "nb",
    printed: bool = False,
) -> dict[str, Path]:
    """Hide small counts of persons, then write every form of the results.

    All files are made in a folder of their own and moved into place when all are whole. A folder
    that exists keeps its other files.

    Parameters
    ----------
    results
        Results as the analyses made them.
    folder
        Where the files go; it is made when absent, its parent must exist.
    overwrite
        Replace the files of an earlier report.
    title
        Title of the page, in bokmål; the result's own when there is one result only.
    missing
        Analyses that could not be run, and why.
    threshold
        See :func:`askergeo.privacy.suppress`.
    more
        Files beside the four, by name; the page links to them.
    background
        The quiet map under the answers, and the names to search for.
    language
        Language of the pages' own texts, one of :data:`askergeo.messages.LANGUAGES`.
    printed
        Write a PDF, and the pictures as PNG too; needs the extra ``pdf``.

    Returns
    -------
    dict
        ``side``, ``geopackage``, ``regneark`` and ``json`` with their paths, ``pdf`` when it was
        asked for, and those of ``more`` that were made under their names.

    Raises
    ------
    OverwriteError
        When a file of the report exists and ``overwrite`` is false, or ``folder`` is a file.
    MissingFileError
        When the folder's parent does not exist.
    SourceError
        When ``printed`` is asked for and the typesetter is not installed.
    StorageError
        When the disk is full or a file is open in another program; nothing is changed.
    ValueError
        When a name in ``more`` is one of the four, or a path.
    """
    target = Path(folder)
    extra = dict(more or {})
    messages(language)
    if printed:
        require_pdf()
    check_free(target, overwrite=overwrite, more=extra)
    hidden = tuple(
        marked_apart(_relative_to(target, result))
        for result in suppress_all(results, threshold=threshold)
    )
    made_too = {name: one for name, one in extra.items() if one.write is not None}
    report = Report(
        results=hidden,
        title=title or _title(hidden),
        not_run=tuple(missing),
        more={name: one.title for name, one in made_too.items()},
        background=background,
        language=language,
    )
    try:
        made = Path(tempfile.mkdtemp(prefix=".askergeo-", dir=target.parent))
    except OSError as error:
        raise _storage(target, error) from error
    try:
        # The typesetter of a PDF works while the others are written.
        with ThreadPoolExecutor(max_workers=1) as beside:
            added = beside.submit(_write_more, made_too, report, made)
            names = _write_own(report, made, printed=printed)
            added.result()
        move_in(made, target, more=extra)
    except (OSError, sqlite3.Error) as error:
        raise _storage(target, error) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)
    pdf = {"pdf": target / _PDF} if _PDF in names else {}
    return (
        {key: target / name for key, name in FILES.items()}
        | pdf
        | {name: target / name for name in made_too}
    )


def _write_own(report: Report, made: Path, *, printed: bool) -> list[str]:
    """Write all but what the caller adds; the list of the files is in the JSON, made last."""
    from askergeo.outputs.geopackage import write_geopackage  # noqa: PLC0415  (heavy)
    from askergeo.outputs.json_output import write_json  # noqa: PLC0415  (heavy)
    from askergeo.outputs.page import write_pages  # noqa: PLC0415  (heavy)
    from askergeo.outputs.printed import Ground, write_printed  # noqa: PLC0415  (heavy)
    from askergeo.outputs.workbook import write_workbook  # noqa: PLC0415  (heavy)

    _gdal(write_geopackage)(report, made / FILES["geopackage"])
    _excel(write_workbook)(report, made / FILES["regneark"])
    # The pages link to the pictures, and show small ones.
    ground = Ground(report.background)
    pictures = write_printed(report, made, printed=printed, ground=ground)
    report = replace(report, pictures=tuple(pictures))
    pages = write_pages(report, made, ground)
    names = list(dict.fromkeys([*pages, *pictures, *list(FILES.values()), *report.more]))
    write_json(report, made / FILES["json"], files=names)
    return names


def check_free(
    folder: str | os.PathLike[str], *, overwrite: bool = False, more: Iterable[str] = ()
) -> None:
    """Refuse a folder that a report cannot be written to; asked before long work begins.

    Parameters
    ----------
    folder, overwrite
        As for :func:`write_all`.
    more
        Names of files beside the four.

    Raises
    ------
    OverwriteError, MissingFileError, ValueError
        As for :func:`write_all`.
    """
    target = Path(folder)
    names = _names(more)
    if not target.absolute().parent.is_dir():
        raise MissingFileError(
            f"Mappen «{target.absolute().parent}» finnes ikke.",
            remedy="Lag den først, eller oppgi en annen mappe.",
        )
    if target.exists() and not target.is_dir():
        raise OverwriteError(
            f"«{target}» er en fil, ikke en mappe.", remedy="Oppgi en mappe å skrive til."
        )
    for inner in _FOLDERS:
        _require_plain(target / inner)
    there = [name for name in names if (target / name).exists()]
    if not overwrite and not there:
        there = [name for name in report_files(target) if (target / name).exists()]
    if there and not overwrite:
        raise OverwriteError(
            f"Mappen «{target}» har allerede {', '.join(there)}.",
            remedy="Oppgi en annen mappe, eller bruk --overskriv for å erstatte dem.",
        )


def _names(more: Iterable[str]) -> list[str]:
    """List the files of a report: the four, and those that a caller adds."""
    added = list(more)
    wrong = [name for name in added if name in FILES.values() or Path(name).name != name]
    if wrong:
        msg = f"not names for more files of a report: {wrong}"
        raise ValueError(msg)
    return [*FILES.values(), *added]


def _relative_to(target: Path, result: Result) -> Result:
    """Say where the data lie as seen from the report: no report names a machine's own folders."""
    made = result.provenance
    if made is None:
        return result
    seen = replace(
        made,
        package_path=_seen_from(target, made.package_path),
        scenario_path=_seen_from(target, made.scenario_path),
    )
    return replace(result, provenance=seen)


def _seen_from(target: Path, place: str) -> str:
    try:
        return Path(os.path.relpath(place, target.resolve())).as_posix() if place else ""
    except ValueError:  # another drive on Windows
        return ""


def _write_more(more: Mapping[str, Extra], report: Report, made: Path) -> None:
    for name, one in more.items():
        if one.write is not None:
            one.write(report, made / name)


def _gdal(write: Callable[[Report, Path], None]) -> Callable[[Report, Path], None]:
    """Let GDAL's own errors be errors of storage."""

    def guarded(report: Report, path: Path) -> None:
        from pyogrio.errors import DataSourceError, FeatureError  # noqa: PLC0415  (heavy)

        try:
            write(report, path)
        except (DataSourceError, FeatureError) as error:
            raise OSError(str(error)) from error

    return guarded


def _excel(write: Callable[[Report, Path], None]) -> Callable[[Report, Path], None]:
    """Let the workbook's own errors be errors of storage."""

    def guarded(report: Report, path: Path) -> None:
        from xlsxwriter.exceptions import FileCreateError  # noqa: PLC0415  (heavy)

        try:
            write(report, path)
        except FileCreateError as error:
            raise OSError(str(error)) from error

    return guarded


def move_in(made: Path, target: Path, *, more: Iterable[str] = ()) -> None:
    """Put the files of a report in place; should one fail, the old ones come back.

    A folder that is not there becomes ``made`` itself, with all that is in it. Files that an
    earlier report in the folder lists as its own, and those of ``more``, are taken away when they
    were not made now; nothing else in the folder is touched.
    """
    if not target.exists():
        made.chmod(0o777 & ~_umask())
        made.rename(target)
        return
    old = made / "gamle"
    new = [name for name in report_files(made, more=more) if (made / name).is_file()]
    names = list(dict.fromkeys([*report_files(target, more=more), *new]))
    for folder in _FOLDERS:
        (old / folder).mkdir(parents=True)
    for folder in {Path(name).parts[0] for name in new if "/" in name}:
        (target / folder).mkdir(exist_ok=True)
    try:
        _exchange(made, target, old, dict.fromkeys(names), set(new))
    finally:
        for folder in _FOLDERS:
            # Only a folder with nothing in it goes.
            with ignore(OSError):
                (target / folder).rmdir()


def _exchange(made: Path, target: Path, old: Path, names: Iterable[str], new: set[str]) -> None:
    """Move old files out and new ones in; undone when one of them cannot move."""
    moved: list[str] = []
    try:
        for name in names:
            if (target / name).is_symlink() or (target / name).exists():
                (target / name).rename(old / name)
            moved.append(name)
            if name in new:
                (made / name).rename(target / name)
    except OSError:
        for name in moved:
            if (old / name).exists():
                (old / name).replace(target / name)
            else:
                with ignore(FileNotFoundError):
                    (target / name).unlink()
        raise


def report_files(folder: Path, *, more: Iterable[str] = ()) -> list[str]:
    """List the files of the report in a folder, as its ``resultat.json`` says.

    What the file says is not trusted: a name that is none of a report's is passed over.

    Parameters
    ----------
    folder
        Where a report may be.
    more
        Names of files beside the four.
    """
    try:
        document = json.loads((folder / FILES["json"]).read_text(encoding="utf-8"))
        listed = document.get("filer", [])
    except (OSError, ValueError, RecursionError, AttributeError):
        listed = []
    own = [
        name
        for name in (listed if isinstance(listed, list) else [])
        if isinstance(name, str) and (_OWN.fullmatch(name) or name in _FLAT)
    ]
    return list(dict.fromkeys([*_names(more), *own]))


def _require_plain(folder: Path) -> None:
    """Refuse to write through a link, or where a file has the name of a folder."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise OverwriteError(
            f"«{folder}» er ikke en vanlig mappe.",
            remedy="Flytt eller gi den et annet navn, eller skriv rapporten i en annen mappe.",
        )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _title(results: Sequence[Result]) -> str:
    return results[0].title if len(results) == 1 else "Kartanalyser"


def _storage(target: Path, error: Exception) -> StorageError:
    reason = getattr(error, "strerror", None) or str(error)
    return StorageError(
        f"Kunne ikke skrive til «{target}»: {reason}.",
        remedy="Se etter om disken er full, om du har skrivetilgang, og om en av filene er åpen "
        "i et annet program. Ingenting er endret.",
    )
