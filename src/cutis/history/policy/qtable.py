"""A table of values: how much is to be expected of each option in each situation, and how sure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf, sqrt

from cutis.core.errors import InputError

TABLE_VERSION = 1


@dataclass(frozen=True, slots=True)
class Estimate:
    """The expected return of one option in one situation.

    ``value`` is in units of reward, ``visits`` how often it was tried, ``spread`` the standard
    deviation of what the tries pointed to.
    """

    value: float = 0.0
    visits: int = 0
    spread: float = 0.0

    @property
    def error(self) -> float:
        """The standard error of the value; infinite before two visits."""
        return self.spread / sqrt(self.visits) if self.visits > 1 else inf


@dataclass(frozen=True, slots=True)
class QTable:
    """Estimates by situation and option, and where they come from; an empty one knows nothing."""

    origin: str = "nothing was learned"
    rows: Mapping[str, Mapping[str, Estimate]] = field(default_factory=dict)

    def of(self, situation: object, option: str) -> Estimate:
        """Return the estimate; the one that knows nothing where it was never tried."""
        return self.rows.get(str(situation), {}).get(option, Estimate())

    def best(self, situation: object, allowed: Iterable[str]) -> str:
        """Return the allowed option of the highest value; the earlier one of equals.

        Raises:
            InputError: nothing is allowed.
        """
        options = list(allowed)
        if not options:
            raise InputError("A choice needs at least one allowed option; none came.")
        return max(options, key=lambda option: self.of(situation, option).value)

    def to_json(self) -> str:
        """Return the table as JSON text, rows sorted; values to four digits."""
        rows = {
            state: {
                o: [round(e.value, 4), e.visits, round(e.spread, 4)] for o, e in sorted(row.items())
            }
            for state, row in sorted(self.rows.items())
        }
        tree = {"version": TABLE_VERSION, "origin": self.origin, "rows": rows}
        return json.dumps(tree, indent=1) + "\n"


def read_table(text: str) -> QTable:
    """Read what `QTable.to_json` wrote.

    Raises:
        InputError: the text is no such table, or of another version.
    """
    try:
        tree = json.loads(text)
        version, origin = tree["version"], str(tree["origin"])
        rows = {
            str(state): {
                str(o): Estimate(float(v), int(n), float(s)) for o, (v, n, s) in row.items()
            }
            for state, row in tree["rows"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            "A table of values was expected; this is none. Name a file that Cutis wrote."
        ) from error
    if version != TABLE_VERSION:
        raise InputError(
            f"A table of version {TABLE_VERSION} was expected; {version} came. Learn it anew."
        )
    return QTable(origin, rows)
