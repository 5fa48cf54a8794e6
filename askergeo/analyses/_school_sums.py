"""Sums of the balance: by area, the account of all children, shares, grades and measures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.analyses._school_balance import shown_years
from askergeo.analyses._school_tables import (
    STAGE_TITLES,
    over_text,
    person_column,
)
from askergeo.result import Column, ColumnSum, RowSum, Table
from askergeo.school.capacity import STAGES, year_text
from askergeo.school.pupils import stage_sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.analyses._school_balance import Answer

    Numbers = NDArray[np.float64]

__all__ = ["TYPES", "account_table", "area_table", "grade_table", "measure_table", "share_table"]

_PERCENT: Final = 100.0
_NO_AREA: Final = "uten"
#: Kinds of measures.
TYPES: Final = {
    "utvidelse": "Utvidelse",
    "ny_skole": "Ny skole",
    "paviljong": "Paviljong",
    "ombygging": "Ombygging",
    "nedlegging": "Nedlegging",
}
_PARTS: Final = ("kretsskoler", "andre_skoler", "uten_krets", "andre_steder")


def area_table(answer: Answer) -> Table | None:
    """Pupils and places by the district of grades 8 to 10 that the schools lie in.

    A school for grades 1 to 7 belongs to the district that most of its children live in. ``None``
    without such districts.
    """
    home = _area_of(answer)
    if not any(len(one) for one in home):
        return None
    names = _area_names(answer)
    frames, sums = [], []
    for stage in (0, 1):
        rows = np.array([row for row in answer.listed[stage] if answer.public[row]], dtype=np.intp)
        if not len(rows):
            continue
        frame = _area_rows(answer, stage, rows, home[stage], names)
        frames.append(frame)
        sums.append(RowSum(f"{STAGES[stage]}_sum", tuple(frame.index[:-1])))
    columns = {"trinn": Column(title="Trinn"), "omraade": Column(title="Ungdomsskolekrets")}
    for k in shown_years(answer):
        year, text = int(answer.years[k]), year_text(int(answer.years[k]))
        columns |= {
            f"elever_{year}": person_column(f"Elever {text}"),
            f"plasser_{year}": Column(title=f"Plasser {text}", unit="plasser", decimals=0),
            f"ledige_{year}": Column(
                title=f"Overdekning {text}",
                unit="plasser",
                decimals=0,
                derived_from=(f"elever_{year}",),
            ),
        }
    return Table(
        name="omraader",
        title="Overdekning og underdekning etter ungdomsskolekrets",
        frame=pd.concat(frames)[list(columns)],
        columns=columns,
        row_sums=tuple(sums),
        note="En barneskole hører til den ungdomsskolekretsen der de fleste av barna i kretsen "
        "bor. Et minus er underdekning. Private skoler er ikke med.",
        group="Summer",
    )


def _area_of(answer: Answer) -> list[pd.Series]:
    """Return the krets_id of the area of each school by stage, those without left out."""
    frame = answer.inputs.forecast.areas.frame
    areas = frame["ungdomskrets"].astype(object).to_numpy()
    children = answer.inputs.forecast.areas.people.count[:, 6:16].sum(axis=1)
    found = []
    for stage in (0, 1):
        own = answer.pupils.assignment.own[:, stage]
        told = (own >= 0) & ~pd.isna(areas)
        # A district without children today still lies somewhere.
        weight = pd.DataFrame(
            {"skole": own[told], "omraade": areas[told], "barn": children[told] + 1e-6}
        )
        sums = weight.groupby(["skole", "omraade"])["barn"].sum().reset_index()
        most = sums.sort_values(by="barn", kind="stable").drop_duplicates("skole", keep="last")
        found.append(pd.Series(most["omraade"].to_numpy(), index=most["skole"].to_numpy()))
    return found


def _area_names(answer: Answer) -> pd.Series:
    districts = answer.inputs.skolekrets
    if districts is None:
        return pd.Series(dtype=object)
    own = districts.drop_duplicates("krets_id")
    return pd.Series(own["navn"].to_numpy(dtype=object), index=own["krets_id"].to_numpy())


def _area_rows(
    answer: Answer, stage: int, rows: NDArray[np.intp], home: pd.Series, names: pd.Series
) -> pd.DataFrame:
    area = pd.Series(rows).map(home).astype(object).fillna(_NO_AREA)
    data: dict[str, object] = {"omraade": area.to_numpy(dtype=object)}
    for k in shown_years(answer):
        year = answer.years[k]
        data[f"elever_{year}"] = np.nan_to_num(answer.went["hoved"][k, rows, stage])
        data[f"plasser_{year}"] = answer.places.places[k, rows, stage]
    # An unknown number makes the sum unknown: NumPy's sum, not that of pandas.
    members = pd.DataFrame(data).groupby("omraade", sort=True).indices
    numbers = {
        name: np.asarray(one, dtype=float) for name, one in data.items() if name != "omraade"
    }
    found = pd.DataFrame(
        {name: [one[at].sum() for at in members.values()] for name, one in numbers.items()},
        index=list(members),
    )
    found.loc["sum"] = [one.sum() for one in numbers.values()]
    for k in shown_years(answer):
        year = answer.years[k]
        found[f"ledige_{year}"] = (found[f"plasser_{year}"] - found[f"elever_{year}"]).round(1)
        found[f"elever_{year}"] = found[f"elever_{year}"].round(1)
    titles = {_NO_AREA: "Uten ungdomsskolekrets", "sum": "I alt"} | names.to_dict()
    found.insert(0, "omraade", [titles.get(one, one) for one in found.index])
    found.insert(0, "trinn", STAGE_TITLES[stage])
    return found.set_axis([f"{STAGES[stage]}_{one}" for one in found.index])


def account_table(answer: Answer) -> Table:
    """Where every child of school age is, by stage and year: the parts sum to the residents."""
    split = answer.pupils.split["hoved"]
    frames = []
    for stage in (0, 1):
        kind = answer.pupils.kind[:, stage]
        schools = stage_sums(split.schools)[..., stage]
        parts = {
            "bosatte": stage_sums(split.residents)[:, stage],
            "kretsskoler": schools[:, kind == "krets"].sum(axis=1),
            "andre_skoler": np.nansum(schools[:, kind != "krets"], axis=1),
            "uten_krets": stage_sums(split.without)[:, stage],
            "andre_steder": stage_sums(split.elsewhere)[:, stage],
        }
        index = [f"{STAGES[stage]}_{year}" for year in answer.years]
        frame = pd.DataFrame({name: one.round(1) for name, one in parts.items()}, index=index)
        frame.insert(0, "skoleaar", [year_text(int(year)) for year in answer.years])
        frame.insert(0, "trinn", STAGE_TITLES[stage])
        frames.append(frame)
    columns = {
        "trinn": Column(title="Trinn"),
        "skoleaar": Column(title="Skoleår"),
        "bosatte": person_column("Barn i skolealder"),
        "kretsskoler": person_column("På kretsens skole"),
        "andre_skoler": person_column("På private og andre skoler uten krets"),
        "uten_krets": person_column("Bor uten skolekrets"),
        "andre_steder": person_column("Andre steder (netto)"),
    }
    return Table(
        name="regnskap",
        title="Hvor barna i skolealder går",
        frame=pd.concat(frames),
        columns=columns,
        column_sums=(ColumnSum("bosatte", _PARTS),),
        note="Hvert barn er på ett sted. «Andre steder» er de som går i andre kommuner, hjemme "
        "eller på skoler uten elevtall, minus de som kommer utenfra; tallet kan være under null.",
        group="Summer",
    )


def grade_table(answer: Answer) -> Table:
    """Pupils by grade at each school in the years of the map."""
    schools = answer.pupils.split["hoved"].schools
    rows = np.flatnonzero((answer.pupils.kind != "").any(axis=1))
    ids = answer.places.schools.index.to_numpy()[rows]
    frames = []
    for k in shown_years(answer):
        year = int(answer.years[k])
        frame = pd.DataFrame(
            schools[k, rows].round(1),
            columns=[f"trinn_{grade}" for grade in range(1, 11)],
            index=[f"{one}_{year}" for one in ids],
        )
        frame.insert(0, "i_alt", schools[k, rows].sum(axis=1).round(1))
        frame.insert(0, "skoleaar", year_text(year))
        frame.insert(0, "skole", [answer.name(int(row)) for row in rows])
        frames.append(frame)
    columns = {
        "skole": Column(title="Skole"),
        "skoleaar": Column(title="Skoleår"),
        "i_alt": person_column("I alt"),
        **{f"trinn_{grade}": person_column(f"{grade}. trinn") for grade in range(1, 11)},
    }
    return Table(
        name="trinn",
        title="Elever på hvert trinn",
        frame=pd.concat(frames),
        columns=columns,
        column_sums=(ColumnSum("i_alt", tuple(f"trinn_{grade}" for grade in range(1, 11))),),
        note="Tallene er regnet av barna i kretsen og skolens andel, og er ikke skolens egne "
        "klasselister.",
        group="Summer",
    )


def share_table(answer: Answer) -> Table:
    """How large a share of the district's children go to its school, and what it is from."""
    control = answer.pupils.shares.control
    first = int(answer.inputs.parameters["andel_aar"])
    frame = pd.DataFrame(
        {
            "trinn": control["trinn"].str.capitalize(),
            "skole": control["navn"],
            "barn": control["barn"].round(1),
            "elever": control["elever"].where(control["aar"] > 0).round(1),
            "raa": (_PERCENT * control["elever"] / control["barn"]).where(control["aar"] > 0),
            "andel": _PERCENT * control["andel"],
            "grunnlag": control["grunnlag"].str.capitalize(),
        }
    ).set_axis(control["trinn"] + "_" + control["skole_id"].astype(str))
    frame.index.name = None
    counted = control["aar"].max() if len(control) else 0
    several = f"snitt av {counted:.0f} skoleår" if counted > 1 else "siste skoleår"
    both = ("barn", "elever")
    return Table(
        name="andeler",
        title="Del av kretsens barn som går på kretsens skole",
        frame=frame,
        columns={
            "trinn": Column(title="Trinn"),
            "skole": Column(title="Skole"),
            "barn": Column(title="Barn i kretsen", unit="barn", decimals=0, persons=True),
            "elever": person_column("Elever på skolen"),
            "raa": Column(title="Talt andel", unit="%", decimals=1, derived_from=both),
            "andel": Column(title="Andel i bruk", unit="%", decimals=1, derived_from=both),
            "grunnlag": Column(title="Grunnlag"),
        },
        note=f"Elever og barn er {several} (høyst {first}). Andelen i bruk er trukket mot "
        "kommunens, mest for små skoler. Over 100 % betyr at flere kommer fra andre kretser enn "
        "de som går andre steder.",
        group="Grunnlag",
    )


