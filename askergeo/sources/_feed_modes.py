"""Means of transport as GTFS and NeTEx name them, and what the catalogue calls them.

Facts: the GTFS reference (basic types 0–12), its extended route types 100–1700 (hierarchical
vehicle types, which Entur's GTFS uses), and NeTEx' transport modes and water submodes. In the
national stop register a harbour port is a quay for fast boats and a ferry stop one for ferries.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "ON_DEMAND_SUBMODES",
    "ROUTE_TYPES",
    "STOP_PLACE_TYPES",
    "SUBMODES",
    "netex_mode",
    "route_type_mode",
    "route_type_name",
]

# Mode of the catalogue → route type, NeTEx mode, submode element and submode, stop place type.
ROUTE_TYPES: Final = {
    "buss": 700,
    "trikk": 900,
    "tbane": 401,
    "tog": 100,
    "hurtigbat": 1014,
    "ferge": 1004,
}
SUBMODES: Final = {
    "buss": ("bus", "BusSubmode", "localBus"),
    "trikk": ("tram", "TramSubmode", "localTram"),
    "tbane": ("metro", "MetroSubmode", "metro"),
    "tog": ("rail", "RailSubmode", "local"),
    "hurtigbat": ("water", "WaterSubmode", "highSpeedPassengerService"),
    "ferge": ("water", "WaterSubmode", "localCarFerry"),
}
STOP_PLACE_TYPES: Final = {
    "buss": "onstreetBus",
    "trikk": "onstreetTram",
    "tbane": "metroStation",
    "tog": "railStation",
    "hurtigbat": "harbourPort",
    "ferge": "ferryStop",
}

_BASIC: Final = {
    0: "trikk", 1: "tbane", 2: "tog", 3: "buss", 4: "ferge", 5: "trikk", 11: "buss", 12: "tbane",
}  # fmt: skip
_FAST_BOATS: Final = (1013, 1014)
_ON_DEMAND_BUS: Final = 715
# First and last extended type of each mode.
_EXTENDED: Final = (
    (100, 117, "tog"),
    (200, 209, "buss"),
    (300, 300, "tog"),
    (400, 405, "tbane"),
    (500, 500, "tbane"),
    (600, 600, "tbane"),
    (700, 716, "buss"),
    (800, 800, "buss"),
    (900, 906, "trikk"),
    (1000, 1021, "ferge"),
    (1200, 1200, "ferge"),
)
# What a type is that the catalogue has no name for, or that must be ordered.
_OTHER: Final = (
    (6, 6, "gondolbane"),
    (7, 7, "kabelbane"),
    (_ON_DEMAND_BUS, _ON_DEMAND_BUS, "bestillingsbuss"),
    (1100, 1114, "fly"),
    (1300, 1307, "taubane"),
    (1400, 1400, "kabelbane"),
    (1500, 1507, "drosje"),
    (1600, 1604, "bil eller sykkel til leie"),
    (1700, 1702, "annet"),
)

ON_DEMAND_SUBMODES: Final = (
    "demandAndResponseBus",
    "communalTaxi",
    "sharedTaxi",
    "allTaxiServices",
)
_NETEX: Final = {
    "bus": "buss", "coach": "buss", "trolleyBus": "buss", "tram": "trikk", "metro": "tbane",
    "rail": "tog", "intercityRail": "tog", "urbanRail": "tog", "ferry": "ferge", "water": "ferge",
}  # fmt: skip
_FAST_WATER: Final = ("highSpeedPassengerService", "highSpeedVehicleService")
_STOP_TYPES: Final = {
    "onstreetBus": "buss", "busStation": "buss", "coachStation": "buss", "onstreetTram": "trikk",
    "tramStation": "trikk", "metroStation": "tbane", "railStation": "tog",
    "harbourPort": "hurtigbat", "ferryPort": "ferge", "ferryStop": "ferge",
}  # fmt: skip


def route_type_mode(number: int) -> str | None:
    """Return the catalogue's mode of a route type; ``None`` when it has none.

    Examples
    --------
    >>> route_type_mode(3), route_type_mode(1014), route_type_mode(4), route_type_mode(1100)
    ('buss', 'hurtigbat', 'ferge', None)
    """
    if number in _FAST_BOATS:
        return "hurtigbat"
    if number == _ON_DEMAND_BUS:
        return None
    if number in _BASIC:
        return _BASIC[number]
    return next((mode for first, last, mode in _EXTENDED if first <= number <= last), None)


def route_type_name(number: int) -> str:
    """Say what a route type without a mode is, in bokmål; empty when nobody knows.

    Examples
    --------
    >>> route_type_name(1501), route_type_name(4711)
    ('drosje', '')
    """
    return next((name for first, last, name in _OTHER if first <= number <= last), "")


def netex_mode(mode: str, submode: str = "", place: str = "") -> str | None:
    """Return the catalogue's mode of NeTEx' mode, submode and type of stop place.

    The submode tells fast boats from ferries; a stop place without it tells by its type.

    Examples
    --------
    >>> netex_mode("water", "localPassengerFerry"), netex_mode("water", "highSpeedVehicleService")
    ('ferge', 'hurtigbat')
    >>> netex_mode("", place="harbourPort"), netex_mode("air")
    ('hurtigbat', None)
    """
    if submode in _FAST_WATER:
        return "hurtigbat"
    if place in _STOP_TYPES and (not mode or (mode == "water" and not submode)):
        return _STOP_TYPES[place]
    return _NETEX.get(mode)
