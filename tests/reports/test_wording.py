"""The examples in the docstrings of words, numbers and cells hold."""

from __future__ import annotations

import doctest

import pytest

from cutis.reports import rounding, table, wording
from cutis.testing import masks


@pytest.mark.parametrize("module", [wording, rounding, table, masks], ids=lambda m: m.__name__)
def test_the_examples_hold(module: object):
    result = doctest.testmod(module)  # type: ignore[arg-type]
    assert result.attempted > 0
    assert result.failed == 0
