"""What the documents say is so: links lead somewhere, commands and options exist, YAML loads."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from urllib.parse import unquote

import pytest
import typer
import yaml
from typer.exceptions import TyperException

from askergeo.cli.main import app
from askergeo.recipe import _recipe_problems
from askergeo.sources.mapping import load_mapping

REPOSITORY = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").glob("*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def name_of(path):
    return str(path.relative_to(REPOSITORY))


def blocks(path):
    """Every fenced block of a document: its language and its text."""
    return FENCE.findall(path.read_text(encoding="utf-8"))


def anchors(path):
    """The anchors of a document's headings, made as code hosts make them."""
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings}


def commands(path):
    """Every line of a fenced block that calls askergeo, without a comment that follows."""
    for _, text in blocks(path):
        for line in text.splitlines():
            if line.startswith("askergeo "):
                yield line


ALL_COMMANDS = sorted({(name_of(path), line) for path in DOCUMENTS for line in commands(path)})
ALL_YAML = [
    pytest.param(text, id=f"{name_of(path)}-{number}")
    for path in DOCUMENTS
    for number, (language, text) in enumerate(blocks(path))
    if language in {"yaml", "yml"}
]


def test_there_is_something_to_hold_against_the_program():
    assert len(ALL_COMMANDS) > 20
    assert len(ALL_YAML) > 3


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_lead_to_files_and_headings(path):
    broken = []
    for link in LINK.findall(FENCE.sub("", path.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, heading = unquote(link).partition("#")
        target = path.parent / file if file else path
        if not target.exists() or (heading and heading not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_the_index_names_every_document():
    index = (REPOSITORY / "docs" / "README.md").read_text(encoding="utf-8")
    listed = set(LINK.findall(index))
    documents = {path.name for path in (REPOSITORY / "docs").glob("*.md")} - {"README.md"}
    notebooks = {f"../notebooks/{path.name}" for path in (REPOSITORY / "notebooks").glob("*.ipynb")}
    assert documents | notebooks <= listed


@pytest.mark.parametrize(("document", "line"), ALL_COMMANDS)
def test_commands_are_real(document, line):
    command = typer.main.get_command(app)
    words = shlex.split(line, comments=True)[1:]
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]
    if set(words) & {"--hjelp", "--version"}:
        return
    if hasattr(command, "commands"):
        # A group that is also a verb takes options only.
        assert command.invoke_without_command, "no such verb"
        assert "".join(words[:1]).startswith("-"), "no such verb"
    # Parses and checks verbs, options, choices and what must be given, and runs nothing.
    command.make_context(line, words)


@pytest.mark.parametrize(
    "line", ["askergeo data laas x", "askergeo demo --uut x", "askergeo tettsted avgrense --data x"]
)
def test_a_wrong_command_would_be_seen(line):
    with pytest.raises((AssertionError, TyperException)):
        test_commands_are_real("", line)


@pytest.mark.parametrize("text", ALL_YAML)
def test_yaml_examples_load(text, tmp_path):
    content = yaml.safe_load(text)
    assert content
    if "kommune" in content:
        assert _recipe_problems(content) == []
    elif {"lag", "kolonner"} <= set(content):
        file = tmp_path / "kart.yml"
        file.write_text(text, encoding="utf-8")
        assert load_mapping(file).columns
