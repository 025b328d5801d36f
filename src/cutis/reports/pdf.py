"""A report as PDF: the HTML page as it prints, tagged for screen readers (PDF/UA-1)."""

from __future__ import annotations

from typing import Any

from cutis.core.assessment import Examination
from cutis.core.errors import MissingExtraError
from cutis.reports.document import Background
from cutis.reports.html import to_html

_PANGO = (
    "A PDF report is set by WeasyPrint, which is installed, with the system library Pango, "
    "which is not. Install it: 'apt-get install libpango-1.0-0 libpangoft2-1.0-0 "
    "libharfbuzz-subset0' on Debian and Ubuntu, 'brew install pango' on macOS. "
    "Or ask for the HTML report and print it from a browser."
)


def to_pdf(examination: Examination, background: Background | None = None) -> bytes:
    """Return the report of an examination as PDF bytes.

    Overlays that the page switches are laid out side by side; nothing is fetched from anywhere.

    Raises:
        MissingExtraError: WeasyPrint or the Pango libraries under it are not installed.
    """
    return html_to_pdf(to_html(examination, background))


def html_to_pdf(page: str) -> bytes:
    """Print a page made by `cutis.reports.html.to_html`; only data URIs are opened.

    Raises:
        MissingExtraError: WeasyPrint or the Pango libraries under it are not installed.
    """
    weasyprint = _weasyprint()
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols=("data",))
    printed = weasyprint.HTML(string=page, url_fetcher=fetcher)
    return bytes(printed.write_pdf(pdf_variant="pdf/ua-1"))


def _weasyprint() -> Any:
    try:
        import weasyprint  # noqa: PLC0415
        import weasyprint.urls  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("A PDF report", "pdf") from error
    except OSError as error:
        raise MissingExtraError("A PDF report", "pdf", message=_PANGO) from error
    return weasyprint
