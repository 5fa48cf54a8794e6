"""Tables of the balance: each school shortly, in the years of the map, and year by year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.analyses._school_balance import shown_years
from askergeo.result import Column, RowSum, Table
from askergeo.school.balance import NEVER, UNKNOWN, cause_changes, first_over, surplus
from askergeo.school.capacity import STAGES, year_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from askergeo.analyses._school_balance import Answer

    Numbers = NDArray[np.float64]

__all__ = [
    "CAUSES",
    "STAGE_TITLES",
    "balance_table",
    "map_table",
    "over_text",
    "person_column",
    "school_table",
    "share_column",
    "total_places",
    "total_pupils",
    "used",
]

STAGE_TITLES: Final = ("Barnetrinn", "Ungdomstrinn")
#: Why pupils become more or fewer, in the order shown.
CAUSES: Final = {
    "arskull": "De som bor her, blir eldre",
    "fodte": "Født etter start",
    "flytting": "Flytting",
    "bolig": "Boligprogrammet",
    "skalering": "Skalering til framskrivingen",
    "krets": "Krets eller skole endres",
}
_PERCENT: Final = 100.0
_NO_YEAR: Final = "–"
_IN_BALANCE: Final = "Skolenes tall"
_PRIVATE: Final = "Privat, ikke i summen"


def over_text(year: int) -> str:
    """Write the first year with more pupils than places.

    Examples
    --------
    >>> over_text(2030), over_text(NEVER), over_text(UNKNOWN)
    ('2030/31', '–', 'ukjent')
    """
    return {NEVER: _NO_YEAR, UNKNOWN: "ukjent"}.get(int(year)) or year_text(int(year))


def person_column(title: str, description: str = "") -> Column:
    """Describe a count of pupils or children."""
    return Column(title=title, unit="elever", decimals=0, persons=True, description=description)


def share_column(title: str, *sources: str) -> Column:
    """Describe a share in percent that follows from counts of persons."""
    return Column(title=title, unit="%", decimals=0, derived_from=sources)


def total_places(answer: Answer, stage: int) -> Numbers:
    """Sum the places of the public schools of a stage by year, (t,); NaN when one is unknown."""
    return np.asarray(answer.places.places[:, answer.public, stage].sum(axis=1))


def total_pupils(answer: Answer, stage: int, alternative: str = "hoved") -> Numbers:
    """Sum the pupils that are known at the public schools of a stage by year, (t,)."""
    return np.asarray(np.nansum(answer.went[alternative][:, answer.public, stage], axis=1))


def _public(answer: Answer, stage: int) -> NDArray[np.intp]:
    rows = answer.listed[stage]
    return rows[answer.public[rows]]


def school_table(answer: Answer) -> Table:
    """One row a school and stage: today, the most pupils, the surplus, and when it is full."""
    span = int(answer.inputs.parameters["overskudd_aar"])
    frames = [
        frame
        for stage in (0, 1)
        if len(answer.listed[stage])
        for frame in (_school_rows(answer, stage, span), _school_total(answer, stage, span))
    ]
    first, last = answer.years[0], answer.years[min(span, len(answer.years) - 1)]
    until = f"til {year_text(int(last))}"
    low_high = [name for name in ("lav", "hoy") if name in answer.went]
    titles = {"lav": "lavt alternativ", "hoy": "høyt alternativ"}
    columns = {
        "trinn": Column(title="Trinn"),
        "skole": Column(title="Skole"),
        "elever": person_column(f"Elever {year_text(int(first))}"),
        "plasser": Column(title=f"Plasser {year_text(int(first))}", unit="plasser", decimals=0),
        "utnyttelse": share_column("Utnyttelse", "elever"),
        "flest": Column(
            title=f"Flest elever {until}", unit="elever", decimals=0, derived_from=("elever",)
        ),
        "overskudd": Column(
            title="Overskudd",
            unit="plasser",
            decimals=0,
            derived_from=("elever",),
            description=f"Færrest plasser til overs i et år {until}",
        ),
        "over": Column(title="Første år over 100 %"),
        "hvorfor": Column(title="Hvorfor"),
        "over_praktisk": Column(title="Første år over praktisk grense"),
        **{
            f"over_{name}": Column(title=f"Over 100 %, {titles[name].lower()}") for name in low_high
        },
    }
    frame = pd.concat(frames)[list(columns)]
    sums = tuple(
        RowSum(f"{STAGES[stage]}_sum", tuple(answer.label(row, stage) for row in rows))
        for stage in (0, 1)
        if len(rows := _public(answer, stage))
    )
    share = float(answer.inputs.parameters["praktisk_andel"])
    return Table(
        name="skoler",
        title="Skolene: elever, plasser og første år over 100 %",
        frame=frame,
        columns=columns,
        row_sums=sums,
        note=f"Overskudd er det minste antallet plasser til overs i et år {until}. Er plassene de "
        "samme hele tiden, er det plassene minus det høyeste elevtallet. Et minus er "
        f"underdekning. Praktisk grense er {share * _PERCENT:.0f} % av plassene. «–» betyr at "
        f"skolen har plass i alle år til {year_text(int(answer.years[-1]))}. «..» er ukjent. "
        "Private skoler er ikke i summen.",
        group=_IN_BALANCE,
    )


def _school_rows(answer: Answer, stage: int, span: int) -> pd.DataFrame:
    rows = answer.listed[stage]
    went, room = answer.went["hoved"][:, rows, stage], answer.places.places[:, rows, stage]
    share = float(answer.inputs.parameters["praktisk_andel"])
    first = {name: _over(answer, name, rows, stage) for name in answer.went}
    most = went[: span + 1].max(axis=0)
    opened = answer.places.is_open[:, rows, stage]
    frame = pd.DataFrame(
        {
            "trinn": STAGE_TITLES[stage],
            "skole": [answer.name(int(row)) for row in rows],
            "elever": went[0],
            "plasser": room[0],
            "utnyttelse": used(went[0], room[0]),
            "flest": most,
            "overskudd": surplus(went, room, span, opened)[0],
            "over": [over_text(year) for year in first["hoved"]],
            "over_praktisk": [
                over_text(year) for year in first_over(went, share * room, answer.years)
            ],
            **{
                f"over_{name}": [over_text(y) for y in first[name]]
                for name in ("lav", "hoy")
                if name in first
            },
            "hvorfor": _why(answer, stage, first["hoved"]),
        },
        index=[answer.label(int(row), stage) for row in rows],
    )
    private = ~answer.public[rows]
    frame.loc[private, ["over", "over_praktisk", "over_lav", "over_hoy"]] = _NO_YEAR
    frame.loc[private, "hvorfor"] = _PRIVATE
    return _rounded(frame, ["elever", "flest", "overskudd", "utnyttelse"])


def _school_total(answer: Answer, stage: int, span: int) -> pd.DataFrame:
    went, room = total_pupils(answer, stage), total_places(answer, stage)
    share = float(answer.inputs.parameters["praktisk_andel"])
    over = {
        f"over_{name}": over_text(
            int(first_over(total_pupils(answer, stage, name), room, answer.years))
        )
        for name in ("lav", "hoy")
        if name in answer.went
    }
    unknown = int(np.isnan(answer.places.places[0, answer.public, stage]).sum())
    frame = pd.DataFrame(
        {
            "trinn": STAGE_TITLES[stage],
            "skole": "I alt",
            "elever": went[0],
            "plasser": room[0],
            "utnyttelse": used(went[:1], room[:1]),
            "flest": went[: span + 1].max(),
            "overskudd": surplus(went, room, span)[0],
            "over": over_text(int(first_over(went, room, answer.years))),
            "over_praktisk": over_text(int(first_over(went, share * room, answer.years))),
            **over,
            "hvorfor": f"Plasser ukjent ved {unknown} skoler" if unknown else "",
        },
        index=[f"{STAGES[stage]}_sum"],
    )
    return _rounded(frame, ["elever", "flest", "overskudd", "utnyttelse"])


def _over(answer: Answer, name: str, rows: NDArray[np.intp], stage: int) -> NDArray[np.int64]:
    room = answer.places.places[:, rows, stage]
    return first_over(answer.went[name][:, rows, stage], room, answer.years)


def _why(answer: Answer, stage: int, first: NDArray[np.int64]) -> list[str]:
    """Say shortly why each listed school is full: what has grown most since the start."""
    changes = {name: one[..., stage] for name, one in cause_changes(answer.pupils.by_cause).items()}
    groups = {
        "årskullene": changes["arskull"] + changes["fodte"],
        "boligprogrammet": changes["bolig"],
        "innflytting": changes["flytting"],
        "skalering til framskrivingen": changes["skalering"],
        "endret krets eller skole": changes["krets"],
    }
    room = answer.places.places[:, :, stage]
    told = []
    for row, year in zip(answer.listed[stage], first, strict=True):
        at = int(np.searchsorted(answer.years, year))
        if year <= 0:
            told.append("")
        elif at == 0:
            told.append("Fullt ved start")
        else:
            grown = {name: float(one[at, row]) for name, one in groups.items()}
            words = [name for name, one in sorted(grown.items(), key=lambda p: -p[1]) if one >= 1]
            fewer = ["færre plasser"] if room[at, row] < room[0, row] else []
            told.append(", ".join([*fewer, *words[:2]]).capitalize())
    return told


def used(went: Numbers, room: Numbers) -> Numbers:
    """Return pupils in percent of places; NaN where there are no places."""
    there = np.nan_to_num(room) > 0
    found: Numbers = np.full(np.shape(went), np.nan)
    return np.divide(_PERCENT * went, room, out=found, where=there)


def _rounded(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Leave one decimal: more than that is not known of a forecast."""
    return frame.assign(**{name: frame[name].round(1) for name in columns})


