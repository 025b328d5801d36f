"""What the file names of the clean face sets tell: who may be the same person, and which age.

The sets of generated faces are cut out of figures, so a name is ``FIGURE_rROWcCOLUMN``.
The ``variability_`` figures of SFHQ show one generated person again with other hair, age or
light, in the same row, in other rows and in other figures, so all of them count as one person.
Elsewhere a file is a person, unless `cutis.datasets.splits.group_persons` finds its twin.
"""

from __future__ import annotations

import re
from pathlib import PurePath

_CELL = re.compile(r"_r(?P<row>\d+)c\d+$")
_SHARED_PEOPLE = {"sfhq": re.compile(r"variability_")}
_AGE_OF_ROW = {"r03": "young", "r04": "adult", "r05": "old"}
AGES = ("young", "adult", "old", "unknown")
"""About 16 years, about 30, about 70, and where nothing tells."""


def person_of(path: PurePath | str) -> str:
    """Return the person whom a photo of a clean set may show, as ``set/name``.

    >>> person_of("clean/sfhq/variability_age_r03c01.jpg")
    'sfhq/variability'
    >>> person_of("clean/sfhq_t2i/hats_r03c01.jpg"), person_of("congress/0001")
    ('sfhq_t2i/hats_r03c01', 'congress/0001')
    """
    path = PurePath(path)
    shared = _SHARED_PEOPLE.get(path.parent.name)
    if shared and shared.match(path.stem):
        return f"{path.parent.name}/variability"
    return f"{path.parent.name}/{path.stem}"


def age_of(path: PurePath | str) -> str:
    """Return one of `AGES`: what the figure says of the photo's age, mostly ``unknown``.

    >>> age_of("sfhq/variability_age_r05c01"), age_of("congress/0001")
    ('old', 'unknown')
    """
    path = PurePath(path)
    cell = _CELL.search(path.stem)
    if cell is None:
        return "unknown"
    figure = path.stem[: cell.start()]
    if path.parent.name == "sfhq" and figure.startswith("variability_age"):
        return _AGE_OF_ROW.get(f"r{cell['row']}", "unknown")
    if path.parent.name == "sfhq_t2i":
        return {"ethnicity_x_age_1": "old", "ethnicity_x_age_2": "adult"}.get(figure, "unknown")
    return "unknown"
