"""Code lists as data: a code, its name, its group and its colour on the map."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

from askergeo._layer import Code
from askergeo.errors import CatalogueError

__all__ = ["code_list", "load_codes"]

BUILT_IN = Path(__file__).parent / "data" / "codes"


@lru_cache(maxsize=64)
def load_codes(name: str) -> dict[int | str, Code]:
    """Read a built-in code list.

    Parameters
    ----------
    name
        File name without ``.csv``, such as ``ar5_arealtype`` or ``kommuneplan_formaal``.

    Raises
    ------
    CatalogueError
        When there is no such list.

    Examples
    --------
    >>> load_codes("ar5_arealtype")[21].name, load_codes("kommuneplan_formaal")[1110].group
    ('Fulldyrka jord', '01 Bolig eller sentrumsformål')
    """
    return _read(BUILT_IN / f"{name}.csv")


def code_list(name: str, beside: Path) -> dict[int | str, Code]:
    """Read the list ``name`` from the folder ``beside``, else the built-in one of that name."""
    own = beside / f"{name}.csv"
    return _read(own) if own.is_file() else load_codes(name)


def _read(path: Path) -> dict[int | str, Code]:
    """Read a CSV with ``kode`` and ``navn``, and maybe ``gruppe`` and the two colours."""
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in BUILT_IN.glob("*.csv")))
        raise CatalogueError(
            f"Kodelisten «{path.stem}» finnes ikke.", remedy=f"Innebygde kodelister: {known}."
        )
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    if not rows or not {"kode", "navn"} <= set(rows[0]):
        raise CatalogueError(
            f"Kodelisten {path.name} må ha kolonnene «kode» og «navn» og minst én rad.",
            remedy="Første linje skal være: kode,navn,gruppe,farge",
        )
    codes: dict[int | str, Code] = {}
    for number, row in enumerate(rows, start=2):
        text = (row["kode"] or "").strip()
        code = int(text) if text.isascii() and text.isdigit() else text
        if not text or not row["navn"] or code in codes:
            raise CatalogueError(
                f"Kodelisten {path.name}, linje {number}: koden «{text}» er tom, gitt før eller "
                "uten navn.",
                remedy="Gi hver kode én gang, med navn.",
            )
        colours = (row.get(name) or "" for name in ("farge", "farge_framtidig"))
        codes[code] = Code(code, row["navn"], row.get("gruppe") or "", *colours)
    return codes
