"""The national guidance texts, from a saved copy of Geonorge's register (geolett)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from askergeo.errors import MissingFileError, SourceError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Guidance", "read_guidance"]

LARGEST: Final = 50_000_000


@dataclass(frozen=True, kw_only=True)
class Guidance:
    """One guidance text: what it is about, what it says, what can be done, where to read more.

    ``links`` are pairs of title and address.
    """

    id: str
    title: str = ""
    description: str = ""
    text: str = ""
    actions: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


def read_guidance(path: Path) -> dict[str, Guidance]:
    """Read a copy of the register as its service gives it, by the id of each text.

    Raises
    ------
    MissingFileError, SourceError
        When the file is not there, or is not a list of guidance texts.
    """
    if not path.is_file():
        raise MissingFileError(
            f"Veiledningsregisteret «{path}» finnes ikke.",
            remedy="Lagre svaret fra https://register.geonorge.no/geolett/api som en fil.",
        )
    if path.stat().st_size > LARGEST:
        raise SourceError(f"{path} er for stor til å være veiledningsregisteret.")
    try:
        listed = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{path} kan ikke leses som JSON: {error}") from None
    if not isinstance(listed, list):
        raise SourceError(f"{path} er ikke en liste av veiledningstekster.")
    found = [_guidance(item) for item in listed if isinstance(item, dict) and item.get("id")]
    return {item.id: item for item in found}


def _guidance(item: dict[str, Any]) -> Guidance:
    links = [link for link in item.get("lenker") or [] if isinstance(link, dict)]
    lines = str(item.get("muligeTiltak") or "").splitlines()
    return Guidance(
        id=str(item["id"]),
        title=str(item.get("tittel") or ""),
        description=str(item.get("forklarendeTekst") or ""),
        text=str(item.get("dialogtekst") or ""),
        actions=tuple(line.lstrip("-* ").strip() for line in lines if line.strip("-* ")),
        links=tuple(
            (str(link.get("tittel") or ""), str(link["href"])) for link in links if link.get("href")
        ),
    )
