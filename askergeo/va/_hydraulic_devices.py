"""Pumps and valves of a model made from the map: how they work stands in ``va_modell``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.va._net_model import PipeNetwork

__all__ = ["NO_DEVICES", "Devices", "devices_of", "is_whole_model"]

_SECTIONS: Final = ("PUMPS", "VALVES")
# Sections that a model which stands by itself has.
_WHOLE: Final = ("JUNCTIONS", "PIPES")
# Name, and the nodes at both ends.
_HEAD: Final = 3


@dataclass(frozen=True, kw_only=True)
class Devices:
    """Lines of pumps and valves: section, nodes and the words after them, by id of the pipe."""

    rows: Mapping[str, tuple[str, tuple[str, str], str]]
    curves: tuple[str, ...]

    def of(self, network: PipeNetwork, ledning_id: NDArray[np.object_]) -> dict[int, str]:
        """Return which pieces of the network are told of, and the id of their row."""
        found: dict[int, str] = {}
        for piece in np.flatnonzero(network.pump_link | network.valve_link):
            name = str(ledning_id[network.row[piece]])
            # A device that was cut in pieces is one of them only.
            if name in self.rows and name not in found.values():
                found[int(piece)] = name
        return found


NO_DEVICES: Final = Devices(rows={}, curves=())


def is_whole_model(va_modell: pd.DataFrame | None) -> bool:
    """Whether the layer has an EPANET model with nodes and pipes of its own."""
    if va_modell is None or not len(va_modell):
        return False
    return bool(_epanet(va_modell)["seksjon"].isin(_WHOLE).any())


def _epanet(va_modell: pd.DataFrame) -> pd.DataFrame:
    if "program" not in va_modell:
        return va_modell
    return va_modell[va_modell["program"].isna() | (va_modell["program"] == "epanet")]


def devices_of(va_modell: pd.DataFrame | None) -> Devices:
    """Read pumps, valves and curves; only those in litres a second and metres.

    A layer in other units gives none: the pumps are then told of as unknown.
    """
    if va_modell is None or not len(va_modell):
        return NO_DEVICES
    rows = _epanet(va_modell).sort_values(["modell_id", "seksjon", "rad"], kind="stable")
    words = [str(one).partition(";")[0].split() for one in rows["tekst"]]
    section = rows["seksjon"].astype(str).to_list()
    units = [one[1].upper() for name, one in zip(section, words, strict=True)
             if name == "OPTIONS" and len(one) > 1 and one[0].upper() == "UNITS"]  # fmt: skip
    if units != ["LPS"]:
        return NO_DEVICES
    found = {
        one[0]: (name, (one[1], one[2]), " ".join(one[_HEAD:]))
        for name, one in zip(section, words, strict=True)
        if name in _SECTIONS and len(one) > _HEAD
    }
    curves = tuple(
        " ".join(one) for name, one in zip(section, words, strict=True) if name == "CURVES" and one
    )
    return Devices(rows=found, curves=curves)
