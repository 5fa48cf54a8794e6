"""Verbs that show what askergeo knows: the layer catalogue and the parameters."""

from __future__ import annotations

from typing import Annotated

import typer

from .console import Console, text_table
from .options import Json, Quiet

__all__ = ["register"]

# The review of plans is no analysis, but has parameters as they have.
# Sets that no analysis has: the review of plans, and the measures of a scenario.
_REVIEW, _MEASURES = "plansjekk", "nullvekst_tiltak"


def register(app: typer.Typer, command: type, _group: type) -> None:
    """Add the verbs to the command line."""
    app.command("katalog", cls=command)(catalogue)
    app.command("parametre", cls=command)(parameters)


def catalogue(
    layer: Annotated[str | None, typer.Argument(metavar="LAG", help="Vis ett lag.")] = None,
    *,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Vis lagkatalogen, eller alt om ett lag.

    $ askergeo katalog
    $ askergeo katalog bygning
    """
    from askergeo.catalogue import load_catalogue
    from askergeo.sources.mapping import mappings_for

    console = Console(as_json=as_json, quiet=quiet)
    layers = load_catalogue()
    if layer is None:
        rows = [[one.id, one.geometry, one.owner, one.title] for one in layers.values()]
        text = text_table(["Lag", "Geometri", "Eier", "Tittel"], rows)
        console.result(
            text,
            [dict(zip(("lag", "geometri", "eier", "tittel"), row, strict=True)) for row in rows],
        )
        return
    one = layers[layer]
    facts = {
        "Tittel": one.title,
        "Beskrivelse": one.description,
        "Eier": one.owner,
        "Lisens": one.licence,
        "Navngivelse": one.attribution,
        "Hjemmel": "; ".join(map(str, one.legal_basis)),
        "Geometri": one.geometry,
        "Nøkkel": one.key,
        "Dekning": one.coverage.text,
        "Gir": one.allows,
    }
    rows = [
        [c.name, c.type, c.unit, "må" if c.required else "", c.title] for c in one.columns.values()
    ]
    mappings = mappings_for(one.id)
    lines = [f"{name}: {value}" for name, value in facts.items() if value]
    if mappings:
        lines.append(f"Innebygde kolonnefiler: {', '.join(mappings)}")
    table = text_table(["Kolonne", "Type", "Enhet", "Påkrevd", "Tittel"], rows)
    codes = [
        f"{c.name}: " + ", ".join(f"{code} = {label}" for code, label in c.codes.items())
        for c in one.columns.values()
        if c.codes
    ]
    console.result(
        "\n".join([*lines, "", table, "", *codes]),
        {
            "lag": one.id,
            **{name.lower(): value for name, value in facts.items()},
            "kolonnefiler": mappings,
            "kolonner": [
                dict(zip(("navn", "type", "enhet", "påkrevd", "tittel"), row, strict=True))
                for row in rows
            ],
        },
    )


def parameters(
    analysis: Annotated[
        str | None, typer.Argument(metavar="ANALYSE", help="Vis én analyse.")
    ] = None,
    *,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Vis parametrene som analysene bruker, med enhet, kilde og sikkerhet.

    $ askergeo parametre strandsone
    """
    from askergeo.analyses import ANALYSES, find
    from askergeo.parameters import load_parameters, value_text

    console = Console(as_json=as_json, quiet=quiet)
    sets = {one.id: one.parameters for one in ANALYSES.values()} | {
        one: one for one in (_REVIEW, _MEASURES)
    }
    if analysis is not None:
        sets = {analysis: sets.get(analysis) or find(analysis).parameters}
    records = {one: load_parameters(name).records() for one, name in sets.items()}
    rows = [
        [
            one,
            str(r["navn"]),
            value_text(r["verdi"]),
            str(r["enhet"]),
            str(r["sikkerhet"]),
            str(r["tittel"]),
        ]
        for one, parameters_ in records.items()
        for r in parameters_
    ]
    headers = ["Analyse", "Parameter", "Verdi", "Enhet", "Sikkerhet", "Hva"]
    table = text_table(headers, rows) if rows else f"«{analysis}» har ingen parametre."
    console.result(table, records)
