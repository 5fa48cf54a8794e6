"""What a person does with the map: keys, mouse, table, link, remarks and print."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from askergeo.compare import compare
from askergeo.outputs.write import write_all

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

PRINTED = "body.trykk #kart"
# What a cell says, and what the file must say for a spreadsheet to read it as that.
SIGNS = {
    "=1+1": "'=1+1",
    "+SUM(A1)": "'+SUM(A1)",
    "-SUM(A1)": "'-SUM(A1)",
    "@SUM(A1)": "'@SUM(A1)",
    " =1+1": "' =1+1",
    "＝1+1": "'＝1+1",
    "-3": "-3",
    "−3,5": "-3,5",
    "+3": "+3",
    "3 %": "3%",
    "A-1": "A-1",
}


@pytest.fixture(scope="module")
def pages(samples: dict, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A page of each kind: small, large, hostile, with years, and with a scenario."""
    folder = tmp_path_factory.mktemp("sider")
    small = samples["small_result"]()
    made = {
        "small": [small],
        "large": [samples["large_result"](400)],
        "hostile": [samples["hostile_result"]()],
        "years": [_with_years(small)],
        "scenario": _scenario(samples, small),
        "years and scenario": _scenario(samples, _with_years(small)),
        "guarded": [_with_signs(small)],
        "sum within": [_with_sum_within(small)],
    }
    return {
        name: write_all(results, folder / name, title="Rapport")["side"]
        for name, results in made.items()
    }


def _with_years(result):
    layer = result.layers[0]
    frame = layer.frame.assign(om_to=["Sør", "Sør", "Øst"])
    years = {2026: "navn", 2028: "om_to"}
    changed = replace(layer, frame=frame, years=years)
    return replace(result, layers=(changed,))


def _with_signs(result):
    table = result.tables[0]
    frame = table.frame.iloc[[0] * len(SIGNS)].assign(navn=list(SIGNS))
    frame.index = [f"r{number}" for number in range(len(SIGNS))]
    return replace(
        result, tables=(replace(table, frame=frame, row_sums=(), column_sums=()),), layers=()
    )


def _with_sum_within(result):
    table = result.tables[0]
    frame = table.frame.loc[["n", "alle", "s", "o"]]
    return replace(result, tables=(replace(table, frame=frame),))


def _scenario(samples: dict, before):
    table, layer = before.tables[0], before.layers[0]
    moved = table.frame.copy()
    moved.loc[["s", "alle"], ["voksne", "sum"]] += 100
    drawn = layer.frame.copy()
    drawn.loc["s", ["navn", "sum"]] = ["Nord", 142]
    after = replace(
        before,
        tables=(replace(table, frame=moved),),
        layers=(replace(layer, frame=drawn),),
        provenance=samples["provenance"](scenario="ny-skole"),
    )
    return [before, after, compare(before, after)]


@pytest.fixture
def page(visit: Callable, pages: dict[str, Path]) -> Callable[..., Page]:
    """Open a page by its kind."""

    def opened(kind: str = "small", **settings) -> Page:
        return visit(pages[kind], **settings).page

    return opened


def until(page: Page, condition: str) -> None:
    """Wait for an expression of the page; the page's policy stops Playwright's own way."""
    assert page.evaluate(
        "new Promise(done => { let left = 600; const look = () => {"
        f"if ({condition}) done(true); else if (left-- > 0) requestAnimationFrame(look);"
        "else done(false); }; look(); })"
    ), condition


def drawn(page: Page) -> None:
    """Wait until what was asked for has been drawn, told and written in the link: two frames."""
    page.evaluate(
        "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
    )


def link(page: Page) -> dict[str, str]:
    """The parts of the link to the view, once it is written."""
    drawn(page)
    until(page, "location.hash.startsWith('#kart=')")
    where, *rest = page.evaluate("location.hash").removeprefix("#kart=").split("&")
    zoom, x, y = where.split("/")
    found = {"zoom": zoom, "x": x, "y": y}
    for part in rest:
        key, _, value = part.partition("=")
        found[key] = unquote(value)
    return found


def picture(page: Page) -> bytes:
    """The map's pixels after what was asked has been drawn."""
    drawn(page)
    return page.evaluate(
        "[...document.querySelectorAll('#kart canvas')].map(c => c.toDataURL()).join()"
    ).encode()


