"""The command line as a planner meets it: help, usage errors, streams and exit codes."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer

from askergeo.cli.main import app, run
from askergeo.cli.options import Tongue
from askergeo.messages import LANGUAGES


def verbs(command, path=()):
    """Every verb with its path, groups included."""
    yield path
    for name, child in getattr(command, "commands", {}).items():
        yield from verbs(child, (*path, name))


ALL_VERBS = list(verbs(typer.main.get_command(app)))


@pytest.mark.parametrize("path", ALL_VERBS, ids=" ".join)
def test_help_shows_examples_before_anything_else(path, capsys):
    assert run([*path, "--hjelp"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert lines[0].startswith("Bruk: " + " ".join(("askergeo", *path)))
    assert lines[2] == "Eksempler:"
    assert lines[3].startswith("  askergeo ")
    for foreign in (
        "Usage",
        "Options",
        "Show this",
        "[required]",
        "[default",
        "SIZE",
        "[vanlig: ]",
    ):
        assert foreign not in out


@pytest.mark.parametrize("path", ALL_VERBS, ids=" ".join)
def test_help_examples_are_real_commands(path, capsys):
    run([*path, "--help"])
    examples = [
        line.split()
        for line in capsys.readouterr().out.splitlines()
        if line.startswith("  askergeo ")
    ]
    for words in examples:
        command = typer.main.get_command(app)
        for word in words[1:]:
            if word not in getattr(command, "commands", {}):
                break
            command = command.commands[word]
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "oppgi en kommando"),
        (["rapprt"], "kommandoen «rapprt» finnes ikke; mente du «rapport»?"),
        (["data", "legtil"], "kommandoen «legtil» finnes ikke; mente du «legg-til»?"),
        (["demo", "--overskrv"], "valget «--overskrv» finnes ikke; mente du «--overskriv»?"),
        (
            ["demo", "--størrelse", "stor"],
            "«--størrelse» er ikke gyldig; bruk en av 'liten', 'asker'",
        ),
        (["demo", "--språk", "svensk"], "«--språk» er ikke gyldig; bruk en av 'nb', 'nn', 'en'"),
        (["data", "ny"], "argumentet «MAPPE» mangler"),
        (["data", "vis", "a", "b"], "for mange argumenter: b"),
        (["rapport", "x", "--ut"], "valget «--ut» trenger en verdi"),
        (["demo", "--stille=ja"], "valget «--stille» tar ingen verdi"),
    ],
)
def test_wrong_use_is_said_in_norwegian_with_exit_code_2(arguments, said, capsys):
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert "--hjelp»." in err
    assert "Traceback" not in err


def test_a_number_may_have_a_decimal_comma(tmp_path, capsys):
    there = ["--data", str(tmp_path)]
    assert run(["va", "fornyelse", *there, "--takt-vann", "1,4"]) == 2
    assert run(["va", "fornyelse", *there, "--takt-vann=1,4"]) == 2
    assert "ingen datapakke" in capsys.readouterr().err
    assert run(["va", "fornyelse", *there, "--takt-vann", "1,4,2"]) == 2
    assert "skriv et tall" in capsys.readouterr().err


def test_every_language_of_the_pages_may_be_chosen():
    assert [one.value for one in Tongue] == list(LANGUAGES)


def test_paper_without_the_typesetter_is_refused_before_the_package_is_read(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr("askergeo.outputs.pdf.can_make_pdf", lambda: False)
    asked = ["oversikt", "--data", str(tmp_path), "--ut", str(tmp_path / "ut")]
    assert run([*asked, "--trykk"]) == 2
    err = capsys.readouterr().err
    assert "PDF og PNG kan ikke lages" in err
    assert "askergeo[pdf]" in err
    assert run(asked) == 2
    assert "ingen datapakke" in capsys.readouterr().err


def test_version_names_the_engines(capsys):
    assert run(["--version"]) == 0
    out = capsys.readouterr().out
    for name in ("askergeo", "GDAL", "GEOS", "PROJ"):
        assert name in out


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from askergeo.cli.main import run; run(['--help']); "
        "print([m for m in ('numpy','pandas','geopandas','shapely','rich','yaml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
