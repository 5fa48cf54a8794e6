"""What ``askergeo data legg-til`` does with a timetable: six layers of one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from askergeo.datapackage import DataPackage

    from .console import Console

__all__ = ["add_timetable"]


def add_timetable(
    console: Console,
    package: DataPackage,
    file: str,
    other: list[str],
    *,
    margin: float | None,
    **how: Any,  # noqa: ANN401  (as add_feed takes them)
) -> None:
    """Add a timetable, and say what was found in it: a line a rule."""
    from askergeo.errors import MissingFileError, ParameterError
    from askergeo.ingest_feed import MARGIN, add_feed

    source = Path(file)
    if file in package.catalogue and not source.exists():
        raise ParameterError(
            f"Filen til laget «{file}» mangler.",
            remedy=f"Skriv «askergeo data legg-til {package.path} {file} FIL».",
        )
    if not source.exists():
        raise MissingFileError(
            f"Filen {source} finnes ikke.", remedy="Se etter skrivefeil i navnet."
        )
    if other:
        raise ParameterError(
            f"{', '.join(other)} gjelder ikke for en rutetabell.",
            remedy="Ta bort valget, eller oppgi hvilket lag filen hører til.",
        )
    with console.progress(f"Leser {source.name}"):
        added, report = add_feed(
            package, source, margin=MARGIN if margin is None else margin, **how
        )
    for title, rows in report.groupby("tittel", sort=False):
        more = f" ({len(rows)} rader; «askergeo data avvik» viser alle)" if len(rows) > 1 else ""
        console.note(f"{title}: {rows['tekst'].iloc[0]}{more}")
    if added[0].unstated:
        options = ", ".join(f"--{name} TEKST" for name in added[0].unstated)
        console.note(
            f"Merk: {', '.join(added[0].unstated)} er ikke oppgitt og er ukjent i resultatene. "
            f"Legg rutetabellen til på nytt med {options}."
        )
    console.result("\n".join(one.text() for one in added), [one.record() for one in added])
