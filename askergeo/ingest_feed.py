"""A timetable (GTFS or NeTEx) on its way into a package: one file, six layers at once."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from askergeo._avvik import KEPT, SET_ASIDE, join_avvik, make_avvik
from askergeo.crs import to_crs
from askergeo.errors import LayerError, OverwriteError, ParameterError, SourceError
from askergeo.ingest import (
    Added,
    Terms,
    joined_origin,
    make_origin,
    require_date,
    unstated_terms,
    usual_terms,
)
from askergeo.quality import inspect
from askergeo.sources._feed_files import feed_kind
from askergeo.sources.feed import FEED_LAYERS, TABLES, Around, Feed, FeedLog
from askergeo.sources.gtfs import read_gtfs
from askergeo.sources.netex import read_netex

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

    import geopandas as gpd

    from askergeo.datapackage import DataPackage

__all__ = ["MARGIN", "add_feed"]

#: Metres around the rectangle of the municipality within which a stop brings its trips along:
#: far enough for the transfers of those who travel in and out.
MARGIN: Final = 10_000.0

# The ids of the national stop register: who has them has national data.
_NATIONAL: Final = "NSR:"
_TIMED: Final = ("tur_id", "rekkefolge", "holdeplass_id", "ankomst", "avgang")


def add_feed(
    package: DataPackage,
    path: Path,
    *,
    layers: Sequence[str] = FEED_LAYERS,
    fetched: str | None = None,
    terms: Terms | None = None,
    margin: float = MARGIN,
    append: bool = False,
    overwrite: bool = False,
    today: dt.date | None = None,
) -> tuple[list[Added], pd.DataFrame]:
    """Read a timetable into a package as the layers of stops, lines, trips, times and days.

    The trips that stop in the rectangle around the municipality and ``margin`` outside it are
    kept, whole. Stops that the file has no place for are joined to the package's own layer, which
    is then left as it is.

    Parameters
    ----------
    package
        The package; not a scenario.
    path
        A GTFS or NeTEx file: zip, folder or XML.
    layers
        Which of the layers to write.
    fetched
        ISO date when the data were fetched; without it what the file says of itself.
    terms
        Owner, licence and attribution; without them the national ones for national data.
    margin
        Metres.
    append
        Add to the timetable that is there; what has an id that is there already is left out.
    overwrite
        Replace the layers that are there.
    today
        What the calendar is held against; today without.

    Returns
    -------
    tuple
        What each layer got, and the report of the file (columns of
        :data:`~askergeo.sources.feed.REPORT_COLUMNS`).

    Raises
    ------
    AskergeoError
        When the file is no timetable or lacks what it needs, a layer is there already, or two
        timetables use one id for different things; the package is then as it was.
    """
    if package.scenario:
        raise ParameterError(
            "En rutetabell kan ikke legges i et scenario.",
            remedy="Legg den i datapakken som scenariet bygger på.",
        )
    require_date(fetched)
    only_stops = tuple(layers) == ("holdeplass",)
    if not (append or overwrite):
        # Before the file is read, which may take minutes; the stops are looked at afterwards.
        _refuse_present(package, [name for name in layers if only_stops or name != "holdeplass"])
    feed = _read(package, path, margin=margin, today=today, only_stops=only_stops)
    _require_content(feed, path.name, only_stops=only_stops)
    wanted = _to_write(package, feed, layers, append=append, overwrite=overwrite)
    frames, gone = _inspected(package, feed)
    report = _with_extent(package, feed.report)
    told = _told_of(report, wanted)
    avvik = {name: _avvik(told[name], gone[name], package.crs) for name in wanted}
    if append:
        frames, avvik = _appended(package, frames, avvik, wanted)
    national = feed.holdeplass["holdeplass_id"].str.startswith(_NATIONAL).any()
    added = []
    for name in wanted:
        stated = usual_terms(package.catalogue[name]) if national else {}
        origin = make_origin(path, fetched or feed.published or None, terms or Terms(), stated)
        unstated = unstated_terms(origin)
        if append and name in package:
            origin = joined_origin(package.record(name), origin)
        package.write(
            name, frames[name], origin=origin, overwrite=overwrite or append, avvik=avvik[name]
        )
        added.append(
            _told(
                package, name, path, rows=len(frames[name]), remarks=len(avvik[name]),
                unstated=unstated,
            )
        )  # fmt: skip
    return added, report


def _with_extent(package: DataPackage, report: pd.DataFrame) -> pd.DataFrame:
    """Say that the whole file was taken, when nothing tells where the municipality is."""
    if "kommunegrense" in package:
        return report
    log = FeedLog()
    log.add(
        "uavgrenset", "Rutetabellen er ikke avgrenset",
        "Datapakken har ikke laget kommunegrense, så hele filen er tatt med.",
        layer="holdeplass", action=KEPT,
    )  # fmt: skip
    return pd.concat([report, log.frame()], ignore_index=True)


def _told(
    package: DataPackage,
    name: str,
    path: Path,
    *,
    rows: int,
    remarks: int,
    unstated: tuple[str, ...],
) -> Added:
    return Added(
        layer=name,
        title=package.catalogue[name].title,
        file=path.name,
        rows=rows,
        read=rows,
        filtered=0,
        set_aside=0,
        remarks=remarks,
        unstated=unstated,
    )


def _read(
    package: DataPackage,
    path: Path,
    *,
    margin: float,
    today: dt.date | None,
    only_stops: bool,
) -> Feed:
    kind = feed_kind(path)
    if not kind and path.suffix.lower() == ".zip" and not zipfile.is_zipfile(path):
        raise SourceError(
            f"{path.name} kan ikke åpnes som zip: filen er ødelagt eller ikke lastet helt ned.",
            remedy="Hent filen på nytt.",
        )
    if not kind:
        raise SourceError(
            f"{path.name} er ingen rutetabell: verken GTFS (stops.txt, trips.txt …) eller NeTEx "
            "(XML med PublicationDelivery).",
            remedy="Er det en annen fil, si hvilket lag den hører til: «askergeo data legg-til "
            "MAPPE LAG FIL». «askergeo katalog» viser lagene.",
        )
    around = _around(package, margin)
    if kind == "GTFS":
        return read_gtfs(path, around=around, today=today, only_stops=only_stops)
    stops = package.read("holdeplass") if "holdeplass" in package else None
    return read_netex(path, stops=stops, around=around, today=today, only_stops=only_stops)


def _require_content(feed: Feed, name: str, *, only_stops: bool) -> None:
    """Refuse a file of which nothing can be used, and say why."""
    if len(feed.holdeplass if only_stops else feed.rutetur):
        return
    reasons = feed.report.drop_duplicates("tittel")
    told = "".join(f"\n- {title}: {text}" for title, text in
                   zip(reasons["tittel"], reasons["tekst"], strict=True))  # fmt: skip
    raise SourceError(
        f"Ingen {'holdeplasser' if only_stops else 'turer'} i {name} kan brukes.{told}",
        remedy="Er det riktig fil? Be om hele rutetabellen for fylket eller selskapet.",
    )


def _around(package: DataPackage, margin: float) -> Around | None:
    """Return the rectangle around the municipality; ``None`` when the package lacks its border."""
    if margin < 0:
        raise ParameterError("Marginen er under null.", remedy="Oppgi meter, for eksempel 10000.")
    if "kommunegrense" not in package:
        return None
    border = package.read("kommunegrense", columns=["kommunenummer"])
    own = border[border["kommunenummer"] == package.municipality]
    if not len(own):
        return None
    west, south, east, north = own.total_bounds
    box = (west - margin, south - margin, east + margin, north + margin)
    return Around(box=box, crs=package.crs, margin=margin)


def _to_write(
    package: DataPackage, feed: Feed, layers: Sequence[str], *, append: bool, overwrite: bool
) -> list[str]:
    """Return the layers to write; the stops stay when the package has them all already."""
    wanted = list(layers)
    if "holdeplass" in package and len(wanted) > 1 and not append:
        known = set(package.read("holdeplass", columns=["holdeplass_id"])["holdeplass_id"])
        if set(feed.holdeplass["holdeplass_id"]) <= known:
            wanted.remove("holdeplass")
    if not (append or overwrite):
        _refuse_present(package, wanted)
    return wanted


def _refuse_present(package: DataPackage, layers: Sequence[str]) -> None:
    there = [f"«{name}»" for name in layers if name in package]
    if there:
        raise OverwriteError(
            f"{', '.join(there)} er allerede i datapakken {package.path}.",
            remedy="Legg til --overskriv for å erstatte, eller --tillegg for å legge en rutetabell "
            "til ved siden av den som er der.",
        )


def _inspected(
    package: DataPackage, feed: Feed
) -> tuple[dict[str, pd.DataFrame], dict[str, gpd.GeoDataFrame]]:
    """Hold every table against the catalogue's rules, in the package's CRS."""
    frames: dict[str, Any] = dict(feed.frames())
    frames["holdeplass"] = to_crs(feed.holdeplass, package.crs, what="holdeplass")
    gone: dict[str, gpd.GeoDataFrame] = {}
    for name in FEED_LAYERS:
        frames[name], gone[name] = inspect(frames[name], package.catalogue[name])
        if name == "holdeplass":
            known = frames[name]["holdeplass_id"]
            times, pairs = frames["ruteavgang"], frames["rutebytte"]
            frames["ruteavgang"] = times[times["holdeplass_id"].isin(known)]
            ends = pairs[["fra_holdeplass_id", "til_holdeplass_id"]].isin(set(known))
            frames["rutebytte"] = pairs[ends.all(axis=1)]
    return frames, gone


def _told_of(report: pd.DataFrame, wanted: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Share the report out on the layers that are written; none of a whole timetable is lost.

    What concerns no layer, or the stops when those of the package stay, goes with the first.
    """
    layer = report["lag"].fillna("")
    whole = len(wanted) > 1
    other = layer.eq("") | (~layer.isin(list(wanted)) & whole)
    return {name: report[layer.eq(name) | (other & (name == wanted[0]))] for name in wanted}


