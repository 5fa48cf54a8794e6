"""Each rule on a piece of ground that can be reckoned by hand; the arithmetic stands beside it."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.reserve import load_rules, reserve

CRS = "EPSG:25832"
X, Y = 570_000.0, 6_630_000.0
RULES = load_rules()


def at(x, y, width, height):
    """A rectangle by its lower left corner, in metres from a place in Asker."""
    return shapely.box(X + x, Y + y, X + x + width, Y + y + height)


def frame(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=CRS)


def plan(*rows):
    """Rows of a kommuneplan: shape, code, status."""
    shapes, codes, status = zip(*rows, strict=True)
    return frame(shapes, formaal_kode=list(codes), arealstatus=list(status))


def detailed(*rows, **columns):
    shapes, codes = zip(*rows, strict=True)
    return frame(shapes, formaal_kode=list(codes), **columns)


def disc(radius):
    """Area of a circle drawn with 16 segments in a quarter."""
    return 32 * radius**2 * math.sin(2 * math.pi / 64)


def corners(radius=7.5):
    """What opening takes from the four corners of a rectangle."""
    return 4 * radius**2 - disc(radius)


def taken(found, rule):
    return found.steps.set_index("regel").loc[rule, "tatt_m2"]


def left(found, rule):
    return found.steps.set_index("regel").loc[rule, "areal_igjen_m2"]


def adds_up(found):
    steps = found.steps
    lost = steps["tatt_m2"].sum()
    assert steps["areal_for_m2"].iloc[0] - lost - found.pieces["areal_m2"].sum() == pytest.approx(
        0, abs=1e-6
    )
    assert steps["avvik_m2"].abs().max() < 1e-6
    assert (steps["areal_for_m2"].iloc[1:].to_numpy() == steps["areal_igjen_m2"][:-1]).all()


FIELD = at(0, 0, 100, 100)


def test_built_figures_are_taken_and_those_without_class_are_not():
    built = frame(
        [at(0, 0, 100, 40), at(0, 30, 100, 20), at(0, 90, 100, 10), at(0, 80, 5, 5)],
        hovedklasse=["Bolig", "Transport", None, " "],
    )
    found = reserve(plan((FIELD, 1110, 2)), arealbruk=built, rules=RULES)
    assert taken(found, "bebygd") == pytest.approx(100 * 50)  # 40 and 20, of which 10 twice
    assert found.faults["tema"].tolist() == ["arealbruk", "arealbruk"]
    assert found.faults["rad"].tolist() == [2, 3]
    adds_up(found)


def test_fresh_water_over_the_limit_is_taken_as_one_surface():
    water = frame(
        [at(0, 0, 20, 25), at(60, 0, 20, 15), at(60, 15, 20, 15), at(0, 60, 90, 30)],
        arealtype=[81, 81, 81, 82],
    )
    found = reserve(plan((FIELD, 1110, 2)), ar5=water, rules=RULES)
    # 500 m² is not over 500; two halves of 300 are a surface of 600; the sea is not fresh.
    assert taken(found, "ferskvann") == pytest.approx(600)
    adds_up(found)


def test_neighbours_of_one_purpose_are_joined_and_others_are_not():
    rows = [(at(0, 0, 50, 100), 1111), (at(50, 0, 50, 100), 1112), (at(100, 0, 50, 100), 1121)]
    general = plan((at(1000, 0, 50, 50), 1110, 1), (at(1050, 0, 50, 50), 1110, 2))
    found = reserve(general, reguleringsplan=detailed(*rows), rules=RULES)
    pieces = found.pieces.sort_values("areal_m2", ascending=False)
    assert pieces["formaal_kode"].tolist() == [1110, 1120, 1110, 1110]
    assert pieces["areal_m2"].to_numpy()[:2] == pytest.approx([10_000, 5_000])
    assert sorted(pieces["planrader"].iloc[0]) == [0, 1]
    assert pieces["arealstatus"].isna().tolist() == [True, True, False, False]
    adds_up(found)


def test_pieces_up_to_the_least_area_are_left_out():
    rows = plan((at(0, 0, 10, 25), 1110, 2), (at(50, 0, 10, 25.1), 1110, 2))
    found = reserve(rows, rules=RULES)
    assert taken(found, "minste_areal") == pytest.approx(250)
    assert left(found, "minste_areal") == pytest.approx(251)
    adds_up(found)


@pytest.mark.parametrize(
    ("kind", "category", "medium", "half"),
    [
        ("bilveg", "E", "bakke", 4.5 + 5),
        ("bilveg", "R", "bru", 3.5 + 5),
        ("motorveg", "F", None, 2.5 + 5),
        ("bilveg", "K", "bakke", 2 + 5),
        ("bilveg", None, "bakke", 1.5 + 5),
        ("fortau", "K", "bakke", 1.5 + 5),
        ("bilveg", "K", "tunnel", 0),
        ("trapp", "K", "bakke", 0),
    ],
)
def test_roads_take_their_assumed_width_and_five_metres(kind, category, medium, half):
    line = shapely.LineString([(X + 50, Y - 20), (X + 50, Y + 120)])
    road = frame([line], vegtype=[kind], vegkategori=[category], medium=[medium])
    both = plan((FIELD, 2080, 2), (at(0, 101, 100, 100), 1110, 2))
    found = reserve(both, veg=road, rules=RULES)
    assert taken(found, "veg") == pytest.approx(2 * half * 100)  # the home's field is untouched
    notes = found.pieces.set_index("formaal_kode")["merknader"]
    assert notes[2080].eq("arealdekke ukjent; antatt vegbredde").all() if half else True
    assert notes[1110] == "arealdekke ukjent"
    adds_up(found)


def test_the_small_rests_beside_roads_go_and_small_homes_stay():
    line = shapely.LineString([(X + 11, Y - 20), (X + 11, Y + 120)])
    road = frame([line], vegtype=["bilveg"], vegkategori=["K"], medium=["bakke"])
    # 4 m of 60 m is left to the west (240 m²), 82 m to the east.
    rows = plan((at(0, 0, 100, 60), 2010, 1))
    found = reserve(rows, veg=road, rules=RULES)
    assert taken(found, "minste_areal_veg") == pytest.approx(4 * 60)
    assert left(found, "minste_areal_veg") == pytest.approx(82 * 60)
    adds_up(found)


@pytest.mark.parametrize(
    ("code", "side", "distance"), [(111, 10, 10), (181, 10, 5), (111, 3, 5), (None, 10, 10)]
)
def test_buildings_keep_their_distance(code, side, distance):
    house = frame([at(45, 45, side, side)], bygningstype=pd.array([code], dtype="Int64"))
    found = reserve(plan((FIELD, 1110, 2)), bygning=house, rules=RULES)
    around = side**2 + 4 * side * distance + disc(distance)
    assert taken(found, "bygninger") == pytest.approx(around)
    assert taken(found, "naavaerende") == 0
    assert len(found.faults) == (code is None)
    adds_up(found)


def test_a_building_that_is_a_point_is_said_to_be_one():
    house = frame([shapely.Point(X + 50, Y + 50)], bygningstype=[111])
    found = reserve(plan((FIELD, 1110, 2)), bygning=house, rules=RULES)
    assert taken(found, "bygninger") == pytest.approx(disc(10))
    text = found.steps.set_index("regel").loc["bygninger", "betydning"]
    assert "1 bygninger er punkter" in text


@pytest.mark.parametrize(
    ("code", "status", "wide"),
    [(1300, 1, True), (1300, 2, False), (1110, 1, False), (1160, 3, False)],
)
def test_existing_use_keeps_thirty_metres_but_not_homes(code, status, wide):
    field = at(0, 0, 200, 200)
    houses = frame([at(95, 95, 10, 10), at(10, 10, 10, 10)], bygningstype=[111, 181])
    found = reserve(plan((field, code, status)), bygning=houses, rules=RULES)
    ten, thirty = 100 + 400 + disc(10), 100 + 1200 + disc(30)
    assert taken(found, "naavaerende") == pytest.approx(thirty - ten if wide else 0)
    adds_up(found)


def test_roads_and_buildings_do_not_mix():
    house = frame([at(45, 45, 10, 10)], bygningstype=[111])
    found = reserve(plan((FIELD, 2010, 1)), bygning=house, rules=RULES)
    assert taken(found, "bygninger") == 0
    assert taken(found, "naavaerende") == 0


@pytest.mark.parametrize(("neck", "pieces"), [(14.0, 2), (16.0, 1)])
def test_opening_cuts_what_is_narrower_than_fifteen_metres(neck, pieces):
    shape = shapely.union_all(
        [at(0, 0, 60, 60), at(60, 30 - neck / 2, 40, neck), at(100, 0, 60, 60)]
    )
    found = reserve(plan((shape, 1110, 2)), rules=RULES)
    assert len(found.pieces) == pieces
    if pieces == 2:
        # The corners of two squares and the neck go, but a circle bulges into each of its mouths.
        bulge = 7.5 - math.sqrt(7.5**2 - 7**2)
        gone = taken(found, "aapning") - 2 * corners()
        assert 14 * (40 - 2 * bulge) < gone < 14 * 40
    adds_up(found)


def test_small_corners_are_put_back_in_a_detailed_plan_only():
    far = plan((at(1000, 0, 100, 100), 1110, 2))
    both = detailed((FIELD, 1111))
    found = reserve(far, reguleringsplan=both, rules=RULES)
    area = found.pieces.set_index("plan")["areal_m2"]
    assert area["reguleringsplan"] == pytest.approx(10_000)
    assert area["kommuneplan"] == pytest.approx(10_000 - corners())
    # A corner is 12 m²: with a limit of 10 m² it is not small.
    strict = reserve(far, reguleringsplan=both, rules=load_rules({"hjorne_under_m2": 10}))
    assert strict.pieces["areal_m2"].sum() == pytest.approx(2 * (10_000 - corners()))
    adds_up(found)


def test_corners_of_a_piece_that_goes_are_not_put_back():
    found = reserve(plan((FIELD, 5100, 1)), reguleringsplan=detailed((at(0, 0, 14, 30), 1111)),
                    rules=RULES)  # fmt: skip
    assert taken(found, "aapning") == pytest.approx(14 * 30)
    assert found.pieces.empty
    adds_up(found)


SHAPES = [
    # width, height, code, status, which rule takes it (None: it stays)
    (31, 33, 1300, 2, "storrelse"),  # 1 023 − 49 < 1 000
    (33, 33, 1300, 2, None),  # 1 040 m², circle of 16.5
    (31, 33, 1110, 2, None),  # homes need 250 m² only
    (20, 80, 1110, 2, None),  # 1 551 m², roundness 1.19; the circle of 10 is not larger than 10
    (19, 79, 1110, 2, "sirkel"),  # 1 452 m² is not over 1 500; circle of 9.5
    (19.9, 100, 1110, 2, "sirkel"),  # 1 941 m², roundness 1.29
    (19.9, 160, 1110, 2, None),  # 3 135 m², roundness 1.55
    (19.9, 225, 1110, 2, "sirkel"),  # 4 429 m², roundness 1.79
    (19.9, 270, 1110, 2, None),  # 5 324 m², roundness 1.94
    (18, 400, 1110, 2, "sirkel"),  # 7 151 m², roundness 2.43
    (18, 460, 1110, 2, None),  # 8 231 m²: always
    (29, 50, 1110, 2, None),  # 1 401 m², circle of 14.5: enough for new homes …
    (29, 50, 1110, 1, "sirkel"),  # … not for existing ones
    (29, 50, 1300, 2, "sirkel"),  # … nor for industry
    (29, 50, 1400, 3, "sirkel"),  # … nor for sports
    (29, 50, 1130, 1, None),  # a centre is not in the list
]


@pytest.mark.parametrize(("width", "height", "code", "status", "rule"), SHAPES)
def test_size_and_shape(width, height, code, status, rule):
    found = reserve(plan((at(0, 0, width, height), code, status)), rules=RULES)
    area = width * height - corners()
    assert len(found.pieces) == (rule is None)
    for one in ("storrelse", "sirkel"):
        assert taken(found, one) == pytest.approx(area if one == rule else 0)
    if rule is None:
        piece = found.pieces.iloc[0]
        around = 2 * (width + height) - 60 + 64 * 2 * 7.5 * math.sin(math.pi / 64)
        assert piece["rundhet"] == pytest.approx(around / 4 / math.sqrt(area), rel=1e-6)
        assert piece["radius_m"] == pytest.approx(min(width, height) / 2, abs=0.1)
    adds_up(found)


def test_the_smallest_polygon_keeps_ground_that_is_drawn_twice():
    rows = plan((FIELD, 1110, 2), (at(10, 10, 20, 20), 5100, 1), (at(90, 0, 30, 40), 1120, 2))
    found = reserve(rows, rules=RULES)
    assert taken(found, "overlapp") == pytest.approx(20 * 20 + 10 * 40)
    assert taken(found, "ikke_utbygging") == pytest.approx(400)
    assert found.faults[["rad", "handling"]].to_numpy().tolist() == [[0, "beholdt"]]
    assert found.faults["areal_m2"].iloc[0] == pytest.approx(800)
    adds_up(found)


def test_a_row_drawn_twice_counts_once():
    found = reserve(plan((FIELD, 1110, 2), (FIELD, 1110, 2)), rules=RULES)
    assert taken(found, "overlapp") == pytest.approx(10_000)
    assert found.pieces["areal_m2"].sum() == pytest.approx(10_000 - corners())
    adds_up(found)


def test_a_detailed_plan_goes_before_the_general_one():
    park = detailed((at(0, 0, 100, 40), 3040))
    found = reserve(plan((FIELD, 1110, 2)), reguleringsplan=park, rules=RULES)
    assert taken(found, "regulert") == pytest.approx(4000)
    assert taken(found, "ikke_utbygging") == pytest.approx(4000)
    assert found.pieces["areal_m2"].sum() == pytest.approx(6000 - corners())
    adds_up(found)


def test_levels_and_status_of_detailed_plans():
    rows = detailed(
        *[(at(200 * i, 0, 50, 50), 1111) for i in range(5)],
        vertikalniva=pd.array([1, 2, None, 2, 3], dtype="Int64"),
        planstatus=pd.array([3, 3, 3, 2, 3], dtype="Int64"),
    )
    found = reserve(plan((at(0, 500, 50, 50), 5100, 1)), reguleringsplan=rows, rules=RULES)
    assert taken(found, "planstatus") == pytest.approx(2500)
    assert taken(found, "ikke_paa_grunnen") == pytest.approx(2 * 2500)
    assert sorted(found.pieces["planrad"]) == [1, 2]
    adds_up(found)


def test_land_cover_of_a_piece():
    cover = frame(
        [at(0, 0, 60, 100), at(60, 0, 30, 50), at(60, 50, 30, 50), at(0, 0, 10, 10)],
        arealtype=[30, 21, 23, 60],
    )
    far = plan((at(1000, 0, 100, 100), 5100, 1))
    found = reserve(far, reguleringsplan=detailed((FIELD, 1111)), ar5=cover, rules=RULES)
    piece = found.pieces.iloc[0]
    wanted = {"skog": 6000, "jordbruk": 3000, "myr": 100, "aapen_fastmark": 0, "annet": 0,
              "ikke_kartlagt": 1000, "dobbelt": 100}  # fmt: skip
    assert {name: piece[f"ar5_{name}_m2"] for name in wanted} == pytest.approx(wanted)
    for word in ("jordbruksareal", "myr", "AR5 dekker ikke alt", "AR5 overlapper seg selv"):
        assert word in piece["merknader"]


def test_the_row_with_most_of_the_piece_is_named_first():
    rows = plan(
        (at(0, 0, 40, 100), 1110, 2), (at(40, 0, 60, 100), 1110, 2), (at(100, 0, 9, 9), 1300, 2)
    )
    rows.index = ["vest", "øst", "annet"]
    piece = reserve(rows, rules=RULES).pieces.iloc[0]
    assert piece["planrad"] == "øst"
    assert piece["planrader"] == ("øst", "vest")
    assert piece["merknader"] == "arealdekke ukjent; flere planrader"


def test_dwellings_are_area_times_density():
    rows = [(FIELD, 1111), (at(300, 0, 100, 100), 1130), (at(600, 0, 100, 100), 1300)]
    found = reserve(
        plan((at(0, 900, 50, 50), 5100, 1)), reguleringsplan=detailed(*rows), rules=RULES
    )
    assert found.dwellings["boliger"].tolist() == pytest.approx([10, 20, 40])
    assert any("boliger per dekar" in line.lower() for line in found.warnings)
    dense = load_rules({"boliger_per_dekar": 3})
    found = reserve(plan((FIELD, 1110, 2)), rules=dense)
    assert found.dwellings["boliger"].iloc[1] == pytest.approx((10_000 - corners()) / 1000 * 3)


def test_a_missing_layer_is_unused_and_unknown_never_zero():
    found = reserve(plan((FIELD, 1110, 2)), rules=RULES)
    steps = found.steps.set_index("regel")
    unused = ["planstatus", "ikke_paa_grunnen", "regulert", "bebygd", "ferskvann", "veg",
              "bygninger", "naavaerende"]  # fmt: skip
    assert steps.index[~steps["brukt"]].tolist() == unused
    assert steps.loc[unused, "tatt_m2"].isna().all()
    assert steps.loc[unused, "betydning"].str.startswith("ikke brukt: ").all()
    assert found.pieces.filter(like="ar5_").isna().all(axis=None)
    assert found.pieces["merknader"].tolist() == ["arealdekke ukjent"]
    adds_up(found)


def test_nothing_for_development_gives_an_empty_answer_that_adds_up():
    found = reserve(plan((FIELD, 5100, 1)), bygning=frame([], bygningstype=[]),
                    ar5=frame([FIELD], arealtype=[30]), rules=RULES)  # fmt: skip
    assert found.pieces.empty
    assert found.dwellings["boliger"].tolist() == [0, 0, 0]
    assert found.pieces.crs == CRS
    adds_up(found)


def test_more_houses_can_give_more_reserve_by_the_shape_rules():
    """The method itself: what a house cuts off can be round enough where the whole was not."""
    strip = plan((at(0, 0, 19.5, 140), 1110, 2))
    # 2 681 m² of roundness 1.49, and a circle of 9.75: out.
    assert reserve(strip, rules=RULES).pieces.empty
    house = frame([at(0, 110, 19.5, 30)], bygningstype=[111])
    # 19.5 × 100 less the corners is still too long; the next house leaves 19.5 × 80.
    assert reserve(strip, bygning=house, rules=RULES).pieces.empty
    nearer = frame([at(0, 90, 19.5, 50)], bygningstype=[111])
    found = reserve(strip, bygning=nearer, rules=RULES)
    assert found.pieces["areal_m2"].tolist() == pytest.approx([19.5 * 80 - corners()], abs=5)


def test_the_answer_is_where_the_plan_is():
    found = reserve(plan((FIELD, 1110, 2)), rules=RULES)
    assert found.pieces.crs == CRS
    assert found.pieces.total_bounds == pytest.approx([X, Y, X + 100, Y + 100], abs=1e-6)
    assert np.asarray(found.pieces.area) == pytest.approx(found.pieces["areal_m2"])