def rows(page: Page) -> list[str]:
    """The first cells of the first table."""
    return page.locator(".table-block").first.locator("tbody th").all_inner_texts()


def test_the_keyboard_moves_zooms_asks_and_goes_back(page: Callable) -> None:
    seen = page()
    seen.locator("#kart").focus()
    seen.keyboard.press("ArrowRight")
    seen.keyboard.press("+")
    moved = link(seen)
    seen.keyboard.press("-")
    until(seen, f"!location.hash.includes('={moved['zoom']}')")
    seen.get_by_role("button", name="Vis alt").press("Enter")
    seen.locator("#kart").focus()
    seen.keyboard.press("Enter")
    facts = seen.locator("#kart-fakta")
    facts.wait_for()
    assert "Sør" in facts.inner_text()
    assert "42" in facts.inner_text()
    assert link(seen)["valgt"] == "kretser/s"
    facts.get_by_role("button", name="Lukk").focus()
    seen.keyboard.press("Escape")
    assert facts.is_hidden()
    assert seen.evaluate("document.activeElement.id") == "kart"


def test_the_crosshair_is_for_the_keyboard_only(page: Callable) -> None:
    seen = page()
    cross = seen.locator(".kart-sikte")
    seen.locator("#kart").click()
    assert cross.is_hidden()
    seen.keyboard.press("ArrowLeft")
    assert cross.is_visible()


def test_the_wheel_scrolls_the_page_until_the_map_is_in_use(page: Callable) -> None:
    seen = page()
    box = seen.locator("#kart").bounding_box()
    seen.mouse.move(box["x"] + 300, box["y"] + 300)
    seen.mouse.wheel(0, 100)
    until(seen, "window.scrollY > 0")
    assert seen.locator(".kart-hint").is_visible()
    assert "Ctrl" in seen.locator(".kart-hint").inner_text()
    before = seen.locator(".leaflet-control-scale-line").inner_text()
    seen.evaluate("window.scrollTo(0, 0)")
    seen.locator("#kart").focus()
    seen.mouse.wheel(0, -600)
    until(seen, f"document.querySelector('.leaflet-control-scale-line').textContent !== '{before}'")
    assert seen.evaluate("window.scrollY") == 0
    assert seen.locator(".kart-hint").is_hidden()


def test_a_layer_is_switched_and_its_legend_folds(page: Callable) -> None:
    seen = page()
    group = seen.locator("fieldset[data-layer=kretser]")
    before = picture(seen)
    group.locator("input").focus()
    seen.keyboard.press("Space")
    assert group.locator("ul").is_hidden()
    assert link(seen)["bytt"] == "kretser"
    assert picture(seen) != before
    seen.keyboard.press("Space")
    assert group.locator("ul").is_visible()


def test_a_background_that_cannot_be_fetched_is_given_up_softly(page: Callable) -> None:
    seen = page()
    # Not check(): it may be given up before one could see that it was chosen.
    seen.get_by_role("radio", name=re.compile("gråtone")).click()
    status = seen.locator("#kart-status")
    until(seen, "document.getElementById('kart-status').textContent !== ''")
    assert "kunne ikke hentes" in status.inner_text()
    assert seen.get_by_role("radio", name=re.compile("uten nett")).is_checked()
    assert seen.locator("fieldset[data-layer=kretser] ul").is_visible()


def test_the_year_is_moved_by_keys_and_told(page: Callable) -> None:
    seen = page("years")
    slider = seen.get_by_role("slider", name="År")
    assert seen.locator(".kart-aar-tall").inner_text() == "2026"
    before = picture(seen)
    slider.focus()
    seen.keyboard.press("ArrowRight")
    assert seen.locator(".kart-aar-tall").inner_text() == "2028"
    assert slider.get_attribute("aria-valuetext") == "2028"
    assert "Sør i kommunen: 2" in seen.locator(".kart-aar-setning").inner_text()
    assert seen.locator(".kart-lag-aar").inner_text() == "Viser 2028"
    assert seen.locator("fieldset[data-layer=kretser] .unit:visible").count() == 0
    assert picture(seen) != before
    assert link(seen)["aar"] == "2028"
    seen.get_by_role("button", name="Forrige år").press("Enter")
    assert seen.locator(".kart-aar-tall").inner_text() == "2026"
    assert seen.locator(".kart-lag-aar").is_hidden()


