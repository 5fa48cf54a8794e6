"""How much of an area laid out for building is built on, by purpose group: assumptions as data."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import pandas as pd

from askergeo.carbon._table import parse_number, parse_table
from askergeo.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from askergeo.parameters import Parameters

__all__ = ["KINDS", "load_shares", "shares_of"]

#: What an area becomes, and the carbon class of each; what is left alone has none.
KINDS: Final = {"tett": "bebygd_tett", "gront": "bebygd_gront"}
_NAME: Final = "utbygging.csv"
_WHOLE: Final = 100.0


@cache
def _table() -> pd.DataFrame:
    text = (files("askergeo") / "data" / "karbon" / _NAME).read_text(encoding="utf-8")
    columns = ("gruppe", "tett", "gront", "urort", "kilde", "sikkerhet")
    frame = pd.DataFrame([line.cells for line in parse_table(text, _NAME, columns)])
    for column in ("tett", "gront", "urort"):
        frame[column] = frame[column].map(parse_number)
    return frame.set_index("gruppe")


def load_shares() -> pd.DataFrame:
    """Return the shares: index purpose group (01–16); ``tett``, ``gront``, ``urort`` in percent.

    ``kilde`` and ``sikkerhet`` say where each comes from.

    Examples
    --------
    >>> load_shares().loc["07", ["tett", "gront", "urort"]].tolist()
    [100.0, 0.0, 0.0]
    """
    return _table().copy()


def shares_of(parameters: Parameters) -> pd.DataFrame:
    """Return the shares with those that the planner has set.

    Raises
    ------
    ParameterError
        When a group is unknown, or a share cannot be read or is no share.
    """
    shares = load_shares()
    given = {
        name: _given(name, parameters[parameter], shares.index)
        for name, parameter in (("tett", "tett_dekke"), ("gront", "gront"))
    }
    for name, values in given.items():
        for group, percent in values.items():
            shares.loc[group, name] = percent
            shares.loc[group, "kilde"] = "satt av brukeren"
            shares.loc[group, "sikkerhet"] = "kjent"
    shares["urort"] = _WHOLE - shares["tett"] - shares["gront"]
    wrong = shares.index[shares["urort"] < 0]
    if len(wrong):
        raise ParameterError(
            f"Tett dekke og grønt er til sammen over 100 % i gruppe {', '.join(wrong)}.",
            remedy="Sett både «tett_dekke» og «gront» for gruppen; resten er urørt.",
        )
    return shares


def _given(name: str, items: Sequence[object], known: pd.Index) -> dict[str, float]:
    found = {}
    for item in items:
        group, sign, text = str(item).partition("=")
        try:
            percent = parse_number(text)
        except ValueError:
            percent = -1.0
        if not sign or group.strip() not in known or not 0 <= percent <= _WHOLE:
            raise ParameterError(
                f"«{item}» er ikke en andel for {name}.",
                remedy=f"Skriv gruppe=prosent, for eksempel 01=50. Grupper: {', '.join(known)}.",
            )
        found[group.strip()] = percent
    return found
