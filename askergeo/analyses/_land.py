"""What every land account shares: the boundary, the plans, the land cover, and names of classes.

The closing line of an account, and its gaps and overlaps as rows, are in
:mod:`askergeo.analyses._land_account`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo._codes import load_codes
from askergeo.catalogue import load_catalogue
from askergeo.crs import crs_name, require_crs
from askergeo.errors import LayerError, ParameterError
from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.reserve import load_purposes
from askergeo.result import Finding, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.geometry import Geometries
    from askergeo.result import SourceRecord

__all__ = [
    "COVERS",
    "DEVELOPMENT",
    "STATUS_UNKNOWN",
    "LandBoundary",
    "LandCover",
    "code_findings",
    "cover_frame",
    "land_boundary",
    "plan_findings",
    "plan_frame",
]

EXTENTS: Final = {"land": "bare land", "med_sjo": "land og sjø"}
# Land cover from the finest to the coarsest, and the column of its classes.
COVERS: Final = {"ar5": "arealtype", "grunnkart": "arealdekke_niva1", "arealdekke": "klasse"}
STATUS_UNKNOWN: Final = "Ukjent status"
DEVELOPMENT: Final = "utbygging"
_NO_CODE: Final = "uten kode"
_COARSE: Final = (
    "Arealdekket er et generalisert kart: små flater mangler, og arealene er for grove til "
    "planavgjørelser. Legg til AR5."
)
# Rows that a finding names before it says «…».
_NAMED: Final = 10


@dataclass(frozen=True)
class LandBoundary:
    """The area that is accounted for.

    Parameters
    ----------
    frame
        Its polygons.
    extent
        ``land`` or ``med_sjo``: what the polygons hold, whatever was asked for.
    name
        Short name in bokmål: «kommunegrensen, bare land».
    text
        The same with source and date, for the closing line.
    warnings
        What the reader must know, in bokmål: the extent that was asked for is not there.
    """

    frame: gpd.GeoDataFrame
    extent: str
    name: str
    text: str
    warnings: tuple[str, ...] = ()

    @property
    def crs(self) -> str:
        """CRS that the areas are computed in."""
        return crs_name(self.frame.crs)


def land_boundary(
    kommunegrense: gpd.GeoDataFrame, extent: str = "land", source: SourceRecord | None = None
) -> LandBoundary:
    """Choose the boundary, and say which it is.

    Parameters
    ----------
    kommunegrense
        The layer, its rows of one municipality.
    extent
        ``land`` (cut at the shoreline) or ``med_sjo``. Where only the other is there, that is
        used, and a warning says so.
    source
        Where the layer comes from, and its date.

    Raises
    ------
    CrsError
        When the layer has no CRS.
    LayerError
        When it has no rows.
    """
    if kommunegrense.crs is None:
        require_crs(kommunegrense, what="«kommunegrense»")
    there = [one for one in (extent, *EXTENTS) if (kommunegrense["omfang"] == one).any()]
    if not there:
        raise LayerError(
            "Laget «kommunegrense» har ingen flate med omfang «land» eller «med_sjo».",
            remedy="Legg til kommunegrensen på nytt, med kolonnen «omfang».",
        )
    used = there[0]
    other = (
        f"Kommunegrensen er bare gitt som «{EXTENTS[used]}». Regnskapet gjelder derfor "
        f"{EXTENTS[used]}, ikke {EXTENTS[extent]}."
    )
    name = f"kommunegrensen, {EXTENTS[used]}"
    origin = f"{source.origin or 'ukjent kilde'}, {source.date or 'ukjent dato'}" if source else ""
    return LandBoundary(
        frame=kommunegrense[kommunegrense["omfang"] == used],
        extent=used,
        name=name,
        text=f"{name} ({origin or 'kilde og dato er ikke oppgitt'})",
        warnings=() if used == extent else (other,),
    )


@dataclass(frozen=True)
class LandCover:
    """Land cover with its classes in words.

    Parameters
    ----------
    frame
        The layer's rows with ``klasse`` (the code as text), ``klassenavn`` and ``gruppe``; an
        unknown code is «ukjent kode 77» in the group «Ukjent».
    layer
        Id of the layer.
    title
        Its title in bokmål.
    classes
        The classes that are known, in the catalogue's order: index ``klasse``; ``klassenavn``,
        ``gruppe``, ``farge``.
    findings
        Rows with unknown or missing codes, named and counted.
    warnings
        What makes the classes less certain.
    """

    frame: gpd.GeoDataFrame
    layer: str
    title: str
    classes: pd.DataFrame
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = field(default=())


def cover_frame(
    layers: Mapping[str, gpd.GeoDataFrame | None], wanted: str = "", *, name: str = ""
) -> LandCover:
    """Read the classes of the land cover.

    Parameters
    ----------
    layers
        ``ar5``, ``grunnkart`` and ``arealdekke``, those that are there.
    wanted
        Which of them to use; empty takes AR5 before grunnkart before the coarse layer.
    name
        Id of the layer that the rows come from, when it is another edition of the same kind.

    Raises
    ------
    LayerError
        When none is there.
    ParameterError
        When the one that is wanted is not.
    """
    there = [one for one in COVERS if layers.get(one) is not None]
    if not there:
        raise LayerError(
            "Det er ikke noe arealdekke å føre regnskap over.",
            remedy="Legg til ar5, grunnkart eller, grovere, arealdekke.",
        )
    if wanted and wanted not in there:
        raise ParameterError(
            f"Grunnlaget «{wanted}» er ikke blant lagene.",
            remedy=f"Velg blant {', '.join(there)}, eller legg til laget.",
        )
    layer = wanted or there[0]
    frame = layers[layer]
    assert frame is not None  # noqa: S101  (it is among those that are there)
    classes = _classes(layer)
    codes = _texts(frame, COVERS[layer])
    rows = classes.reindex(codes)
    unknown = ~np.isin(codes, classes.index)
    names = np.where(codes == "", _NO_CODE, "ukjent kode " + codes.astype(object))
    groups = rows["gruppe"].to_numpy(dtype=object)
    frame = frame.assign(
        klasse=codes,
        klassenavn=np.where(unknown, names, rows["klassenavn"].to_numpy(dtype=object)),
        gruppe=np.where(unknown, "Ukjent", groups),
    )
    title = load_catalogue()[name or layer].title
    return LandCover(
        frame=frame,
        layer=layer,
        title=title,
        classes=classes,
        findings=code_findings(frame, unknown, codes, name or layer, title),
        warnings=(_COARSE,) if layer == "arealdekke" else (),
    )


def _classes(layer: str) -> pd.DataFrame:
    """Known classes of a layer, with group and colour."""
    if layer == "ar5":
        codes = load_codes("ar5_arealtype").values()
        records = [(str(one.code), one.name, one.group, one.fill) for one in codes]
    else:
        known = load_catalogue()[layer]
        colours = {one.value: one.fill for one in known.style.classes}
        labels = known.columns[COVERS[layer]].codes or {}
        records = [(str(code), text, text, colours.get(code, "")) for code, text in labels.items()]
    return pd.DataFrame(records, columns=["klasse", "klassenavn", "gruppe", "farge"]).set_index(
        "klasse"
    )


def _texts(frame: pd.DataFrame, column: str) -> NDArray[np.object_]:
    """Codes as text; empty where there is none."""
    values = frame[column].astype("string").fillna("").to_numpy(dtype=object)
    return np.asarray(values, dtype=object)


def plan_frame(frame: gpd.GeoDataFrame, plan: str = "kommuneplan") -> gpd.GeoDataFrame:
    """Give the rows of a plan their purposes in words.

    Parameters
    ----------
    frame
        A layer with ``formaal_kode``, and ``arealstatus`` when it is a kommuneplan.
    plan
        Whose code list it is: ``kommuneplan`` or ``reguleringsplan``.

    Returns
    -------
    GeoDataFrame
        The rows with ``kode`` (the code as text), ``formaal`` (its name; «ukjent kode 1234» when
        the list does not have it), ``gruppe`` (01–19 with its name; «Ukjent»), ``utbygging``
        (whether it is development, from the land reserve's data; missing when nobody knows) and
        ``status`` (Nåværende, Framtidig, Videreutvikling av nåværende, or «Ukjent status»; empty
        where the plan has none).
    """
    codes = load_codes(f"{plan}_formaal")
    names = {str(one.code): one.name for one in codes.values()}
    groups = {str(one.code): one.group for one in codes.values()}
    purposes = load_purposes(plan)["utbygging"]
    development = dict(zip(purposes.index.astype(str), purposes.eq("ja"), strict=True))
    unsure = set(purposes.index[purposes == "ukjent"].astype(str))
    code = pd.Series(_texts(frame, "formaal_kode"), index=frame.index)
    named = ("ukjent kode " + code).where(code != "", _NO_CODE)
    return frame.assign(
        kode=code,
        formaal=code.map(names).where(code.isin(names), named),
        gruppe=code.map(groups).fillna("Ukjent"),
        utbygging=code.where(~code.isin(unsure)).map(development).astype("boolean"),
        status=_status(frame),
    )


def _status(frame: gpd.GeoDataFrame) -> pd.Series:
    if "arealstatus" not in frame.columns:
        return pd.Series("", index=frame.index)
    labels = load_catalogue()["kommuneplan"].columns["arealstatus"].codes or {}
    known = {str(code): text for code, text in labels.items()}
    codes = pd.Series(_texts(frame, "arealstatus"), index=frame.index)
    return codes.map(known).fillna(STATUS_UNKNOWN)


def plan_findings(
    frame: gpd.GeoDataFrame, layer: str, plan: str = "kommuneplan"
) -> tuple[Finding, ...]:
    """Name and count the rows of a plan whose code or status is not in the lists.

    Parameters
    ----------
    frame
        What `plan_frame` gave.
    layer
        Id of the layer.
    plan
        ``kommuneplan`` or ``reguleringsplan``.
    """
    title = load_catalogue()[layer].title
    known = [str(code) for code in load_codes(f"{plan}_formaal")]
    code = frame["kode"].to_numpy(dtype=object)
    found = code_findings(frame, ~np.isin(code, known), code, layer, title)
    blank = (frame["status"] == STATUS_UNKNOWN).to_numpy()
    if not blank.any():
        return found
    status = _texts(frame, "arealstatus")
    return (*found, *code_findings(frame, blank, status, layer, title, what="arealstatus"))


def code_findings(
    frame: gpd.GeoDataFrame,
    unknown: NDArray[np.bool_],
    codes: NDArray[np.object_],
    layer: str,
    title: str,
    *,
    what: str = "kode",
) -> tuple[Finding, ...]:
    """One finding for each code that is not in the list: how many rows, which, how much area.

    Parameters
    ----------
    frame
        The layer's rows; the index names them.
    unknown
        Which rows, (r,).
    codes
        Code of each row as text; empty is none, (r,).
    layer, title
        Id of the layer, and its title in bokmål.
    what
        What the code says, in bokmål.
    """
    found = []
    shapes: Geometries = geometries(frame)
    for code in sorted(set(codes[unknown])):
        rows = np.flatnonzero(unknown & (codes == code))
        labels = ", ".join(str(frame.index[row]) for row in rows[:_NAMED])
        area = float(pd.Series(shapes[rows]).map(lambda one: one.area if one else 0.0).sum())
        named = f"{what} «{code}»" if code else f"tom {what}"
        found.append(
            Finding(
                rule="areal.ukjent_kode",
                title=f"Ukjent {what} i {title}",
                status=Status.HIT_YELLOW,
                severity=Severity.WARNING,
                text=f"{format_number(len(rows))} {'rad' if len(rows) == 1 else 'rader'} "
                f"({format_number(area / 1e3, 1)} dekar) har {named}, som ikke står i kodelisten. "
                "Arealet er med i regnskapet som ukjent.",
                layer=layer,
                row=labels + (", …" if len(rows) > _NAMED else ""),
                action="Rett koden i kilden, eller før den opp i kodelisten.",
            )
        )
    return tuple(found)
