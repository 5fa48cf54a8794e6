"""Tables of the kindergartens: places and children by area and year, and each kindergarten."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.result import Column, RowSum, Table
from askergeo.school.capacity import year_text
from askergeo.school.kindergarten import first_full

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

__all__ = [
    "NOWHERE",
    "STATES",
    "TITLES",
    "TOTAL",
    "Need",
    "area_table",
    "balance_table",
    "kindergarten_table",
    "row_of",
    "state",
]

#: Label of the row of the municipality, and of what lies in no area.
TOTAL: Final = "kommunen"
NOWHERE: Final = "uten_omraade"
#: The alternatives in bokmål.
TITLES: Final = {"hoved": "hovedalternativet", "lav": "lavt alternativ", "hoy": "høyt alternativ"}
_PERCENT: Final = 100.0
#: What a share of the places in use is called, with a sign so that it is seen without colours, and
#: its colour.
STATES: Final = {
    "ledig": ("○ Ledige plasser", "#deebf7"),
    "trangt": ("△ Nesten fullt", "#fdae6b"),
    "fullt": ("▲ Flere barn enn plasser", "#a63603"),
    "ukjent": ("? Ukjent: minst én barnehage har ukjent antall plasser", "#ffffff"),
}


@dataclass(frozen=True, eq=False)
class Need:
    """Children and places of ``n`` areas in ``t`` kindergarten years.

    Parameters
    ----------
    names
        Name of each area by id; what lies in none is the last, `NOWHERE`, when there is any.
    years
        The autumn that each kindergarten year begins in, (t,).
    children
        Children of 1 to 5 years by alternative, (t, n) each.
    needed
        Children who need a place by alternative, (t, n) each.
    places
        Columns of `askergeo.school.kindergarten.places`, a row an area.
    """

    names: pd.Series
    years: NDArray[np.int64]
    children: Mapping[str, Numbers]
    needed: Mapping[str, Numbers]
    places: pd.DataFrame

    @property
    def seats(self) -> Numbers:
        """Places of each area, (n,); NaN unknown."""
        return self.places["plasser"].to_numpy(dtype=np.float64)

    @property
    def unsure(self) -> NDArray[np.bool_]:
        """Whether an area has more places than those that are known, (n,)."""
        return self.places["uten_kapasitet"].to_numpy() > 0

    def first(self, alternative: str) -> NDArray[np.int64]:
        """First year that each area is full, as `first_full`."""
        return first_full(self.needed[alternative], self.seats, self.unsure)

    def first_of_all(self, alternative: str) -> int:
        """First year that the municipality is full, as `first_full`."""
        whole = self.needed[alternative].sum(axis=1, keepdims=True)
        seats, unsure = np.array([np.nansum(self.seats)]), np.array([bool(self.unsure.any())])
        return int(first_full(whole, seats, unsure)[0])


def row_of(area: str, year: int) -> str:
    """Label of the row of an area in a year."""
    return f"{area}_{year}"


def state(share: Numbers, unsure: NDArray[np.bool_], tight: float) -> NDArray[np.object_]:
    """Class of a share (%) of the places in use; more than the known places is unknown.

    Examples
    --------
    >>> state(np.array([50.0, 97, 101, 101]), np.array([True, True, False, True]), 95).tolist()
    ['ledig', 'trangt', 'fullt', 'ukjent']
    """
    kinds = np.select([share > _PERCENT, share > tight], ["fullt", "trangt"], "ledig")
    lacking = np.isnan(share) | (unsure & (share > _PERCENT))
    return np.where(lacking, "ukjent", kinds).astype(object)


def balance_table(need: Need, tight: float) -> Table:
    """Write a row an area and year: children, those who need a place, places and what is left."""
    count, areas = len(need.years), need.names.index
    frames = [
        pd.DataFrame(
            {
                "omraade": name,
                "aar": [year_text(int(year)) for year in need.years],
                "barn": need.children["hoved"][:, column],
                **{one: need.needed[one][:, column] for one in TITLES},
                "plasser": need.seats[column],
                "usikker": bool(need.unsure[column]),
            },
            index=[row_of(str(area), int(year)) for year in need.years],
        )
        for column, (area, name) in enumerate(zip(areas, need.names, strict=True))
    ]
    whole = pd.DataFrame(
        {
            "omraade": "Kommunen i alt",
            "aar": frames[0]["aar"].to_numpy(),
            "barn": need.children["hoved"].sum(axis=1),
            **{one: need.needed[one].sum(axis=1) for one in TITLES},
            "plasser": np.full(count, np.nansum(need.seats)),
            "usikker": bool(need.unsure.any()),
        },
        index=[row_of(TOTAL, int(year)) for year in need.years],
    )
    frame = pd.concat([whole, *frames])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (_PERCENT * frame["hoved"] / frame["plasser"]).to_numpy(dtype=np.float64)
    nobody = (frame["hoved"] == 0).to_numpy() & (frame["plasser"] == 0).to_numpy()
    share = np.where(nobody, 0.0, share)
    kind = state(share, frame["usikker"].to_numpy(dtype=bool), tight)
    frame["ledige"] = frame["plasser"] - frame["hoved"]
    frame["dekning"] = np.where(np.isfinite(share), share, np.nan)
    frame["tilstand"] = [STATES[str(one)][0] for one in kind]
    frame = frame.drop(columns="usikker")
    return Table(
        name="balanse",
        title="Barn og barnehageplasser etter område og år",
        frame=frame,
        columns=_columns(),
        row_sums=tuple(
            RowSum(row_of(TOTAL, int(year)), tuple(row_of(str(one), int(year)) for one in areas))
            for year in need.years
        ),
        note="Barn er 1–5 år 1. januar i barnehageåret. Så mange trenger plass når like stor del "
        "av hver alder går i barnehage som i landet. Ledige plasser er de kjente plassene minus "
        "hovedalternativet; minus betyr at plasser mangler i området.",
    )


def _columns() -> dict[str, Column]:
    return {
        "omraade": Column(title="Område"),
        "aar": Column(title="Barnehageår"),
        "barn": Column(title="Barn 1–5 år", decimals=0, unit="barn", persons=True),
        "hoved": _needed("Trenger plass", "barn"),
        "lav": _needed("Trenger plass, lavt", "hoved"),
        "hoy": _needed("Trenger plass, høyt", "hoved"),
        "plasser": _places("Kjente plasser"),
        "ledige": replace(_places("Ledige plasser"), derived_from=("hoved",)),
        "dekning": Column(title="Brukt", decimals=0, unit="%", derived_from=("hoved",)),
        "tilstand": Column(title="Tilstand", derived_from=("hoved",)),
    }


def _needed(title: str, source: str) -> Column:
    return Column(title=title, decimals=0, unit="barn", persons=True, derived_from=(source,))


def _places(title: str) -> Column:
    return Column(title=title, decimals=0, unit="plasser")


def area_table(need: Need) -> Table:
    """Write a row an area: its kindergartens and places, and the first year without room."""
    frame = need.places.copy()
    frame.insert(0, "omraade", need.names)
    for one in TITLES:
        frame[f"full_{one}"] = [_year_text(int(row), need.years) for row in need.first(one)]
    whole = frame.sum(numeric_only=True)
    frame.loc[TOTAL] = whole
    frame.loc[TOTAL, "omraade"] = "Kommunen i alt"
    for one in TITLES:
        frame.loc[TOTAL, f"full_{one}"] = _year_text(need.first_of_all(one), need.years)
    frame = frame.loc[[TOTAL, *need.names.index]]
    if not frame["ukjent_eier"].any():
        frame = frame.drop(columns="ukjent_eier")
    return Table(
        name="omraader",
        title="Barnehager, plasser og første år uten nok plasser",
        frame=frame,
        columns={
            "omraade": Column(title="Område"),
            "barnehager": Column(title="Barnehager", decimals=0),
            "plasser": _places("Kjente plasser"),
            "offentlig": _places("Offentlige plasser"),
            "privat": _places("Private plasser"),
            **({"ukjent_eier": _places("Plasser, ukjent eier")} if "ukjent_eier" in frame else {}),
            "uten_kapasitet": Column(title="Barnehager med ukjent antall plasser", decimals=0),
            **{
                f"full_{one}": Column(title=f"Første år over 100 %, {title}")
                for one, title in TITLES.items()
            },
        },
        note="«Ukjent»: det er flere barn enn kjente plasser, men minst én barnehage i området har "
        "ukjent antall plasser.",
    )


def _year_text(row: int, years: NDArray[np.int64]) -> str:
    if row < -1:
        return "ukjent"
    return "ikke i perioden" if row < 0 else year_text(int(years[row]))


def kindergarten_table(found: pd.DataFrame, names: pd.Series) -> Table:
    """List every kindergarten: its area, owner and places, and what is wrong with it."""
    frame = pd.DataFrame(
        {
            "navn": found["navn"],
            "omraade": found["omraade"].map(names).fillna("–"),
            "eierform": found["eierform"].astype(object).where(found["eierform"].notna(), "ukjent"),
            "kapasitet": found["kapasitet"],
            "merknad": found["merknad"],
        }
    )
    # What the reader must look at comes first.
    order = frame.assign(plain=frame["merknad"].eq("")).sort_values(
        ["plain", "omraade", "navn"], kind="stable"
    )
    return Table(
        name="barnehager",
        title="Barnehagene",
        frame=frame.loc[order.index],
        columns={
            "navn": Column(title="Barnehage"),
            "omraade": Column(title="Område"),
            "eierform": Column(title="Eierform"),
            "kapasitet": Column(title="Plasser", decimals=0, unit="plasser"),
            "merknad": Column(title="Merknad"),
        },
    )
