"""The pages' own texts: alike in every language, and none that is asked for is missing."""

from __future__ import annotations

import re
from importlib.resources import files
from string import Formatter

import pytest

from askergeo.analyses import ANALYSES, ON_REQUEST
from askergeo.errors import ParameterError
from askergeo.messages import LANGUAGES, messages
from askergeo.outputs.page.start import themes

PAGES = ("kart.", "sok.", "side.", "tema.")
ASSETS = files("askergeo.outputs.page") / "assets"


def braces(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def of_pages(language: str) -> dict[str, str]:
    return {k: v for k, v in messages(language).texts.items() if k.startswith(PAGES)}


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "nb"])
def test_every_language_has_the_same_keys_and_braces(language: str) -> None:
    first, other = of_pages("nb"), of_pages(language)
    assert first.keys() == other.keys()
    assert {k for k in first if braces(first[k]) != braces(other[k])} == set()
    assert all(text.strip() for text in other.values())


def test_every_key_that_a_template_asks_for_is_there() -> None:
    templates = [one.read_text(encoding="utf-8") for one in ASSETS.iterdir() if ".j2" in one.name]
    asked = {key for text in templates for key in re.findall(r"\bt\('([^']+)'(?! *~)", text)}
    assert asked
    begun = {key for text in templates for key in re.findall(r"\bt\('([^']+)' *~", text)}
    texts = messages("nb").texts
    assert {key for key in asked if f"side.{key}" not in texts} == set()
    assert all(any(known.startswith(f"side.{key}") for known in texts) for key in begun)


def test_every_analysis_has_a_title_a_question_and_a_theme() -> None:
    known = {**ANALYSES, **ON_REQUEST}
    for language in LANGUAGES:
        texts = messages(language).texts
        for analysis in (*known, "plansjekk"):
            assert texts[f"tema.{analysis}.tittel"]
            assert texts[f"tema.{analysis}.sporsmal"].endswith("?")
        assert {f"tema.gruppe.{theme}" for theme in (*themes(), "annet")} <= texts.keys()
    nb = messages("nb")
    assert all(nb.say(f"tema.{one.id}.tittel") == one.title for one in known.values())
    assert all(nb.say(f"tema.{one.id}.sporsmal") == one.question for one in known.values())
    assert sorted(one for members in themes().values() for one in members) == sorted(
        [*known, "plansjekk"]
    )


def test_an_unknown_language_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ParameterError, match="«de» finnes ikke") as error:
        messages("de")
    assert "nn (nynorsk)" in str(error.value.remedy)
