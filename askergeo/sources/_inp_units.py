"""The units of EPANET and SWMM models, and those of the package.

A flow unit says whether the rest of the model is in US customary units (feet, inches) or metric.
One foot is 0.3048 m and one inch 25.4 mm exactly; a US gallon is 3.785411784 l and an imperial
gallon 4.54609 l exactly, and an acre-foot 43 560 cubic feet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["FOOT", "Units", "units_of"]

FOOT: Final = 0.3048
_INCH_MM: Final = 25.4
_CUBIC_FOOT_L: Final = (10 * FOOT) ** 3
_GALLON_L: Final = 3.785411784
_IMPERIAL_L: Final = 4.54609
_DAY_S: Final = 86_400.0

# Litres a second of one unit of flow, and whether lengths are in feet.
_FLOWS: Final = {
    "CFS": (_CUBIC_FOOT_L, True),
    "GPM": (_GALLON_L / 60, True),
    "MGD": (1e6 * _GALLON_L / _DAY_S, True),
    "IMGD": (1e6 * _IMPERIAL_L / _DAY_S, True),
    "AFD": (43_560 * _CUBIC_FOOT_L / _DAY_S, True),
    "LPS": (1.0, False),
    "LPM": (1 / 60, False),
    "MLD": (1e6 / _DAY_S, False),
    "CMH": (1000 / 3600, False),
    "CMD": (1000 / _DAY_S, False),
    "CMS": (1000.0, False),
}


@dataclass(frozen=True, kw_only=True)
class Units:
    """What one unit of the model is in the package's units.

    ``flow`` in l/s, ``length`` in m, ``diameter`` in mm (for EPANET; SWMM measures pipes in
    ``length``).
    """

    name: str
    flow: float
    length: float
    diameter: float


def units_of(name: str) -> Units | None:
    """Return the units that go with a flow unit; ``None`` when there is no such unit.

    Examples
    --------
    >>> units_of("gpm").length
    0.3048
    >>> units_of("CMH").flow * 3.6
    1.0
    """
    found = _FLOWS.get(name.upper())
    if found is None:
        return None
    flow, customary = found
    return Units(
        name=name.upper(), flow=flow, length=FOOT if customary else 1.0,
        diameter=_INCH_MM if customary else 1.0,
    )  # fmt: skip
