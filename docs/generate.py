"""Write the reference pages from the program itself; ``--check`` only tells whether they are fresh.

Pages: the command line from ``--help``, the settings from their dataclasses, the errors from their
classes, the JSON schema from the answer's own tree, the figures from the results of benchmarks.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import typer
from api_page import api_page
from figures import figures, quality_scales, score_formulas
from figures_future import quoted
from figures_speed import plot
from targets import targets_page

from cutis.cli.app import app
from cutis.cli.errors import EXIT_CODES
from cutis.core import errors
from cutis.core.errors import CutisError
from cutis.reports.json import schema_text
from cutis.settings import Settings, variable_name

REFERENCE = Path(__file__).resolve().parent / "reference"
GENERATED = "<!-- Written by docs/generate.py; change the program, not this page. -->\n"


def command_line() -> str:
    """Return the page on the command line."""
    sections = [f"# Command line\n\n{GENERATED}"]
    for name, command in _commands(typer.main.get_command(app), "cutis"):
        sections.append(f"## `{name}`\n\n{_help(name, command)}")
    rows = [f"| {code} | {_kinds_of(code)} |" for code in sorted(set(EXIT_CODES.values()) - {2})]
    sections.append(
        "## Exit codes\n\n| code | meaning |\n|---|---|\n"
        "| 0 | done; a refused photo is an answer |\n"
        + "\n".join([rows[0], f"| 2 | wrong option, {_kinds_of(2)} |", *rows[1:]])
        + "\n| 130 | stopped with Ctrl-C; what was finished is kept |\n"
    )
    return "\n".join(sections)


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    yield name, command
    for word, child in getattr(command, "commands", {}).items():
        yield from _commands(child, f"{name} {word}")


def _help(name: str, command: Any) -> str:
    """Return usage, text and options as the command itself declares them."""
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option"]
    words = [p.metavar for p in arguments]
    if hasattr(command, "commands"):
        words.append("COMMAND")
    usage = " ".join([name, "[OPTIONS]", *words])
    lines = [f"```text\n{usage}\n```\n", inspect.cleandoc(command.help or ""), ""]
    lines += [f"- `{p.metavar}`: {_one_line(p.help)}" for p in arguments]
    lines += [f"- `{_option(p)}`: {_one_line(p.help)}{_default(p)}" for p in options]
    if hasattr(command, "commands"):
        words = command.commands.items()
        lines += [
            f"- `{word}`: {_one_line(child.get_short_help_str(200))}" for word, child in words
        ]
    return "\n".join(lines).rstrip() + "\n"


def _option(option: Any) -> str:
    names = ", ".join([*option.opts, *option.secondary_opts])
    return names if option.is_flag else f"{names} {option.metavar or 'TEXT'}"


def _default(option: Any) -> str:
    if option.is_flag or option.default is None:
        return ""
    return f" Default: `{option.default}`."


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def _kinds_of(code: int) -> str:
    names = [kind.__name__ for kind, value in EXIT_CODES.items() if value == code]
    return ", ".join(f"[`{name}`](errors.md#{name.lower()})" for name in names)


def settings() -> str:
    """Return the page on settings."""
    parts = [f"# Settings\n\n{GENERATED}", _SETTINGS_TEXT]
    for section, branch in _sections(Settings(), ""):
        parts.append(f"## `[{section}]`\n\n{_summary(type(branch))}\n\n{_table(section, branch)}")
    return "\n".join(parts)


_SETTINGS_TEXT = """\
Settings are read once, from three places; a later one wins:

1. the defaults below;
2. a TOML file: the one named in `CUTIS_CONFIG`, or `cutis.toml` in the user's configuration folder
   (`cutis doctor` shows which file is used);
3. environment variables: `CUTIS_`, then the section and the name in capitals. A value of a table in
   braces has a variable of its own too: its name is that of the table and that of the value.

An unknown key is refused, with the nearest known one.