def test_the_year_is_told_for_every_layer_that_is_seen(page: Callable) -> None:
    seen = page("years and scenario")
    seen.get_by_role("button", name="Neste år").press("Enter")
    told = seen.locator(".kart-aar-setning")
    before, after = "Uten scenario: Kretser i 2028: ", "Med scenario: Kretser i 2028: "
    assert before in told.inner_text()
    assert after in told.inner_text()
    seen.get_by_role("button", name="Bare med").press("Enter")
    assert told.inner_text().startswith(after)
    assert before not in told.inner_text()
    seen.locator("#kart-lag summary", has_text="Etter").click()
    seen.locator("[data-toggle=kretser_etter]").uncheck()
    assert told.inner_text() == "Kartet viser 2028."


def test_the_facts_tell_the_class_of_the_year_that_is_shown(page: Callable) -> None:
    seen = page("years")
    seen.get_by_role("button", name="Vis Nord i kartet").click()
    facts = seen.locator("#kart-fakta")
    assert "Vises som i" not in facts.inner_text()
    seen.get_by_role("button", name="Neste år").click()
    pair = facts.locator("dt", has_text="Vises som i 2028")
    assert pair.locator("xpath=following-sibling::dd[1]").inner_text() == "Sør i kommunen"
    seen.get_by_role("button", name="Forrige år").click()
    assert "Vises som i" not in facts.inner_text()


def test_years_do_not_play_for_those_who_want_no_motion(page: Callable) -> None:
    assert page("years").get_by_role("button", name="Spill av").is_visible()
    calm = page("years", reduced_motion="reduce")
    assert calm.get_by_role("button", name="Spill av").is_hidden()


def test_before_and_after_are_wiped_by_keys(page: Callable) -> None:
    seen = page("scenario")
    slider = seen.get_by_role("slider", name=re.compile("Flytt skillet"))
    slider.focus()
    for _ in range(10):
        seen.keyboard.press("ArrowRight")
    assert link(seen)["delt"] == "begge/60"
    clips = "document.querySelector('.leaflet-kart-{}-pane').style.clipPath"
    assert seen.evaluate(clips.format("for")) != seen.evaluate(clips.format("etter"))
    seen.get_by_role("button", name="Bare med").press("Enter")
    assert link(seen)["delt"] == "etter/60"
    assert slider.is_hidden()
    seen.locator("#kart").focus()
    seen.keyboard.press("Enter")
    seen.locator("#kart-fakta").wait_for()
    assert "142" in seen.locator("#kart-fakta").inner_text()


def test_a_table_is_filtered_sorted_and_shown_on_the_map(page: Callable) -> None:
    seen = page("large")
    table = seen.locator(".table-block").first
    assert len(rows(seen)) == 26
    before = picture(seen)
    field = table.get_by_role("searchbox")
    field.fill("tettsted 320300")
    assert "av 400 rader" in table.locator(".kart-antall").inner_text()
    assert all(text.startswith("320300") for text in rows(seen))
    assert picture(seen) != before
    field.fill("finnes ikke")
    assert table.locator(".kart-antall").inner_text() == "Ingen rader passer."
    field.fill("")
    assert picture(seen) == before
    head = table.get_by_role("columnheader", name=re.compile("Areal"))
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    column = [h.strip() for h in table.locator("thead th").all_inner_texts()]
    at = next(i for i, text in enumerate(column) if text.startswith("Areal"))
    areas = [
        float(text.replace("\u00a0", "").replace(" ", "").replace(",", "."))
        for text in table.locator(f"tbody tr:not(.total) > :nth-child({at + 1})").all_inner_texts()
    ]
    assert areas == sorted(areas)
    assert rows(seen)[-1] == "I alt"
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    table.locator(".kart-flere").press("Enter")
    assert len(rows(seen)) == 126


def test_hidden_and_unknown_cells_sort_last_both_ways(page: Callable) -> None:
    seen = page()
    head = seen.get_by_role("columnheader", name=re.compile("Areal"))
    for _ in range(2):
        head.get_by_role("button").click()
        assert rows(seen)[-2:] == ["Sør", "I alt"]


