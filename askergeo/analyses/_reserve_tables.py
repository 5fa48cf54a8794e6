"""Tables of the land reserve: the rules, the groups, the land cover, the conflicts, the plans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo._text import listed
from askergeo.analyses._reserve_conflicts import ALL, FLAGS, RED, UNKNOWN
from askergeo.analyses._reserve_parts import DEKAR, GENERAL
from askergeo.numbers import format_number
from askergeo.result import Column, ColumnSum, RowSum, Table

if TYPE_CHECKING:
    from askergeo.analyses._reserve_conflicts import Conflicts
    from askergeo.analyses._reserve_parts import Described
    from askergeo.parameters import Parameters

__all__ = [
    "TOTAL",
    "conflict_table",
    "cover_table",
    "dwelling_table",
    "flag_table",
    "group_table",
    "piece_table",
    "plan_table",
    "rule_table",
]

TOTAL: Final = "reserve"
_STATUS: Final = {
    "framtidig": "Framtidig",
    "videreutvikling": "Videreutvikling",
    "nåværende": "Nåværende",
    "regulert": "I reguleringsplan",
}
COVER_TITLES: Final = {
    "jordbruk": "Jordbruk",
    "skog": "Skog",
    "myr": "Myr",
    "aapen_fastmark": "Åpen fastmark",
    "annet": "Bebygd, samferdsel og vann",
    "ikke_kartlagt": "Ikke kartlagt",
}
_DENSITY: Final = "boliger_per_dekar"
# A conflict touches a piece from this area on (m²): less is borders that were drawn apart.
SEEN: Final = 1.0


def _dekar_column(title: str, description: str = "") -> Column:
    return Column(title=title, unit="dekar", decimals=1, description=description)


def _share(title: str) -> Column:
    return Column(title=title, unit="%", decimals=1)


def _percent(part: pd.Series, whole: pd.Series | float) -> pd.Series:
    return (part / whole * 100).replace([np.inf, -np.inf], np.nan)


def rule_table(steps: pd.DataFrame) -> Table:
    """Each rule in order: what it took, and what is left."""
    frame = pd.DataFrame(
        {
            "tittel": steps["tittel"],
            "brukt": np.where(steps["brukt"], "ja", "ikke brukt"),
            "tatt_dekar": steps["tatt_m2"] / DEKAR,
            "igjen_dekar": steps["areal_igjen_m2"] / DEKAR,
            "stykker": steps["stykker_igjen"],
            "betydning": steps["betydning"],
            "tatt_m2": steps["tatt_m2"],
            "igjen_m2": steps["areal_igjen_m2"],
            "avvik_m2": steps["avvik_m2"],
        }
    ).set_axis(pd.Index(steps["regel"]))
    return Table(
        name="regler",
        title="Hva hver regel tar bort",
        frame=frame,
        columns={
            "tittel": Column(title="Regel"),
            "brukt": Column(title="Brukt"),
            "tatt_dekar": _dekar_column("Tatt bort"),
            "igjen_dekar": _dekar_column("Igjen"),
            "stykker": Column(title="Stykker igjen", unit="stykker", decimals=0),
            "betydning": Column(title="Hva regelen gjør"),
            "tatt_m2": Column(title="Tatt bort", unit="m²", decimals=2),
            "igjen_m2": Column(title="Igjen", unit="m²", decimals=2),
            "avvik_m2": Column(title="Går ikke opp med", unit="m²", decimals=6),
        },
        note="Reglene brukes i denne rekkefølgen. Det som er tatt bort, er målt for seg, ikke som "
        "resten. «Ikke brukt» betyr at laget mangler: hva regelen ville tatt, er ukjent, ikke "
        "null.",
    )


def _grouped(described: Described, values: pd.DataFrame) -> pd.DataFrame:
    """Sum values of the parts by purpose group, with the total and what is shown apart last."""
    parts = described.parts
    apart = parts["for_seg"]
    by = values[~apart].groupby(parts.loc[~apart, "gruppe"]).sum(min_count=1)
    by = by.sort_index()
    total = values[~apart].sum(min_count=1)
    by.index = pd.Index([f"gruppe_{name[:2]}" for name in by.index])
    by.loc[TOTAL] = total if len(values[~apart]) else 0.0
    if apart.any():
        by.loc["for_seg"] = values[apart].sum(min_count=1)
    return pd.DataFrame(by)


def _titles(described: Described) -> list[str]:
    """Titles of the rows of :func:`_grouped`."""
    pieces = described.pieces
    apart = pieces[pieces["for_seg"]]
    names = sorted(set(described.parts.loc[~described.parts["for_seg"], "gruppe"]))
    own = sorted({f"{name}, vises for seg" for name in apart["formaal"]})
    return [*names, "Reserven", *(["; ".join(own)] if described.parts["for_seg"].any() else [])]


def _total_rows(frame: pd.DataFrame) -> tuple[RowSum, ...]:
    return (RowSum(TOTAL, tuple(one for one in frame.index if str(one).startswith("gruppe_"))),)


def group_table(described: Described, conflicts: Conflicts, density: float) -> Table:
    """Give the reserve by purpose group: status, conflicts and dwellings."""
    parts, pieces = described.parts, described.pieces
    area = parts["areal_m2"] / DEKAR
    status = pieces["status"].to_numpy()[parts["stykke"].to_numpy()]
    values = pd.DataFrame({"dekar": area})
    there = [name for name in _STATUS if (status == name).any()]
    for name in there:
        values[name] = area.where(status == name, 0.0)
    values["konflikt"] = conflicts.areas[ALL] / DEKAR
    values["rod"] = conflicts.areas[RED] / DEKAR
    # Other purposes may hold dwellings too; how many is not reckoned, which is not none.
    values["boliger"] = area.where(parts["bolig"]) * density
    frame = _grouped(described, values)
    counts = pieces.groupby(pieces["gruppe"].where(~pieces["for_seg"], "for_seg")).size()
    counts.index = pd.Index([n if n == "for_seg" else f"gruppe_{n[:2]}" for n in counts.index])
    counts[TOTAL] = int((~pieces["for_seg"]).sum())
    frame.insert(0, "gruppe", _titles(described))
    frame.insert(1, "stykker", counts.reindex(frame.index, fill_value=0).astype("int64"))
    frame["konflikt_andel"] = _percent(frame["konflikt"], frame["dekar"])
    order = ["gruppe", "stykker", "dekar", *there, "konflikt", "konflikt_andel", "rod", "boliger"]
    return Table(
        name="grupper",
        title="Arealreserven etter formål",
        frame=frame[order],
        columns={
            "gruppe": Column(title="Formålsgruppe"),
            "stykker": Column(title="Stykker", unit="stykker", decimals=0),
            "dekar": _dekar_column("Areal"),
            **{name: _dekar_column(_STATUS[name]) for name in there},
            "konflikt": _dekar_column("Med minst én konflikt"),
            "konflikt_andel": _share("Andel med konflikt"),
            "rod": _dekar_column("Med rød konflikt"),
            "boliger": Column(title="Boliger, middels anslag", unit="boliger", decimals=0),
        },
        row_sums=_total_rows(frame),
        column_sums=(ColumnSum("dekar", tuple(there)),) if there else (),
        note="Det som vises for seg, er ikke med i reserven: det er som oftest bygd, men laget som "
        "skulle trukket det fra, viser det ikke.",
    )


def cover_table(described: Described) -> Table:
    """Give the reserve by purpose group and land cover of AR5."""
    pieces, parts = described.pieces, described.parts
    names = [f"ar5_{name}_m2" for name in (*COVER_TITLES, "dobbelt")]
    # The cover is known of whole pieces: it is put on the first part of each.
    first = ~parts["stykke"].duplicated()
    cover = pieces[names].set_axis(range(len(pieces)))
    values = cover.reindex(parts["stykke"]).set_axis(parts.index) / DEKAR
    values = values.where(first, 0.0, axis=0).where(values.notna())
    values.columns = pd.Index([*COVER_TITLES, "dobbelt"])
    values["dobbelt"] = -values["dobbelt"]
    values.insert(0, "dekar", parts["areal_m2"] / DEKAR)
    frame = _grouped(described, values)
    frame.insert(0, "gruppe", _titles(described))
    twice = bool((frame["dobbelt"] < 0).any())
    shown = [*COVER_TITLES, *(["dobbelt"] if twice else [])]
    return Table(
        name="arealdekke",
        title="Formål og arealdekke",
        frame=frame[["gruppe", *shown, "dekar"]],
        columns={
            "gruppe": Column(title="Formålsgruppe"),
            **{name: _dekar_column(title) for name, title in COVER_TITLES.items()},
            **({"dobbelt": _dekar_column("− Talt flere ganger i AR5")} if twice else {}),
            "dekar": _dekar_column("Areal"),
        },
        row_sums=_total_rows(frame),
        note="Arealdekket er AR5. Jordbruk er fulldyrka og overflatedyrka jord og innmarksbeite.",
    )


def conflict_table(described: Described, conflicts: Conflicts) -> Table:
    """Give the reserve in each conflict, a place once in every row, and in any of them."""
    absent = conflicts.absent()
    lacking = (
        f" Ikke kartlagt her: {listed([name.lower() for name in absent])}; totalene er derfor "
        "minst det som står."
        if absent
        else ""
    )
    return Table(
        name="konflikter",
        title="Konflikter i arealreserven",
        frame=_conflict_rows(described, conflicts),
        columns={
            "konflikt": Column(title="Konflikt"),
            "niva": Column(title="Nivå"),
            "dekar": _dekar_column("Areal"),
            "andel": _share("Andel av reserven"),
            "stykker": Column(title="Stykker berørt", unit="stykker", decimals=0),
            "bolig_dekar": _dekar_column("Herav boligreserve"),
            "hjemmel": Column(title="Hjemmel"),
        },
        note="Et sted med flere konflikter er med i hver av radene, men én gang i «minst én». "
        "Derfor er radene til sammen mer enn totalen. Rød er treff som den nasjonale DOK-analysen "
        "gir rødt, og dyrket og dyrkbar jord; gul er det som må vurderes. Et stykke er berørt fra "
        "1 m² og opp. 0 betyr ingen treff i laget, ikke at stedet er undersøkt." + lacking,
    )


def _conflict_rows(described: Described, conflicts: Conflicts) -> pd.DataFrame:
    """Return a row a theme, its classes under it, and the totals last."""
    classes = conflicts.classes
    titles = {
        RED: ("Minst én rød konflikt", "rød", ""),
        ALL: ("Minst én konflikt", "rød eller gul", ""),
    }
    order: list[str] = []
    for theme in conflicts.themes:
        rows = classes[classes["tema"] == theme]
        levels = " og ".join(name for name in (RED, "gul") if (rows["niva"] == name).any())
        first = rows.iloc[0]
        titles[theme] = (str(first["tittel"]), levels, str(first["hjemmel"]))
        order.append(theme)
        if first["kartlagt"] and (len(rows) > 1 or first["verdi"] == UNKNOWN):
            titles |= {
                str(key): (f"– {name[0].lower()}{name[1:]}", str(level), "")
                for key, name, level in zip(rows.index, rows["klasse"], rows["niva"], strict=True)
            }
            order += [str(key) for key in rows.index]
    order += [RED, ALL]
    counted = ~described.parts["for_seg"]
    areas, parts = conflicts.areas.loc[counted, order], described.parts[counted]
    known = areas.notna().any() if len(areas) else pd.Series(True, index=order)
    area = areas.sum(min_count=1 if len(areas) else 0) / DEKAR
    whole = float(parts["areal_m2"].sum()) / DEKAR
    touched = (areas.groupby(parts["stykke"]).sum() > SEEN).sum()
    homes = areas[parts["bolig"]]
    return pd.DataFrame(
        {
            "konflikt": [titles[name][0] for name in order],
            "niva": [titles[name][1] if known[name] else "ikke kartlagt" for name in order],
            "dekar": area,
            "andel": area / whole * 100 if whole else np.nan,
            "stykker": touched.where(known).astype("Int64"),
            "bolig_dekar": homes.sum(min_count=1) / DEKAR if len(homes) else np.nan,
            "hjemmel": [titles[name][2] for name in order],
        },
        index=pd.Index(order),
    )


def flag_table(described: Described, conflicts: Conflicts) -> Table:
    """Give the reserve by purpose group and kind of conflict."""
    names = [*FLAGS, ALL]
    values = conflicts.areas[names] / DEKAR
    values.insert(0, "dekar", described.parts["areal_m2"] / DEKAR)
    frame = _grouped(described, values)
    frame.insert(0, "gruppe", _titles(described))
    frame["uten"] = frame["dekar"] - frame[ALL]
    return Table(
        name="grupper_konflikt",
        title="Formål og konflikt",
        frame=frame[["gruppe", *FLAGS, ALL, "uten", "dekar"]],
        columns={
            "gruppe": Column(title="Formålsgruppe"),
            **{name: _dekar_column(title) for name, title in FLAGS.items()},
            ALL: _dekar_column("Minst én konflikt"),
            "uten": _dekar_column("Ingen kjent konflikt"),
            "dekar": _dekar_column("Areal"),
        },
        row_sums=_total_rows(frame),
        column_sums=(ColumnSum("dekar", (ALL, "uten")),),
        note="Jordvern: dyrket og dyrkbar jord. Natur: myr og naturtyper. Naturfare: flom og "
        "kvikkleire, også aktsomhetsområder. De fire overlapper hverandre; «minst én» teller hvert "
        "sted én gang.",
    )


def plan_table(described: Described, conflicts: Conflicts, density: float) -> Table:
    """Give the reserve by plan, and by area in the kommuneplan, the largest first."""
    some = ~described.parts["for_seg"]
    parts = described.parts[some]
    values = pd.DataFrame(
        {
            "dekar": parts["areal_m2"] / DEKAR,
            "bolig": parts["areal_m2"].where(parts["bolig"], 0.0) / DEKAR,
            "konflikt": conflicts.areas.loc[some, ALL] / DEKAR,
            "rod": conflicts.areas.loc[some, RED] / DEKAR,
        }
    )
    sums = values.groupby(parts["enhet"]).sum(min_count=1)
    units = described.units.reindex(sums.index)
    general = (units["plan"] == GENERAL).to_numpy(dtype=bool)
    sums.insert(0, "enhet", sums.index)
    sums.insert(1, "navn", units["navn"])
    sums.insert(2, "dato", units["dato"])
    sums["boliger"] = sums["bolig"] * density
    order = np.lexsort((sums.index.astype(str), -sums["dekar"].to_numpy(), general))
    frame = sums.iloc[order]
    rows = tuple(frame.index)
    total = frame.drop(columns=["enhet", "navn", "dato"]).sum(min_count=1 if len(frame) else 0)
    frame.loc["i_alt"] = {"enhet": "I alt", "navn": "", "dato": "", **total.to_dict()}
    frame["andel"] = _percent(frame["konflikt"], frame["dekar"])
    return Table(
        name="planer",
        title="Arealreserven etter plan",
        frame=frame,
        columns={
            "enhet": Column(title="Plan eller område"),
            "navn": Column(title="Navn"),
            "dato": Column(title="I kraft"),
            "dekar": _dekar_column("Areal"),
            "bolig": _dekar_column("Herav bolig"),
            "konflikt": _dekar_column("Med minst én konflikt"),
            "rod": _dekar_column("Med rød konflikt"),
            "boliger": Column(title="Boliger, middels anslag", unit="boliger", decimals=0),
            "andel": _share("Andel med konflikt"),
        },
        row_sums=(RowSum("i_alt", rows),),
        note="Reguleringsplanene står først, så områdene i kommuneplanen. Gamle planer med reserve "
        "og konflikt er de første å vurdere på nytt.",
    )


def dwelling_table(described: Described, conflicts: Conflicts, rules: Parameters) -> Table:
    """Give the dwellings that there is room for, low, middle and high."""
    homes = described.parts["bolig"] & ~described.parts["for_seg"]
    area = described.parts.loc[homes, "areal_m2"].sum() / DEKAR
    red, any_ = (
        conflicts.areas.loc[homes, name].sum(min_count=1 if homes.any() else 0) / DEKAR
        for name in (RED, ALL)
    )
    density = {"lav": f"{_DENSITY}_lav", "middels": _DENSITY, "hoy": f"{_DENSITY}_hoy"}
    frame = pd.DataFrame(
        [
            [title, rules[name], area * rules[name], (area - red) * rules[name],
             (area - any_) * rules[name]]
            for title, name in zip(("Lavt", "Middels", "Høyt"), density.values(), strict=True)
        ],
        columns=["anslag", "tetthet", "boliger", "uten_rod", "uten_konflikt"],
        index=pd.Index(list(density)),
    )  # fmt: skip
    return Table(
        name="boliger",
        title="Boliger i boligreserven",
        frame=frame,
        columns={
            "anslag": Column(title="Anslag"),
            "tetthet": Column(title="Boliger per dekar", decimals=1),
            "boliger": Column(title="Boliger", unit="boliger", decimals=0),
            "uten_rod": Column(title="Uten areal med rød konflikt", unit="boliger", decimals=0),
            "uten_konflikt": Column(
                title="Uten areal med noen konflikt", unit="boliger", decimals=0
            ),
        },
        note=f"Boligreserven er {format_number(area, 1)} dekar med formål "
        f"{', '.join(map(str, rules['bolig_formaal']))}. Tettheten er skjønn: bruk kommunens egne "
        "tall. Sentrum, kombinerte formål, fortetting og transformasjon er ikke med.",
    )


def piece_table(described: Described, conflicts: Conflicts, density: float) -> Table:
    """List each piece, the largest of each group first, with its conflicts in words."""
    frame = piece_rows(described, conflicts, density)
    return Table(
        name="stykker",
        title="Stykkene",
        frame=pd.DataFrame(frame),
        columns=PIECE_COLUMNS,
        note="Et stykke er sammenhengende areal med samme formål og status. Radiusen er den "
        "største sirkelens.",
    )


PIECE_COLUMNS: Final = {
    "formaal": Column(title="Formål"),
    "status": Column(title="Status"),
    "enhet": Column(title="Plan eller område"),
    "dekar": _dekar_column("Areal"),
    "boliger": Column(title="Boliger, middels anslag", unit="boliger", decimals=0),
    "konflikter": Column(title="Konflikter"),
    "konflikt_dekar": _dekar_column("Med minst én konflikt"),
    "rod_dekar": _dekar_column("Med rød konflikt"),
    "jordbruk_dekar": _dekar_column("Jordbruk"),
    "skog_dekar": _dekar_column("Skog"),
    "myr_dekar": _dekar_column("Myr"),
    "rundhet": Column(title="Rundhet", decimals=2, description="Et kvadrat har 1."),
    "radius_m": Column(title="Radius", unit="m", decimals=1),
    "merknader": Column(title="Merknader"),
    "gruppe": Column(title="Formålsgruppe"),
    "areal_m2": Column(title="Areal", unit="m²", decimals=2),
}


def piece_rows(described: Described, conflicts: Conflicts, density: float) -> pd.DataFrame:
    """Return the pieces of the reserve with the columns of the table and the map."""
    pieces = described.counted
    sums = conflicts.areas.groupby(described.parts["sted"]).sum(min_count=1).reindex(pieces.index)
    titles = dict(zip(conflicts.classes["tema"], conflicts.classes["tittel"], strict=True))
    hits = sums[conflicts.themes] > SEEN
    texts = ["; ".join(titles[name] for name in hits.columns[row]) for row in hits.to_numpy()]
    area = pieces["areal_m2"]
    return pd.DataFrame(
        {
            "formaal": pieces["formaal"],
            "status": pieces["status"],
            "enhet": pieces["enhet"],
            "dekar": area / DEKAR,
            "boliger": (area / DEKAR * density).where(pieces["bolig"]),
            "konflikter": texts,
            "konflikt_dekar": sums[ALL] / DEKAR,
            "rod_dekar": sums[RED] / DEKAR,
            "jordbruk_dekar": pieces["ar5_jordbruk_m2"] / DEKAR,
            "skog_dekar": pieces["ar5_skog_m2"] / DEKAR,
            "myr_dekar": pieces["ar5_myr_m2"] / DEKAR,
            "rundhet": pieces["rundhet"],
            "radius_m": pieces["radius_m"],
            "merknader": pieces["merknader"],
            "gruppe": pieces["gruppe"],
            "areal_m2": area,
        },
        index=pieces.index,
    )
