"""The report of a review that is filed: what it says, as plain data, and the files it goes into.

HTML and PDF are written from the same content. Page one is the conclusion; then come the findings
by rule with map cut-outs, every rule and what it said, and what it all rests on.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from askergeo.background import background_of
from askergeo.municipalities import municipalities
from askergeo.numbers import format_number
from askergeo.outputs.filed_page import filed_html
from askergeo.outputs.pdf import can_make_pdf, filed_pdf
from askergeo.outputs.report import NO_DATE, cell_text, clean_text, hidden_rows, shown_columns
from askergeo.outputs.write import Extra, write_all
from askergeo.parameters import value_text
from askergeo.plan.basis import plan_digest
from askergeo.plan.cutout import NEAR_PLAN, Mark, cutout, key_symbols, near_plan, read_ground
from askergeo.plan.report import PLAN_FILE, marks_of, review_result
from askergeo.plan.uses import use_of
from askergeo.result import Status

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from askergeo.datapackage import DataPackage
    from askergeo.outputs.report import Report
    from askergeo.parameters import Parameters
    from askergeo.plan.catalogue import Rule
    from askergeo.plan.cutout import Cutout, Ground
    from askergeo.plan.job import Job
    from askergeo.plan.place import Place
    from askergeo.plan.review import Found, Review
    from askergeo.result import Provenance, Result, Table
    from askergeo.scenario import ScenarioView

__all__ = ["FILED_HTML", "FILED_PDF", "filed_content", "write_review"]

#: Names of the files, beside those of every report.
FILED_HTML: Final = "plansjekk.html"
FILED_PDF: Final = "plansjekk.pdf"
# Map cut-outs and lines that one rule gets; the workbook and the map layer have all.
_CUTOUTS, _LINES = 4, 25
# Ids of the plan's objects that a line names.
_OBJECTS = 4
_WORDS: Final = {Status.HIT_RED: "Rød", Status.HIT_YELLOW: "Gul"}
# Columns of the table of rules, and what they measure.
_MEASURED: Final = (
    ("areal_m2", "m²", "truffet"),
    ("avstand_m", "m", "til nærmeste"),
    ("ikke_kartlagt_m2", "m²", "ikke kartlagt"),
)
_YES: Final = {True: "ja", False: "nei"}


def write_review(
    review: Review,
    package: DataPackage | ScenarioView,
    paths: Sequence[Path],
    folder: str | os.PathLike[str],
    changes: Mapping[str, Sequence[Found]] | None = None,
    *,
    parameters: Parameters | None = None,
    job: Job | None = None,
    overwrite: bool = False,
) -> dict[str, Path]:
    """Write the whole report of a review: page, workbook, map, JSON, and HTML and PDF to file.

    Parameters
    ----------
    review
        A review with a map.
    package
        The data package that it was held against.
    paths
        The plan's files.
    folder, overwrite
        As for `askergeo.outputs.write.write_all`.
    changes
        From `askergeo.plan.review.changed`, when two versions were compared.
    parameters
        Those that the review was made with.
    job
        What it was asked with besides: the command and the provisions are told.

    Returns
    -------
    dict
        As `askergeo.outputs.write.write_all`; without `FILED_PDF` when the extra ``pdf`` is not
        installed, which the report says.

    Raises
    ------
    OverwriteError, MissingFileError, StorageError
        As `askergeo.outputs.write.write_all`.
    ValueError
        When the review has no map.
    """
    if review.place is None:
        msg = "a review without a map has no report"
        raise ValueError(msg)
    ground = read_ground(package, review.place, marks_of(review))
    result = review_result(
        review, package, paths, changes, parameters=parameters, ground=ground, job=job
    )
    told = [*paths, *([job.provisions] if job and job.provisions else [])]
    pictures = _pictures(review, ground)
    content = partial(filed_content, review=review, paths=told, ground=ground, pictures=pictures)

    def write_html(report: Report, path: Path) -> None:
        made = filed_html(content(report), pdf=FILED_PDF if can_make_pdf() else "")
        path.write_text(made, encoding="utf-8", newline="\n")

    def write_pdf(report: Report, path: Path) -> None:
        path.write_bytes(filed_pdf(content(report), report.created))

    more = {
        FILED_HTML: Extra(title="Rapport til arkivet (HTML)", write=write_html),
        FILED_PDF: Extra(
            title="Rapport til arkivet (PDF)", write=write_pdf if can_make_pdf() else None
        ),
    }
    return write_all(
        [result], folder, overwrite=overwrite, more=more, background=background_of(package)
    )


def filed_content(
    report: Report,
    *,
    review: Review,
    paths: Sequence[Path],
    ground: Ground,
    pictures: Mapping[int, Cutout],
) -> dict[str, Any]:
    """Say everything that the filed report holds, as texts, lists and pictures.

    Parameters
    ----------
    report
        The suppressed result of the review.
    review
        The review.
    paths
        The plan's files.
    ground
        What lies below the cut-outs.
    pictures
        Cut-outs by the finding's place in the review; ``-1`` is the whole plan.
    """
    (result,) = report.results
    groups = list(_groups(review, pictures))
    made = result.provenance
    return {
        "tittel": _title(review.place, paths),
        "dato": report.created.strftime("%d.%m.%Y"),
        "eksempel": report.example,
        "plan": _plan_facts(review, result, report, paths),
        "setning": result.sentence,
        "krav": [
            {name: group[name] for name in ("anker", "status", "tittel", "antall", "areal", "lov")}
            for group in groups
        ],
        "uten_funn": _without(review),
        "ikke_kartlagt": [
            review.rules[name].title
            for name, status in review.clean.items()
            if status == Status.NOT_MAPPED
        ],
        "ikke_kontrollert": _not_asked(review),
        "grupper": groups,
        "oversikt": _picture(pictures[-1]),
        "tegn": key_symbols(ground),
        "endringer": next((_table(one) for one in result.tables if one.name == "endringer"), None),
        "regler": _rules(result, {group["regel"] for group in groups}),
        "formal": _purposes(result),
        "parametre": _parameters(result),
        "lag": _sources(made),
        "filer": _files(paths),
        "forbehold": [*map(clean_text, result.warnings)],
        "mangler": [f"{one.title}: {one.consequence}" for one in result.missing],
        "metode": list(result.reading),
        "laget": _made(made),
    }


def _title(place: Place | None, paths: Sequence[Path]) -> str:
    names = place.names if place else ()
    ids = sorted(place.plan_ids) if place else ()
    return clean_text(f"Plansjekk: {', '.join(names or ids or [path.name for path in paths])}")


def _plan_facts(
    review: Review, result: Result, report: Report, paths: Sequence[Path]
) -> list[list[str]]:
    place, made = review.place, result.provenance
    facts = [
        ("Plan", ", ".join(place.names) if place else ""),
        ("Plan-id", ", ".join(sorted(place.plan_ids)) if place else ""),
        ("Kommune", _municipality(made)),
        ("Planområde", f"{result.facts['areal'].text()}\u00a0dekar"),
        ("Gjennomgått", report.created.strftime("%d.%m.%Y")),
        ("Planfiler", ", ".join(path.name for path in paths)),
        ("Kartdata", _data_text(made)),
    ]
    return [[name, clean_text(text)] for name, text in facts if text]


def _municipality(made: Provenance | None) -> str:
    """Give number and name; an invented municipality has only a number."""
    if made is None:
        return ""
    known = municipalities().get(made.municipality)
    return f"{made.municipality} {known.name}" if known else made.municipality


def _data_text(made: Provenance | None) -> str:
    if made is None:
        return ""
    dates = sorted({source.date for source in made.sources if source.date})
    ends = [_day(one) for one in (*dates[:1], *dates[1:][-1:])]
    age = f", datert {' til '.join(ends)}" if ends else ""
    scenario = f" med scenario {made.scenario}" if made.scenario else ""
    return f"{made.package}{scenario}: {format_number(len(made.sources))} lag brukt{age}"


def _day(text: str) -> str:
    """Write a date as people do, when it is one."""
    try:
        return date.fromisoformat(text).strftime("%d.%m.%Y")
    except ValueError:
        return text


def _without(review: Review) -> str:
    """Count in a sentence what was checked and found in order, and what is not about the plan."""
    clean = sum(status == Status.NO_HIT for status in review.clean.values())
    other = sum(status == Status.NOT_RELEVANT for status in review.clean.values())
    said = f"{format_number(clean)} krav er kontrollert uten funn"
    return (
        f"{said}, og {format_number(other)} gjelder ikke formålene i planen."
        if other
        else f"{said}."
    )


def _not_asked(review: Review) -> list[dict[str, Any]]:
    reasons: dict[str, list[Rule]] = {}
    for name, why in review.not_asked.items():
        reasons.setdefault(why, []).append(review.rules[name])
    return [
        {
            "grunn": clean_text(why),
            "krav": [rule.title for rule in rules],
            "kart": any(rule.layers for rule in rules),
        }
        for why, rules in reasons.items()
    ]


def _pictures(review: Review, ground: Ground) -> dict[int, Cutout]:
    """Draw the plan, and of each rule's findings the largest."""
    place = review.place
    assert place is not None  # noqa: S101  (asked by the caller)
    # The red lie above the yellow.
    marks = sorted(marks_of(review), key=lambda mark: mark.status == Status.HIT_RED)
    drawn = {-1: cutout(marks, ground, number=1, title="hele planen", whole=True)}
    for _, some in _by_rule(review):
        seen = [
            (at, one)
            for at, one in some
            if one.geometry is not None and near_plan(one.geometry, place.outline)
        ]
        largest = sorted(seen, key=lambda pair: -(pair[1].area_m2 or 0.0))[:_CUTOUTS]
        for at, one in sorted(largest, key=lambda pair: pair[0]):
            if one.geometry is not None:
                drawn[at] = cutout(
                    [Mark(one.geometry, one.status)],
                    ground,
                    number=at + 2,
                    title=f"{one.rule.title}. {one.text.rstrip('.')}",
                )
    return drawn