def test_a_sum_stands_by_its_parts_until_the_rows_are_sorted(page: Callable) -> None:
    seen = page("sum within")
    assert rows(seen) == ["Nord", "I alt", "Sør", "Øst"]
    seen.get_by_role("columnheader", name=re.compile("^Krets")).get_by_role("button").click()
    assert rows(seen) == ["Nord", "Sør", "Øst", "I alt"]


def test_a_row_goes_to_the_map_and_back(page: Callable) -> None:
    seen = page("large")
    seen.get_by_role("button", name="Vis 32030003 i kartet").press("Enter")
    assert seen.evaluate("document.activeElement.id") == "kart"
    assert "32030003" in seen.locator("#kart-fakta").inner_text()
    assert seen.locator("tr[aria-current=true]").get_attribute("data-row") == "k3"
    inside = seen.locator(".kart-utsnitt input")
    inside.check()
    near = rows(seen)
    assert "32030003" in near
    assert 0 < len(near) < 26
    seen.locator("#kart-fakta").get_by_role("button", name="Vis i tabellen").press("Enter")
    focus = seen.evaluate("document.activeElement.getAttribute('aria-label')")
    assert focus == "Vis 32030003 i kartet"


def test_a_row_that_is_not_listed_is_found_from_the_map(page: Callable, pages: dict) -> None:
    seen = page("large")
    seen.goto(pages["large"].as_uri() + "#kart=8/580000/6630000&valgt=kretser%2Fk399")
    seen.reload()
    seen.wait_for_selector("#kart[data-ready]")
    assert "32030399" not in rows(seen)
    seen.locator("#kart-fakta").get_by_role("button", name="Vis i tabellen").click()
    assert "32030399" in rows(seen)


def test_the_view_comes_back_from_its_link(page: Callable, visit: Callable, pages: dict) -> None:
    seen = page("large")
    seen.get_by_role("searchbox").fill("utmark")
    seen.get_by_role("button", name="Zoom inn").press("Enter")
    seen.get_by_role("button", name=re.compile("Vis 3203.* i kartet")).first.click()
    given = link(seen)
    again = visit(pages["large"].as_uri() + seen.evaluate("location.hash")).page
    assert again.get_by_role("searchbox").input_value() == "utmark"
    assert again.locator("#kart-fakta").inner_text() == seen.locator("#kart-fakta").inner_text()
    again.locator("#kart").focus()
    again.keyboard.press("ArrowUp")
    again.keyboard.press("ArrowDown")
    assert link(again)["zoom"] == given["zoom"]


@pytest.mark.parametrize(
    "hash_",
    [
        "#kart=1e999/NaN/Infinity",
        "#kart=9/<img src=x onerror=document.title=1>/2&valgt=__proto__%2Fs&bytt=__proto__,constructor",
        "#kart=&f.tabell-0-1=%3Cscript%3Edocument.title%3D1%3C/script%3E&aar=99999&delt=x/900",
        "#kart=%E0%A4%A&valgt=%E0%A4%A",
        "#%E0%A4%A",
        "#kart=9/0/0&valgt=kretser/" + "x" * 3000,
    ],
)
def test_a_hostile_link_does_nothing(visit: Callable, pages: dict, hash_: str) -> None:
    seen = visit(pages["small"].as_uri() + hash_)
    assert seen.complaints() == []
    assert seen.page.title() == "Bosatte etter krets – Rapport"
    assert seen.page.locator("main img, main script").count() == 0
    seen.page.locator("#kart").click()
    assert seen.page.locator("fieldset[data-layer=kretser] input").is_checked()


def test_an_anchor_still_opens_its_table(visit: Callable, pages: dict) -> None:
    seen = visit(pages["small"].as_uri() + "#last-ned").page
    assert seen.evaluate("location.hash") == "#last-ned"


def test_the_link_is_copied_or_marked(page: Callable) -> None:
    seen = page()
    seen.get_by_role("button", name="Kopier lenke").press("Enter")
    until(seen, "document.getElementById('kart-status').textContent !== ''")
    assert re.search(r"kopiert|merket", seen.locator("#kart-status").inner_text())


