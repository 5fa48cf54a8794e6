"""What every page is made in: templates, script and styles, and the policy that lets these run."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import jinja2
from markupsafe import Markup

from askergeo.messages import messages
from askergeo.numbers import format_number
from askergeo.outputs.tiles import tile_host

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["json_text", "policy", "render", "script", "styles"]

# Colours lighter than this get dark patterns.
_LIGHT: Final = 0.45


@lru_cache(maxsize=16)
def asset(name: str) -> str:
    """Read a file of this package's assets."""
    return (files("askergeo.outputs.page") / "assets" / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def script() -> str:
    """Return the page's one script: Leaflet, then our own parts in the order of their names."""
    folder = files("askergeo.outputs.page") / "assets" / "js"
    parts = sorted(one.name for one in folder.iterdir() if one.name.endswith(".js"))
    own = "\n".join((folder / name).read_text(encoding="utf-8") for name in parts)
    whole = f'{_leaflet("leaflet.js")}\n(function(){{"use strict"; const A = {{}};\n{own}\n}})();'
    return re.sub(r"\n//# sourceMappingURL=.*", "", whole).replace("</script", "<\\/script")


@cache
def styles(*, with_map: bool) -> tuple[str, ...]:
    """Return the styles of a page, without what would be fetched."""
    plain = asset("page.css")
    if not with_map:
        return (plain,)
    leaflet = re.sub(r"[^;{}]*url\([^)]*\)[^;}]*;?", "", _leaflet("leaflet.css"))
    folder = files("askergeo.outputs.page") / "assets"
    more = [asset(name) for name in ("map.css", "search.css") if (folder / name).is_file()]
    return (leaflet, plain, *more)


def policy(scripts: tuple[str, ...], sheets: tuple[str, ...], *, tiles: bool = False) -> str:
    """Write the policy: nothing runs but these, nothing is fetched but tiles that are asked for."""
    allowed = " ".join(_hash(text) for text in scripts) or "'none'"
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {allowed}",
            f"style-src {' '.join(_hash(text) for text in sheets)}",
            f"img-src data: blob:{f' {tile_host()}' if tiles else ''}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def render(template: str, language: str, values: Mapping[str, Any]) -> str:
    """Fill a template; ``t(key, …)`` is a text of the page's language."""
    say = messages(language).say
    # Marks what the analyses wrote, on a page in another language.
    own = Markup("") if language == "nb" else Markup(' lang="nb"')

    def text(key: str, **filled: object) -> str:
        return say(f"side.{key}", **filled)

    return _template(template).render(t=text, language=language, nb=own, **values)


def json_text(data: Any) -> str:  # noqa: ANN401  (whatever JSON holds)
    """Write JSON that cannot end the element it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in ("<", ">", "&", "\u2028", "\u2029"):
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@lru_cache(maxsize=2)
def _leaflet(name: str) -> str:
    """Read a file of Leaflet from its package."""
    return (files("xstatic.pkg.leaflet") / "data" / name).read_text(encoding="utf-8")


@lru_cache(maxsize=8)
def _template(name: str) -> jinja2.Template:
    return _environment().get_template(name)


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.FunctionLoader(_load),
    )
    environment.filters["number"] = format_number
    environment.filters["mark"] = _mark
    environment.filters["ink"] = _ink
    return environment


def _mark(corners: Sequence[float], x: float, y: float, radius: float) -> str:
    """Return the SVG path of a mark around a place, from its corners in radii."""
    points = [
        f"{x + radius * a:.4g} {y + radius * b:.4g}"
        for a, b in zip(corners[::2], corners[1::2], strict=True)
    ]
    return f"M{'L'.join(points)}Z"


def _ink(fill: str) -> str:
    """Say which of the two inks a pattern is drawn in on a colour, as the map's script does."""
    if not fill:
        return "mork"
    red, green, blue = (int(fill[at : at + 2], 16) for at in (1, 3, 5))
    light = (0.299 * red + 0.587 * green + 0.114 * blue) / 255
    return "mork" if light > _LIGHT else "lys"


def _load(name: str) -> tuple[str, str | None, Callable[[], bool]]:
    return asset(name), name, lambda: True
