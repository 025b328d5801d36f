"""The error tree is the one that its docstring draws, and the one that the reference lists."""

from __future__ import annotations

import inspect
import re

from cutis.cli.errors import EXIT_CODES, exit_code
from cutis.core import errors


def drawn() -> dict[str, str]:
    """Read the tree in the docstring: each error and its parent."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"^(\s{4}[│├└─\s]*)([A-Z]\w+Error)\b", line)
        if match:
            depth = (len(match[1]) - 4) // 4
            path = [*path[:depth], match[2]]
            parents[match[2]] = path[-2] if depth else "Exception"
    return parents


def written() -> dict[str, type[Exception]]:
    classes = inspect.getmembers(errors, inspect.isclass)
    return {name: kind for name, kind in classes if kind.__module__ == errors.__name__}


def test_the_drawing_is_the_tree():
    assert drawn() == {name: kind.__bases__[0].__name__ for name, kind in written().items()}


def test_codes_differ():
    codes = [kind.code for kind in written().values()]
    assert len(set(codes)) == len(codes)


def test_a_childs_code_starts_with_its_parents():
    for kind in written().values():
        parent = kind.__bases__[0]
        if parent.__name__ not in {"Exception", "CutisError"}:
            assert kind.code.startswith(f"{parent.code}.")


def test_each_child_of_the_root_has_its_exit_code():
    children = {kind for kind in written().values() if kind.__bases__[0] is errors.CutisError}
    assert children | {errors.CutisError} == set(EXIT_CODES)
    assert exit_code(errors.UnreadablePhotoError("x")) == EXIT_CODES[errors.PhotoError]


def test_a_missing_extra_tells_the_install_line():
    assert 'pip install "cutis[pdf]"' in str(errors.MissingExtraError("PDF", "pdf"))