def map_table(answer: Answer) -> Table:
    """Pupils, places and utilisation of each school in the years of the map."""
    at = shown_years(answer)
    frames = []
    for stage in (0, 1):
        rows = answer.listed[stage]
        labels = [answer.label(int(row), stage) for row in rows]
        data: dict[str, object] = {
            "trinn": STAGE_TITLES[stage],
            "skole": [answer.name(int(row)) for row in rows],
        }
        total: dict[str, object] = {"trinn": STAGE_TITLES[stage], "skole": "I alt"}
        for k in at:
            year = answer.years[k]
            went, room = answer.went["hoved"][k, rows, stage], answer.places.places[k, rows, stage]
            whole, all_room = total_pupils(answer, stage)[k], total_places(answer, stage)[k]
            data |= {
                f"elever_{year}": went.round(1),
                f"plasser_{year}": room,
                f"utnyttelse_{year}": used(went, room).round(1),
            }
            total |= {
                f"elever_{year}": whole.round(1),
                f"plasser_{year}": all_room,
                f"utnyttelse_{year}": used(whole[None], all_room[None])[0].round(1),
            }
        if len(rows):
            frames += [
                pd.DataFrame(data, index=labels),
                pd.DataFrame([total], index=[f"{STAGES[stage]}_sum"]),
            ]
    columns = {"trinn": Column(title="Trinn"), "skole": Column(title="Skole")}
    for year, text in ((int(answer.years[k]), year_text(int(answer.years[k]))) for k in at):
        columns |= {
            f"elever_{year}": person_column(f"Elever {text}"),
            f"plasser_{year}": Column(title=f"Plasser {text}", unit="plasser", decimals=0),
            f"utnyttelse_{year}": share_column(f"Utnyttelse {text}", f"elever_{year}"),
        }
    sums = tuple(
        RowSum(f"{STAGES[stage]}_sum", tuple(answer.label(row, stage) for row in rows))
        for stage in (0, 1)
        if len(rows := _public(answer, stage))
    )
    return Table(
        name="kart",
        title="Elever, plasser og utnyttelse i årene på kartet",
        frame=pd.concat(frames)[list(columns)],
        columns=columns,
        row_sums=sums,
        note="Private skoler er ikke i summen.",
        group=_IN_BALANCE,
    )


