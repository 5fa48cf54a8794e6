"""The tables of growth in zones, how plants are known, and how all the tables write numbers.

Loads are of residents, and the areas that are summed lie in one another: they are told in whole
tens, and small counts of residents are hidden.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.geometry import geometries
from askergeo.privacy import rounded
from askergeo.result import Column, Table
from askergeo.school.areas import place
from askergeo.va._net_pipes import text_of
from askergeo.va.network import AVLOP, VANN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from askergeo.analyses._va_growth_scene import Scene

    Number = NDArray[np.float64]

__all__ = ["TEN", "basis_table", "tens", "unique_labels", "year_column", "zone_table"]

#: Loads are told in whole tens.
TEN: Final = 10.0


def tens(values: Any) -> Number:  # noqa: ANN401  (what numpy reads as numbers)
    """Round to whole tens, halves up; NaN stays."""
    return np.floor(np.asarray(values, dtype=np.float64) / TEN + 0.5) * TEN


def year_column(values: Number) -> pd.arrays.IntegerArray:
    """Years as whole numbers; NaN is missing."""
    unknown = np.isnan(values)
    return pd.arrays.IntegerArray(np.where(unknown, 0, values).astype(np.int64), unknown)


def unique_labels(ids: Sequence[str]) -> list[str]:
    """Ids as index labels: a second of the same gets a number."""
    seen: dict[str, int] = {}
    found = []
    for one in ids:
        seen[one] = seen.get(one, 0) + 1
        found.append(one if seen[one] == 1 else f"{one} ({seen[one]})")
    return found


_ZONES: Final = {
    "trykksone": ("Trykksone", VANN), "maalesone": ("Målesone", VANN),
    "vannverk": ("Fra vannverk", VANN), "renseanlegg": ("Til renseanlegg", AVLOP),
    "pumpestasjon": ("Til pumpestasjon", AVLOP),
}  # fmt: skip


def zone_table(scene: Scene) -> Table | None:
    """Tell residents and load of each zone today and in the last year."""
    zones = scene.layers["va_sone"]
    if zones is None or not len(zones):
        return None
    records = []
    for kind, (title, medium) in _ZONES.items():
        mine = zones[zones["type"].astype("string").fillna("").eq(kind).to_numpy(dtype=bool)]
        if not len(mine):
            continue
        at = place(scene.demand.points, shapely.make_valid(geometries(mine)))
        on = scene.sides[medium].on & (at >= 0)
        residents, pe = (
            _summed(at[on], values[on], len(mine))
            for values in (scene.demand.residents["hoved"], scene.pe["hoved"])
        )
        factors = scene.factors["hoved"]
        flow = factors.water_l_s if medium == VANN else factors.sewage_l_s
        shown = tens(pe)
        for k, (number, name) in enumerate(
            zip(text_of(mine, "sone_id"), text_of(mine, "navn"), strict=True)
        ):
            records.append({
                "sone_id": number, "navn": name or number, "type": title,
                "naa": np.round(residents[k, 0]), "siste": np.round(residents[k, -1]),
                "pe": shown[k, 0], "pe_siste": shown[k, -1],
                "l_s": np.round(flow(shown[k, 0]), 1), "l_s_siste": np.round(flow(shown[k, -1]), 1),
            })  # fmt: skip
    frame = pd.DataFrame(records)
    if frame.empty:
        return None
    frame.index = pd.Index(unique_labels(frame.pop("sone_id").tolist()), name="sone_id")
    first, last = scene.years[0], scene.years[-1]
    return rounded(
        Table(
            name="soner",
            title="Bosatte og belastning i sonene",
            frame=frame,
            columns={
                "navn": Column(title="Sone"),
                "type": Column(title="Slag"),
                "naa": _persons(f"Bosatte {first}"),
                "siste": _persons(f"Bosatte {last}"),
                "pe": _derived(f"Belastning {first}", "pe", 0, "naa"),
                "pe_siste": _derived(f"Belastning {last}", "pe", 0, "siste"),
                "l_s": _derived(f"Største time {first}", "l/s", 1, "naa"),
                "l_s_siste": _derived(f"Største time {last}", "l/s", 1, "siste"),
            },
            note="Bare de som er knyttet til, eller antas å være det. Vann med lekkasje, avløp med "
            "fremmedvann.",
            group="Soner og grunnlag",
        )
    )


def _summed(at: NDArray[np.intp], values: Number, count: int) -> Number:
    total = np.zeros((count, values.shape[1]))
    np.add.at(total, at, values)
    return total


def _persons(title: str) -> Column:
    return Column(title=title, unit="personer", decimals=0, persons=True)


def _derived(title: str, unit: str, decimals: int, source: str) -> Column:
    return Column(title=title, unit=unit, decimals=decimals, derived_from=(source,))


def basis_table(scene: Scene) -> Table:
    """Count residents by how their plant is known, for sewage and water."""
    from askergeo.analyses._va_growth_scene import HOW  # noqa: PLC0415

    now = scene.demand.residents["hoved"][:, 0]
    frame = pd.DataFrame(
        {
            "hva": list(HOW.values()),
            **{
                kind: [round(float(now[side.how == code].sum())) for code in HOW]
                for kind, side in scene.sides.items()
            },
        },
        index=pd.Index([str(code) for code in HOW], name="rad"),
    )
    return rounded(
        Table(
            name="grunnlag",
            title="Hvordan anlegget til de bosatte er funnet",
            frame=frame,
            columns={
                "hva": Column(title="Hvordan"),
                AVLOP: _persons("Avløp"),
                VANN: _persons("Vann"),
            },
            group="Soner og grunnlag",
        )
    )
