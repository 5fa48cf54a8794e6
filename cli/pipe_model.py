"""What ``askergeo data legg-til`` does with a model of a pipe network: its layers of one file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.datapackage import DataPackage

    from .console import Console

__all__ = ["add_model"]


def add_model(
    console: Console,
    package: DataPackage,
    source: Path,
    other: list[str],
    **how: Any,  # noqa: ANN401  (as add_inp takes them)
) -> None:
    """Add a model of a pipe network, and say where it lies and what was odd: a line a rule."""
    from askergeo.errors import MissingFileError, ParameterError
    from askergeo.ingest_inp import add_inp

    if not source.exists():
        raise MissingFileError(
            f"Filen {source} finnes ikke.", remedy="Se etter skrivefeil i navnet."
        )
    if other:
        raise ParameterError(
            f"{', '.join(other)} gjelder ikke for en ledningsnettmodell.", remedy="Ta bort valget."
        )
    with console.progress(f"Leser {source.name}"):
        added, faults, placing = add_inp(package, source, **how)
    console.note(placing)
    for _, rows in faults.groupby("regel", sort=False):
        line = rows["linje"].iloc[0]
        place = f" (linje {line})" if line else ""
        more = f" og {len(rows) - 1} til; «askergeo data avvik» viser alle" if len(rows) > 1 else ""
        console.note(f"{rows['tekst'].iloc[0]}{place}{more}")
    if added[0].unstated:
        options = ", ".join(f"--{name} TEKST" for name in added[0].unstated)
        console.note(
            f"Merk: {', '.join(added[0].unstated)} er ikke oppgitt og er ukjent i resultatene. "
            f"Legg modellen til på nytt med {options}."
        )
    console.result("\n".join(one.text() for one in added), [one.record() for one in added])
