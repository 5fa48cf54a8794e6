"""Merges the remarks that people leave on pages, for the planner to read and to publish.

The files come from anybody: nothing in them is trusted, every fault is listed, and what tells who
wrote a remark is masked in all outputs. The files themselves are never touched.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from askergeo import __version__
from askergeo._personal import KINDS
from askergeo._remark_files import ASIDE, Fault, Remark, find_files, merge, read_remarks
from askergeo._text import listed, printable
from askergeo.crs import CRS_OF_RECORD
from askergeo.errors import SourceError, collect
from askergeo.result import (
    Column,
    Fact,
    Finding,
    MapLayer,
    Provenance,
    Result,
    Severity,
    Status,
    Style,
    StyleClass,
    Table,
)
from askergeo.run import created_now, provenance_of, require_whole
from askergeo.versions import software_versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from askergeo.datapackage import DataPackage

__all__ = ["fault_lines", "merge_remarks"]

ANALYSIS: Final = "innspill"
NO_THEME: Final = "Uten tema"
_NOWHERE: Final = "Utenfor områdene"
# Faults that an error names before it says «…».
_NAMED: Final = 20
# Layers that the remarks are counted by: id, column with the name, title and heading.
_AREAS: Final = (
    ("grunnkrets", "grunnkretsnavn", "Innspill etter grunnkrets", "Grunnkrets"),
    ("skolekrets", "navn", "Innspill etter skolekrets", "Skolekrets"),
)
# Okabe and Ito's colours, told apart by colour-blind people, and a mark for each, in order of how
# many remarks a theme has.
_LOOKS: Final = (
    ("#0072b2", "circle"),
    ("#d55e00", "square"),
    ("#009e73", "triangle"),
    ("#cc79a7", "diamond"),
    ("#e69f00", "cross"),
    ("#56b4e9", "star"),
    ("#f0e442", "square"),
)
_REST: Final = "Andre tema"
# Columns that would make the table too wide to read.
_ONLY_ON_MAP: Final = ("side", "skolekrets", "avstand_m", "id")
_READING: Final = (
    "Innspillene er ikke et utvalg av innbyggerne. Tallene sier ikke hvor mange som mener noe.",
    "E-postadresser, telefonnumre, fødselsnumre og navn etter ord som «jeg heter» er skjult.",
    "Skjulingen finner ikke alt: les hvert innspill før det publiseres.",
    "«Fil 3» er den tredje filen når filene står etter mappe og navn.",
)


def merge_remarks(paths: Iterable[str | Path], package: DataPackage | None = None) -> Result:
    """Merge files of remarks into one result.

    Parameters
    ----------
    paths
        Files that people saved from a page, and folders of such files.
    package
        Data package; with it the remarks are counted by the districts and centres that it has, and
        those outside the municipality are flagged.

    Returns
    -------
    Result
        The remarks as points and table, counts by theme and area, and every fault. The order of the
        files does not matter, and a file given twice counts once.

    Raises
    ------
    MissingFileError
        When a file is not there, or no folder has any.
    SourceError
        When no file can be read as remarks; all are named with the reason.
    PackageError
        When the package is a scenario on its own.
    """
    files = find_files(paths)
    crs = CRS_OF_RECORD if package is None else package.crs
    if package is not None:
        require_whole(package)
    read, faults = read_remarks(files, crs)
    unreadable = [fault for fault in faults if not fault.number]
    if len(unreadable) == len(files):
        raise SourceError(
            "Ingen av filene kunne leses som innspill:\n"
            + collect(f"{files[one.file - 1]}: {one.text}" for one in unreadable[:_NAMED])
            + (f"\n… og {len(files) - _NAMED} til" if len(files) > _NAMED else ""),
            remedy="Filene lagres fra kartet med «Lagre innspillene i en fil». Ikke rett dem.",
        )
    kept, twice = merge(read)
    return _result(kept, sorted([*faults, *twice]), len(files), crs, package)


def fault_lines(result: Result, paths: Iterable[str | Path]) -> list[str]:
    """Name the files of the faults and of what is masked: a report must not, for a name may tell.

    Parameters
    ----------
    result
        From :func:`merge_remarks` of the same ``paths``.
    """
    files = find_files(paths)
    personal = [
        (source, f"{kinds} er skjult.")
        for source, kinds in result.table("innspill")
        .frame[["fil", "skjult"]]
        .itertuples(index=False)
        if kinds
    ]
    faults = []
    if any(table.name == "avvik" for table in result.tables):
        rows = result.table("avvik").frame.to_dict("records")
        faults = [
            (row["fil"] + _numbered(row["nummer"]), f"{row['tekst']} ({row['handling']})")
            for row in rows
        ]
    lines = []
    for source, text in (*faults, *personal):
        file, _, rest = source.partition(", ")
        name = files[int(file.removeprefix("fil ")) - 1]
        lines.append(printable(f"{name}{', ' if rest else ''}{rest}: {text}"))
    return lines


def _numbered(number: Any) -> str:  # noqa: ANN401  (a cell: a number or NA)
    return "" if pd.isna(number) else f", innspill {number}"


def _result(
    remarks: Sequence[Remark],
    faults: Sequence[Fault],
    files: int,
    crs: str,
    package: DataPackage | None,
) -> Result:
    """Put the remarks into tables, a map and a sentence."""
    frame = _frame(remarks, crs)
    tables: list[Table] = []
    ground: list[MapLayer] = []
    used: list[str] = []
    if package is not None:
        frame, areas, used = _placed(frame, package)
        tables += areas
        ground = _ground(package)
    outside = int((frame["utenfor"] == "ja").sum()) if "utenfor" in frame else 0
    personal = [one for one in remarks if one.personal]
    themes = Counter(one.theme or NO_THEME for one in remarks)
    most = sorted(themes, key=lambda name: (-themes[name], name))
    facts = {
        "antall": Fact(title="Innspill", value=len(remarks)),
        "filer": Fact(title="Filer", value=files),
        "temaer": Fact(title="Tema", value=len(themes)),
        "skjult": Fact(title="Innspill der opplysninger er skjult", value=len(personal)),
        "feil": Fact(title="Avvik i filene", value=len(faults)),
        "utenfor": Fact(title="Innspill utenfor kommunen", value=outside if package else None),
    }
    return Result(
        analysis=ANALYSIS,
        title="Innspill fra innbyggere",
        question="Hva har folk skrevet på kartet, om hva og hvor?",
        template=_sentence(most, themes, files),
        facts=facts,
        tables=(
            _remark_table(frame),
            _theme_table(themes, most),
            *tables,
            *([_fault_table(faults)] if faults else []),
        ),
        layers=(*ground, _layer(frame, most)),
        findings=(*_personal_findings(personal, frame), *_fault_findings(faults)),
        warnings=_warnings(personal, outside),
        reading=_READING,
        provenance=_provenance(package, used, crs),
    )


def _sentence(most: Sequence[str], themes: Counter[str], files: int) -> str:
    """Write the finding; themes come from the files, and braces in them are no facts."""
    where = "{filer} fil" if files == 1 else "{filer} filer"
    if not most:
        return f"Det er ingen innspill i {where}."
    top = [name for name in most if name != NO_THEME][:3]
    named = [f"{name} ({themes[name]})".replace("{", "{{").replace("}", "}}") for name in top]
    about = f" Flest er om {listed(named)}." if named else ""
    return f"{{antall}} innspill fra {where}.{about}"


def _frame(remarks: Sequence[Remark], crs: str) -> gpd.GeoDataFrame:
    """Return a row for each remark, labelled by a running number in order of date."""
    count = len(remarks)
    return gpd.GeoDataFrame(
        {
            "tema": [one.theme or NO_THEME for one in remarks],
            "tekst": [one.text for one in remarks],
            "laget": [one.made for one in remarks],
            "side": [one.page for one in remarks],
            "fil": [f"fil {one.place[0]}, innspill {one.place[1]}" for one in remarks],
            "skjult": [listed([KINDS[kind] for kind in one.personal]) for one in remarks],
            "id": [one.id for one in remarks],
        },
        geometry=gpd.points_from_xy([one.x for one in remarks], [one.y for one in remarks]),
        crs=crs,
        index=pd.Index([f"I{number:04d}" for number in range(1, count + 1)], dtype=object),
    ).astype(dict.fromkeys(("tema", "tekst", "laget", "side", "fil", "skjult", "id"), object))


def _placed(
    frame: gpd.GeoDataFrame, package: DataPackage
) -> tuple[gpd.GeoDataFrame, list[Table], list[str]]:
    """Add the areas of each remark, and count them by area."""
    frame = frame.copy()
    tables: list[Table] = []
    used: list[str] = []
    if "kommunegrense" in package:
        used.append("kommunegrense")
        own = _boundary(package)
        inside = gpd.sjoin(frame[["geometry"]], own[["geometry"]], predicate="intersects").index
        frame["utenfor"] = np.where(frame.index.isin(inside), "", "ja").astype(object)
    for layer, column, title, heading in _AREAS:
        if layer in package and column in package.records[layer].columns:
            used.append(layer)
            names = _areas_of(frame, package.read(layer, columns=[column]), column)
            frame[layer] = names.groupby(level=0).agg(", ".join).reindex(frame.index)
            tables.append(_count_table(layer, title, heading, names))
    if "senter" in package and "navn" in package.records["senter"].columns:
        used.append("senter")
        centres = package.read("senter", columns=["navn"])
        places = centres[centres.geometry.notna() & ~centres.geometry.is_empty]
        if len(places):
            near = gpd.sjoin_nearest(
                frame[["geometry"]], places[["navn", "geometry"]], distance_col="avstand_m"
            )
            near = near.sort_values("navn").groupby(level=0).first().reindex(frame.index)
            frame["senter"] = near["navn"].fillna("").astype(object)
            frame["avstand_m"] = near["avstand_m"]
            tables.append(
                _count_table("senter", "Innspill etter nærmeste senter", "Senter", frame["senter"])
            )
    return frame, tables, used


def _areas_of(frame: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, column: str) -> pd.Series[str]:
    """Return the names of the areas that each place lies in; districts of two stages overlap."""
    named = areas[[column, "geometry"]].assign(**{column: areas[column].astype(str)})
    joined = gpd.sjoin(frame[["geometry"]], named, how="left", predicate="intersects")
    names = joined[column].fillna(_NOWHERE).astype(object)
    areas_of: pd.Series[str] = names.groupby(level=0).agg(lambda some: sorted(set(some))).explode()
    return areas_of


def _count_table(layer: str, title: str, heading: str, names: pd.Series[str]) -> Table:
    """Count the remarks of each area, the most first; each of several areas counts one."""
    counts = names.value_counts().rename_axis("sted").reset_index(name="antall")
    counts = counts.sort_values(["antall", "sted"], ascending=[False, True], ignore_index=True)
    return Table(
        name=f"etter_{layer}",
        title=title,
        frame=counts.set_index(pd.Index(counts["sted"].tolist(), dtype=object)),
        columns={
            "sted": Column(title=heading),
            "antall": Column(title="Innspill", decimals=0),
        },
    )


def _theme_table(themes: Counter[str], most: Sequence[str]) -> Table:
    frame = pd.DataFrame(
        {
            "tema": pd.Series(list(most), dtype=object),
            "antall": pd.Series([themes[name] for name in most], dtype="int64"),
        }
    )
    return Table(
        name="etter_tema",
        title="Innspill etter tema",
        frame=frame.set_index(pd.Index(list(most), dtype=object)),
        columns={"tema": Column(title="Tema"), "antall": Column(title="Innspill", decimals=0)},
    )


def _columns(frame: pd.DataFrame) -> dict[str, Column]:
    known = {
        "tema": Column(title="Tema"),
        "tekst": Column(title="Innspill"),
        "laget": Column(title="Skrevet"),
        "side": Column(title="Kart", description="Siden som innspillet ble skrevet på."),
        "utenfor": Column(title="Utenfor kommunen"),
        "grunnkrets": Column(title="Grunnkrets"),
        "skolekrets": Column(title="Skolekrets"),
        "senter": Column(title="Nærmeste senter"),
        "avstand_m": Column(title="Til senteret i luftlinje", unit="m", decimals=0),
        "skjult": Column(title="Skjult i teksten"),
        "fil": Column(title="Kilde"),
        "id": Column(title="Id", description="Hvert innspills egen id, gitt av siden."),
    }
    return {name: column for name, column in known.items() if name in frame.columns}


def _remark_table(frame: gpd.GeoDataFrame) -> Table:
    """Show what a planner reads; the map layer has the rest."""
    columns = {name: one for name, one in _columns(frame).items() if name not in _ONLY_ON_MAP}
    return Table(
        name="innspill",
        title="Innspillene",
        frame=pd.DataFrame(frame[list(columns)]),
        columns=columns,
        note="Opplysninger om hvem som skrev, er skjult. Kildefilene er urørt.",
    )


def _layer(frame: gpd.GeoDataFrame, most: Sequence[str]) -> MapLayer:
    """Draw the commonest themes with a colour and mark each, and the rest alike."""
    shown = list(most[: len(_LOOKS)])
    classes = [
        StyleClass(value=name, label=name, fill=fill, shape=shape)
        for name, (fill, shape) in zip(shown, _LOOKS, strict=False)
    ]
    drawn = frame.assign(farge=frame["tema"].where(frame["tema"].isin(shown), _REST))
    if len(most) > len(shown):
        classes.append(StyleClass(value=_REST, label=_REST, fill="#999999", shape="circle"))
    return MapLayer(
        name="innspill_kart",
        title="Innspill",
        frame=drawn,
        columns={**_columns(frame), "farge": Column(title="Farge på kartet")},
        style=Style(
            fill="#999999", stroke="#ffffff", size=3.0, column="farge", classes=tuple(classes)
        ),
        rows_of="innspill",
    )


def _boundary(package: DataPackage) -> gpd.GeoDataFrame:
    """Return the municipality's own boundary: the layer may hold its neighbours too."""
    rows = package.read("kommunegrense")
    own = rows[rows["kommunenummer"].astype(str) == package.municipality]
    return own if len(own) else rows


