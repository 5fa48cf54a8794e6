"""The account of the rules: what each of them took, measured on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from askergeo.geometry import Geometries

__all__ = ["TITLES", "Ledger"]

TITLES = {
    "start": "Alle formål i planene",
    "planstatus": "Ikke endelig vedtatt",
    "ukjent_kode": "Formål som ikke kan plasseres",
    "ikke_paa_grunnen": "Under eller over grunnen",
    "overlapp": "Talt flere ganger i planen",
    "regulert": "Kommuneplan der reguleringsplanen gjelder",
    "ikke_utbygging": "Ikke utbyggingsformål",
    "bebygd": "Bebygd (SSB arealbruk)",
    "ferskvann": "Ferskvann (AR5)",
    "sammenslaing": "Naboer med samme formål slås sammen",
    "minste_areal": "For smått etter fratrekk",
    "veg": "Vegareal med avstand, i veg- og parkeringsformål",
    "minste_areal_veg": "For smått etter vegareal",
    "bygninger": "Bygninger med avstand, i andre formål",
    "naavaerende": "Større avstand i nåværende formål",
    "aapning": "For smalt",
    "storrelse": "For smått",
    "rundhet": "Godtatt på størrelse og form",
    "sirkel": "Ikke plass til sirkelen",
}


class Ledger:
    """Rows of the account, in the order of the rules.

    Parameters
    ----------
    shapes
        Everything that there is before the first rule.
    note
        What that is, in bokmål.
    """

    def __init__(self, shapes: Geometries, note: str) -> None:
        self._rows: list[dict[str, Any]] = []
        self._count, self._area = _measure(shapes)
        self._add("start", self._count, self._area, 0.0, note, used=True)

    def record(self, rule: str, left: Geometries, taken: float, note: str) -> None:
        """Add a rule that was used: what is left after it, and the area that it took (m²)."""
        count, area = _measure(left)
        self._add(rule, count, area, taken, note, used=True)

    def unused(self, rule: str, note: str) -> None:
        """Add a rule that could not be used; what it would have taken is unknown."""
        self._add(rule, self._count, self._area, np.nan, note, used=False)

    def table(self) -> pd.DataFrame:
        """All rows; ``avvik_m2`` is what does not add up, and only rounding when all is well."""
        return pd.DataFrame(self._rows)

    def _add(
        self, rule: str, count: int, area: float, taken: float, note: str, *, used: bool
    ) -> None:
        lost = taken if used else 0.0
        self._rows.append(
            {
                "nr": len(self._rows),
                "regel": rule,
                "tittel": TITLES[rule],
                "brukt": used,
                "stykker_for": self._count,
                "areal_for_m2": self._area,
                "tatt_m2": taken,
                "stykker_igjen": count,
                "areal_igjen_m2": area,
                "avvik_m2": self._area - lost - area,
                "betydning": note if used else f"ikke brukt: {note}",
            }
        )
        self._count, self._area = count, area


def _measure(shapes: Geometries) -> tuple[int, float]:
    area = shapely.area(shapes)
    return int((area > 0).sum()), float(area.sum())
