"""The example municipality with every analysis of it, made as one folder: whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from askergeo.background import background_of
from askergeo.example import build_example
from askergeo.example.plan_files import FOLDER
from askergeo.messages import messages
from askergeo.outputs.report import stop_lines
from askergeo.outputs.write import check_free, move_in, write_all
from askergeo.report import processes, run_all
from askergeo.stores.arguments import require_free
from askergeo.stores.folder import storage_errors, take_over

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Demo", "make_demo"]

PACKAGE = "datapakke"
PLAN = "planforslag.gml"
# Shares of the time: building the package, running the analyses; the rest is writing.
_BUILT, _RUN = 0.6, 0.9


@dataclass(frozen=True)
class Demo:
    """What was made.

    Parameters
    ----------
    paths
        The files of the report, as :func:`askergeo.outputs.write.write_all`.
    stops
        Why numbers in it must not be published, a line a reason; empty when all may be.
    package
        The data package that all is computed from.
    plan
        A plan proposal with faults, to try the review of plans on.
    """

    paths: dict[str, Path]
    stops: tuple[str, ...]
    package: Path
    plan: Path


def make_demo(
    out: Path,
    *,
    size: str = "liten",
    overwrite: bool = False,
    language: str = "nb",
    printed: bool = False,
    progress: Callable[[float, str], None] | None = None,
) -> Demo:
    """Build Eksempelbygda, run every analysis and write the report.

    Parameters
    ----------
    out
        Folder of the report; the data package becomes ``datapakke`` in it. Its parent must exist.
    size
        See :func:`askergeo.example.build_example`.
    overwrite
        Replace an earlier demo; other files in the folder stay.
    language, printed
        As for :func:`askergeo.outputs.write.write_all`.
    progress
        Called with the share done (0–1) and what is under way.

    Raises
    ------
    OverwriteError, MissingFileError, LockedError, StorageError
        When the folder is taken, its parent is missing, or the disk refuses; what was in ``out``
        is then as it was.
    """
    step = progress or (lambda _share, _text: None)
    messages(language)
    check_free(out, overwrite=overwrite)
    require_free(out / PACKAGE, overwrite=overwrite)
    with storage_errors(out):
        work = Path(tempfile.mkdtemp(prefix=".askergeo-", dir=out.absolute().parent))
    try:
        with processes() as pool:
            package = build_example(
                work / PACKAGE, size=size, progress=lambda share, text: step(share * _BUILT, text)
            )
            report = run_all(
                package,
                pool=pool,
                progress=lambda share, text: step(_BUILT + share * (_RUN - _BUILT), text),
            )
        step(_RUN, "Skriver side, kart og arbeidsbok")
        made = write_all(
            report.results,
            work,
            title=package.name,
            missing=report.not_run,
            background=background_of(package),
            language=language,
            printed=printed,
        )
        if out.exists():
            take_over(work / PACKAGE, out / PACKAGE)
        with storage_errors(out):
            move_in(work, out)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    paths = {key: out / path.name for key, path in made.items()}
    plan = out / PACKAGE / FOLDER / PLAN
    return Demo(paths, stop_lines(report.results), out / PACKAGE, plan)