def _ground(package: DataPackage) -> list[MapLayer]:
    """Draw the municipality under the remarks."""
    from askergeo.analyses._background import land_of  # noqa: PLC0415  (heavy)

    if "kommunegrense" not in package:
        return []
    return [land_of(_boundary(package))]


def _fault_table(faults: Sequence[Fault]) -> Table:
    frame = pd.DataFrame(
        {
            "fil": [f"fil {one.file}" for one in faults],
            "nummer": pd.array([one.number or None for one in faults], dtype="Int64"),
            "tekst": [one.text for one in faults],
            "handling": [one.action for one in faults],
        },
        index=pd.Index([f"A{number:04d}" for number in range(1, len(faults) + 1)], dtype=object),
    )
    return Table(
        name="avvik",
        title="Avvik i filene",
        frame=frame,
        columns={
            "fil": Column(title="Fil"),
            "nummer": Column(title="Innspill nr.", decimals=0),
            "tekst": Column(title="Hva er galt"),
            "handling": Column(title="Hva er gjort"),
        },
        note="Uten nummer gjelder avviket hele filen.",
    )


def _personal_findings(personal: Sequence[Remark], frame: gpd.GeoDataFrame) -> list[Finding]:
    """Return a finding for each remark that may tell who wrote it."""
    labels = dict(zip(frame["id"], frame.index, strict=True))
    places = dict(zip(frame["id"], frame.geometry, strict=True))
    return [
        Finding(
            rule="innspill.personopplysning",
            title="Innspillet kan si hvem som skrev det",
            status=Status.HIT_YELLOW,
            severity=Severity.WARNING,
            text=f"{labels[one.id]} (fil {one.place[0]}, innspill {one.place[1]}): "
            f"{listed([KINDS[kind] for kind in one.personal])} er skjult.",
            layer="innspill_kart",
            row=labels[one.id],
            action="Les innspillet i kildefilen. Slett opplysningen der, og slett filen når "
            "innspillet er behandlet.",
            geometry=places[one.id],
        )
        for one in personal
    ]


