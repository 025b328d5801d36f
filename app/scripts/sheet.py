"""The contact sheets of the app: the pictures the journeys kept, by language, scheme and device.

``python app/scripts/sheet.py`` reads ``app/artefacts`` and writes ``sheet-*.png`` there.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np

ARTEFACTS = Path(__file__).resolve().parents[1] / "artefacts"
WIDTHS, HIGHEST, GAP, COLUMNS = {"phone": 360, "desk": 620}, 1100, 14, {"phone": 6, "desk": 4}


def main() -> None:
    """Put one sheet together for each language, scheme and device."""
    groups: dict[tuple[str, str, str], list[Path]] = defaultdict(list)
    for path in sorted(ARTEFACTS.glob("*-*-*-*.png")):
        _, language, scheme, device = path.stem.rsplit("-", 3)
        if device in WIDTHS and not path.name.startswith("sheet-"):
            groups[language, scheme, device].append(path)
    for (language, scheme, device), paths in groups.items():
        tiles = [tile(path, WIDTHS[device]) for path in paths]
        rows = [tiles[i : i + COLUMNS[device]] for i in range(0, len(tiles), COLUMNS[device])]
        sheet = beside([beside(row, 1) for row in rows], 0)
        cv2.imwrite(str(ARTEFACTS / f"sheet-{language}-{scheme}-{device}.png"), sheet)


def tile(path: Path, width: int) -> np.ndarray:
    """Return the top of a page in a width, with its name above."""
    picture = cv2.imread(str(path))
    height = round(picture.shape[0] * width / picture.shape[1])
    shrunk = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)[:HIGHEST]
    head = np.full((22, width, 3), 255, np.uint8)
    cv2.putText(head, path.stem, (2, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
    return np.vstack([head, shrunk])


def beside(parts: list[np.ndarray], axis: int) -> np.ndarray:
    """Return pictures put beside one another along an axis, with grey where one is smaller."""
    other = 1 - axis
    most = max(part.shape[other] for part in parts)
    padded = []
    for part in parts:
        pad = [(0, 0), (0, 0), (0, 0)]
        pad[other] = (0, most - part.shape[other])
        pad[axis] = (0, GAP)
        padded.append(np.pad(part, pad, constant_values=160))
    return np.concatenate(padded, axis)


if __name__ == "__main__":
    main()
