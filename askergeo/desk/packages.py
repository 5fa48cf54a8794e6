"""What lies in the desk's folder: data packages, scenarios, plan files and results.

Everything that a page names is looked up among what was found here; no path that a browser sends
is ever opened as it is.
"""

from __future__ import annotations

import re
import shutil
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from askergeo.datapackage import DataPackage
from askergeo.errors import AskergeoError, MissingFileError, ParameterError, StorageError
from askergeo.messages import messages
from askergeo.municipalities import municipalities
from askergeo.stores.lockfile import LOCK_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from askergeo.analyses import Analysis

__all__ = ["PLANS", "RESULTS", "SUFFIXES", "Found", "Lacking", "Workspace", "safe_name"]

#: Folders in the desk's own folder: results, and plan files that were handed in.
RESULTS: Final = "resultater"
PLANS: Final = "planer"
#: Endings of the files that plans and their provisions come in.
SUFFIXES: Final = frozenset(
    {
        *(".gml", ".xml", ".sos", ".sosi", ".gpkg", ".fgb", ".geojson", ".json", ".zip"),
        *(".shp", ".shx", ".dbf", ".prj", ".cpg"),
        *(".docx", ".html", ".txt", ".csv", ".px"),
    }
)
_DEPTH: Final = 3
_NAME_LENGTH: Final = 100
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A data package or a scenario in the folder.

    Parameters
    ----------
    id
        Its path from the desk's folder, with ``/``.
    package
        The package; ``None`` when it cannot be read.
    fault
        Why it cannot be read, in bokmål.
    """

    id: str
    path: Path
    package: DataPackage | None
    fault: str = ""

    @property
    def title(self) -> str:
        """Name for people."""
        return (self.package.name if self.package else "") or self.path.name

    @property
    def municipality(self) -> str:
        """Number and name of the municipality; an invented one has no name."""
        if self.package is None:
            return ""
        number = self.package.municipality
        known = municipalities().get(number)
        return f"{number} {known.name}" if known else number

    @property
    def dates(self) -> tuple[str, str]:
        """The oldest and the newest date (ISO) of the layers; empty when none has one."""
        records = self.package.records.values() if self.package else ()
        known = sorted(one.fetched[:10] for one in records if one.fetched)
        return (known[0], known[-1]) if known else ("", "")

    @property
    def remarks(self) -> int:
        """Rows that were repaired or set aside when the layers were added."""
        records = self.package.records.values() if self.package else ()
        return sum(one.avvik_rows for one in records)


@dataclass(frozen=True, kw_only=True)
class Lacking:
    """A layer that an analysis lacks, and where it is ordered."""

    layer: str
    title: str
    where: str


class Workspace:
    """The folder that the desk works in.

    Parameters
    ----------
    root
        The folder.

    Raises
    ------
    MissingFileError
        When it is not there.
    ParameterError
        When it is a data package itself.
    """

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise MissingFileError(
                f"Mappen «{root}» finnes ikke.",
                remedy="Oppgi mappen som datapakkene ligger i.",
            )
        if (root / LOCK_NAME).exists():
            raise ParameterError(
                f"«{root}» er en datapakke.",
                remedy=f"Oppgi mappen som den ligger i: «{root.resolve().parent}».",
            )
        self.root = root.resolve()
        self.results = self.root / RESULTS

    def found(self) -> list[Found]:
        """List packages and scenarios, by their paths."""
        return [self._open(path) for path in sorted(self._folders(self.root, _DEPTH))]

    def packages(self) -> list[Found]:
        """List what stands on its own, and what cannot be read."""
        return [one for one in self.found() if one.package is None or not one.package.scenario]

    def package(self, name: str) -> Found | None:
        """Return the package of that id, when it is there and can be read."""
        return next((one for one in self.packages() if one.id == name and one.package), None)

    def scenarios(self, base: DataPackage) -> list[Found]:
        """List the scenarios that can be laid over a package."""
        return [
            one
            for one in self.found()
            if one.package is not None
            and one.package.scenario
            and (one.package.municipality, one.package.crs) == (base.municipality, base.crs)
        ]

    def plans(self) -> dict[str, Path]:
        """List the plan files by their paths from the folder."""
        folders = [self.root / PLANS, *(one.path / PLANS for one in self.found())]
        files = [
            path
            for folder in folders
            if self._inside(folder) and folder.is_dir()
            for path in sorted(folder.iterdir())
            if path.suffix.lower() in SUFFIXES and path.is_file() and self._inside(path)
        ]
        return {path.relative_to(self.root).as_posix(): path for path in files}

    def folders(self) -> dict[str, Path]:
        """List the folders that are neither packages nor the desk's own."""
        return {
            path.name: path
            for path in sorted(self.root.iterdir())
            if self._usable(path) and not (path / LOCK_NAME).exists()
        }

    def add_plan(self, name: str, content: BinaryIO) -> str:
        """Keep a plan file under a safe name, never in the place of another.

        Returns
        -------
        str
            Its path from the folder.

        Raises
        ------
        ParameterError
            When the ending is not one of :data:`SUFFIXES`.
        StorageError
            When the disk refuses.
        """
        safe = Path(safe_name(name))
        if safe.suffix.lower() not in SUFFIXES:
            say = messages("nb").say
            raise ParameterError(
                say("skrivebord.feil.filtype", name=safe.name),
                remedy=say("skrivebord.feil.filtyper", suffixes=", ".join(sorted(SUFFIXES))),
            )
        folder = self.root / PLANS
        try:
            folder.mkdir(exist_ok=True)
            for number in range(1, 1000):
                ending = f"-{number}" if number > 1 else ""
                target = folder / f"{safe.stem}{ending}{safe.suffix}"
                try:
                    with target.open("xb") as out:
                        shutil.copyfileobj(content, out, 1 << 20)
                except FileExistsError:
                    continue
                return target.relative_to(self.root).as_posix()
        except OSError as error:
            raise StorageError(f"«{safe.name}» kunne ikke lagres: {error.strerror}.") from error
        raise StorageError(f"Det er for mange filer som heter «{safe.name}».")

    def lacking(self, analysis: Analysis, package: DataPackage) -> list[Lacking]:
        """List the layers without which an analysis cannot run on a package."""
        catalogue = package.catalogue
        return [
            Lacking(
                layer=layer,
                title=catalogue[layer].title,
                where=catalogue[layer].order.where or catalogue[layer].order.owner,
            )
            for layer in analysis.absent(package)
        ]

    def _folders(self, folder: Path, depth: int) -> Iterator[Path]:
        """Walk down to packages; what lies inside one is its own."""
        for path in folder.iterdir():
            if not self._usable(path):
                continue
            if (path / LOCK_NAME).is_file():
                yield path
            elif depth > 1:
                yield from self._folders(path, depth - 1)

    def _usable(self, path: Path) -> bool:
        return (
            path.is_dir()
            and not path.name.startswith(".")
            and path not in {self.results, self.root / PLANS}
            and self._inside(path)
        )

    def _inside(self, path: Path) -> bool:
        """Tell whether a path is in the folder after every link has been followed."""
        return path.resolve().is_relative_to(self.root)

    def _open(self, path: Path) -> Found:
        name = path.relative_to(self.root).as_posix()
        try:
            return Found(id=name, path=path, package=DataPackage.open(path))
        except (AskergeoError, OSError) as error:
            fault = error.message if isinstance(error, AskergeoError) else str(error)
            return Found(id=name, path=path, package=None, fault=fault)


def safe_name(name: str) -> str:
    r"""Return a name that is one file in one folder on every system.

    Examples
    --------
    >>> safe_name("../../etc/Min plan (2).gml"), safe_name("..\\con.GML"), safe_name("....")
    ('Min-plan-2.gml', 'fil-con.GML', 'fil')
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    kept = re.sub(r"[^\w.]+", "-", last, flags=re.UNICODE).strip("-. ")
    stem, dot, suffix = kept.rpartition(".")
    plain = f"{stem.strip('-.')}.{suffix}" if dot else kept
    if not plain or plain.startswith(".") or _RESERVED.fullmatch(plain):
        plain = f"fil-{plain.lstrip('.')}".rstrip("-")
    ending = Path(plain).suffix[:12]
    return f"{Path(plain).stem[: _NAME_LENGTH - len(ending)]}{ending}"
