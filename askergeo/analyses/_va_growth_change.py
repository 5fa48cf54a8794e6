"""What a scenario (a plant that is late, more homes) does to limits passed, and to who waits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from askergeo.result import Column, Fact, Table

if TYPE_CHECKING:
    from askergeo.result import Result

__all__ = ["compare"]

_NONE = "–"


def compare(base: Result, other: Result, difference: Result) -> Result:
    """Add to a difference the plants and the projects whose answer changes.

    Parameters
    ----------
    base, other
        The runs without and with the scenario.
    difference
        What :func:`askergeo.compare.compare` made of them.
    """
    plants = _plants(base, other)
    projects = _projects(base, other)
    added = [one for one in (plants, projects) if one is not None and len(one.frame)]
    count = 0 if plants is None else len(plants.frame)
    waits, frees, dated = _moves(projects)
    name = (difference.provenance.scenario if difference.provenance else "") or "scenarioet"
    name = name.replace("{", "{{").replace("}", "}}")
    facts = {
        "endrede_anlegg": Fact(title="Anlegg som er fulle i andre år", value=count),
        "nye_venter": Fact(title="Prosjekter som må vente bare med scenarioet", value=waits),
        "nye_plass": Fact(title="Prosjekter som har plass bare med scenarioet", value=frees),
        "nye_datoer": Fact(title="Prosjekter som får en annen dato for plass", value=dated),
    }  # fmt: skip
    told = (
        f"Med {name} er {{endrede_anlegg}} anlegg fulle i andre år enn uten. {{nye_venter}} "
        "prosjekter må vente som ellers hadde plass, {nye_plass} får plass som ellers måtte vente, "
        "og {nye_datoer} som venter begge veier, får en annen dato."
    )
    return replace(
        difference,
        template=told,
        facts={**difference.facts, **facts},
        tables=(*added, *difference.tables),
    )


def _table(result: Result, name: str) -> pd.DataFrame | None:
    found = [one for one in result.tables if one.name == name]
    return found[0].frame if found else None


def _plants(base: Result, other: Result) -> Table | None:
    """List the plants whose year is another."""
    records: list[dict[str, Any]] = []
    for name in ("anlegg", "vannverk"):
        one, two = _table(base, name), _table(other, name)
        if one is None or two is None:
            continue
        for label in one.index.union(two.index, sort=False):
            before, after = (_years(frame, label) for frame in (one, two))
            if before != after:
                frame = one if label in one.index else two
                records.append({
                    "id": label, "anlegg": frame["anlegg"].loc[label], "uten": before[0],
                    "med": after[0], "plass_uten": before[1], "plass_med": after[1],
                })  # fmt: skip
    if not records:
        return None
    return Table(
        name="endret_fullt",
        title="Anlegg som er fulle i andre år",
        frame=pd.DataFrame(records).set_index("id"),
        columns={
            "anlegg": Column(title="Anlegg"),
            "uten": Column(title="Fullt, uten scenario"),
            "med": Column(title="Fullt, med scenario"),
            "plass_uten": Column(title="Plass igjen, uten scenario"),
            "plass_med": Column(title="Plass igjen, med scenario"),
        },
        note="«–» betyr at det ikke skjer i årene som er regnet.",
    )


def _years(frame: pd.DataFrame, label: str) -> tuple[str, str]:
    """Year that a plant is full, and the year that it has room again."""
    if label not in frame.index:
        return "finnes ikke", "finnes ikke"
    full, room = (frame[name].loc[label] for name in ("fullt_hoved", "plass"))
    return _shown(full), _shown(room)


def _shown(year: Any) -> str:  # noqa: ANN401  (a whole number or pandas' missing one)
    return _NONE if pd.isna(year) else str(int(year))


def _projects(base: Result, other: Result) -> Table | None:
    """List the projects whose answer is another."""
    one, two = _table(base, "venter"), _table(other, "venter")
    if one is None or two is None:
        return None
    both = one.index.intersection(two.index, sort=False)
    before, after = one.loc[both], two.loc[both]
    dates = [name for name in ("avlop_fra", "vann_fra") if name in one and name in two]
    changed = before["svar"] != after["svar"]
    for name in dates:
        changed |= before[name].fillna(0) != after[name].fillna(0)
    data: dict[str, Any] = {
        "navn": before["navn"],
        "boliger": before["boliger"],
        "uten": before["svar"],
        "med": after["svar"],
    }
    columns = {
        "navn": Column(title="Prosjekt"),
        "boliger": Column(title="Boliger", unit="boliger", decimals=0),
        "uten": Column(title="Svar, uten scenario"),
        "med": Column(title="Svar, med scenario"),
    }
    for name in dates:
        word = "avløp" if name.startswith("avlop") else "vann"
        data[f"{name}_uten"], data[f"{name}_med"] = before[name], after[name]
        for key, when in (("uten", "uten scenario"), ("med", "med scenario")):
            title = f"Plass for {word} fra, {when}"
            columns[f"{name}_{key}"] = Column(title=title, unit="år", decimals=0)
    return Table(
        name="endret_venter",
        title="Prosjekter som får et annet svar",
        frame=pd.DataFrame(data)[changed],
        columns=columns,
    )


def _moves(table: Table | None) -> tuple[int, int, int]:
    """Count projects that must wait now, that no longer must, and that wait to another year."""
    if table is None:
        return 0, 0, 0
    free = "Har plass"
    before, after = table.frame["uten"] == free, table.frame["med"] == free
    return int((before & ~after).sum()), int((~before & after).sum()), int((~before & ~after).sum())
