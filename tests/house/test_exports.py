"""The public names of `cutis`: sorted, few, all there, and quick to import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cutis

MAX_PUBLIC_NAMES = 25
MAX_IMPORT_S = 0.4
HEAVY = ("cv2", "openvino", "PIL", "pydantic", "jinja2", "rich", "typer", "weasyprint", "numpy")


def test_names_are_sorted_and_few():
    assert cutis.__all__ == sorted(cutis.__all__)
    assert len(set(cutis.__all__)) == len(cutis.__all__) <= MAX_PUBLIC_NAMES


def test_every_name_is_there():
    for name in cutis.__all__:
        value = getattr(cutis, name)
        assert getattr(value, "__name__", name) == name
        assert value.__doc__, f"{name} has no docstring"


def test_names_load_from_one_table():
    assert sorted(cutis._HOME_OF) == cutis.__all__


def test_dir_lists_the_public_names():
    assert set(cutis.__all__) <= set(dir(cutis))


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(cutis, "diagnose")


def test_import_is_quick():
    """Best of three in fresh processes; the first import loads nothing heavy."""
    code = (
        "import sys, time; started = time.perf_counter(); import cutis;"
        "print(time.perf_counter() - started);"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    answers = [
        subprocess.run(  # noqa: S603 - fixed words
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        for _ in range(3)
    ]
    assert min(float(answer[0]) for answer in answers) < MAX_IMPORT_S
    assert all(answer[1] == "[]" for answer in answers)


def test_assess_is_quick_to_reach():
    """The words of the API come without the runtime, the decoders or the reports."""
    code = "import sys, cutis; cutis.Assessment; cutis.Condition; print('cv2' in sys.modules)"
    answer = subprocess.run(  # noqa: S603 - fixed words
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "False"


def test_no_module_hides_a_public_name():
    """A submodule becomes an attribute of its package when it is imported."""
    modules = {path.stem for path in Path(cutis.__path__[0]).iterdir()}
    assert not modules & set(cutis.__all__)
