"""``cutis enhance``: a photo drawn larger, and the proof that no score was made of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cutis.cli.writing import write_beside
from cutis.core.errors import InputError

if TYPE_CHECKING:
    from cutis.core.capture import Photo
    from cutis.core.enhancement import AuditRow, Enhanced
    from cutis.core.ports import Upscaler
    from cutis.settings import Settings


def enhance(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="The photo to enlarge.")],
    *,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The enlarged picture (.png).")
    ],
    scale: Annotated[
        int | None,
        typer.Option("--scale", help="2 or 4; by the size of the face where left out."),
    ] = None,
    fidelity: Annotated[
        float,
        typer.Option("--fidelity", min=0, max=1, help="1 invents nothing, 0 adds most texture."),
    ] = 1.0,
    mask: Annotated[
        Path | None,
        typer.Option(
            "--mask", metavar="FILE", help="Also write which pixels a network has drawn (.png)."
        ),
    ] = None,
    audit: Annotated[
        Path | None,
        typer.Option(
            "--audit",
            metavar="DIR",
            help="Also assess both, and write report.html and audit.json of the enlarged one.",
        ),
    ] = None,
) -> None:
    """Enlarge a photo; what is not true to it when reduced again stays a plain enlargement.

    The enlarged picture is for looking at. Scores are made of the photo itself; --audit shows which
    of them would have moved.
    """
    from cutis.settings import load_settings
    from cutis.steps.intake import open_photo
    from cutis.steps.upscale import enhance as enlarge
    from cutis.wiring import build_upscaler

    if out.suffix.lower() != ".png" or (mask is not None and mask.suffix.lower() != ".png"):
        raise InputError("Pictures are written as PNG, without loss; name files that end in .png.")
    settings = load_settings()
    opened = open_photo(photo, settings.intake)
    chosen = scale or _planned(opened, settings)
    if chosen == 1:
        return
    upscaler = build_upscaler(settings, fidelity=fidelity)
    enhanced = enlarge(opened.rgb, upscaler, chosen)
    write_beside({out.name: _png(enhanced.rgb)}, out.parent)
    if mask is not None:
        write_beside({mask.name: _png(enhanced.drawn)}, mask.parent)
    typer.echo(f"{enhanced.sentence} {enhanced.consistency_db:.1f} dB; in {out}")
    if audit is not None:
        _audit(_Pair(opened, enhanced, upscaler), settings, audit)


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """A photo, what was made of it, and by what."""

    photo: Photo
    enhanced: Enhanced
    upscaler: Upscaler


def _planned(photo: Photo, settings: Settings) -> int:
    """Return the scale that the face calls for, and say why."""
    from cutis.imaging.sharpness import edge_blur_px, to_gray
    from cutis.pipeline import Limits
    from cutis.steps.landmarks import find_faces
    from cutis.steps.upscale import plan_enhancement
    from cutis.wiring import build_tools

    faces = find_faces(photo, build_tools(settings).landmarker, Limits().landmarks)
    if not faces:
        raise InputError("No face was found that would tell the scale; give --scale 2 or 4.")
    x0, y0, x1, y1 = faces[0].box
    gray = to_gray(photo.rgb[max(0, int(y0)) : int(y1), max(0, int(x0)) : int(x1)])
    plan = plan_enhancement(
        faces[0].inter_eye_px, edge_blur_px(gray, gray >= 0) if gray.size else None
    )
    typer.echo(plan.reason)
    return plan.scale


def _audit(pair: _Pair, settings: Settings, folder: Path) -> None:
    """Assess the photo and the enlarged one, and write what stands."""
    from dataclasses import replace

    from cutis.core.capture import Photo
    from cutis.evaluation.enhancement_audit import audit_enhancement, hold_back
    from cutis.reports.html import to_html
    from cutis.settings import override
    from cutis.wiring import examine

    settings = override(settings, {"models": {"enhancement": "off"}})
    before = examine(pair.photo, settings=settings)
    after = examine(Photo(pair.enhanced.rgb, pair.photo.info), settings=settings)
    rows = audit_enhancement(before.assessment, after.assessment, texture=pair.upscaler.texture)
    held = hold_back(after.assessment, rows, pair.upscaler.uses())
    shown = {c: m for c, m in after.maps.items() if held.scores[c].value is not None}
    page = to_html(replace(after, assessment=held, maps=shown))
    files = {"report.html": page.encode("utf-8"), "audit.json": _as_json(rows, pair)}
    write_beside(files, folder)
    for row in rows:
        numbers = _shown(row.original) + _shown(row.enhanced)
        typer.echo(f"{row.condition.value:<14}{numbers}  {row.ruling.value}")


def _as_json(rows: tuple[AuditRow, ...], pair: _Pair) -> bytes:
    import json
    from dataclasses import asdict

    tree: dict[str, Any] = {
        "scale": pair.enhanced.scale,
        "texture": pair.upscaler.texture,
        "drawn_share": round(pair.enhanced.drawn_share, 4),
        "consistency_db": round(pair.enhanced.consistency_db, 2),
        "scores": [{**asdict(row), "shift": row.shift} for row in rows],
    }
    return (json.dumps(tree, indent=2) + "\n").encode("utf-8")


def _shown(value: float | None) -> str:
    return f"{value:>8.1f}" if value is not None else f"{'-':>8}"


def _png(pixels: Any) -> bytes:
    import io

    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()