def _avvik(rows: pd.DataFrame, found: gpd.GeoDataFrame, crs: str) -> gpd.GeoDataFrame:
    """Turn rows of the report into deviations of a layer, with file and row in words."""
    texts = [
        f"{text} ({_place(file, row)})" if file else text
        for text, file, row in zip(rows["tekst"], rows["fil"].fillna(""), rows["rad"], strict=True)
    ]
    if not texts:
        return found
    numbers = rows["rad"].fillna(0).to_numpy(dtype="int64")
    told = make_avvik(numbers, "uventet_merknad", texts, SET_ASIDE, crs=crs)
    told = told.assign(
        regel=rows["regel"].to_numpy(),
        tittel=rows["tittel"].to_numpy(),
        handling=rows["handling"].to_numpy(),
    )
    return join_avvik([told, found.to_crs(crs) if found.crs is not None else found], crs)


def _place(file: str, row: object) -> str:
    if pd.isna(row):  # type: ignore[call-overload] # one value
        return file
    return f"{file}, {'linje' if file.casefold().endswith('.xml') else 'rad'} {row}"


def _appended(
    package: DataPackage,
    frames: dict[str, pd.DataFrame],
    avvik: dict[str, gpd.GeoDataFrame],
    wanted: Sequence[str],
) -> tuple[dict[str, pd.DataFrame], dict[str, gpd.GeoDataFrame]]:
    """Put a second timetable beside the first: what is there already is not counted twice."""
    old = {name: package.read(name) for name in FEED_LAYERS if name in package}
    _require_same(old, frames)
    both = dict(frames)
    for name in wanted:
        if name not in old:
            continue
        keys = list(TABLES[name][1])
        new = frames[name]
        if name == "ruteavgang" and "rutetur" in old:
            new = new[~new["tur_id"].isin(old["rutetur"]["tur_id"])]
        joined: Any = pd.concat([old[name], new], ignore_index=True).drop_duplicates(keys)
        both[name] = joined.reset_index(drop=True)
        told = join_avvik([package.read_avvik(name), avvik[name]], package.crs)
        avvik[name] = told.drop_duplicates(["rad", "regel", "tekst"], ignore_index=True)
    return both, avvik


