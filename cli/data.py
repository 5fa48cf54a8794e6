"""The verbs of ``askergeo data``: make, fill, check and show a data package."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .console import Console, text_table
from .options import Json, Overwrite, Quiet
from .pipe_model import add_model
from .timetable import add_timetable

__all__ = ["register"]

Package = Annotated[Path, typer.Argument(metavar="MAPPE", help="Datapakken.")]

_HELP = """Lag, fyll, sjekk og vis en datapakke.

$ askergeo data ny asker --kommune 3203
$ askergeo data legg-til asker bygning bygg.gpkg --lag-i-fil Bygning
$ askergeo data legg-til asker rutetabell.zip
$ askergeo data legg-til asker modell.inp --crs EPSG:25832
$ askergeo data mangler asker
$ askergeo data sjekk asker
"""


_RECIPES = (
    "Oppskriftsfil (.yml), eller navnet på en innebygd: asker (hele kommunen), asker_vardasen "
    "(Vardåsen i stor målestokk), oslo_ost (gangnett og bosatte i Oslo øst)."
)


class Store(StrEnum):
    """File formats of the layers in a package."""

    PARQUET = "parquet"
    GPKG = "gpkg"


class Threshold(StrEnum):
    """From which severity a check ends with exit code 1."""

    ADVARSEL = "advarsel"
    FEIL = "feil"


def register(app: typer.Typer, command: type, group: type) -> None:
    """Add the verbs to the command line."""
    data = typer.Typer(cls=group, rich_markup_mode=None, help=_HELP)
    data.command("ny", cls=command, options_metavar="--kommune NR | --over MAPPE [VALG]")(new)
    data.command("legg-til", cls=command)(add)
    data.command("bygg", cls=command)(build)
    data.command("hent", cls=command, options_metavar="--sted NAVN | --boks V,S,Ø,N [VALG]")(fetch)
    data.command("sjekk", cls=command)(check)
    data.command("vis", cls=command)(show)
    data.command("avvik", cls=command)(remarks)
    data.command("mangler", cls=command)(missing)
    data.command("lås", cls=command)(lock)
    app.add_typer(data, name="data")


def new(
    path: Package,
    municipality: Annotated[
        str, typer.Option("--kommune", metavar="NR", help="Kommunenummer, fire siffer.")
    ] = "",
    name: Annotated[str, typer.Option("--navn", metavar="TEKST", help="Navn på pakken.")] = "",
    store: Annotated[
        Store,
        typer.Option("--lager", metavar="FORMAT", help="Filformat for lagene: parquet eller gpkg."),
    ] = Store.PARQUET,
    base: Annotated[
        Path | None,
        typer.Option(
            "--over", metavar="MAPPE", help="Lag et scenario: endringer oppå denne datapakken."
        ),
    ] = None,
    *,
    overwrite: Overwrite = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Lag en tom datapakke for en kommune, eller et scenario oppå en.

    $ askergeo data ny asker --kommune 3203
    $ askergeo data ny ny-skole --over asker
    """
    from askergeo.datapackage import DataPackage
    from askergeo.errors import ParameterError
    from askergeo.municipalities import check_municipality

    if base is not None:
        package = DataPackage.create_scenario(
            path, DataPackage.open(base), name=name, overwrite=overwrite
        )
    elif municipality:
        known = check_municipality(municipality)
        package = DataPackage.create(
            path,
            municipality=known.number,
            name=name or known.name,
            store=store.value,
            overwrite=overwrite,
        )
    else:
        raise ParameterError(
            "Kommunen mangler.",
            remedy="Skriv for eksempel «--kommune 3203», eller «--over MAPPE» for et scenario.",
        )
    facts = {
        "mappe": str(package.path),
        "navn": package.name,
        "kommune": package.municipality,
        "crs": package.crs,
    }
    named = f"{package.name}, " if package.name else ""
    text = f"{package.path}: {named}kommune {package.municipality}, {package.crs}"
    Console(as_json=as_json, quiet=quiet).result(text, facts)


