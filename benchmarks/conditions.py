"""Learned condition maps beside the classical ones, on real photos.

    python benchmarks/conditions.py                              # and the learned models installed
    python benchmarks/conditions.py --method classical --cache DIR
    python benchmarks/conditions.py --network v2.xml --rows acne # a network without a card

Evaluation only. The rows are described where they are made: `acne_rows`, `redness_rows`,
`wrinkle_rows`, `negative_rows` and `invariance_rows`. Photos are prepared once and kept in DIR,
which must lie outside the repository; a network then takes only its own time. Each ``--network`` is
an OpenVINO graph with its weights beside it, judged on every condition without a card; it takes the
place of the installed models. Figures of some rows or photos only are not written unless ``--out``
says where.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from acne_rows import MapsOf, acne_records, acne_table, read_ellipses
from invariance_rows import PHOTOS as INVARIANCE_PHOTOS
from invariance_rows import invariance_rows
from negative_rows import FACES, negative_records, negative_rows
from photo_sets import photos_of, shared_dir
from prepared import PreparedPhoto, classical_maps, lenient_tools, prepared_photos
from redness_rows import redness_records, redness_table
from wrinkle_rows import age_photos, age_rows, wrinkle_records, wrinkle_rows

from cutis.core.ports import ConditionSegmenter
from cutis.core.vocabulary import Condition
from cutis.imaging.skin_channels import COARSE_MM_PER_PX, FINE_MM_PER_PX, TARGETS
from cutis.pipeline import Tools, map_conditions

if TYPE_CHECKING:
    from cutis.models.descriptor import Descriptor
    from cutis.models.runtime import NetworkFiles

ROWS = ("acne", "redness", "wrinkles", "age", "negatives", "invariance")
RESULT = Path("benchmarks/results/conditions.json")
COARSE = (Condition.REDNESS, Condition.DRYNESS)

Table = dict[str, dict[str, object]]
"""Rows of each part of the photos: ``look``, ``report``, ``all``."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What the rows are made with; ``most`` limits the photos of each set, for a quick look."""

    tools: Tools
    cache: Path
    most: int | None

    def prepared(self, paths: list[Path]) -> Iterator[PreparedPhoto]:
        """Yield prepared photos, from the cache where they are there."""
        return prepared_photos(self.some(paths), self.tools, self.cache)

    def some(self, paths: list[Path]) -> list[Path]:
        """Return all photos, or ``most`` of them, evenly spread."""
        if self.most is None or self.most >= len(paths):
            return paths
        return [paths[i * len(paths) // self.most] for i in range(self.most)]


def main() -> None:
    """Run, print and write the figures."""
    options = _options()
    tools = lenient_tools()
    bench = Bench(tools, options.cache, options.most)
    methods = choose_methods(options, tools)
    result: dict[str, dict[str, Table]] = {}
    for rows in options.rows:
        result[rows] = {
            n: _section(rows, bench, s, result.get("acne", {}).get(n)) for n, s in methods.items()
        }
    print()
    for section, tables in result.items():
        print(f"\n{section}")
        print("\n".join(table_lines(tables)))
    whole = tuple(options.rows) == ROWS and options.most is None and not options.network
    if options.out or whole:
        text = json.dumps(plain(result), indent=1, allow_nan=False)
        (options.out or RESULT).write_text(text + "\n", encoding="utf-8")


def choose_methods(
    options: argparse.Namespace, tools: Tools
) -> dict[str, tuple[ConditionSegmenter, ...]]:
    """Return the segmenters of each column by its heading."""
    learned = tuple(tools.conditions[1:])
    methods: dict[str, tuple[ConditionSegmenter, ...]] = {}
    if options.method in {"classical", "both"}:
        methods["classical"] = tuple(tools.conditions[:1])
    if options.method in {"learned", "both"} and not options.network:
        learned = installed(options.models_dir) if options.models_dir else learned
        if not learned and options.method == "learned":
            raise SystemExit("No learned model is here. Give --network, or --models-dir.")
        if learned:
            methods["learned"] = learned
    return methods | {n: (s,) for n, s in map(uncarded, options.network or [])}


def uncarded(graph: Path) -> tuple[str, ConditionSegmenter]:
    """Return a network without a card as a segmenter of all its conditions, and its heading."""
    from cutis.models.condition_network import LearnedConditionSegmenter  # noqa: PLC0415
    from cutis.models.descriptor import ServedCondition  # noqa: PLC0415
    from cutis.models.runtime import Runtime  # noqa: PLC0415

    model, files = blank_card(graph)
    served = tuple(
        ServedCondition(c.value, COARSE_MM_PER_PX if c in COARSE else FINE_MM_PER_PX, math.inf)
        for c in TARGETS
    )
    model = replace(model, conditions=served)
    return graph.stem, LearnedConditionSegmenter(model, files, Runtime())


def blank_card(graph: Path) -> tuple[Descriptor, NetworkFiles]:
    """Return a card that tells no more than a graph's name and digest, and the graph's files."""
    from cutis.models.descriptor import Descriptor, ModelFile  # noqa: PLC0415
    from cutis.models.runtime import NetworkFiles  # noqa: PLC0415

    files = NetworkFiles(graph.read_bytes(), graph.with_suffix(".bin").read_bytes())
    digest = hashlib.sha256(files.graph + files.weights).hexdigest()
    blank = dict.fromkeys(
        ("task", "summary", "licence", "authors", "homepage", "training_data"), "not on a card"
    )
    file = ModelFile(graph.name, digest, len(files.graph))
    model = Descriptor(
        name=graph.stem,
        version=digest[:8],
        **blank,
        runtime="OpenVINO",
        precision="fp32",
        file=file,
        networks=(),
    )
    return model, files


def installed(folder: Path) -> tuple[ConditionSegmenter, ...]:
    """Return the learned segmenters whose files lie in ``folder``."""
    from cutis.models.builtin import builtin_models  # noqa: PLC0415
    from cutis.models.learned import condition_segmenters  # noqa: PLC0415
    from cutis.models.runtime import Runtime  # noqa: PLC0415

    return condition_segmenters(builtin_models(), Runtime(), folder)


def maps_by(segmenters: tuple[ConditionSegmenter, ...], bench: Bench, of: str) -> MapsOf:
    """Return what makes the maps of a photo of the set ``of``; classical ones are kept on disk."""
    classical = bench.tools.conditions[0]
    if segmenters == (classical,):
        return lambda photo: classical_maps(photo, of, classical, bench.cache)
    return lambda photo: map_conditions(segmenters, photo.crop, photo.skin)


def _section(
    rows: str, bench: Bench, segmenters: tuple[ConditionSegmenter, ...], acne: Table | None
) -> Table:
    """Return one section; that of natural negatives needs the acne table, made if it is missing."""
    if rows == "negatives":
        return _negatives(bench, segmenters, acne or _acne(bench, segmenters))
    return SECTIONS[rows](bench, segmenters)


def _acne(bench: Bench, segmenters: tuple[ConditionSegmenter, ...]) -> Table:
    photos = bench.prepared(photos_of("dev/acne"))
    labels = read_ellipses(shared_dir() / "dev/acne/lesions.csv")
    return acne_table(acne_records(photos, maps_by(segmenters, bench, "acne"), labels))


def _redness(bench: Bench, segmenters: tuple[ConditionSegmenter, ...]) -> Table:
    photos = bench.prepared(photos_of("dev/redness"))
    return redness_table(redness_records(photos, maps_by(segmenters, bench, "redness")))


def _wrinkles(bench: Bench, segmenters: tuple[ConditionSegmenter, ...]) -> Table:
    photos = bench.prepared(photos_of("dev/wrinkles"))
    maps_of, folder = maps_by(segmenters, bench, "wrinkles"), shared_dir() / "dev/wrinkles"
    return {"all": wrinkle_rows(wrinkle_records(photos, maps_of, folder))}


def _age(bench: Bench, segmenters: tuple[ConditionSegmenter, ...]) -> Table:
    photos = bench.prepared(age_photos(shared_dir() / "clean/sfhq"))
    return {"all": age_rows(photos, maps_by(segmenters, bench, "sfhq"))}


def _negatives(bench: Bench, segmenters: tuple[ConditionSegmenter, ...], acne: Table) -> Table:
    """Peaks are counted above the confidence that gives ten false positives per face of dev/acne.

    That threshold is of the ``look`` half.
    """
    threshold = acne["look"]["confidence at 10 false per face"]
    records = []
    real = photos_of("clean/interfaces")
    for paths in (real, photos_of("clean/sfhq_t2i", FACES - len(real))):
        maps_of = maps_by(segmenters, bench, paths[0].parent.name)
        records += negative_records(bench.prepared(paths), maps_of)
    return {"all": negative_rows(records, {"peaks as sure as at 10 on dev/acne": float(threshold)})}


def _invariance(bench: Bench, segmenters: tuple[ConditionSegmenter, ...]) -> Table:
    """Learned maps are measured as they are used: over the classical ones."""
    classical = bench.tools.conditions[0]
    used = (classical, *(s for s in segmenters if s is not classical))
    half = INVARIANCE_PHOTOS // 2
    paths = [*photos_of("clean/interfaces", half), *photos_of("dev/acne", half)]
    tools = replace(bench.tools, conditions=used)
    return {"all": invariance_rows(bench.some(paths), tools)}


SECTIONS: dict[str, Callable[[Bench, tuple[ConditionSegmenter, ...]], Table]] = {
    "acne": _acne,
    "redness": _redness,
    "wrinkles": _wrinkles,
    "age": _age,
    "invariance": _invariance,
}


def table_lines(tables: dict[str, Table]) -> list[str]:
    """Return a compact table: a row per figure, a column per method and part."""
    columns = [(m, p) for m, table in tables.items() for p in table]
    names = list(dict.fromkeys(k for m, p in columns for k in tables[m][p]))
    head = [f"{m[:14]} {p}" if p != "all" or len(tables[m]) > 1 else m[:20] for m, p in columns]
    lines = [" " * 62 + "".join(f"{h:>22}" for h in head)]
    for name in names:
        cells = (_shown(tables[m][p].get(name)) for m, p in columns)
        lines.append(f"{name:<62}" + "".join(f"{c:>22}" for c in cells))
    return lines


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return " to ".join(_shown(v) for v in value)
    if isinstance(value, float):
        return f"{value:.3f}"
    return "-" if value is None else str(value)


def plain(value: object) -> object:
    """Return the value as JSON takes it: what is not finite becomes null."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def add_cache(parser: argparse.ArgumentParser) -> None:
    """Add what chooses where prepared photos are kept."""
    usual = platformdirs.user_cache_path("cutis") / "benchmarks"
    parser.add_argument("--cache", type=Path, default=usual, help="outside the repository")


def add_choices(parser: argparse.ArgumentParser) -> None:
    """Add what chooses the cache and the methods."""
    add_cache(parser)
    parser.add_argument("--method", choices=("classical", "learned", "both"), default="both")
    parser.add_argument("--network", type=Path, action="append", help="OpenVINO .xml; repeatable")
    parser.add_argument("--models-dir", type=Path, help="a folder of models with cards")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_choices(parser)
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS))
    parser.add_argument("--most", type=int, help="photos of each set, for a quick look")
    parser.add_argument("--out", type=Path, help="where the figures go")
    return parser.parse_args()


if __name__ == "__main__":
    main()