def _require_same(old: dict[str, pd.DataFrame], new: dict[str, pd.DataFrame]) -> None:
    """Refuse two timetables that use the same id for different trips or days."""
    if "rutetur" not in old:
        return
    trips = old["rutetur"].merge(new["rutetur"], on="tur_id", suffixes=("", "_ny"))
    other = (trips["linje_id"] != trips["linje_id_ny"]) | (
        trips["kalender_id"] != trips["kalender_id_ny"]
    )
    if other.any():
        _refuse("tur", trips.loc[other, "tur_id"])
    if "ruteavgang" in old:
        # Leave to board and alight may be unstated in a package; stops and times never are.
        times = [
            one["ruteavgang"].loc[one["ruteavgang"]["tur_id"].isin(trips["tur_id"]), list(_TIMED)]
            for one in (old, new)
        ]
        both = pd.concat(times, ignore_index=True)
        # A row that stands in one of them only; rows are distinct within each.
        alone = both[~both.duplicated(keep=False)]
        if len(alone):
            _refuse("tur", alone["tur_id"].drop_duplicates())
    if "rutedag" not in old:
        return
    days = [one["rutedag"].groupby("kalender_id")["dato"].agg(frozenset) for one in (old, new)]
    shared = days[0].index.intersection(days[1].index)
    odd = [name for name in shared if days[0][name] != days[1][name]]
    if odd:
        _refuse("kalender", pd.Series(odd))


def _refuse(what: str, names: pd.Series) -> None:
    raise LayerError(
        f"De to rutetabellene bruker samme {what}-id om ulike ting: "
        f"{', '.join(map(str, names.head(5)))}.",
        remedy="Er det en ny utgave av den samme, bruk --overskriv. Ellers: be om filer med "
        "nasjonale id-er (Entur), som er ulike fra selskap til selskap.",
    )
