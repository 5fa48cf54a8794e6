"""Usage errors in bokmål: typer's own messages are English."""

from __future__ import annotations

import difflib
import re
from typing import Any

from .help import usage

__all__ = ["usage_message"]


def usage_message(error: Any) -> str:  # noqa: ANN401  (typer's exception classes are private)
    """Say what was wrong with the command line, and how it is used.

    Parameters
    ----------
    error
        A usage error raised by typer, told apart by the name of its class.
    """
    ctx = getattr(error, "ctx", None)
    text = _what(error, ctx)
    if ctx is None:
        return f"Feil: {text}\nSe «askergeo --hjelp»."
    hint = f"Bruk: {usage(ctx.command, ctx)}\nSe «{ctx.command_path} --hjelp»."
    return f"Feil: {text}\n{hint}"


def _what(error: Any, ctx: Any) -> str:  # noqa: ANN401
    kind = type(error).__name__
    message = str(error.format_message())
    parameter = getattr(error, "param", None)
    if kind == "NoSuchOption":
        if error.option_name == "--data" and _takes_folder(ctx):
            return f"valget «--data» finnes ikke; skriv mappen rett etter «{ctx.command_path}»."
        return (
            f"valget «{error.option_name}» finnes ikke{_nearest(error.option_name, _options(ctx))}"
        )
    if kind == "MissingParameter" and parameter is not None:
        what = "argumentet" if parameter.param_type_name == "argument" else "valget"
        return f"{what} «{_name(parameter)}» mangler."
    if kind == "BadParameter" and parameter is not None:
        return f"verdien for «{_name(parameter)}» er ikke gyldig{_allowed(error.message)}"
    return _by_text(message, ctx)


def _takes_folder(ctx: Any) -> bool:  # noqa: ANN401
    """Tell whether the verb takes the data package as its first argument."""
    arguments = [] if ctx is None else ctx.command.params
    return any(one.param_type_name == "argument" and one.metavar == "MAPPE" for one in arguments)


def _by_text(message: str, ctx: Any) -> str:  # noqa: ANN401
    """Translate the messages that have no class of their own; an unknown one stays as it is."""
    if unknown := re.match(r"No such command '(.+?)'", message):
        verbs = list(getattr(ctx.command, "commands", []))
        return f"kommandoen «{unknown[1]}» finnes ikke{_nearest(unknown[1], verbs)}"
    if missing := re.match(r"Missing (?:command|option '(.+?)')", message):
        return f"valget «{missing[1]}» mangler." if missing[1] else "oppgi en kommando."
    if extra := re.match(r"Got unexpected extra argument(?:s|\(s\))? \((.+)\)", message):
        return f"for mange argumenter: {extra[1]}."
    if value := re.match(r"Option '(.+?)' requires", message):
        return f"valget «{value[1]}» trenger en verdi."
    if value := re.match(r"Option '(.+?)' does not take", message):
        return f"valget «{value[1]}» tar ingen verdi."
    return message


def _allowed(message: str) -> str:
    """Say what the value may be; a message that is not known stays as it is."""
    if choices := re.search(r"is not one of (.+?)\.?$", message):
        return f"; bruk en av {choices[1]}."
    if least := re.search(r"greater than or equal to (\S+?)\.?$", message):
        return f"; den må være minst {_number(least[1])}."
    if most := re.search(r"less than or equal to (\S+?)\.?$", message):
        return f"; den kan ikke være over {_number(most[1])}."
    if "valid integer" in message:
        return "; skriv et helt tall."
    return "; skriv et tall." if "valid number" in message else f": {message}"


def _number(text: str) -> str:
    return text.replace(".", ",")


def _name(parameter: Any) -> str:  # noqa: ANN401
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    return str(parameter.opts[0])


def _options(ctx: Any) -> list[str]:  # noqa: ANN401
    if ctx is None:
        return []
    return [option for parameter in ctx.command.params for option in parameter.opts]


def _nearest(name: str, known: list[str]) -> str:
    nearest = difflib.get_close_matches(name, known, n=2)
    return f"; mente du {' eller '.join(f'«{one}»' for one in nearest)}?" if nearest else "."