def add(
    path: Package,
    layer: Annotated[
        str,
        typer.Argument(
            metavar="LAG",
            help="Laget i katalogen. Utelates for en rutetabell og en ledningsnettmodell (.inp), "
            "som gir flere lag på en gang.",
        ),
    ],
    file: Annotated[
        Path | None, typer.Argument(metavar="FIL", help="Filen som skal leses.")
    ] = None,
    source_layer: Annotated[
        str | None,
        typer.Option("--lag-i-fil", metavar="NAVN", help="Laget i filen, når den har flere."),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--kolonner",
            metavar="KART.YML",
            help="Fil som sier hvilke kolonner og koder som svarer til katalogens, eller navnet "
            "på en innebygd; «askergeo katalog LAG» viser de innebygde.",
        ),
    ] = None,
    crs: Annotated[
        str | None,
        typer.Option("--crs", metavar="EPSG:N", help="Koordinatsystemet, når filen ikke sier det."),
    ] = None,
    coverage: Annotated[
        str | None,
        typer.Option(
            "--dekning",
            metavar="FIL",
            help="Flater som viser hvor laget er kartlagt, når det ikke er hele kommunen; "
            "«utstrekning» er rektangelet rundt radene.",
        ),
    ] = None,
    date: Annotated[
        str | None,
        typer.Option("--dato", metavar="ÅÅÅÅ-MM-DD", help="Datoen dataene ble hentet."),
    ] = None,
    owner: Annotated[
        str, typer.Option("--eier", metavar="TEKST", help="Hvem som eier dataene.")
    ] = "",
    licence: Annotated[
        str, typer.Option("--lisens", metavar="TEKST", help="Vilkårene for bruk, som «CC BY 4.0».")
    ] = "",
    attribution: Annotated[
        str,
        typer.Option(
            "--navngivelse", metavar="TEKST", help="Hvordan kilden skal navngis, som «© Kommunen»."
        ),
    ] = "",
    margin: Annotated[
        float | None,
        typer.Option(
            "--margin",
            metavar="METER",
            help="Rutetabell: hvor langt utenfor rektangelet rundt kommunen en holdeplass tar med "
            "turene sine. [vanlig: 10000]",
        ),
    ] = None,
    *,
    append: Annotated[
        bool, typer.Option("--tillegg", help="Legg radene til dem som er der fra før.")
    ] = False,
    overwrite: Overwrite = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Les en fil inn i datapakken som et av katalogens lag.

    $ askergeo data legg-til asker bygning bygg.gpkg --lag-i-fil Bygning
    $ askergeo data legg-til asker barnehage barnehager.geojson --kolonner udir_barnehage
    $ askergeo data legg-til asker rutetabell.zip
    $ askergeo data legg-til asker holdeplass stoppesteder.zip
    $ askergeo data legg-til asker modell.inp --crs EPSG:25832

    Rader med feil rettes eller settes til side, og står med grunn og sted i lagets avvik; ingen
    forsvinner uten spor. Koordinatsystemet gjøres om til pakkens.

    En rutetabell (GTFS eller NeTEx, zip, mappe eller xml) gir lagene holdeplass, rutelinje,
    rutetur, ruteavgang, rutedag og rutebytte i ett. Med er hele turen for hver tur som stopper i
    eller nær kommunen. Ligger stoppestedene i en egen fil, legges den til først, som holdeplass.

    En modell fra EPANET eller SWMM (.inp) gir lagene va_node, va_ledning, va_anlegg og va_modell.
    Uten --crs regnes koordinater i Norge som pakkens; alle andre er modellens egne («--crs lokal»).
    """
    from askergeo.datapackage import DataPackage
    from askergeo.errors import ParameterError
    from askergeo.ingest import Terms, add_file

    console = Console(as_json=as_json, quiet=quiet)
    terms = Terms(owner=owner, licence=licence, attribution=attribution)
    package = DataPackage.open(path)
    if file is None and Path(layer).suffix.casefold() == ".inp":
        given = {"--lag-i-fil": source_layer, "--kolonner": columns, "--dekning": coverage,
                 "--margin": margin}  # fmt: skip
        add_model(
            console, package, Path(layer), [name for name, one in given.items() if one], crs=crs,
            fetched=date, terms=terms, append=append, overwrite=overwrite,
        )  # fmt: skip
        return
    if file is None:
        other = {"--lag-i-fil": source_layer, "--kolonner": columns, "--crs": crs,
                 "--dekning": coverage}  # fmt: skip
        add_timetable(
            console, package, layer, [name for name, one in other.items() if one],
            fetched=date, terms=terms, margin=margin, append=append, overwrite=overwrite,
        )  # fmt: skip
        return
    if margin is not None:
        raise ParameterError(
            "--margin gjelder bare når en hel rutetabell legges til.", remedy="Ta bort valget."
        )
    added = add_file(
        package,
        layer,
        file,
        source_layer=source_layer,
        mapping=columns,
        crs=crs,
        fetched=date,
        terms=terms,
        coverage=coverage,
        append=append,
        overwrite=overwrite,
    )
    if added.unstated:
        options = ", ".join(f"--{name} TEKST" for name in added.unstated)
        console.note(
            f"Merk: {', '.join(added.unstated)} er ikke oppgitt for {added.layer} og er ukjent "
            f"i resultatene. Legg det til på nytt med {options}, eller sett «kilde:» i "
            "kartfilen."
        )
    console.result(added.text(), added.record())


def build(
    path: Package,
    recipe: Annotated[str, typer.Argument(metavar="OPPSKRIFT", help=_RECIPES)],
    source: Annotated[
        Path, typer.Option("--fra", metavar="MAPPE", help="Mappen som filene ligger i.")
    ],
    *,
    overwrite: Overwrite = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Lag en hel datapakke etter en oppskrift: mange filer, ett kall, samme svar hver gang.

    $ askergeo data bygg asker-data asker --fra ../shared/data/asker
    """
    from askergeo.recipe import build_from_recipe

    console = Console(as_json=as_json, quiet=quiet)
    with console.progress(f"Oppskrift {recipe}") as step:
        added = build_from_recipe(path, recipe, source=source, overwrite=overwrite, progress=step)
    console.result("\n".join(one.text() for one in added), [one.record() for one in added])


