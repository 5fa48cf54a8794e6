"""Writes the filed report of a plan review as HTML: one file, no scripts, made for A4 paper too."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jinja2

from askergeo.outputs.pdf import NO_PDF

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["filed_html"]


def filed_html(content: Mapping[str, Any], *, pdf: str = "") -> str:
    """Return the page.

    Parameters
    ----------
    content
        From `askergeo.plan.filed.filed_content`. All text is escaped; only the pictures, which
        askergeo draws itself, are markup.
    pdf
        Name of the PDF that lies beside it; empty when there is none, and the page says why.
    """
    style = _asset("plansjekk.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _template().render(
        innhold=content, style=style, styles=f"'sha256-{digest}'", pdf=pdf, uten_pdf=NO_PDF
    )


@lru_cache(maxsize=4)
def _asset(name: str) -> str:
    return (files("askergeo.outputs") / "assets" / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_asset("plansjekk.html.j2"))
