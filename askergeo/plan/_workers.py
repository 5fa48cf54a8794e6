"""Processes that take one task at a time, where a task that crashes or hangs harms no other.

A pool of the standard library stops as a whole when one process dies, and cannot end a task that
takes too long; a thousand plans from a thousand makers hold both.
"""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from askergeo.errors import AskergeoError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

__all__ = ["CRASHED", "TIMEOUT", "Failed", "run_each", "suggested_workers"]

CRASHED: Final = "ERROR"
TIMEOUT: Final = "TIMEOUT"
# Bytes that a process needs: the libraries, a walking graph and the layers round one plan.
_EACH: Final = 1_000_000_000
# Started anew, not forked: libraries that have threads do not survive a fork.
_SPAWN: Final = get_context("spawn")


@dataclass(frozen=True)
class Failed:
    """A task that gave no answer: ``status`` is `CRASHED` or `TIMEOUT`, ``text`` says why."""

    status: str
    text: str


@dataclass(eq=False)
class _Worker:
    """A process, our end of its pipe, the number of its task, and when that must be done."""

    process: SpawnProcess
    pipe: Connection
    ready: bool = False
    task: int | None = None
    ends: float = 0.0

    def give(self, task: int, item: Any, limit: float) -> None:  # noqa: ANN401  (as `run_each`)
        self.task, self.ends = task, time.monotonic() + limit
        with suppress(OSError):  # a process that has died is found when it is listened to
            self.pipe.send(item)

    def late(self) -> bool:
        return self.task is not None and time.monotonic() >= self.ends and not self.pipe.poll()

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def suggested_workers(tasks: int) -> int:
    """Give a process for each core, fewer when memory or the tasks do not reach for it."""
    cores = os.cpu_count() or 1
    free = _free_memory()
    held = cores if free is None else max(1, free // _EACH)
    return max(1, min(cores, held, tasks))


def _free_memory() -> int | None:
    """Bytes of memory that may be used, where the system tells."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    told = next((line for line in lines if line.startswith("MemAvailable:")), "")
    return int(told.split()[1]) * 1024 if told else None


def run_each(
    start: Callable[[], Any],
    task: Callable[[Any, Any], Any],
    items: Sequence[Any],
    *,
    workers: int,
    limit: float,
) -> Generator[tuple[int, Any], None, None]:
    """Do a task with every item, several at once.

    The first process is ready before the others begin, so that what it compiles or builds for
    all is made once. A script that uses this must be guarded by ``if __name__ == "__main__"``:
    each process reads it anew.

    Parameters
    ----------
    start
        Called once in each process; what it returns is the first argument of ``task``.
    task
        Called with that and an item. Both must be importable by name.
    items
        What the tasks are about; each is sent to a process.
    workers
        Number of processes.
    limit
        Seconds that a task may take.

    Yields
    ------
    tuple
        The item's number and what the task returned, or `Failed`; in the order that they end.

    Raises
    ------
    AskergeoError
        When a process stops before it has begun.
    """
    waiting = deque(range(len(items)))
    pool = [_begin(start, task)] if items else []
    try:
        while waiting or any(one.task is not None for one in pool):
            for one in pool:
                if one.ready and one.task is None and waiting:
                    number = waiting.popleft()
                    one.give(number, items[number], limit)
            if not pool or any(one.ready for one in pool):
                wanted = min(workers, len(waiting) + sum(one.task is not None for one in pool))
                pool += [_begin(start, task) for _ in range(wanted - len(pool))]
            yield from _ended(pool)
    finally:
        for one in pool:
            one.stop()


def _begin(start: Callable[[], Any], task: Callable[[Any, Any], Any]) -> _Worker:
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_serve, args=(theirs, start, task), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _ended(pool: list[_Worker]) -> Iterator[tuple[int, Any]]:
    """Wait until something happens; give the tasks that ended, and take out dead processes."""
    ends = [one.ends for one in pool if one.task is not None]
    left = max(0.0, min(ends) - time.monotonic()) if ends else None
    heard = wait([one.pipe for one in pool], timeout=left)
    for one in [one for one in pool if one.pipe in heard]:
        number = one.task
        try:
            answer = one.pipe.recv()
        except (EOFError, OSError):
            pool.remove(one)
            one.stop()
            answer = Failed(CRASHED, _how_it_died(one.process.exitcode))
        if not one.ready:
            _require_begun(answer)
            one.ready = True
        elif number is not None:
            one.task = None
            yield number, answer
    for one in [one for one in pool if one.late()]:
        pool.remove(one)
        one.stop()
        if one.task is not None:
            yield one.task, Failed(TIMEOUT, "Planen tok lenger tid enn grensen (--tidsgrense).")


def _require_begun(answer: object) -> None:
    if isinstance(answer, Failed):
        raise AskergeoError(
            f"En prosess kom ikke i gang: {answer.text}",
            remedy="Prøv med færre prosesser (--prosesser 1). Det som er ferdig, er lagret.",
        )


def _how_it_died(code: int | None) -> str:
    told = f"signal {-code}" if code and code < 0 else f"kode {code}"
    return f"Prosessen stoppet brått ({told}); planen kan ha brukt opp minnet."


def _serve(
    pipe: Connection, start: Callable[[], Any], task: Callable[[Any, Any], Any]
) -> None:  # pragma: no cover  (runs in another process)
    """Do tasks until the other end of the pipe is closed."""
    # Ctrl-C reaches every process of the terminal; the one that began this ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    state = _tried(start)
    with suppress(OSError, EOFError):
        pipe.send(state if isinstance(state, Failed) else None)
        while not isinstance(state, Failed):
            pipe.send(_tried(task, state, pipe.recv()))


def _tried(work: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401  (as `run_each`)
    try:
        return work(*arguments)
    except AskergeoError as error:
        return Failed(CRASHED, f"{error.message} {error.remedy}".strip())
    except Exception as error:  # noqa: BLE001  (a fault in one plan must not stop the others)
        return Failed(CRASHED, f"Uventet feil ({type(error).__name__}): {error}")
