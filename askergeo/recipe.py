"""Recipes: which file becomes which layer of a package, by which mapping; one call builds it."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from askergeo.catalogue import load_catalogue
from askergeo.centres import load_centres
from askergeo.datapackage import OWN_CATALOGUE, DataPackage, Origin
from askergeo.errors import MissingFileError, SourceError, collect
from askergeo.ingest import Added, Terms, add_file
from askergeo.municipalities import check_municipality
from askergeo.stores.arguments import require_free
from askergeo.stores.folder import building

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["build_from_recipe", "built_in_recipes"]

_BOX = re.compile(r"(?:-?\d+(?:\.\d+)? *(?:, *|$)){4}")
_RECIPE_KEYS = {"kommune", "navn", "lag", "mangler"}
_STEP_KEYS = {
    "lag",
    "fil",
    "lag_i_fil",
    "kolonner",
    "dato",
    "crs",
    "tillegg",
    "dekning",
    "boks",
    "senterstruktur",
    "eier",
    "lisens",
    "navngivelse",
}


def build_from_recipe(
    path: Path,
    recipe: str,
    *,
    source: Path,
    overwrite: bool = False,
    progress: Callable[[float, str], None] | None = None,
) -> list[Added]:
    """Build a whole package from a recipe: which file becomes which layer, by which mapping.

    Parameters
    ----------
    path
        Folder of the new package.
    recipe
        A YAML file, or the name of a built-in recipe (``asker``).
    source
        Folder of the files that the recipe names; a column mapping of the user's own too.
    overwrite
        Replace a package that is there.
    progress
        Called with the share done (0–1) and what is under way.

    Raises
    ------
    AskergeoError
        When the recipe has a fault (all are listed), a file is missing, or a layer cannot be
        read; what was in ``path`` is then as it was.
    """
    content = _recipe(recipe)
    steps = content["lag"]
    named = dict.fromkeys(step["fil"] for step in steps if "fil" in step)
    absent = [name for name in named if not (source / name).exists()]
    if absent:
        raise MissingFileError(
            f"I {source} mangler filer som oppskriften «{recipe}» bruker:\n{collect(absent)}",
            remedy="Oppgi mappen med filene etter --fra.",
        )
    municipality = check_municipality(str(content["kommune"]))
    require_free(path, overwrite=overwrite)
    own = path / OWN_CATALOGUE
    added = []
    with building(path) as new:
        package = DataPackage.create(
            new,
            municipality=municipality.number,
            name=str(content.get("navn", municipality.name)),
            catalogue=load_catalogue(own) if own.is_dir() else None,
        )
        for number, step in enumerate(steps):
            if progress:
                progress(number / len(steps), step["lag"])
            added.append(_run_step(package, step, source))
    return added


def _run_step(package: DataPackage, step: Mapping[str, Any], source: Path) -> Added:
    if "senterstruktur" in step:
        return _add_centres(package, step["senterstruktur"])
    return add_file(
        package,
        step["lag"],
        source / step["fil"],
        source_layer=step.get("lag_i_fil"),
        mapping=_place(source, step.get("kolonner")),
        crs=step.get("crs"),
        fetched=str(step["dato"]) if "dato" in step else None,
        terms=Terms(
            owner=step.get("eier", ""),
            licence=step.get("lisens", ""),
            attribution=step.get("navngivelse", ""),
        ),
        coverage=_place(source, step.get("dekning")),
        box=_box(step["boks"]) if "boks" in step else None,
        append=bool(step.get("tillegg")),
    )


def _place(source: Path, name: str | None) -> str | None:
    """Return the file in ``source`` when there is one; else the name of something built in."""
    return str(source / name) if name and (source / name).is_file() else name


def _box(text: str) -> tuple[float, float, float, float]:
    west, south, east, north = (float(part) for part in text.split(","))
    return west, south, east, north


def _add_centres(package: DataPackage, name: str) -> Added:
    structure = load_centres(name)
    frame = structure.layer(package.crs)
    warnings = "; ".join(structure.warnings())
    layer = package.catalogue["senter"]
    record = package.write(
        "senter",
        frame,
        origin=Origin(
            f"Senterstruktur som følger med askergeo ({structure.name})",
            licence=layer.licence,
            attribution=layer.attribution,
            owner=layer.owner,
        ),
        coverage=warnings,
    )
    return Added(
        layer="senter",
        title=layer.title,
        file="askergeos egne data",
        rows=record.rows,
        read=len(structure.centres),
        filtered=len(structure.without_position),
        set_aside=0,
        remarks=0,
    )


def built_in_recipes() -> list[str]:
    """Return the names of the recipes that come with askergeo."""
    folder = files("askergeo") / "data" / "recipes"
    return sorted(one.name.removesuffix(".yml") for one in folder.iterdir())


def _recipe(name: str) -> dict[str, Any]:
    """Read a recipe and list all its faults at once."""
    path = Path(name)
    built_in = files("askergeo") / "data" / "recipes"
    if not path.suffix:
        resource = built_in / f"{name}.yml"
        if not resource.is_file():
            known = ", ".join(built_in_recipes())
            raise MissingFileError(
                f"Oppskriften «{name}» finnes ikke.",
                remedy=f"Innebygde oppskrifter: {known}. En egen fil slutter på .yml.",
            )
        raw = resource.read_bytes()
    elif path.is_file():
        raw = path.read_bytes()
    else:
        raise MissingFileError(f"Oppskriften {path} finnes ikke.", remedy="Se etter skrivefeil.")
    try:
        content = yaml.safe_load(raw.decode("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SourceError(
            f"Oppskriften {name} er ikke gyldig YAML i UTF-8: {error}.",
            remedy="Rett filen, og lagre den som UTF-8.",
        ) from error
    if problems := _recipe_problems(content):
        raise SourceError(
            f"Oppskriften {name} har feil:\n{collect(problems)}",
            remedy="Se docs/datapakke.md for hvordan en oppskrift skrives.",
        )
    return dict(content)


def _recipe_problems(content: Any) -> list[str]:  # noqa: ANN401  (whatever YAML holds)
    if not isinstance(content, dict) or not isinstance(content.get("lag"), list):
        return ["den må ha «kommune» og en liste «lag»"]
    problems = [f"ukjent nøkkel «{key}»" for key in content if key not in _RECIPE_KEYS]
    if "kommune" not in content:
        problems.append("«kommune» mangler")
    for number, step in enumerate(content["lag"], start=1):
        if not isinstance(step, dict) or "lag" not in step:
            problems.append(f"lag nr. {number} har ikke «lag»")
            continue
        if ("fil" in step) == ("senterstruktur" in step):
            problems.append(
                f"lag nr. {number} ({step['lag']}) må ha enten «fil» eller «senterstruktur»"
            )
        problems += [
            f"lag nr. {number} ({step['lag']}): ukjent nøkkel «{key}»"
            for key in step
            if key not in _STEP_KEYS
        ]
        problems += [
            f"lag nr. {number} ({step['lag']}): «{key}» skal være tekst"
            for key in _STEP_KEYS - {"dato", "tillegg"}
            if not isinstance(step.get(key, ""), str)
        ]
        if not _BOX.fullmatch(str(step.get("boks", "0,0,0,0"))):
            problems.append(
                f"lag nr. {number} ({step['lag']}): «boks» skal være vest,sør,øst,nord i grader"
            )
    return problems