def balance_table(answer: Answer) -> Table:
    """One row a stage, school and school year: pupils, places, and why pupils have changed."""
    changes = cause_changes(answer.pupils.by_cause)
    frames: list[pd.DataFrame] = []
    sums: list[RowSum] = []
    for stage in (0, 1):
        rows = answer.listed[stage]
        if not len(rows):
            continue
        frames.append(_balance_rows(answer, stage, changes))
        frames.append(_balance_totals(answer, stage, changes))
        sums += _balance_sums(answer, stage, frames[-2].index)
    columns = {
        "trinn": Column(title="Trinn"),
        "skole": Column(title="Skole"),
        "skoleaar": Column(title="Skoleår"),
        "elever": person_column("Elever"),
        **{
            name: Column(title=title, unit="elever", decimals=0, derived_from=("elever",))
            for name, title in (("lav", "Lavt alternativ"), ("hoy", "Høyt alternativ"))
            if name in answer.went
        },
        "plasser": Column(title="Plasser", unit="plasser", decimals=0),
        "ledige": Column(
            title="Overdekning",
            unit="plasser",
            decimals=0,
            derived_from=("elever",),
            description="Plasser minus elever; et minus er underdekning.",
        ),
        "utnyttelse": share_column("Utnyttelse", "elever"),
        "endring": Column(
            title="Endring siden start", unit="elever", decimals=1, derived_from=("elever",)
        ),
        **{
            name: Column(title=title, unit="elever", decimals=1, derived_from=("elever",))
            for name, title in CAUSES.items()
        },
        "merknad": Column(title="Merknad"),
    }
    return Table(
        name="balanse",
        title="Balansen: elever og plasser ved hver skole, år for år",
        frame=pd.concat(frames)[list(columns)],
        columns=columns,
        row_sums=tuple(sums),
        note="Overdekning er plasser minus elever; et minus er underdekning. "
        "Årsakene er endringen siden det første året og summerer seg til «Endring siden "
        "start». «Født etter start» og «De som bor her, blir eldre» er sammen årskullene. Elever "
        "er regnet med desimaler og vist som hele tall.",
        group=_IN_BALANCE,
    )