def _by_rule(review: Review) -> Iterator[tuple[Found, list[tuple[int, Found]]]]:
    """Give the findings of each rule and colour with their places in the review."""
    numbered = enumerate(review.found)
    for _, some in groupby(numbered, key=lambda pair: (pair[1].status, pair[1].rule.id)):
        members = list(some)
        yield members[0][1], members


def _groups(review: Review, pictures: Mapping[int, Cutout]) -> Iterator[dict[str, Any]]:
    """Say what each rule found: the demand, its law, every finding, what to do, and where."""
    areas = {one.rule.id: one.area_m2 for one in review.answers if one.hits}
    for number, (first, some) in enumerate(_by_rule(review), start=1):
        rule = first.rule
        drawn = [at for at, _ in some if at in pictures]
        yield {
            "anker": f"krav-{number}",
            "status": _WORDS[first.status],
            "tittel": rule.title,
            "regel": rule.id,
            "lov": rule.reference,
            "maate": rule.how,
            "hvorfor": rule.guidance,
            "gjor": rule.action,
            "merknad": clean_text(first.remark),
            "antall": format_number(len(some)),
            "areal": format_number(areas[rule.id], unit="m²") if areas.get(rule.id) else "",
            "funn": [
                {"nummer": str(at + 1), "tekst": clean_text(one.text), "sted": _where(one)}
                for at, one in some[:_LINES]
            ],
            "flere": _more(len(some)),
            "kart": [_picture(pictures[at], at + 1) for at in drawn],
            "uten_kart": _left_out(review, some, len(drawn)),
        }


