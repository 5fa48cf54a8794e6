"""Whether the outlets near a building give together what it needs, drawn at the same time."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo._progress import tell
from askergeo.va._fire_model import NO, UNKNOWN, YES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.va._fire_model import FireModel
    from askergeo.va.firewater import Outlets

    Truth = NDArray[np.bool_]
    Whole = NDArray[np.int64]

__all__ = ["ALONE_SHARE", "MEASURED_ALONE", "blocks"]

# Places in ``GROUNDS`` of the public module.
_MODEL, _NOTHING = 1, 3
MEASURED_ALONE: Final = 4
_PAIR: Final = 2
#: Share of the work that is done when each outlet has drawn alone.
ALONE_SHARE: Final = 0.7


def blocks(
    pairs: tuple[Whole, Whole],
    close: Truth,
    outlets: Outlets,
    need: float,
    model: FireModel | None,
) -> dict[int, tuple[int, int]]:
    """Judge the buildings that need the amount of two outlets or more.

    Parameters
    ----------
    pairs
        Building and outlet, (k,) each, the buildings in order.
    close
        Whether the outlet is within the distance of the nearest, (k,).
    outlets
        The fire outlets.
    need
        Litres a second in all.
    model
        The model that outlets draw from at the same time.

    Returns
    -------
    dict
        Answer and what it stands on, by building.
    """
    building, outlet = pairs
    names, first = np.unique(building, return_index=True)
    told: dict[int, tuple[int, int]] = {}
    if not len(names):
        return told
    groups = (np.split(one, first[1:]) for one in (outlet, close))
    for done, (name, here, is_near) in enumerate(zip(names.tolist(), *groups, strict=True)):
        share = ALONE_SHARE + (1 - ALONE_SHARE) * done / len(names)
        tell(share, f"Bygning {done + 1} av {len(names)} med flere uttak")
        tried = _tried(here, is_near, outlets, need, model)
        told[int(name)] = tried if tried == (YES, _MODEL) else _alone(here, outlets, need, tried)
    return told


def _tried(
    here: Whole, close: Truth, outlets: Outlets, need: float, model: FireModel | None
) -> tuple[int, int] | None:
    """Let pairs with one outlet near draw together, then all; ``None`` when none could be tried."""
    if model is None:
        return None
    inside = model.node[here] >= 0
    here, close = here[inside], close[inside]
    litres = np.nan_to_num(outlets.litres, nan=model.most_l_s)
    sets = [
        (int(here[a]), int(here[b]))
        for a, b in combinations(range(len(here)), _PAIR)
        if close[a] or close[b]
    ]
    if not sets:
        return None
    # Outlets never give more together than each alone.
    able = [one for one in sets if litres[list(one)].sum() >= need]
    answers = []
    for one in sorted(able, key=lambda pair: -litres[list(pair)].sum()):
        answers.append(model.together(one, litres, need))
        if answers[-1] == YES:
            return YES, _MODEL
    if len(here) > _PAIR and litres[here].sum() >= need:
        answers.append(model.together(tuple(here.tolist()), litres, need))
    # Where the model lacks an outlet, its no is not for all of them.
    return max(answers, default=NO) if inside.all() else UNKNOWN, _MODEL


def _alone(
    here: Whole, outlets: Outlets, need: float, tried: tuple[int, int] | None
) -> tuple[int, int]:
    """Judge by what each outlet gives alone, where the model has not said that they give enough.

    What was measured one by one is the most that they may give together. A model that says no
    where they were measured to enough contradicts it: then nobody knows.
    """
    litres, measured = outlets.litres[here], np.nan_to_num(outlets.l_s[here])
    if measured.sum() >= need:
        return (UNKNOWN, _NOTHING) if tried is not None else (YES, MEASURED_ALONE)
    unknown = np.isnan(litres)
    total = float(np.nan_to_num(litres).sum())
    if unknown.any():
        open_ = total > 0 or (outlets.fit[here][unknown] >= UNKNOWN).any()
        return (UNKNOWN, _NOTHING) if open_ else (NO, int(outlets.basis[here].max()))
    if total < need:
        return NO, int(outlets.basis[here].max())
    return (UNKNOWN, _NOTHING) if tried is None or tried[0] != NO else (NO, _MODEL)
