"""Help texts in bokmål, with the examples first.

typer's own help is in English and starts with the options; a planner wants to see what to type.
"""

from __future__ import annotations

import inspect
import re
import shutil
import textwrap
from typing import Any

from typer.core import TyperCommand, TyperGroup

__all__ = ["Command", "Group", "usage"]

_HELP_OPTION = ("--hjelp, --help", "Vis denne hjelpen.")
# What typer calls the options of a verb that does not say itself.
_TYPER_OPTIONS = "[OPTIONS]"
_COMMA = re.compile(r"[-+]?\d*,\d+")
_WIDTH = min(100, shutil.get_terminal_size().columns)


class Command(TyperCommand):
    """A verb. Its docstring is the help; lines that start with ``$`` are the examples."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
        """Read numbers with a decimal comma too: a planner writes 1,4."""
        return super().parse_args(ctx, _with_points(self, args))

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  (typer's own types are private)
        """Write usage, examples, description, arguments and options."""
        text, examples = _split(self.help or "")
        formatter.write(f"Bruk: {usage(self, ctx)}\n")
        _section(formatter, "Eksempler", [(example, "") for example in examples])
        formatter.write(f"\n{_wrap(text)}\n")
        arguments, options = _parameters(self, ctx)
        _section(formatter, "Argumenter", arguments)
        _section(formatter, "Valg", [*options, _HELP_OPTION])
        if self.epilog:
            formatter.write(f"\n{_wrap(self.epilog)}\n")


class Group(TyperGroup):
    """A group of verbs, listed with one line each."""

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  (typer's own types are private)
        """Write usage, examples, description, verbs and options."""
        text, examples = _split(self.help or "")
        formatter.write(f"Bruk: {usage(self, ctx)}\n")
        _section(formatter, "Eksempler", [(example, "") for example in examples])
        formatter.write(f"\n{_wrap(text)}\n")
        verbs = [(name, _first_line(command.help or "")) for name, command in self.commands.items()]
        _section(formatter, "Kommandoer", verbs)
        _arguments, options = _parameters(self, ctx)
        _section(formatter, "Valg", [*options, _HELP_OPTION])
        if self.epilog:
            formatter.write(f"\n{_wrap(self.epilog)}\n")


def usage(command: Any, ctx: Any) -> str:  # noqa: ANN401
    """Return the one-line usage: the command's path, its arguments and its required options."""
    if isinstance(command, TyperGroup) and not command.invoke_without_command:
        return f"{ctx.command_path} KOMMANDO …"
    pieces = [ctx.command_path]
    for parameter in command.params:
        name = parameter.metavar or parameter.name.upper()
        if parameter.param_type_name == "argument":
            pieces.append(name if parameter.required else f"[{name}]")
        elif parameter.required:
            pieces.append(f"{parameter.opts[0]} {name}")
    if isinstance(command, TyperGroup):
        return f"{ctx.command_path} [VALG] eller {ctx.command_path} KOMMANDO …"
    own = command.options_metavar
    return " ".join([*pieces, "[VALG]" if own == _TYPER_OPTIONS else own])


def _with_points(command: Any, args: list[str]) -> list[str]:  # noqa: ANN401
    """Return the words with a decimal point in the values of options that are numbers."""
    numbers = {
        name for parameter in command.params if _is_number(parameter) for name in parameter.opts
    }
    words = list(args)
    for at, word in enumerate(args):
        name, sign, value = word.partition("=")
        if sign and name in numbers:
            words[at] = f"{name}={_with_point(value)}"
        elif at and args[at - 1] in numbers:
            words[at] = _with_point(word)
    return words


def _is_number(parameter: Any) -> bool:  # noqa: ANN401
    described = getattr(parameter, "type_descriptor", None)
    return getattr(described, "annotation", None) is float


def _with_point(text: str) -> str:
    return text.replace(",", ".") if _COMMA.fullmatch(text) else text


def _split(text: str) -> tuple[str, list[str]]:
    lines = inspect.cleandoc(text).splitlines()
    examples = [line.removeprefix("$").strip() for line in lines if line.startswith("$")]
    return "\n".join(line for line in lines if not line.startswith("$")).strip(), examples


def _first_line(text: str) -> str:
    return inspect.cleandoc(text).split("\n", 1)[0]


def _wrap(text: str) -> str:
    paragraphs = text.split("\n\n")
    return "\n\n".join(textwrap.fill(" ".join(part.split()), _WIDTH) for part in paragraphs)


def _parameters(
    command: Any,  # noqa: ANN401
    ctx: Any,  # noqa: ANN401
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    arguments, options = [], []
    for parameter in command.get_params(ctx):
        if parameter.name in {"help", "hjelp"} or getattr(parameter, "hidden", False):
            continue
        text = getattr(parameter, "help", "") or ""
        name = parameter.metavar or parameter.name.upper()
        if parameter.param_type_name == "argument":
            arguments.append((name, text))
            continue
        flag = getattr(parameter, "is_flag", False)
        label = ", ".join(parameter.opts) + ("" if flag else f" {name}")
        default = parameter.default
        if default not in (None, False, "", [], ()) and not callable(default):
            text += f" [vanlig: {getattr(default, 'value', default)}]"
        options.append((label, text + (" [må oppgis]" if parameter.required else "")))
    return arguments, options


def _section(formatter: Any, title: str, rows: list[tuple[str, str]]) -> None:  # noqa: ANN401
    if not rows:
        return
    width = max((len(label) for label, text in rows if text), default=0)
    formatter.write(f"\n{title}:\n")
    for label, text in rows:
        if not text:
            formatter.write(f"  {label}\n")
            continue
        lines = textwrap.wrap(text, max(30, _WIDTH - width - 4)) or [""]
        formatter.write(f"  {label.ljust(width)}  {lines[0]}\n")
        for line in lines[1:]:
            formatter.write(f"  {' ' * width}  {line}\n")
