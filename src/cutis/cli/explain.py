"""``cutis explain`` and ``cutis explain-score``: what made a score, and how scores are made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.core.errors import InputError
from cutis.core.vocabulary import Condition

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cutis.core.assessment import Contribution, Examination
    from cutis.core.attribution import AttributionMethod, AttributionTarget


def explain_score(
    condition: Annotated[
        Condition, typer.Argument(metavar="CONDITION", help="What to explain, such as redness.")
    ],
) -> None:
    """Tell how the score of a condition is made: method, raw value, formula and limits."""
    from cutis.steps.explain import LIMITS, METHODS
    from cutis.steps.scoring.formulas import FORMULAS

    formula = FORMULAS[condition]
    unit = "" if formula.unit == "1" else f", in {formula.unit}"
    rows = (f"  {raw:>8g}  gives {score:>3.0f}" for raw, score in formula.anchors)
    typer.echo(f"{condition.value}: 0 (none seen) to 100 (strongest on the scale)\n")
    typer.echo(f"Method: {METHODS[condition]}\n")
    typer.echo(f"Raw value: {formula.raw_name}{unit}\n")
    typer.echo(f"Formula {formula.name}, straight lines between these points:")
    typer.echo("\n".join(rows))
    typer.echo(f"\nWhy these points: {formula.why}\n")
    typer.echo(f"Limits: {LIMITS[condition]}")


def explain(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="The photo to explain.")],
    *,
    condition: Annotated[
        Condition, typer.Option("--condition", help="The score to explain.")
    ] = Condition.ACNE,
    methods: Annotated[
        str,
        typer.Option(
            "--method",
            metavar="LIST",
            help="Any of occlusion,lime,grad_cam,integrated_gradients; all but the first need the "
            "extra explain.",
        ),
    ] = "occlusion",
    most: Annotated[
        int, typer.Option("--most", min=1, max=20, help="So many findings are explained.")
    ] = 2,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="The folder for pictures and numbers.")
    ] = Path("cutis-explanation"),
) -> None:
    """Show which pixels made a score: what gave most of its points, each drawn over the face.

    Writes DIR/explanation.json and a PNG for each finding and method. The pictures show the face.
    """
    from cutis.reports.attribution import attribution_tree, draw_attribution
    from cutis.wiring import attributor, examine

    asked = _methods(methods)
    seen = examine(photo)
    answer = next(e for e in seen.assessment.explanations if e.condition is condition)
    typer.echo(answer.summary)
    crop, skin = seen.crop, seen.skin
    if crop is None or skin is None or condition not in seen.maps:
        return
    rows, ways = [], [attributor(method, condition) for method in asked]
    for number, target in enumerate(_targets(seen, condition, answer.contributions[:most])):
        for way in ways:
            found = way.attribute(crop, skin, target)
            name = f"{condition.value}-{number + 1}-{found.method.value}.png"
            _write_picture(out / name, draw_attribution(crop, found))
            row = {"picture": name, **attribution_tree(crop, found)}
            rows.append(row)
            typer.echo(f"{name}: {target.name}, {row['elapsed_s']} s")
    tree = {
        "condition": condition.value,
        "summary": answer.summary,
        "method": answer.method,
        "limits": answer.limits,
        "pixels": rows,
    }
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(tree, ensure_ascii=False, indent=2) + "\n"
    (out / "explanation.json").write_text(text, encoding="utf-8")
    typer.echo(f"Numbers in {out / 'explanation.json'}")


def _methods(text: str) -> list[AttributionMethod]:
    from cutis.core.attribution import AttributionMethod

    known = [method.value for method in AttributionMethod]
    wanted = [word.strip().lower() for word in text.split(",") if word.strip()]
    unknown = [word for word in wanted if word not in known]
    if unknown or not wanted:
        raise InputError(
            f"A method was expected, any of {', '.join(known)}; "
            f"{unknown[0] if unknown else 'none'} came."
        )
    return [AttributionMethod(word) for word in dict.fromkeys(wanted)]


def _targets(
    seen: Examination, condition: Condition, parts: Sequence[Contribution]
) -> Iterator[AttributionTarget]:
    """Yield the places that gave most of the score: findings, or regions without any."""
    import numpy as np

    from cutis.core.attribution import AttributionTarget
    from cutis.steps.explain import name_contribution

    crop = seen.crop
    assert crop is not None  # noqa: S101 - the caller has looked
    looked_at = seen.maps[condition].looked_at
    for part in parts:
        where = np.zeros(crop.shape, bool)
        if part.finding is not None:
            box = seen.assessment.findings[part.finding].bbox_xyxy
            x0, y0, x1, y1 = (
                (edge - crop.box[i % 2]) * crop.crop_per_photo for i, edge in enumerate(box)
            )
            where[int(y0) : int(np.ceil(y1)), int(x0) : int(np.ceil(x1))] = True
        elif part.region is not None:
            where = crop.regions.mask(part.region)
        if (where & looked_at).any():
            yield AttributionTarget(condition, where, name_contribution(condition, part))


def _write_picture(path: Path, rgb: object) -> None:
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(rgb).save(path)  # type: ignore[arg-type]
