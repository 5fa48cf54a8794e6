"""The carbon of the land that a plan builds on, by the account of `askergeo.analyses.karbon`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo._codes import load_codes
from askergeo.analyses._carbon_reckoned import Settings, cases_of, conversions, interval
from askergeo.analyses._carbon_takings import NO_COVER, carbon_cover, takings
from askergeo.analyses._land import LandBoundary, plan_frame
from askergeo.analyses.karbon import LAWN, lawn_uptake
from askergeo.carbon import load_classes
from askergeo.geometry import geometries, polygons_of, union
from askergeo.numbers import format_number
from askergeo.overlay.account import AREA
from askergeo.parameters import load_parameters
from askergeo.plan.answer import MapAnswer, MapHit
from askergeo.result import Status

if TYPE_CHECKING:
    from askergeo.analyses._carbon_reckoned import Case
    from askergeo.analyses._carbon_takings import Takings
    from askergeo.datapackage import DataPackage
    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters
    from askergeo.plan.methods import Question
    from askergeo.scenario import ScenarioView

__all__ = ["carbon"]

# m²: less is what the edges of two maps leave of each other.
_LEAST: Final = 0.5
_UNMAPPED: Final = 99
# Columns that tell a carbon class.
_AR5: Final = ("arealtype", "skogbonitet", "treslag", "grunnforhold")
_DEKAR: Final = 1e3
_NAME: Final = "planen"
_NO_GROUP: Final = "Ukjent"


def carbon(question: Question) -> MapAnswer:
    """Reckon what building a plan emits, and find the bog and other peat that it is built on.

    The plan is taken as the only zoning plan of `askergeo areal karbon`: its areas, shares and
    factors, and the parameters of the set ``karbon``. Land that is built on already is not taken.

    Parameters
    ----------
    question
        What is asked, of a package with ``ar5``, and ``karbonfaktor`` when the municipality has
        its own factors.
    """
    rule, uses, _, package, _ = question
    settings_of = load_parameters("karbon")
    layer = _list_of(uses["kode"])
    ar5 = _ar5(uses, package)
    found = _takings(uses, layer, ar5, settings_of)
    own = package.read("karbonfaktor") if "karbonfaktor" in package else None
    settings, years = Settings.read(settings_of, own), int(settings_of["aar"])
    case = cases_of(found, settings, years)[0] if len(found.frame) else None
    peat = _peat(uses, found, _unknown_peat(uses, layer, ar5))
    tonnes = _Tonnes.of(peat, settings, years)
    hits = _hits(peat, tonnes)
    unmapped = float(found.left_out.loc[found.left_out["grunn"] == NO_COVER, AREA].sum())
    return MapAnswer(
        rule=rule,
        status=_status(hits, found, unmapped),
        hits=hits,
        area_m2=sum(hit.area_m2 or 0.0 for hit in hits),
        unmapped_m2=unmapped,
        remark=_remark(case, tonnes, found),
    )


def _ar5(uses: gpd.GeoDataFrame, package: DataPackage | ScenarioView) -> gpd.GeoDataFrame:
    """Land cover near the plan; what the map says that it does not know, it does not cover."""
    wanted = [name for name in _AR5 if name in package.records["ar5"].columns]
    ar5 = package.read("ar5", bbox=tuple(uses.total_bounds), columns=wanted)
    return ar5[~ar5["arealtype"].isin([_UNMAPPED]).to_numpy(dtype=bool)]


def _takings(
    uses: gpd.GeoDataFrame, layer: str, ar5: gpd.GeoDataFrame, parameters: Parameters
) -> Takings:
    """Ask the account of the plan as if it were the only one of the package."""
    # One row a purpose: what lies in one of several like surfaces is the same to the account.
    parts = polygons_of(geometries(uses))
    # Purposes mostly share their edges exactly: then the union is quick.
    merge = shapely.coverage_union_all if shapely.coverage_is_valid(parts) else union
    of_code = uses.groupby("kode", sort=True)["geometry"].agg(
        lambda rows: merge(polygons_of(rows.to_numpy()))
    )
    whole = merge(parts)
    rows = gpd.GeoDataFrame(
        {"formaal_kode": of_code.index, "planid": _NAME, "arealstatus": "2"},
        geometry=of_code.to_numpy(dtype=object),
        crs=uses.crs,
    )
    layers: dict[str, pd.DataFrame | None] = {layer: rows}
    if layer == "reguleringsplan_formaal":
        table = {"planid": [_NAME], "plannavn": [_NAME], "planstatus": ["3"]}
        layers["reguleringsplan"] = pd.DataFrame(table | {"ikrafttredelse": [None]})
    frame = gpd.GeoDataFrame(geometry=[whole], crs=uses.crs)
    boundary = LandBoundary(frame=frame, extent="land", name=_NAME, text=_NAME)
    asked = {"endring": layer.removesuffix("_formaal")}
    return takings(ar5, layers, boundary, parameters.override(asked))


def _list_of(codes: pd.Series) -> str:
    """Layer whose code list knows most of the purposes; a zoning plan's when they are equal."""
    layers = {"reguleringsplan_formaal": "reguleringsplan", "kommuneplan": "kommuneplan"}
    known = {
        layer: codes.isin([str(code) for code in load_codes(f"{plan}_formaal")]).sum()
        for layer, plan in layers.items()
    }
    return max(known, key=lambda layer: known[layer])


