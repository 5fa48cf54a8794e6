"""The example's timetable as GTFS and NeTEx files, and one of its lines with faults that are known.

What is wrong in the files whose names end in ``-feil`` stands in ``transport.rutefiler`` of the
key; the others say the same as the layers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from askergeo.sources.feed import FEED_LAYERS, make_feed
from askergeo.sources.feed_writing import write_gtfs, write_netex

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from askergeo.example.land import Land

__all__ = ["FILES", "FOLDER", "make_feed_faults", "with_faults", "write_feeds"]

FOLDER: Final = "ruter"
FILES: Final = ("gtfs.zip", "netex.zip", "gtfs-feil.zip", "netex-feil.zip")
#: A stop and a calendar that are only in the files with faults.
NEW_STOP: Final = "H9001"
NO_DAYS: Final = "utgaatt"
_DOUBLE: Final = "-igjen"
_MINUTE: Final = 60


def make_feed_faults(land: Land) -> None:
    """Note in the key what is wrong with the files ``-feil``."""
    trips = land.frames["rutetur"]
    local = land.frames["rutelinje"].query("transportmiddel == 'buss'")["linje_id"].iloc[-3]
    mine = trips[(trips["linje_id"] == local) & (trips["kalender_id"] == "hverdag")]
    there = mine.loc[mine["retning"] == 0, "tur_id"].tolist()
    land.key.setdefault("transport", {})["rutefiler"] = {
        "filer": [f"{FOLDER}/{name}" for name in FILES],
        "feil_i": ["gtfs-feil.zip", "netex-feil.zip"],
        "linje_id": local,
        "uten_koordinat": NEW_STOP,
        "stopper_der": there[4:],
        "uten_tid_underveis": there[0],
        "uten_tider": there[1],
        "tider_baklengs": there[2],
        "uten_dager": there[3],
        "kalender_uten_dager": NO_DAYS,
        "to_ganger": [there[4], there[4] + _DOUBLE],
    }


def with_faults(
    frames: Mapping[str, pd.DataFrame], facts: Mapping[str, Any]
) -> dict[str, pd.DataFrame]:
    """Take one line and plant the faults that ``transport.rutefiler`` of the key tells of.

    Parameters
    ----------
    frames
        The layers of the timetable.
    facts
        As :func:`make_feed_faults` notes them.
    """
    trips = frames["rutetur"].query("linje_id == @facts['linje_id']").copy()
    calls = frames["ruteavgang"]
    calls = calls[calls["tur_id"].isin(trips["tur_id"])]
    calls = calls.astype({"ankomst": "Int64", "avgang": "Int64"})
    stops = frames["holdeplass"]
    stops = stops[stops["holdeplass_id"].isin(calls["holdeplass_id"])]
    new = gpd.GeoDataFrame(
        {"holdeplass_id": [NEW_STOP], "navn": ["Ny holdeplass"], "transportmiddel": ["buss"]},
        geometry=np.array([None], dtype=object), crs=stops.crs,
    )  # fmt: skip
    trip, turn = calls["tur_id"], calls["rekkefolge"]
    times = ["ankomst", "avgang"]
    calls.loc[(trip == facts["uten_tid_underveis"]) & (turn == 2), times] = pd.NA
    calls.loc[trip == facts["uten_tider"], times] = pd.NA
    calls.loc[(trip == facts["tider_baklengs"]) & (turn == 3), times] -= 3_600
    last = calls[trip.isin(facts["stopper_der"])].groupby("tur_id").tail(1)
    on = last.assign(
        holdeplass_id=NEW_STOP, rekkefolge=last["rekkefolge"] + 1,
        ankomst=last["avgang"] + _MINUTE, avgang=last["avgang"] + _MINUTE,
    )  # fmt: skip
    calls = pd.concat([calls, on], ignore_index=True)
    first, second = facts["to_ganger"]
    again = calls[calls["tur_id"] == first].assign(tur_id=second)
    trips.loc[trips["tur_id"] == facts["uten_dager"], "kalender_id"] = NO_DAYS
    twin = trips[trips["tur_id"] == first].assign(tur_id=second)
    days = frames["rutedag"]
    return {
        "rutelinje": frames["rutelinje"].query("linje_id == @facts['linje_id']"),
        "rutedag": days[days["kalender_id"].isin(trips["kalender_id"])],
        "holdeplass": pd.concat([stops, new], ignore_index=True),
        "rutetur": pd.concat([trips, twin], ignore_index=True),
        "ruteavgang": pd.concat([calls, again], ignore_index=True),
    }


def write_feeds(frames: Mapping[str, pd.DataFrame], facts: Mapping[str, Any], folder: Path) -> None:
    """Write the timetable as it is, and one line with its faults, as GTFS and NeTEx.

    Parameters
    ----------
    frames
        The layers of the example.
    facts
        As :func:`make_feed_faults` notes them.
    """
    folder.mkdir(exist_ok=True)
    whole = {name: frames[name] for name in FEED_LAYERS}
    for end, tables in (("", whole), ("-feil", with_faults(whole, facts))):
        feed = make_feed(
            holdeplass=tables["holdeplass"], rutelinje=tables["rutelinje"],
            rutetur=tables["rutetur"], ruteavgang=tables["ruteavgang"],
            rutedag=tables["rutedag"], rutebytte=tables.get("rutebytte"),
        )  # fmt: skip
        write_gtfs(feed, folder / f"gtfs{end}.zip")
        write_netex(feed, folder / f"netex{end}.zip")
