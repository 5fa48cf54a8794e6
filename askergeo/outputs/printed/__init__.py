"""All of a report on paper and for slides: maps, charts, one PDF, and text for a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from askergeo.outputs.charts import chart_file, chart_lines, chart_svg, read_chart
from askergeo.outputs.printed.case_text import case_text
from askergeo.outputs.printed.picture import Ground, map_picture, map_preview
from askergeo.outputs.report import identifier, unique

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.outputs.printed.picture import MapPicture
    from askergeo.outputs.report import Report

__all__ = ["CASE_TEXT", "PICTURES", "REPORT", "Ground", "previews", "write_printed"]

#: The folder of pictures, and the names of the other files.
PICTURES: Final = "bilder"
REPORT: Final = "rapport.pdf"
CASE_TEXT: Final = "saksfremlegg.txt"
_XML: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'


def previews(report: Report, ground: Ground | None = None) -> dict[str, str]:
    """Draw a small map of each topic: SVG by analysis, of those that have a map.

    Of a scenario the first of its results that has a map stands for it.
    """
    ground = ground or Ground(report.background)
    found = {}
    for topic in report.topics:
        drawn = (map_preview(result, ground) for _, result, _ in topic.results)
        if picture := next(filter(None, drawn), ""):
            found[topic.analysis] = picture
    return found


def write_printed(
    report: Report, folder: Path, *, printed: bool, ground: Ground | None = None
) -> list[str]:
    """Write the pictures and texts of a report.

    Parameters
    ----------
    report
        Suppressed results.
    folder
        Where the report lies; the pictures go into a folder in it.
    printed
        Make PNG of every picture and one PDF too; needs the typesetter.
    ground
        What lies under the maps, when it has been read already.

    Returns
    -------
    list of str
        Names of the files, relative to ``folder``.
    """
    maps, pictures = _pictures(report, ground or Ground(report.background))
    made = [CASE_TEXT]
    _write(folder / CASE_TEXT, case_text(report))
    if pictures:
        (folder / PICTURES).mkdir(exist_ok=True)
    for name, svg in pictures.items():
        made.append(f"{PICTURES}/{name}.svg")
        _write(folder / made[-1], f"{_XML}{svg}\n")
    if not printed:
        return made
    # Both bring the typesetter.
    from askergeo.outputs.printed.png import pngs  # noqa: PLC0415
    from askergeo.outputs.printed.report_pdf import report_pdf  # noqa: PLC0415

    for name, png in zip(pictures, pngs(list(pictures.values())), strict=True):
        made.append(f"{PICTURES}/{name}.png")
        (folder / made[-1]).write_bytes(png)
    (folder / REPORT).write_bytes(report_pdf(report, maps))
    return [*made, REPORT]


def _pictures(report: Report, ground: Ground) -> tuple[dict[int, MapPicture], dict[str, str]]:
    """Draw the map of every result, and every chart: maps by place, SVG by name."""
    maps: dict[int, MapPicture] = {}
    found: dict[str, str] = {}
    taken: set[str] = set()
    for topic in report.topics:
        for place, result, side in topic.results:
            about = f"{result.analysis}_{side}" if side else result.analysis
            picture = map_picture(result, ground, created=report.created)
            if picture is not None:
                maps[place] = picture
                name = _name(f"{about}_kart", taken)
                found[name] = picture.sheet
                found[_name(f"{about}_kart_bred", taken)] = picture.slide
            for at, chart in enumerate(result.charts):
                drawn = read_chart(result, chart)
                if drawn is None:
                    continue
                heading, footing = chart_lines(result, drawn)
                name = _name(chart_file(result, drawn) + (f"-{side}" if side else ""), taken)
                found[name] = chart_svg(
                    drawn, key=f"d{place}-{at}", heading=heading, footing=footing
                )
    return maps, found


def _name(text: str, taken: set[str]) -> str:
    return unique(identifier(text).replace("_", "-"), taken, length=80)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", errors="replace", newline="\n")
