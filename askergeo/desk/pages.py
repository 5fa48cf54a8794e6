"""What the desk's pages show: the templates, and plain records for them."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import jinja2

from askergeo import __version__
from askergeo.desk.compare import answers
from askergeo.desk.jobs import State, stops_of
from askergeo.desk.security import REPORTS, UPLOAD_LIMIT
from askergeo.desk.verbs import verbs
from askergeo.messages import messages
from askergeo.numbers import format_number

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.desk.jobs import Job, Jobs
    from askergeo.desk.packages import Found, Workspace
    from askergeo.desk.security import Gate
    from askergeo.desk.verbs import Verb

__all__ = ["asset", "files_of", "offered", "render", "run_record", "status_record"]

# The files of a report that a planner opens, in the order of the page; others have no title.
_FILES: Final = {
    "index.html": "side",
    "plansjekk.pdf": "pdf",
    "rapport.pdf": "pdf",
    "askergeo.xlsx": "regneark",
    "askergeo.gpkg": "geopackage",
    "saksfremlegg.txt": "tekst",
    "resultat.json": "json",
}
_ASSETS: Final = {"desk.css": "text/css", "desk.js": "text/javascript"}
_ERROR_CODE: Final = 2


def render(name: str, /, **values: Any) -> str:  # noqa: ANN401  (whatever the template shows)
    """Fill a template; every text is escaped."""
    return _environment().get_template(f"{name}.html.j2").render(**values)


def asset(name: str) -> tuple[str, str] | None:
    """Return an own file of the desk and its type; ``None`` when it is not one."""
    if name not in _ASSETS:
        return None
    return _text(name), _ASSETS[name]


def offered(workspace: Workspace, package: Found) -> dict[str, list[dict[str, Any]]]:
    """List the verbs by theme, each with the layers that it lacks on a package."""
    themes: dict[str, list[dict[str, Any]]] = {}
    for verb in verbs().values():
        themes.setdefault(verb.theme, []).append(
            {"verb": verb, "lacking": lacking_of(workspace, verb, package)}
        )
    return themes


def lacking_of(workspace: Workspace, verb: Verb, package: Found) -> list[Any]:
    """List the layers that a verb lacks."""
    if verb.analysis is None or package.package is None:
        return []
    return list(workspace.lacking(verb.analysis, package.package))


def run_record(jobs: Jobs, job: Job, gate: Gate) -> dict[str, Any]:
    """Return what a page shows of a run."""
    folder = jobs.report(job)
    stops = stops_of(folder) if job.state == State.DONE else ()
    found = answers(folder / "resultat.json") if job.state == State.DONE else {}
    return {
        "job": job,
        "state": messages("nb").say(f"skrivebord.tilstand.{job.state}"),
        "ended_as": ended_as(job, folder, stops=stops),
        "good": job.state == State.DONE and job.code == 0,
        "failed": job.state == State.DONE and (job.code == _ERROR_CODE or crashed(job, folder)),
        "stops": stops,
        "answers": list(found.values()),
        "files": files_of(folder, f"{REPORTS}{gate.seal(job.id)}/{job.id}/"),
        "message": _message(jobs.log(job)) if job.code == _ERROR_CODE else "",
        "verb": verbs().get(job.verb),
        "percent": round(job.share * 100),
        "before": jobs.before(job),
    }


def status_record(jobs: Jobs, job: Job) -> dict[str, Any]:
    """Return what the progress page asks for while a run is under way."""
    return {
        "state": job.state,
        "over": job.over,
        "percent": round(job.share * 100),
        "text": job.text,
        "before": jobs.before(job),
        "log": jobs.log(job),
    }


def crashed(job: Job, folder: Path) -> bool:
    """Tell whether a run ended by a fault of the program: Python's code for that is 1 too."""
    return job.code not in {0, 1, 2} or (job.code == 1 and not folder.is_dir())


def ended_as(job: Job, folder: Path, *, stops: tuple[str, ...] = ()) -> str:
    """Say in words how a run ended: what its exit code means."""
    say = messages("nb").say
    if job.state != State.DONE:
        return say(f"skrivebord.slutt.{job.state}")
    if crashed(job, folder):
        return say("skrivebord.slutt.feil")
    if job.code == 1 and stops:
        return say("skrivebord.slutt.1.stopp")
    return say(f"skrivebord.slutt.{job.code}")


def files_of(folder: Path, address: str) -> list[dict[str, str]]:
    """List the files of a report that are there, with their addresses."""
    say = messages("nb").say
    return [
        {
            "address": address + name,
            "title": say(f"skrivebord.fil.{kind}"),
            "kind": kind,
            "size": _size((folder / name).stat().st_size),
        }
        for name, kind in _FILES.items()
        if (folder / name).is_file()
    ]


def _message(log: str) -> str:
    """Return what a run that could not be done said last: the fault and its remedy."""
    lines = log.splitlines()
    begins = [at for at, line in enumerate(lines) if line.startswith("Feil:")]
    return "\n".join(lines[begins[-1] :]) if begins else ""


@cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FunctionLoader(_text),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"moment": _moment, "day": _day, "count": format_number}
    made.globals |= {
        "version": __version__,
        "say": messages("nb").say,
        "limit": UPLOAD_LIMIT,
    }
    return made


def _text(name: str) -> str:
    return (files("askergeo") / "desk" / "assets" / name).read_text(encoding="utf-8")


def _moment(text: str) -> str:
    """Write a moment for people."""
    try:
        return datetime.fromisoformat(text).strftime("%d.%m.%Y kl. %H.%M")
    except ValueError:
        return ""


def _day(text: str) -> str:
    """Write a date for people; what is no date stays as it is."""
    try:
        return datetime.fromisoformat(text).strftime("%d.%m.%Y")
    except ValueError:
        return text


def _size(number: int) -> str:
    for unit, size in (("MB", 1_000_000), ("kB", 1_000)):
        if number >= size:
            return format_number(number / size, 1 if unit == "MB" else 0, unit=unit)
    return format_number(number, unit="byte")
