"""The forms are what the command line declares, and what is filled in becomes its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lxml import html

from askergeo.analyses import ANALYSES, ON_REQUEST
from askergeo.datapackage import DataPackage
from askergeo.desk.forms import fields, read
from askergeo.desk.packages import Workspace, safe_name
from askergeo.desk.verbs import verbs
from askergeo.errors import MissingFileError, ParameterError
from askergeo.parameters import load_parameters

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = "kommune/datapakke"


@pytest.fixture
def workspace(root: Path) -> Workspace:
    return Workspace(root)


def words(workspace, verb, values):
    package = workspace.package(PACKAGE)
    filled = read(verbs()[verb], workspace, package, values, out=workspace.results / "x")
    return [one for one in filled.arguments if "/" not in one], filled.errors


def test_every_analysis_can_be_chosen():
    asked = {verb.analysis.id for verb in verbs().values() if verb.analysis}
    assert asked == set(ANALYSES | ON_REQUEST)
    assert {"plansjekk", "rapport"} <= set(verbs())
    assert "data-bygg" not in verbs()
    assert "skrivebord" not in verbs()


@pytest.mark.parametrize("verb", sorted(verbs()))
def test_every_form_has_every_option_and_parameter(workspace, verb):
    """The form of an untouched verb becomes a command line that says nothing more."""
    options, parameters = fields(verbs()[verb], workspace, workspace.package(PACKAGE), {})
    assert [one.name for one in options if not one.title] == []
    name = verbs()[verb].parameters
    assert len(parameters) == (len(list(load_parameters(name))) if name else 0)
    untouched = {
        # A file that must be given is the first that there is.
        one.name: [choice.value for choice in one.choices if choice.chosen]
        or [choice.value for choice in one.choices[:1] if one.required]
        if one.choices
        else [one.value or "x" * one.required]
        for one in (*options, *parameters)
        if one.kind != "ja"
    }
    said, errors = words(workspace, verb, untouched)
    required = [one for one in verbs()[verb].options if one.required]
    assert errors == {}
    assert [one for one in said if one != "--"] == [f"{one.flag}=x" for one in required if one.flag]


def test_each_theme_has_a_heading_and_no_verb_is_left_over():
    assert {verb.theme for verb in verbs().values()}.isdisjoint({"Andre"})


def test_options_become_words_that_no_value_can_leave(workspace):
    said, errors = words(
        workspace,
        "tettsted",
        {"valg.profile": ["voksen\n--json\n; rm -rf x"], "valg.winter": ["ja"]},
    )
    assert errors == {}
    assert said == ["--profil=voksen", "--profil=--json", "--profil=; rm -rf x", "--vinter"]


def test_a_decimal_comma_is_a_number_as_on_the_command_line(workspace):
    said, errors = words(workspace, "va-fornyelse", {"valg.budget": ["12,5"]})
    assert errors == {}
    assert said == ["--budsjett=12,5"]


def test_every_wrong_option_is_named_at_its_field(workspace):
    _, errors = words(
        workspace,
        "va-fornyelse",
        {"valg.budget": ["-1"], "valg.years": ["ti"], "valg.water": ["1,2"]},
    )
    assert set(errors) == {"valg.budget", "valg.years"}
    assert "minst 0" in errors["valg.budget"]
    assert "helt tall" in errors["valg.years"]


def test_a_choice_that_there_is_not_is_refused(workspace):
    _, errors = words(workspace, "plansjekk", {"valg.threshold": ["lilla"]})
    assert "bruk en av" in errors["valg.threshold"]


@pytest.mark.parametrize("verb", ["plansjekk", "nullvekst-plan"])
@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../x.gml", "kommune/datapakke/askergeo.lock", "x"]
)
def test_only_files_that_were_found_are_taken(workspace, verb, name):
    _, errors = words(workspace, verb, {"valg.plan": [name]})
    assert set(errors) == {"valg.plan"}


def test_only_scenarios_that_were_found_are_taken(workspace):
    _, errors = words(workspace, "oversikt", {"valg.scenario": [PACKAGE]})
    assert set(errors) == {"valg.scenario"}


def test_a_scenario_of_the_municipality_can_be_chosen(workspace, root):
    base = DataPackage.open(root / PACKAGE)
    DataPackage.create_scenario(root / "ny-skole", base, name="Ny skole")
    options, _ = fields(verbs()["oversikt"], workspace, workspace.package(PACKAGE), {})
    assert [(one.value, one.title) for one in options[0].choices] == [("ny-skole", "Ny skole")]
    filled = read(
        verbs()["oversikt"],
        workspace,
        workspace.package(PACKAGE),
        {"valg.scenario": ["ny-skole"]},
        out=root / "x",
    )
    assert filled.arguments[-1] == f"--scenario={root / 'ny-skole'}"
    assert [one.id for one in workspace.packages()] == [PACKAGE]


def test_a_parameter_has_what_is_known_of_it(workspace):
    _, parameters = fields(verbs()["strandsone"], workspace, workspace.package(PACKAGE), {})
    belt = next(one for one in parameters if one.name == "parameter.belte_m")
    shipped = next(one for one in load_parameters("strandsone") if one.name == "belte_m")
    assert (belt.title, belt.value, belt.unit) == (shipped.title, "100", "m")
    assert shipped.source in belt.help
    assert "Vanlig verdi: 100" in belt.note
    assert "verifisert" in belt.note


@pytest.mark.parametrize(
    ("text", "said"), [("smalt", "tall"), ("-5", "under"), ("nan", "tall"), ("1e999", "tall")]
)
def test_a_wrong_parameter_is_told_by_its_field(workspace, text, said):
    _, errors = words(workspace, "strandsone", {"parameter.belte_m": [text]})
    assert set(errors) == {"parameter.belte_m"}
    assert said in errors["parameter.belte_m"]


def test_only_parameters_that_were_changed_are_passed_on(workspace):
    said, errors = words(
        workspace,
        "strandsone",
        {"parameter.belte_m": ["50"], "parameter.kvartsirkel_segmenter": ["32"]},
    )
    assert errors == {}
    assert said == ["--parameter=belte_m=50"]


def test_an_analysis_that_lacks_layers_says_which_and_where_to_order(opening, tmp_path):
    DataPackage.create(tmp_path / "tom", municipality="3203", name="Tom pakke")
    with opening(tmp_path) as desk:
        page = html.document_fromstring(desk.client.get("/pakke?navn=tom").text)
        shore = next(
            one
            for one in page.xpath("//li[@class='lacking']")
            if "Strandsonen" in one.text_content()
        )
        assert "Kystkontur" in shore.text_content()
        assert "bestilles:" in shore.text_content()
        form = html.document_fromstring(desk.client.get("/analyse/strandsone?pakke=tom").text)
        assert form.xpath("//button[@disabled]")


def test_a_broken_package_is_named_with_its_fault(opening, tmp_path):
    (tmp_path / "knust").mkdir()
    (tmp_path / "knust" / "askergeo.lock").write_text("{", encoding="utf-8")
    with opening(tmp_path) as desk:
        text = desk.client.get("/").text
        assert "Kan ikke åpnes" in text
        assert desk.client.get("/pakke?navn=knust").status_code == 404


def test_names_from_a_package_are_escaped(opening, tmp_path):
    DataPackage.create(tmp_path / "x", municipality="3203", name="<script>alert(1)</script>\"'")
    with opening(tmp_path) as desk:
        for path in ("/", "/pakke?navn=x", "/analyse/oversikt?pakke=x"):
            assert "<script>alert" not in desk.client.get(path).text


def test_the_folder_must_be_one_that_packages_lie_in(root, tmp_path):
    with pytest.raises(MissingFileError, match="finnes ikke"):
        Workspace(tmp_path / "nei")
    with pytest.raises(ParameterError, match="er en datapakke"):
        Workspace(root / PACKAGE)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "/", "\\", "\0", "\n", "a/b\\c", "x" * 999, "å" * 300]
)
def test_a_safe_name_is_one_plain_name(name):
    safe = safe_name(name)
    assert safe
    assert not set(safe) & set('/\\\0\n<>:"|?*')
    assert not safe.startswith(".")
    assert len(safe) <= 100