class Service(StrEnum):
    """Services on the net that layers are fetched from."""

    OSM = "osm"


def fetch(
    path: Package,
    service: Annotated[
        Service, typer.Argument(metavar="KILDE", help="Tjenesten: osm (OpenStreetMap).")
    ],
    place: Annotated[
        str, typer.Option("--sted", metavar="NAVN", help="Stedet, som «Asker, Norge».")
    ] = "",
    box: Annotated[
        str,
        typer.Option("--boks", metavar="V,S,Ø,N", help="Boks i grader: vest,sør,øst,nord."),
    ] = "",
    patience: Annotated[
        int,
        typer.Option("--frist", metavar="SEKUNDER", min=1, help="Hvor lenge vi venter på svar."),
    ] = 180,
    *,
    overwrite: Overwrite = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Hent veger, stier, porter og tjenester fra OpenStreetMap over nettet.

    $ askergeo data hent asker osm --sted "Asker, Norge"
    $ askergeo data hent asker osm --boks 10.42,59.82,10.46,59.84

    Dette er den eneste kommandoen som går på nettet. Den spør Nominatim om stedet og Overpass om
    innholdet; begge er åpne tjenester som ser hva du spør om. Uten nett: last ned et utdrag
    (.osm.pbf) fra geofabrik.de, og les det med «askergeo data legg-til».
    """
    from askergeo.datapackage import DataPackage
    from askergeo.errors import ParameterError
    from askergeo.fetch import add_from_net
    from askergeo.sources.osm_net import find_place, parse_box

    if bool(place) == bool(box):
        raise ParameterError(
            "Oppgi enten --sted eller --boks.",
            remedy="For eksempel --sted «Asker, Norge» eller --boks 10.42,59.82,10.46,59.84.",
        )
    package = DataPackage.open(path)
    console = Console(as_json=as_json, quiet=quiet)
    with console.progress(f"Henter fra {service.value}") as step:
        area = parse_box(box) if box else find_place(place, timeout=patience)
        step(0.2, area.name)
        added = add_from_net(package, area, timeout=patience, overwrite=overwrite)
    console.result("\n".join(one.text() for one in added), [one.record() for one in added])


def check(
    path: Package,
    threshold: Annotated[
        Threshold,
        typer.Option(
            "--terskel", metavar="NIVÅ", help="Sluttkode 1 fra og med: advarsel eller feil."
        ),
    ] = Threshold.ADVARSEL,
    *,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Sjekk at datapakken er hel: filer, summer, kolonner og avvik.

    $ askergeo data sjekk asker
    $ askergeo data sjekk asker --terskel feil

    Feil: en fil mangler, er endret eller kan ikke leses. Advarsel: et lag har rader med avvik.
    Merk: rader ligger utenfor kommunen, eller et lag har ingen dato; det gir sluttkode 0.
    """
    from askergeo.datapackage import DataPackage
    from askergeo.inspection import check_package

    console = Console(as_json=as_json, quiet=quiet)
    problems = check_package(DataPackage.open(path))
    text = "\n".join(f"{_SEVERITIES[p.severity.value]:8}  {p.text}" for p in problems)
    console.result(
        text or "Ingen funn.",
        [{"alvor": p.severity.value, "tekst": p.text} for p in problems],
    )
    serious = {"advarsel": ("advarsel", "feil"), "feil": ("feil",)}[threshold.value]
    if any(p.severity.value in serious for p in problems):
        raise typer.Exit(1)


_SEVERITIES = {"feil": "FEIL", "advarsel": "ADVARSEL", "info": "MERK"}


def show(path: Package, *, as_json: Json = False, quiet: Quiet = False) -> None:
    """Vis hva datapakken inneholder.

    $ askergeo data vis asker
    """
    from dataclasses import asdict

    from askergeo.datapackage import DataPackage
    from askergeo.numbers import format_number

    package = DataPackage.open(path)
    rows = [
        [
            layer,
            format_number(record.rows),
            format_number(record.avvik_rows),
            record.fetched or "ukjent",
            record.licence,
            package.catalogue[layer].title,
        ]
        for layer, record in package.records.items()
    ]
    head = f"{package.name}, kommune {package.municipality}, {package.crs}"
    if package.example:
        head += " – oppdiktet eksempel"
    table = text_table(["Lag", "Rader", "Avvik", "Dato", "Lisens", "Tittel"], rows)
    console = Console(as_json=as_json, quiet=quiet)
    console.result(
        f"{head}\n\n{table}",
        {
            "navn": package.name,
            "kommune": package.municipality,
            "crs": package.crs,
            "eksempel": package.example,
            "lag": [asdict(record) for record in package.records.values()],
        },
    )


def remarks(
    path: Package,
    layer: Annotated[
        str | None, typer.Argument(metavar="LAG", help="Ett lag; alle når det ikke er oppgitt.")
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Vis radene som ble rettet eller satt til side da lagene ble lest inn.

    $ askergeo data avvik asker barnehage

    Hver rad står med radnummeret i kilden, hva som var galt, hva som ble gjort, og stedet (øst og
    nord i meter) når det er kjent.
    """
    from askergeo.datapackage import DataPackage
    from askergeo.inspection import list_remarks

    rows = list_remarks(DataPackage.open(path), layer)
    header = ("lag", "rad", "tittel", "handling", "x", "y", "tekst")
    cells = [["" if row[name] is None else str(row[name]) for name in header] for row in rows]
    titles = ["Lag", "Rad", "Avvik", "Handling", "Øst", "Nord", "Forklaring"]
    text = text_table(titles, cells) if rows else "Ingen avvik."
    Console(as_json=as_json).result(text, rows)


def missing(path: Package, *, as_json: Json = False, quiet: Quiet = False) -> None:
    """Si for hvert lag som mangler, hva det ville gi og hvor det bestilles.

    $ askergeo data mangler asker

    Lag som finnes, men bare er kartlagt i en del av kommunen, er også med.
    """
    from askergeo.datapackage import DataPackage
    from askergeo.inspection import missing_layers

    found = missing_layers(DataPackage.open(path))
    blocks = [
        f"{one['lag']} – {one['tittel']}{_partly(one['dekker'])}\n"
        + "\n".join(f"  {label}: {one[key]}" for key, label in _MISSING.items() if one[key])
        for one in found
    ]
    Console(as_json=as_json, quiet=quiet).result("\n\n".join(blocks) or "Ingen lag mangler.", found)


def _partly(share: str) -> str:
    return f" – finnes, men dekker {share}: brukes ikke til svar for hele kommunen" if share else ""


_MISSING = {
    "gir": "Gir",
    "analyser": "Trengs av",
    "eier": "Gis ut av",
    "bestilles": "Bestilles",
    "format": "Format",
    "kolonner": "Leses med",
}


def lock(
    path: Package,
    *,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Godta filene slik de nå er, og skriv nye summer i låsen.

    $ askergeo data lås asker

    Brukes når et lag er rettet for hånd, for eksempel i QGIS. Lag som ikke lenger kan leses, eller
    som mangler kolonner, stopper låsingen.
    """
    from askergeo.datapackage import DataPackage
    from askergeo.relock import relock

    changed = relock(DataPackage.open(path))
    text = "\n".join(f"Ny sum for {layer}" for layer in changed) or "Ingenting er endret."
    Console(as_json=as_json, quiet=quiet).result(text, {"endret": changed})