def _where(one: Found) -> str:
    """Say which objects and which line of which file, or which map layer."""
    ids = ", ".join(one.objects[:_OBJECTS])
    if len(one.objects) > _OBJECTS:
        ids += f" og {format_number(len(one.objects) - _OBJECTS)} til"
    file = f"{one.file}, linje {one.line}" if one.file and one.line else one.file
    layer = f"kartlag {one.layer}" if one.layer else ""
    return clean_text("; ".join(text for text in (ids and f"objekt {ids}", file, layer) if text))


def _more(count: int) -> str:
    if count <= _LINES:
        return ""
    return f"{format_number(count - _LINES)} funn til står i arket «funn» i askergeo.xlsx."


def _left_out(review: Review, some: Sequence[tuple[int, Found]], drawn: int) -> str:
    """Say which findings have a place but no cut-out, and where they are shown."""
    place = review.place
    placed = [one.geometry for _, one in some if one.geometry is not None]
    near = sum(place is not None and near_plan(one, place.outline) for one in placed)
    texts = []
    if near > drawn:
        texts.append(
            f"Kartutsnitt av de {format_number(drawn)} største av {format_number(near)} funn. "
            "De andre ligger i kartlagene «treff» i askergeo.gpkg."
        )
    if len(placed) > near:
        texts.append(
            f"{format_number(len(placed) - near)} funn er ikke tegnet: de ligger mer enn "
            f"{format_number(NEAR_PLAN, unit='m')} fra planen."
        )
    return " ".join(texts)


