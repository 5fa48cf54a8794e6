"""Tables of the ways to school: the right by district, the nearest school, unsafe stretches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from askergeo.analyses._reach_tables import whole
from askergeo.analyses._schoolway_scene import open_now
from askergeo.numbers import HARD_SPACE
from askergeo.privacy import rounded
from askergeo.result import Column, ColumnSum, RowSum, Table
from askergeo.school.route import GRADES, STAGES, stage_of
from askergeo.school.route_rights import (
    BANDS,
    DETOUR,
    NO_RIGHT,
    NO_WAY,
    RIGHT,
    SAFE,
    UNKNOWN,
    UNSAFE,
    UNSURE,
    near_limit,
)

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.analyses._schoolway_scene import Scene

__all__ = ["ALL", "nearest_table", "rights_table", "school_table", "stretch_table"]

#: Label of the row of all pupils.
ALL = "alle"
_OUTSIDE = "uten_krets"
_AWAY = "uten_adresse"
_RIGHTS = {"rett": RIGHT, "ikke": NO_RIGHT, "ingen_veg": NO_WAY, "ukjent": UNKNOWN}
_SAFETY = {"trygg": SAFE, "omveg": DETOUR, "farlig": UNSAFE, "usikker": UNSURE}
_COUNTS = ("elever", *_RIGHTS, *_SAFETY)
_SHOWN_SCHOOLS = 3


def rights_table(scene: Scene) -> Table:
    """Pupils by right to transport and safety of the way, by district and grades; and their sums.

    One table for all that counts persons: what its cells sum to is stated, so that no hidden cell
    can be worked out from another.
    """
    records = [one for band in BANDS for one in _band_rows(scene, band)]
    frame = pd.DataFrame(records).set_index("rad")
    sums = {f"{ALL} {band}": list(frame.index[frame["trinn"] == band]) for band in BANDS}
    totals: list[dict[str, Any]] = [
        {"rad": label, "krets": "Alle", "trinn": band}
        | {name: frame.loc[sums[label], name].sum() for name in (*_COUNTS, "naer")}
        for label, band in zip(sums, BANDS, strict=True)
    ]
    whole_of = {name: sum(one[name] for one in totals) for name in (*_COUNTS, "naer")}
    every: dict[str, Any] = {"rad": ALL, "krets": "Alle", "trinn": "1.–10. trinn"}
    totals.append(every | whole_of)
    frame = pd.concat([frame, pd.DataFrame(totals).set_index("rad")])
    with np.errstate(divide="ignore", invalid="ignore"):
        frame["andel"] = 100 * frame["rett"] / frame["elever"].where(frame["elever"] > 0)
    for name in (*_COUNTS, "naer"):
        frame[name] = whole(frame[name])
    frame["trinn"] = frame["trinn"].str.replace(" ", HARD_SPACE)
    return Table(
        name="skoleskyss",
        title="Elever med rett til skoleskyss etter avstand, og hvor trygg vegen er for de andre",
        frame=frame[list(_columns())],
        columns=_columns(),
        row_sums=(
            *(RowSum(label, tuple(parts)) for label, parts in sums.items()),
            RowSum(ALL, tuple(sums)),
        ),
        column_sums=(
            ColumnSum("elever", tuple(_RIGHTS)),
            ColumnSum("ikke", tuple(_SAFETY)),
        ),
        note="Elever er bosatte i grunnskolealder, også dem som går på en annen skole enn "
        "kretsens. Rett er etter avstand; rett på grunn av særlig farlig eller vanskelig veg, "
        "eller nedsatt funksjonsevne, avgjøres for hver elev og er ikke med. «Ikke rett» deles i "
        "trygg veg, trygg omveg innenfor grensen, bare usikker veg innenfor grensen, og ukjent "
        "fartsgrense. Adresser nær grensen er så nær at kartet ikke kan avgjøre retten.",
    )


def _columns() -> dict[str, Column]:
    return {
        "krets": Column(title="Krets"),
        "trinn": Column(title="Trinn"),
        "elever": _pupils("Elever"),
        "rett": _pupils("Rett"),
        "andel": Column(title="Andel", unit="%", decimals=0, derived_from=("rett", "elever")),
        "ikke": _pupils("Ikke rett"),
        "trygg": _pupils("Trygg veg", "Ikke rett, og korteste veg har ingen usikre strekninger."),
        "omveg": _pupils("Trygg omveg", "Ikke rett, men en omveg innenfor grensen er uten dem."),
        "farlig": _pupils("Bare usikker", "Ikke rett, og ingen veg innenfor grensen uten dem."),
        "usikker": _pupils("Ukjent fart", "Ikke rett, og fartsgrensen mangler på vegen."),
        "ingen_veg": _pupils("Ingen veg", "Kartet har ingen veg til fots til skolen."),
        "ukjent": _pupils("Ukjent veg", "Døren eller skolen er ikke koblet til gangnettet."),
        "naer": Column(title="Nær grensen", unit="adresser", decimals=0),
    }


def _pupils(title: str, description: str = "") -> Column:
    """Describe a column that counts pupils."""
    return Column(title=title, unit="elever", decimals=0, persons=True, description=description)


def _band_rows(scene: Scene, band: str) -> list[dict[str, Any]]:
    """Rows of one band of grades: its districts, who is outside them, who has no address."""
    grades = np.array(BANDS[band]) - GRADES[0]
    stage = stage_of(BANDS[band][0])
    district = scene.district(stage)
    places = scene.places_of(stage)
    near = (near_limit(scene.metres, scene.parameters) & _lived_in(scene)[:, None])[:, grades]
    members = _members(district, places.index.to_numpy())
    rows: list[dict[str, Any]] = [
        {"rad": f"{stage} {one.id} {band}", "krets": one.navn, "trinn": band}
        | _counts(scene, members == number, grades)
        | {"naer": int(near[members == number].any(axis=1).sum())}
        for number, one in enumerate(places.itertuples())
    ]
    outside = members < 0
    if outside.any():
        what = "Utenfor alle kretser" if scene.skolekrets is not None else "Ukjent skole"
        rows.append(
            {"rad": f"{_OUTSIDE} {band}", "krets": what, "trinn": band}
            | _counts(scene, outside, grades)
            | {"naer": int(near[outside].any(axis=1).sum())}
        )
    away = float(scene.pupils.elsewhere[grades].sum())
    if scene.pupils.elsewhere.any():
        none: dict[str, Any] = dict.fromkeys(_COUNTS, 0.0)
        none |= {"rad": f"{_AWAY} {band}", "krets": "Uten adresse i kartet"}
        rows.append(none | {"trinn": band, "elever": away, "ukjent": away, "naer": 0})
    return rows


def _members(district: NDArray[np.intp], rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Position of each address' district among some; −1 for none of them."""
    return np.asarray(pd.Index(rows).get_indexer(pd.Index(district)), dtype=np.intp)


