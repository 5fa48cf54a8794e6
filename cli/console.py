"""What the command line says: results to stdout, everything else to stderr."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["Console", "text_table"]

# Set by a program that reads progress: it gets every percent, in lines that it can tell apart.
_READ_BY_PROGRAM = "ASKERGEO_FRAMDRIFT"


class Console:
    """Writes results and messages as the shared options ask.

    Parameters
    ----------
    as_json
        Results are one JSON object on stdout, and nothing else is.
    quiet
        No progress and no remarks; errors still come.
    """

    def __init__(self, *, as_json: bool = False, quiet: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet

    def result(self, text: str, data: Any) -> None:  # noqa: ANN401  (whatever JSON can hold)
        """Write a result: ``text`` for people, ``data`` when JSON was asked for."""
        if self.as_json:
            text = json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False)
            sys.stdout.write(text + "\n")
        else:
            sys.stdout.write(text.rstrip("\n") + "\n")

    def paths(self, paths: Mapping[str, Path], *, heading: str = "") -> None:
        """Write the paths of the files made, one a line; a heading only for people."""
        plain = {name: str(path) for name, path in paths.items()}
        self.result("\n".join([*([heading] if heading else []), *plain.values()]), plain)

    def note(self, text: str) -> None:
        """Write a remark to stderr, unless quiet."""
        if not self.quiet:
            sys.stderr.write(text.rstrip("\n") + "\n")

    def stop(self, lines: Sequence[str]) -> None:
        """End with exit code 1 when numbers must not be published.

        People have read the lines in the result; with JSON they go to stderr, quiet or not.

        Raises
        ------
        typer.Exit
            With 1, when there is a line.
        """
        if not lines:
            return
        if self.as_json:
            sys.stderr.write("\n".join(lines) + "\n")
        raise typer.Exit(1)

    @contextmanager
    def progress(self, title: str) -> Iterator[Callable[[float, str], None]]:
        """Show progress on stderr: a bar in a terminal, a line for each tenth elsewhere.

        Yields
        ------
        Callable
            ``step(share, text)`` with the share done (0–1) and what is under way.
        """
        if self.quiet:
            yield lambda _share, _text: None
        elif os.environ.get(_READ_BY_PROGRAM):
            yield _percents(self.note)
        elif sys.stderr.isatty():
            yield from _bar(title)
        else:
            self.note(title)
            yield _tenths(self.note)


def _tenths(note: Callable[[str], None]) -> Callable[[float, str], None]:
    """Note the first step in each tenth of the work: a log has no use for more."""
    said = -1

    def step(share: float, text: str) -> None:
        nonlocal said
        if int(share * 10) > said:
            said = int(share * 10)
            note(f"  {share:4.0%}  {text}")

    return step


def _percents(note: Callable[[str], None]) -> Callable[[float, str], None]:
    """Note each new percent or text as ``@framdrift SHARE TEXT``."""
    said = (-1, "")

    def step(share: float, text: str) -> None:
        nonlocal said
        now = (int(share * 100), text)
        if now != said:
            said = now
            note(f"@framdrift {share:.3f} {text}")

    return step


def _bar(title: str) -> Iterator[Callable[[float, str], None]]:
    from rich.console import Console as RichConsole
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=RichConsole(stderr=True)) as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda share, text: bar.update(task, completed=share, description=text)
        bar.update(task, completed=1.0, description=title)


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Set rows as plain text in columns.

    Examples
    --------
    >>> print(text_table(["Lag", "Rader"], [["bygning", "12"], ["sti", "3"]]))
    Lag      Rader
    bygning  12
    sti      3
    """
    lines = [list(header), *[list(row) for row in rows]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
