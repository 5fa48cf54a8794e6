"""How land-use purposes are drawn: the official colours, by code or by purpose group.

The colours are in the code lists ``kommuneplan_formaal``, ``reguleringsplan_formaal`` and
``formaalsgruppe``; ``data/codes/formaal_farger.yml`` says where they come from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo._codes import load_codes
from askergeo.result import Style, StyleClass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from askergeo._layer import Code

__all__ = ["GROUPS", "NOW", "PLANS", "group_colours", "purpose_labels", "purpose_style"]

GROUPS: Final = "formaalsgruppe"
PLANS: Final = {"kommuneplan": "kommuneplan_formaal", "reguleringsplan": "reguleringsplan_formaal"}
# Codes of «arealstatus» in SOSI Plan.
NOW: Final = {1: "nåværende", 2: "framtidig", 3: "videreutvikling"}
_FUTURE = (NOW[2], NOW[3])
_PLAIN = Style(fill="#eeeeee", stroke="#6b6b6b", width=0.15, opacity=0.8)
# Future areas have a stronger fill and a dark dashed line: they differ without colour too.
_FUTURE_LINE = "#000000"


def purpose_style(
    column: str,
    values: Iterable[object],
    *,
    plan: str = "kommuneplan",
    future: bool = False,
) -> Style:
    """Return the official style of a result layer.

    Parameters
    ----------
    column
        Column of the layer that holds ``values``.
    values
        What the layer holds: codes of purposes, purpose groups («01 Bolig eller
        sentrumsformål», or only «01»), or labels of :func:`purpose_labels`. The legend has those
        and no others, in the order of the code list.
    plan
        ``kommuneplan`` or ``reguleringsplan``: whose codes.
    future
        Draw codes and groups as future areas; labels say it themselves.

    Returns
    -------
    Style
        Categorised by ``column``; values that no list has are grey, «Annet».

    Examples
    --------
    >>> style = purpose_style("gruppe", ["14 LNFR", "01 Bolig eller sentrumsformål"])
    >>> [(one.label, one.fill) for one in style.classes]
    [('01 Bolig eller sentrumsformål', '#ffff99'), ('14 LNFR', '#ccff99')]
    >>> purpose_style("formaal_kode", [1110], future=True).classes[0].fill
    '#ffff33'
    """
    wanted = {_key(value): value for value in values if not _missing(value)}
    classes = [
        StyleClass(
            value=wanted[key],
            label=label,
            fill=(code.fill_future or code.fill) if later else code.fill,
            stroke=_FUTURE_LINE if later else "",
            dash=later,
        )
        for key, label, code, later in _drawn(plan, future=future)
        if key in wanted
    ]
    return Style(
        fill=_PLAIN.fill,
        stroke=_PLAIN.stroke,
        width=_PLAIN.width,
        opacity=_PLAIN.opacity,
        column=column if classes else "",
        classes=tuple(classes),
    )


def purpose_labels(
    codes: pd.Series, status: pd.Series | None = None, *, plan: str = "kommuneplan"
) -> pd.Series:
    """Name each purpose with its status: «Boligbebyggelse, framtidig».

    A column of these lets a map tell present areas from future ones, see :func:`purpose_style`.

    Parameters
    ----------
    codes
        Codes of purposes.
    status
        Codes of «arealstatus» (1 nåværende, 2 framtidig, 3 videreutvikling); unknown ones are left
        out of the label.
    plan
        ``kommuneplan`` or ``reguleringsplan``.

    Returns
    -------
    Series of str
        Same index; an unknown code is «ukjent kode 1234», a missing one «formål mangler».

    Examples
    --------
    >>> purpose_labels(pd.Series([1110, 5100, 4711]), pd.Series([2, 1, 1])).tolist()
    ['Boligbebyggelse, framtidig', 'LNFR areal for nødvendige tiltak for landbruk og reindrift, \
nåværende', 'ukjent kode 4711, nåværende']
    """
    names = {code: row.name for code, row in load_codes(PLANS[plan]).items()}
    numbers = pd.to_numeric(codes, errors="coerce")
    unknown = "ukjent kode " + codes.map(_key, na_action="ignore").astype("string")
    label = numbers.map(names).astype("string").fillna(unknown).fillna("formål mangler")
    if status is not None:
        later = pd.to_numeric(status, errors="coerce").map(NOW).astype("string")
        label = label + (", " + later).fillna("")
    return label.astype(object)


def group_colours(*, future: bool = False) -> dict[str, str]:
    """Return the colour of each purpose group, under «01 Bolig eller sentrumsformål» and so on.

    For :class:`askergeo.charts.FlowChart` as well as for maps.

    Examples
    --------
    >>> group_colours()["14 LNFR"], group_colours(future=True)["14 LNFR"]
    ('#ccff99', '#99ff66')
    """
    groups = load_codes(GROUPS)
    return {
        str(name): (row.fill_future if future else row.fill) or _PLAIN.fill
        for name, row in groups.items()
    }


def _drawn(plan: str, *, future: bool) -> list[tuple[str, str, Code, bool]]:
    """List what can be drawn: key, label, code and whether it is drawn as future."""
    codes = load_codes(PLANS[plan])
    groups = load_codes(GROUPS)
    plain = [(_key(number), f"{number} {row.name}", row, future) for number, row in codes.items()]
    named = [
        (_key(f"{row.name}, {word}"), f"{row.name}, {word}", row, word in _FUTURE)
        for row in codes.values()
        for word in NOW.values()
    ]
    bare = [(_key(row.name), row.name, row, future) for row in codes.values()]
    grouped = [
        (key, str(name), row, future)
        for name, row in groups.items()
        for key in (_key(name), _key(str(name)[:2]))
    ]
    found: dict[str, tuple[str, str, Code, bool]] = {}
    for one in (*grouped, *plain, *named, *bare):
        found.setdefault(one[0], one)
    return list(found.values())


def _key(value: object) -> str:
    """Return a value as text: 1110, 1110.0 and «1110» are the same code."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    return str(value)


def _missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))