def _counts(scene: Scene, mine: NDArray[np.bool_], grades: NDArray[np.intp]) -> dict[str, float]:
    """Count the pupils of some addresses and grades by their right and their way."""
    count = scene.pupils.count[mine][:, grades]
    rights, safety = scene.rights[mine][:, grades], scene.safety[mine][:, grades]
    found = {"elever": float(count.sum())}
    found |= {name: float(count[rights == code].sum()) for name, code in _RIGHTS.items()}
    return found | {name: float(count[safety == code].sum()) for name, code in _SAFETY.items()}


def _lived_in(scene: Scene) -> NDArray[np.bool_]:
    """Tell which addresses have a dwelling; all where the data do not say."""
    if "boliger" not in scene.adresse:
        return np.ones(len(scene.adresse), dtype=bool)
    homes = scene.adresse["boliger"].to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(~(homes <= 0), dtype=bool)


def nearest_table(scene: Scene) -> Table | None:
    """Pupils who live nearer to another school than the district's, in whole tens.

    ``None`` without districts: everyone's school is then the nearest.
    """
    if scene.skolekrets is None:
        return None
    records = []
    for stage, grades in STAGES.items():
        places = scene.places_of(stage)
        members = _members(scene.district(stage), places.index.to_numpy())
        column = np.array(grades) - GRADES[0]
        nearer = np.column_stack([_nearer(scene, grade) for grade in column])
        for number, one in enumerate(places.itertuples()):
            mine = members == number
            count = scene.pupils.count[mine][:, column]
            # The lowest grade stands for the stage where schools are told by address.
            away = mine & nearer[:, 0]
            records.append(
                {
                    "rad": f"{stage} {one.id}",
                    "krets": one.navn,
                    "skole": one.skole,
                    "stadium": stage.capitalize(),
                    "adresser": int(mine.sum()),
                    "adresser_andre": int(away.sum()),
                    "elever": float(count.sum()),
                    "elever_andre": float(count[nearer[mine]].sum()),
                    "andre": _named(scene, scene.own.nearest[column[0]].school[away]),
                }
            )
    frame = pd.DataFrame(records).set_index("rad")
    for name in ("elever", "elever_andre"):
        frame[name] = whole(frame[name])
    table = Table(
        name="naerskole",
        title="Hvem som bor nærmere en annen skole enn kretsens",
        frame=frame,
        columns={
            "krets": Column(title="Krets"),
            "skole": Column(title="Skole"),
            "stadium": Column(title="Trinn"),
            "adresser": Column(title="Adresser", unit="adresser", decimals=0),
            "adresser_andre": Column(title="Nærmere en annen", unit="adresser", decimals=0),
            "elever": _pupils("Elever"),
            "elever_andre": _pupils("Elever nærmere en annen"),
            "andre": Column(title="Nærmeste skole for dem"),
        },
        note="Målt på gangnettet til offentlige skoler med trinnet. Adresser der det er ukjent "
        "hvilken skole som er nærmest, er ikke med blant dem som bor nærmere en annen.",
    )
    return rounded(table)


def _nearer(scene: Scene, column: int) -> NDArray[np.bool_]:
    """Tell which addresses are nearer to another school than their own in a grade, (a,)."""
    near = scene.own.nearest[column]
    own = scene.metres[:, column]
    other = (near.school >= 0) & (near.school != scene.own.school[:, column])
    return np.asarray(other & near.sure & (near.metres < own), dtype=bool)


