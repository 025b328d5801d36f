"""The house itself: size of modules and functions, docstrings, names, and nothing dangerous."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "cutis"
MODULES = sorted(SOURCE.rglob("*.py"))
MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 40
MAX_POSITIONAL, MAX_ARGUMENTS = 4, 8  # self is counted, so three of one's own in a method
VAGUE = ("Manager", "Helper", "Processor", "Util", "Misc")
DANGEROUS = {
    ("", "eval"),
    ("", "exec"),
    ("", "__import__"),
    ("os", "system"),
    ("os", "popen"),
    ("pickle", "load"),
    ("pickle", "loads"),
    ("torch", "load"),
    ("yaml", "load"),
    ("marshal", "loads"),
    ("np", "fromregex"),
}
DANGEROUS_IMPORTS = {"pickle", "dill", "cloudpickle", "marshal", "shelve", "joblib"}

_name = [str(path.relative_to(SOURCE)) for path in MODULES]
every_module = pytest.mark.parametrize("module", MODULES, ids=_name)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def tree_of(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"))


def functions(module: Path) -> Iterator[Function]:
    for node in ast.walk(tree_of(module)):
        if isinstance(node, Function):
            yield node


def body_lines(function: Function) -> int:
    """Count the lines of the body; the docstring is not body."""
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_there_are_modules():
    assert len(MODULES) > 30


@every_module
def test_module_fits_its_size(module: Path):
    lines = len(module.read_text(encoding="utf-8").splitlines())
    assert lines <= MAX_MODULE_LINES, f"{lines} lines; split it"


@every_module
def test_module_says_what_it_is_for(module: Path):
    assert ast.get_docstring(tree_of(module))


@every_module
def test_functions_fit_their_size(module: Path):
    long = {f.name: body_lines(f) for f in functions(module) if body_lines(f) > MAX_FUNCTION_LINES}
    assert not long, f"body lines over {MAX_FUNCTION_LINES}: {long}"


@every_module
def test_functions_take_few_arguments(module: Path):
    """Options of the command line are not positional, so their number is the user's choice."""
    many = {}
    for function in functions(module):
        arguments = function.args
        positional = len(arguments.posonlyargs) + len(arguments.args)
        total = positional + len(arguments.kwonlyargs)
        if positional > MAX_POSITIONAL + 1 or total > MAX_ARGUMENTS + 1:
            many[function.name] = (positional, total)
    assert not many, f"(positional, in all): {many}"


@every_module
def test_class_names_mean_something(module: Path):
    names = [node.name for node in ast.walk(tree_of(module)) if isinstance(node, ast.ClassDef)]
    assert not [name for name in names if any(word in name for word in VAGUE)]


@every_module
def test_nothing_dangerous_is_called(module: Path):
    """S9: no code is made from data: no pickle, no eval, no loader that runs what it reads."""
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Call):
            given = {k.arg: getattr(k.value, "value", None) for k in node.keywords}
            safe = given.get("weights_only") is True  # torch then reads tensors and nothing else
            assert safe or _called(node) not in DANGEROUS, f"line {node.lineno}"
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [a.name for a in node.names] + [getattr(node, "module", None) or ""]
            assert not DANGEROUS_IMPORTS & {name.split(".")[0] for name in names}


def _called(call: ast.Call) -> tuple[str, str] | None:
    if isinstance(call.func, ast.Name):
        return "", call.func.id
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        return call.func.value.id, call.func.attr
    return None


def test_few_functions_are_long():
    """The share of functions over 40 lines, docstring included, stays under 6 percent."""
    lengths = [(f.end_lineno or 0) - f.lineno + 1 for m in MODULES for f in functions(m)]
    share = sum(length > MAX_FUNCTION_LINES for length in lengths) / len(lengths)
    assert share < 0.06, f"{share:.1%}"