def test_remarks_are_written_by_keys_alone_and_saved(page: Callable) -> None:
    seen = page()
    seen.locator("#kart-innspill summary").press("Enter")
    seen.get_by_role("button", name="Velg sted i kartet").press("Enter")
    assert seen.evaluate("document.activeElement.id") == "kart"
    seen.keyboard.press("Enter")
    assert seen.evaluate("document.activeElement.id") == "innspill-tekst"
    seen.keyboard.type("Ring meg på 48 12 34 56")
    assert "telefonnummer" in seen.get_by_role("alert").inner_text()
    seen.locator("#innspill-tekst").fill("<b>Fortau</b> her, takk\nog lys")
    assert seen.locator(".kart-varsel").inner_text() == ""
    seen.get_by_label("Tema").select_option("trafikk")
    seen.get_by_role("button", name="Legg til innspillet").press("Enter")
    assert "<b>Fortau</b>" in seen.locator(".kart-innspill-liste").inner_text()
    assert seen.locator(".kart-naal").inner_text() == "1"
    with seen.expect_download() as file:
        seen.get_by_role("button", name="Lagre innspillene i en fil").press("Enter")
    assert re.fullmatch(r"innspill-bosatte-\d{4}-\d\d-\d\d\.json", file.value.suggested_filename)
    made = json.loads(file.value.path().read_text(encoding="utf-8"))
    assert (made["format"], made["version"], made["crs"]) == ("askergeo-innspill", 1, "EPSG:25832")
    (one,) = made["innspill"]
    assert one["tekst"] == "<b>Fortau</b> her, takk\nog lys"
    assert one["tema"] == "Trafikk og parkering"
    assert abs(one["x"] - 581_450) < 20
    assert abs(one["y"] - 6_630_500) < 20
    assert re.fullmatch(r"[0-9a-f-]{36}", one["id"])
    seen.get_by_role("button", name="Endre innspill 1").press("Enter")
    seen.locator("#innspill-tekst").fill("Bare lys")
    seen.get_by_role("button", name="Legg til innspillet").click()
    assert seen.locator(".kart-innspill-liste li").count() == 1
    seen.get_by_role("button", name="Slett innspill 1").press("Enter")
    assert seen.locator(".kart-innspill-liste li, .kart-naal").count() == 0


def test_choosing_a_spot_is_left_by_escape(page: Callable) -> None:
    seen = page()
    seen.locator("#kart-innspill summary").click()
    seen.get_by_role("button", name="Velg sted i kartet").click()
    seen.keyboard.press("Escape")
    seen.locator("#kart").click()
    assert seen.locator("#innspill-tekst").is_hidden()
    assert "Sør" in seen.locator("#kart-fakta").inner_text()


def test_unsaved_remarks_are_asked_about(page: Callable) -> None:
    seen = page()
    asked = []
    seen.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    seen.locator("#kart-innspill summary").click()
    seen.get_by_role("button", name="Velg sted i kartet").click()
    seen.locator("#kart").click()
    seen.locator("#innspill-tekst").fill("Lys")
    seen.get_by_role("button", name="Legg til innspillet").click()
    seen.reload()
    assert asked == ["beforeunload"]


def test_a_table_is_saved_for_norwegian_excel(page: Callable) -> None:
    seen = page("hostile")
    with seen.expect_download() as file:
        seen.get_by_role("button", name=re.compile(r"Last ned \(CSV\)")).first.click()
    text = file.value.path().read_bytes().decode("utf-8")
    assert text.startswith("\ufeff")
    assert text.endswith("\r\n")
    assert ";" in text
    cells = re.findall(r'(?:^|;)"?([^;"\r\n]*)', text.removeprefix("\ufeff"), re.MULTILINE)
    assert not [cell for cell in cells if re.match(r"\s*[=@]", cell)]
    assert "'=cmd|" in text


def test_numbers_stay_numbers_and_formulas_become_text(page: Callable) -> None:
    seen = page("guarded", ready="")
    with seen.expect_download() as file:
        seen.get_by_role("button", name=re.compile(r"Last ned \(CSV\)")).first.click()
    written = file.value.path().read_text(encoding="utf-8-sig").splitlines()[1:]
    assert (
        dict(zip(SIGNS, (line.split(";")[0].strip('"') for line in written), strict=True)) == SIGNS
    )


