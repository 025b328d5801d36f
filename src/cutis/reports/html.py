"""A report as one HTML file: no script, no request to anywhere, its pictures inside.

The page says so itself by a Content-Security-Policy that allows nothing but the one style sheet
(by its SHA-256) and pictures in data URIs. Overlays are switched by radio buttons and CSS.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cutis.core.assessment import Examination
from cutis.core.vocabulary import Condition
from cutis.reports import wording
from cutis.reports.document import Background, Document, compose
from cutis.reports.figures import Picture, before_after, jpeg_uri, overlay_uri, shown_picture
from cutis.reports.marks import DESIGN_WIDTH_PX, finding_markers, region_outlines

if TYPE_CHECKING:
    from jinja2 import Environment


def to_html(examination: Examination, background: Background | None = None) -> str:
    """Return the report of an examination as a self-contained, accessible HTML page."""
    document, picture = compose(examination, background), shown_picture(examination)
    pair = before_after(examination)
    style = _style(document, picture)
    page: str = (
        _templates()
        .get_template("report.html.j2")
        .render(
            document=document,
            style=_safe(style),
            policy=_policy(style),
            overlays=_overlays(examination, picture),
            outlines=region_outlines(examination, picture),
            markers=finding_markers(examination, picture),
            pair=None if pair is None else (jpeg_uri(pair), *pair.size),
            width=picture.size[0],
            height=picture.size[1],
            unit=round(picture.size[0] / DESIGN_WIDTH_PX, 3),
            scale_note=wording.SCALE_NOTE,
            level_note=wording.LEVEL_NOTE,
            sides_note=wording.SIDES_NOTE,
            privacy=wording.PRIVACY_NOTE,
        )
    )
    return page


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["percent"] = _percent
    return environment


def _percent(value: float) -> str:
    """Return a share of a bar, held within it."""
    return f"{min(100.0, max(0.0, value)):.1f}"


def _style(document: Document, picture: Picture) -> str:
    template = _templates().get_template("report.css.j2")
    keys = [figure.key for figure in document.figures]
    ratio = f"{100 * picture.size[1] / picture.size[0]:.3f}"
    return str(template.render(keys=keys, ratio=ratio, face_uri=jpeg_uri(picture)))


def _safe(style: str) -> Any:
    """Mark the style sheet, which holds nothing from outside, as not to be escaped."""
    from markupsafe import Markup  # noqa: PLC0415

    return Markup(style)  # noqa: S704


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _overlays(examination: Examination, picture: Picture) -> dict[Condition, str]:
    crop = examination.crop
    if crop is None:
        return {}
    return {c: overlay_uri(picture, crop, found) for c, found in examination.maps.items()}
