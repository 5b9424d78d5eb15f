"""The report as a tagged PDF, by WeasyPrint (which needs the system's Pango)."""

from __future__ import annotations

import logging

__all__ = ["PaperError", "as_pdf"]


class PaperError(RuntimeError):
    """No PDF could be made; the message says what to install. The rest of the report is there."""


def as_pdf(html: str) -> bytes:
    """Print a page as PDF/UA-1. Nothing is fetched: a page that asks for any file or address is refused.

    Raises PaperError where WeasyPrint or Pango is missing.
    """
    try:
        import weasyprint
    except (ImportError, OSError) as error:
        raise PaperError(
            "The PDF was not made: it needs WeasyPrint (pip install 'porchlight[count]') and Pango "
            "(Debian: apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0). "
            "Install them and run `porchlight count publish` again, or print the HTML page."
        ) from error
    # fontTools tells every glyph it keeps.
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    document = weasyprint.HTML(string=html, url_fetcher=_fetch_nothing)
    made = document.write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=b"porchlight-count-report")
    if made is None:
        raise PaperError("The PDF was not made: WeasyPrint gave nothing. Print the HTML page instead.")
    return bytes(made)


def _fetch_nothing(url: str, *_: object, **__: object) -> dict[str, object]:
    raise PaperError(f"The page asks for {url[:40]}, but a report may ask for nothing.")