def measure_table(answer: Answer) -> Table | None:
    """Tell what each measure gives: places, first full year and surplus, with and without."""
    if not answer.effects:
        return None
    measures = answer.places.measures
    rows = []
    for one in answer.effects:
        measure = measures.iloc[one.measure]
        rows.append(
            {
                "tiltak": measure["navn"] or measure["tiltak_id"],
                "skole": answer.name(one.school),
                "type": TYPES.get(str(measure["type"]), str(measure["type"])),
                "trinn": STAGE_TITLES[one.stage],
                "status": str(measure["status"] or "ukjent").capitalize(),
                "teller": "ja" if measure["teller"] else "nei",
                "fra": year_text(int(measure["fra_aar"])),
                "til": "" if pd.isna(measure["til_aar"]) else year_text(int(measure["til_aar"])),
                "plasser": one.places,
                "over_uten": over_text(one.first[0]),
                "over_med": over_text(one.first[1]),
                "overskudd_uten": one.surplus[0],
                "overskudd_med": one.surplus[1],
                "fulle_uten": one.full[0],
                "fulle_med": one.full[1],
            }
        )
    labels = [
        f"{measures['tiltak_id'].iloc[one.measure]}_{STAGES[one.stage]}" for one in answer.effects
    ]
    frame = pd.DataFrame(rows, index=labels)
    few = _few(answer)
    for column in ("overskudd_uten", "overskudd_med"):
        frame[column] = frame[column].round(1).mask(few)

    def places(title: str) -> Column:
        return Column(title=title, unit="plasser", decimals=0)

    return Table(
        name="tiltak",
        title="Hva hvert tiltak gir",
        frame=frame,
        columns={
            "tiltak": Column(title="Tiltak"),
            "skole": Column(title="Skole"),
            "type": Column(title="Type"),
            "trinn": Column(title="Trinn"),
            "status": Column(title="Status"),
            "teller": Column(title="Teller i balansen"),
            "fra": Column(title="Fra"),
            "til": Column(title="Til og med"),
            "plasser": places("Plasser"),
            "over_uten": Column(title="Over 100 % uten"),
            "over_med": Column(title="Over 100 % med"),
            "overskudd_uten": places("Overskudd uten"),
            "overskudd_med": places("Overskudd med"),
            "fulle_uten": Column(title="Fulle skoler uten", unit="skoler", decimals=0),
            "fulle_med": Column(title="Fulle skoler med", unit="skoler", decimals=0),
        },
        note="Balansen er regnet med og uten tiltaket, med de andre tiltakene som de er. "
        "Overskuddet er det minste ved skolen fra tiltakets første år. «Fulle skoler» er alle "
        "skolene på trinnet som går over 100 % i perioden. Legges en skole ned, er elevene ført "
        "til den nærmeste åpne skolen i luftlinje.",
        group="Tiltak",
    )


def _few(answer: Answer) -> NDArray[np.bool_]:
    """Tell which effects are at a school with so few pupils that the surplus would tell them."""
    went = np.array(
        [answer.went["hoved"][:, one.school, one.stage].max() for one in answer.effects]
    )
    least = 5
    return np.asarray((went > 0) & (went < least))
