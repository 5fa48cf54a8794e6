"""The local desk in a real browser: a planner's whole journey, with nothing but the desk itself."""

from __future__ import annotations

import os
import runpy
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("uvicorn")

if TYPE_CHECKING:
    from collections.abc import Iterator

_fixtures = runpy.run_path(str(Path(__file__).parent.parent / "desk" / "conftest.py"))
PATIENCE = 180_000  # ms for a run on a busy machine
PHONE = (360, 740)


@pytest.fixture(scope="module")
def desk(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    root = tmp_path_factory.mktemp("skrivebord")
    shutil.copytree(
        demo_folder / "datapakke", root / "kommune" / "datapakke", copy_function=os.link
    )
    with _fixtures["opened"](root) as one:
        yield one


@pytest.fixture
def seen(desk, visit):
    """The desk, opened with a key that is good once."""
    return visit(desk.gate.address(desk.gate.once()), ready="h1", allow=(desk.base,))


def silent(seen):
    """What a page says and asks for; that a form was refused is no fault."""
    return [one for one in seen.complaints() if "422" not in one]


def run_shore(seen, belt):
    page = seen.page
    page.get_by_role("link", name="askergeo skrivebord").click()
    page.get_by_role("link", name="Eksempelbygda (liten)", exact=True).click()
    page.get_by_role("link", name="Strandsonen langs sjøen").click()
    page.get_by_text("Parametre (").click()
    page.get_by_label("Bredde på beltet").fill(belt)
    page.get_by_role("button", name="Kjør").click()
    page.wait_for_selector(".ended", timeout=PATIENCE)


def test_the_whole_journey(desk, seen):
    page = seen.page
    assert page.url == f"{desk.base}/"
    assert seen.axe() == []

    # A wrong value is told by its field, and nothing else that was filled in is lost.
    page.get_by_role("link", name="Eksempelbygda (liten)").click()
    assert seen.axe() == []
    page.get_by_role("link", name="Strandsonen langs sjøen").click()
    page.get_by_text("Parametre (").click()
    assert seen.axe() == []
    page.get_by_label("Bredde på beltet").fill("smalt")
    page.get_by_role("button", name="Kjør").click()
    page.wait_for_selector("#feil")
    assert page.evaluate("document.activeElement.id") == "feil"
    assert "kan ikke leses som et tall" in page.locator("#felt-parameter-belte-m-feil").inner_text()
    assert seen.axe() == []

    # The right one runs, and progress is seen until the page of the answer comes by itself.
    page.get_by_label("Bredde på beltet").fill("75")
    page.get_by_role("button", name="Kjør").click()
    page.wait_for_selector("progress")
    page.wait_for_selector(".ended", timeout=PATIENCE)
    assert "Ferdig. Siden sier hva svaret tar forbehold om." in page.locator(".ended").inner_text()
    assert "Strandsonen er" in page.locator(".sentence").inner_text()
    assert seen.axe() == []

    # A second run, and both side by side.
    run_shore(seen, "50")
    page.get_by_role("link", name="Sammenlign med andre kjøringer").click()
    assert seen.axe() == []
    for box in page.locator("input[name=kjoring]").all()[:2]:
        box.check()
    page.get_by_role("button", name="Sammenlign de valgte").click()
    page.wait_for_url("**/sammenlign?**")
    rows = page.locator("tbody tr").all_inner_texts()
    assert any("Bredde på beltet" in row and "75" in row and "50" in row for row in rows)
    assert any(row.startswith("Belte") and "−" in row for row in rows)
    assert seen.axe() == []
    assert silent(seen) == []


def test_a_report_draws_its_map_in_a_world_of_its_own(desk, seen):
    run_shore(seen, "60")
    with seen.context.expect_page() as opened:
        seen.page.get_by_role("link", name="Se siden").click()
    report = opened.value
    said = []
    report.on("pageerror", lambda error: said.append(str(error)))
    report.wait_for_selector("[data-ready]", state="attached")
    assert report.evaluate("window.origin") == "null"
    assert report.evaluate("document.querySelectorAll('canvas').length") > 0
    # It can neither read nor ask the desk.
    tried = """
      fetch("/resultater", {credentials: "include"}).then(a => "" + a.status, () => "nektet")
    """
    assert report.evaluate(tried) == "nektet"
    assert report.evaluate("window.opener") is None
    with report.expect_download() as file:
        report.locator("a[href$='askergeo.xlsx']").first.click()
    assert file.value.suggested_filename == "askergeo.xlsx"
    # Printing is asked for by the page; a page in a closed world may not.
    report.evaluate("window.addEventListener('beforeprint', () => { window.asked = true; })")
    report.evaluate("window.print()")
    assert report.evaluate("window.asked") is True
    report.evaluate("history.replaceState(null, '', '#sted')")
    assert report.url.endswith("#sted")
    assert said == []


def test_a_plan_that_is_dropped_is_checked(desk, seen):
    page = seen.page
    page.goto(f"{desk.base}/analyse/plansjekk?pakke=kommune/datapakke")
    plan = desk.workspace.root / "kommune" / "datapakke" / "planer" / "planforslag.gml"
    dropped = page.evaluate_handle(
        """text => {
          const given = new DataTransfer();
          given.items.add(new File([text], "Mitt forslag.gml"));
          return given;
        }""",
        plan.read_text(encoding="utf-8"),
    )
    target = page.locator("[data-drop]").first
    target.dispatch_event("dragover", {"dataTransfer": dropped})
    target.dispatch_event("drop", {"dataTransfer": dropped})
    assert page.evaluate("document.querySelector('[data-drop] input').files[0].name") == (
        "Mitt forslag.gml"
    )
    assert seen.axe() == []
    page.get_by_role("button", name="Kjør").click()
    page.wait_for_selector(".ended", timeout=PATIENCE)
    assert "Ferdig, med funn" in page.locator(".ended").inner_text()
    assert "planer/Mitt-forslag.gml" in desk.workspace.plans()
    assert seen.axe() == []
    assert silent(seen) == []


def test_a_run_can_be_cancelled(desk, seen):
    page = seen.page
    page.goto(f"{desk.base}/analyse/rapport?pakke=kommune/datapakke")
    page.get_by_role("button", name="Kjør").click()
    # Here, not in the journey: this run is long, and its page is not changed under axe.
    page.wait_for_selector("progress")
    assert seen.axe() == []
    page.get_by_role("button", name="Avbryt kjøringen").click()
    page.wait_for_selector(".ended")
    assert "Avbrutt" in page.locator(".ended").inner_text()
    assert desk.jobs.wait(desk.jobs.all()[0], PATIENCE / 1000)
    assert silent(seen) == []


def test_a_journey_with_the_keyboard_alone(desk, seen):
    page = seen.page

    def press_until(name):
        for _ in range(200):
            page.keyboard.press("Tab")
            focused = seen.focused()
            if focused and page.evaluate("document.activeElement.textContent").startswith(name):
                return
        pytest.fail(f"«{name}» was never reached")

    press_until("Hopp til innholdet")
    page.keyboard.press("Enter")
    press_until("Eksempelbygda (liten)")
    page.keyboard.press("Enter")
    page.wait_for_url("**/pakke?**")
    press_until("Oversikt over kommunen")
    page.keyboard.press("Enter")
    page.wait_for_url("**/analyse/**")
    press_until("Kjør")
    page.keyboard.press("Enter")
    page.wait_for_selector(".ended", timeout=PATIENCE)
    stops = seen.walk()
    assert stops
    assert [stop for stop in stops if not stop["ring"]] == []


@pytest.mark.parametrize(
    "path",
    ["/", "/pakke?navn=kommune/datapakke", "/analyse/plansjekk?pakke=kommune/datapakke",
     "/analyse/strandsone?pakke=kommune/datapakke", "/resultater"],
)  # fmt: skip
def test_every_page_fits_a_phone(desk, visit, path):
    seen = visit(
        desk.gate.address(), ready="h1", allow=(desk.base,), width=PHONE[0], height=PHONE[1]
    )
    seen.page.goto(desk.base + path)
    for details in seen.page.locator("summary").all():
        details.click()
    assert seen.overflow() == []
    assert seen.axe() == []
    assert silent(seen) == []


def test_without_javascript_all_of_it_works(desk, visit):
    seen = visit(desk.gate.address(), ready="h1", allow=(desk.base,), java_script_enabled=False)
    page = seen.page
    page.goto(f"{desk.base}/analyse/oversikt?pakke=kommune/datapakke")
    page.get_by_role("button", name="Kjør").click()
    page.wait_for_url("**/kjoring/**")
    # The page asks again by itself.
    page.wait_for_selector(".ended", timeout=PATIENCE)
    assert "Ferdig" in page.locator(".ended").inner_text()


def test_another_site_gets_nothing_from_the_desk(desk, seen, tmp_path):
    """A page of another origin in the same browser, with the cookie in its jar."""
    page = seen.context.new_page()
    foreign = tmp_path / "annen.html"
    foreign.write_text(
        f"<!DOCTYPE html><form method=post action='{desk.base}/planer'><button>x</button></form>"
    )
    page.goto(foreign.as_uri())
    asked = f"fetch('{desk.base}/', {{credentials: 'include'}}).then(() => 'fikk', () => 'nektet')"
    assert page.evaluate(asked) == "nektet"
    page.click("button")
    page.wait_for_url(f"{desk.base}/**")
    assert "Ikke tilgang" in page.content()
