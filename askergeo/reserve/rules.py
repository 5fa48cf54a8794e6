"""The rules of the land reserve as data: every limit, and which purposes are development."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import pandas as pd

from askergeo.errors import ParameterError
from askergeo.parameters import load_parameters

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from askergeo.parameters import Parameters

__all__ = ["checked_rules", "load_purposes", "load_rules", "numbers", "words"]

PLANS = ("kommuneplan", "reguleringsplan")


def load_rules(overrides: Mapping[str, Any] | None = None) -> Parameters:
    """Read the rules from the package's data.

    Parameters
    ----------
    overrides
        Values that replace the file's.

    Raises
    ------
    ParameterError
        When an override is unknown or not allowed, or two rules contradict one another.

    Examples
    --------
    >>> load_rules()["aapning_m"], load_rules({"aapning_m": "5"})["aapning_m"]
    (7.5, 5.0)
    """
    return checked_rules(load_parameters("arealreserve", overrides))


def checked_rules(rules: Parameters) -> Parameters:
    """Return the rules, after a look at whether they fit together.

    Raises
    ------
    ParameterError
        When two rules contradict one another.
    """
    used = set(rules.used)
    areas, limits = numbers(rules, "rundhet_over_m2"), numbers(rules, "rundhet_under")
    if len(areas) != len(limits) or sorted(areas) != list(areas):
        raise ParameterError(
            "«rundhet_over_m2» og «rundhet_under» må ha like mange tall, og arealene må stige.",
            remedy="Gi ett tall for rundheten til hvert areal, med det minste arealet først.",
        )
    low, middle, high = (
        rules[name]
        for name in ("boliger_per_dekar_lav", "boliger_per_dekar", "boliger_per_dekar_hoy")
    )
    if not low <= middle <= high:
        raise ParameterError(
            "Boliger per dekar må være lavt ≤ middels ≤ høyt.",
            remedy="Sett «boliger_per_dekar_lav» og «boliger_per_dekar_hoy» sammen med "
            "«boliger_per_dekar».",
        )
    # Looking at a rule does not make an answer depend on it.
    rules.used = used
    return rules


def numbers(rules: Parameters, name: str) -> tuple[float, ...]:
    """Read a list of numbers; a planner may have written them as text.

    Raises
    ------
    ParameterError
        When an item is not a number.
    """
    try:
        return tuple(float(str(item).replace(",", ".")) for item in rules[name])
    except ValueError:
        raise ParameterError(
            f"«{name}» = {rules[name]} skal være en liste med tall.",
            remedy="Skriv tallene med punktum og komma mellom, for eksempel 1500,3000.",
        ) from None


def words(rules: Parameters, name: str) -> tuple[str, ...]:
    """Read a list of codes as text."""
    return tuple(str(item) for item in rules[name])


def load_purposes(plan: str) -> pd.DataFrame:
    """Return the purposes of a kind of plan.

    Parameters
    ----------
    plan
        ``kommuneplan`` or ``reguleringsplan``.

    Returns
    -------
    DataFrame
        Index: the code. ``hovedkode`` is the code of the kommuneplan that it corresponds to,
        ``gruppe`` the purpose group 01–19, ``utbygging`` whether it counts as development: ja,
        nei or ukjent.

    Examples
    --------
    >>> load_purposes("reguleringsplan").loc[1111, ["gruppe", "utbygging"]].tolist()
    ['01', 'ja']
    """
    return _purposes()[plan].copy()


@cache
def _purposes() -> dict[str, pd.DataFrame]:
    path = files("askergeo") / "data" / "arealreserve_grupper.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    records = pd.DataFrame(list(csv.DictReader(lines)))
    records = records.astype({"kode": "int64", "hovedkode": "int64"})
    return {
        plan: records.loc[records["plan"] == plan].set_index("kode").drop(columns="plan")
        for plan in PLANS
    }