def _balance_rows(answer: Answer, stage: int, changes: dict[str, Numbers]) -> pd.DataFrame:
    rows = answer.listed[stage]
    count, years = len(rows), len(answer.years)
    went, room = answer.went["hoved"][:, rows, stage], answer.places.places[:, rows, stage]
    data: dict[str, object] = {
        "trinn": STAGE_TITLES[stage],
        "skole": np.repeat([answer.name(int(row)) for row in rows], years),
        "skoleaar": [year_text(int(year)) for year in answer.years] * count,
        "elever": went.T.ravel().round(1),
        **{
            name: answer.went[name][:, rows, stage].T.ravel().round(1)
            for name in ("lav", "hoy")
            if name in answer.went
        },
        "plasser": room.T.ravel(),
        "ledige": (room - went).T.ravel().round(1),
        "utnyttelse": used(went, room).T.ravel().round(1),
        "endring": (went - went[:1]).T.ravel(),
        **{name: changes[name][:, rows, stage].T.ravel() for name in CAUSES},
        "merknad": np.repeat(np.where(answer.public[rows], "", _PRIVATE), years),
    }
    labels = [f"{answer.label(int(row), stage)}_{year}" for row in rows for year in answer.years]
    frame = pd.DataFrame(data, index=labels)
    # A school that is not open, and has no pupils, has no row that year.
    there = answer.places.is_open[:, rows, stage] | (np.nan_to_num(went) > 0)
    return frame[there.T.ravel()]


def _balance_totals(answer: Answer, stage: int, changes: dict[str, Numbers]) -> pd.DataFrame:
    went, room = total_pupils(answer, stage), total_places(answer, stage)
    unknown = np.isnan(answer.places.places[:, answer.public, stage]).sum(axis=1)
    data: dict[str, object] = {
        "trinn": STAGE_TITLES[stage],
        "skole": "I alt",
        "skoleaar": [year_text(int(year)) for year in answer.years],
        "elever": went.round(1),
        **{
            name: total_pupils(answer, stage, name).round(1)
            for name in ("lav", "hoy")
            if name in answer.went
        },
        "plasser": room,
        "ledige": (room - went).round(1),
        "utnyttelse": used(went, room).round(1),
        "endring": went - went[0],
        **{name: np.nansum(changes[name][:, answer.public, stage], axis=1) for name in CAUSES},
        "merknad": [f"Plasser ukjent ved {n} skoler" if n else "" for n in unknown],
    }
    labels = [f"{STAGES[stage]}_sum_{year}" for year in answer.years]
    return pd.DataFrame(data, index=labels)


def _balance_sums(answer: Answer, stage: int, labels: pd.Index) -> Iterator[RowSum]:
    """Tell that each year's total is the sum of the public schools' rows."""
    there = set(labels)
    rows = [answer.label(int(row), stage) for row in _public(answer, stage)]
    for year in answer.years:
        parts = tuple(name for row in rows if (name := f"{row}_{year}") in there)
        if parts:
            yield RowSum(f"{STAGES[stage]}_sum_{year}", parts)
