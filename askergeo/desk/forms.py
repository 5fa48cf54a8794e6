"""The form of a verb, and the words of the command line that a filled form becomes.

The values are read by the same code as on the command line, and its own messages stand by the
fields that they are about.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from askergeo.cli.usage import usage_message
from askergeo.errors import ParameterError
from askergeo.messages import messages
from askergeo.parameters import load_parameters, value_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from askergeo.desk.packages import Found, Workspace
    from askergeo.desk.verbs import Option, Verb
    from askergeo.parameters import Parameter

__all__ = ["Choice", "Field", "Filled", "fields", "read"]

#: What the names of fields begin with: an option's, a parameter's, a file's.
OPTION, PARAMETER, FILE = "valg.", "parameter.", "fil."
# Messages about the whole form have this name.
_WHOLE: Final = ""
# Options that a form shows without folding away those that few need.
_FEW: Final = 6


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One value that may be chosen."""

    value: str
    title: str
    chosen: bool


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a form.

    Parameters
    ----------
    kind
        As of an option; also ``fil`` with ``many`` for several files.
    note
        Unit, limits, source and how sure a parameter is.
    """

    name: str
    title: str
    kind: str
    help: str
    value: str
    many: bool = False
    required: bool = False
    unit: str = ""
    note: str = ""
    choices: tuple[Choice, ...] = ()
    error: str = ""
    changed: bool = False
    # Whether it stands among those that few need.
    rare: bool = False

    @property
    def id(self) -> str:
        """Its id in the page."""
        return "felt-" + "".join(one if one.isalnum() else "-" for one in self.name)


@dataclass(kw_only=True)
class Filled:
    """A filled form: the words that it becomes, and what is wrong with it by field."""

    arguments: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    scenario: str = ""


def fields(
    verb: Verb,
    workspace: Workspace,
    package: Found,
    values: Mapping[str, Sequence[str]],
    errors: Mapping[str, str] | None = None,
) -> tuple[list[Field], list[Field]]:
    """Return the fields of a verb's options, required ones first, and those of its parameters.

    Parameters
    ----------
    values
        What the form was filled with; empty for a new one.
    errors
        Messages by the names of fields.
    """
    wrong = errors or {}
    options = [_field(one, workspace, package, values, wrong) for one in verb.options]
    if len(options) <= _FEW:
        options = [replace(one, rare=False) for one in options]
    options.sort(key=lambda one: not one.required)
    shipped = load_parameters(verb.parameters) if verb.parameters else ()
    return options, [_parameter_field(one, values, wrong) for one in shipped]


def read(
    verb: Verb,
    workspace: Workspace,
    package: Found,
    values: Mapping[str, Sequence[str]],
    *,
    out: Path,
) -> Filled:
    """Read a filled form as the words after the verb.

    Parameters
    ----------
    values
        Texts by the names of fields.
    out
        The folder that the report is written to.
    """
    filled = Filled()
    given: dict[str, list[str]] = {}
    for option in verb.options:
        name = OPTION + option.name
        known = _known(option, workspace, package)
        texts = _texts(option, values.get(name, ()))
        if known is not None:
            if any(one not in known for one in texts):
                filled.errors[name] = messages("nb").say("skrivebord.feil.borte")
                continue
            if option.kind == "scenario":
                filled.scenario = "".join(texts)
            texts = [str(known[one]) for one in texts]
        given[option.name] = texts
    changed = _changed(verb, values)
    _check_parameters(verb, changed, filled)
    _check_options(verb, package, given, out, filled)
    filled.arguments = _words(verb, package, given, out)
    if "parameter" in {one.name for one in verb.command.params}:
        at = _first_argument(filled.arguments)
        extra = [f"--parameter={name}={text}" for name, text in changed.items()]
        filled.arguments[at:at] = extra
    return filled


def _field(
    option: Option,
    workspace: Workspace,
    package: Found,
    values: Mapping[str, Sequence[str]],
    wrong: Mapping[str, str],
) -> Field:
    name = OPTION + option.name
    given = list(values.get(name, ())) if values else [option.default] if option.default else []
    known = _known(option, workspace, package)
    choices: list[Choice] = []
    if option.choices:
        choices = [Choice(value=one, title=one, chosen=one in given) for one in option.choices]
    elif known is not None:
        titles = {one.id: one.title for one in workspace.found()}
        choices = [
            Choice(value=one, title=titles.get(one, one), chosen=one in given) for one in known
        ]
    return Field(
        name=name,
        title=messages("nb").texts.get(f"skrivebord.felt.{option.kind}", option.title)
        if option.kind == "scenario"
        else option.title,
        kind=option.kind,
        help=option.help,
        value="\n".join(given),
        many=option.many,
        required=option.required,
        choices=tuple(choices),
        error=wrong.get(name, ""),
        changed=bool(given) and given != [option.default],
        rare=not (option.required or option.argument or option.kind == "scenario"),
    )


def _parameter_field(
    one: Parameter, values: Mapping[str, Sequence[str]], wrong: Mapping[str, str]
) -> Field:
    name = PARAMETER + one.name
    standard = value_text(one.value)
    value = "".join(values.get(name, ())) or standard
    say = messages("nb").say
    limits = [
        say(f"skrivebord.grense.{key}", value=value_text(limit, one.unit))
        for key, limit in (("minst", one.minimum), ("mest", one.maximum))
        if limit is not None
    ]
    told = [
        say("skrivebord.standard", value=value_text(one.value, one.unit) or "–"),
        *limits,
        say(f"skrivebord.sikkerhet.{one.confidence}"),
    ]
    return Field(
        name=name,
        title=one.title,
        kind="valg" if one.choices else "tekst",
        help=f"{one.source}.",
        value=value,
        unit=one.unit if not isinstance(one.value, list) else "",
        note="; ".join(told),
        choices=tuple(
            Choice(
                value=str(choice),
                title=value_text(choice) or say("skrivebord.ikke_valgt"),
                chosen=value_text(choice) == value or str(choice) == value,
            )
            for choice in one.choices
        ),
        error=wrong.get(name, ""),
        changed=value != standard,
    )


def _known(option: Option, workspace: Workspace, package: Found) -> dict[str, Path] | None:
    """Return what may be chosen, by name; ``None`` when a value is a text of its own."""
    if option.kind == "fil":
        return workspace.plans()
    if option.kind == "mappe":
        return workspace.folders()
    if option.kind == "scenario" and package.package is not None:
        return {one.id: one.path for one in workspace.scenarios(package.package)}
    return None


def _texts(option: Option, given: Sequence[str]) -> list[str]:
    """Return the values of an option: a line each when there may be many."""
    if option.many and option.kind in {"tekst", "tall"}:
        given = [line for text in given for line in text.splitlines()]
    return [one.strip() for one in given if one.strip()]


def _changed(verb: Verb, values: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the parameters that the form has another value of than the shipped one."""
    if not verb.parameters:
        return {}
    given = {
        one.name: "".join(values.get(PARAMETER + one.name, ())).strip()
        for one in load_parameters(verb.parameters)
        if PARAMETER + one.name in values
    }
    standard = {one.name: one for one in load_parameters(verb.parameters)}
    return {
        name: text
        for name, text in given.items()
        if text and text not in {value_text(standard[name].value), str(standard[name].value)}
    }


