"""Who gets or loses reserve supply with a scenario, address by address.

The two runs carry who lives where and in which state (``Result.microdata``), which no output ever
sees; here they meet, and leave as sums in whole tens.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from askergeo.analyses._reach_tables import counted_table, person_column
from askergeo.analyses._va_loss_scene import STATES
from askergeo.result import Column

if TYPE_CHECKING:
    from askergeo.analyses._va_loss_scene import Scene
    from askergeo.result import Result

__all__ = ["compare", "microdata_of"]


def microdata_of(scene: Scene) -> pd.DataFrame | None:
    """Keep the state and the residents of each connected address."""
    if scene.hung is None:
        return None
    on = scene.hung.connected
    return pd.DataFrame(
        {
            "bosatte": scene.hung.residents[on],
            "tilstand": scene.state[scene.hung.piece[on]].astype(int),
        },
        index=pd.Index(scene.hung.ids[on], name="id"),
    )


def compare(base: Result, other: Result, difference: Result) -> Result:
    """Add to a difference who goes from which supply to which.

    Parameters
    ----------
    base, other
        The runs without and with the scenario, with their microdata.
    difference
        What :func:`askergeo.compare.compare` made of them.
    """
    one, two = base.microdata, other.microdata
    if one is None or two is None:
        return difference
    both = one.join(two.add_suffix("_med"), how="inner")
    known = not bool(both["bosatte"].isna().all())
    moved = both[both["tilstand"] != both["tilstand_med"]]
    stay = moved[["bosatte", "bosatte_med"]].min(axis=1)
    records = [
        {
            "rad": f"{was}_{becomes}",
            "fra": STATES[was],
            "til": STATES[becomes],
            "adresser": len(mine),
            "bosatte": mine.sum() if known else float("nan"),
        }
        for was in range(len(STATES))
        for becomes in range(len(STATES))
        if len(mine := stay[(moved["tilstand"] == was) & (moved["tilstand_med"] == becomes)])
    ]
    if not records:
        return difference
    columns = {
        "fra": Column(title="Forsyning uten scenario"),
        "til": Column(title="Forsyning med scenario"),
        "adresser": Column(title="Adresser", unit="adresser", decimals=0),
    }
    if known:
        columns["bosatte"] = person_column("Bosatte")
    table = counted_table(
        "reserve_endring",
        "Hvem som får en annen forsyning med scenarioet",
        records,
        columns,
        note="Bare adresser som er tilknyttet i begge kjøringene.",
    )
    return replace(difference, tables=(table, *difference.tables))
