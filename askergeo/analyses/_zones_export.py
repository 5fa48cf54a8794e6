"""Zone data by grunnkrets: what the national transport models and QGIS begin from.

RTM and ADV-RTM count residents, workplaces and plan capacity by grunnkrets. The columns that ADV
takes are not published, so these are plain and described one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._background import land_of
from askergeo.analyses._zones_counted import count_layers
from askergeo.analyses._zones_map import ZONE_CLASSES, line_layers
from askergeo.analyses._zones_tables import line_table
from askergeo.catalogue import load_catalogue
from askergeo.errors import ParameterError
from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.overlay.door import check_crs_of
from askergeo.result import (
    Column,
    ColumnSum,
    Fact,
    MapLayer,
    Result,
    RowSum,
    Style,
    StyleClass,
    Table,
)
from askergeo.transport.zones import SIDES, UNKNOWN, make_zones, zone_areas

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from askergeo.analyses._zones_counted import Counted
    from askergeo.parameters import Parameters
    from askergeo.transport.zones import Zones

__all__ = ["NOWHERE", "TOTAL", "nullvekst_eksport"]

#: Last digits of the key for what lies in no grunnkrets: SSB's own for one that is not stated.
NOWHERE: Final = "9999"
TOTAL: Final = "sum"
# What the files call the zones: plain words, for programs.
_PLAIN: Final = {"nord": "nord", "sor": "sør", "ukjent": "ukjent"}
_DIVIDED: Final = "delt"
_KM2 = 1e6
# Share of the area from which a grunnkrets is wholly in a zone: edges of maps never match.
_WHOLE = 0.999
_WORDS: Final = {"nord": "nord", "sor": "sør", "ukjent": "ukjent sone"}


@dataclass
class _Columns:
    """A table under way: the numbers of each row, and what each column means."""

    data: dict[str, Any]
    told: dict[str, Column]
    sums: list[ColumnSum]

    def add(self, name: str, values: Any, column: Column) -> None:  # noqa: ANN401
        self.data[name], self.told[name] = values, column


def nullvekst_eksport(
    nullvekstlinje: gpd.GeoDataFrame,
    kommunegrense: gpd.GeoDataFrame,
    grunnkrets: gpd.GeoDataFrame,
    *,
    parameters: Parameters,
    **layers: pd.DataFrame | None,
) -> Result:
    """Sum residents by age, workplaces by industry, dwellings and plans by grunnkrets and zone.

    Parameters
    ----------
    nullvekstlinje, kommunegrense, grunnkrets
        Layers of the catalogue, in the same projected CRS in metres.
    parameters
        The set ``nullvekst``.
    layers
        Residents, dwellings, workplaces and plans, by id.

    Raises
    ------
    CrsError
        When a layer is in another CRS.
    ParameterError
        When an age group is not of the form ``6-12``.
    """
    there = {name: frame for name, frame in layers.items() if frame is not None}
    placed = {name: one for name, one in there.items() if isinstance(one, gpd.GeoDataFrame)}
    given = {"nullvekstlinje": nullvekstlinje, "grunnkrets": grunnkrets}
    check_crs_of({**given, "kommunegrense": kommunegrense, **placed}, kommunegrense.crs)
    zones = make_zones(nullvekstlinje, kommunegrense, parameters=parameters)
    counted = count_layers(zones, there, parameters)
    districts = _districts(grunnkrets)
    nowhere = f"{kommunegrense['kommunenummer'].iloc[0]}{NOWHERE}"
    made = _named(districts, zones, nowhere)
    _add_residents(made, districts, counted, there, parameters["nullvekst_aldersgrupper"])
    _add_dwellings(made, districts, counted)
    _add_workplaces(made, districts, counted, placed.get("arbeidsplass"))
    _add_planned(made, districts, counted)
    table = _table(made, districts, nowhere)
    divided = int((table.frame["sone"] == _DIVIDED).sum())
    return Result(
        analysis="nullvekst_eksport",
        title="Sonedata etter grunnkrets",
        template="{kretser} grunnkretser er skrevet med sonedata; {delt} av dem deles av "
        "nullvekstlinjen.",
        facts={
            "kretser": Fact(title="Grunnkretser", value=len(districts), unit="grunnkretser"),
            "delt": Fact(title="Delt av nullvekstlinjen", value=divided, unit="grunnkretser"),
        },
        tables=(table, line_table(zones)),
        layers=(
            land_of(kommunegrense),
            _layer(table, districts),
            *line_layers(zones, 0.0),
        ),
        warnings=_warnings(counted, there),
        reading=_READING,
    )


def _districts(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the grunnkretser under their numbers; parts of the same are one."""
    own = gpd.GeoDataFrame(
        {
            "nummer": frame["grunnkretsnummer"].astype(str),
            "navn": frame.get("grunnkretsnavn", frame["grunnkretsnummer"]).astype(object),
        },
        geometry=shapely.make_valid(geometries(frame)),
        crs=frame.crs,
    )
    if own["nummer"].duplicated().any():
        own = own.dissolve("nummer", as_index=False)
    own = own.sort_values("nummer", kind="stable").set_index("nummer")
    own["navn"] = own["navn"].where(own["navn"].notna(), own.index).astype(str)
    return own


