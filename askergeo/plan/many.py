"""Reviews many plans in one call: start-up paid once, several at a time, and never twice.

Each plan has a result file of its own, written whole or not at all, that says what it rests on.
A plan whose file rests on the same as now is not reviewed again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shlex
import shutil
import tempfile
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from filelock import FileLock, Timeout

from askergeo.errors import (
    AskergeoError,
    LockedError,
    MissingFileError,
    OverwriteError,
    StorageError,
)
from askergeo.plan._workers import Failed, run_each, suggested_workers
from askergeo.plan.basis import plan_digest
from askergeo.plan.catalogue import load_rules
from askergeo.plan.forms import as_json
from askergeo.plan.model import AREA, PlanFile, PlanObject, Shape, Surface, System
from askergeo.plan.overview import FILES, MARK, Row, row_of, write_overview
from askergeo.plan.review import review
from askergeo.run import provenance_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from askergeo.plan.find import Plan
    from askergeo.plan.job import Job, Opened

__all__ = ["LIMIT", "REPORTS", "RESULTS", "check_place", "review_many"]

#: Seconds that a plan may take.
LIMIT: Final = 300.0
#: Folders of the result files and of the reports.
RESULTS: Final = "planer"
REPORTS: Final = "rapporter"
_WRITER_LOCK: Final = ".askergeo.skriver"
_UNDER_WAY: Final = ".skrives-"
# Characters of a plan's name, and of its digest, that name its files.
_STEM, _DIGEST = 60, 10


@dataclass(frozen=True)
class _Batch:
    """What a process reads once, and where it writes."""

    opened: Opened
    out: Path
    report: bool

    def basis(self, plan: Plan) -> dict[str, Any]:
        return self.opened.basis(plan.files, rapport=self.report)


def check_place(out: Path, *, overwrite: bool = False) -> None:
    """Refuse a folder that results cannot be written to; asked before long work begins.

    A folder with an earlier run is no hindrance: the run goes on from there.

    Raises
    ------
    MissingFileError
        When the folder's parent does not exist.
    OverwriteError
        When ``out`` is a file, or holds overviews that are not of such a run.
    """
    if not out.absolute().parent.is_dir():
        raise MissingFileError(
            f"Mappen «{out.absolute().parent}» finnes ikke.",
            remedy="Lag den først, eller oppgi en annen mappe.",
        )
    if out.exists() and not out.is_dir():
        raise OverwriteError(
            f"«{out}» er en fil, ikke en mappe.", remedy="Oppgi en mappe å skrive til."
        )
    there = [name for name in FILES.values() if (out / name).exists()]
    if there and not overwrite and not _is_ours(out / FILES["json"]):
        raise OverwriteError(
            f"Mappen «{out}» har allerede {', '.join(there)}.",
            remedy="Oppgi en annen mappe, eller bruk --overskriv for å erstatte dem.",
        )


def _is_ours(path: Path) -> bool:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.get("innhold") == MARK


def review_many(
    plans: Sequence[Plan],
    job: Job,
    out: Path,
    *,
    report: bool = False,
    workers: int = 0,
    limit: float = LIMIT,
    fresh: bool = False,
    progress: Callable[[float, str], None] | None = None,
) -> tuple[Row, ...]:
    """Review plans, and write a result file for each and an overview of all.

    Parameters
    ----------
    plans
        The plans, from `askergeo.plan.find.find_plans`.
    job
        How they are reviewed.
    out
        Folder that everything is written in; its parent must exist.
    report
        Write each plan's whole report too; it needs a data package.
    workers
        Processes that share the plans; 0 is one a core, as far as memory goes. A script that
        calls this must be guarded by ``if __name__ == "__main__"``.
    limit
        Seconds that a plan may take.
    fresh
        Review also what has been reviewed before.
    progress
        Called with the share done (0–1) and what is under way.

    Returns
    -------
    tuple of Row
        A row a plan, in their order.

    Raises
    ------
    AskergeoError
        When the package cannot be opened, or nothing can be written. What is wrong with a plan
        is told in its row.
    """
    step = progress or (lambda _share, _text: None)
    check_place(out, overwrite=fresh)
    batch = _Batch(job.open(), out, report)
    with _writing(batch):
        kept = {} if fresh else _kept(plans, batch)
        step(len(kept) / max(len(plans), 1), f"{len(kept)} av {len(plans)} var ferdige")
        rows = dict(kept)
        left = [number for number in range(len(plans)) if number not in kept]
        count = workers or suggested_workers(len(left))
        with closing(_answers(plans, left, batch, count, limit)) as answers:
            for number, row in answers:
                rows[number] = row
                step(len(rows) / len(plans), row.plan)
        told = tuple(rows[number] for number in range(len(plans)))
        _write_overview(told, batch)
    return told


def _answers(
    plans: Sequence[Plan], left: Sequence[int], batch: _Batch, workers: int, limit: float
) -> Generator[tuple[int, Row], None, None]:
    """Review the plans that are left, several at once; give each its row when it is done."""
    start = partial(_start, batch.opened.job, batch.out, batch.report)
    tasks = [plans[number] for number in left]
    ended = run_each(start, _review_one, tasks, workers=workers, limit=limit)
    with closing(ended):
        for at, answer in ended:
            failed = isinstance(answer, Failed)
            yield left[at], _failed(tasks[at], answer, batch) if failed else answer


def _start(job: Job, out: Path, report: bool) -> _Batch:
    """Open the package in a new process, and ask every rule once: what that loads is kept."""
    import pyarrow as pa  # noqa: PLC0415  (only here)

    # The processes share the cores; threads in each of them would only get in the way.
    pa.set_cpu_count(1)
    opened = job.open()
    # What fails here fails for every plan, and is told there.
    with suppress(Exception):
        _warm(opened)
    return _Batch(opened, out, report)


def _warm(opened: Opened) -> None:
    """Review a square of 10 m in the middle of the municipality."""
    if opened.view is None or "kommunegrense" not in opened.view:
        return
    land = opened.view.read("kommunegrense", columns=[])
    at = land.geometry.iloc[int(np.argmax(land.area))].representative_point()
    ring = np.asarray(at.buffer(5, cap_style="square").exterior.coords)
    shape = Shape("område", surfaces=(Surface((ring,)),))
    file = PlanFile(
        "prøve",
        (PlanObject(AREA, "prøve", {}, shapes=(shape,)),),
        systems=(System(opened.view.crs, None),),
        form="område",
    )
    review([file], opened.view, parameters=opened.parameters, configs=opened.configs)


def _review_one(batch: _Batch, plan: Plan) -> Row:
    basis = batch.basis(plan)
    found = batch.opened.review(plan.files)
    name = _name(plan, basis)
    if batch.report and batch.opened.view is not None and found.place is not None:
        from askergeo.plan.filed import write_review  # noqa: PLC0415  (only when it is asked for)

        view, opened = batch.opened.view, batch.opened
        write_review(
            found, view, plan.files, batch.out / REPORTS / name, parameters=opened.parameters,
            job=opened.job, overwrite=True,
        )  # fmt: skip
    document = as_json(found, basis=basis)
    path = batch.out / RESULTS / f"{name}.json"
    temporary = path.with_name(f"{_UNDER_WAY}{secrets.token_hex(8)}.json")
    text = json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)
    temporary.write_text(text + "\n", encoding="utf-8", newline="\n")
    os.replace(temporary, path)  # noqa: PTH105  (one call to the system, named alike everywhere)
    return row_of(plan.name, plan_digest(plan.files), document, f"{RESULTS}/{path.name}")


def _name(plan: Plan, basis: Mapping[str, Any]) -> str:
    """Name the files of a plan: what it is called, and the digest of what it holds."""
    stem = re.sub(r"[^\w.-]+", "_", plan.stem).strip("._")[:_STEM]
    files = json.dumps(basis["planfiler"], sort_keys=True).encode()
    return f"{stem or 'plan'}-{hashlib.sha256(files).hexdigest()[:_DIGEST]}"


def _kept(plans: Sequence[Plan], batch: _Batch) -> dict[int, Row]:
    """Give the rows of plans whose result files rest on the same as now."""
    found = {}
    for number, plan in enumerate(plans):
        # A file that is broken, or not of this version, is made anew.
        with suppress(OSError, ValueError, KeyError, TypeError):
            basis = batch.basis(plan)
            name = _name(plan, basis)
            file = f"{RESULTS}/{name}.json"
            document = json.loads((batch.out / file).read_text(encoding="utf-8"))
            whole = not batch.report or (batch.out / REPORTS / name).is_dir()
            if whole and document["grunnlag"]["nokkel"] == basis["nokkel"]:
                found[number] = row_of(plan.name, plan_digest(plan.files), document, file)
    return found


def _failed(plan: Plan, answer: Failed, batch: _Batch) -> Row:
    """Make the row of a plan without an answer; one that rests on older data is taken away."""
    digest = ""
    with suppress(OSError):
        digest = plan_digest(plan.files)
        name = _name(plan, batch.basis(plan))
        (batch.out / RESULTS / f"{name}.json").unlink(missing_ok=True)
    return Row(plan=plan.name, status=answer.status, feil=answer.text, sha256=digest)


def _write_overview(rows: Sequence[Row], batch: _Batch) -> None:
    """Make the overview beside the old one, and let each file take the place of its own."""
    out, view = batch.out, batch.opened.view
    provenance = None
    if view is not None:
        layers = dict.fromkeys(layer for rule in load_rules().values() for layer in rule.layers)
        words = ["askergeo", "plansjekk", "--hver", "PLANER", "--data", view.path.name]
        used = [layer for layer in layers if layer in view]
        provenance = provenance_of(view, used, shlex.join(words))
    made = Path(tempfile.mkdtemp(prefix=_UNDER_WAY, dir=out))
    try:
        write_overview(rows, made, provenance)
        for name in FILES.values():
            os.replace(made / name, out / name)  # noqa: PTH105  (as above)
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def _writing(batch: _Batch) -> Iterator[None]:
    """Hold the folder for one run; remove what an earlier one that was cut off left half done."""
    out = batch.out
    guard = FileLock(out / _WRITER_LOCK)
    try:
        for folder in (out, out / RESULTS, *([out / REPORTS] if batch.report else [])):
            folder.mkdir(exist_ok=True)
        guard.acquire(timeout=0)
    except Timeout:
        raise LockedError(
            f"En annen kjøring skriver i «{out}».",
            remedy="Vent til den er ferdig, eller oppgi en annen mappe.",
        ) from None
    except OSError as error:
        raise _refused(out, error) from error
    try:
        _sweep(out)
        yield
    except AskergeoError:
        raise
    except OSError as error:
        raise _refused(out, error) from error
    finally:
        _sweep(out)
        guard.release()


def _sweep(out: Path) -> None:
    for half in [*out.glob(f"{_UNDER_WAY}*"), *(out / RESULTS).glob(f"{_UNDER_WAY}*")]:
        shutil.rmtree(half, ignore_errors=True) if half.is_dir() else half.unlink(missing_ok=True)
    # Reports are made in a folder of this name before they are moved into place.
    for half in (out / REPORTS).glob(".askergeo-*"):
        shutil.rmtree(half, ignore_errors=True)


def _refused(out: Path, error: OSError) -> StorageError:
    return StorageError(
        f"Kunne ikke skrive til «{out}»: {error.strerror or error}.",
        remedy="Se etter om disken er full, om du har skrivetilgang, og om oversikten er åpen i et "
        "annet program. Resultatene som er ferdige, er lagret.",
    )