def _named(scene: Scene, rows: NDArray[np.intp]) -> str:
    """Names of the schools that most of some addresses have."""
    number, count = np.unique(rows, return_counts=True)
    most = number[np.lexsort((number, -count))][:_SHOWN_SCHOOLS]
    names = ", ".join(scene.skole["navn"].astype(str).iloc[most])
    return names + (" m.fl." if len(number) > _SHOWN_SCHOOLS else "")


def school_table(scene: Scene) -> Table:
    """List the schools: how they meet the network, and who is assigned to them."""
    skole, doors = scene.skole, scene.ways.schools
    rows = np.arange(len(skole))
    own = np.stack([(scene.own.school == row).any(axis=1) for row in rows]).sum(axis=1)
    known = np.where(np.isfinite(scene.metres), scene.metres, np.nan)
    longest = [
        np.nanmax(known[scene.own.school == row], initial=-1.0) if own[row] else -1.0
        for row in rows
    ]
    frame = pd.DataFrame(
        {
            "navn": skole["navn"].astype(str).to_numpy(),
            "trinn": _grades_text(skole),
            "linje": doors.line,
            "adresser": own,
            "lengst": np.where(np.array(longest) < 0, np.nan, longest),
            "merknad": _remarks(scene),
        },
        index=pd.Index(_unique(skole["skole_id"].astype(str)), name="rad"),
    )
    return Table(
        name="skoler",
        title="Skolene og hvor de møter gangnettet",
        frame=frame,
        columns={
            "navn": Column(title="Skole"),
            "trinn": Column(title="Trinn"),
            "linje": Column(title="Luftlinje til gangnettet", unit="m", decimals=0),
            "adresser": Column(title="Adresser som hører til", unit="adresser", decimals=0),
            "lengst": Column(title="Lengste skoleveg", unit="m", decimals=0),
            "merknad": Column(title="Merknad"),
        },
        note="Luftlinjen er med i alle avstander til skolen. Har skolen flere dører, skal loven "
        "måles til den som er lengst unna; kartet har bare ett punkt.",
    )


def _grades_text(skole: pd.DataFrame) -> list[str]:
    ends = [
        skole[name].to_numpy(dtype=np.float64, na_value=np.nan)
        if name in skole
        else np.full(len(skole), np.nan)
        for name in ("trinn_fra", "trinn_til")
    ]
    return [
        "ukjent" if np.isnan(a) or np.isnan(b) else f"{a:.0f}.–{b:.0f}. trinn"
        for a, b in zip(*ends, strict=True)
    ]


def _remarks(scene: Scene) -> list[str]:
    """Say what is uncertain about each school."""
    there = open_now(scene)
    joined = ~np.isnan(scene.ways.schools.line)
    vague = np.zeros(len(scene.skole), dtype=bool)
    if "stedfesting" in scene.skole:
        vague = scene.skole["stedfesting"].eq("omtrentlig").to_numpy(dtype=bool, na_value=False)
    return [
        ", ".join(
            text
            for text, wrong in (
                ("ikke koblet til gangnettet", not joined[row]),
                ("ikke åpen", not there[row]),
                ("omtrentlig stedfestet", vague[row]),
            )
            if wrong
        )
        for row in range(len(there))
    ]


def _unique(labels: pd.Series) -> pd.Series:
    again = labels.groupby(labels).cumcount()
    return labels.where(again == 0, labels + " nr. " + (again + 1).astype(str))


def stretch_table(found: gpd.GeoDataFrame) -> Table:
    """List the unsafe stretches that someone's shortest way to school uses, in whole tens."""
    frame = pd.DataFrame(found.drop(columns="geometry"))
    frame = frame[frame["rule"] > 0]
    columns = stretch_columns()
    frame = frame[list(columns)].assign(elever=whole(frame["elever"]))
    frame["navn"] = frame["navn"].where(frame["navn"] != "", "uten navn")
    return rounded(
        Table(
            name="usikre",
            title="Usikre strekninger på skolevegen",
            frame=frame,
            columns=columns,
            note="Funnet etter regel, ikke etter befaring. Lengden er av hele lenker mellom kryss, "
            "også der bare en del gås. Elever er dem uten rett etter avstand "
            "som har strekningen på korteste veg til skolen. Om vegen er særlig farlig, avgjøres "
            "for hver elev.",
        )
    )


def stretch_columns() -> dict[str, Column]:
    """Describe the columns of the stretches."""
    return {
        "navn": Column(title="Veg"),
        "vegkategori": Column(title="Vegkategori"),
        "fartsgrense": Column(title="Fartsgrense", unit="km/t", decimals=0),
        "regel": Column(title="Hvorfor"),
        "lengde_m": Column(title="Lengde", unit="m", decimals=0),
        "elever": _pupils("Elever"),
        "adresser": Column(title="Adresser", unit="adresser", decimals=0),
        "kretser": Column(title="Fra kretsene"),
        "skoler": Column(title="Til skolene"),
    }