def _within(districts: gpd.GeoDataFrame, points: Any) -> NDArray[np.intp]:  # noqa: ANN401
    """Row of the grunnkrets that each point is in; the number of them where it is in none."""
    row = np.full(len(points), len(districts), dtype=np.intp)
    point, found = shapely.STRtree(geometries(districts)).query(points, predicate="intersects")
    order = np.lexsort((found, point))
    point, first = np.unique(point[order], return_index=True)
    row[point] = found[order][first]
    return row


def _summed(row: NDArray[np.intp], amount: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    return np.bincount(row, weights=amount, minlength=size + 1).astype(np.float64)


def _named(districts: gpd.GeoDataFrame, zones: Zones, nowhere: str) -> _Columns:
    areas = zone_areas(zones, districts)
    total = districts.geometry.area
    shares = areas[list(SIDES)].assign(ukjent=areas[UNKNOWN] + areas["utenfor"]).div(total, axis=0)
    best = shares.idxmax(axis=1).map(_PLAIN)
    sone = best.where(shares.max(axis=1) >= _WHOLE, _DIVIDED)
    made = _Columns({}, {}, [])
    made.add(
        "grunnkretsnummer",
        [*districts.index, nowhere],
        Column(title="Grunnkretsnummer", description="Åtte siffer med kommunenummeret først."),
    )
    made.add(
        "grunnkretsnavn",
        [*districts["navn"], "Uoppgitt grunnkrets"],
        Column(title="Grunnkretsnavn"),
    )
    made.add(
        "sone",
        [*sone, _PLAIN[UNKNOWN]],
        Column(title="Sone", description="nord, sør, ukjent eller delt av linjen, etter areal."),
    )
    made.add("areal_km2", [*(total / _KM2), np.nan], Column(title="Areal", unit="km²", decimals=3))
    for side in SIDES:
        made.add(
            f"areal_{side}_pst",
            [*(100 * shares[side]), np.nan],
            Column(title=f"Areal {_WORDS[side]}", unit="%", decimals=2),
        )
    return made


def _add_sides(made: _Columns, districts: gpd.GeoDataFrame, one: Counted) -> NDArray[np.intp]:
    """Add the sum of something and its parts by zone; return the row of each place."""
    row = _within(districts, one.points)
    size = len(districts)

    def column(title: str) -> Column:
        return Column(title=title, unit=one.unit, decimals=0, persons=one.persons,
                      description=f"Kilde: {one.source}.")  # fmt: skip

    made.add(one.name, _summed(row, one.count, size), column(one.title))
    parts = []
    for side in SIDES:
        name = f"{one.name}_{side}"
        own = np.where(one.zone == side, one.count, 0.0)
        made.add(name, _summed(row, own, size), column(f"{one.title} {_WORDS[side]}"))
        parts.append(name)
    made.sums.append(ColumnSum(one.name, tuple(parts)))
    return row


def _add_residents(
    made: _Columns,
    districts: gpd.GeoDataFrame,
    counted: Mapping[str, Counted],
    layers: Mapping[str, pd.DataFrame],
    groups: Sequence[str],
) -> None:
    """Add the residents, by zone and, where ages are known, by age."""
    people = counted.get("bosatte")
    if people is None:
        return
    _add_sides(made, districts, people)
    addresses, population = layers.get("adresse"), layers.get("befolkning")
    if addresses is None or population is None or "alder" not in population:
        return
    known = gpd.GeoDataFrame(addresses).drop_duplicates("adresse_id")
    where = pd.Series(_within(districts, geometries(known)), index=known["adresse_id"].to_numpy())
    row = population["adresse_id"].map(where).fillna(len(districts)).to_numpy(dtype=np.intp)
    age = pd.to_numeric(population["alder"]).to_numpy(dtype=float, na_value=np.nan)
    number = pd.to_numeric(population["antall"]).to_numpy(dtype=float, na_value=0.0)
    names, left = [], np.ones(len(age), dtype=bool)
    for group in groups:
        low, high = _ages(group)
        mine = left & (age >= low) & (age <= high)
        left &= ~mine
        name = f"alder_{group.rstrip('-').replace('-', '_')}" + ("_pluss" if high > 150 else "")  # noqa: PLR2004
        title = f"{group.rstrip('-')}{' år og eldre' if group.endswith('-') else ' år'}"
        made.add(
            name.replace(" ", ""),
            _summed(row, np.where(mine, number, 0.0), len(districts)),
            Column(title=f"Bosatte {title}", unit="personer", decimals=0, persons=True),
        )
        names.append(name.replace(" ", ""))
    made.add(
        "alder_annen",
        _summed(row, np.where(left, number, 0.0), len(districts)),
        Column(
            title="Bosatte i annen eller ukjent alder", unit="personer", decimals=0, persons=True
        ),
    )
    made.sums.append(ColumnSum("bosatte", (*names, "alder_annen")))


def _ages(group: str) -> tuple[float, float]:
    low, _, high = group.replace(" ", "").partition("-")
    if not low.isdigit() or (high and not high.isdigit()):
        raise ParameterError(
            f"«{group}» er ikke en aldersgruppe.",
            remedy="Skriv «6-12», eller «75-» for de eldste, med komma mellom gruppene.",
        )
    return float(low), float(high) if high else np.inf


def _add_dwellings(
    made: _Columns, districts: gpd.GeoDataFrame, counted: Mapping[str, Counted]
) -> None:
    if "boliger" in counted:
        _add_sides(made, districts, counted["boliger"])


def _add_workplaces(
    made: _Columns,
    districts: gpd.GeoDataFrame,
    counted: Mapping[str, Counted],
    frame: gpd.GeoDataFrame | None,
) -> None:
    """Add the workplaces by zone and by industry."""
    if frame is None or "arbeidsplasser" not in counted:
        return
    one = counted["arbeidsplasser"]
    row = _add_sides(made, districts, one)
    if "naering" not in frame:
        return
    kind = frame["naering"].astype(object).where(frame["naering"].notna(), "").to_numpy()
    codes = load_catalogue()["arbeidsplass"].columns["naering"].codes or {}
    names = []
    known = np.zeros(len(kind), dtype=bool)
    for code, label in codes.items():
        mine = kind == code
        known |= mine
        names.append(f"arbeidsplasser_{code}")
        made.add(
            names[-1],
            _summed(row, np.where(mine, one.count, 0.0), len(districts)),
            Column(title=f"Arbeidsplasser, {str(label).lower()}", unit="personer", decimals=0,
                   persons=True),
        )  # fmt: skip
    names.append("arbeidsplasser_ukjent_naering")
    made.add(
        names[-1],
        _summed(row, np.where(known, 0.0, one.count), len(districts)),
        Column(title="Arbeidsplasser, ukjent næring", unit="personer", decimals=0, persons=True),
    )
    made.sums.append(ColumnSum("arbeidsplasser", tuple(names)))


def _add_planned(
    made: _Columns, districts: gpd.GeoDataFrame, counted: Mapping[str, Counted]
) -> None:
    """Add what is planned, each project where its middle in the zone is."""
    for name in ("programboliger", "planlagte_plasser", "planlagt_m2"):
        if name in counted:
            one = counted[name]
            row = _within(districts, one.points)
            amount = _summed(row, one.count, len(districts))
            if one.vague is not None:
                # A number nobody has given is empty in the file, not nought.
                unknown = _summed(row, one.vague.astype(np.float64), len(districts)) > 0
                amount = np.where(unknown, np.nan, amount)
            made.add(
                name,
                amount,
                Column(title=one.title, unit=one.unit, decimals=1,
                       description=f"Kilde: {one.source}. Prosjektet er regnet til grunnkretsen "
                       "som et punkt inne i det ligger i."),
            )  # fmt: skip


def _table(made: _Columns, districts: gpd.GeoDataFrame, nowhere: str) -> Table:
    frame = pd.DataFrame(made.data, index=pd.Index([*districts.index, nowhere], dtype=object))
    sums = frame.iloc[0].copy().astype(object)
    for name, column in made.told.items():
        shown = column.decimals is not None and not name.endswith("_pst")
        sums[name] = frame[name].sum() if shown else (np.nan if column.decimals is not None else "")
    sums["grunnkretsnummer"], sums["grunnkretsnavn"] = "", "Sum"
    frame.loc[TOTAL] = sums
    numbers = [name for name, column in made.told.items() if column.decimals is not None]
    frame[numbers] = frame[numbers].astype(float)
    return Table(
        name="grunnkretser",
        title="Sonedata etter grunnkrets",
        frame=frame,
        columns=made.told,
        row_sums=(RowSum(TOTAL, (*districts.index, nowhere)),),
        column_sums=tuple(made.sums),
        note="Det som ligger utenfor alle grunnkretser, står som «Uoppgitt grunnkrets». Små tall "
        "for personer er skjult, og er tomme i CSV-filen.",
    )


def _layer(table: Table, districts: gpd.GeoDataFrame) -> MapLayer:
    classes = [
        StyleClass(value=value, label=one.label, fill=one.fill, stroke=one.stroke, dash=one.dash)
        for value, one in zip(_PLAIN.values(), ZONE_CLASSES, strict=True)
    ]
    divided = StyleClass(value=_DIVIDED, label="◆ Delt av linjen", fill="#cc79a7", stroke="#7a3f61")
    return MapLayer(
        name="grunnkretser",
        title="Grunnkretser med sonedata",
        frame=gpd.GeoDataFrame(
            table.frame.loc[list(districts.index)],
            geometry=geometries(districts),
            crs=districts.crs,
        ),
        columns=dict(table.columns),
        style=Style(column="sone", classes=(*classes[:2], divided, *classes[2:]), opacity=0.45),
        rows_of=table.name,
    )


def _warnings(
    counted: Mapping[str, Counted], layers: Mapping[str, pd.DataFrame]
) -> tuple[str, ...]:
    warnings = [
        (
            "Filene er ikke prøvd i ADV-RTM. Hvilke kolonner ADV tar imot, er ikke offentliggjort; "
            "spør den som drifter verktøyet før dere laster opp."
        )
    ]
    if "bosatte" in counted and "alder" not in layers.get("befolkning", ()):
        warnings.append("Alderen til de bosatte er ikke kjent. Aldersgruppene er ikke med.")
    if "bosatte" in counted:
        warnings.append("Kjønn er ikke i datapakken. Bosatte er ikke delt etter kjønn.")
    lacking = [one for one in counted.values() if one.lacking and not one.persons]
    warnings += [
        f"{one.title} er ukjent i {format_number(one.lacking)} rader, og er ikke med der."
        for one in lacking
    ]
    return tuple(warnings)


_CSV: Final = (
    "Filen «grunnkretser.csv» har én rad for hver grunnkrets, med grunnkretsnummeret som nøkkel. "
    "Tallene har punktum som desimaltegn og semikolon mellom kolonnene. «kolonner.csv» sier hva "
    "hver kolonne er."
)
_MODELS: Final = (
    "De regionale transportmodellene (RTM) og arealdataverktøyet ADV bruker grunnkrets som sone. "
    "Modellene henter selv bosatte og arbeidsplasser fra SSB. Nytten her er kommunens egne tall "
    "og planer, og andelen på hver side av nullvekstlinjen."
)
_SUPPRESSED: Final = (
    "Tall for personer er skjult etter samme regel som i alle resultatene. Et tomt felt er ikke "
    "null: kolonnen «skjult» sier om tallet er skjult."
)
_READING: Final = (
    _CSV,
    "GeoPackagen har de samme kolonnene på grunnkretsenes flater, med stil for QGIS.",
    _MODELS,
    _SUPPRESSED,
)