def _picture(drawn: Cutout, number: int = 0) -> dict[str, str]:
    name = f"Funn {format_number(number)}. " if number else "Planen og alle treff. "
    return {"svg": drawn.svg, "alt": drawn.alt, "tekst": f"{name}{drawn.caption}"}


def _table(table: Table) -> dict[str, Any]:
    """Give a result's table as texts."""
    columns = shown_columns(table)
    hidden = hidden_rows(table, columns)
    cells = {name: table.frame[name].astype(object).tolist() for name in columns}
    return _texts(
        table.title,
        [
            (table.columns[name].header, table.columns[name].decimals is not None)
            for name in columns
        ],
        [
            [
                cell_text(cells[name][at], table.columns[name], hidden=label in hidden[name])
                for name in columns
            ]
            for at, label in enumerate(table.frame.index)
        ],
    )


def _texts(
    title: str, heads: Sequence[tuple[str, bool]], rows: Sequence[Sequence[str]]
) -> dict[str, Any]:
    return {
        "tittel": title,
        "hode": [{"tekst": text, "tall": number} for text, number in heads],
        "rader": [[clean_text(cell) for cell in row] for row in rows],
    }


def _rules(result: Result, fired: Collection[str]) -> dict[str, Any]:
    """Say what every rule said, what it measured, and why it was not asked."""
    rows = []
    for row in result.table("kontroll").frame.to_dict("records"):
        measured = [
            f"{format_number(row[name], unit=unit)} {word}"
            for name, unit, word in _MEASURED
            if pd.notna(row[name]) and row[name] > 0
        ]
        remark = "Se funnene." if row["regel"] in fired else row["merknad"]
        rows.append([row["regel"], row["krav"], row["svar"], "; ".join(measured), remark])
    heads = ["Regel", "Krav", "Svar", "Målt", "Merknad"]
    return _texts("Svarene, regel for regel", [(head, False) for head in heads], rows)


def _purposes(result: Result) -> dict[str, Any]:
    """Say what classes each purpose of the plan is held to, and where they come from."""
    rows = []
    for row in result.table("formal").frame.to_dict("records"):
        use = use_of(str(row["kode"]))
        classes = (use.flood, use.slide, use.clay)
        rows.append(
            [
                str(row["kode"]) or "–",
                use.name,
                format_number(row["areal_m2"]),
                *(one or "–" for one in classes),
                _YES[use.quiet],
                f"{use.source} ({use.confidence})",
            ]
        )
    heads = ["Kode", "Bruk", "Areal (m²)", "Flom", "Skred", "Kvikkleire", "Støyfølsom", "Kilde"]
    numbers = ("Areal (m²)",)
    return _texts("Formålene og klassene deres", [(h, h in numbers) for h in heads], rows)


def _parameters(result: Result) -> dict[str, Any]:
    rows = [
        [
            one["tittel"],
            value_text(one["verdi"], one["enhet"]),
            one["sikkerhet"],
            one["kilde"],
        ]
        for one in result.parameters
        if one["tittel"] != PLAN_FILE
    ]
    heads = ["Parameter", "Verdi", "Sikkerhet", "Kilde"]
    return _texts("Parametre", [(head, False) for head in heads], rows)


def _sources(made: Provenance | None) -> dict[str, Any]:
    rows = [
        [
            f"{one.title} (eksempel)" if one.example else one.title,
            _day(one.date) or NO_DATE,
            one.origin,
            one.attribution,
            one.licence,
            format_number(one.rows),
        ]
        for one in (made.sources if made else ())
    ]
    heads = ["Kartlag", "Dato", "Opphav", "Navngivelse", "Lisens", "Rader"]
    return _texts("Kartlagene", [(head, head == "Rader") for head in heads], rows)


def _files(paths: Sequence[Path]) -> list[dict[str, str]]:
    return [
        {
            "navn": clean_text(path.name),
            "storrelse": format_number(path.stat().st_size, unit="byte") if path.is_file() else "",
            "sha256": plan_digest([path]),
        }
        for path in map(Path, paths)
    ]


def _made(made: Provenance | None) -> list[list[str]]:
    if made is None:
        return []
    facts = [
        ("Kommando", made.command),
        ("Program", f"askergeo {made.version}"),
        ("Tidspunkt (UTC)", made.created),
        ("Koordinatsystem", made.crs),
        ("Datapakke", made.package),
        ("Scenario", made.scenario),
    ]
    return [[name, clean_text(text)] for name, text in facts if text]