@dataclass(frozen=True)
class _Peat:
    """Peat that is built on, a row a pair of purpose and piece of land cover.

    ``rows`` has ``objekt``, ``kode``, ``bruk``, ``gruppe``, ``klasse`` and ``areal_m2``, and
    ``shapes`` the ground that they share.
    """

    rows: pd.DataFrame
    shapes: Geometries


def _unknown_peat(uses: gpd.GeoDataFrame, layer: str, ar5: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Peat under purposes of which nobody knows whether they are building: it may be built on."""
    rows = plan_frame(
        uses[["kode", "geometry"]].rename(columns={"kode": "formaal_kode"}),
        layer.removesuffix("_formaal"),
    )
    unknown = union(geometries(rows)[rows["utbygging"].isna().to_numpy()])
    peat = _organic(carbon_cover(ar5)[["klasse", "geometry"]])
    peat = peat.iloc[np.sort(peat.sindex.query(unknown, predicate="intersects"))]
    cut = shapely.intersection(geometries(peat), unknown)
    return peat.set_geometry(cut, crs=uses.crs).assign(gruppe=_NO_GROUP)


def _organic(cover: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    known = load_classes()
    organic = [one in known and known[one].soil == "organisk" for one in cover["klasse"]]
    return cover[np.array(organic, dtype=bool)]


def _peat(uses: gpd.GeoDataFrame, found: Takings, unknown: gpd.GeoDataFrame) -> _Peat:
    """Put the peat that is built on, and that may be, together with the purposes."""
    parts = [_organic(found.pieces), unknown]
    peat = pd.concat(
        [part[["klasse", "gruppe", "geometry"]] for part in parts if len(part)] or parts[1:]
    )
    shapes, cover = geometries(uses), geometries(peat)
    use, piece = shapely.STRtree(cover).query(shapes, predicate="intersects")
    shared = np.asarray(shapely.intersection(shapes[use], cover[piece]), dtype=object)
    group = peat["gruppe"].to_numpy(dtype=object)[piece]
    rows = uses.iloc[use][["objekt", "kode", "bruk"]].reset_index(drop=True)
    rows = rows.assign(
        gruppe=group,
        klasse=peat["klasse"].to_numpy(dtype=object)[piece],
        tegn=1,
        **{AREA: shapely.area(shared)},
    )
    real = (rows[AREA] > 0).to_numpy()
    return _Peat(rows[real], shared[real])


@dataclass(frozen=True)
class _Tonnes:
    """What building on peat emits, t CO2e over ``years``: all, its range, and by m²."""

    total: float
    low: float
    high: float
    years: int
    by_m2: dict[tuple[str, str], float]

    @classmethod
    def of(cls, peat: _Peat, settings: Settings, years: int) -> _Tonnes:
        keys = ["gruppe", "klasse", "tegn"]
        taken = peat.rows.groupby(keys, sort=False)[[AREA]].sum().reset_index()
        table = conversions(taken, settings.shares)
        if not len(table):
            return cls(0.0, 0.0, 0.0, years, {})
        emissions = settings.reckon(table, years)
        tonnes = table[keys].join(emissions.rows["sum_t"]).groupby(["gruppe", "klasse"])["sum_t"]
        area = taken.set_index(["gruppe", "klasse"])[AREA]
        low, high = interval(emissions, settings)
        return cls(emissions.total, low, high, years, dict(tonnes.sum() / area))

    def of_rows(self, rows: pd.DataFrame) -> float:
        """Tonnes of some rows of the peat."""
        keys = zip(rows["gruppe"], rows["klasse"], strict=True)
        by_m2 = np.array([self.by_m2.get(key, 0.0) for key in keys])
        return float((rows[AREA].to_numpy() * by_m2).sum())


def _hits(peat: _Peat, tonnes: _Tonnes) -> tuple[MapHit, ...]:
    """Give one hit a purpose that is built on peat."""
    hits = []
    codes = peat.rows["kode"].to_numpy(dtype=object)
    for code in sorted(set(codes)):
        rows, where = peat.rows[codes == code], union(peat.shapes[codes == code])
        if where.area <= _LEAST:
            continue
        hits.append(
            MapHit(
                objects=tuple(dict.fromkeys(rows["objekt"])),
                code=str(code),
                use=str(rows["bruk"].iloc[0]),
                status=Status.HIT_YELLOW,
                area_m2=float(where.area),
                what=_what(rows, tonnes),
                geometry=where,
            )
        )
    return tuple(hits)


def _what(rows: pd.DataFrame, tonnes: _Tonnes) -> str:
    """Say what kinds of peat there are, and what building there emits."""
    classes = load_classes()
    area = rows.groupby("klasse")[AREA].sum().sort_values(ascending=False)
    kinds = [f"{classes[str(one)].title}: {format_number(m2)} m²" for one, m2 in area.items()]
    told = []
    if (rows["gruppe"] != _NO_GROUP).any():
        told.append(f"{format_number(tonnes.of_rows(rows))} tonn CO2e over {tonnes.years} år")
    if (rows["gruppe"] == _NO_GROUP).any():
        told.append("det er ukjent om formålet er utbygging, og utslippet er ikke regnet")
    return "; ".join([*kinds, *told])


def _status(hits: tuple[MapHit, ...], found: Takings, unmapped: float) -> Status:
    if hits:
        return Status.HIT_YELLOW
    if unmapped > _LEAST:
        return Status.NOT_MAPPED
    asked = len(found.frame) or len(found.left_out)
    return Status.NO_HIT if asked else Status.NOT_RELEVANT


def _remark(case: Case | None, tonnes: _Tonnes, found: Takings) -> str:
    """Say what all that is built on emits, what is not reckoned, and how sure the numbers are."""
    said = []
    if tonnes.by_m2:
        spread = _spread(tonnes.total, tonnes.low, tonnes.high)
        said.append(f"Myr og annen organisk jord i planen: {spread}.")
    if case is not None:
        area = format_number(case.taken[AREA].sum() / _DEKAR, 1)
        spread = _spread(case.total, case.low, case.high)
        said.append(f"Alt nytt areal som bygges ut, {area} dekar: {spread}.")
        if case.emissions.rows["plassholdere"].str.len().any():
            said.append("Faktorene er plassholdere; tallene viser størrelsesorden.")
        if lawn_uptake(case):
            said.append(LAWN)
    elif not len(found.left_out):
        said.append("Planen har ingen formål som er utbygging.")
    left = found.left_out[~found.left_out["grunn"].str.startswith("Bygd")]
    if len(left):
        area = format_number(left[AREA].sum() / _DEKAR, 1)
        said.append(f"{area} dekar er ikke regnet: arealtypen eller formålet har ingen faktor.")
    return " ".join(said)


def _spread(total: float, low: float, high: float) -> str:
    return f"{format_number(total)} tonn CO2e ({format_number(low)} til {format_number(high)})"