@pytest.mark.parametrize(("paper", "width"), [("a4-staaende", 190), ("a3-liggende", 310)])
def test_the_map_is_printed_at_a_round_scale(page: Callable, paper: str, width: int) -> None:
    seen = page("large")
    at = link_after_zoom(seen)
    seen.evaluate(
        "window.print = () => { window.printed = true; dispatchEvent(new Event('beforeprint')); }; 0"
    )
    seen.locator(".kart-trykk summary").press("Enter")
    seen.get_by_label("Ark").select_option(paper)
    seen.locator(".kart-trykk-valg button").press("Enter")
    assert seen.evaluate("window.printed") is True
    box = seen.locator(PRINTED).bounding_box()
    assert box["width"] == pytest.approx(width * 96 / 25.4, abs=1)
    said = seen.locator(".kart-maalestokk").inner_text()
    scale = int(re.search(r"1:([\d\s\u00a0]+)", said)[1].replace("\u00a0", "").replace(" ", ""))
    # The scale bar tells the same as the sentence: its metres over its length on the paper.
    bar = seen.locator(".leaflet-control-scale-line")
    number, unit = bar.inner_text().split()
    metres = float(number) * (1000 if unit == "km" else 1)
    length = float(bar.evaluate("e => parseFloat(e.style.width)")) * 0.0254 / 96
    assert metres / length == pytest.approx(scale, rel=0.02)
    # One picture, sharp but not endless, in the place of the tiles.
    assert seen.locator("#kart .leaflet-tile").count() == 0
    ratio, dots = seen.locator("canvas.kart-papir").evaluate(
        "c => [c.width / parseFloat(c.style.width), c.width * c.height]"
    )
    assert ratio >= 2
    assert dots <= 16e6
    assert seen.locator("h1").is_visible()
    assert seen.locator("table").first.is_hidden()
    assert seen.locator(".kart-nord").is_visible()
    seen.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert seen.locator("body.trykk, canvas.kart-papir").count() == 0
    assert seen.locator("table").first.is_visible()
    again = link(seen)
    assert again["zoom"] == at["zoom"]
    assert abs(int(again["x"]) - int(at["x"])) < 50


def link_after_zoom(seen: Page) -> dict[str, str]:
    seen.get_by_role("button", name="Zoom inn").press("Enter")
    return link(seen)


def test_the_browsers_own_print_lays_the_map_out(page: Callable) -> None:
    seen = page("large")
    seen.locator("fieldset[data-layer] input").last.uncheck()
    seen.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert seen.locator("body.trykk-alt.trykk-a4-staaende").count() == 1
    assert seen.locator("fieldset.kart-lag-av").first.is_hidden()
    assert seen.locator("table").first.is_visible()
    seen.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert seen.locator("body.trykk").count() == 0


def test_a_page_that_cannot_be_read_says_so_and_keeps_its_tables(
    visit: Callable, pages: dict, tmp_path: Path
) -> None:
    text = pages["small"].read_text(encoding="utf-8")
    broken = tmp_path / "skadet.html"
    broken.write_text(
        re.sub(r'(id="askergeo-data">)[^<]{20}', r"\1AAAAAAAAAAAAAAAAAAAA", text), encoding="utf-8"
    )
    seen = visit(broken, ready="#kart [role=alert]").page
    assert "kunne ikke leses" in seen.get_by_role("alert").first.inner_text()
    assert seen.locator(".table-block tbody tr").count() == 4
    assert seen.locator("#kart[data-ready]").count() == 0


def open_all(page: Page) -> None:
    """Use every control of the map, and leave what they open open."""
    page.locator("#kart-innspill summary").click()
    page.get_by_role("button", name="Velg sted i kartet").click()
    page.locator("#kart").click()
    page.locator("#innspill-tekst").fill("Lys her, ring 48 12 34 56")
    page.get_by_role("button", name=re.compile("^Vis .* i kartet")).first.click()
    for box in page.locator(".table-tools input[type=search]:visible").all()[:1]:
        box.fill("a")
    for slider in page.locator("#kart-aar input:visible, #kart-veksle input:visible").all():
        slider.press("ArrowRight")
    page.locator(".kart-trykk summary").click()
    for field in page.locator("#kart-sok input:visible").all():
        field.fill("320300" if page.locator("tr[data-row=k3]").count() else "sør")


@pytest.mark.parametrize(
    ("kind", "width"),
    [("years", 360), ("scenario", 360), ("scenario", 1366), ("hostile", 1366), ("large", 360)],
)
def test_every_control_is_reached_large_enough_and_lawful(
    visit: Callable, pages: dict, kind: str, width: int
) -> None:
    seen = visit(pages[kind], width=width)
    open_all(seen.page)
    assert seen.complaints() == []
    assert seen.axe() == []
    assert seen.small_targets() == []
    assert seen.overflow() == []
    assert seen.walk()


