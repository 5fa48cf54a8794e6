"""Makes PNG of pictures with the typesetter's wheel: nothing from the system, alike everywhere."""

from __future__ import annotations

import json
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from askergeo.errors import DataQualityError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PNG_WIDTH", "pngs"]

#: Pixels across: a slide or a screen in full.
PNG_WIDTH: Final = 1920
# The page is made as wide as an inch for each 96 pixels, so that the sides are whole pixels.
_PER_INCH = 96
# A page for each picture, which is a text in a list and can be nothing but a picture. The fonts of
# the wheel have no letters without serifs; the fallback is named, or the text would be left out.
_TEMPLATE: Final = b"""
#set text(font: "Libertinus Serif")
#set page(margin: 0pt, width: 20in, height: auto, fill: white)
#for (at, one) in json(bytes(sys.inputs.bilder)).enumerate() {
  if at > 0 { pagebreak() }
  image(bytes(one), format: "svg", width: 20in)
}
"""


def pngs(pictures: Sequence[str]) -> list[bytes]:
    """Make a PNG, 1920 pixels wide, of each picture.

    Parameters
    ----------
    pictures
        SVG that askergeo has drawn.

    Raises
    ------
    DataQualityError
        When the typesetter refuses a picture.
    """
    if not pictures:
        return []
    import typst  # noqa: PLC0415  (an extra)

    with TemporaryDirectory() as empty:
        compiler = typst.Compiler(
            _TEMPLATE,
            root=empty,
            ignore_system_fonts=True,
            sys_inputs={"bilder": json.dumps(list(pictures), ensure_ascii=False)},
            package_path=empty,
            package_cache_path=empty,
        )
        try:
            made = compiler.compile(format="png", ppi=float(_PER_INCH))
        except typst.TypstError as error:
            raise DataQualityError(
                f"Et bilde kunne ikke lages: {error.message}.",
                remedy="Bildene finnes som SVG; PNG kan slås av.",
            ) from error
    pages = made if isinstance(made, list) else [made]
    return [page for page in pages if page is not None]