def _fault_findings(faults: Sequence[Fault]) -> list[Finding]:
    """Return a finding for each kind of fault; the table has them all."""
    kinds: dict[tuple[str, str, str], list[Fault]] = {}
    for fault in faults:
        kinds.setdefault((fault.rule, fault.text, fault.action), []).append(fault)
    return [
        Finding(
            rule=f"innspill.{rule}",
            title=text.rstrip("."),
            status=Status.NOT_RELEVANT,
            severity=Severity.INFO if action != ASIDE else Severity.WARNING,
            text=f"{len(some)} {action}; først fil {some[0].file}"
            + (f", innspill {some[0].number}." if some[0].number else "."),
            action="Tabellen «Avvik i filene» har alle.",
        )
        for (rule, text, action), some in kinds.items()
    ]


def _warnings(personal: Sequence[Remark], outside: int) -> tuple[str, ...]:
    warnings = []
    if personal:
        warnings.append(
            f"{len(personal)} innspill hadde opplysninger om hvem som skrev. De er skjult her, men "
            "står i kildefilene."
        )
    if outside:
        warnings.append(f"{outside} innspill ligger utenfor kommunen. De er med, og er merket.")
    return tuple(warnings)


def _provenance(package: DataPackage | None, used: Sequence[str], crs: str) -> Provenance:
    if package is not None:
        return provenance_of(package, used, f"askergeo innspill FIL… --data {package.path.name}")
    return Provenance(
        version=__version__,
        command="askergeo innspill FIL…",
        created=created_now(),
        municipality="",
        crs=crs,
        package="",
        software=software_versions(),
    )