def at_map(page: Page) -> list[float]:
    """Where the map's corner is in metres, its scale bar, and where the page is."""
    hash_ = page.evaluate("location.hash")
    zoom, x, y = (float(part) for part in hash_.split("=")[1].split("&")[0].split("/"))
    return [zoom, x, y, page.evaluate("window.scrollY"), page.evaluate("visualViewport.scale")]


# Resolves when the page has not moved for ten frames.
STILL = """() => new Promise((done) => {
  let last = window.scrollY, still = 0;
  const look = () => {
    still = window.scrollY === last ? still + 1 : 0;
    last = window.scrollY;
    if (still >= 10) done(); else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})"""


def test_one_finger_scrolls_the_page_and_two_move_the_map(visit: Callable, pages: dict) -> None:
    seen = visit(pages["large"], width=360, height=640, has_touch=True, is_mobile=True)
    page = seen.page
    box = page.locator("#kart")
    box.scroll_into_view_if_needed()
    page.get_by_role("button", name="Zoom inn").tap()
    link(page)
    frame = box.bounding_box()
    x, y = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
    session = seen.context.new_cdp_session(page)

    def touch(steps: list[list[tuple[float, float]]]) -> None:
        for number, points in enumerate(steps):
            kind = "touchMove" if number else "touchStart"
            fingers = [{"x": x + a, "y": y + b, "id": i} for i, (a, b) in enumerate(points)]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    before = at_map(page)
    touch([[(0, 40 - 10 * step)] for step in range(13)])
    until(page, f"window.scrollY > {before[3]}")
    assert at_map(page)[:3] == before[:3]
    # A page that was thrown goes on a little; it is put back when it lies still.
    page.evaluate(STILL)
    page.evaluate(f"window.scrollTo(0, {before[3]})")
    touch([[(-30 - 4 * step, 0), (30 + 4 * step, 0)] for step in range(13)])
    until(page, f"!location.hash.includes('={before[0]:.2f}/')")
    nearer = at_map(page)
    assert nearer[0] > before[0]
    touch([[(-40 + 5 * step, 3 * step), (40 + 5 * step, 3 * step)] for step in range(13)])
    until(page, f"!location.hash.includes('/{nearer[1]:.0f}/')")
    moved = at_map(page)
    assert moved[1] < nearer[1]
    assert moved[2] > nearer[2]
    # The page itself neither grew nor scrolled.
    assert moved[3:] == before[3:]
    assert seen.complaints() == []


@pytest.mark.parametrize("may", ["allow-scripts allow-downloads allow-modals", "allow-scripts"])
def test_a_page_in_a_frame_without_rights_still_works(
    visit: Callable, pages: dict, tmp_path: Path, may: str
) -> None:
    outer = tmp_path / "ramme.html"
    outer.write_text(
        f'<!doctype html><html lang="nb"><title>Ramme</title><iframe sandbox="{may}" width="1200"'
        f' height="700" src="{pages["large"].as_uri()}"></iframe></html>',
        encoding="utf-8",
    )
    seen = visit(outer, ready="")
    frame = seen.page.frame_locator("iframe")
    frame.locator("#kart[data-ready]").wait_for(state="attached")
    frame.get_by_role("button", name="Zoom inn").click()
    frame.get_by_role("button", name="Kopier lenke").click()
    frame.locator("#kart-status:not(:empty)").wait_for()
    frame.get_by_role("searchbox").first.fill("utmark")
    frame.get_by_role("button", name=re.compile("^Vis 3203.* i kartet")).first.click()
    assert frame.locator("#kart-fakta").is_visible()
    assert seen.complaints() == []
    if "downloads" in may:
        with seen.page.expect_download() as file:
            frame.get_by_role("button", name=re.compile(r"Last ned \(CSV\)")).first.click()
        assert file.value.suggested_filename.endswith(".csv")
    else:
        # Print is refused without a word: the map goes back to the screen.
        frame.locator(".kart-trykk summary").click()
        frame.locator(".kart-trykk-valg button").click()
        frame.locator("body:not(.trykk) #kart").wait_for()
        assert frame.locator("canvas.kart-papir").count() == 0
    assert seen.errors == []