```toml
[runtime]
threads = 4

[quality]
strictness = "strict"

[quality.limits]
inter_eye_px = { retake_below = 20 }     # what is left out keeps its default
```
"""


def _sections(tree: Any, where: str) -> Iterator[tuple[str, Any]]:
    """Yield each dataclass that is a section of its own: those that can be made without values."""
    for entry in fields(tree):
        branch = getattr(tree, entry.name)
        if is_dataclass(branch) and not _inline(branch):
            dotted = f"{where}.{entry.name}" if where else entry.name
            yield dotted, branch
            yield from _sections(branch, dotted)


def _inline(value: object) -> bool:
    """Tell whether a dataclass is a small value, such as a scale, and no section."""
    return is_dataclass(value) and any(
        entry.default is MISSING and entry.default_factory is MISSING for entry in fields(value)
    )


def _summary(kind: type) -> str:
    """Return the docstring of a dataclass without what it says of each attribute."""
    text = inspect.cleandoc(kind.__doc__ or "")
    return re.split(r"\n\s*(?:Attributes:\n|\* ``)", text)[0].strip().replace("``", "`")


def _table(section: str, branch: Any) -> str:
    notes, hints = _notes(type(branch)), get_type_hints(type(branch))
    rows = ["| setting | takes | default | environment | what |", "|---|---|---|---|---|"]
    for entry in fields(branch):
        value = getattr(branch, entry.name)
        if not is_dataclass(value) or _inline(value):
            shown = "" if value is None else f"`{_plain(value)}`"
            variable = variable_name(f"{section}.{entry.name}") + ("_…" if _inline(value) else "")
            cells = [f"`{entry.name}`", _takes(hints[entry.name]), shown, f"`{variable}`"]
            rows.append(f"| {' | '.join(cells)} | {notes.get(entry.name, '')} |")
    return "\n".join(rows) + "\n" if len(rows) > 2 else ""


def _plain(value: Any) -> str:
    if is_dataclass(value):
        pairs = (f"{entry.name} = {_plain(getattr(value, entry.name))}" for entry in fields(value))
        return "{ " + ", ".join(pairs) + " }"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value.value) if isinstance(value, Enum) else str(value)


def _takes(hint: Any) -> str:
    if isinstance(hint, type) and issubclass(hint, Enum):
        return ", ".join(f"`{member.value}`" for member in hint)
    if get_origin(hint) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(hint))
    if is_dataclass(hint):
        return "table"
    if get_origin(hint) in {tuple, frozenset}:
        return f"list of {get_args(hint)[0].__name__}"
    kinds = [kind for kind in get_args(hint) or (hint,) if kind is not type(None)]
    return " or ".join(kind.__name__ for kind in kinds)


def _notes(kind: type) -> dict[str, str]:
    """Read what is said of each field: in its docstring, or in a string below the field."""
    said = dict(_listed(inspect.cleandoc(kind.__doc__ or "")))
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    previous: ast.stmt | None = None
    for node in getattr(body, "body", []):
        if (
            isinstance(previous, ast.AnnAssign)
            and isinstance(previous.target, ast.Name)
            and isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
        ):
            said[previous.target.id] = _sentence(str(node.value.value))
        previous = node
    return said


def _listed(docstring: str) -> Iterator[tuple[str, str]]:
    """Read ``Attributes:`` in Google's style, or bullets that start with names in ````."""
    for bullet in re.findall(r"^\* (``.*?)(?=^\* ``|\Z)", docstring, re.DOTALL | re.MULTILINE):
        names, _, text = bullet.partition(":")
        for name in re.findall(r"``(\w+)``", names):
            yield name, _sentence(text)
    parts = re.split(r"\n\s*Attributes:\n", docstring)
    if len(parts) == 2:
        for entry in re.split(r"\n(?=\s{4}\w+:)", parts[1]):
            name, _, text = entry.strip().partition(":")
            yield name, _sentence(text)


def _sentence(text: str) -> str:
    text = _one_line(text).replace("``", "`")
    return text[:1].upper() + text[1:]


def error_page() -> str:
    """Return the page on errors."""
    drawing = (errors.__doc__ or "").split("\n\n")[1]
    parts = [f"# Errors\n\n{GENERATED}", f"```text\n{textwrap.dedent(drawing)}\n```\n"]
    parts.append(
        "`code` is stable and meant for programs; the text may change.\n"
        "A photo that can be read but is unfit to assess is an answer, never an error.\n"
    )
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    for kind in sorted((k for k in kinds if issubclass(k, CutisError)), key=lambda k: k.code):
        facts = f"Code `{kind.code}`, exit code {_exit_code(kind)}."
        parts.append(f"## `{kind.__name__}`\n\n{_sentence(kind.__doc__ or '')}\n\n{facts}\n")
    return "\n".join(parts)


def _exit_code(kind: type[CutisError]) -> int:
    return next(
        EXIT_CODES[k] for k in kind.__mro__ if issubclass(k, CutisError) and k in EXIT_CODES
    )


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": command_line,
    "settings.md": settings,
    "errors.md": error_page,
    "score-formulas.md": score_formulas,
    "quality-scales.md": quality_scales,
    "figures.md": figures,
    "api.md": api_page,
    "targets.md": targets_page,
    "assessment.schema.json": schema_text,
    "../explanation/change-and-noise.md": quoted("explanation/change-and-noise.md"),
    "../explanation/facial-skin.md": quoted("explanation/facial-skin.md"),
    "../explanation/learned-choices.md": quoted("explanation/learned-choices.md"),
    "../explanation/performance.md": quoted("explanation/performance.md"),
    "../explanation/scale.md": quoted("explanation/scale.md"),
    "../explanation/speed.svg": plot,
}


def main() -> int:
    """Write the pages, or check them; return the exit code."""
    check = "--check" in sys.argv[1:]
    stale = []
    for name, make in PAGES.items():
        page, text = REFERENCE / name, make()
        if page.is_file() and page.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not check:
            page.write_text(text, encoding="utf-8")
    for name in stale:
        sys.stdout.write(f"docs/reference/{name} {'is out of date' if check else 'written'}\n")
    if check and stale:
        sys.stdout.write("Run: make reference\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
