"""Runs: each is the command line in a process of its own, a few at a time, the rest in a queue.

A run has a folder with what was asked (``kjoring.json``), what was said (``logg.txt``) and the
report itself (``rapport``), so that everything is still there when the desk is opened again.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import askergeo
from askergeo.desk.compare import answers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["AT_ONCE", "LOG", "PROGRESS", "RECORD", "REPORT", "Job", "Jobs", "State", "stops_of"]

#: Files and folder of a run.
RECORD, LOG, REPORT = "kjoring.json", "logg.txt", "rapport"
#: Runs that are under way at the same time: each may need some gigabytes.
AT_ONCE: Final = 2
#: Says to the command line that a program reads its progress.
PROGRESS: Final = "ASKERGEO_FRAMDRIFT"
# How a line of progress looks: see `askergeo.cli.console`.
_PROGRESS_LINE: Final = re.compile(r"@framdrift (\d(?:\.\d+)?) (.*)")
_LOG_LIMIT: Final = 5_000_000
# Seconds that a run gets to tidy up after itself before it is ended by force.
_GRACE: Final = 3.0


class State:
    """What a run may be."""

    WAITING = "venter"
    RUNNING = "pagar"
    DONE = "ferdig"
    CANCELLED = "avbrutt"
    LOST = "stanset"


@dataclass(kw_only=True)
class Job:
    """One run.

    Parameters
    ----------
    id
        Name of its folder.
    verb
        Id of the verb, and its title as it was.
    package, package_name
        Id and name of the data package.
    values
        What the form was filled with, so that it can be filled again.
    arguments
        The words of the command line.
    code
        Exit code; ``None`` until it has ended.
    share, text
        How much is done (0–1), and what is under way.
    """

    id: str
    verb: str
    title: str
    package: str
    package_name: str
    scenario: str
    values: dict[str, list[str]]
    arguments: list[str]
    state: str = State.WAITING
    created: str = ""
    started: str = ""
    ended: str = ""
    code: int | None = None
    share: float = 0.0
    text: str = ""
    # The process, while it runs.
    process: Any = field(default=None, repr=False, compare=False)

    @property
    def over(self) -> bool:
        """Whether it has ended, in one way or another."""
        return self.state not in {State.WAITING, State.RUNNING}

    def record(self) -> dict[str, Any]:
        """Return what is kept of it."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "process"}