def _check_parameters(verb: Verb, changed: Mapping[str, str], filled: Filled) -> None:
    """Hold each value against the parameter's type and limits."""
    if not changed:
        return
    shipped = load_parameters(verb.parameters)
    for name, text in changed.items():
        try:
            shipped.override({name: text})
        except ParameterError as error:
            # The first line says which set; the field says that already.
            told = error.message.partition("\n")[2] or error.message
            filled.errors[PARAMETER + name] = _sentence(told.removeprefix("- "))


def _check_options(
    verb: Verb, package: Found, given: dict[str, list[str]], out: Path, filled: Filled
) -> None:
    """Let the command line read the options; each fault is put by its field and then left out."""
    from typer.exceptions import TyperException  # noqa: PLC0415  (start-up stays quick)

    trial = dict(given)
    for _ in range(len(verb.options) + 1):
        words = _words(verb, package, trial, out)
        try:
            verb.command.make_context(" ".join(verb.words), words)
        except TyperException as error:
            about = getattr(getattr(error, "param", None), "name", None)
            name = OPTION + about if about in given else _WHOLE
            told = usage_message(error).split("\n", 1)[0].removeprefix("Feil: ")
            filled.errors.setdefault(name, _sentence(told))
            if about not in trial or not trial[about]:
                return
            trial[about] = []
        else:
            return


def _words(verb: Verb, package: Found, given: Mapping[str, Sequence[str]], out: Path) -> list[str]:
    """Write options as ``--name=value``, so that no value is ever read as an option."""
    flag = verb.data_flag
    words = [f"{_out_flag(verb)}={out}"]
    arguments: list[str] = [] if flag else [str(package.path)]
    if flag:
        words.append(f"{flag}={package.path}")
    for option in verb.options:
        texts = given.get(option.name, ())
        if option.argument:
            arguments += texts
        elif option.kind == "ja":
            words += _switch(option, on=bool(texts))
        else:
            words += [f"{option.flag}={text}" for text in texts if [text] != [option.default]]
    return [*words, "--", *arguments] if arguments else words


def _switch(option: Option, *, on: bool) -> list[str]:
    """Write a yes or no as the flag that turns it; nothing when it is so already."""
    already = option.default not in {"", "False"}
    if on == already:
        return []
    off: list[Any] = option.parameter.secondary_opts
    return [option.flag] if on else [str(one) for one in off[:1]]


def _out_flag(verb: Verb) -> str:
    return str(next(one.opts[0] for one in verb.command.params if one.name == "out"))


def _first_argument(words: Sequence[str]) -> int:
    return words.index("--") if "--" in words else len(words)


def _sentence(text: str) -> str:
    """Begin a message with a capital letter and end it with a full stop."""
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"
