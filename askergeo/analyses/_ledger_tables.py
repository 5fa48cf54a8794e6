"""The tables and charts of the ledger: by year, by centre, by distance, and against the targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.charts import YearChart
from askergeo.numbers import format_number
from askergeo.result import Column, ColumnSum, RowSum, Table
from askergeo.transport.ledger import (
    BUILT,
    EXPECTED,
    LEVELS,
    OUTSIDE,
    PERMITTED,
    PLANNED,
    STAGES,
    yearly,
)
from askergeo.transport.ledger_targets import STATUS_WORDS, column_of
from askergeo.transport.zones import SIDES, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from askergeo.parameters import Parameters
    from askergeo.transport.ledger import Ledger
    from askergeo.transport.ledger_targets import Target

__all__ = [
    "LEVEL_TITLES",
    "SIDE_TITLES",
    "STAGE_TITLES",
    "TOTAL",
    "account_table",
    "centre_table",
    "charts",
    "decimals_of",
    "distance_table",
    "growth_table",
    "level_table",
    "priority_table",
    "stage_table",
    "target_table",
]

TOTAL: Final = "sum"
STAGE_TITLES: Final = {BUILT: "Bygd", PERMITTED: "Tillatt", PLANNED: "Planlagt, ventet"}
SIDE_TITLES: Final = {"nord": "Nord for linjen", "sor": "Sør for linjen", "ukjent": "Ukjent side"}
LEVEL_TITLES: Final = {
    "kommunesenter": "Kommunesenter", "lokalsenter": "Lokalsenter", "naersenter": "Nærsenter",
    OUTSIDE: "Utenfor sentrene", UNKNOWN: "Ukjent",
}  # fmt: skip
_UNITS: Final = {"boliger": "boliger", "jobber": "arbeidsplasser"}
_TITLES: Final = {"boliger": "boliger", "jobber": "arbeidsplasser"}
_COLOURS: Final = {"nord": "#2b6ca3", "sor": "#f0b14a", "ukjent": "#d0d0d0"}
_STAGES_NOTE: Final = (
    "Bygd, tillatt og planlagt er tre trinn på vegen for den samme boligen og kan ikke legges "
    "sammen."
)
_UNKNOWN_NOTE: Final = "«..» er år som lagene ikke sier noe om; det er ikke null."
_JOBS_NOTE: Final = "Arbeidsplasser er anslått fra bruksareal der tallet ikke er oppgitt."


def decimals_of(frame: pd.DataFrame, names: Sequence[str]) -> int:
    """Count the decimals of columns: none where all is whole, so that written parts add up."""
    values = frame[list(names)].to_numpy(dtype=np.float64)
    values = values[np.isfinite(values)]
    return 0 if np.allclose(values, np.round(values), atol=1e-6) else 1


def growth_table(ledger: Ledger, measure: str, parameters: Parameters) -> Table:
    """Make one line of time: what is built, and after it what is expected to come."""
    done = yearly(ledger, BUILT, measure, "sone", SIDES)
    plans = yearly(ledger, PLANNED, EXPECTED + measure, "sone", SIDES)
    last = ledger.built_to
    coming = np.array([last is None or year > last for year in done.index])
    frame = done.where(pd.Series(~coming, index=done.index), plans, axis=0)
    frame.insert(0, "slag", np.where(coming, "Ventet", "Bygd"))
    frame.insert(0, "aar", frame.index)
    names = [*SIDES, "sum"]
    decimals = decimals_of(frame, names)
    unit = _UNITS[measure]
    columns = {
        "aar": Column(title="År"),
        "slag": Column(title="Slag", description="Bygd, eller ventet med sannsynlighet"),
        **{side: Column(title=SIDE_TITLES[side], unit=unit, decimals=decimals) for side in SIDES},
        "sum": Column(title="I alt", unit=unit, decimals=decimals),
    }
    aim = float(parameters["regnskap_mal_boliger_aar"]) if measure == "boliger" else 0.0
    if aim:
        frame["mal"] = aim
        columns["mal"] = Column(title="Kommunens mål for året", unit=unit, decimals=0)
    return Table(
        name="vekst_aar" if measure == "boliger" else "jobber_aar",
        title=f"Nye {_TITLES[measure]} år for år: bygd, og ventet etter programmet",
        frame=frame,
        columns=columns,
        column_sums=(ColumnSum("sum", tuple(SIDES)),),
        note=f"Ventet er antallet i programmet ganger sannsynligheten. Revne boliger er trukket "
        f"fra når de er ført. {_UNKNOWN_NOTE}" + (f" {_JOBS_NOTE}" if measure == "jobber" else ""),
        group="År for år",
    )


def priority_table(ledger: Ledger, aim: float) -> Table:
    """Split the dwellings of each year by whether they lie in a centre with priority."""
    classes = ("ja", "nei", UNKNOWN)
    done = yearly(ledger, BUILT, "boliger", "prioritert", classes)
    plans = yearly(ledger, PLANNED, EXPECTED + "boliger", "prioritert", classes)
    last = ledger.built_to
    coming = np.array([last is None or year > last for year in done.index])
    found = done.where(pd.Series(~coming, index=done.index), plans, axis=0)
    frame = pd.DataFrame(
        {
            "aar": found.index,
            "slag": np.where(coming, "Ventet", "Bygd"),
            "inne": found["ja"],
            "utenfor": found["nei"],
            "ukjent": found[UNKNOWN],
            "sum": found["sum"],
        },
        index=found.index,
    )
    growing = frame["sum"] > 0
    frame["andel"] = (100 * frame["inne"] / frame["sum"]).where(growing)
    frame["maal"] = (frame["sum"] * aim / 100).where(growing)
    parts = ("inne", "utenfor", "ukjent")
    decimals = decimals_of(frame, [*parts, "sum"])
    return Table(
        name="prioritert_aar",
        title="Boliger i og utenfor de prioriterte sentrene år for år",
        frame=frame,
        columns={
            "aar": Column(title="År"),
            "slag": Column(title="Slag"),
            "inne": Column(title="I prioriterte sentre", unit="boliger", decimals=decimals),
            "utenfor": Column(title="Utenfor", unit="boliger", decimals=decimals),
            "ukjent": Column(title="Ukjent sted", unit="boliger", decimals=decimals),
            "sum": Column(title="I alt", unit="boliger", decimals=decimals),
            "andel": Column(title="Andel i prioriterte sentre, minst", unit="%", decimals=1),
            "maal": Column(
                title="Så mange må ligge i sentrene for å nå målet", unit="boliger", decimals=1
            ),
        },
        column_sums=(ColumnSum("sum", parts),),
        note="Et senter er det som ligger innen gangavstand fra senterets punkt; grensene er "
        "valgt, se parametrene. «Ventet» er ganget med sannsynligheten. Det som har ukjent sted, "
        "er ikke med i andelen, som derfor er den minste den kan være.",
        group="År for år",
    )


def stage_table(ledger: Ledger) -> Table:
    """Put every stage by year, with dwellings and jobs on each side of the line."""
    parts = []
    for stage in STAGES:
        block: dict[str, pd.Series] = {}
        for measure in ("boliger", "jobber"):
            column = column_of(stage, measure)
            found = yearly(ledger, stage, column, "sone", SIDES)
            block |= {f"{measure}_{name}": found[name] for name in (*SIDES, "sum")}
        if stage == PLANNED:
            whole = yearly(ledger, stage, "boliger", "sone", SIDES)
            block["program"] = whole["sum"]
        frame = pd.DataFrame(block).dropna(how="all")
        frame.insert(0, "aar", frame.index.astype(object))
        frame.insert(0, "trinn", STAGE_TITLES[stage])
        frame.index = pd.Index([f"{stage}-{year}" for year in frame.index])
        if len(frame):
            last = frame.drop(columns=["trinn", "aar"]).sum(min_count=1)
            frame.loc[f"{stage}-{TOTAL}"] = {"trinn": STAGE_TITLES[stage], "aar": "I alt", **last}
        parts.append(frame)
    filled = [part for part in parts if len(part)]
    frame = pd.concat(filled)
    frame["program"] = frame.get("program", pd.Series(np.nan, index=frame.index))
    return Table(
        name="trinn_aar",
        title="Bygd, tillatt og planlagt år for år",
        frame=frame,
        columns=_stage_columns(frame),
        row_sums=tuple(RowSum(str(part.index[-1]), tuple(part.index[:-1])) for part in filled),
        column_sums=tuple(
            ColumnSum(f"{measure}_sum", tuple(f"{measure}_{side}" for side in SIDES))
            for measure in ("boliger", "jobber")
        ),
        note=f"{_STAGES_NOTE} Planlagt er ganget med sannsynligheten; hele programmet står for "
        f"seg. {_UNKNOWN_NOTE} {_JOBS_NOTE}",
        group="År for år",
    )


def _stage_columns(frame: pd.DataFrame) -> dict[str, Column]:
    columns = {"trinn": Column(title="Trinn"), "aar": Column(title="År")}
    for measure, unit in _UNITS.items():
        names = {**{side: SIDE_TITLES[side] for side in SIDES}, "sum": "I alt"}
        decimals = decimals_of(frame, [f"{measure}_{name}" for name in names])
        for name, title in names.items():
            columns[f"{measure}_{name}"] = Column(
                title=f"{unit.capitalize()}, {title.lower()}", unit=unit, decimals=decimals
            )
    columns["program"] = Column(
        title="Boliger i programmet, uten sannsynlighet", unit="boliger",
        decimals=decimals_of(frame, ["program"]),
    )  # fmt: skip
    return columns


def centre_table(ledger: Ledger) -> Table | None:
    """Put the growth of each stage in each centre."""
    if ledger.centres is None:
        return None
    centres = ledger.centres.frame
    ids = [*centres["senter_id"].astype(str), OUTSIDE, UNKNOWN]
    frame = pd.DataFrame(
        {
            "senter": [*centres["navn"].astype(str), LEVEL_TITLES[OUTSIDE], LEVEL_TITLES[UNKNOWN]],
            "niva": [*(LEVEL_TITLES[level] for level in centres["niva"]), "", ""],
            "prioritert": [*np.where(centres["prioritert"], "ja", "nei"), "", ""],
        },
        index=ids,
    )
    frame, columns = _with_sums(ledger, frame, "senter_id")
    return Table(
        name="sentre",
        title=f"Veksten etter senter, {ledger.years[0]}–{ledger.years[1]}",
        frame=frame,
        columns={
            "senter": Column(title="Senter"),
            "niva": Column(title="Nivå"),
            "prioritert": Column(title="Prioritert"),
            **columns,
        },
        row_sums=(RowSum(TOTAL, tuple(ids)),),
        note="Hver bolig hører til ett senter: det øverste nivået som ligger innen gangavstand, og "
        f"det nærmeste av dem. {_STAGES_NOTE} {_UNKNOWN_NOTE}",
        group="Sentre",
    )


def level_table(ledger: Ledger) -> Table:
    """Put the growth of each stage at each level of centre."""
    ids = [*LEVELS, OUTSIDE, UNKNOWN]
    frame = pd.DataFrame({"niva": [LEVEL_TITLES[level] for level in ids]}, index=ids)
    frame, columns = _with_sums(ledger, frame, "niva")
    return Table(
        name="senternivaa",
        title=f"Veksten etter senternivå, {ledger.years[0]}–{ledger.years[1]}",
        frame=frame,
        columns={"niva": Column(title="Nivå"), **columns},
        row_sums=(RowSum(TOTAL, tuple(ids)),),
        note=f"{_STAGES_NOTE} {_UNKNOWN_NOTE}",
        group="Sentre",
    )


def _with_sums(
    ledger: Ledger, frame: pd.DataFrame, by: str
) -> tuple[pd.DataFrame, dict[str, Column]]:
    """Add a column for each stage and measure, and the row with the sums."""
    columns: dict[str, Column] = {}
    first = frame.columns[0]
    for measure, unit in _UNITS.items():
        for stage in STAGES:
            mine = ledger.parts[ledger.parts["trinn"] == stage]
            name = f"{stage}_{measure}"
            found = mine.groupby(by)[column_of(stage, measure)].sum()
            known = (stage, measure) in ledger.known
            frame[name] = found.reindex(frame.index).fillna(0.0) if known else np.nan
            columns[name] = Column(
                title=f"{unit.capitalize()}, {STAGE_TITLES[stage].lower()}", unit=unit,
                decimals=decimals_of(frame, [name]),
            )  # fmt: skip
    total = frame[list(columns)].sum(min_count=1)
    frame.loc[TOTAL] = {**dict.fromkeys(frame.columns, ""), first: "I alt", **total}
    frame[list(columns)] = frame[list(columns)].astype(np.float64)
    return frame, columns


def distance_table(ledger: Ledger, kind: str, title: str) -> Table:
    """Put dwellings by stage, side of the line and walking distance to stop or station."""
    rows, sums = {}, []
    labels = list(ledger.labels)
    names = [f"k{at}" for at in range(len(labels))]
    for stage in STAGES:
        if (stage, "boliger") not in ledger.known:
            continue
        mine = ledger.parts[ledger.parts["trinn"] == stage]
        found = mine.pivot_table(
            index="sone", columns=kind, values=column_of(stage, "boliger"), aggfunc="sum",
            fill_value=0.0,
        ).reindex(index=list(SIDES), columns=labels, fill_value=0.0)  # fmt: skip
        for side in SIDES:
            values = found.loc[side].to_numpy(dtype=np.float64)
            rows[f"{stage}-{side}"] = (STAGE_TITLES[stage], SIDE_TITLES[side], *values)
        whole = found.sum().to_numpy(dtype=np.float64)
        rows[f"{stage}-{TOTAL}"] = (STAGE_TITLES[stage], "I alt", *whole)
        sums.append(RowSum(f"{stage}-{TOTAL}", tuple(f"{stage}-{side}" for side in SIDES)))
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["trinn", "sone", *names])
    frame["sum"] = frame[names].sum(axis=1)
    decimals = decimals_of(frame, [*names, "sum"])
    return Table(
        name=f"avstand_{kind}",
        title=title,
        frame=frame,
        columns={
            "trinn": Column(title="Trinn"),
            "sone": Column(title="Side"),
            **{
                name: Column(title=label.capitalize(), unit="boliger", decimals=decimals)
                for name, label in zip(names, labels, strict=True)
            },
            "sum": Column(title="I alt", unit="boliger", decimals=decimals),
        },
        row_sums=tuple(sums),
        column_sums=(ColumnSum("sum", tuple(names)),),
        note="Gangavstand på gangnettet fra ett punkt i bygget eller prosjektet. «Ukjent»: punktet "
        f"har ingen kjent veg. {_STAGES_NOTE}",
        group="Avstand til kollektivtransport",
    )


def target_table(found: Sequence[Target]) -> Table:
    """Put every stage against every target."""
    titles = {
        "prioritert": "I prioriterte sentre",
        "gange": "Innen gangavstand til stasjon eller senter",
    }
    rows = {
        f"{one.name}-{one.measure}-{one.stage}": {
            "maal": f"{titles[one.name]}: {_aim_text(one.aim)}",
            "gjelder": f"{_UNITS[one.measure].capitalize()}, {STAGE_TITLES[one.stage].lower()}",
            "vekst": one.growth,
            "inne": one.inside,
            "lavest": one.low,
            "hoyest": one.high,
            "status": STATUS_WORDS[one.status],
            "grunn": one.reason,
        }
        for one in sorted(found, key=lambda one: one.name != "prioritert")
    }
    frame = pd.DataFrame.from_dict(rows, orient="index")
    decimals = decimals_of(frame, ["vekst", "inne"])
    return Table(
        name="maal",
        title="Veksten mot målene",
        frame=frame,
        columns={
            "maal": Column(title="Mål"),
            "gjelder": Column(title="Gjelder"),
            "vekst": Column(title="Vekst i alt", unit="stk.", decimals=decimals),
            "inne": Column(title="Oppfyller", unit="stk.", decimals=decimals),
            "lavest": Column(title="Andel, minst", unit="%", decimals=1),
            "hoyest": Column(title="Andel, høyst", unit="%", decimals=1),
            "status": Column(title="Status"),
            "grunn": Column(title="Grunn"),
        },
        note="Målet er nådd når den minste andelen når det. Den høyeste andelen regner med at alt "
        f"som har ukjent sted, oppfyller målet. {_STAGES_NOTE}",
        group="Målene",
    )


def _aim_text(aim: tuple[float, float]) -> str:
    low, high = (format_number(value) for value in aim)
    return f"minst {low} %" if low == high else f"{low}–{high} %"


def account_table(ledger: Ledger) -> Table:
    """Say what each layer has, what is counted, and the years that it says something of."""
    frame = ledger.account.copy()
    frame.index = pd.Index([f"{row.lag}-{row.trinn}" for row in frame.itertuples()])
    frame["trinn"] = frame["trinn"].map(STAGE_TITLES)
    stages = ledger.account["trinn"].tolist()
    known = [ledger.known.get((stage, "boliger")) for stage in stages]
    frame["fra"] = pd.array([one[0] if one else None for one in known], dtype="Int64")
    frame["til"] = pd.array([one[1] if one else None for one in known], dtype="Int64")
    decimals = decimals_of(frame, ["i_laget", "regnet"])
    return Table(
        name="grunnlag",
        title="Boligene i hvert lag, og hvor de ble av",
        frame=frame,
        columns={
            "lag": Column(title="Lag"),
            "trinn": Column(title="Trinn"),
            "rader": Column(title="Rader", unit="rader", decimals=0),
            "i_laget": Column(title="I laget", unit="boliger", decimals=decimals),
            "regnet": Column(
                title="Regnet i dette trinnet, alle år", unit="boliger", decimals=decimals
            ),
            "annen_rad": Column(
                title="Samme bolig i et annet lag", unit="boliger", decimals=decimals
            ),
            "ikke_regnet": Column(
                title="Uten år, eller ikke ferdig", unit="boliger", decimals=decimals
            ),
            "uten_antall": Column(title="Rader uten antall", unit="rader", decimals=0),
            "fra": Column(title="Trinnet er kjent fra", unit="år", decimals=0),
            "til": Column(title="Trinnet er kjent til", unit="år", decimals=0),
        },
        column_sums=(ColumnSum("i_laget", ("regnet", "annen_rad", "ikke_regnet")),),
        note="Alle år er med her, også de utenfor regnskapet.",
        group="Grunnlaget",
    )


def charts(tables: Sequence[Table], aim: float) -> tuple[YearChart, ...]:
    """Draw growth by year north and south of the line, and in and outside the centres."""
    found = []
    for table in tables:
        if table.name in {"vekst_aar", "jobber_aar"}:
            found.append(
                YearChart(
                    name=table.name,
                    title=table.title,
                    table=table.name,
                    year="aar",
                    columns=tuple(SIDES),
                    target="mal" if "mal" in table.columns else "",
                    kind="slag",
                    colours=_COLOURS,
                )
            )
        if table.name == "prioritert_aar" and aim:
            found.append(
                YearChart(
                    name=table.name,
                    title=table.title,
                    table=table.name,
                    year="aar",
                    columns=("inne", "utenfor", "ukjent"),
                    target="maal",
                    kind="slag",
                    colours={"inne": "#5aa782", "utenfor": "#cc79a7", "ukjent": "#d0d0d0"},
                )
            )
    return tuple(found)