class Jobs:
    """The runs of one folder, and those who carry them out.

    Parameters
    ----------
    folder
        Where the runs lie; it is made when absent.
    at_once
        Runs at the same time.
    """

    def __init__(self, folder: Path, *, at_once: int = AT_ONCE) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self._changed = threading.Condition()
        self._queue: deque[Job] = deque()
        self._closed = False
        self._jobs = {one.id: one for one in map(_load, sorted(folder.iterdir())) if one}
        self._threads = [
            threading.Thread(target=self._work, name=f"kjøring-{number}", daemon=True)
            for number in range(at_once)
        ]
        for one in self._threads:
            one.start()

    def all(self) -> list[Job]:
        """List the runs, the newest first; those whose folder is gone are left out."""
        with self._changed:
            there = [one for one in self._jobs.values() if self.path(one).is_dir()]
        return sorted(there, key=lambda one: (one.created, one.id), reverse=True)

    def get(self, name: str) -> Job | None:
        """Return a run by its id."""
        job = self._jobs.get(name)
        return job if job is not None and self.path(job).is_dir() else None

    def path(self, job: Job) -> Path:
        """Return the folder of a run."""
        return self.folder / job.id

    def report(self, job: Job) -> Path:
        """Return the folder of its report."""
        return self.path(job) / REPORT

    def before(self, job: Job) -> int:
        """Count the runs that are before it in the queue."""
        with self._changed:
            return self._queue.index(job) if job in self._queue else 0

    def log(self, job: Job, lines: int = 200) -> str:
        """Return the last lines of what it said."""
        try:
            text = (self.path(job) / LOG).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def reserve(self, verb: str) -> str:
        """Make the folder of a new run, named by the time; return its id."""
        name = f"{datetime.now().astimezone():%Y-%m-%d-%H%M%S}-{verb}"
        for number in range(1, 1000):
            wanted = name if number == 1 else f"{name}-{number}"
            with suppress(FileExistsError):
                (self.folder / wanted).mkdir()
                return wanted
        msg = f"no free name for {name}"
        raise OSError(msg)

    def forget(self, name: str) -> None:
        """Take away the folder of a run that never came to be."""
        if name not in self._jobs:
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def start(
        self,
        name: str,
        *,
        verb: str,
        title: str,
        words: Sequence[str],
        package: tuple[str, str],
        scenario: str = "",
        values: Mapping[str, Sequence[str]],
    ) -> Job:
        """Put a run in the queue.

        Parameters
        ----------
        name
            From :meth:`reserve`.
        package
            Its id and name.
        words
            The verb and what follows it.
        """
        job = Job(
            id=name,
            verb=verb,
            title=title,
            package=package[0],
            package_name=package[1],
            scenario=scenario,
            values={key: list(texts) for key, texts in values.items()},
            arguments=list(words),
            created=_now(),
        )
        with self._changed:
            self._save(job)
            self._jobs[job.id] = job
            self._queue.append(job)
            self._changed.notify_all()
        return job

    def cancel(self, job: Job) -> None:
        """End a run, with every process that it has started."""
        with self._changed:
            if job.over:
                return
            job.state, job.ended = State.CANCELLED, _now()
            if job in self._queue:
                self._queue.remove(job)
            process = job.process
            self._save(job)
            self._changed.notify_all()
        if process is not None:
            _end(process)

    def wait(self, job: Job, timeout: float | None = None) -> bool:
        """Wait until a run has ended and its process is gone; false when the time is out."""
        with self._changed:
            return self._changed.wait_for(lambda: job.over and job.process is None, timeout)

    def close(self) -> None:
        """End every run and those who carry them out."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for job in self.all():
            self.cancel(job)
        for one in self._threads:
            one.join(timeout=2 * _GRACE)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or bool(self._queue))
                if self._closed:
                    return
                job = self._queue.popleft()
                job.state, job.started = State.RUNNING, _now()
                try:
                    job.process = _begin(job.arguments, self.folder)
                except OSError as error:
                    job.state, job.code, job.text = State.DONE, 2, str(error)
                self._save(job)
                self._changed.notify_all()
            if job.process is not None:
                self._follow(job, job.process)

    def _follow(self, job: Job, process: subprocess.Popen[bytes]) -> None:
        """Read what a run says until it ends."""
        written = 0
        stream = process.stdout
        with (self.path(job) / LOG).open("wb") as log:
            for line in stream or ():
                text = line.decode("utf-8", errors="replace").rstrip()
                if told := _PROGRESS_LINE.fullmatch(text):
                    job.share, job.text = min(float(told[1]), 1.0), told[2]
                elif (written := written + len(line)) <= _LOG_LIMIT:
                    log.write(line)
                    log.flush()
        code = process.wait()
        if stream is not None:
            stream.close()
        for left in self.path(job).glob(".askergeo-*"):
            shutil.rmtree(left, ignore_errors=True)
        with self._changed:
            job.process = None
            job.code = code
            if job.state == State.RUNNING:
                job.state, job.ended = State.DONE, _now()
                job.share = 1.0
            self._save(job)
            self._changed.notify_all()

    def _save(self, job: Job) -> None:
        """Write what is kept of a run: whole, or as it was before."""
        path = self.path(job) / RECORD
        new = path.with_suffix(".ny")
        # The planner may have taken the folder away meanwhile.
        with suppress(OSError):
            new.write_text(json.dumps(job.record(), ensure_ascii=False, indent=1), encoding="utf-8")
            new.replace(path)


def stops_of(folder: Path) -> tuple[str, ...]:
    """Return why the numbers of a report must not be published; empty when they may."""
    found = answers(folder / "resultat.json").values()
    return tuple(dict.fromkeys(why for one in found for why in one.stops))


def _begin(words: Sequence[str], folder: Path) -> subprocess.Popen[bytes]:
    """Start the command line in this very Python, in a group of processes of its own."""
    home = str(Path(askergeo.__file__).resolve().parent.parent)
    beside = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {
        PROGRESS: "1",
        "PYTHONPATH": os.pathsep.join(beside),
        "PYTHONIOENCODING": "utf-8",
        "PYTHONUNBUFFERED": "1",
    }
    apart: dict[str, Any] = (
        {"start_new_session": True}
        if os.name == "posix"
        else {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    )
    # -P: no file that lies in the folder can take the place of a module.
    return subprocess.Popen(  # noqa: S603  (a list of words, never a shell)
        [sys.executable, "-P", "-m", "askergeo", *words],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **apart,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask a run and all its processes to stop; those that do not, are ended by force."""
    _signal(process, signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=_GRACE)
    # What it started may be left, also when it has ended itself.
    _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    if os.name == "posix":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        return
    if number == signal.SIGINT:
        return
    # Windows has no groups to signal: its own tool ends a process with those it has started.
    tool = Path(os.environ.get("SYSTEMROOT", "C:/Windows")) / "System32" / "taskkill.exe"
    subprocess.run(  # noqa: S603  (a list of words, never a shell)
        [str(tool), "/F", "/T", "/PID", str(process.pid)], check=False, capture_output=True
    )


def _load(folder: Path) -> Job | None:
    """Read a run that an earlier desk made; one that never ended was stopped with it."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        known = {one.name for one in fields(Job)} - {"process"}
        job = Job(**{key: value for key, value in record.items() if key in known})
        values_are_lists = all(isinstance(one, list) for one in job.values.values())
    except (OSError, ValueError, TypeError, AttributeError):
        return None
    if job.id != folder.name or not values_are_lists:
        return None
    if not job.over:
        job.state = State.LOST
    return job


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
